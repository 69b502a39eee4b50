//! Why the rules said no: a closed list, each with a stable code, a sentence for the person and the way out.

use crate::channel::ChannelKind;
use crate::ids::{ConversationId, UserId};
use crate::message::MediaKind;
use crate::receipt::Status;
use crate::template::Hindrance;
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
    /// WhatsApp does not let it be sent, or nobody said how to fill it in.
    TemplateNotApproved {
        status: &'static str,
    },
    /// Nothing is sent with a gap in it.
    TemplateVarsMissing {
        vars: Vec<String>,
    },
    TemplateVarInvalid {
        var: String,
        detail: String,
    },
    /// An input the person can mend; `field` names it.
    Invalid {
        field: &'static str,
        detail: String,
    },
    ChannelNotConnected,
    /// The person asked not to be written to.
    OptedOut {
        kind: ChannelKind,
    },
    /// Marketing needs the person's consent first.
    ConsentRequired,
    ContactArchived,
    /// Nothing comes alive in a group that has ended.
    GroupArchived,
    MediaTooLarge {
        kind: MediaKind,
        /// Bytes.
        max: i64,
    },
    MediaTypeUnsupported {
        detail: String,
    },
    /// Too late to take a message back.
    AlreadySent {
        status: Status,
    },
    /// There is nothing to try again.
    NotFailed {
        status: Status,
    },
    /// The provider may have it already: only somebody who knows that may send it again.
    OutcomeUnknown,
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
            Self::TemplateNotApproved { .. } => "template_not_approved",
            Self::TemplateVarsMissing { .. } => "template_vars_missing",
            Self::TemplateVarInvalid { .. } => "template_var_invalid",
            Self::Invalid { .. } => "validation",
            Self::ChannelNotConnected => "channel_not_connected",
            Self::OptedOut { .. } => "opted_out",
            Self::ConsentRequired => "consent_required",
            Self::ContactArchived => "contact_archived",
            Self::GroupArchived => "group_archived",
            Self::MediaTooLarge { .. } => "media_too_large",
            Self::MediaTypeUnsupported { .. } => "media_type_unsupported",
            Self::AlreadySent { .. } => "already_sent",
            Self::NotFailed { .. } => "not_failed",
            Self::StaleVersion => "stale_version",
            Self::OutcomeUnknown | Self::ConfirmRequired(_) => "confirm_required",
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
            Self::TemplateNotApproved { status } => serde_json::json!({"status": status}),
            Self::TemplateVarsMissing { vars } => serde_json::json!({"vars": vars}),
            Self::TemplateVarInvalid { var, .. } => serde_json::json!({"var": var}),
            Self::OptedOut { kind } => serde_json::json!({"channel_kind": kind}),
            Self::MediaTooLarge { max, .. } => serde_json::json!({"max": max}),
            Self::AlreadySent { status } | Self::NotFailed { status } => {
                serde_json::json!({"status": status})
            }
            Self::OutcomeUnknown => serde_json::json!({"status": Status::Unknown}),
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
            Self::TemplateNotApproved { status } => {
                write!(f, "This template cannot be sent ({status}). {}", Hindrance::cure(status))
            }
            Self::TemplateVarsMissing { vars } => write!(f, "Fill in {} first.", vars.join(", ")),
            Self::TemplateVarInvalid { var, detail } => write!(f, "The value of {var} {detail}."),
            Self::Invalid { field, detail } => write!(f, "{field}: {detail}"),
            Self::ChannelNotConnected => f.write_str("This conversation has no connected channel to answer on."),
            Self::OptedOut { kind } => {
                let channel = match kind {
                    ChannelKind::Sms => "text messages",
                    ChannelKind::Whatsapp => "WhatsApp messages",
                    ChannelKind::Webchat => "messages",
                };
                write!(f, "This person asked to receive no {channel}. They can reply START to change that.")
            }
            Self::ConsentRequired => f.write_str("Marketing needs this person's consent first. Record their opt-in on the contact, or use a utility template."),
            Self::ContactArchived => f.write_str("This contact is archived. Re-activate the contact first."),
            Self::GroupArchived => f.write_str("This group is archived. Restore the group first."),
            Self::MediaTooLarge { kind, max } => {
                write!(f, "This {} is too large: at most {} can be sent here.", kind.as_str(), size(*max))
            }
            Self::MediaTypeUnsupported { detail } => f.write_str(detail),
            Self::AlreadySent { status } => write!(f, "It is too late to take this message back: it is {} already.", status.as_str()),
            Self::NotFailed { status } => write!(f, "Only a message that failed can be sent again; this one is {}.", status.as_str()),
            Self::OutcomeUnknown => f.write_str("The provider never said whether it has this message. Sending it again may make it arrive twice; confirm to do it all the same."),
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

/// "5 MB", "500 kB".
fn size(bytes: i64) -> String {
    if bytes >= 1 << 20 { format!("{} MB", bytes >> 20) } else { format!("{} kB", bytes >> 10) }
}

impl std::error::Error for Refusal {}
