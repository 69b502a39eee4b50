//! Reading JSON that somebody else wrote: what does not fit is told by its place, `settings.retention_days`, and by what belongs there.

use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::error::Category;
use serde_path_to_error::{Path, Segment, Track};

/// Why JSON was not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unread {
    /// It is no JSON at all.
    Malformed(String),
    /// It is JSON, but not what was asked for.
    Misfit(Misfit),
}

/// One value in the wrong place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misfit {
    /// Its path, `hours.weekly.mon[0]`; empty where the whole is meant.
    pub field: String,
    /// "must be a string, not null"
    pub detail: String,
}

/// Reads a `T` from text.
pub fn read<T: DeserializeOwned>(text: &[u8]) -> Result<T, Unread> {
    let mut reader = serde_json::Deserializer::from_slice(text);
    let mut track = Track::new();
    let read = T::deserialize(serde_path_to_error::Deserializer::new(&mut reader, &mut track));
    match read {
        Ok(value) => reader.end().map(|()| value).map_err(|error| Unread::Malformed(error.to_string())),
        Err(error) if is_misfit(&error, text) => Err(Unread::Misfit(misfit(&track.path(), &error))),
        Err(error) => Err(Unread::Malformed(error.to_string())),
    }
}

/// Reads a `T` from what was JSON before.
pub fn read_value<T: DeserializeOwned>(value: Value) -> Result<T, Misfit> {
    let mut track = Track::new();
    T::deserialize(serde_path_to_error::Deserializer::new(value, &mut track))
        .map_err(|error| misfit(&track.path(), &error))
}

/// A list with an entry too many is reported as if a bracket were missing, although the text is fine.
fn is_misfit(error: &serde_json::Error, text: &[u8]) -> bool {
    match error.classify() {
        Category::Data => true,
        Category::Syntax => serde_json::from_slice::<Value>(text).is_ok(),
        Category::Eof | Category::Io => false,
    }
}

fn misfit(path: &Path, error: &serde_json::Error) -> Misfit {
    let text = error.to_string();
    let text = text.rsplit_once(" at line ").map_or(text.as_str(), |(before, _)| before);
    let mut field = written(path);
    let absent = quoted(text, "missing field `").or_else(|| quoted(text, "unknown field `"));
    // The path ends above what is missing; it may end with what is unknown.
    if let Some(name) =
        absent.filter(|name| path.iter().next_back().is_none_or(|last| last.to_string() != *name))
    {
        field = if field.is_empty() { name.to_owned() } else { format!("{field}.{name}") };
    }
    Misfit { field, detail: told(text) }
}

/// `a.b[0].c`
fn written(path: &Path) -> String {
    let mut all = String::new();
    for segment in path {
        match segment {
            Segment::Seq { index } => all.extend(["[", &index.to_string(), "]"]),
            Segment::Map { key: name } | Segment::Enum { variant: name } => {
                if !all.is_empty() {
                    all.push('.');
                }
                all.push_str(name);
            }
            Segment::Unknown => {}
        }
    }
    all
}

fn quoted<'a>(text: &'a str, before: &str) -> Option<&'a str> {
    text.strip_prefix(before)?.split('`').next()
}

/// What the library says, in the words of whoever fills in a form.
fn told(text: &str) -> String {
    if text.starts_with("missing field") {
        return "is missing".to_owned();
    }
    if let Some(rest) = text.strip_prefix("unknown field `") {
        let known =
            rest.split_once("expected ").map_or(String::new(), |(_, known)| format!("; known: {known}"));
        return format!("is not known here{known}");
    }
    if text.starts_with("trailing characters") {
        return "has more entries than it may have".to_owned();
    }
    let found = ["invalid type: ", "invalid value: ", "unknown variant ", "invalid length "];
    let found = found.iter().find_map(|start| text.strip_prefix(start)?.split_once(", expected "));
    found.map_or_else(|| text.to_owned(), |(found, wanted)| format!("must be {}, not {found}", plain(wanted)))
}

/// A type of the program's, as people call it.
fn plain(wanted: &str) -> String {
    if let Some(size) = wanted.strip_prefix("a tuple of size ") {
        return format!("a list of {size}");
    }
    let plain = match wanted {
        "i8" | "i16" | "i32" | "i64" | "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number that fits",
        "f32" | "f64" => "a number",
        "a boolean" => "true or false",
        "a sequence" => "a list",
        "a map" => "an object",
        other if other.starts_with("struct ") || other.contains(" enum ") => "an object",
        other => other,
    };
    plain.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::ConversationId;
    use crate::time::Timestamp;
    use serde::Deserialize;
    use std::collections::BTreeMap;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only whether it is read matters")]
    struct Form {
        name: String,
        #[serde(default)]
        week: BTreeMap<String, Vec<(String, String)>>,
        #[serde(default)]
        inner: Option<Inner>,
        #[serde(default)]
        kind: Option<Kind>,
        #[serde(default)]
        at: Option<Timestamp>,
        #[serde(default)]
        id: Option<ConversationId>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only whether it is read matters")]
    struct Inner {
        days: u32,
        #[serde(default)]
        on: bool,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Kind {
        Sms,
        Webchat,
    }

    #[track_caller]
    fn check(json: &str, field: &str, detail: &str) {
        let misfit = Misfit { field: field.to_owned(), detail: detail.to_owned() };
        assert_eq!(read::<Form>(json.as_bytes()).unwrap_err(), Unread::Misfit(misfit.clone()), "{json}");
        let value = serde_json::from_str(json).unwrap();
        let from_value = read_value::<Form>(value).unwrap_err();
        assert_eq!(from_value.field, misfit.field, "{json}");
    }

    #[test]
    fn what_does_not_fit_is_told_by_its_place() {
        check(r#"{"name":null}"#, "name", "must be a string, not null");
        check(r#"{"name":7}"#, "name", "must be a string, not integer `7`");
        check("{}", "name", "is missing");
        check("7", "", "must be an object, not integer `7`");
        check(r#"{"name":"a","inner":{}}"#, "inner.days", "is missing");
        check(
            r#"{"name":"a","inner":{"days":1.5}}"#,
            "inner.days",
            "must be a whole number that fits, not floating point `1.5`",
        );
        check(
            r#"{"name":"a","inner":{"days":-1}}"#,
            "inner.days",
            "must be a whole number that fits, not integer `-1`",
        );
        check(
            r#"{"name":"a","inner":{"days":1,"on":"yes"}}"#,
            "inner.on",
            r#"must be true or false, not string "yes""#,
        );
        check(
            r#"{"name":"a","inner":{"days":1,"hours":2}}"#,
            "inner.hours",
            "is not known here; known: `days` or `on`",
        );
        check(r#"{"name":"a","kind":"zz"}"#, "kind", "must be `sms` or `webchat`, not `zz`");
        check(
            r#"{"name":"a","week":{"mon":[["a","b","c"]]}}"#,
            "week.mon[0]",
            "has more entries than it may have",
        );
        check(
            r#"{"name":"a","week":{"mon":[["a","b"],["a"]]}}"#,
            "week.mon[1]",
            "must be a list of 2, not 1",
        );
        check(r#"{"name":"a","id":7}"#, "id", "must be a string, not integer `7`");
        check(r#"{"name":"a","id":"x"}"#, "id", "an id is a string of digits");
        check(r#"{"name":"a","at":"soon"}"#, "at", "a time is RFC 3339, for example 2026-01-05T10:00:00Z");
        check(r#"{"name":"a","at":"9999-12-31T00:00:00Z"}"#, "at", "must lie before 9999-12-30T22:00:00Z");
    }

    #[test]
    fn what_is_no_json_is_told_as_that() {
        for json in [&b"{"[..], b"", b"\xff", br#"{"name":"a"} x"#, br#"{"name":"\ud800 lonely"}"#, b"nul"] {
            assert!(matches!(read::<Form>(json), Err(Unread::Malformed(_))), "{}", json.escape_ascii());
        }
        assert!(read::<Form>(br#"{"name":"a","inner":null} "#).is_ok());
    }
}
