//! Reads Vonage's callbacks: a customer's message, or a delivery receipt. One callback, one event.

use super::outcome;
use super::params::Params;
use crate::channels::text::readable;
use crate::channels::{Addressed, Content, Delivery, Event, InboundMessage, ParseError, StatusUpdate};
use crate::contact::{Identity, IdentityKind};
use crate::message::MessageKind;
use crate::phone::{self, E164};
use crate::receipt::Status;
use crate::time::Timestamp;
use serde_json::{Value, json};
use std::borrow::Cow;

/// Reads a callback's parameters. A receipt has a `status`, a message a `type`, `text` or `data`.
pub fn webhook(params: &Params) -> Result<Delivery, ParseError> {
    if params.get("messageId").is_none() && params.get("msisdn").is_none() {
        return Err(ParseError { detail: "Vonage callback: no messageId, no msisdn".to_owned() });
    }
    // Our number is the receiver of what customers write and, in a receipt, the sender of what we wrote: both are `to`.
    let event = match params.get("status") {
        Some(status) => receipt(params, &status),
        None => message(params),
    };
    let event = event.unwrap_or_else(|reason| Event::Malformed { reason, raw: raw(params) });
    Ok(Delivery { events: vec![Addressed { address: params.get("to").map(|to| plus(&to)), event }] })
}

/// For an operator to look at; the proof is not needed for that.
fn raw(params: &Params) -> String {
    let shown: serde_json::Map<String, Value> = params
        .iter()
        .filter(|(name, _)| *name != "sig")
        .map(|(name, value)| (name.to_owned(), value.into()))
        .collect();
    Value::Object(shown).to_string()
}

/// `Err`: what could not be understood.
fn receipt(params: &Params, status: &str) -> Result<Event, String> {
    let status = match status {
        // Taken by the network, which is all that one tick says.
        "accepted" | "buffered" => Status::Sent,
        "delivered" => Status::Delivered,
        "failed" | "rejected" | "expired" => Status::Failed,
        "unknown" => return Ok(Event::Ignored { reason: "vonage_unknown_status" }),
        other => return Err(format!("receipt: unknown status {other:?}")),
    };
    let provider_message_id = params.get("messageId").ok_or("receipt: no messageId")?;
    Ok(Event::Status(StatusUpdate {
        provider_message_id,
        our_message_id: params.get("client-ref"),
        status,
        at: time(params),
        failure: (status == Status::Failed).then(|| outcome::undelivered(params.get("err-code").as_deref())),
    }))
}

/// `Err`: what is missing.
fn message(params: &Params) -> Result<Event, String> {
    let provider_message_id = params.get("messageId").ok_or("message: no messageId")?;
    let from = params.get("msisdn").ok_or("message: no msisdn")?;
    let number = phone::from_digits(&from).map(E164::into_string);
    let identity = Identity::new(IdentityKind::Phone, number.unwrap_or_else(|| from.clone()))
        .ok_or("message: no msisdn")?;
    Ok(Event::Message(InboundMessage {
        provider_message_id,
        from: vec![identity],
        reply_address: from,
        profile_name: None,
        at: time(params),
        content: content(params),
        reply_to: None,
    }))
}

fn content(params: &Params) -> Content {
    if params.get("type").as_deref() == Some("binary") {
        let raw = json!({"raw": {"type": "binary", "data": params.get("data"), "udh": params.get("udh")}});
        return Content {
            kind: MessageKind::Unsupported,
            text: "A binary message".to_owned(),
            media: Vec::new(),
            extra: Some(raw),
        };
    }
    let text = params.raw("text").map(|text| readable(Cow::Borrowed(text))).unwrap_or_default();
    Content { extra: part(params), ..Content::text(text) }
}

/// Which part of a long message this is; each part is a message of its own here, in the order in which they come.
fn part(params: &Params) -> Option<Value> {
    let total = params.get("concat-total")?;
    let is_part = params.get("concat").is_some_and(|concat| concat == "true" || concat == "1");
    is_part.then(|| {
        json!({"part": {"of": params.get("concat-ref"), "number": params.get("concat-part"), "total": total}})
    })
}

/// "2020-01-01 12:00:00", UTC.
fn time(params: &Params) -> Option<Timestamp> {
    let text = params.get("message-timestamp")?;
    let at: jiff::Timestamp = format!("{}Z", text.replacen(' ', "T", 1)).parse().ok()?;
    Some(Timestamp(at.as_microsecond()))
}

/// Their numbers come without a plus sign; sender names and short codes stay as they are.
fn plus(address: &str) -> String {
    let digits = address.bytes().all(|byte| byte.is_ascii_digit());
    if digits && address.len() > 6 { format!("+{address}") } else { address.to_owned() }
}
