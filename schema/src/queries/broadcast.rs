//! Broadcasts and their recipients.

use super::super::Conn;
use crate::error::StoreError;
use crate::records::{Broadcast, BroadcastState, Reached};
use crate::rows::{clean, word};
use crate::tables::{broadcast, broadcast_recipient, contact, contact_visibility, message, outbox};
use diesel::dsl::{count_star, exists, not, sql};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Text};
use diesel_async::RunQueryDsl;
use switchboard_engine::ids::{BroadcastId, BusinessId, ChannelId, ContactId, GroupId, TemplateId, UserId};
use switchboard_engine::time::Timestamp;

/// Contacts named in one statement.
const AT_ONCE: usize = 500;

#[derive(Queryable, Selectable)]
#[diesel(table_name = broadcast)]
struct BroadcastRow {
    id: i64,
    business_id: i64,
    group_id: i64,
    channel_id: i64,
    name: String,
    body: String,
    template_id: Option<i64>,
    vars: String,
    client_id: String,
    state: String,
    created_by: i64,
    created_by_name: String,
    created_at: i64,
    finished_at: Option<i64>,
}

impl TryFrom<BroadcastRow> for Broadcast {
    type Error = StoreError;

    fn try_from(row: BroadcastRow) -> Result<Self, StoreError> {
        let vars = serde_json::from_str(&row.vars);
        Ok(Self {
            id: BroadcastId(row.id),
            business_id: BusinessId(row.business_id),
            group_id: GroupId(row.group_id),
            channel_id: ChannelId(row.channel_id),
            name: row.name,
            text: row.body,
            template: row.template_id.map(TemplateId),
            vars: vars.map_err(|_| StoreError::corrupt("broadcast.vars", &row.vars))?,
            client_id: row.client_id,
            state: word("broadcast.state", &row.state, BroadcastState::parse)?,
            created_by: UserId(row.created_by),
            created_by_name: row.created_by_name,
            created_at: Timestamp(row.created_at),
            finished_at: row.finished_at.map(Timestamp),
        })
    }
}

/// With everybody it goes to, each named once; all of it or nothing.
pub(crate) async fn create(conn: &mut Conn, new: &Broadcast, to: &[ContactId]) -> Result<(), StoreError> {
    diesel::insert_into(broadcast::table)
        .values((
            broadcast::id.eq(new.id.0),
            broadcast::business_id.eq(new.business_id.0),
            broadcast::group_id.eq(new.group_id.0),
            broadcast::channel_id.eq(new.channel_id.0),
            broadcast::name.eq(clean(&new.name)),
            broadcast::body.eq(clean(&new.text)),
            broadcast::template_id.eq(new.template.map(|id| id.0)),
            broadcast::vars.eq(serde_json::to_string(&new.vars).unwrap_or_default()),
            broadcast::client_id.eq(clean(&new.client_id)),
            broadcast::state.eq(new.state.as_str()),
            broadcast::created_by.eq(new.created_by.0),
            broadcast::created_by_name.eq(&new.created_by_name),
            broadcast::created_at.eq(new.created_at.0),
        ))
        .execute(conn)
        .await?;
    let columns =
        (broadcast_recipient::broadcast_id, broadcast_recipient::contact_id, broadcast_recipient::state);
    for some in to.chunks(AT_ONCE) {
        let some: Vec<i64> = some.iter().map(|id| id.0).collect();
        let each = (new.id.0.into_sql::<BigInt>(), contact::id, "pending".into_sql::<Text>());
        diesel::insert_into(broadcast_recipient::table)
            .values(contact::table.filter(contact::id.eq_any(some)).select(each))
            .into_columns(columns)
            .execute(conn)
            .await?;
    }
    Ok(())
}

pub(crate) async fn find(conn: &mut Conn, id: BroadcastId) -> Result<Option<Broadcast>, StoreError> {
    let row: Option<BroadcastRow> =
        broadcast::table.find(id.0).select(BroadcastRow::as_select()).first(conn).await.optional()?;
    row.map(Broadcast::try_from).transpose()
}

pub(crate) async fn by_client_id(
    conn: &mut Conn,
    group: GroupId,
    client_id: &str,
) -> Result<Option<Broadcast>, StoreError> {
    let row: Option<BroadcastRow> = broadcast::table
        .filter(broadcast::group_id.eq(group.0).and(broadcast::client_id.eq(clean(client_id))))
        .select(BroadcastRow::as_select())
        .first(conn)
        .await
        .optional()?;
    row.map(Broadcast::try_from).transpose()
}

/// A group's, newest first.
pub(crate) async fn of_group(
    conn: &mut Conn,
    group: GroupId,
    limit: i64,
) -> Result<Vec<Broadcast>, StoreError> {
    let rows: Vec<BroadcastRow> = broadcast::table
        .filter(broadcast::group_id.eq(group.0))
        .order(broadcast::id.desc())
        .limit(limit)
        .select(BroadcastRow::as_select())
        .load(conn)
        .await?;
    rows.into_iter().map(Broadcast::try_from).collect()
}

/// What became of everybody a broadcast goes to.
pub(crate) async fn reached(conn: &mut Conn, of: BroadcastId) -> Result<Reached, StoreError> {
    type Row = (String, Option<String>, Option<String>, i64);
    let rows: Vec<Row> = broadcast_recipient::table
        .left_join(message::table.on(message::id.nullable().eq(broadcast_recipient::message_id)))
        .filter(broadcast_recipient::broadcast_id.eq(of.0))
        .group_by((broadcast_recipient::state, broadcast_recipient::reason, message::status))
        .select((
            broadcast_recipient::state,
            broadcast_recipient::reason,
            message::status.nullable(),
            count_star(),
        ))
        .load(conn)
        .await?;
    let mut reached = Reached::default();
    for (state, reason, status, count) in rows {
        reached.total += count;
        match (state.as_str(), status) {
            ("pending", _) => reached.pending += count,
            ("queued", status) => {
                *reached.messages.entry(status.unwrap_or_else(|| "unknown".to_owned())).or_default() += count;
            }
            _ => *reached.skipped.entry(reason.unwrap_or(state)).or_default() += count,
        }
    }
    Ok(reached)
}

/// Every broadcast under way, the oldest first.
pub(crate) async fn running(conn: &mut Conn) -> Result<Vec<Broadcast>, StoreError> {
    let rows: Vec<BroadcastRow> = broadcast::table
        .filter(sql::<Bool>("broadcast.state = 'sending'"))
        .order(broadcast::id)
        .select(BroadcastRow::as_select())
        .load(conn)
        .await?;
    rows.into_iter().map(Broadcast::try_from).collect()
}

/// Those who still wait, at most so many of them.
pub(crate) async fn next(conn: &mut Conn, of: BroadcastId, most: i64) -> Result<Vec<ContactId>, StoreError> {
    let next: Vec<i64> = broadcast_recipient::table
        .filter(broadcast_recipient::broadcast_id.eq(of.0))
        .filter(sql::<Bool>("broadcast_recipient.state = 'pending'"))
        .order(broadcast_recipient::contact_id)
        .limit(most)
        .select(broadcast_recipient::contact_id)
        .load(conn)
        .await?;
    Ok(next.into_iter().map(ContactId).collect())
}

/// Somebody who waits gets none, for a reason.
pub(crate) async fn skip(
    conn: &mut Conn,
    of: BroadcastId,
    contact: ContactId,
    reason: &str,
) -> Result<bool, StoreError> {
    let waiting =
        broadcast_recipient::table.find((of.0, contact.0)).filter(broadcast_recipient::state.eq("pending"));
    let skipped = diesel::update(waiting)
        .set((broadcast_recipient::state.eq("skipped"), broadcast_recipient::reason.eq(reason)))
        .execute(conn)
        .await?;
    Ok(skipped == 1)
}

/// Ends one under way; whoever still waits is skipped. False when it had ended before.
pub(crate) async fn finish(
    conn: &mut Conn,
    id: BroadcastId,
    state: BroadcastState,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let sending = broadcast::table.find(id.0).filter(broadcast::state.eq("sending"));
    let ended = diesel::update(sending)
        .set((broadcast::state.eq(state.as_str()), broadcast::finished_at.eq(now.0)))
        .execute(conn)
        .await?;
    if ended == 1 {
        let waiting = broadcast_recipient::table
            .filter(broadcast_recipient::broadcast_id.eq(id.0))
            .filter(broadcast_recipient::state.eq("pending"));
        diesel::update(waiting)
            .set((broadcast_recipient::state.eq("skipped"), broadcast_recipient::reason.eq("cancelled")))
            .execute(conn)
            .await?;
    }
    Ok(ended == 1)
}

/// How many messages wait for a channel's connector, held ones included; counted up to `most`.
pub(crate) async fn waiting_on(conn: &mut Conn, channel: ChannelId, most: i64) -> Result<usize, StoreError> {
    let waiting = outbox::table.filter(outbox::channel_id.eq(channel.0)).limit(most);
    Ok(waiting.select(outbox::channel_id).load::<i64>(conn).await?.len())
}

/// Those of `ids` who are contacts of the business and not hidden from `viewer`.
pub(crate) async fn visible_contacts(
    conn: &mut Conn,
    business: BusinessId,
    viewer: UserId,
    ids: &[ContactId],
) -> Result<Vec<ContactId>, StoreError> {
    let mut found = Vec::with_capacity(ids.len());
    for some in ids.chunks(AT_ONCE) {
        let keys: Vec<i64> = some.iter().map(|id| id.0).collect();
        let listed = contact_visibility::table.filter(contact_visibility::contact_id.eq(contact::id));
        let theirs = listed.filter(contact_visibility::user_id.eq(viewer.0));
        let rows: Vec<i64> = contact::table
            .filter(contact::id.eq_any(keys).and(contact::business_id.eq(business.0)))
            .filter(not(exists(listed)).or(exists(theirs)))
            .select(contact::id)
            .load(conn)
            .await?;
        found.extend(rows.into_iter().map(ContactId));
    }
    Ok(found)
}
