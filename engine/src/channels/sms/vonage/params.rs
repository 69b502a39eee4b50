//! The parameters of a callback, however the account has Vonage send them: as the query of a GET, as a form, or as JSON.

use crate::channels::text::readable;
use serde_json::Value;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Names and values, sorted by name as the signature wants them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Params(BTreeMap<String, String>);

impl Params {
    /// Reads a callback. A body counts before the query; `None` when a JSON body is not one flat object.
    pub fn read(query: &str, content_type: &str, raw: &[u8]) -> Option<Self> {
        if raw.is_empty() {
            return Some(Self::form(query.as_bytes()));
        }
        let essence = content_type.split(';').next().unwrap_or_default().trim();
        if essence.eq_ignore_ascii_case("application/json") { Self::json(raw) } else { Some(Self::form(raw)) }
    }

    fn form(raw: &[u8]) -> Self {
        Self(form_urlencoded::parse(raw).into_owned().collect())
    }

    fn json(raw: &[u8]) -> Option<Self> {
        let Ok(Value::Object(object)) = serde_json::from_slice(raw) else { return None };
        let text = |value: Value| match value {
            Value::String(text) => text,
            other => other.to_string(),
        };
        Some(Self(object.into_iter().map(|(name, value)| (name, text(value))).collect()))
    }

    /// The parameter as it came.
    pub(super) fn raw(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// The parameter, trimmed and fit to be stored; `None` when blank.
    pub(super) fn get(&self, name: &str) -> Option<String> {
        let text = readable(Cow::Borrowed(self.raw(name)?));
        let text = text.trim();
        (!text.is_empty()).then(|| text.to_owned())
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

impl FromIterator<(String, String)> for Params {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(pairs: I) -> Self {
        Self(pairs.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_ways_say_the_same() {
        let expected: Params = [("msisdn", "447700900001"), ("text", "a b&c")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into_iter()
            .collect();
        let form = "text=a+b%26c&msisdn=447700900001";
        let json = br#"{"msisdn":447700900001,"text":"a b&c"}"#;
        assert_eq!(Params::read(form, "", b""), Some(expected.clone()));
        let kind = "application/x-www-form-urlencoded; charset=UTF-8";
        assert_eq!(Params::read("text=other", kind, form.as_bytes()), Some(expected.clone()));
        assert_eq!(Params::read("", "application/json; charset=utf-8", json), Some(expected));
        for bad in ["[]", "{", "7", "null"] {
            assert_eq!(Params::read("", "application/json", bad.as_bytes()), None, "{bad}");
        }
    }
}
