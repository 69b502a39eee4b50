//! Our requests to WhatsApp: messages, read marks, typing.

use super::templates;
use super::transport::Transport;
use crate::channels::{HttpCall, Outgoing, OutgoingMedia};
use crate::message::MediaKind;
use serde_json::{Map, Value, json};

/// Sends a message: its file with the text as caption, else its text. One file at most; the caller splits
/// and sends the text apart where [`caption_limit`] is too small.
pub fn message(transport: &Transport, outgoing: &Outgoing) -> HttpCall {
    let (kind, content) = match (&outgoing.template, outgoing.media.first()) {
        (Some(template), media) => ("template", templates::content(template, media)),
        (None, Some(media)) => (media.kind.as_str(), file(media, &outgoing.text)),
        (None, None) => ("text", json!({"body": outgoing.text, "preview_url": has_link(&outgoing.text)})),
    };
    let mut body = Map::new();
    let mut put = |key: &str, value: Value| body.insert(key.to_owned(), value);
    put("messaging_product", "whatsapp".into());
    put("recipient_type", "individual".into());
    put(recipient_field(&outgoing.to), outgoing.to.as_str().into());
    put("type", kind.into());
    put(kind, content);
    if let Some(answered) = &outgoing.reply_to {
        put("context", json!({"message_id": answered}));
    }
    if !outgoing.message_id.is_empty() {
        put("biz_opaque_callback_data", outgoing.message_id.as_str().into());
    }
    transport.post_json(transport.messages_url(), &Value::Object(body))
}

/// Marks the customer's message, and all before it, as read.
pub fn mark_read(transport: &Transport, provider_message_id: &str) -> HttpCall {
    let body = json!({"messaging_product": "whatsapp", "status": "read", "message_id": provider_message_id});
    transport.post_json(transport.messages_url(), &body)
}

/// Shows "typing…" until we answer or 25 seconds pass. WhatsApp ties it to a message, which it marks as read.
pub fn typing(transport: &Transport, provider_message_id: &str) -> HttpCall {
    let body = json!({
        "messaging_product": "whatsapp",
        "status": "read",
        "message_id": provider_message_id,
        "typing_indicator": {"type": "text"},
    });
    transport.post_json(transport.messages_url(), &body)
}

/// How many characters of text may travel with a file.
pub fn caption_limit(kind: MediaKind) -> usize {
    match kind {
        MediaKind::Image | MediaKind::Video | MediaKind::Document => 1024,
        MediaKind::Audio | MediaKind::Sticker => 0,
    }
}

/// Phone numbers go into `to`, user ids into `recipient`.
fn recipient_field(address: &str) -> &'static str {
    let digits = address.strip_prefix('+').unwrap_or(address);
    if digits.bytes().all(|b| b.is_ascii_digit()) { "to" } else { "recipient" }
}

fn file(media: &OutgoingMedia, caption: &str) -> Value {
    let mut file = Map::new();
    let by_url = media.reference.starts_with("https://") || media.reference.starts_with("http://");
    let reference = if by_url { "link" } else { "id" };
    file.insert(reference.to_owned(), media.reference.as_str().into());
    if !caption.is_empty() && caption_limit(media.kind) > 0 {
        file.insert("caption".to_owned(), caption.into());
    }
    if let (MediaKind::Document, Some(name)) = (media.kind, &media.file_name) {
        file.insert("filename".to_owned(), name.as_str().into());
    }
    Value::Object(file)
}

fn has_link(text: &str) -> bool {
    text.contains("https://") || text.contains("http://")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(outgoing: &Outgoing) -> Value {
        let transport =
            Transport::Dialog360 { base_url: "https://d360.example".to_owned(), api_key: "key".to_owned() };
        serde_json::from_slice(&message(&transport, outgoing).body).unwrap()
    }

    fn outgoing(to: &str) -> Outgoing {
        Outgoing {
            message_id: "42".to_owned(),
            to: to.to_owned(),
            text: "hi".to_owned(),
            template: None,
            media: Vec::new(),
            reply_to: None,
        }
    }

    #[test]
    fn a_phone_and_a_user_id_go_into_different_fields() {
        assert_eq!(body(&outgoing("16505551234"))["to"], "16505551234");
        assert_eq!(body(&outgoing("+16505551234"))["to"], "+16505551234");
        let by_id = body(&outgoing("US.13491208655302741918"));
        assert_eq!(by_id["recipient"], "US.13491208655302741918");
        assert_eq!(by_id.get("to"), None);
    }

    #[test]
    fn our_message_id_travels_along() {
        assert_eq!(body(&outgoing("1"))["biz_opaque_callback_data"], "42");
    }

    #[test]
    fn voice_notes_have_no_caption_and_only_documents_a_name() {
        let with = |kind| {
            let file =
                OutgoingMedia { kind, reference: "77".to_owned(), file_name: Some("a.bin".to_owned()) };
            body(&Outgoing { media: vec![file], ..outgoing("1") })
        };
        assert_eq!(with(MediaKind::Audio)["audio"], json!({"id": "77"}));
        assert_eq!(with(MediaKind::Sticker)["sticker"], json!({"id": "77"}));
        assert_eq!(with(MediaKind::Video)["video"], json!({"id": "77", "caption": "hi"}));
        assert_eq!(
            with(MediaKind::Document)["document"],
            json!({"id": "77", "caption": "hi", "filename": "a.bin"})
        );
    }
}
