//! Reading fields whose type providers change at will: a text may come as a number, a date as text, anything as `null`.

use crate::channels::text::readable;
use crate::time::Timestamp;
use serde::de::{IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use std::borrow::Cow;
use std::fmt;

/// Text, number or flag as text; anything else is empty. Never the reason why a message is lost.
#[derive(Default)]
pub(super) struct Loose<'a>(Cow<'a, str>);

impl Loose<'_> {
    pub(super) fn as_str(&self) -> &str {
        self.0.trim()
    }

    pub(super) fn is_blank(&self) -> bool {
        self.as_str().is_empty()
    }

    /// Fit to be stored and shown; `None` when blank.
    pub(super) fn text(&self) -> Option<String> {
        let text = readable(Cow::Borrowed(self.as_str()));
        // Removing control characters can lay bare more blanks.
        let text = if text.trim().len() == text.len() { text } else { text.trim().to_owned() };
        (!text.is_empty()).then_some(text)
    }

    /// The moment these seconds since 1970 mean, unless absurd.
    pub(super) fn moment(&self) -> Option<Timestamp> {
        let seconds: i64 = self.as_str().parse().ok()?;
        (EARLIEST..LATEST).contains(&seconds).then(|| Timestamp::from_seconds(seconds))
    }
}

/// 2001-09-09 and 2100-01-01: outside of these a number is not a date of a message.
const EARLIEST: i64 = 1_000_000_000;
const LATEST: i64 = 4_102_444_800;

impl<'de: 'a, 'a> Deserialize<'de> for Loose<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(LooseVisitor).map(Loose)
    }
}

struct LooseVisitor;

impl<'de> Visitor<'de> for LooseVisitor {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(text.to_owned()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Cow::Owned(number.to_string()))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Cow::Owned(number.to_string()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Self::Value, E> {
        Ok(Cow::Owned(number.to_string()))
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(if flag { "true" } else { "" }))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(""))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Cow::Borrowed(""))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Self::Value, A::Error> {
        while fields.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Cow::Borrowed(""))
    }
}

/// Reads a struct from an object. Serde by itself would also take a list, field by field: junk would become a message.
pub(super) fn object<'a, T: Deserialize<'a>>(json: &'a str) -> Result<T, String> {
    if json.trim_start().starts_with('{') {
        serde_json::from_str(json).map_err(|error| error.to_string())
    } else {
        Err("not an object".to_owned())
    }
}

/// The text or number under `key`, fit to be stored and shown; empty when there is none.
pub(super) fn string_at(object: &Value, key: &str) -> String {
    match object.get(key) {
        Some(Value::String(text)) => readable(Cow::Borrowed(text.trim())),
        Some(Value::Number(number)) => number.to_string(),
        _ => String::new(),
    }
}

/// The whole number under `key`, also when written as text.
pub(super) fn integer_at(object: &Value, key: &str) -> Option<i64> {
    match object.get(key)? {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// The list under `key`, empty when there is none.
pub(super) fn list_at<'a>(object: &'a Value, key: &str) -> &'a [Value] {
    object.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// `json` with every half of a surrogate pair replaced by U+FFFD. Meta escapes emoji as two `\uXXXX` and sometimes cuts a text
/// between them; the parser would refuse the whole message.
pub(super) fn mend_surrogates(json: Cow<'_, str>) -> Cow<'_, str> {
    let bytes = json.as_bytes();
    let mut broken = Vec::new();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        if byte != b'\\' {
            at += 1;
            continue;
        }
        at += match escape_at(bytes, at) {
            Some(0xD800..=0xDBFF) if matches!(escape_at(bytes, at + 6), Some(0xDC00..=0xDFFF)) => 12,
            Some(0xD800..=0xDFFF) => {
                broken.push(at);
                6
            }
            Some(_) => 6,
            None => 2,
        };
    }
    if broken.is_empty() {
        return json;
    }
    let mut mended = json.into_owned();
    for at in broken {
        mended.replace_range(at..at + 6, "\\ufffd");
    }
    Cow::Owned(mended)
}

/// The code unit of the `\uXXXX` that starts at `at`.
fn escape_at(bytes: &[u8], at: usize) -> Option<u16> {
    let digits = bytes.get(at..at + 6)?.strip_prefix(b"\\u")?;
    digits.iter().try_fold(0, |unit, digit| Some(unit << 4 | (*digit as char).to_digit(16)? as u16))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_type_can_be_read() {
        let read = |json: &str| serde_json::from_str::<Loose<'_>>(json).unwrap().as_str().to_owned();
        assert_eq!(read(r#"" a\u0062 ""#), "ab");
        assert_eq!(read("17"), "17");
        assert_eq!(read("-1.5"), "-1.5");
        for empty in ["null", "false", "[1,[2]]", r#"{"a":{"b":1}}"#, r#""""#] {
            assert_eq!(read(empty), "", "{empty}");
        }
    }

    #[test]
    fn a_date_is_seconds_in_any_clothes() {
        let moment = |json: &str| serde_json::from_str::<Loose<'_>>(json).unwrap().moment();
        assert_eq!(moment(r#""1749416383""#), Some(Timestamp(1_749_416_383_000_000)));
        assert_eq!(moment("1749416383"), Some(Timestamp(1_749_416_383_000_000)));
        for absurd in ["0", "-1", "1749416383000", r#""soon""#, "null", "1e400"] {
            if let Ok(loose) = serde_json::from_str::<Loose<'_>>(absurd) {
                assert_eq!(loose.moment(), None, "{absurd}");
            }
        }
    }

    #[test]
    fn half_an_emoji_is_replaced_and_a_whole_one_kept() {
        let mend = |json: &'static str| mend_surrogates(Cow::Borrowed(json)).into_owned();
        assert_eq!(mend(r#""\ud83d\ude00""#), r#""\ud83d\ude00""#);
        assert_eq!(mend(r#""\ud83d""#), r#""\ufffd""#);
        assert_eq!(mend(r#""\ude00\ud83d\ud83d\ude00""#), r#""\ufffd\ufffd\ud83d\ude00""#);
        assert_eq!(mend(r#""\\ud83d é""#), r#""\\ud83d é""#);
        assert_eq!(mend(r#""\u00"#), r#""\u00"#);
    }
}
