//! The head, worked out from the log alone.

use super::super::*;

/// The head as anyone can work it out from the log alone.
pub(super) struct Fold {
    inbound: i64,
    last: Option<(MessageId, Option<Status>)>,
    waiting_since: Option<Timestamp>,
    assignees: Vec<Assignee>,
    open: bool,
    was_open: bool,
    deleted: bool,
    snoozed_until: Option<Timestamp>,
    pub(super) notes: usize,
}

impl Fold {
    pub(super) fn of(log: &[Event]) -> Self {
        let mut fold = Self {
            inbound: 0,
            last: None,
            waiting_since: None,
            assignees: Vec::new(),
            open: true,
            was_open: true,
            deleted: false,
            snoozed_until: None,
            notes: 0,
        };
        for event in log {
            match &event.kind {
                EventKind::Message(message) if message.direction == Direction::Internal => fold.notes += 1,
                EventKind::Message(message) => {
                    fold.last = Some((message.id, message.status));
                    if message.direction == Direction::In {
                        fold.inbound += 1;
                        fold.waiting_since = fold.waiting_since.or(Some(message.at));
                    } else {
                        fold.waiting_since = None;
                    }
                }
                EventKind::Status { message_id, status, .. } => {
                    if let Some(last) = fold.last.as_mut().filter(|(id, _)| id == message_id) {
                        last.1 = Some(*status);
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
                    fold.snoozed_until = None;
                }
                EventKind::Restored { .. } => (fold.open, fold.deleted) = (fold.was_open, false),
                EventKind::Snoozed { until, .. } => fold.snoozed_until = Some(*until),
                EventKind::Woken { .. } => {
                    assert!(fold.snoozed_until.take().is_some(), "only a sleeper wakes");
                }
                EventKind::Reopened { .. } => fold.open = true,
                EventKind::Created { .. }
                | EventKind::Consent { .. }
                | EventKind::Media { .. }
                | EventKind::Updated { .. } => {}
            }
        }
        fold
    }

    pub(super) fn compare(&self, state: &Conversation) {
        assert_eq!(self.inbound, state.inbound_count);
        assert_eq!(self.last, state.last_message.as_ref().map(|last| (last.message_id, last.status)));
        assert_eq!(self.waiting_since, state.waiting_since);
        assert_eq!(self.assignees, state.assignees);
        assert_eq!(self.open, state.status == ConversationStatus::Open);
        assert_eq!(self.deleted, state.status == ConversationStatus::Deleted);
        assert_eq!(self.snoozed_until, state.life.snoozed_until);
    }
}
