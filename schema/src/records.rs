//! What the store hands out besides the engine's own types: the business, its people, lines, files, waiting work.

mod lists;

pub use lists::*;
mod sending;

pub use sending::*;

use switchboard_engine::business::Settings;
mod template;

pub use template::*;

pub use switchboard_engine::channel::ChannelStatus;
use switchboard_engine::channel::{Channel, Registration};
use switchboard_engine::conversation::Event;
use switchboard_engine::ids::{BusinessId, ChannelId, ContactId, ConversationId, GroupId, MessageId, UserId};
use switchboard_engine::message::{Media, MediaKind};
use switchboard_engine::receipt::Failure;
use switchboard_engine::time::Timestamp;
use switchboard_engine::user::{Member, Role};

mod accounts;
mod announcements;
mod broadcast;
mod integrations;
mod search;

pub use accounts::*;
pub use announcements::*;
pub use broadcast::{Broadcast, BroadcastState, Reached};
pub use integrations::*;
pub use search::{ContactHit, MessageHit, SearchScope};
pub(crate) use search::{Fresh, FreshContact, FreshMessage, Words, WordsOf};

/// The business whose team answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Business {
    pub id: BusinessId,
    pub name: String,
    /// ISO 3166, two letters.
    pub country: String,
    /// IANA name.
    pub time_zone: String,
    /// ISO 4217, three letters.
    pub currency: Option<String>,
    pub settings: Settings,
    pub created_at: Timestamp,
}

impl Business {
    /// A business that has chosen nothing yet.
    pub fn new(id: BusinessId, name: String, country: &str, time_zone: &str, created_at: Timestamp) -> Self {
        Self {
            id,
            name,
            country: country.to_owned(),
            time_zone: time_zone.to_owned(),
            currency: None,
            settings: Settings::default(),
            created_at,
        }
    }
}

/// The first business, its first admin and its first group.
#[derive(Clone, Debug)]
pub struct SetUp {
    pub business: Business,
    pub admin: NewUser,
    pub group: Group,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UserStatus {
    Invited,
    Active,
    Deactivated,
}

impl UserStatus {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Invited => "invited",
            Self::Active => "active",
            Self::Deactivated => "deactivated",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Invited, Self::Active, Self::Deactivated].into_iter().find(|status| status.as_str() == text)
    }
}

/// A person of the team.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    pub id: UserId,
    pub business_id: BusinessId,
    pub first_name: String,
    pub last_name: String,
    pub email: String,
    pub role: Role,
    pub status: UserStatus,
    pub must_change_password: bool,
    pub locale: Option<String>,
    pub time_zone: Option<String>,
    pub last_seen_at: Option<Timestamp>,
}

impl User {
    /// As colleagues see it: "Ann Lee".
    pub fn name(&self) -> String {
        format!("{} {}", self.first_name, self.last_name).trim().to_owned()
    }

    /// The user as the rules know them.
    pub fn member(&self) -> Member {
        Member { id: self.id, name: self.name(), role: self.role, leads: Vec::new() }
    }
}

#[derive(Clone, Debug)]
pub struct NewUser {
    pub id: UserId,
    pub first_name: String,
    pub last_name: String,
    /// Stored in lower case; unique among all people the business knows.
    pub email: String,
    pub role: Role,
    pub status: UserStatus,
    pub password_hash: Option<String>,
    pub must_change_password: bool,
    pub locale: Option<String>,
    pub time_zone: Option<String>,
}

/// A team inbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    pub id: GroupId,
    pub name: String,
    /// Place among the groups, 0 first.
    pub position: i64,
    pub archived: bool,
    /// Made with the business; new users join it, and it stays.
    pub is_first: bool,
}

impl Group {
    /// A group about to be made; where it stands is decided then.
    pub fn new(id: GroupId, name: impl Into<String>) -> Self {
        Self { id, name: name.into(), position: 0, archived: false, is_first: false }
    }
}

/// A user's place in a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Membership {
    pub group_id: GroupId,
    pub user_id: UserId,
    /// Admin of this group only, or agent.
    pub role: Role,
}

/// Who did something, for the audit log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AuditActor {
    User {
        id: UserId,
        name: String,
    },
    Visitor,
    /// The program itself, or whoever runs it.
    System,
    /// Somebody who has not shown who they are.
    Nobody,
}

impl AuditActor {
    pub fn kind(&self) -> &'static str {
        match self {
            Self::User { .. } => "user",
            Self::Visitor => "visitor",
            Self::System => "system",
            Self::Nobody => "nobody",
        }
    }

    pub(crate) fn id(&self) -> Option<i64> {
        match self {
            Self::User { id, .. } => Some(id.0),
            _ => None,
        }
    }

    pub fn name(&self) -> &str {
        match self {
            Self::User { name, .. } => name,
            _ => "",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuditOutcome {
    Done,
    Denied,
}

impl AuditOutcome {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Denied => "denied",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Done, Self::Denied].into_iter().find(|one| one.as_str() == text)
    }
}

/// What was acted on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditTarget {
    /// `conversation`, `user`, `group`, `channel` …
    pub kind: String,
    pub id: String,
}

/// One line of the audit log.
#[derive(Clone, Debug, PartialEq)]
pub struct Audit {
    pub id: i64,
    pub business_id: BusinessId,
    pub at: Timestamp,
    pub actor: AuditActor,
    /// An operation or event: `close`, `manage_users`, `signed_in`.
    pub action: String,
    pub target: Option<AuditTarget>,
    pub group_id: Option<GroupId>,
    pub outcome: AuditOutcome,
    /// What changed, as far as an admin needs it; never a secret or a message's text. `null` for nothing.
    pub detail: serde_json::Value,
    pub ip: Option<String>,
}

/// Which lines to read.
#[derive(Clone, Debug)]
pub struct AuditQuery {
    pub business_id: BusinessId,
    pub action: Option<String>,
    pub actor: Option<UserId>,
    /// Only lines of these groups; `None`: all.
    pub groups: Option<Vec<GroupId>>,
    /// Older than this line.
    pub before: Option<i64>,
    pub limit: usize,
}

/// A browser that is signed in. Only a hash of its token is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    pub token_hash: Vec<u8>,
    pub user_id: UserId,
    pub created_at: Timestamp,
    pub last_used_at: Timestamp,
    pub expires_at: Timestamp,
    pub user_agent: Option<String>,
}

/// A line and what its connector needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChannelRecord {
    pub channel: Channel,
    pub status: ChannelStatus,
    /// Encrypted by whoever stores them; never shown.
    pub credentials: Option<Vec<u8>>,
    /// JSON object.
    pub settings: serde_json::Value,
    pub created_at: Timestamp,
    pub state: ChannelState,
}

/// What a line's life has shown so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChannelState {
    /// The number customers see, once the provider has told it.
    pub phone: Option<String>,
    pub registration: Registration,
    /// Why the line is not simply connected.
    pub reason: Option<Failure>,
    pub times: ChannelTimes,
}

/// When something last came and went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ChannelTimes {
    pub inbound: Option<Timestamp>,
    pub outbound: Option<Timestamp>,
    pub callback: Option<Timestamp>,
}

/// Who uploaded a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Uploader {
    User(UserId),
    Contact(ContactId),
    /// A webchat visitor who may not be a contact yet, by the head of their random id.
    Visitor(i64),
    /// Kept for a group's templates and saved replies; whoever sends it sends a copy.
    Library(GroupId),
}

/// A file that waits for its message, bytes already stored.
#[derive(Clone, Debug)]
pub struct NewUpload {
    pub media: Media,
    pub business_id: BusinessId,
    pub uploader: Uploader,
    pub sha256: String,
    pub storage_key: String,
    pub at: Timestamp,
}

/// A file and where it belongs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileRecord {
    pub media: Media,
    pub business_id: BusinessId,
    /// `None` while it waits for its message.
    pub message: Option<(MessageId, ConversationId)>,
    pub uploader: Option<Uploader>,
    pub sha256: Option<String>,
    /// Where the bytes are; `None` while they are still at the provider.
    pub storage_key: Option<String>,
}

/// A file still at its provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingFile {
    pub media: Media,
    pub message_id: MessageId,
    pub conversation_id: ConversationId,
    pub channel_id: ChannelId,
}

/// Bytes that arrived.
#[derive(Clone, Debug)]
pub struct StoredBytes {
    pub storage_key: String,
    pub sha256: String,
    pub size: i64,
    /// As sniffed, not as announced.
    pub mime: String,
    pub kind: MediaKind,
}

/// A message waiting to be transmitted, or on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waiting {
    pub message_id: MessageId,
    pub channel_id: ChannelId,
    pub conversation_id: ConversationId,
    /// Attempts claimed so far.
    pub attempt: i64,
    pub due_at: Timestamp,
}

/// Input nobody could handle, kept for a person to look at and replay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quarantined {
    pub id: i64,
    /// Where it came from: "whatsapp", "conversation".
    pub source: String,
    pub conversation_id: Option<ConversationId>,
    pub payload: String,
    pub error: String,
    pub tries: i64,
    pub at: Timestamp,
}

/// An event with its place in the log.
#[derive(Clone, Debug, PartialEq)]
pub struct Logged {
    pub position: i64,
    pub conversation_id: ConversationId,
    pub event: Event,
}

/// A part of a timeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Page {
    Newest,
    /// The ones just before this number.
    Before(i64),
    /// The ones just after it.
    After(i64),
}
