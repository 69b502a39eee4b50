//! Read: each user has a read state of their own. It is not part of the shared log; the provider hears of it only from an assignee.

use super::{Change, Outcome, Request};
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

impl Read {
    pub(super) fn decide(&self, outcome: &mut Outcome) {
        let state = match self.mark {
            Mark::Unread => ReadState { forced_unread: true, ..self.current },
            Mark::Upto { seq, inbound } => ReadState {
                last_read_seq: seq.min(outcome.next.last_seq).max(self.current.last_read_seq),
                read_inbound_count: inbound
                    .min(outcome.next.inbound_count)
                    .max(self.current.read_inbound_count),
                forced_unread: false,
            },
        };
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
