//! Attend, Assign, Unassign: who answers. Attending has exactly one winner; assigning replaces the set and marks it unread for the new.

use super::{
    Actor, AssignReason, Assignee, Change, Conversation, EventKind, Outcome, ReadState, Refusal,
    UnassignReason,
};
use crate::permission::Operation;
use crate::user::Member;

#[derive(Clone, Debug, PartialEq)]
pub struct Attend {
    pub by: Member,
}

impl Attend {
    pub(super) fn decide(&self, outcome: &mut Outcome) -> Result<(), Refusal> {
        outcome.next.require_open()?;
        outcome.next.require(Operation::Attend, &self.by)?;
        match outcome.next.owner() {
            Some(owner) if owner.user_id == self.by.id => Ok(()),
            Some(owner) => Err(Refusal::AlreadyAssigned { to: owner.user_id, name: owner.name.clone() }),
            None => {
                take(outcome, &self.by, AssignReason::Attend);
                Ok(())
            }
        }
    }
}

/// Makes `by` the only assignee; for oneself nothing becomes unread.
pub(super) fn take(outcome: &mut Outcome, by: &Member, reason: AssignReason) {
    let to = vec![Assignee { user_id: by.id, name: by.name.clone(), owner: true }];
    replace(outcome, by, to, reason);
}

#[derive(Clone, Debug, PartialEq)]
pub struct Assign {
    pub by: Member,
    /// The first becomes the owner.
    pub to: Vec<Candidate>,
}

/// Someone a conversation may be assigned to, with the facts the rule asks.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    pub user: Member,
    /// Active, a member of the conversation's group, and on its list of viewers if it has one.
    pub eligible: bool,
    /// Their present read state of this conversation.
    pub read: ReadState,
}

impl Assign {
    pub(super) fn decide(&self, outcome: &mut Outcome) -> Result<(), Refusal> {
        outcome.next.require_open()?;
        outcome.next.require(Operation::Assign, &self.by)?;
        if self.to.is_empty() {
            let detail = "name at least one person, or unassign".to_owned();
            return Err(Refusal::Invalid { field: "user_ids", detail });
        }
        if let Some(stranger) = self.to.iter().find(|candidate| !candidate.eligible) {
            return Err(Refusal::NotMember { user: stranger.user.id });
        }
        let to = self.assignees();
        if to == outcome.next.assignees {
            return Ok(());
        }
        let before = outcome.next.clone();
        replace(outcome, &self.by, to, AssignReason::Assign);
        self.mark_unread(outcome, &before);
        Ok(())
    }

    fn assignees(&self) -> Vec<Assignee> {
        let mut list: Vec<Assignee> = Vec::new();
        for Candidate { user, .. } in &self.to {
            if list.iter().all(|known| known.user_id != user.id) {
                list.push(Assignee { user_id: user.id, name: user.name.clone(), owner: list.is_empty() });
            }
        }
        list
    }

    /// Even someone who had read it as a viewer finds it unread when it becomes theirs.
    fn mark_unread(&self, outcome: &mut Outcome, before: &Conversation) {
        for Candidate { user, read, .. } in &self.to {
            let news = user.id != self.by.id && !before.is_assigned_to(user.id);
            if news && !read.forced_unread {
                let state = ReadState { forced_unread: true, ..*read };
                outcome.changes.push(Change::SetRead { user_id: user.id, state });
            }
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Unassign {
    pub by: Member,
}

impl Unassign {
    pub(super) fn decide(&self, outcome: &mut Outcome) -> Result<(), Refusal> {
        outcome.next.require_open()?;
        if outcome.next.assignees.is_empty() {
            return Ok(());
        }
        // Agents give back what is theirs; whoever may close anything here may also take it from others.
        outcome.next.require(Operation::Close, &self.by)?;
        let from = std::mem::take(&mut outcome.next.assignees);
        outcome.changes.push(Change::SetAssignees(Vec::new()));
        let reason = UnassignReason::Unassign;
        outcome.record(EventKind::Unassigned { by: Actor::from(&self.by), from, reason });
        Ok(())
    }
}

pub(super) fn replace(outcome: &mut Outcome, by: &Member, to: Vec<Assignee>, reason: AssignReason) {
    let from = std::mem::replace(&mut outcome.next.assignees, to.clone());
    outcome.changes.push(Change::SetAssignees(to.clone()));
    outcome.record(EventKind::Assigned { by: Actor::from(by), to, from, reason });
}
