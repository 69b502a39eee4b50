//! Retry and Reconsider: a message that failed is sent again, and one that waited is judged anew before it leaves. The gate is asked both
//! times: a stop, a closed window or an archived contact in between is seen.

use super::{Change, EventKind, MessageUpdate, Outbound, Outcome, Refusal, Request, Route};
use crate::permission::Operation;
use crate::receipt::{Failure, Status};
use crate::sending::{Circumstances, Hold, Purpose};
use crate::user::Member;

/// A message as it stands, with what the gate asks.
#[derive(Clone, Debug, PartialEq)]
pub struct Waiting {
    pub message: Outbound,
    /// Attempts made so far.
    pub attempt: i64,
    pub hold: Option<Hold>,
    pub purpose: Purpose,
    pub around: Circumstances,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Retry {
    pub by: Member,
    pub waiting: Waiting,
    /// The person knows that it may arrive twice.
    pub confirmed: bool,
}

impl Retry {
    pub(super) fn decide(&self, outcome: &mut Outcome) -> Result<(), Refusal> {
        outcome.next.require(Operation::SendMessage, &self.by)?;
        outcome.next.require_open()?;
        match self.waiting.message.current(outcome) {
            Status::Failed => {}
            Status::Unknown if self.confirmed => {}
            Status::Unknown => return Err(Refusal::OutcomeUnknown),
            status => return Err(Refusal::NotFailed { status }),
        }
        let hold = self.waiting.judge(outcome)?;
        self.waiting.queue(outcome, hold, Some(self.waiting.attempt + 1));
        Ok(())
    }
}

/// What waited is about to leave, or its wait may have another end.
#[derive(Clone, Debug, PartialEq)]
pub struct Reconsider {
    pub waiting: Waiting,
}

impl Reconsider {
    pub(super) fn decide(&self, outcome: &mut Outcome) {
        let waiting = &self.waiting;
        if waiting.message.current(outcome) != Status::Queued {
            return;
        }
        match waiting.judge(outcome) {
            Ok(hold) if hold == waiting.hold => {}
            Ok(hold) => waiting.queue(outcome, hold, None),
            Err(refusal) => waiting.fail(outcome, &refusal),
        }
    }
}

impl Waiting {
    fn judge(&self, outcome: &Outcome) -> Result<Option<Hold>, Refusal> {
        let route: Option<&Route> = outcome.next.route_of(self.message.channel_id);
        let route = route.ok_or(Refusal::ChannelNotConnected)?;
        Ok(self.around.judge_again(self.purpose, route, outcome.now())?.hold)
    }

    fn queue(&self, outcome: &mut Outcome, hold: Option<Hold>, attempt: Option<i64>) {
        let (message_id, channel_id) = (self.message.id, self.message.channel_id);
        self.update(outcome, Status::Queued, None, hold, attempt);
        let held_until = hold.map(|hold| hold.release_at);
        outcome.changes.push(Change::Enqueue { message_id, channel_id, held_until, attempt: self.attempt });
        if hold.is_none() {
            outcome.requests.push(Request::Transmit { message_id, channel_id });
        }
    }

    fn fail(&self, outcome: &mut Outcome, refusal: &Refusal) {
        let failure = Failure { code: refusal.code().to_owned(), detail: refusal.to_string() };
        self.update(outcome, Status::Failed, Some(failure), None, None);
        outcome.changes.push(Change::Dequeue { message_id: self.message.id });
    }

    fn update(
        &self,
        outcome: &mut Outcome,
        status: Status,
        failure: Option<Failure>,
        hold: Option<Hold>,
        attempt: Option<i64>,
    ) {
        let (message_id, at) = (self.message.id, outcome.now());
        outcome.changes.push(Change::UpdateMessage(MessageUpdate {
            message_id,
            status,
            step: status,
            at,
            failure: failure.clone(),
            hold,
            provider_message_id: None,
        }));
        outcome.next.note_status(message_id, status);
        outcome.record(EventKind::Status { message_id, status, at, failure, hold, attempt });
    }
}
