//! Where a conversation stands in its life, and on which list of a user it is because of that.

use super::{Conversation, ConversationStatus};
use crate::channel::ChannelKind;
use crate::ids::UserId;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// A visitor who writes again this soon after the close is still in the same visit.
pub const VISITOR_PAUSE: Duration = Duration::from_mins(30);

/// Moments and words of a life; all empty in an open conversation that nobody snoozed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Life {
    /// Out of the working lists until then, or until the customer writes.
    pub snoozed_until: Option<Timestamp>,
    /// Stays while it is deleted, to tell what it was before.
    pub closed_at: Option<Timestamp>,
    pub closing_note: Option<String>,
    pub deleted_at: Option<Timestamp>,
}

/// A list of one's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shelf {
    /// Assigned, and the customer has written.
    Mine,
    /// Assigned, and the customer has not answered yet.
    Sent,
}

impl Conversation {
    /// The list of `user` this conversation is on.
    pub fn shelf(&self, user: UserId) -> Option<Shelf> {
        let working = self.status == ConversationStatus::Open && self.life.snoozed_until.is_none();
        (working && self.is_assigned_to(user)).then_some(if self.inbound_count > 0 {
            Shelf::Mine
        } else {
            Shelf::Sent
        })
    }

    /// Whether a customer who writes at `now` on a line of this kind goes on with this closed conversation. `within` is the business's choice
    /// and zero for never; a visitor's short pause never counts as an end.
    pub fn continues(&self, kind: ChannelKind, within: Duration, now: Timestamp) -> bool {
        let within = if kind == ChannelKind::Webchat { within.max(VISITOR_PAUSE) } else { within };
        self.status == ConversationStatus::Closed
            && self.life.closed_at.is_some_and(|at| now.since(at) < within)
    }
}
