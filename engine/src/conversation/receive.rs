//! Receive: a customer wrote. The first message of all brings the conversation, and often the contact, into being.

use super::close::reopen;
use super::snooze::wake;
use super::{
    Beginning, Change, Conversation, EventKind, MEMORY, Outcome, Preview, Refusal, Request, Route, WakeReason,
};
use crate::channels::Content;
use crate::ids::MessageId;
use crate::message::{Direction, Media, MediaState, Message, Sender};
use crate::time::Timestamp;
use std::time::Duration;

#[derive(Clone, Debug, PartialEq)]
pub struct Receive {
    pub message_id: MessageId,
    /// The line it came in on; `last_inbound_at` is ignored.
    pub route: Route,
    /// Dedupe key within the channel.
    pub provider_message_id: Option<String>,
    /// Dedupe key of a webchat visitor's browser.
    pub client_id: Option<String>,
    pub content: Content,
    /// Files, already numbered; still at the provider when `Pending`.
    pub media: Vec<Media>,
    pub reply_to: Option<String>,
    /// The provider's clock.
    pub at: Option<Timestamp>,
    pub profile_name: Option<String>,
    /// What it takes where nobody wrote before.
    pub beginning: Beginning,
    /// How long after a close the customer goes on with the same conversation, by the business's choice.
    pub reopen_within: Duration,
}

impl Receive {
    pub(super) fn decide(&self, outcome: &mut Outcome) -> Result<(), Refusal> {
        if self.is_repeat(&outcome.next) {
            return Ok(());
        }
        if outcome.next.continues(self.route.kind, self.reopen_within, outcome.now()) {
            reopen(outcome, None);
        }
        self.beginning.begin(outcome, self.route.channel_id);
        outcome.next.require_open()?;
        wake(outcome, None, WakeReason::Message);
        let at = self.at.map_or(outcome.now(), |at| at.min(outcome.now()));
        self.open_window(outcome, at);
        self.append(outcome, at);
        self.take_at_their_word(outcome, at);
        Ok(())
    }

    /// Both keys are unique in the database as well; this only spares the round trip.
    fn is_repeat(&self, state: &Conversation) -> bool {
        let key = self.provider_message_id.as_ref().or(self.client_id.as_ref());
        key.is_some_and(|key| state.recent_inbound.iter().any(|known| **known == **key))
    }

    /// Any message of the customer opens the window; an older one delivered late never shortens it.
    fn open_window(&self, outcome: &mut Outcome, at: Timestamp) {
        let routes = &mut outcome.next.routes;
        let known = routes
            .iter()
            .position(|r| r.channel_id == self.route.channel_id && r.address == self.route.address);
        let mut route = known.map_or_else(|| self.route.clone(), |i| routes.remove(i));
        let last = if known.is_some() { route.last_inbound_at } else { None };
        let newest = last.map_or(at, |last| last.max(at));
        route.last_inbound_at = Some(newest);
        if route.kind.has_care_window() && last.is_none_or(|last| last < newest) {
            let (channel_id, address) = (route.channel_id, route.address.clone());
            outcome.changes.push(Change::OpenWindow { channel_id, address, at: newest });
        }
        routes.insert(0, route);
    }

    fn append(&self, outcome: &mut Outcome, at: Timestamp) {
        let message = self.message(&outcome.next, at);
        outcome.record(EventKind::Message(Box::new(message.clone())));
        let now = outcome.now();
        let next = &mut outcome.next;
        next.inbound_count += 1;
        next.last_inbound_seq = message.seq;
        next.last_inbound_provider_id.clone_from(&self.provider_message_id);
        next.last_message = Some(Preview::of(&message));
        next.waiting_since = next.waiting_since.or(Some(at));
        next.last_activity_at = now;
        if let Some(name) = &self.profile_name {
            next.contact.profile_name = Some(name.clone());
        }
        if let Some(key) = self.provider_message_id.clone().or_else(|| self.client_id.clone()) {
            if next.recent_inbound.len() == MEMORY {
                next.recent_inbound.pop_front();
            }
            next.recent_inbound.push_back(key.into());
        }
        if message.media.iter().any(|media| media.state == MediaState::Pending) {
            let (message_id, channel_id) = (message.id, message.channel_id);
            outcome.requests.push(Request::FetchMedia { message_id, channel_id });
        }
        outcome.changes.push(Change::InsertMessage(Box::new(message)));
    }

    fn message(&self, state: &Conversation, at: Timestamp) -> Message {
        Message {
            id: self.message_id,
            conversation_id: state.id,
            seq: state.last_seq + 1,
            channel_id: self.route.channel_id,
            direction: Direction::In,
            kind: self.content.kind,
            sender: Sender::Contact(state.contact.id),
            sender_name: None,
            text: self.content.text.clone(),
            media: self.media.clone(),
            extra: self.content.extra.clone(),
            client_id: self.client_id.clone(),
            provider_message_id: self.provider_message_id.clone(),
            reply_to: self.reply_to.clone(),
            status: None,
            failure: None,
            hold: None,
            attempt: 0,
            at,
            sent_at: None,
            delivered_at: None,
            read_at: None,
        }
    }
}

impl Preview {
    /// Longest preview, in characters: a list row shows no more.
    const LENGTH: usize = 120;

    pub fn of(message: &Message) -> Self {
        let text = if message.text.is_empty() {
            message.media.first().map_or("", |media| media.kind.as_str()).to_owned()
        } else {
            message.text.chars().take(Self::LENGTH).collect()
        };
        Self {
            message_id: message.id,
            text,
            direction: message.direction,
            kind: message.kind,
            status: message.status,
            at: message.at,
        }
    }
}
