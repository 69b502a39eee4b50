//! Attend, Assign, Unassign: who answers. Attending has exactly one winner; assigning replaces the set and marks it unread for the new.

use super::snooze::wake;
use super::{
    Actor, AssignReason, Assignee, Change, Conversation, EventKind, Outcome, ReadState, Refusal,
    UnassignReason, WakeReason,
};
use crate::business::Settings;
use crate::permission::{Operation, Principal};
use crate::user::{Member, Role};

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
    pub policy: Policy,
    /// The version of the row the asker saw.
    pub expected_version: Option<i64>,
    /// Out of a list, where nobody looks at each one: taking from others needs another right.
    pub bulk: bool,
}

/// What the business lets its agents do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Give a conversation to a colleague.
    pub agents_can_assign: bool,
    /// Give one to an admin.
    pub agents_assign_admins: bool,
}

impl From<&Settings> for Policy {
    fn from(settings: &Settings) -> Self {
        Self {
            agents_can_assign: settings.agents_can_assign,
            agents_assign_admins: settings.agents_assign_admins,
        }
    }
}

impl Policy {
    /// Oneself is always allowed; admins and group admins choose freely.
    pub(super) fn check(self, state: &Conversation, by: &Member, to: &[Candidate]) -> Result<(), Refusal> {
        let part = by.principal(state.group_id, true, state.is_assigned_to(by.id));
        if !matches!(part, Principal::Assignee | Principal::Member) {
            return Ok(());
        }
        let mut others = to.iter().filter(|candidate| candidate.user.id != by.id);
        let refused = others.any(|other| {
            !self.agents_can_assign || (other.user.role == Role::Admin && !self.agents_assign_admins)
        });
        if refused { Err(Refusal::Forbidden) } else { Ok(()) }
    }
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
        if self.expected_version.is_some_and(|seen| seen != outcome.next.version) {
            return Err(Refusal::StaleVersion);
        }
        self.policy.check(&outcome.next, &self.by, &self.to)?;
        if self.bulk && outcome.next.owner().is_some_and(|owner| owner.user_id != self.by.id) {
            outcome.next.require(Operation::BulkAssign, &self.by)?;
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
        for candidate in &self.to {
            mark_unread(outcome, &before, &self.by, candidate);
        }
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
}

/// Even someone who had read it as a viewer finds it unread when it becomes theirs; not so for oneself.
pub(super) fn mark_unread(outcome: &mut Outcome, before: &Conversation, by: &Member, new: &Candidate) {
    let Candidate { user, read, .. } = new;
    if user.id != by.id && !before.is_assigned_to(user.id) && !read.forced_unread {
        let state = ReadState { forced_unread: true, ..*read };
        outcome.changes.push(Change::SetRead { user_id: user.id, state });
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
    wake(outcome, Some(Actor::from(by)), WakeReason::Assigned);
}
