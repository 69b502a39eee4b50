//! What a WhatsApp message says, as readable text, files and structured rest. What is not understood is kept raw, never dropped.

use super::loose::{Loose, list_at, object, string_at};
use super::parse::{Context, Head};
use crate::channels::text::readable;
use crate::channels::{Content, RemoteMedia};
use crate::message::{MediaKind, MessageKind};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use std::borrow::Cow;

/// A message's content and the earlier message it is about (reaction, edit, deletion).
pub(super) struct Said {
    pub(super) content: Content,
    pub(super) refers_to: Option<String>,
}

/// Reads the content of `raw`. The common plain text takes a short way without a tree of JSON values.
pub(super) fn of(head: &Head<'_>, context: &Context<'_>, raw: &RawValue) -> Said {
    let plain = if head.kind.as_str() == "text" { head.text.and_then(text_body) } else { None };
    let mut said = match plain {
        Some(text) => Said { content: Content::text(text), refers_to: None },
        None => by_type(head.kind.as_str(), &parsed(raw)),
    };
    add_circumstances(head, context, &mut said.content);
    said
}

fn text_body(raw: &RawValue) -> Option<String> {
    #[derive(Deserialize)]
    struct Text<'a> {
        #[serde(borrow)]
        body: Cow<'a, str>,
    }
    let text: Text<'_> = object(raw.get()).ok()?;
    Some(readable(text.body))
}

fn parsed(raw: &RawValue) -> Value {
    serde_json::from_str(raw.get()).unwrap_or_else(|_| Value::String(raw.get().to_owned()))
}

fn by_type(kind: &str, message: &Value) -> Said {
    let said = match kind {
        "reaction" => reaction(message),
        "edit" => edit(message),
        "revoke" => revoke(message),
        _ => content(kind, message).map(|content| Said { content, refers_to: None }),
    };
    said.unwrap_or_else(|| Said { content: unsupported(kind, message), refers_to: None })
}

/// Everything that stands for itself; `None` when the type is unknown or its object is not as expected.
fn content(kind: &str, message: &Value) -> Option<Content> {
    let body = message.get(kind)?;
    match kind {
        "text" => Some(Content::text(body.get("body")?.as_str().map(|text| readable(Cow::Borrowed(text)))?)),
        "image" => file(MediaKind::Image, body),
        "video" => file(MediaKind::Video, body),
        "audio" => file(MediaKind::Audio, body),
        "document" => file(MediaKind::Document, body),
        "sticker" => file(MediaKind::Sticker, body),
        "location" => location(body),
        "contacts" => contacts(body),
        "button" => button(body),
        "interactive" => interactive(body),
        "order" => order(body),
        "system" => system(body),
        _ => None,
    }
}

fn file(kind: MediaKind, body: &Value) -> Option<Content> {
    let reference = Some(string_at(body, "id")).filter(|id| !id.is_empty())?;
    let some = |key| Some(string_at(body, key)).filter(|text| !text.is_empty());
    let media = RemoteMedia {
        kind,
        reference,
        mime: some("mime_type").unwrap_or_else(|| "application/octet-stream".to_owned()),
        file_name: some("filename"),
        sha256: some("sha256"),
    };
    let flags = ["voice", "animated"].into_iter().filter(|flag| body.get(flag) == Some(&Value::Bool(true)));
    let extra: Map<String, Value> = flags.map(|flag| (flag.to_owned(), Value::Bool(true))).collect();
    Some(Content {
        kind: MessageKind::Media,
        text: string_at(body, "caption"),
        media: vec![media],
        extra: (!extra.is_empty()).then_some(Value::Object(extra)),
    })
}

fn location(body: &Value) -> Option<Content> {
    let (latitude, longitude) = (body.get("latitude")?, body.get("longitude")?);
    let place: Vec<String> = ["name", "address"]
        .into_iter()
        .map(|key| string_at(body, key))
        .filter(|text| !text.is_empty())
        .collect();
    let text = if place.is_empty() { format!("{latitude}, {longitude}") } else { place.join(", ") };
    Some(structured(MessageKind::Location, text, body.clone()))
}

/// "Lucía Gómez: +1 (983) 555-2319", one line per card.
fn contacts(cards: &Value) -> Option<Content> {
    let lines: Vec<String> = cards.as_array()?.iter().map(card).collect();
    let extra = Map::from_iter([("contacts".to_owned(), cards.clone())]);
    Some(structured(MessageKind::Contacts, lines.join("\n"), Value::Object(extra)))
}

fn card(card: &Value) -> String {
    let name = card.get("name").map(|name| string_at(name, "formatted_name")).filter(|name| !name.is_empty());
    let phones = list_at(card, "phones").iter().map(|phone| string_at(phone, "phone"));
    let emails = list_at(card, "emails").iter().map(|email| string_at(email, "email"));
    let ways: Vec<String> = phones.chain(emails).filter(|way| !way.is_empty()).collect();
    match (name, ways.is_empty()) {
        (Some(name), true) => name,
        (Some(name), false) => format!("{name}: {}", ways.join(", ")),
        (None, true) => "Contact card".to_owned(),
        (None, false) => ways.join(", "),
    }
}

fn button(body: &Value) -> Option<Content> {
    let text = body.get("text")?.as_str()?;
    Some(structured(MessageKind::Button, readable(Cow::Borrowed(text)), body.clone()))
}

fn interactive(body: &Value) -> Option<Content> {
    let kind = body.get("type")?.as_str()?;
    let reply = body.get(kind)?;
    match kind {
        "button_reply" | "list_reply" => {
            Some(structured(MessageKind::Button, string_at(reply, "title"), reply.clone()))
        }
        "nfm_reply" => Some(form(reply)),
        _ => None,
    }
}

/// A filled-in form ("flow"): one line per answer. Its answers come as JSON inside a string.
fn form(reply: &Value) -> Content {
    let answers: Value = reply
        .get("response_json")
        .and_then(Value::as_str)
        .and_then(|json| serde_json::from_str(json).ok())
        .unwrap_or_default();
    let lines: Vec<String> = answers
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(name, _)| *name != "flow_token")
        .map(|(name, answer)| match answer {
            Value::String(text) => format!("{name}: {text}"),
            other => format!("{name}: {other}"),
        })
        .collect();
    let text =
        if lines.is_empty() { string_at(reply, "body") } else { readable(Cow::Owned(lines.join("\n"))) };
    let extra = Map::from_iter([
        ("name".to_owned(), string_at(reply, "name").into()),
        ("answers".to_owned(), answers),
    ]);
    structured(MessageKind::Button, text, Value::Object(extra))
}

/// "Order: 2 items", then the customer's words and one line per item.
fn order(body: &Value) -> Option<Content> {
    let items = body.get("product_items")?.as_array()?;
    let plural = if items.len() == 1 { "" } else { "s" };
    let mut lines = vec![format!("Order: {} item{plural}", items.len())];
    lines.extend(Some(string_at(body, "text")).filter(|text| !text.is_empty()));
    lines.extend(items.iter().map(|item| {
        let field = |key| string_at(item, key);
        format!(
            "{} × {} at {} {}",
            field("quantity"),
            field("product_retailer_id"),
            field("item_price"),
            field("currency")
        )
    }));
    Some(structured(MessageKind::Order, lines.join("\n"), body.clone()))
}

fn system(body: &Value) -> Option<Content> {
    let text = match (string_at(body, "body"), string_at(body, "type")) {
        (text, _) if !text.is_empty() => text,
        (_, kind) if !kind.is_empty() => kind.replace('_', " "),
        _ => return None,
    };
    Some(structured(MessageKind::System, text, body.clone()))
}

/// A reaction, or its removal: then `emoji` is `null` in `extra`.
fn reaction(message: &Value) -> Option<Said> {
    let body = message.get("reaction")?;
    let target = Some(string_at(body, "message_id")).filter(|id| !id.is_empty())?;
    let emoji = Some(string_at(body, "emoji")).filter(|emoji| !emoji.is_empty());
    let text = emoji.clone().unwrap_or_else(|| "Reaction removed".to_owned());
    let extra = Map::from_iter([
        ("message_id".to_owned(), target.as_str().into()),
        ("emoji".to_owned(), emoji.map_or(Value::Null, Value::String)),
    ]);
    let content = structured(MessageKind::Reaction, text, Value::Object(extra));
    Some(Said { content, refers_to: Some(target) })
}

/// A changed message: the new content, with the id of the old one in `extra.edit_of` and the bare new text in `extra.edited_text`.
fn edit(message: &Value) -> Option<Said> {
    let body = message.get("edit")?;
    let original = Some(string_at(body, "original_message_id")).filter(|id| !id.is_empty())?;
    let inner = body.get("message")?;
    let kind = string_at(inner, "type");
    let mut content = content(&kind, inner).unwrap_or_else(|| unsupported(&kind, inner));
    put(&mut content, "edit_of", original.as_str().into());
    let text = std::mem::take(&mut content.text);
    content.text = format!("Edited: {text}");
    put(&mut content, "edited_text", text.into());
    Some(Said { content, refers_to: Some(original) })
}

/// The customer deleted a message for everyone; its id is in `extra.revoke_of`.
fn revoke(message: &Value) -> Option<Said> {
    let original =
        Some(string_at(message.get("revoke")?, "original_message_id")).filter(|id| !id.is_empty())?;
    let extra = Map::from_iter([("revoke_of".to_owned(), original.as_str().into())]);
    let content =
        structured(MessageKind::System, "The customer deleted a message".to_owned(), Value::Object(extra));
    Some(Said { content, refers_to: Some(original) })
}

/// A placeholder that keeps the whole message in `extra.raw`.
fn unsupported(kind: &str, message: &Value) -> Content {
    let stated = message.get("unsupported").map(|body| string_at(body, "type")).unwrap_or_default();
    let name = match kind {
        "unsupported" | "unknown" | "" => stated,
        other => readable(Cow::Borrowed(other)),
    };
    let text = if name.is_empty() {
        "Unsupported message".to_owned()
    } else {
        format!("Unsupported message ({name})")
    };
    let extra = Map::from_iter([("raw".to_owned(), message.clone())]);
    structured(MessageKind::Unsupported, text, Value::Object(extra))
}

/// What came along with the content: the ad that was clicked, the product asked about, that it was forwarded.
fn add_circumstances(head: &Head<'_>, context: &Context<'_>, content: &mut Content) {
    if let Some(referral) = head.referral {
        put(content, "referral", parsed(referral));
    }
    if let Some(product) = context.referred_product {
        put(content, "referred_product", parsed(product));
    }
    let is_set = |flag: &Loose<'_>| !flag.is_blank();
    if is_set(&context.forwarded) || is_set(&context.frequently_forwarded) {
        put(content, "forwarded", true.into());
    }
}

fn put(content: &mut Content, key: &str, value: Value) {
    match &mut content.extra {
        Some(Value::Object(extra)) => {
            extra.insert(key.to_owned(), value);
        }
        other => *other = Some(Value::Object(Map::from_iter([(key.to_owned(), value)]))),
    }
}

fn structured(kind: MessageKind, text: String, extra: Value) -> Content {
    let extra = if extra.is_object() { Some(extra) } else { None };
    Content { kind, text, media: Vec::new(), extra }
}
