//! One event of a conversation as a frame: the same JSON on the socket and in the timeline.

use super::view::{AssigneeView, ConversationView, MediaView, MessageView};
use crate::channel::ChannelKind;
use crate::consent::{ConsentSource, ConsentState, ConsentTopic};
use crate::conversation::{
    Actor, AssignReason, Assignee, Conversation, Event, EventKind, UnassignReason, WakeReason,
};
use crate::ids::{ChannelId, ConversationId, MessageId, UserId};
use crate::message::Direction;
use crate::receipt::{Failure, Status};
use crate::sending::HoldReason;
use crate::time::Timestamp;
use serde::Serialize;

#[derive(Serialize)]
struct Entry<'a> {
    t: &'static str,
    conversation_id: ConversationId,
    seq: i64,
    at: Timestamp,
    d: Data<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    row: Option<&'a ConversationView<'a>>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Data<'a> {
    Created {
        channel_id: ChannelId,
    },
    Message {
        message: Box<MessageView<'a>>,
    },
    Status {
        message_id: MessageId,
        status: Status,
        at: Timestamp,
        failure: Option<&'a Failure>,
        hold_reason: Option<HoldReason>,
        release_at: Option<Timestamp>,
        #[serde(skip_serializing_if = "Option::is_none")]
        attempt: Option<i64>,
    },
    Consent {
        channel_id: Option<ChannelId>,
        channel_kind: ChannelKind,
        topic: ConsentTopic,
        state: ConsentState,
        source: ConsentSource,
        by: Option<By<'a>>,
    },
    Media {
        message_id: MessageId,
        media: MediaView<'a>,
    },
    Assigned {
        by: By<'a>,
        to: Vec<AssigneeView<'a>>,
        from: Vec<AssigneeView<'a>>,
        reason: AssignReason,
    },
    Unassigned {
        by: By<'a>,
        from: Vec<AssigneeView<'a>>,
        reason: UnassignReason,
    },
    Updated {
        fields: &'a [String],
    },
    Done {
        by: By<'a>,
    },
    Closed {
        by: By<'a>,
        note: Option<&'a str>,
    },
    Snoozed {
        by: By<'a>,
        until: Timestamp,
    },
    Woken {
        by: Option<By<'a>>,
        reason: WakeReason,
    },
    Nothing {},
}

#[derive(Serialize)]
struct By<'a> {
    /// `user`, or `contact` for the customer.
    kind: &'static str,
    id: Option<UserId>,
    name: Option<&'a str>,
}

impl<'a> By<'a> {
    fn of(actor: &'a Actor) -> Self {
        Self { kind: "user", id: Some(actor.id), name: Some(&actor.name) }
    }

    fn customer() -> Self {
        Self { kind: "contact", id: None, name: None }
    }
}

fn assignees(list: &[Assignee]) -> Vec<AssigneeView<'_>> {
    list.iter().map(AssigneeView::of).collect()
}

impl EventKind {
    /// The frame's `t`, also the event's kind in the database.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Created { .. } => "conversation.created",
            Self::Message(_) => "message.created",
            Self::Status { .. } => "message.status",
            Self::Consent { .. } => "consent.changed",
            Self::Media { .. } => "message.media",
            Self::Assigned { .. } => "conversation.assigned",
            Self::Unassigned { .. } => "conversation.unassigned",
            Self::Updated { .. } => "conversation.updated",
            Self::Closed { .. } => "conversation.closed",
            Self::Reopened { .. } => "conversation.reopened",
            Self::Deleted { .. } => "conversation.deleted",
            Self::Restored { .. } => "conversation.restored",
            Self::Snoozed { .. } => "conversation.snoozed",
            Self::Woken { .. } => "conversation.woken",
        }
    }
}

fn agent_data<'a>(kind: &'a EventKind, contact_name: &'a str) -> Data<'a> {
    match kind {
        EventKind::Created { channel_id } => Data::Created { channel_id: *channel_id },
        EventKind::Message(message) => {
            Data::Message { message: Box::new(MessageView::for_agent(message, contact_name)) }
        }
        EventKind::Status { message_id, status, at, failure, hold, attempt } => Data::Status {
            message_id: *message_id,
            status: *status,
            at: *at,
            failure: failure.as_ref(),
            hold_reason: hold.map(|hold| hold.reason),
            release_at: hold.map(|hold| hold.release_at),
            attempt: *attempt,
        },
        EventKind::Consent { channel_id, channel_kind, topic, state, source, by } => Data::Consent {
            channel_id: *channel_id,
            channel_kind: *channel_kind,
            topic: *topic,
            state: *state,
            source: *source,
            by: by.as_ref().map(By::of),
        },
        EventKind::Media { message_id, media } => {
            Data::Media { message_id: *message_id, media: MediaView::of(media) }
        }
        EventKind::Assigned { by, to, from, reason } => {
            Data::Assigned { by: By::of(by), to: assignees(to), from: assignees(from), reason: *reason }
        }
        EventKind::Unassigned { by, from, reason } => {
            Data::Unassigned { by: By::of(by), from: assignees(from), reason: *reason }
        }
        EventKind::Updated { fields } => Data::Updated { fields },
        EventKind::Closed { by, note } => Data::Closed { by: By::of(by), note: note.as_deref() },
        EventKind::Reopened { by } => Data::Done { by: by.as_ref().map_or_else(By::customer, By::of) },
        EventKind::Deleted { by } | EventKind::Restored { by } => Data::Done { by: By::of(by) },
        EventKind::Snoozed { by, until } => Data::Snoozed { by: By::of(by), until: *until },
        EventKind::Woken { by, reason } => Data::Woken { by: by.as_ref().map(By::of), reason: *reason },
    }
}

/// The frame for the team's sockets, without its cursor.
pub fn agent_entry(event: &Event, conversation_id: ConversationId, row: &ConversationView<'_>) -> String {
    let d = agent_data(&event.kind, row.contact.name);
    json(&Entry { t: event.kind.name(), conversation_id, seq: event.seq, at: event.at, d, row: Some(row) })
}

/// The body of a webhook's delivery: what the team's sockets hear, without a cursor. `row` is the conversation as it is when this is sent.
pub fn webhook_entry(event: &Event, conversation_id: ConversationId, row: &ConversationView<'_>) -> String {
    #[derive(Serialize)]
    struct Body<'a> {
        r#type: &'static str,
        timestamp: Timestamp,
        data: Facts<'a>,
    }
    #[derive(Serialize)]
    struct Facts<'a> {
        conversation_id: ConversationId,
        seq: i64,
        #[serde(flatten)]
        d: Data<'a>,
        conversation: &'a ConversationView<'a>,
    }
    let d = agent_data(&event.kind, row.contact.name);
    let data = Facts { conversation_id, seq: event.seq, d, conversation: row };
    let body = Body { r#type: event.kind.name(), timestamp: event.at, data };
    serde_json::to_string(&body).unwrap_or_default()
}

/// The entry of a timeline for the team: like the frame, without `row`.
pub fn timeline_entry(event: &Event, conversation: &Conversation) -> String {
    let d = agent_data(&event.kind, &conversation.contact.name);
    let (t, conversation_id) = (event.kind.name(), conversation.id);
    json(&Entry { t, conversation_id, seq: event.seq, at: event.at, d, row: None })
}

/// The frame for the visitor of the conversation, without its cursor; `None` for what is the team's own business.
pub fn visitor_entry(event: &Event, conversation_id: ConversationId) -> Option<String> {
    let d = match &event.kind {
        EventKind::Message(message) if message.direction == Direction::Internal => return None,
        EventKind::Message(message) => Data::Message { message: Box::new(MessageView::for_visitor(message)) },
        EventKind::Status { message_id, status, at, .. } => Data::Status {
            message_id: *message_id,
            status: *status,
            at: *at,
            failure: None,
            hold_reason: None,
            release_at: None,
            attempt: None,
        },
        EventKind::Media { message_id, media } => {
            Data::Media { message_id: *message_id, media: MediaView::of(media) }
        }
        EventKind::Closed { .. } => Data::Nothing {},
        EventKind::Created { .. }
        | EventKind::Assigned { .. }
        | EventKind::Unassigned { .. }
        | EventKind::Updated { .. }
        | EventKind::Consent { .. }
        | EventKind::Reopened { .. }
        | EventKind::Deleted { .. }
        | EventKind::Restored { .. }
        | EventKind::Snoozed { .. }
        | EventKind::Woken { .. } => return None,
    };
    Some(json(&Entry { t: event.kind.name(), conversation_id, seq: event.seq, at: event.at, d, row: None }))
}

/// Adds `"cursor"` to a finished frame: only the journal knows it, and only after the commit.
pub fn with_cursor(entry: &str, cursor: &str) -> String {
    let body = entry.strip_suffix('}').unwrap_or(entry);
    format!("{body},\"cursor\":\"{cursor}\"}}")
}

/// Our own shapes have string keys only and always serialise.
fn json(entry: &Entry<'_>) -> String {
    serde_json::to_string(entry).unwrap_or_default()
}
