//! Reply: a user answers, or begins. The message is durable and queued before anything leaves; an unassigned conversation is attended first.

use super::assign::take;
use super::client_id::check_client_id;
use super::{
    Actor, AssignReason, Beginning, Change, EventKind, MEMORY, Outbound, Outcome, Preview, Refusal, Request,
    Route,
};
use crate::channel::ChannelKind;
use crate::ids::{ChannelId, MessageId};
use crate::message::{Direction, Media, Message, MessageKind, Sender};
use crate::permission::Operation;
use crate::receipt::Status;
use crate::sending::{Circumstances, Hold, Item, Passage, Purpose};
use crate::template::{Filled, placeholder};
use crate::time::Timestamp;
use crate::user::Member;

#[derive(Clone, Debug, PartialEq)]
pub struct Reply {
    pub message_id: MessageId,
    pub by: Member,
    /// Made by the browser; the same id again is the same message.
    pub client_id: String,
    pub text: String,
    pub attachments: Vec<Attachment>,
    /// How many files were asked for. The first message took them: whoever repeats it has none at hand.
    pub files: usize,
    /// Whether answering takes an unassigned conversation, by the business's choice.
    pub attends: bool,
    /// Messages of others that came after the last one the sender says to have seen.
    pub newer: i64,
    /// What it takes where nobody wrote before.
    pub beginning: Beginning,
    /// A registered template instead of free text: `text` is its body, an attachment its header's file.
    pub template: Option<Box<Filled>>,
    /// The line it goes out on, which `around` is about; `None`: where the customer wrote last.
    pub route: Option<Route>,
    pub around: Circumstances,
}

/// An uploaded file, with what the limits of channels ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    pub media: Media,
}

impl Reply {
    pub(super) fn decide(&self, outcome: &mut Outcome) -> Result<(), Refusal> {
        if let Some(known) = self.known(outcome) {
            return if known { Ok(()) } else { Err(Refusal::ClientIdReused) };
        }
        self.beginning.require(&outcome.next)?;
        outcome.next.require(Operation::SendMessage, &self.by)?;
        if self.newer > 0 {
            return Err(Refusal::NewerMessages { count: self.newer });
        }
        let route = self.route.as_ref().or_else(|| outcome.next.reply_route()).cloned();
        let route = route.ok_or(Refusal::ChannelNotConnected)?;
        self.check()?;
        let Passage { hold, warnings } = self.judge(&route, outcome.now())?;
        outcome.warnings = warnings;
        let begins = self.beginning.begin(outcome, route.channel_id);
        if outcome.next.assignees.is_empty() && (begins || self.attends) {
            take(outcome, &self.by, AssignReason::Attend);
        }
        self.append(outcome, &route, hold);
        Ok(())
    }

    /// Whether this client id was seen: with the same text (a repeat) or with another (a mistake).
    fn known(&self, outcome: &Outcome) -> Option<bool> {
        let id = Some(self.client_id.as_str());
        let known = outcome.next.recent_outbound.iter().find(|sent| sent.client_id.as_deref() == id)?;
        Some(*known.text == *self.text)
    }

    /// What has nothing to do with the channel; the gate judges the rest.
    fn check(&self) -> Result<(), Refusal> {
        check_client_id(&self.client_id)?;
        let unresolved = placeholder::unresolved(&self.text);
        if self.template.is_none() && !unresolved.is_empty() {
            return Err(Refusal::TemplateVarsMissing { vars: unresolved });
        }
        Ok(())
    }

    fn purpose(&self) -> Purpose {
        let template = self.template.as_ref();
        template.map_or(Purpose::FreeText, |filled| Purpose::Template { marketing: filled.is_marketing() })
    }

    fn judge(&self, route: &Route, now: Timestamp) -> Result<Passage, Refusal> {
        let files: Vec<Media> = self.attachments.iter().map(|attachment| attachment.media.clone()).collect();
        let item = Item { purpose: self.purpose(), text: &self.text, files: &files };
        self.around.judge(&item, route, now)
    }

    fn append(&self, outcome: &mut Outcome, route: &Route, hold: Option<Hold>) {
        let webchat = route.kind == ChannelKind::Webchat;
        let status = if webchat { Status::Sent } else { Status::Queued };
        let message = Message { hold, ..self.message(outcome, route.channel_id, status) };
        outcome.record(EventKind::Message(Box::new(message.clone())));
        let now = outcome.now();
        let next = &mut outcome.next;
        next.open_line(route);
        next.last_message = Some(Preview::of(&message));
        next.waiting_since = None;
        next.last_activity_at = now;
        next.remember(Outbound {
            id: message.id,
            seq: message.seq,
            channel_id: message.channel_id,
            status,
            client_id: message.client_id.as_deref().map(Into::into),
            text: message.text.as_str().into(),
        });
        if !webchat {
            let (message_id, channel_id) = (message.id, message.channel_id);
            let held_until = hold.map(|hold| hold.release_at);
            outcome.changes.push(Change::Enqueue { message_id, channel_id, held_until, attempt: 0 });
            if hold.is_none() {
                outcome.requests.push(Request::Transmit { message_id, channel_id });
            }
        }
        outcome.changes.push(Change::InsertMessage(Box::new(message)));
    }

    fn kind(&self) -> MessageKind {
        match (&self.template, self.attachments.is_empty()) {
            (Some(_), _) => MessageKind::Template,
            (None, true) => MessageKind::Text,
            (None, false) => MessageKind::Media,
        }
    }

    fn message(&self, outcome: &Outcome, channel_id: ChannelId, status: Status) -> Message {
        let now = outcome.now();
        let media: Vec<Media> = self.attachments.iter().map(|attachment| attachment.media.clone()).collect();
        Message {
            id: self.message_id,
            conversation_id: outcome.next.id,
            seq: outcome.next.last_seq + 1,
            channel_id,
            direction: Direction::Out,
            kind: self.kind(),
            sender: Sender::User(self.by.id),
            sender_name: Some(self.by.name.clone()),
            text: self.text.clone(),
            media,
            extra: self.template.as_ref().map(|template| template.extra()),
            client_id: Some(self.client_id.clone()),
            provider_message_id: None,
            reply_to: None,
            status: Some(status),
            failure: None,
            hold: None,
            attempt: 0,
            at: now,
            sent_at: (status == Status::Sent).then_some(now),
            delivered_at: None,
            read_at: None,
        }
    }
}

impl super::Conversation {
    /// A line the contact has not written on yet, but is written to: it comes last.
    pub(super) fn open_line(&mut self, route: &Route) {
        let known = |one: &Route| one.channel_id == route.channel_id && one.address == route.address;
        if !self.routes.iter().any(known) {
            self.routes.push(route.clone());
        }
    }

    /// Keeps an outbound message in mind, forgetting the oldest.
    pub fn remember(&mut self, outbound: Outbound) {
        if self.recent_outbound.len() == MEMORY {
            self.recent_outbound.pop_front();
        }
        self.recent_outbound.push_back(outbound);
    }
}

impl From<&Member> for Actor {
    fn from(member: &Member) -> Self {
        Self { id: member.id, name: member.name.clone() }
    }
}
