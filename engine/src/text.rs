//! What may stand in a text that somebody else wrote: messages are cleaned, names and keys that need cleaning are refused.

use std::borrow::Cow;

/// Longest key a client may give what it sends, in bytes.
const LONGEST_KEY: usize = 64;

/// `text` without control characters other than newline and tab: PostgreSQL stores no NUL, and nobody can read the others.
/// A carriage return goes too, so `\r\n` becomes `\n`. Cheap when there is nothing to do.
pub fn readable<'a>(text: impl Into<Cow<'a, str>>) -> String {
    let text = text.into();
    if text.chars().any(is_unreadable) {
        text.chars().filter(|c| !is_unreadable(*c)).collect()
    } else {
        text.into_owned()
    }
}

fn is_unreadable(c: char) -> bool {
    c.is_control() && c != '\n' && c != '\t'
}

/// Whether nobody could see anything of it.
pub fn is_blank(text: &str) -> bool {
    text.chars().all(|c| c.is_whitespace() || c.is_control() || is_invisible(c))
}

/// Marks without a shape of their own: joiners, direction marks, fillers, the empty pattern of Braille, variation selectors.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

/// A stranger's name for themselves, fit to be shown in a list: one line of at most `most` characters, which cannot turn what stands
/// beside it around. `None` when nothing is left.
pub fn one_line(name: &str, most: usize) -> Option<String> {
    let turns = |c: &char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let line: String = name.chars().filter(|c| (!c.is_control() || c.is_whitespace()) && !turns(c)).collect();
    let words: Vec<&str> = line.split_whitespace().collect();
    let line: String = words.join(" ").chars().take(most).collect();
    (!is_blank(&line)).then(|| line.trim_end().to_owned())
}

/// Whether somebody of the team may call something this: one line of 1 to `most` characters.
pub fn is_name(name: &str, most: usize) -> bool {
    !is_blank(name) && name.chars().count() <= most && !name.chars().any(char::is_control)
}

/// What is wrong with the key a client gave what it sends, if anything.
pub fn key_flaw(key: &str) -> Option<&'static str> {
    if key.is_empty() || key.len() > LONGEST_KEY {
        Some("must have 1 to 64 characters")
    } else if key.chars().any(char::is_control) {
        Some("must not contain control characters")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_newline_and_tab_survive_of_the_control_characters() {
        assert_eq!(readable("a\0b\r\nc\td\u{7f}\u{85}é"), "ab\nc\tdé");
        assert_eq!(readable("plain"), "plain");
    }

    #[test]
    fn what_nobody_can_see_is_nothing() {
        for nothing in [
            "",
            " ",
            "\n\t",
            "\u{7}",
            "\u{200b}",
            "\u{2060}",
            "\u{ad}",
            "\u{202e}",
            "\u{2800}",
            "\u{feff} \u{200d}",
            "\u{3164}",
            "\u{fe0f}",
        ] {
            assert!(is_blank(nothing), "{nothing:?}");
        }
        for something in ["a", ".", "\u{200b}x", "👍", "❤\u{fe0f}", "👩\u{200d}🚀", "नम\u{200d}", "م"]
        {
            assert!(!is_blank(something), "{something:?}");
        }
    }

    #[test]
    fn a_strangers_name_is_one_line() {
        for (given, shown) in [
            ("Eve\r\nBcc: x", Some("Eve Bcc: x")),
            ("a\0b", Some("ab")),
            ("  Jo  \t Lee ", Some("Jo Lee")),
            ("\u{202e}eoJ", Some("eoJ")),
            ("زهرا", Some("زهرا")),
            ("\0\u{7}", None),
            (" \u{200b} ", None),
        ] {
            assert_eq!(one_line(given, 100).as_deref(), shown, "{given:?}");
        }
        assert_eq!(one_line(&"é".repeat(5_000), 100).unwrap().chars().count(), 100);
    }

    #[test]
    fn names_and_keys_need_no_cleaning() {
        for (name, fits) in [
            ("Sales", true),
            ("é", true),
            ("", false),
            (" ", false),
            ("a\0", false),
            ("a\nb", false),
            ("12345", false),
        ] {
            assert_eq!(is_name(name, if name == "12345" { 4 } else { 5 }), fits, "{name:?}");
        }
        for (key, fits) in [("c1", true), ("", false), ("a\0", false), ("a\n", false)] {
            assert_eq!(key_flaw(key).is_none(), fits, "{key:?}");
        }
        assert!(key_flaw(&"x".repeat(65)).is_some());
    }
}
