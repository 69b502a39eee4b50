//! Messages: what one bubble holds, whoever wrote it and whatever carried it.

use crate::ids::{BroadcastId, ChannelId, ContactId, ConversationId, MediaId, MessageId, UserId};
use crate::receipt::{Failure, Status};
use crate::sending::Hold;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    In,
    Out,
    /// Among the team; nobody outside ever sees it.
    Internal,
}

/// What a message is; decides how a bubble is drawn. The text is always a readable rendering of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MessageKind {
    Text,
    Media,
    /// A registered template, sent by the business; `extra.template` has its parts.
    Template,
    Location,
    Contacts,
    Reaction,
    Order,
    /// A tap on a quick reply, list row or form.
    Button,
    /// Something the provider says about the customer ("changed number").
    System,
    /// Words of a colleague for colleagues.
    Note,
    /// A type we do not know: kept, shown as a placeholder, raw data in `extra`.
    Unsupported,
}

impl MessageKind {
    const ALL: [(Self, &'static str); 11] = [
        (Self::Text, "text"),
        (Self::Media, "media"),
        (Self::Template, "template"),
        (Self::Location, "location"),
        (Self::Contacts, "contacts"),
        (Self::Reaction, "reaction"),
        (Self::Order, "order"),
        (Self::Button, "button"),
        (Self::System, "system"),
        (Self::Note, "note"),
        (Self::Unsupported, "unsupported"),
    ];

    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(kind, _)| *kind == self).map_or("unsupported", |(_, text)| text)
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, name)| *name == text).map(|(kind, _)| *kind)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MediaKind {
    Image,
    Video,
    Audio,
    Document,
    Sticker,
}

impl MediaKind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Video => "video",
            Self::Audio => "audio",
            Self::Document => "document",
            Self::Sticker => "sticker",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Image, Self::Video, Self::Audio, Self::Document, Self::Sticker]
            .into_iter()
            .find(|k| k.as_str() == text)
    }
}

/// Whether a file's bytes are with us.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MediaState {
    /// Still at the provider.
    Pending,
    Ready,
    /// The provider no longer has it, or refused.
    Unavailable,
}

impl MediaState {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Ready => "ready",
            Self::Unavailable => "unavailable",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Pending, Self::Ready, Self::Unavailable].into_iter().find(|s| s.as_str() == text)
    }
}

/// A file shown in a message. Sizes in bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Media {
    pub id: MediaId,
    pub kind: MediaKind,
    pub file_name: Option<String>,
    pub mime: String,
    pub size: Option<i64>,
    pub state: MediaState,
    /// The provider's media id or URL while the bytes are still there; never shown to clients.
    #[serde(skip)]
    pub remote_reference: Option<String>,
}

/// Who wrote a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sender {
    Contact(ContactId),
    User(UserId),
    Ai,
    Bot,
    /// One text to many; the broadcast's name is the sender's.
    Broadcast(BroadcastId),
}

/// One bubble, as the log holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    pub id: MessageId,
    pub conversation_id: ConversationId,
    /// Its event's number in the conversation.
    pub seq: i64,
    pub channel_id: ChannelId,
    pub direction: Direction,
    pub kind: MessageKind,
    pub sender: Sender,
    /// The user's name as it was when they wrote; the contact's name is read from the contact.
    pub sender_name: Option<String>,
    pub text: String,
    pub media: Vec<Media>,
    /// What has no column of its own: coordinates, cards, raw unknown types. JSON object.
    pub extra: Option<serde_json::Value>,
    /// The browser's own id, for idempotent sends.
    pub client_id: Option<String>,
    pub provider_message_id: Option<String>,
    /// The provider's id of the message this one answers.
    pub reply_to: Option<String>,
    /// Outbound only.
    pub status: Option<Status>,
    pub failure: Option<Failure>,
    /// Why it waits, while it does.
    pub hold: Option<Hold>,
    /// How often it was handed to its provider.
    pub attempt: i64,
    pub at: Timestamp,
    pub sent_at: Option<Timestamp>,
    pub delivered_at: Option<Timestamp>,
    pub read_at: Option<Timestamp>,
}
