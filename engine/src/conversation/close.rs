//! Close and Reopen. Agents close what is assigned to them, admins anything; whoever reopens becomes the owner.

use super::advance::advance;
use super::assign::take;
use super::{Actor, AssignReason, Confirm, ConversationStatus, EventKind, Outcome, Refusal};
use crate::ids::MessageId;
use crate::permission::Operation;
use crate::receipt::{Receipt, Status};
use crate::user::Member;
use serde::{Deserialize, Serialize};

/// Longest closing note, in characters.
const LONGEST_NOTE: usize = 2_000;

#[derive(Clone, Debug, PartialEq)]
pub struct Close {
    pub by: Member,
    pub note: Option<String>,
    /// What becomes of messages that have not left; must be said when there are some.
    pub pending: Option<Pending>,
    /// Those messages.
    pub queued: Vec<MessageId>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pending {
    /// They still go out.
    Send,
    Cancel,
}

impl Close {
    pub(super) fn decide(&self, outcome: &mut Outcome) -> Result<(), Refusal> {
        if outcome.next.status == ConversationStatus::Closed {
            return Ok(());
        }
        outcome.next.require_open()?;
        outcome.next.require(Operation::Close, &self.by)?;
        let note = self.note.as_deref().map(str::trim).filter(|note| !note.is_empty());
        if note.is_some_and(|note| note.chars().count() > LONGEST_NOTE) {
            let detail = format!("takes at most {LONGEST_NOTE} characters");
            return Err(Refusal::Invalid { field: "note", detail });
        }
        match self.pending {
            None if !self.queued.is_empty() => {
                return Err(Refusal::ConfirmRequired(Confirm::Queued(self.queued.len())));
            }
            Some(Pending::Cancel) => self.queued.iter().for_each(|message| cancel(outcome, *message)),
            None | Some(Pending::Send) => {}
        }
        let now = outcome.now();
        outcome.next.status = ConversationStatus::Closed;
        outcome.next.waiting_since = None;
        let life = &mut outcome.next.life;
        (life.closed_at, life.snoozed_until) = (Some(now), None);
        life.closing_note = note.map(str::to_owned);
        let note = life.closing_note.clone();
        outcome.record(EventKind::Closed { by: Actor::from(&self.by), note });
        Ok(())
    }
}

/// Takes a message back that has not left.
pub(super) fn cancel(outcome: &mut Outcome, message: MessageId) {
    let remembered = outcome.next.recent_outbound.iter().find(|sent| sent.id == message);
    let current = remembered.map_or(Status::Queued, |sent| sent.status);
    let receipt = Receipt { status: Status::Cancelled, at: outcome.now(), failure: None };
    advance(outcome, message, current, &receipt, None);
}

/// Reopening. That no other conversation of the contact is open is a promise the store keeps (one open per contact and group).
#[derive(Clone, Debug, PartialEq)]
pub struct Reopen {
    pub by: Member,
}

impl Reopen {
    pub(super) fn decide(&self, outcome: &mut Outcome) -> Result<(), Refusal> {
        if outcome.next.status != ConversationStatus::Closed {
            return Ok(());
        }
        outcome.next.require(Operation::Reopen, &self.by)?;
        reopen(outcome, Some(Actor::from(&self.by)));
        if outcome.next.owner().is_none_or(|owner| owner.user_id != self.by.id)
            || outcome.next.assignees.len() > 1
        {
            take(outcome, &self.by, AssignReason::Reopen);
        }
        Ok(())
    }
}

/// Open again, by a colleague or because the customer wrote soon enough.
pub(super) fn reopen(outcome: &mut Outcome, by: Option<Actor>) {
    let now = outcome.now();
    outcome.next.status = ConversationStatus::Open;
    outcome.next.last_activity_at = now;
    (outcome.next.life.closed_at, outcome.next.life.closing_note) = (None, None);
    outcome.record(EventKind::Reopened { by });
}
