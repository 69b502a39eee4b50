//! The outbox, receipts that came too early, and the quarantine.

use super::super::Conn;
use crate::error::StoreError;
use crate::records::{Quarantined, Waiting};
use crate::rows::word;
use crate::tables::{care_window, message, outbox, pending_receipt, quarantine};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use switchboard_engine::ids::{ChannelId, ConversationId, MessageId};
use switchboard_engine::receipt::{Failure, Receipt, Status};
use switchboard_engine::time::Timestamp;

type WaitingRow = (i64, i64, i64, i64, i64);

const WAITING: (
    outbox::message_id,
    outbox::channel_id,
    outbox::conversation_id,
    outbox::attempt,
    outbox::due_at,
) = (outbox::message_id, outbox::channel_id, outbox::conversation_id, outbox::attempt, outbox::due_at);

fn waiting((message, channel, conversation, attempt, due): WaitingRow) -> Waiting {
    Waiting {
        message_id: MessageId(message),
        channel_id: ChannelId(channel),
        conversation_id: ConversationId(conversation),
        attempt,
        due_at: Timestamp(due),
    }
}

/// Queued and due, the longest waiting first.
pub(crate) async fn due(conn: &mut Conn, now: Timestamp, limit: usize) -> Result<Vec<Waiting>, StoreError> {
    let rows: Vec<WaitingRow> = outbox::table
        .filter(outbox::state.eq("queued").and(outbox::due_at.le(now.0)))
        .order((outbox::due_at, outbox::message_id))
        .limit(limit as i64)
        .select(WAITING)
        .load(conn)
        .await?;
    Ok(rows.into_iter().map(waiting).collect())
}

/// Claimed before `before` and never settled: whether they left is unknown.
pub(crate) async fn stale(conn: &mut Conn, before: Timestamp) -> Result<Vec<Waiting>, StoreError> {
    let rows: Vec<WaitingRow> = outbox::table
        .filter(outbox::state.eq("sending").and(outbox::claimed_at.le(before.0)))
        .order(outbox::message_id)
        .select(WAITING)
        .load(conn)
        .await?;
    Ok(rows.into_iter().map(waiting).collect())
}

/// The number of the attempt, or nothing when it is not there to be taken.
pub(crate) async fn claim(conn: &mut Conn, id: MessageId, now: Timestamp) -> Result<Option<i64>, StoreError> {
    let attempt: Option<i64> = diesel::update(outbox::table.find(id.0).filter(outbox::state.eq("queued")))
        .set((
            outbox::state.eq("sending"),
            outbox::attempt.eq(outbox::attempt + 1),
            outbox::claimed_at.eq(now.0),
        ))
        .returning(outbox::attempt)
        .get_result(conn)
        .await
        .optional()?;
    if let Some(attempt) = attempt {
        diesel::update(message::table.find(id.0)).set(message::attempt.eq(attempt)).execute(conn).await?;
    }
    Ok(attempt)
}

/// False when it is not under way.
pub(crate) async fn release(conn: &mut Conn, id: MessageId, due_at: Timestamp) -> Result<bool, StoreError> {
    let changed = diesel::update(outbox::table.find(id.0).filter(outbox::state.eq("sending")))
        .set((outbox::state.eq("queued"), outbox::due_at.eq(due_at.0), outbox::claimed_at.eq(None::<i64>)))
        .execute(conn)
        .await?;
    Ok(changed == 1)
}

pub(crate) async fn park_receipt(
    conn: &mut Conn,
    channel: ChannelId,
    provider_id: &str,
    receipt: &Receipt,
    now: Timestamp,
) -> Result<(), StoreError> {
    let failure = receipt.failure.as_ref();
    diesel::insert_into(pending_receipt::table)
        .values((
            pending_receipt::channel_id.eq(channel.0),
            pending_receipt::provider_message_id.eq(provider_id),
            pending_receipt::status.eq(receipt.status.as_str()),
            pending_receipt::at.eq(receipt.at.0),
            pending_receipt::failure_code.eq(failure.map(|failure| failure.code.as_str())),
            pending_receipt::failure_detail.eq(failure.map(|failure| failure.detail.as_str())),
            pending_receipt::created_at.eq(now.0),
        ))
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    Ok(())
}

/// In the order of the provider's clock; they are gone from here afterwards.
pub(crate) async fn take_receipts(
    conn: &mut Conn,
    channel: ChannelId,
    provider_id: &str,
) -> Result<Vec<Receipt>, StoreError> {
    let about =
        pending_receipt::channel_id.eq(channel.0).and(pending_receipt::provider_message_id.eq(provider_id));
    let mut rows: Vec<(String, i64, Option<String>, Option<String>)> =
        diesel::delete(pending_receipt::table.filter(about))
            .returning((
                pending_receipt::status,
                pending_receipt::at,
                pending_receipt::failure_code,
                pending_receipt::failure_detail,
            ))
            .load(conn)
            .await?;
    rows.sort_unstable_by_key(|(_, at, ..)| *at);
    rows.into_iter()
        .map(|(status, at, code, detail)| {
            Ok(Receipt {
                status: word("pending_receipt.status", &status, Status::parse)?,
                at: Timestamp(at),
                failure: code.map(|code| Failure { code, detail: detail.unwrap_or_default() }),
            })
        })
        .collect()
}

pub(crate) async fn forget_receipts(conn: &mut Conn, before: Timestamp) -> Result<usize, StoreError> {
    let old = pending_receipt::table.filter(pending_receipt::created_at.lt(before.0));
    Ok(diesel::delete(old).execute(conn).await?)
}

pub(crate) async fn care_window(
    conn: &mut Conn,
    channel: ChannelId,
    address: &str,
) -> Result<Option<Timestamp>, StoreError> {
    let at: Option<i64> = care_window::table
        .filter(care_window::channel_id.eq(channel.0).and(care_window::address.eq(address)))
        .select(care_window::last_inbound_at)
        .first(conn)
        .await
        .optional()?;
    Ok(at.map(Timestamp))
}

pub(crate) async fn quarantine(conn: &mut Conn, item: &Quarantined) -> Result<(), StoreError> {
    diesel::insert_into(quarantine::table)
        .values((
            quarantine::id.eq(item.id),
            quarantine::source.eq(&item.source),
            quarantine::conversation_id.eq(item.conversation_id.map(|id| id.0)),
            quarantine::payload.eq(&item.payload),
            quarantine::error.eq(&item.error),
            quarantine::tries.eq(item.tries),
            quarantine::at.eq(item.at.0),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Newest first.
pub(crate) async fn quarantined(conn: &mut Conn, limit: usize) -> Result<Vec<Quarantined>, StoreError> {
    type Row = (i64, String, Option<i64>, String, String, i64, i64);
    let rows: Vec<Row> = quarantine::table
        .order((quarantine::at.desc(), quarantine::id.desc()))
        .limit(limit as i64)
        .select((
            quarantine::id,
            quarantine::source,
            quarantine::conversation_id,
            quarantine::payload,
            quarantine::error,
            quarantine::tries,
            quarantine::at,
        ))
        .load(conn)
        .await?;
    let item = |(id, source, conversation, payload, error, tries, at): Row| Quarantined {
        id,
        source,
        conversation_id: conversation.map(ConversationId),
        payload,
        error,
        tries,
        at: Timestamp(at),
    };
    Ok(rows.into_iter().map(item).collect())
}

pub(crate) async fn release_quarantined(conn: &mut Conn, id: i64) -> Result<bool, StoreError> {
    Ok(diesel::delete(quarantine::table.find(id)).execute(conn).await? == 1)
}
