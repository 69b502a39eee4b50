//! Records of the rules of sending.

use switchboard_engine::business_hours::Schedule;
use switchboard_engine::ids::{ChannelId, ConversationId, GroupId, MessageId};
use switchboard_engine::time::Timestamp;

/// The hours of a business (`None`) or of one of its groups.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredHours {
    pub group_id: Option<GroupId>,
    pub schedule: Schedule,
}

/// A message as the outbox has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutboxRow {
    /// An attempt is in flight.
    pub under_way: bool,
    /// Attempts made so far.
    pub attempt: i64,
    /// When it was queued to leave.
    pub queued_at: Timestamp,
}

/// A message kept until a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    pub message_id: MessageId,
    pub conversation_id: ConversationId,
    pub release_at: Timestamp,
}

/// A pair of numbers whose window has come to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndedWindow {
    pub channel_id: ChannelId,
    pub address: String,
    pub last_inbound_at: Timestamp,
}
