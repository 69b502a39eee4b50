//! Delete and Restore: an admin hides a conversation from everybody, and may bring it back for thirty days.

use super::close::cancel;
use super::{Actor, ConversationStatus, EventKind, Outcome, Refusal};
use crate::ids::MessageId;
use crate::permission::Operation;
use crate::user::Member;
use std::time::Duration;

/// How long a deleted conversation can be restored.
pub const RESTORABLE: Duration = Duration::from_hours(30 * 24);

#[derive(Clone, Debug, PartialEq)]
pub struct Delete {
    pub by: Member,
    /// The business has not switched deleting off.
    pub allowed: bool,
    /// Messages that have not left and never will.
    pub queued: Vec<MessageId>,
}

impl Delete {
    pub(super) fn decide(&self, outcome: &mut Outcome) -> Result<(), Refusal> {
        outcome.next.require(Operation::DeleteConversation, &self.by)?;
        if !self.allowed {
            return Err(Refusal::Forbidden);
        }
        if outcome.next.status == ConversationStatus::Deleted {
            return Ok(());
        }
        for message in &self.queued {
            cancel(outcome, *message);
        }
        let now = outcome.now();
        outcome.next.status = ConversationStatus::Deleted;
        outcome.next.life.deleted_at = Some(now);
        outcome.next.life.snoozed_until = None;
        outcome.next.waiting_since = None;
        outcome.record(EventKind::Deleted { by: Actor::from(&self.by) });
        Ok(())
    }
}

/// That no other conversation of the contact is open, if this one was, is a promise the store keeps.
#[derive(Clone, Debug, PartialEq)]
pub struct Restore {
    pub by: Member,
    pub allowed: bool,
}

impl Restore {
    pub(super) fn decide(&self, outcome: &mut Outcome) -> Result<(), Refusal> {
        outcome.next.require(Operation::DeleteConversation, &self.by)?;
        if !self.allowed {
            return Err(Refusal::Forbidden);
        }
        if outcome.next.status != ConversationStatus::Deleted {
            return Ok(());
        }
        if outcome.next.life.deleted_at.is_some_and(|at| outcome.now().since(at) > RESTORABLE) {
            return Err(Refusal::RestoreExpired);
        }
        let life = &mut outcome.next.life;
        life.deleted_at = None;
        let was_closed = life.closed_at.is_some();
        outcome.next.status = if was_closed { ConversationStatus::Closed } else { ConversationStatus::Open };
        outcome.record(EventKind::Restored { by: Actor::from(&self.by) });
        Ok(())
    }
}
