//! Frames as they arrive. What cannot be understood still says which question it was, so that the answer finds it.

use super::client::{AgentCommand, AgentFrame, VisitorCommand, VisitorFrame};
use crate::json::{Misfit, Unread, read, read_value};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// A frame that makes no sense.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadFrame {
    /// What the answer refers to, if that much could be read.
    pub req: Option<String>,
    /// The value in the wrong place.
    pub field: Option<String>,
    pub detail: String,
}

impl AgentFrame {
    pub fn read(text: &str) -> Result<Self, BadFrame> {
        let Opened { req, t, rest } = Opened::read(text)?;
        let command =
            command::<AgentCommand>(&t, rest).map_err(|misfit| BadFrame::of(req.clone(), misfit))?;
        Ok(Self { req, command })
    }
}

impl VisitorFrame {
    /// `d` may be left out where there is nothing to say.
    pub fn read(text: &str) -> Result<Self, BadFrame> {
        let Opened { req, t, mut rest } = Opened::read(text)?;
        let bad = |field: &str, detail: String| {
            let field =
                if field.is_empty() || field == "t" { field.to_owned() } else { format!("d.{field}") };
            BadFrame::of(req.clone(), Misfit { field, detail })
        };
        let d = match rest.remove("d") {
            None | Some(Value::Null) => Map::new(),
            Some(Value::Object(d)) => d,
            Some(_) => {
                let misfit = Misfit { field: "d".to_owned(), detail: "must be an object".to_owned() };
                return Err(BadFrame::of(req, misfit));
            }
        };
        let command = command::<VisitorCommand>(&t, d).map_err(|misfit| bad(&misfit.field, misfit.detail))?;
        Ok(Self { req, command })
    }
}

impl BadFrame {
    fn of(req: Option<String>, Misfit { field, detail }: Misfit) -> Self {
        Self { req, field: Some(field).filter(|field| !field.is_empty()), detail }
    }
}

/// A frame taken apart, as far as all frames are alike.
struct Opened {
    req: Option<String>,
    t: String,
    rest: Map<String, Value>,
}

impl Opened {
    fn read(text: &str) -> Result<Self, BadFrame> {
        let mut rest: Map<String, Value> = read(text.as_bytes()).map_err(|unread| match unread {
            Unread::Malformed(problem) => {
                BadFrame { req: None, field: None, detail: format!("is no JSON: {problem}") }
            }
            Unread::Misfit(misfit) => BadFrame::of(None, misfit),
        })?;
        let req = text_of(&mut rest, "req").map_err(|misfit| BadFrame::of(None, misfit))?;
        let t = match text_of(&mut rest, "t") {
            Ok(Some(t)) => t,
            Ok(None) => {
                let misfit = Misfit { field: "t".to_owned(), detail: "is missing".to_owned() };
                return Err(BadFrame::of(req, misfit));
            }
            Err(misfit) => return Err(BadFrame::of(req, misfit)),
        };
        Ok(Self { req, t, rest })
    }
}

fn text_of(frame: &mut Map<String, Value>, field: &str) -> Result<Option<String>, Misfit> {
    let value = frame.remove(field).unwrap_or_default();
    read_value(value).map_err(|misfit| Misfit { field: field.to_owned(), ..misfit })
}

/// What the frame says. Its values are named as the client wrote them, not below the command.
fn command<T: DeserializeOwned>(t: &str, says: Map<String, Value>) -> Result<T, Misfit> {
    let named = Map::from_iter([(t.to_owned(), Value::Object(says))]);
    read_value(Value::Object(named)).map_err(|Misfit { field, detail }| {
        let field = match field.strip_prefix(t) {
            None => "t",
            Some(below) => below.trim_start_matches('.'),
        };
        Misfit { field: field.to_owned(), detail }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(bad: BadFrame, req: Option<&str>, field: Option<&str>, detail: &str) {
        assert_eq!((bad.req.as_deref(), bad.field.as_deref()), (req, field), "{bad:?}");
        assert!(bad.detail.starts_with(detail), "{bad:?}");
    }

    #[test]
    fn what_makes_no_sense_keeps_its_question() {
        let agent = |text: &str| AgentFrame::read(text).unwrap_err();
        check(agent("{"), None, None, "is no JSON");
        check(agent("[]"), None, None, "must be an object");
        check(agent(r#"{"req":"1"}"#), Some("1"), Some("t"), "is missing");
        check(agent(r#"{"req":1,"t":"ping"}"#), None, Some("req"), "must be a string");
        check(agent(r#"{"req":"1","t":7}"#), Some("1"), Some("t"), "must be a string");
        check(agent(r#"{"req":"1","t":"template.list"}"#), Some("1"), Some("t"), "must be one of");
        let close = |rest: &str| agent(&format!(r#"{{"t":"conversation.close","req":"r1",{rest}}}"#));
        check(close(r#""conversation_id":"1","pending":"zz""#), Some("r1"), Some("pending"), "must be ");
        check(close(r#""conversation_id":1"#), Some("r1"), Some("conversation_id"), "must be a string");
        check(close(r#""note":"x""#), Some("r1"), Some("conversation_id"), "is missing");
        check(
            agent(
                r#"{"t":"message.send","req":"r","conversation_id":"1","client_id":"c","media_ids":["1",2]}"#,
            ),
            Some("r"),
            Some("media_ids[1]"),
            "must be a string",
        );
        let visitor = |text: &str| VisitorFrame::read(text).unwrap_err();
        check(visitor(r#"{"t":"fly","req":"1","d":{}}"#), Some("1"), Some("t"), "must be one of");
        check(visitor(r#"{"t":"ping","req":"1","d":7}"#), Some("1"), Some("d"), "must be an object");
        check(
            visitor(r#"{"t":"message.send","req":"1","d":{"client_id":7}}"#),
            Some("1"),
            Some("d.client_id"),
            "must be a string",
        );
    }
}
