//! Why the rules said no: a closed list, each with a stable code, a sentence for the person and the way out.

use crate::ids::{ConversationId, UserId};
use crate::time::Timestamp;
use std::fmt;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    AlreadyAssigned {
        to: UserId,
        name: String,
    },
    NotAssignee,
    /// The permission table says no.
    Forbidden,
    NotMember {
        user: UserId,
    },
    ConversationClosed,
    OpenConversationExists {
        id: Option<ConversationId>,
    },
    WindowClosed {
        closed_at: Option<Timestamp>,
    },
    ClientIdReused,
    /// An input the person can mend; `field` names it.
    Invalid {
        field: &'static str,
        detail: String,
    },
    ChannelNotConnected,
    /// The conversation changed in between, or was deleted under the command.
    StaleVersion,
    /// It needs a second, knowing click.
    ConfirmRequired(Confirm),
    /// Others wrote after what the sender had seen.
    NewerMessages {
        count: i64,
    },
    /// Deleted too long ago.
    RestoreExpired,
    /// The number or mail belongs to somebody of the team.
    IdentifierInUse {
        kind: &'static str,
        owner_kind: &'static str,
    },
}

/// What somebody must know before they say yes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Confirm {
    /// So many messages have not left yet.
    Queued(usize),
    /// Somebody else's unread mark changes.
    ReadOf(UserId),
}

impl Refusal {
    /// Stable, machine-readable.
    pub fn code(&self) -> &'static str {
        match self {
            Self::AlreadyAssigned { .. } => "already_assigned",
            Self::NotAssignee => "not_assignee",
            Self::Forbidden => "forbidden",
            Self::NotMember { .. } => "not_member",
            Self::ConversationClosed => "conversation_closed",
            Self::OpenConversationExists { .. } => "open_conversation_exists",
            Self::WindowClosed { .. } => "window_closed",
            Self::ClientIdReused => "client_id_reused",
            Self::Invalid { .. } => "validation",
            Self::ChannelNotConnected => "channel_not_connected",
            Self::StaleVersion => "stale_version",
            Self::ConfirmRequired(_) => "confirm_required",
            Self::NewerMessages { .. } => "newer_messages",
            Self::RestoreExpired => "restore_expired",
            Self::IdentifierInUse { .. } => "identifier_in_use",
        }
    }
}

impl Refusal {
    /// What a client can act on besides the code, as JSON fields of the error.
    pub fn facts(&self) -> serde_json::Map<String, serde_json::Value> {
        let facts = match self {
            Self::AlreadyAssigned { to, name } => {
                serde_json::json!({"assignee": {"user_id": to, "name": name}})
            }
            Self::NotMember { user } => serde_json::json!({"user_id": user}),
            Self::OpenConversationExists { id: Some(id) } => serde_json::json!({"id": id}),
            Self::WindowClosed { closed_at } => {
                serde_json::json!({"closed_at": closed_at, "allowed": ["template"]})
            }
            Self::ConfirmRequired(Confirm::Queued(count)) => serde_json::json!({"queued": count}),
            Self::ConfirmRequired(Confirm::ReadOf(user)) => serde_json::json!({"affected_user": user}),
            Self::NewerMessages { count } => serde_json::json!({"count": count}),
            Self::IdentifierInUse { kind, owner_kind } => {
                serde_json::json!({"kind": kind, "owner_kind": owner_kind, "archived": false})
            }
            _ => return serde_json::Map::new(),
        };
        facts.as_object().cloned().unwrap_or_default()
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AlreadyAssigned { name, .. } => write!(f, "{name} is already answering this conversation."),
            Self::NotAssignee => f.write_str("Only someone this conversation is assigned to, or an admin, can do this. Attend it first."),
            Self::Forbidden => f.write_str("Your role does not allow this."),
            Self::NotMember { .. } => f.write_str("That person is not an active member of this conversation's group."),
            Self::ConversationClosed => f.write_str("This conversation is closed. Reopen it first."),
            Self::OpenConversationExists { .. } => {
                f.write_str("This contact already has an open conversation in this group. Answer there.")
            }
            Self::WindowClosed { .. } => f.write_str(
                "More than 24 hours have passed since the customer's last message. WhatsApp only allows a registered template until they write again.",
            ),
            Self::ClientIdReused => f.write_str("This client_id was already used for a different message. Use a new one."),
            Self::Invalid { field, detail } => write!(f, "{field}: {detail}"),
            Self::ChannelNotConnected => f.write_str("This conversation has no connected channel to answer on."),
            Self::StaleVersion => f.write_str("The conversation has changed in the meantime. Look again and retry."),
            Self::ConfirmRequired(Confirm::Queued(count)) => {
                write!(f, "{count} messages have not left yet. Say with `pending` whether to \"send\" or to \"cancel\" them.")
            }
            Self::ConfirmRequired(Confirm::ReadOf(_)) => {
                f.write_str("This changes what somebody else sees as unread. Ask again with \"confirm\": true.")
            }
            Self::NewerMessages { count: 1 } => f.write_str("1 new message: review before sending."),
            Self::NewerMessages { count } => write!(f, "{count} new messages: review before sending."),
            Self::RestoreExpired => f.write_str("This conversation was deleted more than 30 days ago and cannot be restored."),
            Self::IdentifierInUse { owner_kind, .. } => {
                write!(f, "This belongs to a {owner_kind} of your own business. Choose a customer.")
            }
        }
    }
}

impl std::error::Error for Refusal {}
