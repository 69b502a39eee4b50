//! Text as words: runs of letters and digits, in lower case and without accents.

use std::collections::BTreeSet;
use std::ops::Range;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Longer words are cut, in text and question alike.
const LONGEST_WORD: usize = 40;
/// More words of one text are not indexed: nobody writes a message that long.
const MOST_WORDS: usize = 5_000;

/// The words of a text, in its order.
pub fn words(text: &str) -> impl Iterator<Item = String> {
    runs(text).map(|run| fold(text.get(run).unwrap_or_default())).filter(|word| !word.is_empty())
}

/// What a message is found by: its text and the names of its files.
pub fn message_words<'a>(text: &str, file_names: impl Iterator<Item = &'a str>) -> BTreeSet<String> {
    let mut found: BTreeSet<String> = words(text).take(MOST_WORDS).collect();
    for name in file_names {
        found.extend(words(name));
    }
    found
}

/// What a contact is found by: names, number and mail, each word from each of its letters on. So every part of a name is the beginning of
/// some word here, and one index of beginnings answers for parts as well.
pub fn contact_words<'a>(texts: impl Iterator<Item = &'a str>, phone: Option<&str>) -> BTreeSet<String> {
    let digits: Option<String> = phone.map(|phone| phone.chars().filter(char::is_ascii_digit).collect());
    let mut found = BTreeSet::new();
    for word in texts.flat_map(words).chain(digits).take(MOST_WORDS) {
        found.extend(word.char_indices().map(|(start, _)| word.get(start..).unwrap_or_default().to_owned()));
    }
    found
}

/// Where words stand in a text. Scripts without spaces give a word per character, so that every part of a sentence is found.
pub(super) fn runs(text: &str) -> impl Iterator<Item = Range<usize>> {
    let mut rest = text.char_indices().peekable();
    std::iter::from_fn(move || {
        let (start, first) = rest.find(|(_, c)| c.is_alphanumeric())?;
        let mut end = start + first.len_utf8();
        while let Some(&(at, next)) = rest.peek() {
            let goes_on = is_combining_mark(next)
                || (next.is_alphanumeric() && !stands_alone(first) && !stands_alone(next));
            if !goes_on {
                break;
            }
            end = at + next.len_utf8();
            rest.next();
        }
        Some(start..end)
    })
}

/// Han, kana: written without spaces.
fn stands_alone(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

/// Lower case without accents; letters that Unicode does not take apart are spelled as people without such a keyboard do.
pub(super) fn fold(word: &str) -> String {
    let plain = word.chars().flat_map(char::to_lowercase).nfkd().filter(|c| !is_combining_mark(*c));
    let mut folded = String::with_capacity(word.len());
    for (count, c) in plain.filter(|c| c.is_alphanumeric()).enumerate() {
        if count == LONGEST_WORD {
            break;
        }
        match c {
            'ß' => folded.push_str("ss"),
            'æ' => folded.push_str("ae"),
            'œ' => folded.push_str("oe"),
            'ø' => folded.push('o'),
            'ł' => folded.push('l'),
            'đ' | 'ð' => folded.push('d'),
            'þ' => folded.push_str("th"),
            'ı' => folded.push('i'),
            'ς' => folded.push('σ'),
            other => folded.extend(other.to_lowercase()),
        }
    }
    folded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s2_21_words_have_no_case_and_no_accents() {
        for (text, expected) in [
            ("José Núñez", "jose nunez"),
            ("Jose\u{301} NU\u{303}EZ", "jose nuez"),
            ("Straße, Ærø & Łódź", "strasse aero lodz"),
            ("İstanbul ΣΊΣΥΦΟΣ", "istanbul σισυφοσ"),
            ("O'Brien-Smith", "o brien smith"),
            ("ﬁne ①", "fine 1"),
            ("東京タワー", "東 京 タ ワ ー"),
            ("Привет, ёж!", "привет еж"),
            ("invoice_2026.pdf", "invoice 2026 pdf"),
            ("  \u{0} \u{202e} …", ""),
        ] {
            assert_eq!(words(text).collect::<Vec<_>>().join(" "), expected, "{text}");
        }
    }

    #[test]
    fn s2_21_a_contact_is_found_by_every_part_of_name_number_and_mail() {
        let found = contact_words(["José Núñez", "jo@x.example"].into_iter(), Some("+447400123456"));
        for part in ["jose", "ose", "nunez", "unez", "447400123456", "7400123456", "123456", "example"] {
            assert!(found.contains(part), "{part}: {found:?}");
        }
        assert!(!found.iter().any(|word| word.contains('+') || word.is_empty()));
    }

    #[test]
    fn a_message_is_found_by_its_text_and_its_files() {
        let found = message_words("Hello hello", ["Cat photo.JPG"].into_iter());
        assert_eq!(found.into_iter().collect::<Vec<_>>(), ["cat", "hello", "jpg", "photo"]);
        let endless = "x".repeat(100_000);
        assert_eq!(message_words(&endless, std::iter::empty()).first().unwrap().len(), LONGEST_WORD);
    }
}
