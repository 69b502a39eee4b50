//! Announce: a broadcast reaches one contact. It makes no conversation: where none is open the text waits in silence, and is the first thing to
//! be seen once the contact answers. In an open conversation it is one more bubble, which moves nothing and counts for nobody.

use super::begin::make_contact;
use super::{
    Birth, Change, Conversation, ConversationStatus, EventKind, Outbound, Outcome, Refusal, Request, Route,
};
use crate::ids::{BroadcastId, MessageId};
use crate::message::{Direction, Message, MessageKind, Sender};
use crate::receipt::Status;
use crate::sending::{Circumstances, Hold, Item, Purpose};
use crate::template::Filled;

#[derive(Clone, Debug, PartialEq)]
pub struct Announce {
    pub message_id: MessageId,
    pub broadcast: BroadcastId,
    /// The broadcast's name, which the team reads above the text.
    pub name: String,
    /// As this contact reads it.
    pub text: String,
    /// A registered template, whose body `text` is.
    pub template: Option<Box<Filled>>,
    /// The line it goes out on, which `around` is about.
    pub route: Route,
    pub around: Circumstances,
    /// What must be stored of the contact, who is known.
    pub birth: Option<Birth>,
}

impl Announce {
    pub(super) fn decide(&self, outcome: &mut Outcome) -> Result<(), Refusal> {
        let id = self.client_id();
        if outcome.next.recent_outbound.iter().any(|sent| sent.client_id.as_deref() == Some(&*id)) {
            return Ok(());
        }
        if outcome.next.is_unborn() {
            outcome.next = outcome.next.clone().silent();
            make_contact(outcome, self.birth.as_ref());
        } else if outcome.next.status != ConversationStatus::Silent {
            outcome.next.require_open()?;
        }
        let item = Item { purpose: self.purpose(), text: &self.text, files: &[] };
        let passage = self.around.judge(&item, &self.route, outcome.now())?;
        outcome.warnings = passage.warnings;
        self.append(outcome, passage.hold);
        Ok(())
    }

    /// The same broadcast again is the same message.
    pub fn client_id(&self) -> String {
        format!("broadcast-{}", self.broadcast)
    }

    fn purpose(&self) -> Purpose {
        Purpose::Broadcast { template: self.template.is_some() }
    }

    fn append(&self, outcome: &mut Outcome, hold: Option<Hold>) {
        let message = self.message(outcome, hold);
        let (message_id, channel_id) = (message.id, message.channel_id);
        outcome.record(EventKind::Message(Box::new(message.clone())));
        let next = &mut outcome.next;
        next.open_line(&self.route);
        next.remember(Outbound {
            id: message_id,
            seq: message.seq,
            channel_id,
            status: Status::Queued,
            client_id: Some(self.client_id().into()),
            text: message.text.as_str().into(),
        });
        let held_until = hold.map(|hold| hold.release_at);
        outcome.changes.push(Change::Enqueue { message_id, channel_id, held_until, attempt: 0 });
        if hold.is_none() {
            outcome.requests.push(Request::Transmit { message_id, channel_id });
        }
        outcome.changes.push(Change::InsertMessage(Box::new(message)));
        outcome.changes.push(Change::Reach { broadcast: self.broadcast, message_id });
    }

    fn message(&self, outcome: &Outcome, hold: Option<Hold>) -> Message {
        let kind = if self.template.is_some() { MessageKind::Template } else { MessageKind::Text };
        Message {
            id: self.message_id,
            conversation_id: outcome.next.id,
            seq: outcome.next.last_seq + 1,
            channel_id: self.route.channel_id,
            direction: Direction::Out,
            kind,
            sender: Sender::Broadcast(self.broadcast),
            sender_name: Some(self.name.clone()),
            text: self.text.clone(),
            media: Vec::new(),
            extra: self.template.as_ref().map(|template| template.extra()),
            client_id: Some(self.client_id()),
            provider_message_id: None,
            reply_to: None,
            status: Some(Status::Queued),
            failure: None,
            hold,
            attempt: 0,
            at: outcome.now(),
            sent_at: None,
            delivered_at: None,
            read_at: None,
        }
    }
}

impl Conversation {
    /// One that waits for a broadcast to be the first thing in it.
    #[must_use]
    pub fn silent(self) -> Self {
        Self { status: ConversationStatus::Silent, number: -self.id.0, ..self }
    }
}
