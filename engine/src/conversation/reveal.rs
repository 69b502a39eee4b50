//! Reveal: everybody on a conversation's own list is gone. Rather than be lost, it is shown to its group.

use super::{Change, EventKind, Outcome};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reveal;

impl Reveal {
    #[expect(clippy::unused_self, reason = "as every other command")]
    pub(super) fn decide(self, outcome: &mut Outcome) {
        if outcome.next.visible_to.take().is_some() {
            // The one before it may have a list of its own, and somebody left on it.
            outcome.next.previous = None;
            outcome.changes.push(Change::SetVisibility);
            outcome.record(EventKind::Updated { fields: vec!["visible_to".to_owned()] });
        }
    }
}
