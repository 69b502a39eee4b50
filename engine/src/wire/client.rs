//! Frames from clients. Unknown fields are ignored, an unknown `t` is a named error.

use crate::conversation::Pending;
use crate::ids::{ChannelId, ConversationId, MediaId, MessageId, TemplateId, UserId};
use crate::time::Timestamp;
use crate::widget::Answers;
use serde::Deserialize;
use std::collections::BTreeMap;

/// A frame of an agent's browser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentFrame {
    /// Echoed in the answer; without it there is none.
    pub req: Option<String>,
    pub command: AgentCommand,
}

/// What it says, by its `t`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub enum AgentCommand {
    #[serde(rename = "resume")]
    Resume { cursor: String },
    #[serde(rename = "message.send")]
    MessageSend {
        conversation_id: ConversationId,
        client_id: String,
        #[serde(default)]
        text: Option<String>,
        #[serde(default)]
        media_ids: Vec<MediaId>,
        #[serde(default)]
        expected_seq: Option<i64>,
        #[serde(default)]
        template: Option<TemplateAsk>,
        #[serde(default)]
        channel_id: Option<ChannelId>,
    },
    #[serde(rename = "note.add")]
    NoteAdd {
        conversation_id: ConversationId,
        client_id: String,
        text: String,
        #[serde(default)]
        mentions: Vec<UserId>,
    },
    #[serde(rename = "message.retry")]
    MessageRetry {
        message_id: MessageId,
        #[serde(default)]
        confirm: bool,
    },
    #[serde(rename = "message.cancel")]
    MessageCancel { message_id: MessageId },
    #[serde(rename = "conversation.attend")]
    Attend { conversation_id: ConversationId },
    #[serde(rename = "conversation.assign")]
    Assign {
        conversation_id: ConversationId,
        user_ids: Vec<UserId>,
        #[serde(default)]
        expected_version: Option<i64>,
    },
    #[serde(rename = "conversation.assignee.add")]
    AssigneeAdd { conversation_id: ConversationId, user_id: UserId },
    #[serde(rename = "conversation.assignee.remove")]
    AssigneeRemove { conversation_id: ConversationId, user_id: UserId },
    #[serde(rename = "conversation.unassign")]
    Unassign { conversation_id: ConversationId },
    #[serde(rename = "conversation.close")]
    Close {
        conversation_id: ConversationId,
        #[serde(default)]
        note: Option<String>,
        #[serde(default)]
        pending: Option<Pending>,
    },
    #[serde(rename = "conversation.snooze")]
    Snooze { conversation_id: ConversationId, until: Timestamp },
    #[serde(rename = "conversation.unsnooze")]
    Unsnooze { conversation_id: ConversationId },
    #[serde(rename = "conversation.delete")]
    Delete { conversation_id: ConversationId },
    #[serde(rename = "conversation.restore")]
    Restore { conversation_id: ConversationId },
    #[serde(rename = "conversation.reopen")]
    Reopen { conversation_id: ConversationId },
    #[serde(rename = "read.mark")]
    ReadMark {
        conversation_id: ConversationId,
        #[serde(default)]
        upto: Option<i64>,
        #[serde(default)]
        unread: bool,
    },
    #[serde(rename = "typing")]
    Typing { conversation_id: ConversationId },
    #[serde(rename = "viewing")]
    Viewing {
        #[serde(default)]
        conversation_id: Option<ConversationId>,
    },
    #[serde(rename = "ping")]
    Ping {},
}

impl AgentCommand {
    /// Its `t`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Resume { .. } => "resume",
            Self::MessageSend { .. } => "message.send",
            Self::MessageRetry { .. } => "message.retry",
            Self::MessageCancel { .. } => "message.cancel",
            Self::Attend { .. } => "conversation.attend",
            Self::Assign { .. } => "conversation.assign",
            Self::Unassign { .. } => "conversation.unassign",
            Self::Close { .. } => "conversation.close",
            Self::Reopen { .. } => "conversation.reopen",
            Self::NoteAdd { .. } => "note.add",
            Self::AssigneeAdd { .. } => "conversation.assignee.add",
            Self::AssigneeRemove { .. } => "conversation.assignee.remove",
            Self::Snooze { .. } => "conversation.snooze",
            Self::Unsnooze { .. } => "conversation.unsnooze",
            Self::Delete { .. } => "conversation.delete",
            Self::Restore { .. } => "conversation.restore",
            Self::ReadMark { .. } => "read.mark",
            Self::Typing { .. } => "typing",
            Self::Viewing { .. } => "viewing",
            Self::Ping {} => "ping",
        }
    }

    /// The conversation it is about.
    pub fn conversation(&self) -> Option<ConversationId> {
        match self {
            Self::MessageSend { conversation_id, .. }
            | Self::Attend { conversation_id }
            | Self::Assign { conversation_id, .. }
            | Self::Unassign { conversation_id }
            | Self::AssigneeAdd { conversation_id, .. }
            | Self::AssigneeRemove { conversation_id, .. }
            | Self::NoteAdd { conversation_id, .. }
            | Self::Close { conversation_id, .. }
            | Self::Snooze { conversation_id, .. }
            | Self::Unsnooze { conversation_id }
            | Self::Delete { conversation_id }
            | Self::Restore { conversation_id }
            | Self::Reopen { conversation_id }
            | Self::ReadMark { conversation_id, .. }
            | Self::Typing { conversation_id } => Some(*conversation_id),
            Self::Viewing { conversation_id } => *conversation_id,
            Self::Resume { .. } | Self::Ping {} | Self::MessageRetry { .. } | Self::MessageCancel { .. } => {
                None
            }
        }
    }
}

/// A registered template to send, by REST and by socket alike.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct TemplateAsk {
    pub id: TemplateId,
    /// Values by the variables' keys; the others come from the mapping.
    #[serde(default)]
    pub vars: BTreeMap<String, String>,
    /// About an order, an invoice, a booking: what `reference.KEY` stands for.
    #[serde(default)]
    pub reference: BTreeMap<String, String>,
}

/// A frame of a webchat visitor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VisitorFrame {
    pub req: Option<String>,
    pub command: VisitorCommand,
}

/// What it says: its `d`, by its `t`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub enum VisitorCommand {
    #[serde(rename = "session.start")]
    SessionStart(SessionStart),
    #[serde(rename = "message.send")]
    MessageSend {
        client_id: String,
        #[serde(default)]
        text: Option<String>,
        #[serde(default)]
        media_ids: Vec<MediaId>,
        /// What the visitor filled in before their first message.
        #[serde(default)]
        prechat: Option<Answers>,
    },
    /// Received on the visitor's device.
    #[serde(rename = "message.ack")]
    MessageAck { upto: i64 },
    /// Shown to the visitor.
    #[serde(rename = "message.seen")]
    MessageSeen { upto: i64 },
    #[serde(rename = "typing")]
    Typing {},
    #[serde(rename = "ping")]
    Ping {},
}

/// First frame of a visitor.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct SessionStart {
    pub widget_key: String,
    #[serde(default)]
    pub token: Option<String>,
    #[serde(default)]
    pub cursor: Option<String>,
    #[serde(default)]
    pub name: Option<String>,
    #[serde(default)]
    pub email: Option<String>,
    /// What the visitor filled in before their first message.
    #[serde(default)]
    pub prechat: Option<Answers>,
    /// Who the page says its visitor is, and its proof.
    #[serde(default)]
    pub identity: Option<IdentityClaim>,
    #[serde(default)]
    pub hmac: Option<String>,
}

/// Who a page says its visitor is; only the user id is proved, the rest are hints.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct IdentityClaim {
    pub user_id: String,
    #[serde(default)]
    pub name: Option<String>,
    #[serde(default)]
    pub email: Option<String>,
    #[serde(default)]
    pub phone: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_as_documented() {
        let agent = AgentFrame::read(
            r#"{"t":"message.send","req":"r1","conversation_id":"72","client_id":"k","text":"hi","later":1}"#,
        )
        .unwrap();
        assert_eq!(agent.req.as_deref(), Some("r1"));
        assert!(matches!(
            agent.command,
            AgentCommand::MessageSend { conversation_id: ConversationId(72), .. }
        ));
        let ping = AgentFrame::read(r#"{"t":"ping"}"#).unwrap();
        assert_eq!(ping.command, AgentCommand::Ping {});
        let start = VisitorFrame::read(
            r#"{"t":"session.start","req":"1","d":{"widget_key":"w","token":null,"cursor":null,"name":null,"email":null}}"#,
        )
        .unwrap();
        assert!(matches!(start.command, VisitorCommand::SessionStart(_)));
        let typing = VisitorFrame::read(r#"{"t":"typing","d":{}}"#).unwrap();
        assert_eq!(typing.command, VisitorCommand::Typing {});
        let ping = VisitorFrame::read(r#"{"t":"ping","req":"2"}"#).unwrap();
        assert_eq!(ping.command, VisitorCommand::Ping {});
        assert!(AgentFrame::read(r#"{"t":"drop.table"}"#).is_err());
    }
}
