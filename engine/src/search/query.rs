//! What a person typed into the search field, and what they mean by it.

use super::words::words;

/// A question that can be asked. Its words hold nothing but letters and digits, so no operator of a search engine gets through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// All of these must be found; the last one may go on.
    pub words: Vec<String>,
    /// Beginnings of the words of [`super::contact_words`], all of which must be found.
    pub contact: Vec<String>,
    /// "#1042" and "1042" are a conversation as well.
    pub number: Option<i64>,
}

/// Why a text is no question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QueryProblem {
    TooShort,
    TooLong,
}

impl QueryProblem {
    /// For the person who typed it.
    pub fn detail(self) -> &'static str {
        match self {
            Self::TooShort => "must have at least 2 characters",
            Self::TooLong => "must have at most 200 characters",
        }
    }
}

const SHORTEST: usize = 2;
const LONGEST: usize = 200;
/// What follows does not narrow a search any more, but makes it slower.
const MOST_WORDS: usize = 12;

impl Query {
    pub fn parse(text: &str) -> Result<Self, QueryProblem> {
        let text = text.trim();
        if text.chars().nth(LONGEST).is_some() {
            return Err(QueryProblem::TooLong);
        }
        if text.chars().nth(SHORTEST - 1).is_none() {
            return Err(QueryProblem::TooShort);
        }
        let words: Vec<String> = words(text).take(MOST_WORDS).collect();
        let contact = match phone_digits(text) {
            Some(digits) => vec![digits],
            None => words.iter().map(|word| significant(word)).collect(),
        };
        let digits = text.strip_prefix('#').unwrap_or(text);
        let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        let number = if is_number { digits.parse().ok() } else { None };
        // Whoever writes "#1042" means nobody's phone.
        let contact = if is_number && text.starts_with('#') { Vec::new() } else { contact };
        Ok(Self { words, contact, number })
    }

    /// Nothing in it that could be looked for: punctuation only.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// Whether a word of a text, folded, is one of those looked for.
    pub fn hits(&self, word: &str) -> bool {
        let Some((last, others)) = self.words.split_last() else { return false };
        word.starts_with(last.as_str()) || others.iter().any(|other| other == word)
    }
}

/// "07400 123", "+44 (0) 7400-123", "7400123": the digits that are part of the number as we keep it, if this is one.
fn phone_digits(text: &str) -> Option<String> {
    let is_number = text.chars().all(|c| c.is_ascii_digit() || " +-()/.#\u{a0}".contains(c));
    let digits: String = text.replace("(0)", "").chars().filter(char::is_ascii_digit).collect();
    (is_number && !digits.is_empty()).then(|| significant(&digits))
}

/// A number without the zeros people dial before it.
fn significant(word: &str) -> String {
    let is_number = word.bytes().all(|byte| byte.is_ascii_digit());
    let rest = word.trim_start_matches('0');
    if is_number && !rest.is_empty() { rest.to_owned() } else { word.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search::contact_words;

    fn finds(text: &str) -> bool {
        let query = Query::parse(text).unwrap();
        let contact =
            contact_words(["José Núñez", "jose.nunez@mail.example"].into_iter(), Some("+447400123456"));
        let found = |part: &String| contact.iter().any(|word| word.starts_with(part.as_str()));
        !query.is_empty() && query.contact.iter().all(found)
    }

    #[test]
    fn s2_21_a_contact_is_found_as_people_write_it() {
        for text in [
            "jose",
            "nune",
            "JOSÉ",
            "Núñez",
            "uñe",
            "nunez jose",
            "jo nu",
            "07400 123",
            "7400123",
            "+4474001234",
            "123456",
            "+44 (0) 7400 123456",
            "00447400123456",
            "44 7400",
            "mail.example",
            "nunez@mail",
            "se nu",
        ] {
            assert!(finds(text), "{text}");
        }
        for text in ["zz", "jose zz", "7400124", "josef", "--", "0049"] {
            assert!(!finds(text), "{text}");
        }
    }

    #[test]
    fn h_09_a_number_is_a_conversation_too() {
        for (text, number) in [
            ("#1042", Some(1042)),
            ("1042", Some(1042)),
            (" 1042 ", Some(1042)),
            ("10 42", None),
            ("##1042", None),
            ("a1042", None),
            ("99999999999999999999", None),
        ] {
            assert_eq!(Query::parse(text).unwrap().number, number, "{text}");
        }
    }

    #[test]
    fn s2_21_a_question_has_two_characters_at_least() {
        assert_eq!(Query::parse(" j "), Err(QueryProblem::TooShort));
        assert_eq!(Query::parse(""), Err(QueryProblem::TooShort));
        assert_eq!(Query::parse(&"x".repeat(201)), Err(QueryProblem::TooLong));
        assert!(Query::parse("é!").is_ok());
    }

    #[test]
    fn no_operator_gets_through() {
        for text in ["a\" OR \"b", "a* NEAR(b)", "a' | !b:*", "{x}:^y - z", "\\'; DROP TABLE x --"] {
            let query = Query::parse(text).unwrap();
            let plain = |word: &String| word.chars().all(|c| c.is_alphanumeric() && !c.is_uppercase());
            assert!(query.words.iter().chain(&query.contact).all(plain), "{query:?}");
        }
    }
}
