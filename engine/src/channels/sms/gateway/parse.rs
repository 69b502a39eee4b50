//! Reads a gateway's callbacks: one object, or a list of them, as JSON; or one form. What has a `status` is a receipt.

use crate::channels::text::{readable, shorten};
use crate::channels::{
    Addressed, Content, Delivery, Event, InboundMessage, ParseError, RemoteMedia, StatusUpdate,
};
use crate::contact::{Identity, IdentityKind};
use crate::message::{MediaKind, MessageKind};
use crate::phone::{self, E164};
use crate::receipt::{Failure, Status};
use serde_json::{Map, Value};
use std::borrow::Cow;

/// Most entries of one callback; more is a mistake.
const MOST: usize = 1_000;
const MOST_MEDIA: usize = 30;

/// Names under which gateways send the same thing, ours first.
const ID: [&str; 5] = ["id", "message_id", "messageId", "sid", "uuid"];
const FROM: [&str; 4] = ["from", "sender", "msisdn", "source"];
const TO: [&str; 4] = ["to", "recipient", "destination", "receiver"];
const TEXT: [&str; 4] = ["text", "body", "message", "content"];
const REFERENCE: [&str; 3] = ["reference", "client_ref", "external_id"];

/// Reads a callback's body.
pub fn webhook(content_type: &str, raw: &[u8]) -> Result<Delivery, ParseError> {
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    let entries = if essence.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        vec![Value::Object(form(raw))]
    } else {
        match serde_json::from_slice(raw) {
            Ok(Value::Array(list)) if list.len() <= MOST => list,
            Ok(object @ Value::Object(_)) => vec![object],
            _ => return Err(problem("neither a form nor a JSON object or list of objects")),
        }
    };
    if entries.is_empty() {
        return Err(problem("empty"));
    }
    Ok(Delivery { events: entries.iter().map(event).collect() })
}

fn problem(what: &str) -> ParseError {
    ParseError { detail: format!("SMS gateway callback: {what}") }
}

/// Repeated names become a list.
fn form(raw: &[u8]) -> Map<String, Value> {
    let mut fields = Map::new();
    for (name, value) in form_urlencoded::parse(raw) {
        let value = Value::from(value.into_owned());
        match fields.get_mut(&*name) {
            Some(Value::Array(list)) => list.push(value),
            Some(first) => *first = Value::Array(vec![first.take(), value]),
            None => {
                fields.insert(name.into_owned(), value);
            }
        }
    }
    fields
}

fn event(entry: &Value) -> Addressed {
    let status = find(entry, &["status"]);
    // Our number receives what customers write and is the sender of what we wrote.
    let ours = if status.is_some() { find(entry, &FROM) } else { find(entry, &TO) };
    let event = match status {
        Some(status) => receipt(entry, &status),
        None => message(entry),
    };
    let event =
        event.unwrap_or_else(|reason| Event::Malformed { reason: reason.to_owned(), raw: entry.to_string() });
    Addressed { address: ours, event }
}

/// `Err`: what could not be understood.
fn receipt(entry: &Value, status: &str) -> Result<Event, &'static str> {
    let status = match status.to_lowercase().as_str() {
        "queued" | "accepted" | "sent" | "sending" | "buffered" | "submitted" => Status::Sent,
        "delivered" | "delivrd" => Status::Delivered,
        "read" | "seen" => Status::Read,
        "failed" | "undelivered" | "undeliv" | "rejected" | "rejectd" | "expired" => Status::Failed,
        _ => return Err("receipt: unknown status"),
    };
    let our_message_id = find(entry, &REFERENCE);
    let provider_message_id = find(entry, &ID).ok_or("receipt: no id")?;
    Ok(Event::Status(StatusUpdate {
        provider_message_id,
        our_message_id,
        status,
        at: None,
        failure: (status == Status::Failed).then(|| failure(entry)),
    }))
}

fn failure(entry: &Value) -> Failure {
    let words = find(entry, &["error", "error_message", "reason", "detail"]);
    let detail = match words {
        Some(words) => {
            format!("The message was not delivered: {}.", shorten(words.trim_end_matches('.'), 300))
        }
        None => "The message was not delivered.".to_owned(),
    };
    Failure {
        code: find(entry, &["error_code", "code"]).map_or_else(|| "unknown".to_owned(), |c| shorten(&c, 40)),
        detail,
    }
}

/// `Err`: what is missing.
fn message(entry: &Value) -> Result<Event, &'static str> {
    let provider_message_id = find(entry, &ID).ok_or("message: no id")?;
    let from = find(entry, &FROM).ok_or("message: no from")?;
    let number = phone::from_digits(&from).map(E164::into_string);
    let reply_address = number.clone().unwrap_or_else(|| from.clone());
    let identity = Identity::new(IdentityKind::Phone, number.unwrap_or(from)).ok_or("message: no from")?;
    let media: Vec<RemoteMedia> = links(entry).into_iter().take(MOST_MEDIA).map(file).collect();
    let text = TEXT.iter().find_map(|name| entry.get(name)?.as_str()).unwrap_or_default();
    Ok(Event::Message(InboundMessage {
        provider_message_id,
        from: vec![identity],
        reply_address,
        profile_name: None,
        at: None,
        content: Content {
            kind: if media.is_empty() { MessageKind::Text } else { MessageKind::Media },
            text: readable(Cow::Borrowed(text)),
            media,
            extra: None,
        },
        reply_to: None,
    }))
}

/// `media`: one link or a list of them.
fn links(entry: &Value) -> Vec<String> {
    match entry.get("media") {
        Some(Value::String(link)) => vec![readable(link)],
        Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).map(readable).collect(),
        _ => Vec::new(),
    }
}

/// Its type is seen when it is fetched.
fn file(reference: String) -> RemoteMedia {
    let mime = "application/octet-stream".to_owned();
    RemoteMedia { kind: MediaKind::Document, reference, mime, file_name: None, sha256: None }
}

/// The first of these fields that is a text or a number; trimmed and fit to be stored.
fn find(entry: &Value, names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| {
        let text = match entry.get(name)? {
            Value::String(text) => readable(text.as_str()).trim().to_owned(),
            Value::Number(number) => number.to_string(),
            _ => return None,
        };
        (!text.is_empty()).then_some(text)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const JSON: &str = "application/json";
    const FORM: &str = "application/x-www-form-urlencoded";

    fn read(kind: &str, raw: &str) -> Addressed {
        webhook(kind, raw.as_bytes()).unwrap().events.remove(0)
    }

    #[test]
    fn a_message_by_any_usual_name() {
        for (kind, raw) in [
            (JSON, r#"{"id":"m1","from":"+447700900001","to":"+447700900000","text":" Hi "}"#),
            (JSON, r#"{"message_id":"m1","sender":447700900001,"recipient":"+447700900000","body":" Hi "}"#),
            (FORM, "sid=m1&msisdn=447700900001&destination=%2B447700900000&message=+Hi+"),
        ] {
            let Addressed { address, event: Event::Message(message) } = read(kind, raw) else {
                panic!("{raw}")
            };
            assert_eq!(address.as_deref(), Some("+447700900000"));
            assert_eq!(message.provider_message_id, "m1");
            assert_eq!(
                (message.reply_address.as_str(), message.from[0].value()),
                ("+447700900001", "+447700900001")
            );
            assert_eq!(message.content, Content::text(" Hi "));
        }
    }

    #[test]
    fn a_receipt_with_ours_and_theirs() {
        let raw = r#"{"id":"m1","reference":"42","status":"DELIVRD","from":"+447700900000"}"#;
        let Addressed { address, event: Event::Status(update) } = read(JSON, raw) else { panic!() };
        assert_eq!(address.as_deref(), Some("+447700900000"));
        assert_eq!((update.our_message_id.as_deref(), update.status), (Some("42"), Status::Delivered));
        let raw = "id=m1&status=undelivered&error_code=7&error=Phone+off.";
        let Event::Status(update) = read(FORM, raw).event else { panic!() };
        let detail = "The message was not delivered: Phone off.".to_owned();
        assert_eq!(update.failure, Some(Failure { code: "7".to_owned(), detail }));
    }

    #[test]
    fn a_bad_entry_keeps_its_siblings() {
        let raw = r#"[{"id":"m1","from":"+447700900001","text":"a"},7,{"from":"x"},{"id":"m2","status":"eaten"},
            {"id":"m3","from":"ACME","media":["https://a/1","https://a/2"]}]"#;
        let events = webhook(JSON, raw.as_bytes()).unwrap().events;
        let malformed = events.iter().filter(|one| matches!(one.event, Event::Malformed { .. })).count();
        assert_eq!((events.len(), malformed), (5, 3));
        let Event::Message(last) = &events[4].event else { panic!() };
        assert_eq!((last.content.media.len(), last.content.kind), (2, MessageKind::Media));
        for bad in ["", "[]", "7", "{"] {
            assert!(webhook(JSON, bad.as_bytes()).is_err(), "{bad}");
        }
    }
}
