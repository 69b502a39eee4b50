//! How a conversation begins: with the first word of a contact or of the team, where nothing was or only broadcasts.

use super::{Change, Conversation, ConversationStatus, EventKind, Outcome, Refusal};
use crate::contact::Identity;
use crate::ids::{ChannelId, ConversationId, UserId};
use std::sync::Arc;

/// What the first word needs besides itself. Of a conversation that began before nothing is used.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Beginning {
    /// While nothing of it is stored.
    pub birth: Option<Birth>,
    /// Where only broadcasts were, or are meant to be.
    pub awakening: Option<Awakening>,
}

/// What must be stored together with a first message.
#[derive(Clone, Debug, PartialEq)]
pub struct Birth {
    pub new_contact: bool,
    /// Marks not stored yet.
    pub identities: Vec<Identity>,
}

/// What a silent conversation gets with its first word: from here on it is one like any other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Awakening {
    pub number: i64,
    /// As the contact's are now, not as they were when the broadcast went out.
    pub visible_to: Option<Arc<[UserId]>>,
    pub previous: Option<ConversationId>,
}

impl Beginning {
    /// Whether a word may be said here: the conversation is open, or silent and about to begin.
    pub(super) fn require(&self, state: &Conversation) -> Result<(), Refusal> {
        if self.awakens(state).is_some() { Ok(()) } else { state.require_open() }
    }

    /// Makes a conversation out of what waits for its first word; true when it was one.
    pub(super) fn begin(&self, outcome: &mut Outcome, channel_id: ChannelId) -> bool {
        let born = outcome.next.is_unborn();
        let wakes = self.awakens(&outcome.next);
        if born {
            make_contact(outcome, self.birth.as_ref());
        }
        if let Some(Awakening { number, visible_to, previous }) = wakes {
            let next = &mut outcome.next;
            (next.status, next.number) = (ConversationStatus::Open, *number);
            (next.visible_to, next.previous) = (visible_to.clone(), *previous);
            // What is born with them is stored with them.
            if !born {
                outcome.changes.push(Change::SetVisibility);
            }
        }
        let begins = born || wakes.is_some();
        if begins {
            outcome.record(EventKind::Created { channel_id });
        }
        begins
    }

    fn awakens(&self, state: &Conversation) -> Option<&Awakening> {
        self.awakening.as_ref().filter(|_| state.status == ConversationStatus::Silent)
    }
}

/// What the contact lacks: themselves, marks nobody knew.
pub(super) fn make_contact(outcome: &mut Outcome, birth: Option<&Birth>) {
    let Some(birth) = birth else { return };
    let identities = birth.identities.clone();
    if birth.new_contact {
        let contact = outcome.next.contact.clone();
        outcome.changes.push(Change::CreateContact { contact, identities });
    } else if !identities.is_empty() {
        outcome.changes.push(Change::AddIdentities(identities));
    }
}
