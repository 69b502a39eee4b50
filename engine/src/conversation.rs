//! The conversation: everything the team and one contact say to each other, and who of the team answers.
//!
//! `handle(state, command, now)` returns the next state together with what to store, what to tell and what to do. It dispatches only;
//! each command has its own file. Invariants: events are numbered 1, 2, 3 ... without holes; at most one assignee is the owner;
//! a closed conversation has no assignees' duties but keeps its history; `version` grows with every change of the head.

use crate::care_window::CareWindow;
use crate::channel::ChannelKind;
use crate::contact::Contact;
use crate::ids::{BusinessId, ChannelId, ConversationId, GroupId, MessageId, UserId};
use crate::message::{Direction, MessageKind};
use crate::permission::{Denied, Operation, permit};
use crate::receipt::Status;
use crate::time::Timestamp;
use crate::user::Member;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::sync::Arc;

mod advance;
mod announce;
mod assign;
mod begin;
mod cancel;
mod client_id;
mod close;
mod command;
mod consent;
mod delete;
mod life;
mod note;
mod outcome;
mod read;
mod receive;
mod refusal;
mod release;
mod reply;
mod retry;
mod reveal;
mod share;
mod snooze;
#[cfg(test)]
mod tests;
mod waiting;

pub use advance::{Acknowledge, Advance, FileArrived};
pub use announce::Announce;
pub use assign::{Assign, Attend, Candidate, Policy, Unassign};
pub use begin::{Awakening, Beginning, Birth};
pub use cancel::Cancel;
pub use client_id::check_client_id;
pub use close::{Close, Pending, Reopen};
pub use command::Command;
pub use consent::SetConsent;
pub use delete::{Delete, RESTORABLE, Restore};
pub use life::{Life, Shelf, VISITOR_PAUSE};
pub use note::Note;
pub use outcome::{
    Actor, AssignReason, Change, Event, EventKind, MessageUpdate, Outcome, Request, UnassignReason,
    WakeReason,
};
pub use read::{Mark, Read, ReadFor, ReadState};
pub use receive::Receive;
pub use refusal::{Confirm, Refusal};
pub use release::Release;
pub use reply::{Attachment, Reply};
pub use retry::{Reconsider, Retry, Waiting};
pub use reveal::Reveal;
pub use share::{AddAssignee, RemoveAssignee};
pub use snooze::{Snooze, Unsnooze, Wake};
pub use waiting::Said;

/// How many past messages a conversation remembers by heart, to recognise repeats without asking the database.
pub const MEMORY: usize = 64;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConversationStatus {
    Open,
    Closed,
    /// Hidden from everybody; an admin may bring it back for a while.
    Deleted,
    /// Nothing but broadcasts so far: it is nobody's and on no list until the contact answers, or a colleague writes to them.
    Silent,
}

impl ConversationStatus {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Closed => "closed",
            Self::Deleted => "deleted",
            Self::Silent => "silent",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Open, Self::Closed, Self::Deleted, Self::Silent]
            .into_iter()
            .find(|status| status.as_str() == text)
    }
}

/// A user who answers this conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assignee {
    pub user_id: UserId,
    pub name: String,
    /// Exactly one assignee owns an assigned conversation.
    pub owner: bool,
}

/// One line on which this contact writes, and where answers go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    pub channel_id: ChannelId,
    pub kind: ChannelKind,
    /// The channel's name, as people call it.
    pub name: String,
    /// The customer's address as the provider wants it back.
    pub address: String,
    /// When the customer last wrote on this pair of numbers; the 24-hour window counts from it.
    pub last_inbound_at: Option<Timestamp>,
}

/// What lists show of the newest message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preview {
    pub message_id: MessageId,
    pub text: String,
    pub direction: Direction,
    pub kind: MessageKind,
    pub status: Option<Status>,
    pub at: Timestamp,
}

/// A recent outbound message, remembered to apply receipts and to recognise a repeated send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outbound {
    pub id: MessageId,
    pub seq: i64,
    pub channel_id: ChannelId,
    pub status: Status,
    pub client_id: Option<Arc<str>>,
    pub text: Arc<str>,
}

/// The state of a conversation: what the rules need, nothing that only the history needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conversation {
    pub id: ConversationId,
    pub business_id: BusinessId,
    pub group_id: GroupId,
    /// What people call it: #1042. Below zero while it is silent.
    pub number: i64,
    pub contact: Contact,
    pub status: ConversationStatus,
    pub assignees: Vec<Assignee>,
    /// Users who alone may see it, sorted; taken from the contact when it began. `None`: everybody in the group.
    pub visible_to: Option<Arc<[UserId]>>,
    /// Lines the contact has written on, the one to answer on first.
    pub routes: Vec<Route>,
    /// Number of the newest event; 0 before the first commit.
    pub last_seq: i64,
    /// Grows with every change of this state; a commit expects the version it read.
    pub version: i64,
    /// Each hand-over increments it; an assistant's answer of an older epoch is dropped.
    pub ai_epoch: i64,
    pub inbound_count: i64,
    pub last_inbound_seq: i64,
    /// The provider's id of the newest inbound message, to tell the provider it was read.
    pub last_inbound_provider_id: Option<String>,
    pub last_message: Option<Preview>,
    /// Since when the customer waits for an answer.
    pub waiting_since: Option<Timestamp>,
    pub last_activity_at: Timestamp,
    pub created_at: Timestamp,
    /// Provider ids of the newest inbound messages, newest last, at most [`MEMORY`].
    pub recent_inbound: VecDeque<Arc<str>>,
    /// Snoozed, closed, deleted: since when, until when.
    pub life: Life,
    /// The contact's conversation before this one in the group.
    pub previous: Option<ConversationId>,
    /// Newest outbound messages, newest last, at most [`MEMORY`].
    pub recent_outbound: VecDeque<Outbound>,
}

impl Conversation {
    /// Decides what a command does at `now`. The state itself is untouched: it becomes [`Outcome::next`] once that is durable.
    pub fn handle(&self, command: &Command, now: Timestamp) -> Result<Outcome, Refusal> {
        let mut outcome = Outcome::of(self, now);
        match command {
            Command::Receive(receive) => receive.decide(&mut outcome)?,
            Command::Reply(reply) => reply.decide(&mut outcome)?,
            Command::Announce(announce) => announce.decide(&mut outcome)?,
            Command::Advance(advance) => advance.decide(&mut outcome),
            Command::Acknowledge(acknowledge) => acknowledge.decide(&mut outcome),
            Command::FileArrived(arrived) => arrived.decide(&mut outcome),
            Command::Attend(attend) => attend.decide(&mut outcome)?,
            Command::Assign(assign) => assign.decide(&mut outcome)?,
            Command::AddAssignee(add) => add.decide(&mut outcome)?,
            Command::RemoveAssignee(remove) => remove.decide(&mut outcome)?,
            Command::Unassign(unassign) => unassign.decide(&mut outcome)?,
            Command::Release(release) => release.decide(&mut outcome),
            Command::Reveal(reveal) => reveal.decide(&mut outcome),
            Command::Close(close) => close.decide(&mut outcome)?,
            Command::Reopen(reopen) => reopen.decide(&mut outcome)?,
            Command::Delete(delete) => delete.decide(&mut outcome)?,
            Command::Restore(restore) => restore.decide(&mut outcome)?,
            Command::Snooze(snooze) => snooze.decide(&mut outcome)?,
            Command::Unsnooze(unsnooze) => unsnooze.decide(&mut outcome)?,
            Command::Wake => Wake.decide(&mut outcome),
            Command::Note(note) => note.decide(&mut outcome)?,
            Command::Read(read) => read.decide(&mut outcome),
            Command::ReadFor(read) => read.decide(&mut outcome)?,
            Command::Cancel(cancel) => cancel.decide(&mut outcome)?,
            Command::Retry(retry) => retry.decide(&mut outcome)?,
            Command::Reconsider(reconsider) => reconsider.decide(&mut outcome),
            Command::SetConsent(set) => set.decide(&mut outcome)?,
        }
        Ok(outcome.finish(self))
    }

    /// A conversation that waits in memory for its first message.
    pub fn unborn(
        id: ConversationId,
        business_id: BusinessId,
        group_id: GroupId,
        number: i64,
        contact: Contact,
        now: Timestamp,
    ) -> Self {
        Self {
            id,
            business_id,
            group_id,
            number,
            contact,
            status: ConversationStatus::Open,
            assignees: Vec::new(),
            visible_to: None,
            routes: Vec::new(),
            last_seq: 0,
            version: 0,
            ai_epoch: 0,
            inbound_count: 0,
            last_inbound_seq: 0,
            last_inbound_provider_id: None,
            last_message: None,
            waiting_since: None,
            last_activity_at: now,
            created_at: now,
            life: Life::default(),
            previous: None,
            recent_inbound: VecDeque::new(),
            recent_outbound: VecDeque::new(),
        }
    }

    /// The line answers go out on: the one the customer used last.
    pub fn reply_route(&self) -> Option<&Route> {
        self.routes.first()
    }

    pub fn window(&self, now: Timestamp) -> Option<CareWindow> {
        self.reply_route().map(|route| CareWindow::at(route.kind, route.last_inbound_at, now))
    }

    /// The line of a channel this contact is reached on.
    pub fn route_of(&self, channel: ChannelId) -> Option<&Route> {
        self.routes.iter().find(|route| route.channel_id == channel)
    }

    pub fn owner(&self) -> Option<&Assignee> {
        self.assignees.iter().find(|assignee| assignee.owner)
    }

    pub fn is_assigned_to(&self, user: UserId) -> bool {
        self.assignees.iter().any(|assignee| assignee.user_id == user)
    }

    /// True until its first event is stored: it exists in memory only, waiting for the first message to commit.
    pub fn is_unborn(&self) -> bool {
        self.last_seq == 0
    }

    /// Whether the table allows `by` this operation here. That they may see the conversation was decided before.
    pub fn require(&self, operation: Operation, by: &Member) -> Result<(), Refusal> {
        let principal = by.principal(self.group_id, true, self.is_assigned_to(by.id));
        permit(operation, principal).map_err(|denied| match denied {
            Denied::NotAssignee => Refusal::NotAssignee,
            Denied::Forbidden | Denied::Hidden => Refusal::Forbidden,
        })
    }

    fn require_open(&self) -> Result<(), Refusal> {
        if self.status == ConversationStatus::Open { Ok(()) } else { Err(Refusal::ConversationClosed) }
    }
}
