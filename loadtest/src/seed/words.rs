//! Names and texts with the spread of real ones: a few words in every other message, most of them rare.

use rand::RngExt;
use rand::rngs::SmallRng;

/// First names, some as people far from ASCII write them.
pub const NAMES: [&str; 24] = [
    "José",
    "Zoë",
    "Łukasz",
    "Anaïs",
    "Søren",
    "Mary",
    "John",
    "Nguyễn",
    "Björk",
    "Chloé",
    "Ángel",
    "Fatima",
    "Ivan",
    "Иван",
    "Μαρία",
    "美咲",
    "Aisha",
    "Peter",
    "Ngozi",
    "Jürgen",
    "Inês",
    "Oliver",
    "Priya",
    "Emma",
];
const FAMILIES: [&str; 24] = [
    "Núñez",
    "O'Brien",
    "Smith",
    "Kowalski",
    "Müller",
    "Þórsson",
    "Garcia",
    "Trần",
    "Petrov",
    "Okafor",
    "Lefèvre",
    "Åkesson",
    "Silva",
    "Khan",
    "Papadopoulos",
    "Sánchez",
    "Brown",
    "Jansen",
    "Ferreira",
    "Dvořák",
    "佐藤",
    "Haugen",
    "Rossi",
    "Ólafsdóttir",
];

/// The most frequent words, in the order of their frequency.
const COMMON: [&str; 40] = [
    "the",
    "is",
    "my",
    "order",
    "hello",
    "you",
    "thanks",
    "please",
    "delivery",
    "when",
    "to",
    "est",
    "commande",
    "de",
    "can",
    "plant",
    "a",
    "für",
    "Lieferung",
    "I",
    "pedido",
    "gracias",
    "where",
    "invoice",
    "tomorrow",
    "still",
    "café",
    "address",
    "arrived",
    "broken",
    "refund",
    "size",
    "colour",
    "voilà",
    "señor",
    "größe",
    "payment",
    "shop",
    "número",
    "crème",
];

/// Words that exist in no language, after the common ones.
const RARE: usize = 30_000;
/// Words of one text.
const LENGTH: std::ops::Range<usize> = 4..20;

/// A vocabulary.
pub struct Words {
    all: Vec<String>,
}

impl Default for Words {
    fn default() -> Self {
        let syllables =
            ["ba", "ko", "ri", "mé", "tu", "lan", "so", "pi", "né", "dra", "vo", "shi", "ga", "ul", "rö"];
        let rare = (0..RARE).map(|nth| {
            let mut rest = nth + syllables.len();
            let mut word = String::new();
            while rest > 0 {
                word.push_str(syllables.get(rest % syllables.len()).copied().unwrap_or_default());
                rest /= syllables.len();
            }
            word
        });
        Self { all: COMMON.iter().map(ToString::to_string).chain(rare).collect() }
    }
}

impl Words {
    /// A word; the first ones come up most often.
    pub fn word(&self, chance: &mut SmallRng) -> &str {
        let spread: f64 = chance.random_range(0.0..1.0);
        let nth = (self.all.len() as f64).powf(spread) as usize - 1;
        self.all.get(nth).map_or("", String::as_str)
    }

    pub fn text(&self, chance: &mut SmallRng) -> String {
        let count = chance.random_range(LENGTH);
        let mut text = String::with_capacity(8 * count);
        for nth in 0..count {
            if nth > 0 {
                text.push(' ');
            }
            text.push_str(self.word(chance));
        }
        text
    }
}

pub fn full_name(chance: &mut SmallRng) -> String {
    let (first, family) = (chance.random_range(0..NAMES.len()), chance.random_range(0..FAMILIES.len()));
    // A second family name, so that full names are many.
    let second = chance.random_range(0..FAMILIES.len());
    let name = |from: &[&'static str; 24], nth: usize| from.get(nth).copied().unwrap_or_default();
    format!("{} {} {}", name(&NAMES, first), name(&FAMILIES, family), name(&FAMILIES, second))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    #[test]
    fn texts_repeat_common_words_and_vary_rare_ones() {
        let (words, mut chance) = (Words::default(), SmallRng::seed_from_u64(1));
        let texts: Vec<String> = (0..1_000).map(|_| words.text(&mut chance)).collect();
        let having = |word: &str| texts.iter().filter(|text| text.split(' ').any(|w| w == word)).count();
        assert!(having("the") > 300, "{}", having("the"));
        assert!((5..200).contains(&having("refund")), "{}", having("refund"));
        let distinct: std::collections::HashSet<&str> =
            texts.iter().flat_map(|text| text.split(' ')).collect();
        assert!(distinct.len() > 1_500, "{}", distinct.len());
        assert!(full_name(&mut chance).split(' ').count() == 3);
    }
}
