//! Placeholders of saved replies: `[contact-firstname]` and the like. WhatsApp knows nothing of these.
//!
//! A saved reply may hold only the ones below. A message to a customer may hold none of them: what was not filled in is not sent.

use super::fill::Facts;
use super::mapping::Source;

/// Every placeholder, its source, and how a person calls it.
pub const ALL: [(&str, Source, &str); 5] = [
    ("contact-firstname", Source::ContactFirstName, "Contact's first name"),
    ("contact-lastname", Source::ContactLastName, "Contact's last name"),
    ("contact-company", Source::ContactCompany, "Contact's company"),
    ("business-name", Source::BusinessName, "Business name"),
    ("agent-firstname", Source::AgentFirstName, "Agent's first name"),
];

/// One placeholder of a text with the value it has for a contact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placeholder {
    pub key: &'static str,
    pub label: &'static str,
    pub value: Option<String>,
}

/// What stands in brackets in `text` and looks like a placeholder but is none: a typing error that customers would read.
pub fn unknown(text: &str) -> Vec<String> {
    bracketed(text).filter(|word| known(word).is_none()).map(str::to_owned).collect()
}

/// Placeholders a message still holds, each once: nobody filled them in.
pub fn unresolved(text: &str) -> Vec<String> {
    let mut left: Vec<String> = Vec::new();
    for word in bracketed(text).filter(|word| known(word).is_some()) {
        if !left.iter().any(|seen| seen == word) {
            left.push(word.to_owned());
        }
    }
    left
}

/// The placeholders of a text, each once, with their values.
pub fn of_text(text: &str, facts: &Facts) -> Vec<Placeholder> {
    let present = unresolved(text);
    let used = ALL.iter().filter(|(key, ..)| present.iter().any(|one| one == key));
    used.map(|(key, source, label)| Placeholder { key, label, value: value(source, facts) }).collect()
}

/// The text with what is known filled in.
pub fn resolve(text: &str, facts: &Facts) -> String {
    let mut resolved = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, word, after)) = next(rest) {
        let value = known(word).and_then(|(_, source, _)| value(source, facts));
        resolved.push_str(before);
        match value {
            Some(value) => resolved.push_str(&value),
            None => resolved.extend(["[", word, "]"]),
        }
        rest = after;
    }
    resolved.push_str(rest);
    resolved
}

/// A nameless contact is "there"; the rest must be known.
fn value(source: &Source, facts: &Facts) -> Option<String> {
    let nameless = || (*source == Source::ContactFirstName).then(|| super::mapping::NAMELESS.to_owned());
    source.value(facts).or_else(nameless)
}

fn known(word: &str) -> Option<&'static (&'static str, Source, &'static str)> {
    ALL.iter().find(|(key, ..)| *key == word)
}

fn bracketed(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let (_, word, after) = next(rest)?;
        rest = after;
        Some(word)
    })
}

/// The text before the next `[lower-case-word]`, the word, and what follows.
fn next(text: &str) -> Option<(&str, &str, &str)> {
    let mut from = 0;
    loop {
        let open = from + text.get(from..)?.find('[')?;
        let inner = text.get(open + 1..)?;
        let close = inner.find(']')?;
        let word = inner.get(..close)?;
        let is_word = word.starts_with(|c: char| c.is_ascii_lowercase())
            && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_'));
        if is_word {
            return Some((text.get(..open)?, word, inner.get(close + 1..)?));
        }
        from = open + 1;
    }
}
