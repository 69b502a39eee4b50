//! The head, worked out from the log alone.

use super::super::*;
use crate::consent::ConsentState;
use crate::lists::{Holder, List, Place};
use crate::message::Sender;
use crate::sending::Hold;
use std::collections::BTreeMap;

/// The head as anyone can work it out from the log alone.
#[expect(clippy::struct_excessive_bools, reason = "independent facts, as the log tells them")]
pub(super) struct Fold {
    inbound: i64,
    last: Option<(MessageId, Option<Status>)>,
    waiting_since: Option<Timestamp>,
    /// The words between customer and team so far.
    said: Vec<Said>,
    assignees: Vec<Assignee>,
    open: bool,
    /// Nothing but broadcasts yet.
    silent: bool,
    was_open: bool,
    deleted: bool,
    snoozed_until: Option<Timestamp>,
    pub(super) notes: usize,
    pub(super) statuses: BTreeMap<MessageId, Status>,
    pub(super) holds: BTreeMap<MessageId, Hold>,
    pub(super) consents: BTreeMap<&'static str, ConsentState>,
    /// When the customer last wrote, by line: the 24-hour windows count from it.
    written: BTreeMap<ChannelId, Timestamp>,
    /// Parts of the head that were said to be new.
    updated: Vec<String>,
}

impl Fold {
    pub(super) fn of(log: &[Event]) -> Self {
        let mut fold = Self {
            inbound: 0,
            last: None,
            waiting_since: None,
            said: Vec::new(),
            assignees: Vec::new(),
            open: false,
            silent: true,
            was_open: true,
            deleted: false,
            snoozed_until: None,
            notes: 0,
            statuses: BTreeMap::new(),
            holds: BTreeMap::new(),
            consents: BTreeMap::new(),
            written: BTreeMap::new(),
            updated: Vec::new(),
        };
        for event in log {
            match &event.kind {
                EventKind::Message(message) if message.direction == Direction::Internal => fold.notes += 1,
                EventKind::Message(message) if matches!(message.sender, Sender::Broadcast(_)) => {
                    fold.status(message.id, message.status.unwrap(), message.hold);
                }
                EventKind::Message(message) => fold.word(message),
                EventKind::Status { message_id, status, hold, .. } => {
                    fold.status(*message_id, *status, *hold);
                    if fold.open && matches!(status, Status::Failed | Status::Cancelled | Status::Queued) {
                        fold.waiting_since = fold.unanswered();
                    }
                }
                EventKind::Assigned { to, from, .. } => {
                    assert_eq!(*from, fold.assignees, "an event names who it was before");
                    fold.assignees.clone_from(to);
                }
                EventKind::Unassigned { from, .. } => {
                    let known =
                        |gone: &Assignee| fold.assignees.iter().any(|one| one.user_id == gone.user_id);
                    assert!(from.iter().all(known), "an event names who it was before");
                    fold.assignees.retain(|one| from.iter().all(|gone| gone.user_id != one.user_id));
                    // Whoever stays and stood next in line owns it then.
                    if let Some(first) =
                        fold.assignees.first_mut().filter(|_| from.iter().any(|one| one.owner))
                    {
                        first.owner = true;
                    }
                }
                EventKind::Closed { .. } => {
                    (fold.open, fold.waiting_since, fold.snoozed_until) = (false, None, None);
                }
                EventKind::Deleted { .. } => {
                    (fold.was_open, fold.open, fold.deleted) = (fold.open, false, true);
                    (fold.snoozed_until, fold.waiting_since) = (None, None);
                }
                EventKind::Restored { .. } => {
                    (fold.open, fold.deleted) = (fold.was_open, false);
                    if fold.open {
                        fold.waiting_since = fold.unanswered();
                    }
                }
                EventKind::Snoozed { until, .. } => fold.snoozed_until = Some(*until),
                EventKind::Woken { .. } => {
                    assert!(fold.snoozed_until.take().is_some(), "only a sleeper wakes");
                }
                EventKind::Reopened { .. } => {
                    fold.open = true;
                    fold.waiting_since = fold.unanswered();
                }
                EventKind::Consent { channel_kind, state, .. } => {
                    fold.consents.insert(channel_kind.as_str(), *state);
                }
                EventKind::Updated { fields } => fold.updated.extend(fields.iter().cloned()),
                EventKind::Created { .. } => (fold.open, fold.silent) = (true, false),
                EventKind::Media { .. } => {}
            }
        }
        fold
    }

    /// A word between customer and team.
    fn word(&mut self, message: &crate::message::Message) {
        self.last = Some((message.id, message.status));
        self.said.extend(Said::of(message));
        if message.direction == Direction::In {
            self.inbound += 1;
            self.waiting_since = self.waiting_since.or(Some(message.at));
            let last = self.written.entry(message.channel_id).or_insert(message.at);
            *last = message.at.max(*last);
        } else {
            self.waiting_since = None;
        }
        if let Some(status) = message.status {
            self.status(message.id, status, message.hold);
        }
    }

    /// Since the first word of the customer behind the last answer that did not come to nothing.
    fn unanswered(&self) -> Option<Timestamp> {
        let nothing = |one: &Said| matches!(self.statuses[&one.id], Status::Failed | Status::Cancelled);
        let answer = |one: &Said| one.status.is_some() && !nothing(one);
        let from = self.said.iter().rposition(answer).map_or(0, |at| at + 1);
        self.said[from..].iter().find(|one| one.status.is_none()).map(|one| one.at)
    }

    /// As the database knows the words before the next outcome.
    pub(super) fn said(&self) -> Vec<Said> {
        let now = |one: &Said| Said { status: one.status.map(|_| self.statuses[&one.id]), ..one.clone() };
        self.said.iter().map(now).collect()
    }

    fn status(&mut self, id: MessageId, status: Status, hold: Option<Hold>) {
        self.statuses.insert(id, status);
        self.holds.remove(&id);
        self.holds.extend(hold.map(|hold| (id, hold)));
        if let Some(last) = self.last.as_mut().filter(|(last, _)| *last == id) {
            last.1 = Some(status);
        }
    }

    /// Every list it stands in, for whom, as a person would say it.
    pub(super) fn places(&self, visible_to: Option<&[UserId]>) -> BTreeMap<Place, i64> {
        let lists = match (self.deleted, self.open, self.snoozed_until) {
            _ if self.silent => vec![],
            (true, ..) => vec![],
            (_, false, _) => vec![List::Closed],
            (_, _, Some(_)) => vec![List::Snoozed],
            _ => {
                let unassigned = self.assignees.is_empty().then_some(List::Unassigned);
                let pending = self.waiting_since.map(|_| List::Pending);
                [Some(List::Team), unassigned, pending].into_iter().flatten().collect()
            }
        };
        let working = lists.contains(&List::Team);
        let place = |holder, list| (Place { group: GroupId(3), holder, list }, 1);
        let mut places = BTreeMap::new();
        for list in lists {
            match visible_to {
                None => places.extend([place(Holder::Everybody, list)]),
                Some(users) => places.extend(users.iter().map(|user| place(Holder::User(*user), list))),
            }
        }
        let own = if self.inbound > 0 { List::Mine } else { List::Sent };
        let sees = |one: &&Assignee| visible_to.is_none_or(|users| users.contains(&one.user_id));
        if working {
            let theirs = self.assignees.iter().filter(sees);
            places.extend(theirs.map(|one| place(Holder::User(one.user_id), own)));
        }
        places
    }

    pub(super) fn compare(&self, state: &Conversation) {
        assert_eq!(self.inbound, state.inbound_count);
        assert_eq!(self.updated.contains(&"visible_to".to_owned()), state.visible_to.is_none());
        for route in &state.routes {
            assert_eq!(self.written.get(&route.channel_id).copied(), route.last_inbound_at, "{route:?}");
        }
        assert_eq!(self.last, state.last_message.as_ref().map(|last| (last.message_id, last.status)));
        assert_eq!(self.waiting_since, state.waiting_since);
        assert_eq!(self.assignees, state.assignees);
        assert_eq!(self.open, state.status == ConversationStatus::Open);
        assert_eq!(self.silent, state.status == ConversationStatus::Silent);
        assert_eq!(self.deleted, state.status == ConversationStatus::Deleted);
        assert_eq!(self.snoozed_until, state.life.snoozed_until);
    }
}
