//! How many parts a text needs on the air.

/// Characters of GSM 03.38 beyond printable ASCII; the second list costs two places each.
const GSM_EXTRA: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ ¡ÄÖÑÜ§¿äöñüà";
const GSM_ESCAPED: &str = "^{}\\[~]|€";

pub(crate) fn segments(text: &str) -> usize {
    let escaped = text.chars().filter(|c| GSM_ESCAPED.contains(*c)).count();
    let gsm = text
        .chars()
        .all(|c| GSM_EXTRA.contains(c) || GSM_ESCAPED.contains(c) || (c.is_ascii_graphic() && c != '`'));
    let (length, single, part) =
        if gsm { (text.chars().count() + escaped, 160, 153) } else { (text.encode_utf16().count(), 70, 67) };
    if length <= single { 1 } else { length.div_ceil(part) }
}

#[cfg(test)]
mod tests {
    use super::segments;

    #[test]
    fn gsm_and_unicode_texts_are_cut_at_their_own_lengths() {
        for (text, expected) in [
            (String::new(), 1),
            ("a".repeat(160), 1),
            ("a".repeat(161), 2),
            ("€".repeat(80), 1),
            ("€".repeat(81), 2),
            ("ж".repeat(70), 1),
            ("ж".repeat(71), 2),
            ("👍".repeat(35), 1),
            ("👍".repeat(36), 2),
        ] {
            assert_eq!(segments(&text), expected, "{text}");
        }
    }
}
