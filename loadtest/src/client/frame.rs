//! [`Scanner`]: the few facts the harness needs of a frame, found without reading it as JSON.
//!
//! Sound because a quote inside a JSON string is always escaped: `"seq":` with bare quotes can only be a key.

use crate::marker::Marker;
use memchr::memmem::{Finder, FinderRev};

/// What a frame is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Hello,
    Resumed,
    Resync,
    Draining,
    /// A numbered entry; the letter stands in journals.
    Entry(char),
    /// Answers, typing and the like.
    Other,
}

/// A numbered entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    pub kind: char,
    pub conversation: i64,
    pub seq: i64,
    /// Of the message that was created.
    pub message: i64,
    /// Of a message the harness sent.
    pub marker: Option<Marker>,
}

pub struct Scanner {
    conversation: Finder<'static>,
    seq: Finder<'static>,
    message: Finder<'static>,
    text: Finder<'static>,
    cursor: FinderRev<'static>,
}

impl Default for Scanner {
    fn default() -> Self {
        Self {
            conversation: Finder::new(b"\"conversation_id\":\""),
            seq: Finder::new(b"\"seq\":"),
            message: Finder::new(b"\"message\":{\"id\":\""),
            text: Finder::new(b"\"text\":\"LT"),
            cursor: FinderRev::new(b"\"cursor\":\""),
        }
    }
}

impl Scanner {
    /// By its `t`, which our server writes first.
    pub fn kind(frame: &[u8]) -> Kind {
        let Some(rest) = frame.strip_prefix(b"{\"t\":\"") else { return Kind::Other };
        let end = rest.iter().position(|&byte| byte == b'"').unwrap_or(rest.len());
        match rest.get(..end).unwrap_or_default() {
            b"message.created" => Kind::Entry('m'),
            b"message.status" => Kind::Entry('s'),
            b"message.media" => Kind::Entry('f'),
            b"conversation.created" => Kind::Entry('c'),
            b"conversation.assigned"
            | b"conversation.unassigned"
            | b"conversation.closed"
            | b"conversation.reopened" => Kind::Entry('o'),
            b"hello" => Kind::Hello,
            b"resumed" => Kind::Resumed,
            b"resync" => Kind::Resync,
            b"server.draining" => Kind::Draining,
            _ => Kind::Other,
        }
    }

    /// The entry a frame of kind [`Kind::Entry`] holds; `None` when it lacks a number.
    pub fn entry(&self, kind: char, frame: &[u8]) -> Option<Entry> {
        let conversation = number(after(&self.conversation, frame)?)?;
        let seq = number(after(&self.seq, frame)?)?;
        let message = after(&self.message, frame).and_then(number).unwrap_or_default();
        let marker = if kind == 'm' { self.text.find(frame) } else { None };
        // The match includes the marker's own first two letters.
        let marker = marker.and_then(|at| Marker::read(frame.get(at + 8..)?));
        Some(Entry { kind, conversation, seq, message, marker })
    }

    pub fn cursor<'a>(&self, frame: &'a [u8]) -> Option<&'a str> {
        let rest = frame.get(self.cursor.rfind(frame)? + 10..)?;
        let end = rest.iter().position(|&byte| byte == b'"')?;
        std::str::from_utf8(rest.get(..end)?).ok()
    }
}

fn after<'a>(key: &Finder<'_>, frame: &'a [u8]) -> Option<&'a [u8]> {
    frame.get(key.find(frame)? + key.needle().len()..)
}

fn number(bytes: &[u8]) -> Option<i64> {
    let end = bytes.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(bytes.len());
    std::str::from_utf8(bytes.get(..end)?).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::marker;

    const FRAME: &str = r#"{"t":"message.created","conversation_id":"72","seq":17,"at":"2026-01-05T10:00:00.123456Z","d":{"message":{"id":"81","conversation_id":"72","seq":17,"channel_id":"5","direction":"in","kind":"text","sender":{"kind":"contact","id":"9","name":"a \"text\":\"LT"},"text":"LT5f3a-I-0000000042-000017-0000003 Hello \"seq\":99","media":[]}},"row":{"id":"72","seq":17},"cursor":"e1.0000000000000000123"}"#;

    #[test]
    fn a_created_message_gives_its_numbers_marker_and_cursor() {
        let scanner = Scanner::default();
        assert_eq!(Scanner::kind(FRAME.as_bytes()), Kind::Entry('m'));
        let entry = scanner.entry('m', FRAME.as_bytes()).unwrap();
        assert_eq!((entry.conversation, entry.seq, entry.message), (72, 17, 81));
        let marker = entry.marker.unwrap();
        assert_eq!((marker.kind, marker.number, marker.sender), (marker::Kind::Inbound, 42, 17));
        assert_eq!(scanner.cursor(FRAME.as_bytes()), Some("e1.0000000000000000123"));
    }

    #[test]
    fn what_is_no_entry_says_so() {
        for (text, kind) in [
            (r#"{"t":"hello","d":{}}"#, Kind::Hello),
            (r#"{"t":"resumed","req":"r"}"#, Kind::Resumed),
            (r#"{"t":"resync","req":"r"}"#, Kind::Resync),
            (r#"{"t":"typing"}"#, Kind::Other),
            ("", Kind::Other),
        ] {
            assert_eq!(Scanner::kind(text.as_bytes()), kind);
        }
        assert_eq!(Scanner::default().entry('m', br#"{"t":"message.created"}"#), None);
    }
}
