//! Since when a customer waits for an answer, found anew: an answer that was taken back or failed is none, and who was waiting when a
//! conversation was closed still is when it comes back.

use super::{ConversationStatus, EventKind, Outcome};
use crate::ids::MessageId;
use crate::message::{Direction, Message, Sender};
use crate::receipt::Status;
use crate::time::Timestamp;

/// One word of the customer or of the team, as it stands before the outcome. Notes and broadcasts are neither.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    pub id: MessageId,
    pub at: Timestamp,
    /// `None`: the customer's.
    pub status: Option<Status>,
}

impl Said {
    /// `None` for what is no word between customer and team.
    pub fn of(message: &Message) -> Option<Self> {
        let broadcast = matches!(message.sender, Sender::Broadcast(_));
        let between = message.direction != Direction::Internal && !broadcast;
        let status = match message.direction {
            Direction::In => None,
            Direction::Out | Direction::Internal => Some(message.status.unwrap_or(Status::Sent)),
        };
        between.then_some(Self { id: message.id, at: message.at, status })
    }
}

impl Outcome {
    /// Whether it can no longer be told from the state alone who waits: [`Outcome::settle`] must say.
    pub fn unsettles(&self) -> bool {
        let unsettling = |kind: &EventKind| match kind {
            EventKind::Status { status, .. } => {
                matches!(status, Status::Failed | Status::Cancelled | Status::Queued)
            }
            EventKind::Reopened { .. } | EventKind::Restored { .. } => true,
            _ => false,
        };
        self.next.status == ConversationStatus::Open
            && self.events.iter().any(|event| unsettling(&event.kind))
    }

    /// `said`: the newest words that were stored, oldest first. Those of this outcome come behind them.
    pub fn settle(&mut self, said: &[Said]) {
        let mut since = None;
        for one in said {
            since = self.since(since, one);
        }
        for event in &self.events {
            if let EventKind::Message(message) = &event.kind
                && let Some(one) = Said::of(message)
            {
                since = self.since(since, &one);
            }
        }
        self.next.waiting_since = since;
    }

    fn since(&self, since: Option<Timestamp>, said: &Said) -> Option<Timestamp> {
        let Some(stored) = said.status else { return since.or(Some(said.at)) };
        let news = self.events.iter().rev().find_map(|event| match &event.kind {
            EventKind::Status { message_id, status, .. } if *message_id == said.id => Some(*status),
            _ => None,
        });
        let came_to_nothing = matches!(news.unwrap_or(stored), Status::Failed | Status::Cancelled);
        if came_to_nothing { since } else { None }
    }
}
