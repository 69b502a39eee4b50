//! Close and Reopen. Agents close what is assigned to them, admins anything; whoever reopens becomes the owner.

use super::assign::take;
use super::{Actor, AssignReason, ConversationStatus, EventKind, Outcome, Refusal};
use crate::permission::Operation;
use crate::user::Member;

#[derive(Clone, Debug, PartialEq)]
pub struct Close {
    pub by: Member,
}

impl Close {
    pub(super) fn decide(&self, outcome: &mut Outcome) -> Result<(), Refusal> {
        if outcome.next.status == ConversationStatus::Closed {
            return Ok(());
        }
        outcome.next.require(Operation::Close, &self.by)?;
        outcome.next.status = ConversationStatus::Closed;
        outcome.next.waiting_since = None;
        outcome.record(EventKind::Closed { by: Actor::from(&self.by) });
        Ok(())
    }
}

/// Reopening. That no other conversation of the contact is open is a promise the store keeps (one open per contact and group).
#[derive(Clone, Debug, PartialEq)]
pub struct Reopen {
    pub by: Member,
}

impl Reopen {
    pub(super) fn decide(&self, outcome: &mut Outcome) {
        if outcome.next.status == ConversationStatus::Open {
            return;
        }
        outcome.next.status = ConversationStatus::Open;
        outcome.next.last_activity_at = outcome.now();
        outcome.record(EventKind::Reopened { by: Actor::from(&self.by) });
        if outcome.next.owner().is_none_or(|owner| owner.user_id != self.by.id)
            || outcome.next.assignees.len() > 1
        {
            take(outcome, &self.by, AssignReason::Reopen);
        }
    }
}
