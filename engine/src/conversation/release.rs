//! Release: somebody no longer answers here because they were taken out, left the group or were deactivated. The others stay; the next one in
//! line owns the conversation then.

use super::{Actor, Assignee, Change, EventKind, Outcome, UnassignReason};
use crate::ids::UserId;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Release {
    pub user: UserId,
    /// Who caused it.
    pub by: Actor,
    pub reason: UnassignReason,
}

impl Release {
    pub(super) fn decide(&self, outcome: &mut Outcome) {
        let (gone, mut rest): (Vec<Assignee>, Vec<Assignee>) =
            outcome.next.assignees.drain(..).partition(|assignee| assignee.user_id == self.user);
        if !rest.iter().any(|assignee| assignee.owner)
            && let Some(next) = rest.first_mut()
        {
            next.owner = true;
        }
        outcome.next.assignees = rest;
        if gone.is_empty() {
            return;
        }
        outcome.changes.push(Change::SetAssignees(outcome.next.assignees.clone()));
        outcome.record(EventKind::Unassigned { by: self.by.clone(), from: gone, reason: self.reason });
    }
}
