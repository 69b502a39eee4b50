//! [`Append`]: what one command of one conversation stores, all of it or nothing.

use crate::journal::Payload;
use crate::records::Audit;
use std::sync::{Arc, Mutex};
use switchboard_engine::conversation::{Change, Conversation, Event};
use switchboard_engine::lists::{self, Place};

/// One command's outcome, on its way to the journal. Made by [`Append::of`].
pub struct Append {
    pub(crate) next: Arc<Conversation>,
    pub(crate) expected_version: Option<i64>,
    pub(crate) changes: Vec<Change>,
    pub(crate) events: Vec<Event>,
    pub(crate) parts: Parts,
    /// How the counts of the lists change.
    pub(crate) counts: Vec<(Place, i64)>,
    pub(crate) audits: Vec<Audit>,
    /// In a mutex only to be shared with the database's thread; nobody locks it.
    pub(crate) payload: Mutex<Payload>,
}

/// Rows beside the head that follow the state without a change of their own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "independent answers to: must these rows be written?")]
pub(crate) struct Parts {
    /// The set of routes, or their order, is another.
    pub(crate) routes: bool,
    pub(crate) assignees: bool,
    /// The contact's own name for themselves.
    pub(crate) profile_name: bool,
    pub(crate) head: bool,
    /// Snoozed, closed or deleted, or no longer.
    pub(crate) life: bool,
}

impl Append {
    /// What turns `before` into `next`. `payload` comes back through `after_commit`. The head is written when the version moved, and only
    /// if the stored version is still that of `before`.
    pub fn of(
        before: &Conversation,
        next: Arc<Conversation>,
        changes: Vec<Change>,
        events: Vec<Event>,
        payload: Payload,
    ) -> Self {
        let lines = |state: &Conversation| {
            state.routes.iter().map(|route| (route.channel_id, route.address.clone())).collect::<Vec<_>>()
        };
        let set = changes.iter().any(|change| matches!(change, Change::SetAssignees(_)));
        let parts = Parts {
            head: next.version != before.version,
            // A conversation is born with its first line in mind already.
            routes: before.is_unborn() || lines(before) != lines(&next),
            assignees: set
                || before.status != next.status
                || (before.is_unborn() && !next.assignees.is_empty()),
            life: before.life != next.life,
            profile_name: before.contact.profile_name != next.contact.profile_name,
        };
        let expected_version = parts.head.then_some(before.version);
        let counts = if parts.head { lists::moves(before, &next) } else { Vec::new() };
        let audits = Vec::new();
        Self { next, expected_version, changes, events, parts, counts, audits, payload: Mutex::new(payload) }
    }

    /// Lines of the audit log, stored together with what they tell of.
    #[must_use]
    pub fn with_audits(mut self, audits: Vec<Audit>) -> Self {
        self.audits = audits;
        self
    }
}
