//! Reply: a user answers. The message is durable and queued before anything leaves; an unassigned conversation is attended first.

use super::assign::take;
use super::{
    Actor, AssignReason, Change, EventKind, MEMORY, Outbound, Outcome, Preview, Refusal, Request, Route,
};
use crate::care_window::{CareWindow, WindowState};
use crate::channel::ChannelKind;
use crate::channels::whatsapp::render::caption_limit;
use crate::ids::{ChannelId, MessageId};
use crate::message::{Direction, Media, Message, MessageKind, Sender};
use crate::receipt::Status;
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
    /// A registered template instead of free text: `text` is its body, an attachment its header's file.
    pub template: Option<Box<Filled>>,
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
        outcome.next.require_open()?;
        let Some(route) = self.route(outcome).cloned() else {
            return Err(Refusal::ChannelNotConnected);
        };
        self.check(&route, outcome.now())?;
        if outcome.next.assignees.is_empty() {
            take(outcome, &self.by, AssignReason::Attend);
        }
        self.append(outcome, &route);
        Ok(())
    }

    /// Whether this client id was seen: with the same text (a repeat) or with another (a mistake).
    fn known(&self, outcome: &Outcome) -> Option<bool> {
        let id = Some(self.client_id.as_str());
        let known = outcome.next.recent_outbound.iter().find(|sent| sent.client_id.as_deref() == id)?;
        Some(*known.text == *self.text)
    }

    /// A template belongs to a channel; free text goes where the customer wrote last.
    fn route<'a>(&self, outcome: &'a Outcome) -> Option<&'a Route> {
        match &self.template {
            None => outcome.next.reply_route(),
            Some(template) => {
                outcome.next.routes.iter().find(|route| Some(route.channel_id) == template.channel_id)
            }
        }
    }

    fn check(&self, route: &Route, now: Timestamp) -> Result<(), Refusal> {
        let window = CareWindow::at(route.kind, route.last_inbound_at, now);
        if window.state == WindowState::Closed && self.template.is_none() {
            return Err(Refusal::WindowClosed { closed_at: window.expires_at });
        }
        let invalid = |field, detail: String| Err(Refusal::Invalid { field, detail });
        if self.client_id.is_empty() || self.client_id.len() > 64 {
            return invalid("client_id", "must have 1 to 64 characters".to_owned());
        }
        if self.text.trim().is_empty() && self.attachments.is_empty() {
            return invalid("text", "write something or attach a file".to_owned());
        }
        if self.template.is_some() {
            return Ok(());
        }
        let unresolved = placeholder::unresolved(&self.text);
        if !unresolved.is_empty() {
            return Err(Refusal::TemplateVarsMissing { vars: unresolved });
        }
        let (length, max) = (self.text.chars().count(), route.kind.max_text());
        if length > max {
            return invalid("text", format!("is {length} characters long; this channel takes {max}"));
        }
        let max_files = if route.kind == ChannelKind::Whatsapp { 1 } else { 10 };
        if self.attachments.len() > max_files {
            return invalid("media_ids", format!("this channel takes {max_files} per message"));
        }
        if let Some(limit) = self.caption_limit(route).filter(|limit| length > *limit) {
            let detail =
                format!("with this file WhatsApp takes {limit} characters; send the text separately");
            return invalid("text", detail);
        }
        Ok(())
    }

    /// How much text may travel with the file, where the channel has a rule of its own for that.
    fn caption_limit(&self, route: &Route) -> Option<usize> {
        let file = self.attachments.first().filter(|_| route.kind == ChannelKind::Whatsapp)?;
        Some(caption_limit(file.media.kind))
    }

    fn append(&self, outcome: &mut Outcome, route: &Route) {
        let webchat = route.kind == ChannelKind::Webchat;
        let status = if webchat { Status::Sent } else { Status::Queued };
        let message = self.message(outcome, route.channel_id, status);
        outcome.record(EventKind::Message(Box::new(message.clone())));
        let now = outcome.now();
        let next = &mut outcome.next;
        next.last_message = Some(Preview::of(&message));
        next.waiting_since = None;
        next.last_activity_at = now;
        next.remember(Outbound {
            id: message.id,
            seq: message.seq,
            status,
            client_id: message.client_id.as_deref().map(Into::into),
            text: message.text.as_str().into(),
        });
        if !webchat {
            let (message_id, channel_id) = (message.id, message.channel_id);
            outcome.changes.push(Change::Enqueue { message_id, channel_id });
            outcome.requests.push(Request::Transmit { message_id, channel_id });
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
            at: now,
            sent_at: (status == Status::Sent).then_some(now),
            delivered_at: None,
            read_at: None,
        }
    }
}

impl super::Conversation {
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
