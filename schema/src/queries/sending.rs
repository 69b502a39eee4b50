//! What the rules of sending ask: consent, business hours, held messages, windows about to end.

use super::super::Conn;
use crate::error::StoreError;
use crate::records::{EndedWindow, Held, OutboxRow, StoredHours};
use crate::rows::word;
use crate::tables::{
    business_hours, care_window, consent, contact, conversation, conversation_route, outbox,
};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use switchboard_engine::business_hours::Schedule;
use switchboard_engine::channel::ChannelKind;
use switchboard_engine::consent::{Consent, ConsentSource, ConsentState, ConsentTopic};
use switchboard_engine::ids::{BusinessId, ChannelId, ContactId, ConversationId, GroupId, MessageId};
use switchboard_engine::time::Timestamp;

pub(crate) async fn consents(conn: &mut Conn, of: ContactId) -> Result<Vec<Consent>, StoreError> {
    type Row = (String, i64, String, String, String, Option<String>, i64);
    let rows: Vec<Row> = consent::table
        .filter(consent::contact_id.eq(of.0))
        .order((consent::channel_kind, consent::channel_id, consent::topic))
        .select((
            consent::channel_kind,
            consent::channel_id,
            consent::topic,
            consent::state,
            consent::source,
            consent::evidence,
            consent::at,
        ))
        .load(conn)
        .await?;
    let one = |(kind, channel, topic, state, source, evidence, at): Row| {
        Ok(Consent {
            channel_kind: word("consent.channel_kind", &kind, ChannelKind::parse)?,
            channel_id: (channel != 0).then_some(ChannelId(channel)),
            topic: word("consent.topic", &topic, ConsentTopic::parse)?,
            state: word("consent.state", &state, ConsentState::parse)?,
            source: word("consent.source", &source, ConsentSource::parse)?,
            evidence,
            at: Timestamp(at),
        })
    };
    rows.into_iter().map(one).collect()
}

/// For contacts nobody is in conversation with; the newest word stays.
pub(crate) async fn set_consent(conn: &mut Conn, of: ContactId, said: &Consent) -> Result<(), StoreError> {
    let key = consent::contact_id
        .eq(of.0)
        .and(consent::channel_kind.eq(said.channel_kind.as_str()))
        .and(consent::channel_id.eq(said.channel_id.map_or(0, |id| id.0)))
        .and(consent::topic.eq(said.topic.as_str()));
    diesel::delete(consent::table.filter(key.and(consent::at.le(said.at.0)))).execute(conn).await?;
    diesel::insert_into(consent::table)
        .values((
            consent::contact_id.eq(of.0),
            consent::channel_kind.eq(said.channel_kind.as_str()),
            consent::channel_id.eq(said.channel_id.map_or(0, |id| id.0)),
            consent::topic.eq(said.topic.as_str()),
            consent::state.eq(said.state.as_str()),
            consent::source.eq(said.source.as_str()),
            consent::evidence.eq(said.evidence.as_deref()),
            consent::at.eq(said.at.0),
        ))
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    Ok(())
}

/// `None` when there is no such contact.
pub(crate) async fn is_archived(conn: &mut Conn, of: ContactId) -> Result<Option<bool>, StoreError> {
    let status: Option<String> =
        contact::table.find(of.0).select(contact::status).first(conn).await.optional()?;
    Ok(status.map(|status| status == "archived"))
}

pub(crate) async fn open_conversations_of(
    conn: &mut Conn,
    of: ContactId,
) -> Result<Vec<ConversationId>, StoreError> {
    let ids: Vec<i64> = conversation::table
        .filter(conversation::contact_id.eq(of.0).and(conversation::status.eq("open")))
        .order(conversation::id)
        .select(conversation::id)
        .load(conn)
        .await?;
    Ok(ids.into_iter().map(ConversationId).collect())
}

/// Groups that are, or were, in conversation with a contact.
pub(crate) async fn groups_of_contact(conn: &mut Conn, of: ContactId) -> Result<Vec<GroupId>, StoreError> {
    let ids: Vec<i64> = conversation::table
        .filter(conversation::contact_id.eq(of.0))
        .select(conversation::group_id)
        .distinct()
        .load(conn)
        .await?;
    Ok(ids.into_iter().map(GroupId).collect())
}

/// The group 0 is the business itself.
pub(crate) async fn hours(conn: &mut Conn, of: BusinessId) -> Result<Vec<StoredHours>, StoreError> {
    let rows: Vec<(i64, String)> = business_hours::table
        .filter(business_hours::business_id.eq(of.0))
        .select((business_hours::group_id, business_hours::schedule))
        .load(conn)
        .await?;
    rows.into_iter()
        .map(|(group, schedule)| {
            let schedule: Schedule = serde_json::from_str(&schedule).map_err(|error| {
                StoreError::Corrupt(format!("business_hours.schedule of {group}: {error}"))
            })?;
            Ok(StoredHours { group_id: (group != 0).then_some(GroupId(group)), schedule })
        })
        .collect()
}

/// `None` forgets them.
pub(crate) async fn set_hours(
    conn: &mut Conn,
    of: BusinessId,
    group: Option<GroupId>,
    schedule: Option<&Schedule>,
    at: Timestamp,
) -> Result<(), StoreError> {
    let group = group.map_or(0, |id| id.0);
    let present = business_hours::business_id.eq(of.0).and(business_hours::group_id.eq(group));
    diesel::delete(business_hours::table.filter(present)).execute(conn).await?;
    let Some(schedule) = schedule else { return Ok(()) };
    let text = serde_json::to_string(schedule)
        .map_err(|error| StoreError::Corrupt(format!("a schedule cannot be written: {error}")))?;
    diesel::insert_into(business_hours::table)
        .values((
            business_hours::business_id.eq(of.0),
            business_hours::group_id.eq(group),
            business_hours::schedule.eq(text),
            business_hours::updated_at.eq(at.0),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

pub(crate) async fn outbox_row(conn: &mut Conn, id: MessageId) -> Result<Option<OutboxRow>, StoreError> {
    let row: Option<(String, i64, i64)> = outbox::table
        .find(id.0)
        .select((outbox::state, outbox::attempt, outbox::created_at))
        .first(conn)
        .await
        .optional()?;
    Ok(row.map(|(state, attempt, at)| OutboxRow {
        under_way: state == "sending",
        attempt,
        queued_at: Timestamp(at),
    }))
}

type HeldRow = (i64, i64, i64);

fn held((message, conversation, due): HeldRow) -> Held {
    let (message_id, conversation_id) = (MessageId(message), ConversationId(conversation));
    Held { message_id, conversation_id, release_at: Timestamp(due) }
}

/// Held messages in the order of their release, those due at `upto` or before.
pub(crate) async fn held_until(
    conn: &mut Conn,
    upto: Timestamp,
    limit: usize,
) -> Result<Vec<Held>, StoreError> {
    let rows: Vec<HeldRow> = outbox::table
        .filter(outbox::state.eq("held").and(outbox::due_at.le(upto.0)))
        .order((outbox::due_at, outbox::message_id))
        .limit(limit as i64)
        .select((outbox::message_id, outbox::conversation_id, outbox::due_at))
        .load(conn)
        .await?;
    Ok(rows.into_iter().map(held).collect())
}

/// Windows whose last message came after `after`, up to and including `upto`.
pub(crate) async fn windows_between(
    conn: &mut Conn,
    after: Timestamp,
    upto: Timestamp,
    limit: usize,
) -> Result<Vec<EndedWindow>, StoreError> {
    let rows: Vec<(i64, String, i64)> = care_window::table
        .filter(care_window::last_inbound_at.gt(after.0).and(care_window::last_inbound_at.le(upto.0)))
        .order((care_window::last_inbound_at, care_window::channel_id, care_window::address))
        .limit(limit as i64)
        .select((care_window::channel_id, care_window::address, care_window::last_inbound_at))
        .load(conn)
        .await?;
    let one = |(channel, address, at): (i64, String, i64)| {
        let last_inbound_at = Timestamp(at);
        EndedWindow { channel_id: ChannelId(channel), address, last_inbound_at }
    };
    Ok(rows.into_iter().map(one).collect())
}

pub(crate) async fn next_window(conn: &mut Conn, after: Timestamp) -> Result<Option<Timestamp>, StoreError> {
    let next: Option<i64> = care_window::table
        .filter(care_window::last_inbound_at.gt(after.0))
        .select(diesel::dsl::min(care_window::last_inbound_at))
        .first(conn)
        .await?;
    Ok(next.map(Timestamp))
}

pub(crate) async fn next_held(conn: &mut Conn) -> Result<Option<Timestamp>, StoreError> {
    let next: Option<i64> = outbox::table
        .filter(outbox::state.eq("held"))
        .select(diesel::dsl::min(outbox::due_at))
        .first(conn)
        .await?;
    Ok(next.map(Timestamp))
}

/// Open conversations that use this pair of numbers.
pub(crate) async fn conversations_on(
    conn: &mut Conn,
    channel: ChannelId,
    address: &str,
) -> Result<Vec<ConversationId>, StoreError> {
    let ids: Vec<i64> = conversation_route::table
        .inner_join(conversation::table.on(conversation::id.eq(conversation_route::conversation_id)))
        .filter(conversation_route::channel_id.eq(channel.0).and(conversation_route::address.eq(address)))
        .filter(conversation::status.eq("open"))
        .select(conversation::id)
        .load(conn)
        .await?;
    Ok(ids.into_iter().map(ConversationId).collect())
}
