//! What providers and visitors may put into a text of ours: everything but control characters.

use std::borrow::Cow;

/// `text` without control characters other than newline and tab: PostgreSQL stores no NUL, and nobody can read the others.
/// A carriage return goes too, so `\r\n` becomes `\n`. Cheap when there is nothing to do.
pub(super) fn readable(text: Cow<'_, str>) -> String {
    if text.chars().any(is_unreadable) {
        text.chars().filter(|c| !is_unreadable(*c)).collect()
    } else {
        text.into_owned()
    }
}

fn is_unreadable(c: char) -> bool {
    c.is_control() && c != '\n' && c != '\t'
}

/// The first `limit` characters of `text`, with an ellipsis when something was cut.
pub(super) fn shorten(text: &str, limit: usize) -> String {
    match text.char_indices().nth(limit) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default().trim_end()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_newline_and_tab_survive_of_the_control_characters() {
        assert_eq!(readable(Cow::Borrowed("a\0b\r\nc\td\u{7f}\u{85}é")), "ab\nc\tdé");
        assert_eq!(readable(Cow::Borrowed("plain")), "plain");
    }

    #[test]
    fn shortening_counts_characters_and_shows_the_cut() {
        assert_eq!(shorten("ééé", 3), "ééé");
        assert_eq!(shorten("ééé é", 4), "ééé…");
    }
}
