//! AddAssignee, RemoveAssignee: several answer one conversation, one of them owns it.

use super::assign::{Candidate, Policy, mark_unread, replace};
use super::{Actor, AssignReason, Assignee, Outcome, Refusal, Release, UnassignReason};
use crate::ids::UserId;
use crate::permission::Operation;
use crate::user::Member;

#[derive(Clone, Debug, PartialEq)]
pub struct AddAssignee {
    pub by: Member,
    pub candidate: Candidate,
    pub policy: Policy,
}

impl AddAssignee {
    pub(super) fn decide(&self, outcome: &mut Outcome) -> Result<(), Refusal> {
        outcome.next.require_open()?;
        outcome.next.require(Operation::AddAssignee, &self.by)?;
        self.policy.check(&outcome.next, &self.by, std::slice::from_ref(&self.candidate))?;
        let user = &self.candidate.user;
        if !self.candidate.eligible {
            return Err(Refusal::NotMember { user: user.id });
        }
        if outcome.next.is_assigned_to(user.id) {
            return Ok(());
        }
        let before = outcome.next.clone();
        let mut to = before.assignees.clone();
        to.push(Assignee { user_id: user.id, name: user.name.clone(), owner: to.is_empty() });
        replace(outcome, &self.by, to, AssignReason::Add);
        mark_unread(outcome, &before, &self.by, &self.candidate);
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct RemoveAssignee {
    pub by: Member,
    pub user: UserId,
}

impl RemoveAssignee {
    pub(super) fn decide(&self, outcome: &mut Outcome) -> Result<(), Refusal> {
        outcome.next.require_open()?;
        if !outcome.next.is_assigned_to(self.user) {
            return Ok(());
        }
        // Everybody may leave; others are taken out by whoever may close it.
        if self.user != self.by.id {
            outcome.next.require(Operation::Close, &self.by)?;
        }
        let reason = UnassignReason::Removed;
        Release { user: self.user, by: Actor::from(&self.by), reason }.decide(outcome);
        Ok(())
    }
}
