//! [`StoreError`]: everything that can go wrong here. Diesel's errors are mapped once, in this file, and never leave the crate.

use diesel::result::{DatabaseErrorInformation, DatabaseErrorKind, Error};
use std::fmt;

/// Why a read or a write did not happen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreError {
    /// A promise of the data would be broken; nothing of this write was stored.
    Conflict {
        constraint: Constraint,
    },
    /// More is waiting than can be taken: try again soon.
    Busy,
    /// The database cannot be reached, or the answer to a commit was lost. Whether that write happened is unknown.
    Unavailable(String),
    /// The disk is full. Works again, without a restart, once there is space.
    StorageFull,
    NotFound,
    /// A newer program has changed this database; this one must not touch it.
    NewerDatabase,
    /// Another Switchboard process has this database.
    InUse,
    /// The database promises less than "acknowledged means durable"; names the setting.
    UnsafeDurability(String),
    /// What is stored makes no sense to this program.
    Corrupt(String),
    /// The database took exception to these very values; others are fine.
    Rejected(String),
    /// A text holds a character this database cannot keep: PostgreSQL knows no NUL.
    UnfitText,
}

/// Which promise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Constraint {
    /// A channel delivers each provider message once.
    ProviderMessage,
    /// A conversation takes each `client_id` once.
    ClientId,
    /// A contact has one open conversation per group.
    OpenConversation,
    /// A mark belongs to one person.
    Identity,
    /// The conversation changed since it was read.
    StaleVersion,
    /// A conversation's number is unique in its business.
    Number,
    /// A number or widget key is connected once.
    ChannelAddress,
    GroupName,
    /// A group's saved replies have different names.
    ReplyName,
    /// A file belongs to one message.
    MediaInUse,
    /// Somebody waits for their copy of a broadcast, once.
    Recipient,
    /// A client's id names one broadcast of a group.
    Broadcast,
    /// The installation has a business already.
    AlreadySetUp,
    /// Somebody must be left who can let others in.
    LastAdmin,
    /// Something referred to does not exist.
    Reference,
    Other,
}

/// PostgreSQL names the constraint, SQLite the columns.
const CONSTRAINTS: [(&str, &str, Constraint); 13] = [
    ("message_provider", "message.channel_id, message.provider_message_id", Constraint::ProviderMessage),
    ("message_client", "message.conversation_id, message.client_id", Constraint::ClientId),
    ("conversation_open", "conversation.group_id, conversation.contact_id", Constraint::OpenConversation),
    ("identity_pkey", "identity.business_id, identity.kind, identity.value", Constraint::Identity),
    ("conversation_number", "conversation.business_id, conversation.number", Constraint::Number),
    ("conversation_pkey", "conversation.id", Constraint::StaleVersion),
    ("event_seq", "event.conversation_id, event.seq", Constraint::StaleVersion),
    ("message_seq", "message.conversation_id, message.seq", Constraint::StaleVersion),
    ("channel_address", "channel.kind, channel.address", Constraint::ChannelAddress),
    ("broadcast_client", "broadcast.group_id, broadcast.client_id", Constraint::Broadcast),
    ("meta_pkey", "meta.key", Constraint::AlreadySetUp),
    ("team_group_name", "team_group.business_id, team_group.name", Constraint::GroupName),
    (
        "saved_reply_name",
        "saved_reply.business_id, saved_reply.group_id, saved_reply.name",
        Constraint::ReplyName,
    ),
];

impl StoreError {
    pub(crate) fn conflict(constraint: Constraint) -> Self {
        Self::Conflict { constraint }
    }

    pub(crate) fn unavailable(detail: impl fmt::Display) -> Self {
        Self::Unavailable(detail.to_string())
    }

    /// A stored word outside its list.
    pub(crate) fn corrupt(column: &str, value: &str) -> Self {
        Self::Corrupt(format!("{column} holds {value:?}"))
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Conflict { constraint } => {
                write!(f, "the write contradicts what is stored ({constraint:?})")
            }
            Self::Busy => f.write_str("the database has more to do than it can take; try again"),
            Self::Unavailable(detail) => write!(f, "the database is not available: {detail}"),
            Self::StorageFull => f.write_str("the disk of the database is full"),
            Self::NotFound => f.write_str("no such row"),
            Self::NewerDatabase => {
                f.write_str("the database was written by a newer version of Switchboard; run that version")
            }
            Self::InUse => f.write_str("the database is already in use by another Switchboard process"),
            Self::UnsafeDurability(setting) => {
                write!(f, "the database may lose acknowledged messages: {setting}; switch it on")
            }
            Self::Rejected(detail) => write!(f, "the database rejected the write: {detail}"),
            Self::UnfitText => f.write_str("a text holds a character that the database cannot keep"),
            Self::Corrupt(detail) => write!(f, "the database holds something unexpected: {detail}"),
        }
    }
}

impl std::error::Error for StoreError {}

impl From<Error> for StoreError {
    fn from(error: Error) -> Self {
        match error {
            Error::NotFound => Self::NotFound,
            Error::DatabaseError(kind, info) => from_database(kind, info.as_ref()),
            Error::DeserializationError(detail) => Self::Corrupt(detail.to_string()),
            other => Self::unavailable(other),
        }
    }
}

fn from_database(kind: DatabaseErrorKind, info: &(dyn DatabaseErrorInformation + Send + Sync)) -> StoreError {
    match kind {
        DatabaseErrorKind::UniqueViolation => StoreError::conflict(unique(info)),
        DatabaseErrorKind::ForeignKeyViolation => StoreError::conflict(Constraint::Reference),
        DatabaseErrorKind::CheckViolation | DatabaseErrorKind::NotNullViolation => {
            StoreError::conflict(Constraint::Other)
        }
        DatabaseErrorKind::UnableToSendCommand | DatabaseErrorKind::ClosedConnection => {
            StoreError::unavailable(info.message())
        }
        _ => from_message(info.message()),
    }
}

fn unique(info: &(dyn DatabaseErrorInformation + Send + Sync)) -> Constraint {
    let columns = info.message().strip_prefix("UNIQUE constraint failed: ");
    let known = CONSTRAINTS
        .iter()
        .find(|(name, list, _)| info.constraint_name() == Some(*name) || columns == Some(*list));
    known.map_or(Constraint::Other, |(_, _, constraint)| *constraint)
}

/// Neither driver passes a code on for these; the texts have not changed in twenty years.
fn from_message(message: &str) -> StoreError {
    let says = |texts: &[&str]| texts.iter().any(|text| message.contains(text));
    if says(&["database or disk is full", "No space left on device", "Disk quota exceeded"]) {
        StoreError::StorageFull
    } else if says(&["database is locked", "database table is locked"]) {
        StoreError::Busy
    } else if says(&["invalid byte sequence for encoding"]) {
        StoreError::UnfitText
    } else if says(&["malformed", "file is not a database"]) {
        StoreError::Corrupt(message.to_owned())
    } else if says(&[
        "disk I/O error",
        "unable to open database",
        "readonly",
        "terminating connection",
        "the database system is",
    ]) {
        StoreError::unavailable(message)
    } else {
        StoreError::Rejected(message.to_owned())
    }
}

impl<E: fmt::Display> From<deadpool::managed::PoolError<E>> for StoreError {
    fn from(error: deadpool::managed::PoolError<E>) -> Self {
        match error {
            deadpool::managed::PoolError::Timeout(deadpool::managed::TimeoutType::Wait) => Self::Busy,
            other => Self::unavailable(other),
        }
    }
}

impl From<diesel::ConnectionError> for StoreError {
    fn from(error: diesel::ConnectionError) -> Self {
        match from_message(&error.to_string()) {
            StoreError::Rejected(detail) => Self::Unavailable(detail),
            other => other,
        }
    }
}
