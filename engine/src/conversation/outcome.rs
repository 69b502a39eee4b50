//! What a command leads to: the next state, rows to store, numbered events to tell, and work to hand on once all that is durable.

use super::{Assignee, Conversation, ReadState};
use crate::channel::ChannelKind;
use crate::consent::{Consent, ConsentSource, ConsentState, ConsentTopic};
use crate::contact::{Contact, Identity};
use crate::ids::{BroadcastId, ChannelId, MessageId, UserId};
use crate::message::{Media, Message};
use crate::receipt::{Failure, Status};
use crate::sending::{Hold, Warning};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    pub next: Conversation,
    /// Stored in one transaction with the events and the head.
    pub changes: Vec<Change>,
    pub events: Vec<Event>,
    pub requests: Vec<Request>,
    /// What whoever asked should know, though it was done.
    pub warnings: Vec<Warning>,
    now: Timestamp,
}

/// A row to write besides the conversation's head and its events.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    CreateContact {
        contact: Contact,
        identities: Vec<Identity>,
    },
    /// Marks of an existing contact that were not known yet.
    AddIdentities(Vec<Identity>),
    InsertMessage(Box<Message>),
    /// The contact, who waited for their copy of a broadcast, has it.
    Reach {
        broadcast: BroadcastId,
        message_id: MessageId,
    },
    UpdateMessage(MessageUpdate),
    UpdateMedia {
        message_id: MessageId,
        media: Media,
    },
    /// The customer wrote at `at` on this pair of numbers.
    OpenWindow {
        channel_id: ChannelId,
        address: String,
        at: Timestamp,
    },
    SetAssignees(Vec<Assignee>),
    /// The number and the list of those who alone may see it are the state's.
    SetVisibility,
    /// What the person, or somebody for them, said about being written to.
    SetConsent(Consent),
    SetRead {
        user_id: UserId,
        state: ReadState,
    },
    /// The message waits for its channel's connector.
    Enqueue {
        message_id: MessageId,
        channel_id: ChannelId,
        /// Kept from the connector until then.
        held_until: Option<Timestamp>,
        /// Attempts made so far.
        attempt: i64,
    },
    Dequeue {
        message_id: MessageId,
    },
}

/// New delivery facts of one message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageUpdate {
    pub message_id: MessageId,
    pub status: Status,
    /// The step `at` is the time of; below `status` when the news was overtaken by later ones.
    pub step: Status,
    pub at: Timestamp,
    pub failure: Option<Failure>,
    /// Why it waits, while it does.
    pub hold: Option<Hold>,
    /// Set when the provider accepted it.
    pub provider_message_id: Option<String>,
}

/// One numbered entry of a conversation's log.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    pub seq: i64,
    pub at: Timestamp,
    pub kind: EventKind,
}

#[derive(Clone, Debug, PartialEq)]
pub enum EventKind {
    Created {
        channel_id: ChannelId,
    },
    Message(Box<Message>),
    Status {
        message_id: MessageId,
        status: Status,
        at: Timestamp,
        failure: Option<Failure>,
        hold: Option<Hold>,
        /// The number of the attempt, where this begins one.
        attempt: Option<i64>,
    },
    /// Somebody may, or may not, be written to any more.
    Consent {
        channel_id: Option<ChannelId>,
        channel_kind: ChannelKind,
        topic: ConsentTopic,
        state: ConsentState,
        source: ConsentSource,
        /// `None`: the person themselves, or the provider for them.
        by: Option<Actor>,
    },
    Media {
        message_id: MessageId,
        media: Media,
    },
    Assigned {
        by: Actor,
        to: Vec<Assignee>,
        from: Vec<Assignee>,
        reason: AssignReason,
    },
    Unassigned {
        by: Actor,
        from: Vec<Assignee>,
        reason: UnassignReason,
    },
    /// Something of the head is another, and no other event says so.
    Updated {
        fields: Vec<String>,
    },
    Closed {
        by: Actor,
        note: Option<String>,
    },
    /// `None`: the customer wrote again soon enough.
    Reopened {
        by: Option<Actor>,
    },
    Deleted {
        by: Actor,
    },
    Restored {
        by: Actor,
    },
    Snoozed {
        by: Actor,
        until: Timestamp,
    },
    /// `None`: nobody did it, see the reason.
    Woken {
        by: Option<Actor>,
        reason: WakeReason,
    },
}

/// Who did it, with the name they had then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    pub id: UserId,
    pub name: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AssignReason {
    Attend,
    Assign,
    /// One more beside those who answer already.
    Add,
    Reopen,
}

/// Why nobody, or one person less, answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnassignReason {
    #[default]
    Unassign,
    /// Taken out of the set of assignees.
    Removed,
    LeftGroup,
    Deactivated,
}

/// What ended a snooze.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WakeReason {
    /// Its time came.
    Due,
    /// The customer wrote.
    Message,
    /// It became somebody's.
    Assigned,
    User,
}

/// Work for others, handed on only after the commit; each is also visible in the rows, so that a crash loses none.
#[derive(Clone, Debug, PartialEq)]
pub enum Request {
    Transmit {
        message_id: MessageId,
        channel_id: ChannelId,
    },
    /// Fetch the files of this inbound message from the provider.
    FetchMedia {
        message_id: MessageId,
        channel_id: ChannelId,
    },
    /// Tell the provider that the customer's message was read.
    MarkRead {
        channel_id: ChannelId,
        provider_message_id: String,
    },
}

impl Outcome {
    pub(super) fn of(state: &Conversation, now: Timestamp) -> Self {
        Self {
            next: state.clone(),
            changes: Vec::new(),
            events: Vec::new(),
            requests: Vec::new(),
            warnings: Vec::new(),
            now,
        }
    }

    pub(super) fn now(&self) -> Timestamp {
        self.now
    }

    /// Appends an event under the next number and returns that number.
    pub(super) fn record(&mut self, kind: EventKind) -> i64 {
        self.next.last_seq += 1;
        self.events.push(Event { seq: self.next.last_seq, at: self.now, kind });
        self.next.last_seq
    }

    pub(super) fn finish(mut self, before: &Conversation) -> Self {
        if self.next != *before {
            self.next.version = before.version + 1;
        }
        self
    }

    /// Whether the conversation's head must be written.
    pub fn changes_head(&self, before: &Conversation) -> bool {
        self.next.version != before.version
    }

    /// True for a repeat or news that changes nothing: there is nothing to commit.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.events.is_empty() && self.requests.is_empty()
    }
}
