//! Read: each user has a read state of their own. It is not part of the shared log; the provider hears of it only from an assignee.

use super::{Candidate, Change, Confirm, Conversation, Outcome, Refusal, Request};
use crate::permission::Operation;
use crate::user::Member;
use serde::{Deserialize, Serialize};

/// How far one user has read one conversation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadState {
    pub last_read_seq: i64,
    /// How many inbound messages lie at or before it; unread is the conversation's count minus this.
    pub read_inbound_count: i64,
    /// Marked unread by hand, or by an assignment.
    pub forced_unread: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Read {
    pub by: Member,
    pub mark: Mark,
    /// The user's present state.
    pub current: ReadState,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// Everything up to `seq` was on screen; `inbound` messages of the customer lie at or before it.
    Upto {
        seq: i64,
        inbound: i64,
    },
    Unread,
}

impl Mark {
    /// Reading never goes back.
    fn apply(self, current: ReadState, conversation: &Conversation) -> ReadState {
        match self {
            Self::Unread => ReadState { forced_unread: true, ..current },
            Self::Upto { seq, inbound } => ReadState {
                last_read_seq: seq.min(conversation.last_seq).max(current.last_read_seq),
                read_inbound_count: inbound.min(conversation.inbound_count).max(current.read_inbound_count),
                forced_unread: false,
            },
        }
    }
}

impl Read {
    pub(super) fn decide(&self, outcome: &mut Outcome) {
        let state = self.mark.apply(self.current, &outcome.next);
        if state == self.current {
            return;
        }
        outcome.changes.push(Change::SetRead { user_id: self.by.id, state });
        self.tell_provider(outcome, state);
    }

    /// Only whoever answers sends the blue tick; an admin looking in does not.
    fn tell_provider(&self, outcome: &mut Outcome, state: ReadState) {
        let all_read = state.read_inbound_count > self.current.read_inbound_count
            && state.last_read_seq >= outcome.next.last_inbound_seq;
        if !all_read || !outcome.next.is_assigned_to(self.by.id) {
            return;
        }
        let route = outcome.next.reply_route().filter(|route| route.kind.has_care_window());
        if let (Some(route), Some(id)) = (route, outcome.next.last_inbound_provider_id.clone()) {
            let channel_id = route.channel_id;
            outcome.requests.push(Request::MarkRead { channel_id, provider_message_id: id });
        }
    }
}

/// An admin changes what is unread for somebody else. The provider hears nothing: that person has not looked.
#[derive(Clone, Debug, PartialEq)]
pub struct ReadFor {
    pub by: Member,
    pub reader: Candidate,
    pub mark: Mark,
    /// Whether they know that it concerns somebody else.
    pub confirm: bool,
}

impl ReadFor {
    pub(super) fn decide(&self, outcome: &mut Outcome) -> Result<(), Refusal> {
        outcome.next.require(Operation::MarkReadForOther, &self.by)?;
        let user = self.reader.user.id;
        if !self.reader.eligible {
            return Err(Refusal::NotMember { user });
        }
        if !self.confirm {
            return Err(Refusal::ConfirmRequired(Confirm::ReadOf(user)));
        }
        let state = self.mark.apply(self.reader.read, &outcome.next);
        if state != self.reader.read {
            outcome.changes.push(Change::SetRead { user_id: user, state });
        }
        Ok(())
    }
}
