//! Why the rules said no: a closed list, each with a stable code, a sentence for the person and the way out.

use crate::ids::{ConversationId, UserId};
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
    /// The conversation changed in between, or was deleted under the command.
    StaleVersion,
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
            Self::StaleVersion => "stale_version",
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
            Self::TemplateNotApproved { status } => serde_json::json!({"status": status}),
            Self::TemplateVarsMissing { vars } => serde_json::json!({"vars": vars}),
            Self::TemplateVarInvalid { var, .. } => serde_json::json!({"var": var}),
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
            Self::StaleVersion => f.write_str("The conversation has changed in the meantime. Look again and retry."),
        }
    }
}

impl std::error::Error for Refusal {}
