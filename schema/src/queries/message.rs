//! Messages: one by one, and as entries of a timeline or of the log.

use super::super::Conn;
use crate::error::StoreError;
use crate::records::{Logged, Page};
use crate::rows::event::{self as stored, EventRow};
use crate::rows::message::{MediaRow, MessageRow, OutboundRow};
use crate::rows::word;
use crate::tables::{event, media, message, read_state};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use std::collections::HashMap;
use std::ops::Range;
use switchboard_engine::conversation::{Event, Outbound, ReadState, Said};
use switchboard_engine::ids::{ChannelId, ConversationId, MessageId, UserId};
use switchboard_engine::message::{Media, Message};
use switchboard_engine::receipt::Status;
use switchboard_engine::time::Timestamp;

/// Messages with their files, by id.
async fn by_ids(conn: &mut Conn, ids: &[i64]) -> Result<HashMap<MessageId, Message>, StoreError> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let files: Vec<MediaRow> = media::table
        .filter(media::message_id.eq_any(ids))
        .order((media::message_id, media::position))
        .select(MediaRow::as_select())
        .load(conn)
        .await?;
    let mut attached: HashMap<i64, Vec<Media>> = HashMap::new();
    for file in files {
        let message = file.message_id.unwrap_or_default();
        attached.entry(message).or_default().push(file.try_into()?);
    }
    let rows: Vec<MessageRow> =
        message::table.filter(message::id.eq_any(ids)).select(MessageRow::as_select()).load(conn).await?;
    rows.into_iter()
        .map(|row| {
            let files = attached.remove(&row.id).unwrap_or_default();
            Ok((MessageId(row.id), row.assemble(files)?))
        })
        .collect()
}

pub(crate) async fn find(conn: &mut Conn, id: MessageId) -> Result<Option<Message>, StoreError> {
    Ok(by_ids(conn, &[id.0]).await?.remove(&id))
}

pub(crate) async fn by_client_id(
    conn: &mut Conn,
    conversation: ConversationId,
    client_id: &str,
) -> Result<Option<Message>, StoreError> {
    let id: Option<i64> = message::table
        .filter(message::conversation_id.eq(conversation.0).and(message::client_id.eq(client_id)))
        .select(message::id)
        .first(conn)
        .await
        .optional()?;
    match id {
        Some(id) => find(conn, MessageId(id)).await,
        None => Ok(None),
    }
}

pub(crate) async fn outbound(
    conn: &mut Conn,
    id: MessageId,
) -> Result<Option<(ConversationId, Outbound)>, StoreError> {
    let row: Option<OutboundRow> = message::table
        .filter(message::id.eq(id.0).and(message::direction.eq("out")))
        .select(OutboundRow::as_select())
        .first(conn)
        .await
        .optional()?;
    row.map(|row| Ok((ConversationId(row.conversation_id), row.try_into()?))).transpose()
}

/// See [`crate::Store::unread_outbound`].
pub(crate) async fn unread_outbound(
    conn: &mut Conn,
    conversation: ConversationId,
    channel: ChannelId,
    numbers: Range<i64>,
) -> Result<Vec<Outbound>, StoreError> {
    let rows: Vec<OutboundRow> = message::table
        .filter(message::conversation_id.eq(conversation.0))
        .filter(message::seq.ge(numbers.start).and(message::seq.lt(numbers.end)))
        .filter(message::direction.eq("out").and(message::channel_id.eq(channel.0)))
        .filter(message::status.eq_any(["sent", "delivered"]))
        .order(message::seq)
        .select(OutboundRow::as_select())
        .load(conn)
        .await?;
    rows.into_iter().map(TryInto::try_into).collect()
}

pub(crate) async fn newest_said(
    conn: &mut Conn,
    of: ConversationId,
    limit: i64,
) -> Result<Vec<Said>, StoreError> {
    let mut rows: Vec<(i64, i64, Option<String>)> = message::table
        .filter(message::conversation_id.eq(of.0))
        .filter(message::direction.ne("internal").and(message::sender_kind.ne("broadcast")))
        .order(message::seq.desc())
        .limit(limit)
        .select((message::id, message::at, message::status))
        .load(conn)
        .await?;
    rows.reverse();
    let said = |(id, at, status): (i64, i64, Option<String>)| {
        let status = status.map(|text| word("message.status", &text, Status::parse)).transpose()?;
        Ok(Said { id: MessageId(id), at: Timestamp(at), status })
    };
    rows.into_iter().map(said).collect()
}

pub(crate) async fn outbound_by_provider_id(
    conn: &mut Conn,
    channel: ChannelId,
    provider_id: &str,
) -> Result<Option<(ConversationId, Outbound)>, StoreError> {
    let row: Option<OutboundRow> = message::table
        .filter(message::channel_id.eq(channel.0).and(message::provider_message_id.eq(provider_id)))
        .filter(message::direction.eq("out"))
        .select(OutboundRow::as_select())
        .first(conn)
        .await
        .optional()?;
    row.map(|row| Ok((ConversationId(row.conversation_id), row.try_into()?))).transpose()
}

pub(crate) async fn inbound_count_upto(
    conn: &mut Conn,
    conversation: ConversationId,
    seq: i64,
) -> Result<i64, StoreError> {
    Ok(message::table
        .filter(message::conversation_id.eq(conversation.0).and(message::seq.le(seq)))
        .filter(message::direction.eq("in"))
        .count()
        .get_result(conn)
        .await?)
}

/// Read states of one user, for the conversations that have one.
pub(crate) async fn read_states(
    conn: &mut Conn,
    conversations: &[i64],
    user: UserId,
) -> Result<HashMap<ConversationId, ReadState>, StoreError> {
    let rows: Vec<(i64, i64, i64, bool)> = read_state::table
        .filter(read_state::user_id.eq(user.0).and(read_state::conversation_id.eq_any(conversations)))
        .select((
            read_state::conversation_id,
            read_state::last_read_seq,
            read_state::read_inbound_count,
            read_state::forced_unread,
        ))
        .load(conn)
        .await?;
    let states = rows.into_iter().map(|(id, last_read_seq, read_inbound_count, forced_unread)| {
        (ConversationId(id), ReadState { last_read_seq, read_inbound_count, forced_unread })
    });
    Ok(states.collect())
}

pub(crate) async fn read_state(
    conn: &mut Conn,
    conversation: ConversationId,
    user: UserId,
) -> Result<ReadState, StoreError> {
    let mut states = read_states(conn, &[conversation.0], user).await?;
    Ok(states.remove(&conversation).unwrap_or_default())
}

/// Entries in ascending order. Receipts and files are folded into their messages, which stand as they are at this moment.
pub(crate) async fn timeline(
    conn: &mut Conn,
    conversation: ConversationId,
    page: Page,
    limit: usize,
) -> Result<Vec<Event>, StoreError> {
    let all = event::table
        .filter(event::conversation_id.eq(conversation.0))
        .filter(event::kind.ne(stored::STATUS).and(event::kind.ne(stored::MEDIA)))
        .select(EventRow::as_select())
        .limit(limit as i64)
        .into_boxed();
    let mut rows: Vec<EventRow> = match page {
        Page::Newest => all.order(event::seq.desc()).load(conn).await?,
        Page::Before(seq) => all.filter(event::seq.lt(seq)).order(event::seq.desc()).load(conn).await?,
        Page::After(seq) => all.filter(event::seq.gt(seq)).order(event::seq.asc()).load(conn).await?,
    };
    rows.sort_unstable_by_key(|row| row.seq);
    Ok(assemble(conn, rows).await?.into_iter().map(|logged| logged.event).collect())
}

/// The log after a position, at most `limit` entries.
pub(crate) async fn events_after(
    conn: &mut Conn,
    position: i64,
    limit: usize,
) -> Result<Vec<Logged>, StoreError> {
    let rows: Vec<EventRow> = event::table
        .filter(event::position.gt(position))
        .order(event::position)
        .limit(limit as i64)
        .select(EventRow::as_select())
        .load(conn)
        .await?;
    assemble(conn, rows).await
}

async fn assemble(conn: &mut Conn, rows: Vec<EventRow>) -> Result<Vec<Logged>, StoreError> {
    let created = rows.iter().filter(|row| row.kind == stored::MESSAGE);
    let ids: Vec<i64> = created.filter_map(|row| row.message_id).collect();
    let mut messages = by_ids(conn, &ids).await?;
    rows.into_iter()
        .map(|row| {
            let (position, conversation_id) = (row.position, ConversationId(row.conversation_id));
            let event = row.assemble(|id| messages.remove(&id))?;
            Ok(Logged { position, conversation_id, event })
        })
        .collect()
}
