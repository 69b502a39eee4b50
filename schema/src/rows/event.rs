//! Events: their names and what each stores besides its columns. A message's event stores nothing more: the message row says it all.

use crate::error::StoreError;
use crate::statement::statement;
use crate::tables::event;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text};
use serde::{Deserialize, Serialize};
use switchboard_engine::channel::ChannelKind;
use switchboard_engine::consent::{ConsentSource, ConsentState, ConsentTopic};
use switchboard_engine::conversation::{
    Actor, AssignReason, Assignee, Event, EventKind, UnassignReason, WakeReason,
};
use switchboard_engine::ids::{ChannelId, MessageId};
use switchboard_engine::message::{Media, Message};
use switchboard_engine::receipt::{Failure, Status};
use switchboard_engine::sending::Hold;
use switchboard_engine::time::Timestamp;

pub(crate) const MESSAGE: &str = "message.created";
pub(crate) const STATUS: &str = "message.status";
pub(crate) const MEDIA: &str = "message.media";

statement! {
    insert "event" NewEvent[] {
        position: i64 => BigInt,
        conversation_id: i64 => BigInt,
        seq: i64 => BigInt,
        kind: &'static str => Text,
        at: i64 => BigInt,
        message_id: Option<i64> => Nullable<BigInt>,
        data: Option<String> => Nullable<Text>,
    } ""
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = event)]
pub(crate) struct EventRow {
    pub(crate) position: i64,
    pub(crate) conversation_id: i64,
    pub(crate) seq: i64,
    pub(crate) kind: String,
    pub(crate) at: i64,
    pub(crate) message_id: Option<i64>,
    pub(crate) data: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct Created {
    channel_id: ChannelId,
}

#[derive(Serialize, Deserialize)]
struct StatusNews {
    status: Status,
    at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    failure: Option<Failure>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    hold: Option<Hold>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    attempt: Option<i64>,
}

#[derive(Serialize, Deserialize)]
struct Said {
    channel_id: Option<ChannelId>,
    channel_kind: ChannelKind,
    topic: ConsentTopic,
    state: ConsentState,
    source: ConsentSource,
    by: Option<Actor>,
}

#[derive(Serialize, Deserialize)]
struct Assigned {
    by: Actor,
    to: Vec<Assignee>,
    from: Vec<Assignee>,
    reason: AssignReason,
}

#[derive(Serialize, Deserialize)]
struct Unassigned {
    by: Actor,
    from: Vec<Assignee>,
    #[serde(default)]
    reason: UnassignReason,
}

#[derive(Serialize, Deserialize)]
struct Updated {
    fields: Vec<String>,
}

#[derive(Serialize, Deserialize)]
struct Turned {
    by: Actor,
}

#[derive(Serialize, Deserialize)]
struct Closed {
    by: Actor,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct Reopened {
    by: Option<Actor>,
}

#[derive(Serialize, Deserialize)]
struct Snoozed {
    by: Actor,
    until: Timestamp,
}

#[derive(Serialize, Deserialize)]
struct Woken {
    by: Option<Actor>,
    reason: WakeReason,
}

/// The stored name of a kind, the message it is about and its data.
fn stored(kind: &EventKind) -> (&'static str, Option<MessageId>, Option<serde_json::Result<String>>) {
    use serde_json::to_string as json;
    match kind {
        EventKind::Created { channel_id } => {
            ("conversation.created", None, Some(json(&Created { channel_id: *channel_id })))
        }
        EventKind::Message(message) => (MESSAGE, Some(message.id), None),
        EventKind::Status { message_id, status, at, failure, hold, attempt } => {
            let (failure, hold, attempt) = (failure.clone(), *hold, *attempt);
            let news = StatusNews { status: *status, at: *at, failure, hold, attempt };
            (STATUS, Some(*message_id), Some(json(&news)))
        }
        EventKind::Consent { channel_id, channel_kind, topic, state, source, by } => {
            let (channel_id, channel_kind) = (*channel_id, *channel_kind);
            let (topic, state, source) = (*topic, *state, *source);
            let said = Said { channel_id, channel_kind, topic, state, source, by: by.clone() };
            ("consent.changed", None, Some(json(&said)))
        }
        EventKind::Media { message_id, media } => (MEDIA, Some(*message_id), Some(json(media))),
        EventKind::Assigned { by, to, from, reason } => {
            let news = Assigned { by: by.clone(), to: to.clone(), from: from.clone(), reason: *reason };
            ("conversation.assigned", None, Some(json(&news)))
        }
        EventKind::Unassigned { by, from, reason } => {
            let news = Unassigned { by: by.clone(), from: from.clone(), reason: *reason };
            ("conversation.unassigned", None, Some(json(&news)))
        }
        EventKind::Updated { fields } => {
            ("conversation.updated", None, Some(json(&Updated { fields: fields.clone() })))
        }
        EventKind::Closed { by, note } => {
            let news = Closed { by: by.clone(), note: note.clone() };
            ("conversation.closed", None, Some(json(&news)))
        }
        EventKind::Reopened { by } => {
            ("conversation.reopened", None, Some(json(&Reopened { by: by.clone() })))
        }
        EventKind::Deleted { by } => ("conversation.deleted", None, Some(json(&Turned { by: by.clone() }))),
        EventKind::Restored { by } => ("conversation.restored", None, Some(json(&Turned { by: by.clone() }))),
        EventKind::Snoozed { by, until } => {
            ("conversation.snoozed", None, Some(json(&Snoozed { by: by.clone(), until: *until })))
        }
        EventKind::Woken { by, reason } => {
            ("conversation.woken", None, Some(json(&Woken { by: by.clone(), reason: *reason })))
        }
    }
}

impl NewEvent {
    pub(crate) fn of(position: i64, conversation_id: i64, event: &Event) -> Self {
        let (kind, message, data) = stored(&event.kind);
        Self {
            position,
            conversation_id,
            seq: event.seq,
            kind,
            at: event.at.0,
            message_id: message.map(|id| id.0),
            // Structs of strings and numbers cannot fail to become JSON.
            data: data.and_then(Result::ok),
        }
    }
}

impl EventRow {
    /// The event; `message` is the row its `message_id` names, asked for only where it is all there is.
    pub(crate) fn assemble(
        self,
        message: impl FnOnce(MessageId) -> Option<Message>,
    ) -> Result<Event, StoreError> {
        let about =
            || self.message_id.map(MessageId).ok_or_else(|| StoreError::corrupt("event.message_id", "NULL"));
        let kind = match self.kind.as_str() {
            MESSAGE => {
                let id = about()?;
                let found =
                    message(id).ok_or_else(|| StoreError::corrupt("event.message_id", &id.to_string()))?;
                EventKind::Message(Box::new(found))
            }
            STATUS => {
                let StatusNews { status, at, failure, hold, attempt } = self.data()?;
                EventKind::Status { message_id: about()?, status, at, failure, hold, attempt }
            }
            "consent.changed" => {
                let Said { channel_id, channel_kind, topic, state, source, by } = self.data()?;
                EventKind::Consent { channel_id, channel_kind, topic, state, source, by }
            }
            MEDIA => EventKind::Media { message_id: about()?, media: self.data::<Media>()? },
            "conversation.created" => EventKind::Created { channel_id: self.data::<Created>()?.channel_id },
            "conversation.assigned" => {
                let Assigned { by, to, from, reason } = self.data()?;
                EventKind::Assigned { by, to, from, reason }
            }
            "conversation.unassigned" => {
                let Unassigned { by, from, reason } = self.data()?;
                EventKind::Unassigned { by, from, reason }
            }
            "conversation.updated" => EventKind::Updated { fields: self.data::<Updated>()?.fields },
            "conversation.closed" => {
                let Closed { by, note } = self.data()?;
                EventKind::Closed { by, note }
            }
            "conversation.reopened" => EventKind::Reopened { by: self.data::<Reopened>()?.by },
            "conversation.deleted" => EventKind::Deleted { by: self.data::<Turned>()?.by },
            "conversation.restored" => EventKind::Restored { by: self.data::<Turned>()?.by },
            "conversation.snoozed" => {
                let Snoozed { by, until } = self.data()?;
                EventKind::Snoozed { by, until }
            }
            "conversation.woken" => {
                let Woken { by, reason } = self.data()?;
                EventKind::Woken { by, reason }
            }
            other => return Err(StoreError::corrupt("event.kind", other)),
        };
        Ok(Event { seq: self.seq, at: Timestamp(self.at), kind })
    }

    fn data<'de, T: Deserialize<'de>>(&'de self) -> Result<T, StoreError> {
        let text = self.data.as_deref().unwrap_or("null");
        serde_json::from_str(text)
            .map_err(|error| StoreError::Corrupt(format!("event.data at {}: {error}", self.position)))
    }
}
