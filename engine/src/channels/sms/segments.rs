//! How many SMS a text becomes, as networks count and Twilio bills: GSM-7 where every character has a place in it, else UCS-2.

/// How characters travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// 160 units in one SMS, 153 in each of several.
    Gsm7,
    /// 70 units in one SMS, 67 in each of several.
    Ucs2,
}

/// The size of a text on the air.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segments {
    pub encoding: Encoding,
    /// Septets or UTF-16 units.
    pub units: usize,
    /// How many SMS; 0 for an empty text.
    pub count: usize,
}

/// Counts `text`. A character never straddles two SMS: escape pairs and emoji move to the next one whole.
pub fn count(text: &str) -> Segments {
    let gsm7: Option<Vec<usize>> = text.chars().map(septets).collect();
    let (encoding, widths, single, part) = match gsm7 {
        Some(widths) => (Encoding::Gsm7, widths, 160, 153),
        None => (Encoding::Ucs2, text.chars().map(char::len_utf16).collect(), 70, 67),
    };
    let units = widths.iter().sum();
    let count = match units {
        0 => 0,
        units if units <= single => 1,
        _ => parts(&widths, part),
    };
    Segments { encoding, units, count }
}

fn parts(widths: &[usize], room: usize) -> usize {
    let mut used = 0;
    let mut parts = 1;
    for width in widths {
        if used + width > room {
            parts += 1;
            used = 0;
        }
        used += width;
    }
    parts
}

/// How many septets a character takes; `None` when GSM-7 lacks it.
fn septets(c: char) -> Option<usize> {
    const BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
    const ESCAPED: &str = "\u{c}^{}\\[~]|€";
    if c.is_ascii_alphanumeric() || BASIC.contains(c) {
        Some(1)
    } else if ESCAPED.contains(c) {
        Some(2)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, encoding: Encoding, units: usize, count: usize) {
        assert_eq!(super::count(text), Segments { encoding, units, count }, "{text}");
    }

    #[test]
    fn golden_numbers() {
        check("", Encoding::Gsm7, 0, 0);
        check(&"a".repeat(160), Encoding::Gsm7, 160, 1);
        check(&"a".repeat(161), Encoding::Gsm7, 161, 2);
        check(&"a".repeat(306), Encoding::Gsm7, 306, 2);
        check(&"a".repeat(307), Encoding::Gsm7, 307, 3);
        check(&"€".repeat(80), Encoding::Gsm7, 160, 1);
        check(&"€".repeat(81), Encoding::Gsm7, 162, 2);
        check(&"ж".repeat(70), Encoding::Ucs2, 70, 1);
        check(&format!("{}👍", "a".repeat(68)), Encoding::Ucs2, 70, 1);
        check(&format!("{}👍", "a".repeat(70)), Encoding::Ucs2, 72, 2);
    }

    #[test]
    fn a_pair_moves_to_the_next_part_whole() {
        // 153 units hold 76 euro signs and one unused septet.
        check(&"€".repeat(153), Encoding::Gsm7, 306, 3);
        // 67 units hold 33 emoji and one unused unit.
        check(&"👍".repeat(67), Encoding::Ucs2, 134, 3);
    }

    #[test]
    fn accents_of_the_basic_table_cost_nothing_extra_and_others_change_the_encoding() {
        check("àéèñ£¥Ω", Encoding::Gsm7, 7, 1);
        check("ç", Encoding::Ucs2, 1, 1);
        check("{}", Encoding::Gsm7, 4, 1);
        check("`", Encoding::Ucs2, 1, 1);
    }
}
