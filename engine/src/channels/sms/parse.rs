//! Reads Twilio's callbacks: a customer's message, or news about one of ours. One form, one event.

use crate::channels::text::readable;
use crate::channels::{
    Addressed, Content, Delivery, Event, InboundMessage, ParseError, RemoteMedia, StatusUpdate,
};
use crate::contact::{Identity, IdentityKind};
use crate::message::{MediaKind, MessageKind};
use crate::phone;
use crate::receipt::Status;
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::collections::HashMap;

use super::outcome;

/// Reads a callback's form. `query` is the raw query of its URL, where [`super::render::message`] put our message id.
pub fn webhook(raw: &[u8], query: &str) -> Result<Delivery, ParseError> {
    let form = Form::read(raw);
    if ["MessageSid", "SmsSid", "SmsMessageSid", "AccountSid"]
        .into_iter()
        .all(|name| form.get(name).is_none())
    {
        return Err(ParseError { detail: "Twilio callback: no message, no account".to_owned() });
    }
    // Our number is the receiver of what customers write and the sender of what we write.
    let (event, ours) = match form.status() {
        Some(status) => (status_event(&form, &status, query), form.get("From")),
        None => (message_event(&form), form.get("To")),
    };
    let event = event
        .unwrap_or_else(|reason| Event::Malformed { reason, raw: String::from_utf8_lossy(raw).into_owned() });
    Ok(Delivery { events: vec![Addressed { address: ours, event }] })
}

/// The query that makes a status callback come back with our message id.
pub(super) const OUR_MESSAGE_ID: &str = "m";

struct Form<'a>(HashMap<Cow<'a, str>, Cow<'a, str>>);

impl<'a> Form<'a> {
    fn read(raw: &'a [u8]) -> Self {
        Self(form_urlencoded::parse(raw).collect())
    }

    /// The field, trimmed and fit to be stored; `None` when blank.
    fn get(&self, name: &str) -> Option<String> {
        let text = readable(self.0.get(name)?.as_ref());
        let text = text.trim();
        (!text.is_empty()).then(|| text.to_owned())
    }

    /// The customer's words: as they are, blanks included.
    fn body(&self) -> String {
        self.0.get("Body").map(|body| readable(body.as_ref())).unwrap_or_default()
    }

    /// The status, when this is news about a message rather than a message. Old accounts send it as `SmsStatus` alone.
    fn status(&self) -> Option<String> {
        self.get("MessageStatus").or_else(|| {
            let has_content = self.0.contains_key("Body") || self.0.contains_key("NumMedia");
            self.get("SmsStatus").filter(|status| status != "received" && !has_content)
        })
    }

    fn message_sid(&self) -> Option<String> {
        self.get("MessageSid").or_else(|| self.get("SmsMessageSid")).or_else(|| self.get("SmsSid"))
    }
}

/// `Err`: what could not be understood.
fn status_event(form: &Form<'_>, status: &str, query: &str) -> Result<Event, String> {
    let status = match status {
        // Twilio has accepted it, which is all that one tick says.
        "accepted" | "scheduled" | "queued" | "sending" | "sent" => Status::Sent,
        "delivered" | "partially_delivered" => Status::Delivered,
        "read" => Status::Read,
        "failed" | "undelivered" | "canceled" => Status::Failed,
        "receiving" | "received" => return Ok(Event::Ignored { reason: "twilio_inbound_status" }),
        other => return Err(format!("status: unknown value {other:?}")),
    };
    let Some(provider_message_id) = form.message_sid() else {
        return Err("status: no MessageSid".to_owned());
    };
    let code = form.get("ErrorCode").and_then(|code| code.parse().ok());
    Ok(Event::Status(StatusUpdate {
        provider_message_id,
        our_message_id: our_message_id(query),
        status,
        at: None,
        failure: (status == Status::Failed)
            .then(|| outcome::failure(code, &form.get("ErrorMessage").unwrap_or_default())),
    }))
}

fn our_message_id(query: &str) -> Option<String> {
    let (_, id) = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == OUR_MESSAGE_ID)?;
    let id = readable(id);
    (!id.is_empty()).then_some(id)
}

/// `Err`: what is missing.
fn message_event(form: &Form<'_>) -> Result<Event, String> {
    let provider_message_id = form.message_sid().ok_or("message: no MessageSid")?;
    let from = form.get("From").ok_or("message: no From")?;
    let identity = identity(&from).ok_or("message: no From")?;
    Ok(Event::Message(InboundMessage {
        provider_message_id,
        from: vec![identity],
        reply_address: from,
        profile_name: form.get("ProfileName"),
        at: None,
        content: content(form),
        reply_to: form.get("OriginalRepliedMessageSid"),
    }))
}

/// The sender's mark. Short codes and sender names are no E.164 numbers; they are kept as they are, never refused.
fn identity(from: &str) -> Option<Identity> {
    let address = from.strip_prefix("whatsapp:").unwrap_or(from);
    let number = if address.starts_with('+') { phone::from_digits(address) } else { None };
    Identity::new(IdentityKind::Phone, number.map_or_else(|| address.to_owned(), phone::E164::into_string))
}

fn content(form: &Form<'_>) -> Content {
    let media: Vec<RemoteMedia> = (0..MOST_MEDIA).map_while(|index| media(form, index)).collect();
    let opt_out = form.get("OptOutType").map(|kind| Value::String(kind.to_lowercase()));
    Content {
        kind: if media.is_empty() { MessageKind::Text } else { MessageKind::Media },
        text: form.body(),
        media,
        extra: opt_out.map(|kind| Value::Object(Map::from_iter([("opt_out".to_owned(), kind)]))),
    }
}

/// MMS carries ten files; a margin for what else may come.
const MOST_MEDIA: usize = 30;

fn media(form: &Form<'_>, index: usize) -> Option<RemoteMedia> {
    let reference = form.get(&format!("MediaUrl{index}"))?;
    let mime = form.get(&format!("MediaContentType{index}"));
    let mime = mime.unwrap_or_else(|| "application/octet-stream".to_owned());
    let kind = match mime.split('/').next() {
        Some("image") => MediaKind::Image,
        Some("video") => MediaKind::Video,
        Some("audio") => MediaKind::Audio,
        _ => MediaKind::Document,
    };
    Some(RemoteMedia { kind, reference, mime, file_name: None, sha256: None })
}
