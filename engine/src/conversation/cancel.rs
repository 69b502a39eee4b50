//! Cancel: a message that waits is taken back. Its connector may be about to take it up: whoever gets the outbox row first wins.

use super::{Change, EventKind, MessageUpdate, Outbound, Outcome, Refusal};
use crate::permission::Operation;
use crate::receipt::Status;
use crate::user::Member;

#[derive(Clone, Debug, PartialEq)]
pub struct Cancel {
    pub by: Member,
    pub message: Outbound,
    /// Whether the outbox row was still there to be taken; it is out of the connector's reach now.
    pub taken_back: bool,
}

impl Cancel {
    pub(super) fn decide(&self, outcome: &mut Outcome) -> Result<(), Refusal> {
        outcome.next.require(Operation::SendMessage, &self.by)?;
        let status = self.message.current(outcome);
        match status {
            Status::Cancelled => Ok(()),
            Status::Queued if self.taken_back => {
                take_back(outcome, &self.message);
                Ok(())
            }
            // The connector has it: how that ends is not known yet.
            Status::Queued => Err(Refusal::AlreadySent { status: Status::Sending }),
            status => Err(Refusal::AlreadySent { status }),
        }
    }
}

pub(super) fn take_back(outcome: &mut Outcome, message: &Outbound) {
    let (at, status) = (outcome.now(), Status::Cancelled);
    outcome.changes.push(Change::UpdateMessage(MessageUpdate {
        message_id: message.id,
        status,
        step: status,
        at,
        failure: None,
        hold: None,
        provider_message_id: None,
    }));
    outcome.changes.push(Change::Dequeue { message_id: message.id });
    outcome.next.note_status(message.id, status);
    let (failure, hold, attempt) = (None, None, None);
    outcome.record(EventKind::Status { message_id: message.id, status, at, failure, hold, attempt });
}

impl Outbound {
    /// Its status as the conversation has it in mind, else as it was read.
    pub(super) fn current(&self, outcome: &Outcome) -> Status {
        let remembered = outcome.next.recent_outbound.iter().find(|sent| sent.id == self.id);
        remembered.map_or(self.status, |sent| sent.status)
    }
}

impl super::Conversation {
    /// Keeps memory and preview in step with a message's status.
    pub(super) fn note_status(&mut self, id: crate::ids::MessageId, status: Status) {
        for sent in self.recent_outbound.iter_mut().filter(|sent| sent.id == id) {
            sent.status = status;
        }
        if let Some(preview) = self.last_message.as_mut().filter(|preview| preview.message_id == id) {
            preview.status = Some(status);
        }
    }
}
