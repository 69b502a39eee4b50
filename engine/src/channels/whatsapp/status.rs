//! News about messages of ours: one object of `statuses[]`.

use super::loose::{Loose, object};
use super::outcome;
use crate::channels::{Event, StatusUpdate};
use crate::receipt::Status;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

/// The event one status is; `Malformed` keeps what could not be understood.
pub(super) fn event(raw: &RawValue) -> Event {
    let malformed = |reason: String| Event::Malformed { reason, raw: raw.get().to_owned() };
    let news: News<'_> = match object(raw.get()) {
        Ok(news) => news,
        Err(error) => return malformed(format!("status: {error}")),
    };
    if !news.group_id.is_blank() || news.recipient_type.as_str() == "group" {
        return Event::Ignored { reason: "whatsapp_group" };
    }
    let status = match news.status.as_str() {
        "sent" => Status::Sent,
        "delivered" => Status::Delivered,
        // A voice note that was listened to has been read.
        "read" | "played" => Status::Read,
        "failed" => Status::Failed,
        "deleted" => return Event::Ignored { reason: "whatsapp_status_deleted" },
        other => return malformed(format!("status: unknown value {other:?}")),
    };
    let Some(provider_message_id) = news.id.text() else { return malformed("status: no id".to_owned()) };
    Event::Status(StatusUpdate {
        provider_message_id,
        our_message_id: news.biz_opaque_callback_data.text(),
        status,
        at: news.timestamp.moment(),
        failure: (status == Status::Failed).then(|| outcome::failure(&first_error(news.errors))),
    })
}

#[derive(Deserialize)]
struct News<'a> {
    #[serde(borrow, default)]
    id: Loose<'a>,
    #[serde(borrow, default)]
    status: Loose<'a>,
    #[serde(borrow, default)]
    timestamp: Loose<'a>,
    #[serde(borrow, default)]
    recipient_type: Loose<'a>,
    #[serde(borrow, default)]
    group_id: Loose<'a>,
    #[serde(borrow, default)]
    biz_opaque_callback_data: Loose<'a>,
    #[serde(borrow, default)]
    errors: Option<&'a RawValue>,
}

fn first_error(errors: Option<&RawValue>) -> Value {
    let errors: Value = errors.and_then(|raw| serde_json::from_str(raw.get()).ok()).unwrap_or_default();
    errors.get(0).cloned().unwrap_or_default()
}
