//! Snooze, Unsnooze, Wake: out of the working lists until a time, or until the customer writes.

use super::{Actor, EventKind, Outcome, Refusal, WakeReason};
use crate::permission::Operation;
use crate::time::Timestamp;
use crate::user::Member;
use std::time::Duration;

/// Whoever means longer means to close.
const LONGEST: Duration = Duration::from_hours(24 * 366);

#[derive(Clone, Debug, PartialEq)]
pub struct Snooze {
    pub by: Member,
    pub until: Timestamp,
}

impl Snooze {
    pub(super) fn decide(&self, outcome: &mut Outcome) -> Result<(), Refusal> {
        outcome.next.require_open()?;
        outcome.next.require(Operation::Close, &self.by)?;
        let now = outcome.now();
        if self.until <= now || self.until > now.plus(LONGEST) {
            let detail = "must lie in the future, at most a year from now".to_owned();
            return Err(Refusal::Invalid { field: "until", detail });
        }
        if outcome.next.life.snoozed_until == Some(self.until) {
            return Ok(());
        }
        outcome.next.life.snoozed_until = Some(self.until);
        outcome.record(EventKind::Snoozed { by: Actor::from(&self.by), until: self.until });
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Unsnooze {
    pub by: Member,
}

impl Unsnooze {
    pub(super) fn decide(&self, outcome: &mut Outcome) -> Result<(), Refusal> {
        outcome.next.require_open()?;
        outcome.next.require(Operation::Close, &self.by)?;
        wake(outcome, Some(Actor::from(&self.by)), WakeReason::User);
        Ok(())
    }
}

/// Asked when a snooze may be over; what was snoozed anew meanwhile sleeps on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wake;

impl Wake {
    #[expect(clippy::unused_self, reason = "as every other command")]
    pub(super) fn decide(self, outcome: &mut Outcome) {
        if outcome.next.life.snoozed_until.is_some_and(|until| until <= outcome.now()) {
            wake(outcome, None, WakeReason::Due);
        }
    }
}

/// Ends a snooze, if there is one.
pub(super) fn wake(outcome: &mut Outcome, by: Option<Actor>, reason: WakeReason) {
    if outcome.next.life.snoozed_until.take().is_some() {
        outcome.record(EventKind::Woken { by, reason });
    }
}
