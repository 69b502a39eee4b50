//! What a customer does on the phone, as the webhook tells it.

#![expect(
    clippy::indexing_slicing,
    reason = "indexing JSON gives null, or adds to an object; it cannot panic here"
)]

use std::sync::Arc;

use serde_json::{Value, json};

use crate::account::AccountState;
use crate::callbacks::Payload;
use crate::media::Media;
use crate::phone::handset::{Button, Handset};

/// One thing a customer does.
pub(crate) enum Act {
    Text {
        body: String,
        reply_to: Option<String>,
    },
    File {
        media: Arc<Media>,
        caption: Option<String>,
        voice: bool,
    },
    Location {
        latitude: f64,
        longitude: f64,
        name: String,
    },
    React {
        message_id: String,
        emoji: String,
    },
    Tap {
        message_id: String,
        button: Button,
    },
    /// Any message object; `from`, `id` and `timestamp` are added.
    Raw(Value),
}

/// The part every webhook value starts with.
pub(super) fn value(account: &AccountState) -> Value {
    json!({
        "messaging_product": "whatsapp",
        "metadata": {
            "display_phone_number": crate::phone::digits(account.config.number()),
            "phone_number_id": account.config.key(),
        },
    })
}

/// The webhook for an act.
pub(crate) fn payload(
    account: &AccountState,
    handset: &Handset,
    id: &str,
    seconds: u64,
    act: &Act,
) -> Payload {
    let shown = if handset.hides_number { "" } else { &*handset.number };
    let mut message = content(account, act);
    message["from"] = shown.into();
    message["id"] = id.into();
    message["timestamp"] = seconds.to_string().into();
    let mut contact = json!({ "profile": { "name": handset.name }, "wa_id": shown });
    if let Some(username) = &handset.username {
        contact["profile"]["username"] = username.as_str().into();
    }
    if let Some(user_id) = &handset.user_id {
        contact["user_id"] = user_id.as_str().into();
        message["from_user_id"] = user_id.as_str().into();
    }
    let mut value = value(account);
    value["contacts"] = json!([contact]);
    value["messages"] = json!([message]);
    Payload::WhatsApp { field: "messages", value }
}

fn content(account: &AccountState, act: &Act) -> Value {
    let context = |id: &str| json!({ "from": crate::phone::digits(account.config.number()), "id": id });
    match act {
        Act::Text { body, reply_to } => {
            let mut message = json!({ "type": "text", "text": { "body": body } });
            if let Some(id) = reply_to {
                message["context"] = context(id);
            }
            message
        }
        Act::File { media, caption, voice } => file(media, caption.as_deref(), *voice),
        Act::Location { latitude, longitude, name } => json!({
            "type": "location",
            "location": { "latitude": latitude, "longitude": longitude, "name": name },
        }),
        Act::React { message_id, emoji } => {
            let mut reaction = json!({ "message_id": message_id });
            // A removed reaction has no emoji at all.
            if !emoji.is_empty() {
                reaction["emoji"] = emoji.as_str().into();
            }
            json!({ "type": "reaction", "reaction": reaction })
        }
        Act::Tap { message_id, button } if button.kind == "quick_reply" => json!({
            "type": "button",
            "button": { "payload": button.id, "text": button.title },
            "context": context(message_id),
        }),
        Act::Tap { message_id, button } => {
            let mut interactive = json!({ "type": button.kind });
            interactive[button.kind] = json!({ "id": button.id, "title": button.title });
            json!({ "type": "interactive", "interactive": interactive, "context": context(message_id) })
        }
        Act::Raw(message) => message.clone(),
    }
}

fn file(media: &Media, caption: Option<&str>, voice: bool) -> Value {
    let kind = media.kind();
    let mut part = json!({ "id": media.id, "mime_type": media.mime_type, "sha256": media.sha256_base64() });
    if let Some(caption) = caption.filter(|_| matches!(kind, "image" | "video" | "document")) {
        part["caption"] = caption.into();
    }
    match kind {
        "document" => {
            let name = media.file_name.as_deref().unwrap_or("document");
            part["filename"] = name.into();
        }
        "audio" => part["voice"] = voice.into(),
        "sticker" => part["animated"] = false.into(),
        _ => {}
    }
    let mut message = json!({ "type": kind });
    message[kind] = part;
    message
}
