//! Advance, Acknowledge, FileArrived: news about messages already in the log. Receipts only climb; stale news changes nothing.

use super::{Change, EventKind, MessageUpdate, Outbound, Outcome, consent};
use crate::channel::ChannelKind;
use crate::consent::{Consent, ConsentSource, ConsentState, ConsentTopic};
use crate::ids::{ChannelId, MessageId};
use crate::message::Media;
use crate::receipt::{Receipt, Status};

#[derive(Clone, Debug, PartialEq)]
pub struct Advance {
    /// The message as it stands; the caller reads it from the database when the conversation no longer has it in mind.
    pub message: Outbound,
    pub receipt: Receipt,
    /// Known once the provider accepted it.
    pub provider_message_id: Option<String>,
}

impl Advance {
    pub(super) fn decide(&self, outcome: &mut Outcome) {
        let current = self.message.current(outcome);
        let receipt = Receipt { status: self.step(outcome), ..self.receipt.clone() };
        let failed = current.join(receipt.status) == Status::Failed && current != Status::Failed;
        advance(outcome, self.message.id, current, &receipt, self.provider_message_id.as_ref());
        if failed {
            heed_a_stop(outcome, &self.message, &receipt);
        }
    }

    /// A text message is never read, whatever its carrier calls the last report.
    fn step(&self, outcome: &Outcome) -> Status {
        let route = outcome.next.route_of(self.message.channel_id);
        match self.receipt.status {
            Status::Read if route.is_some_and(|route| route.kind == ChannelKind::Sms) => Status::Delivered,
            status => status,
        }
    }
}

/// A webchat visitor's browser got (`Delivered`) or showed (`Read`) everything of its channel up to `upto`. What went to the same person on
/// another line, or has not gone yet, is none of its business.
#[derive(Clone, Debug, PartialEq)]
pub struct Acknowledge {
    pub channel_id: ChannelId,
    pub upto: i64,
    pub status: Status,
    /// Of messages the conversation no longer has in mind, those that may be meant.
    pub older: Vec<Outbound>,
}

impl Acknowledge {
    pub(super) fn decide(&self, outcome: &mut Outcome) {
        let receipt = Receipt { status: self.status, at: outcome.now(), failure: None };
        let arrived = |sent: &Outbound| {
            let gone = !matches!(sent.status, Status::Queued | Status::Sending);
            sent.channel_id == self.channel_id && sent.seq <= self.upto && gone
        };
        let news = |sent: &&Outbound| arrived(sent) && sent.status.join(self.status) != sent.status;
        let recent = outcome.next.recent_outbound.iter();
        let reached: Vec<Outbound> = self.older.iter().chain(recent).filter(news).cloned().collect();
        for sent in reached {
            advance(outcome, sent.id, sent.status, &receipt, None);
        }
    }
}

pub(super) fn advance(
    outcome: &mut Outcome,
    id: MessageId,
    current: Status,
    receipt: &Receipt,
    provider_message_id: Option<&String>,
) {
    let status = current.join(receipt.status);
    let moved = status != current;
    if !moved && provider_message_id.is_none() && !is_overtaken(receipt.status, current) {
        return;
    }
    let failure = if status == Status::Failed { receipt.failure.clone() } else { None };
    outcome.changes.push(Change::UpdateMessage(MessageUpdate {
        message_id: id,
        status,
        step: receipt.status,
        at: receipt.at,
        failure: failure.clone(),
        hold: None,
        provider_message_id: provider_message_id.cloned(),
    }));
    if !matches!(status, Status::Queued | Status::Sending) {
        outcome.changes.push(Change::Dequeue { message_id: id });
    }
    if !moved {
        return;
    }
    outcome.next.note_status(id, status);
    let (hold, attempt) = (None, None);
    outcome.record(EventKind::Status { message_id: id, status, at: receipt.at, failure, hold, attempt });
}

/// The provider refused a message because the person wants none: that holds for the next one as well.
fn heed_a_stop(outcome: &mut Outcome, message: &Outbound, receipt: &Receipt) {
    let Some(failure) = receipt.failure.as_ref().filter(|failure| failure.code == "opted_out") else {
        return;
    };
    let Some(route) = outcome.next.route_of(message.channel_id) else { return };
    // WhatsApp knows of stops of marketing only.
    let whatsapp = route.kind == ChannelKind::Whatsapp;
    let consent = Consent {
        channel_kind: route.kind,
        channel_id: Some(route.channel_id),
        topic: if whatsapp { ConsentTopic::Marketing } else { ConsentTopic::All },
        state: ConsentState::OptedOut,
        source: ConsentSource::Provider,
        evidence: Some(failure.detail.clone()),
        at: receipt.at,
    };
    consent::record(outcome, consent, None);
}

/// A step on the way that was heard of after a later one: the tick stands, the time is still worth keeping.
fn is_overtaken(step: Status, current: Status) -> bool {
    matches!(
        (step, current),
        (Status::Sent, Status::Delivered | Status::Read) | (Status::Delivered, Status::Read)
    )
}

/// A provider's file is stored with us (`Ready`), could not be had (`Unavailable`), or is tried once more (`Pending`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileArrived {
    pub message_id: MessageId,
    pub media: Media,
}

impl FileArrived {
    pub(super) fn decide(&self, outcome: &mut Outcome) {
        let (message_id, media) = (self.message_id, self.media.clone());
        outcome.changes.push(Change::UpdateMedia { message_id, media: media.clone() });
        outcome.record(EventKind::Media { message_id, media });
    }
}
