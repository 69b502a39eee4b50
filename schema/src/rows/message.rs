//! Messages and their files.

use super::{clean, word};
use crate::error::StoreError;
use crate::statement::statement;
use crate::tables::{media, message};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text};
use std::borrow::Cow;
use switchboard_engine::conversation::{MessageUpdate, Outbound};
use switchboard_engine::ids::{
    BroadcastId, BusinessId, ChannelId, ContactId, ConversationId, MediaId, MessageId, UserId,
};
use switchboard_engine::message::{Direction, Media, MediaKind, MediaState, Message, MessageKind, Sender};
use switchboard_engine::receipt::{Failure, Status};
use switchboard_engine::sending::{Hold, HoldReason};
use switchboard_engine::time::Timestamp;

statement! {
    insert "message" NewMessage['a] {
        id: i64 => BigInt,
        conversation_id: i64 => BigInt,
        seq: i64 => BigInt,
        channel_id: i64 => BigInt,
        direction: &'a str => Text,
        kind: &'a str => Text,
        sender_kind: &'a str => Text,
        sender_id: Option<i64> => Nullable<BigInt>,
        sender_name: Option<Cow<'a, str>> => Nullable<Text>,
        body: Cow<'a, str> => Text,
        extra: Option<String> => Nullable<Text>,
        client_id: Option<&'a str> => Nullable<Text>,
        provider_message_id: Option<&'a str> => Nullable<Text>,
        reply_to: Option<&'a str> => Nullable<Text>,
        status: Option<&'a str> => Nullable<Text>,
        failure_code: Option<&'a str> => Nullable<Text>,
        failure_detail: Option<Cow<'a, str>> => Nullable<Text>,
        hold_reason: Option<&'a str> => Nullable<Text>,
        release_at: Option<i64> => Nullable<BigInt>,
        at: i64 => BigInt,
        sent_at: Option<i64> => Nullable<BigInt>,
        delivered_at: Option<i64> => Nullable<BigInt>,
        read_at: Option<i64> => Nullable<BigInt>,
    } ""
}

statement! {
    /// The first time of each step stays; a failure is forgotten once it turns out not to be one, and everything when the message is queued
    /// again.
    with b MessageNews['a] {
        id: i64 => BigInt,
        status: &'a str => Text,
        failure_code: Option<&'a str> => Nullable<Text>,
        failure_detail: Option<Cow<'a, str>> => Nullable<Text>,
        hold_reason: Option<&'a str> => Nullable<Text>,
        release_at: Option<i64> => Nullable<BigInt>,
        provider_message_id: Option<&'a str> => Nullable<Text>,
        sent_at: Option<i64> => Nullable<BigInt>,
        delivered_at: Option<i64> => Nullable<BigInt>,
        read_at: Option<i64> => Nullable<BigInt>,
        failed_at: Option<i64> => Nullable<BigInt>,
    } "UPDATE message SET status = b.status, \
       failure_code = CASE WHEN b.status = 'failed' THEN COALESCE(b.failure_code, message.failure_code) END, \
       failure_detail = CASE WHEN b.status = 'failed' THEN COALESCE(b.failure_detail, message.failure_detail) END, \
       hold_reason = b.hold_reason, release_at = b.release_at, \
       provider_message_id = COALESCE(b.provider_message_id, message.provider_message_id), \
       sent_at = CASE WHEN b.status <> 'queued' THEN COALESCE(message.sent_at, b.sent_at) END, \
       delivered_at = COALESCE(message.delivered_at, b.delivered_at), \
       read_at = COALESCE(message.read_at, b.read_at), \
       failed_at = CASE WHEN b.status <> 'queued' THEN COALESCE(message.failed_at, b.failed_at) END \
       FROM b WHERE message.id = b.id"
}

statement! {
    /// A file comes with its message, or was uploaded before it; no row is written when another message has it.
    insert "media" NewMedia['a] {
        id: i64 => BigInt,
        business_id: i64 => BigInt,
        message_id: Option<i64> => Nullable<BigInt>,
        position: i64 => BigInt,
        kind: &'a str => Text,
        file_name: Option<Cow<'a, str>> => Nullable<Text>,
        mime: &'a str => Text,
        size: Option<i64> => Nullable<BigInt>,
        remote_reference: Option<&'a str> => Nullable<Text>,
        state: &'a str => Text,
        created_at: i64 => BigInt,
    } "ON CONFLICT (id) DO UPDATE SET message_id = excluded.message_id, position = excluded.position \
       WHERE media.message_id IS NULL"
}

statement! {
    with b MediaNews['a] {
        id: i64 => BigInt,
        kind: &'a str => Text,
        file_name: Option<Cow<'a, str>> => Nullable<Text>,
        mime: &'a str => Text,
        size: Option<i64> => Nullable<BigInt>,
        remote_reference: Option<&'a str> => Nullable<Text>,
        state: &'a str => Text,
    } "UPDATE media SET kind = b.kind, file_name = b.file_name, mime = b.mime, size = b.size, \
       remote_reference = b.remote_reference, state = b.state FROM b WHERE media.id = b.id"
}

/// A message as it is read. Its files are another query.
#[derive(Queryable, Selectable)]
#[diesel(table_name = message)]
pub(crate) struct MessageRow {
    pub(crate) id: i64,
    conversation_id: i64,
    seq: i64,
    channel_id: i64,
    direction: String,
    kind: String,
    sender_kind: String,
    sender_id: Option<i64>,
    sender_name: Option<String>,
    body: String,
    extra: Option<String>,
    client_id: Option<String>,
    provider_message_id: Option<String>,
    reply_to: Option<String>,
    status: Option<String>,
    failure_code: Option<String>,
    failure_detail: Option<String>,
    hold_reason: Option<String>,
    release_at: Option<i64>,
    attempt: i64,
    at: i64,
    sent_at: Option<i64>,
    delivered_at: Option<i64>,
    read_at: Option<i64>,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = media)]
pub(crate) struct MediaRow {
    id: i64,
    pub(crate) message_id: Option<i64>,
    kind: String,
    file_name: Option<String>,
    mime: String,
    size: Option<i64>,
    remote_reference: Option<String>,
    state: String,
}

/// What the rules remember of a sent message.
#[derive(Queryable, Selectable)]
#[diesel(table_name = message)]
pub(crate) struct OutboundRow {
    id: i64,
    pub(crate) conversation_id: i64,
    seq: i64,
    channel_id: i64,
    status: Option<String>,
    client_id: Option<String>,
    body: String,
}

pub(crate) fn direction_word(direction: Direction) -> &'static str {
    match direction {
        Direction::In => "in",
        Direction::Out => "out",
        Direction::Internal => "internal",
    }
}

pub(crate) fn parse_direction(text: &str) -> Option<Direction> {
    [Direction::In, Direction::Out, Direction::Internal]
        .into_iter()
        .find(|direction| direction_word(*direction) == text)
}

impl MessageRow {
    pub(crate) fn assemble(self, media: Vec<Media>) -> Result<Message, StoreError> {
        let extra = self.extra.as_deref().map(serde_json::from_str).transpose();
        let status = self.status.as_deref().map(|text| word("message.status", text, Status::parse));
        let detail = self.failure_detail.unwrap_or_default();
        Ok(Message {
            id: MessageId(self.id),
            conversation_id: ConversationId(self.conversation_id),
            seq: self.seq,
            channel_id: ChannelId(self.channel_id),
            direction: word("message.direction", &self.direction, parse_direction)?,
            kind: word("message.kind", &self.kind, MessageKind::parse)?,
            sender: sender(&self.sender_kind, self.sender_id)?,
            sender_name: self.sender_name,
            text: self.body,
            media,
            extra: extra
                .map_err(|error| StoreError::Corrupt(format!("message.extra of {}: {error}", self.id)))?,
            client_id: self.client_id,
            provider_message_id: self.provider_message_id,
            reply_to: self.reply_to,
            status: status.transpose()?,
            failure: self.failure_code.map(|code| Failure { code, detail }),
            hold: hold(self.hold_reason.as_deref(), self.release_at)?,
            attempt: self.attempt,
            at: Timestamp(self.at),
            sent_at: self.sent_at.map(Timestamp),
            delivered_at: self.delivered_at.map(Timestamp),
            read_at: self.read_at.map(Timestamp),
        })
    }
}

fn hold(reason: Option<&str>, release_at: Option<i64>) -> Result<Option<Hold>, StoreError> {
    let (Some(reason), Some(at)) = (reason, release_at) else { return Ok(None) };
    let reason = word("message.hold_reason", reason, HoldReason::parse)?;
    Ok(Some(Hold { reason, release_at: Timestamp(at) }))
}

fn sender(kind: &str, id: Option<i64>) -> Result<Sender, StoreError> {
    match (kind, id) {
        ("contact", Some(id)) => Ok(Sender::Contact(ContactId(id))),
        ("user", Some(id)) => Ok(Sender::User(UserId(id))),
        ("ai", _) => Ok(Sender::Ai),
        ("bot", _) => Ok(Sender::Bot),
        ("broadcast", Some(id)) => Ok(Sender::Broadcast(BroadcastId(id))),
        _ => Err(StoreError::corrupt("message.sender_kind", kind)),
    }
}

impl TryFrom<MediaRow> for Media {
    type Error = StoreError;

    fn try_from(row: MediaRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: MediaId(row.id),
            kind: word("media.kind", &row.kind, MediaKind::parse)?,
            file_name: row.file_name,
            mime: row.mime,
            size: row.size,
            remote_reference: row.remote_reference,
            state: word("media.state", &row.state, MediaState::parse)?,
        })
    }
}

impl TryFrom<OutboundRow> for Outbound {
    type Error = StoreError;

    fn try_from(row: OutboundRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: MessageId(row.id),
            seq: row.seq,
            channel_id: ChannelId(row.channel_id),
            status: word("message.status", row.status.as_deref().unwrap_or("NULL"), Status::parse)?,
            client_id: row.client_id.map(Into::into),
            text: row.body.into(),
        })
    }
}

impl<'a> NewMessage<'a> {
    pub(crate) fn of(message: &'a Message) -> Self {
        let (sender_kind, sender_id) = match message.sender {
            Sender::Contact(id) => ("contact", Some(id.0)),
            Sender::User(id) => ("user", Some(id.0)),
            Sender::Ai => ("ai", None),
            Sender::Bot => ("bot", None),
            Sender::Broadcast(id) => ("broadcast", Some(id.0)),
        };
        let failure = message.failure.as_ref();
        Self {
            id: message.id.0,
            conversation_id: message.conversation_id.0,
            seq: message.seq,
            channel_id: message.channel_id.0,
            direction: direction_word(message.direction),
            kind: message.kind.as_str(),
            sender_kind,
            sender_id,
            sender_name: message.sender_name.as_deref().map(clean),
            body: clean(&message.text),
            extra: message.extra.as_ref().map(ToString::to_string),
            client_id: message.client_id.as_deref(),
            provider_message_id: message.provider_message_id.as_deref(),
            reply_to: message.reply_to.as_deref(),
            status: message.status.map(Status::as_str),
            failure_code: failure.map(|failure| failure.code.as_str()),
            failure_detail: failure.map(|failure| clean(&failure.detail)),
            hold_reason: message.hold.map(|hold| hold.reason.as_str()),
            release_at: message.hold.map(|hold| hold.release_at.0),
            at: message.at.0,
            sent_at: message.sent_at.map(|at| at.0),
            delivered_at: message.delivered_at.map(|at| at.0),
            read_at: message.read_at.map(|at| at.0),
        }
    }
}

impl<'a> MessageNews<'a> {
    pub(crate) fn of(update: &'a MessageUpdate) -> Self {
        let at = |step| (update.step == step).then_some(update.at.0);
        let failure = update.failure.as_ref();
        Self {
            id: update.message_id.0,
            status: update.status.as_str(),
            failure_code: failure.map(|failure| failure.code.as_str()),
            failure_detail: failure.map(|failure| clean(&failure.detail)),
            hold_reason: update.hold.map(|hold| hold.reason.as_str()),
            release_at: update.hold.map(|hold| hold.release_at.0),
            provider_message_id: update.provider_message_id.as_deref(),
            sent_at: at(Status::Sent),
            delivered_at: at(Status::Delivered),
            read_at: at(Status::Read),
            failed_at: at(Status::Failed),
        }
    }
}

impl<'a> NewMedia<'a> {
    /// The files of `message`, in their order.
    pub(crate) fn of(business: BusinessId, message: &'a Message) -> impl Iterator<Item = Self> + 'a {
        message.media.iter().zip(0..).map(move |(file, position)| Self {
            id: file.id.0,
            business_id: business.0,
            message_id: Some(message.id.0),
            position,
            kind: file.kind.as_str(),
            file_name: file.file_name.as_deref().map(clean),
            mime: &file.mime,
            size: file.size,
            remote_reference: file.remote_reference.as_deref(),
            state: file.state.as_str(),
            created_at: message.at.0,
        })
    }
}

impl<'a> MediaNews<'a> {
    pub(crate) fn of(file: &'a Media) -> Self {
        Self {
            id: file.id.0,
            kind: file.kind.as_str(),
            file_name: file.file_name.as_deref().map(clean),
            mime: &file.mime,
            size: file.size,
            remote_reference: file.remote_reference.as_deref(),
            state: file.state.as_str(),
        }
    }
}
