//! Conversation and message as clients see them.

use crate::care_window::{CareWindow, WindowState};
use crate::channel::ChannelKind;
use crate::contact::{Contact, ContactKind};
use crate::conversation::{Conversation, ConversationStatus};
use crate::ids::{ChannelId, ContactId, ConversationId, GroupId, MediaId, MessageId, UserId};
use crate::message::{Direction, Media, MediaKind, MediaState, Message, MessageKind, Sender};
use crate::receipt::{Failure, Status};
use crate::sending::HoldReason;
use crate::time::Timestamp;
use serde::Serialize;

/// A conversation, the same for every agent.
#[derive(Serialize)]
pub struct ConversationView<'a> {
    pub id: ConversationId,
    pub number: i64,
    pub group_id: GroupId,
    pub status: ConversationStatus,
    pub contact: ContactView<'a>,
    /// The line answers go out on.
    pub channel: Option<ChannelView<'a>>,
    pub assignees: Vec<AssigneeView<'a>>,
    /// Users who alone may see it; `null`: everybody in the group.
    pub visible_to: Option<&'a [UserId]>,
    pub last_message: Option<PreviewView<'a>>,
    pub window: CareWindow,
    pub waiting_since: Option<Timestamp>,
    pub last_activity_at: Timestamp,
    pub inbound_count: i64,
    pub seq: i64,
    /// Grows with every change of the row; send it back as `expected_version`.
    pub version: i64,
    pub snoozed_until: Option<Timestamp>,
    pub closing_note: Option<&'a str>,
    pub deleted_at: Option<Timestamp>,
    /// The contact's conversation before this one.
    pub previous_conversation_id: Option<ConversationId>,
    pub created_at: Timestamp,
}

#[derive(Serialize)]
pub struct ContactView<'a> {
    pub id: ContactId,
    pub kind: ContactKind,
    pub name: &'a str,
    pub name_is_placeholder: bool,
    pub profile_name: Option<&'a str>,
    pub phone: Option<&'a str>,
    pub email: Option<&'a str>,
}

#[derive(Serialize)]
pub struct ChannelView<'a> {
    pub id: ChannelId,
    pub kind: ChannelKind,
    pub name: &'a str,
}

#[derive(Serialize)]
pub struct AssigneeView<'a> {
    pub user_id: UserId,
    pub name: &'a str,
    pub owner: bool,
}

#[derive(Serialize)]
pub struct PreviewView<'a> {
    pub preview: &'a str,
    pub direction: Direction,
    pub kind: MessageKind,
    pub status: Option<Status>,
    pub at: Timestamp,
}

impl<'a> ConversationView<'a> {
    pub fn of(conversation: &'a Conversation, now: Timestamp) -> Self {
        let no_window = CareWindow { state: WindowState::None, expires_at: None };
        Self {
            id: conversation.id,
            number: conversation.number,
            group_id: conversation.group_id,
            status: conversation.status,
            contact: ContactView::of(&conversation.contact),
            channel: conversation.reply_route().map(|route| ChannelView {
                id: route.channel_id,
                kind: route.kind,
                name: &route.name,
            }),
            assignees: conversation.assignees.iter().map(AssigneeView::of).collect(),
            visible_to: conversation.visible_to.as_deref(),
            last_message: conversation.last_message.as_ref().map(|last| PreviewView {
                preview: &last.text,
                direction: last.direction,
                kind: last.kind,
                status: last.status,
                at: last.at,
            }),
            window: conversation.window(now).unwrap_or(no_window),
            waiting_since: conversation.waiting_since,
            last_activity_at: conversation.last_activity_at,
            inbound_count: conversation.inbound_count,
            seq: conversation.last_seq,
            version: conversation.version,
            snoozed_until: conversation.life.snoozed_until,
            closing_note: conversation.life.closing_note.as_deref(),
            deleted_at: conversation.life.deleted_at,
            previous_conversation_id: conversation.previous,
            created_at: conversation.created_at,
        }
    }
}

impl ConversationView<'_> {
    /// As a frame carries it: of a deleted one nothing that was said, because somebody who was away may only hear of it now.
    #[must_use]
    pub fn told(self) -> Self {
        if self.deleted_at.is_none() {
            return self;
        }
        Self { last_message: None, closing_note: None, ..self }
    }
}

impl<'a> ContactView<'a> {
    pub fn of(contact: &'a Contact) -> Self {
        Self {
            id: contact.id,
            kind: contact.kind,
            name: &contact.name,
            name_is_placeholder: contact.name_is_placeholder,
            profile_name: contact.profile_name.as_deref(),
            phone: contact.phone.as_deref(),
            email: contact.email.as_deref(),
        }
    }
}

impl<'a> AssigneeView<'a> {
    pub fn of(assignee: &'a crate::conversation::Assignee) -> Self {
        Self { user_id: assignee.user_id, name: &assignee.name, owner: assignee.owner }
    }
}

/// One bubble.
#[derive(Serialize)]
pub struct MessageView<'a> {
    pub id: MessageId,
    pub conversation_id: ConversationId,
    pub seq: i64,
    pub channel_id: ChannelId,
    pub direction: Direction,
    pub kind: MessageKind,
    pub sender: SenderView<'a>,
    pub text: &'a str,
    pub media: Vec<MediaView<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extra: Option<&'a serde_json::Value>,
    pub client_id: Option<&'a str>,
    pub status: Option<Status>,
    pub failure: Option<&'a Failure>,
    /// Why it waits, and until when.
    pub hold_reason: Option<HoldReason>,
    pub release_at: Option<Timestamp>,
    /// How often it was handed to its provider.
    pub attempt: i64,
    pub at: Timestamp,
    pub sent_at: Option<Timestamp>,
    pub delivered_at: Option<Timestamp>,
    pub read_at: Option<Timestamp>,
}

#[derive(Serialize)]
pub struct SenderView<'a> {
    /// `contact`, `user`, `ai` or `bot`.
    pub kind: &'static str,
    pub id: Option<String>,
    pub name: Option<&'a str>,
}

/// A file of a message.
#[derive(Serialize)]
pub struct MediaView<'a> {
    pub id: MediaId,
    pub kind: MediaKind,
    pub file_name: Option<&'a str>,
    pub mime: &'a str,
    pub size: Option<i64>,
    pub state: MediaState,
}

impl<'a> MediaView<'a> {
    pub fn of(media: &'a Media) -> Self {
        Self {
            id: media.id,
            kind: media.kind,
            file_name: media.file_name.as_deref(),
            mime: &media.mime,
            size: media.size,
            state: media.state,
        }
    }
}

impl<'a> MessageView<'a> {
    /// For the team; `contact_name` stands in for a contact's messages.
    pub fn for_agent(message: &'a Message, contact_name: &'a str) -> Self {
        let sender = match message.sender {
            Sender::Contact(id) => {
                SenderView { kind: "contact", id: Some(id.to_string()), name: Some(contact_name) }
            }
            Sender::User(id) => {
                SenderView { kind: "user", id: Some(id.to_string()), name: message.sender_name.as_deref() }
            }
            Sender::Ai => SenderView { kind: "ai", id: None, name: message.sender_name.as_deref() },
            Sender::Bot => SenderView { kind: "bot", id: None, name: message.sender_name.as_deref() },
            Sender::Broadcast(id) => SenderView {
                kind: "broadcast",
                id: Some(id.to_string()),
                name: message.sender_name.as_deref(),
            },
        };
        let mut view = Self::of(message, sender);
        view.extra = message.extra.as_ref();
        view.failure = message.failure.as_ref();
        view.hold_reason = message.hold.map(|hold| hold.reason);
        view.release_at = message.hold.map(|hold| hold.release_at);
        view
    }

    /// For the webchat visitor: a colleague's first name, no ids of the team, no reasons of failures.
    pub fn for_visitor(message: &'a Message) -> Self {
        let first_name = message.sender_name.as_deref().and_then(|name| name.split_whitespace().next());
        let sender = match message.sender {
            Sender::Contact(_) => SenderView { kind: "contact", id: None, name: None },
            Sender::User(_) => SenderView { kind: "user", id: None, name: first_name },
            Sender::Ai => SenderView { kind: "ai", id: None, name: first_name },
            Sender::Bot => SenderView { kind: "bot", id: None, name: first_name },
            Sender::Broadcast(_) => SenderView { kind: "bot", id: None, name: None },
        };
        Self::of(message, sender)
    }

    fn of(message: &'a Message, sender: SenderView<'a>) -> Self {
        Self {
            id: message.id,
            conversation_id: message.conversation_id,
            seq: message.seq,
            channel_id: message.channel_id,
            direction: message.direction,
            kind: message.kind,
            sender,
            text: &message.text,
            media: message.media.iter().map(MediaView::of).collect(),
            extra: None,
            client_id: message.client_id.as_deref(),
            status: message.status,
            failure: None,
            hold_reason: None,
            release_at: None,
            attempt: message.attempt,
            at: message.at,
            sent_at: message.sent_at,
            delivered_at: message.delivered_at,
            read_at: message.read_at,
        }
    }
}
