//! Webhooks and their deliveries: made from the log in its order, kept until they arrived.

use super::super::Conn;
use crate::error::StoreError;
use crate::records::{Attempt, Delivery, DeliveryState, Heading, Logged, Webhook};
use crate::rows::word;
use crate::tables::{event, webhook, webhook_delivery};
use diesel::dsl::{exists, not};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use switchboard_engine::ids::{BusinessId, ConversationId, UserId};
use switchboard_engine::time::Timestamp;

#[derive(Queryable, Selectable)]
#[diesel(table_name = webhook)]
struct WebhookRow {
    id: i64,
    business_id: i64,
    user_id: i64,
    url: String,
    events: String,
    secret: Vec<u8>,
    enabled: bool,
    reason: Option<String>,
    position: i64,
    failing_since: Option<i64>,
    created_at: i64,
}

impl From<WebhookRow> for Webhook {
    fn from(row: WebhookRow) -> Self {
        Self {
            id: row.id,
            business_id: BusinessId(row.business_id),
            user_id: UserId(row.user_id),
            url: row.url,
            events: row.events.split_whitespace().map(str::to_owned).collect(),
            secret: row.secret,
            enabled: row.enabled,
            reason: row.reason,
            position: row.position,
            failing_since: row.failing_since.map(Timestamp),
            created_at: Timestamp(row.created_at),
        }
    }
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = webhook_delivery)]
struct DeliveryRow {
    id: i64,
    webhook_id: i64,
    event: String,
    conversation_id: Option<i64>,
    position: Option<i64>,
    state: String,
    attempt: i64,
    due_at: i64,
    answer: Option<i64>,
    problem: Option<String>,
    created_at: i64,
    finished_at: Option<i64>,
}

impl TryFrom<DeliveryRow> for Delivery {
    type Error = StoreError;

    fn try_from(row: DeliveryRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.id,
            webhook_id: row.webhook_id,
            event: row.event,
            conversation_id: row.conversation_id.map(ConversationId),
            position: row.position,
            state: word("webhook_delivery.state", &row.state, DeliveryState::parse)?,
            attempt: row.attempt,
            due_at: Timestamp(row.due_at),
            answer: row.answer.and_then(|status| status.try_into().ok()),
            problem: row.problem,
            created_at: Timestamp(row.created_at),
            finished_at: row.finished_at.map(Timestamp),
        })
    }
}

const QUEUED: &str = "queued";

pub(crate) async fn all(conn: &mut Conn) -> Result<Vec<Webhook>, StoreError> {
    let rows: Vec<WebhookRow> =
        webhook::table.order(webhook::id).select(WebhookRow::as_select()).load(conn).await?;
    Ok(rows.into_iter().map(Webhook::from).collect())
}

pub(crate) async fn create(conn: &mut Conn, new: &Webhook) -> Result<(), StoreError> {
    diesel::insert_into(webhook::table)
        .values((
            webhook::id.eq(new.id),
            webhook::business_id.eq(new.business_id.0),
            webhook::user_id.eq(new.user_id.0),
            webhook::url.eq(&new.url),
            webhook::events.eq(new.events.join(" ")),
            webhook::secret.eq(&new.secret),
            webhook::enabled.eq(new.enabled),
            webhook::position.eq(new.position),
            webhook::created_at.eq(new.created_at.0),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Everything a person may change; false when it is gone.
pub(crate) async fn change(conn: &mut Conn, to: &Webhook) -> Result<bool, StoreError> {
    let changed = diesel::update(webhook::table.find(to.id))
        .set((
            webhook::user_id.eq(to.user_id.0),
            webhook::url.eq(&to.url),
            webhook::events.eq(to.events.join(" ")),
            webhook::secret.eq(&to.secret),
            webhook::enabled.eq(to.enabled),
            webhook::reason.eq(&to.reason),
            webhook::failing_since.eq(to.failing_since.map(|at| at.0)),
        ))
        .execute(conn)
        .await?;
    Ok(changed == 1)
}

pub(crate) async fn delete(conn: &mut Conn, id: i64) -> Result<bool, StoreError> {
    diesel::delete(webhook_delivery::table.filter(webhook_delivery::webhook_id.eq(id))).execute(conn).await?;
    Ok(diesel::delete(webhook::table.find(id)).execute(conn).await? == 1)
}

/// What the log says after a position, in order, without contents.
pub(crate) async fn headings_after(
    conn: &mut Conn,
    position: i64,
    limit: i64,
) -> Result<Vec<Heading>, StoreError> {
    let rows: Vec<(i64, i64, String)> = event::table
        .filter(event::position.gt(position))
        .order(event::position)
        .limit(limit)
        .select((event::position, event::conversation_id, event::kind))
        .load(conn)
        .await?;
    let heading = |(position, conversation, kind)| Heading {
        position,
        conversation_id: ConversationId(conversation),
        kind,
    };
    Ok(rows.into_iter().map(heading).collect())
}

/// Queues deliveries and notes how far the log has been followed, together.
pub(crate) async fn follow(
    conn: &mut Conn,
    of: i64,
    deliveries: &[Delivery],
    upto: i64,
) -> Result<(), StoreError> {
    let moved = diesel::update(webhook::table.find(of)).set(webhook::position.eq(upto)).execute(conn).await?;
    if moved == 1 {
        for delivery in deliveries {
            queue(conn, delivery).await?;
        }
    }
    Ok(())
}

pub(crate) async fn queue(conn: &mut Conn, new: &Delivery) -> Result<(), StoreError> {
    diesel::insert_into(webhook_delivery::table)
        .values((
            webhook_delivery::id.eq(new.id),
            webhook_delivery::webhook_id.eq(new.webhook_id),
            webhook_delivery::event.eq(&new.event),
            webhook_delivery::conversation_id.eq(new.conversation_id.map(|id| id.0)),
            webhook_delivery::position.eq(new.position),
            webhook_delivery::state.eq(new.state.as_str()),
            webhook_delivery::attempt.eq(new.attempt),
            webhook_delivery::due_at.eq(new.due_at.0),
            webhook_delivery::created_at.eq(new.created_at.0),
        ))
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    Ok(())
}

/// Deliveries whose time has come, each the first of its conversation that waits: later ones stay behind it.
pub(crate) async fn due(
    conn: &mut Conn,
    of: i64,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<Delivery>, StoreError> {
    let earlier = diesel::alias!(webhook_delivery as earlier);
    let before = earlier
        .filter(earlier.field(webhook_delivery::webhook_id).eq(of))
        .filter(earlier.field(webhook_delivery::state).eq(QUEUED))
        .filter(earlier.field(webhook_delivery::conversation_id).eq(webhook_delivery::conversation_id))
        .filter(earlier.field(webhook_delivery::id).lt(webhook_delivery::id));
    let rows: Vec<DeliveryRow> = webhook_delivery::table
        .filter(webhook_delivery::webhook_id.eq(of).and(webhook_delivery::state.eq(QUEUED)))
        .filter(webhook_delivery::due_at.le(now.0).and(not(exists(before))))
        .order((webhook_delivery::due_at, webhook_delivery::id))
        .limit(limit)
        .select(DeliveryRow::as_select())
        .load(conn)
        .await?;
    rows.into_iter().map(Delivery::try_from).collect()
}

pub(crate) async fn count_waiting(conn: &mut Conn, of: i64) -> Result<i64, StoreError> {
    let waiting = webhook_delivery::table
        .filter(webhook_delivery::webhook_id.eq(of).and(webhook_delivery::state.eq(QUEUED)));
    Ok(waiting.count().get_result(conn).await?)
}

/// The log of a webhook, newest first.
pub(crate) async fn log(
    conn: &mut Conn,
    of: i64,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<Delivery>, StoreError> {
    let rows: Vec<DeliveryRow> = webhook_delivery::table
        .filter(webhook_delivery::webhook_id.eq(of))
        .filter(webhook_delivery::id.lt(before.unwrap_or(i64::MAX)))
        .order(webhook_delivery::id.desc())
        .limit(limit)
        .select(DeliveryRow::as_select())
        .load(conn)
        .await?;
    rows.into_iter().map(Delivery::try_from).collect()
}

/// Puts a finished delivery back into the queue.
pub(crate) async fn resend(
    conn: &mut Conn,
    of: i64,
    id: i64,
    at: Timestamp,
) -> Result<Option<Delivery>, StoreError> {
    let row =
        webhook_delivery::table.filter(webhook_delivery::id.eq(id).and(webhook_delivery::webhook_id.eq(of)));
    diesel::update(row.filter(webhook_delivery::state.ne(QUEUED)))
        .set((
            webhook_delivery::state.eq(QUEUED),
            webhook_delivery::attempt.eq(0),
            webhook_delivery::due_at.eq(at.0),
            webhook_delivery::finished_at.eq(None::<i64>),
        ))
        .execute(conn)
        .await?;
    let row: Option<DeliveryRow> = row.select(DeliveryRow::as_select()).first(conn).await.optional()?;
    row.map(Delivery::try_from).transpose()
}

pub(crate) async fn note(conn: &mut Conn, delivery: &Delivery, end: &Attempt) -> Result<(), StoreError> {
    let finished = (end.state != DeliveryState::Queued).then_some(end.at.0);
    diesel::update(webhook_delivery::table.find(delivery.id))
        .set((
            webhook_delivery::state.eq(end.state.as_str()),
            webhook_delivery::attempt.eq(delivery.attempt + 1),
            webhook_delivery::due_at.eq(end.due_at.0),
            webhook_delivery::answer.eq(end.answer.map(i64::from)),
            webhook_delivery::problem.eq(&end.problem),
            webhook_delivery::finished_at.eq(finished),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Since when nothing has arrived there, and whether that switches it off.
pub(crate) async fn health(
    conn: &mut Conn,
    of: i64,
    failing_since: Option<Timestamp>,
    off: Option<&str>,
) -> Result<(), StoreError> {
    let row = webhook::table.find(of);
    diesel::update(row).set(webhook::failing_since.eq(failing_since.map(|at| at.0))).execute(conn).await?;
    if let Some(reason) = off {
        diesel::update(row)
            .set((webhook::enabled.eq(false), webhook::reason.eq(reason)))
            .execute(conn)
            .await?;
    }
    Ok(())
}

pub(crate) async fn forget(conn: &mut Conn, before: Timestamp) -> Result<usize, StoreError> {
    let old = webhook_delivery::table.filter(webhook_delivery::finished_at.lt(before.0));
    Ok(diesel::delete(old).execute(conn).await?)
}

/// The event at a position, with its message.
pub(crate) async fn event_at(conn: &mut Conn, position: i64) -> Result<Option<Logged>, StoreError> {
    let found = super::message::events_after(conn, position - 1, 1).await?.pop();
    Ok(found.filter(|logged| logged.position == position))
}
