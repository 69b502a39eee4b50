//! Webchat: what a visitor typed, checked before it becomes a message. There is no provider; the widget talks to us directly.

use super::{Content, text};
use crate::channel::ChannelKind;
use crate::text::is_blank;
use std::borrow::Cow;
use std::fmt;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

/// Why a visitor's text is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InputProblem {
    /// Nothing but blanks and control characters.
    Empty,
    /// More characters than a webchat message may have.
    TooLong { limit: usize },
}

impl InputProblem {
    /// Stable code for the API.
    pub fn code(self) -> &'static str {
        match self {
            Self::Empty => "empty_text",
            Self::TooLong { .. } => "text_too_long",
        }
    }
}

impl fmt::Display for InputProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("The message has no text."),
            Self::TooLong { limit } => write!(f, "The message is longer than {limit} characters."),
        }
    }
}

impl std::error::Error for InputProblem {}

/// What the visitor said: control characters out, composed (NFC), blanks around it trimmed.
pub fn content(input: &str) -> Result<Content, InputProblem> {
    let limit = ChannelKind::Webchat.max_text();
    // Composing shortens; anything this long cannot become a legal text, so its cost is bounded.
    if input.chars().nth(limit * 4).is_some() {
        return Err(InputProblem::TooLong { limit });
    }
    let composed = match is_nfc_quick(input.chars()) {
        IsNormalized::Yes => Cow::Borrowed(input),
        IsNormalized::No | IsNormalized::Maybe => Cow::Owned(input.nfc().collect()),
    };
    let readable = text::readable(composed);
    let said = readable.trim();
    if is_blank(said) {
        Err(InputProblem::Empty)
    } else if said.chars().nth(limit).is_some() {
        Err(InputProblem::TooLong { limit })
    } else {
        Ok(Content::text(said))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(input: &str, expected: Result<&str, InputProblem>) {
        assert_eq!(content(input), expected.map(Content::text), "{input:?}");
    }

    #[test]
    fn a_text_is_trimmed_composed_and_without_control_characters() {
        check("  hello\tthere \r\n", Ok("hello\tthere"));
        check("two\r\nlines\0", Ok("two\nlines"));
        check("cafe\u{301}", Ok("café"));
    }

    #[test]
    fn nothing_is_not_a_message() {
        for nothing in
            ["", "   ", "\n\t\r\n", "\0\u{7}", "\u{a0}", "\u{200b}", "\u{2060}\u{ad}", "\u{202e}", "\u{2800}"]
        {
            check(nothing, Err(InputProblem::Empty));
        }
    }

    #[test]
    fn the_limit_counts_characters_after_trimming() {
        let longest = "é".repeat(8_000);
        check(&format!(" {longest} "), Ok(&longest));
        check(&"é".repeat(8_001), Err(InputProblem::TooLong { limit: 8_000 }));
        check(&"a".repeat(1_000_000), Err(InputProblem::TooLong { limit: 8_000 }));
    }
}
