//! What providers may put into a text of ours.

pub(super) use crate::text::readable;

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
    fn shortening_counts_characters_and_shows_the_cut() {
        assert_eq!(shorten("ééé", 3), "ééé");
        assert_eq!(shorten("ééé é", 4), "ééé…");
    }
}
