//! Connected lines.

use super::super::Conn;
use crate::error::StoreError;
use crate::records::{ChannelRecord, ChannelState, ChannelStatus, ChannelTimes};
use crate::rows::word;
use crate::tables::channel;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use switchboard_engine::channel::health::Condition;
use switchboard_engine::channel::{Channel, ChannelKind, Provider, Registration};
use switchboard_engine::ids::{BusinessId, ChannelId, GroupId};
use switchboard_engine::receipt::Failure;
use switchboard_engine::time::Timestamp;

#[derive(Queryable, Selectable)]
#[diesel(table_name = channel)]
struct ChannelRow {
    id: i64,
    business_id: i64,
    group_id: i64,
    kind: String,
    provider: String,
    address: String,
    name: String,
    status: String,
    credentials: Option<Vec<u8>>,
    settings: String,
    created_at: i64,
    phone: Option<String>,
    registration: String,
    reason_code: Option<String>,
    reason_detail: Option<String>,
    last_inbound_at: Option<i64>,
    last_outbound_at: Option<i64>,
    last_callback_at: Option<i64>,
}

impl TryFrom<ChannelRow> for ChannelRecord {
    type Error = StoreError;

    fn try_from(row: ChannelRow) -> Result<Self, StoreError> {
        let settings = serde_json::from_str(&row.settings);
        let channel = Channel {
            id: ChannelId(row.id),
            business_id: BusinessId(row.business_id),
            group_id: GroupId(row.group_id),
            kind: word("channel.kind", &row.kind, ChannelKind::parse)?,
            provider: word("channel.provider", &row.provider, Provider::parse)?,
            name: row.name,
            address: row.address,
        };
        Ok(Self {
            channel,
            status: word("channel.status", &row.status, ChannelStatus::parse)?,
            credentials: row.credentials,
            settings: settings.map_err(|error| StoreError::Corrupt(format!("channel.settings: {error}")))?,
            created_at: Timestamp(row.created_at),
            state: ChannelState {
                phone: row.phone,
                registration: word("channel.registration", &row.registration, Registration::parse)?,
                reason: row
                    .reason_code
                    .map(|code| Failure { code, detail: row.reason_detail.unwrap_or_default() }),
                times: ChannelTimes {
                    inbound: row.last_inbound_at.map(Timestamp),
                    outbound: row.last_outbound_at.map(Timestamp),
                    callback: row.last_callback_at.map(Timestamp),
                },
            },
        })
    }
}

pub(crate) async fn all(conn: &mut Conn) -> Result<Vec<ChannelRecord>, StoreError> {
    let rows: Vec<ChannelRow> =
        channel::table.order(channel::id).select(ChannelRow::as_select()).load(conn).await?;
    rows.into_iter().map(ChannelRecord::try_from).collect()
}

pub(crate) async fn create(conn: &mut Conn, record: &ChannelRecord) -> Result<(), StoreError> {
    let ChannelRecord { channel: line, status, credentials, settings, created_at, state } = record;
    diesel::insert_into(channel::table)
        .values((
            channel::id.eq(line.id.0),
            channel::business_id.eq(line.business_id.0),
            channel::group_id.eq(line.group_id.0),
            channel::kind.eq(line.kind.as_str()),
            channel::provider.eq(line.provider.as_str()),
            channel::address.eq(&line.address),
            channel::name.eq(&line.name),
            channel::status.eq(status.as_str()),
            channel::credentials.eq(credentials),
            channel::settings.eq(settings.to_string()),
            channel::created_at.eq(created_at.0),
            channel::updated_at.eq(created_at.0),
            channel::phone.eq(&state.phone),
            channel::registration.eq(state.registration.as_str()),
            channel::reason_code.eq(state.reason.as_ref().map(|reason| &reason.code)),
            channel::reason_detail.eq(state.reason.as_ref().map(|reason| &reason.detail)),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

pub(crate) async fn one(conn: &mut Conn, id: ChannelId) -> Result<Option<ChannelRecord>, StoreError> {
    let row: Option<ChannelRow> =
        channel::table.find(id.0).select(ChannelRow::as_select()).first(conn).await.optional()?;
    row.map(ChannelRecord::try_from).transpose()
}

/// Writes what an admin may change; status and times belong to [`set_condition`].
pub(crate) async fn update(
    conn: &mut Conn,
    record: &ChannelRecord,
    at: Timestamp,
) -> Result<bool, StoreError> {
    let changed = diesel::update(channel::table.find(record.channel.id.0))
        .set((
            channel::group_id.eq(record.channel.group_id.0),
            channel::name.eq(&record.channel.name),
            channel::credentials.eq(&record.credentials),
            channel::settings.eq(record.settings.to_string()),
            channel::phone.eq(&record.state.phone),
            channel::registration.eq(record.state.registration.as_str()),
            channel::updated_at.eq(at.0),
        ))
        .execute(conn)
        .await?;
    Ok(changed == 1)
}

/// Writes how the line is doing.
pub(crate) async fn set_condition(
    conn: &mut Conn,
    id: ChannelId,
    condition: &Condition,
    seen: ChannelTimes,
) -> Result<(), StoreError> {
    diesel::update(channel::table.find(id.0))
        .set((
            channel::status.eq(condition.status.as_str()),
            channel::reason_code.eq(condition.reason.as_ref().map(|reason| &reason.code)),
            channel::reason_detail.eq(condition.reason.as_ref().map(|reason| &reason.detail)),
            channel::last_inbound_at.eq(seen.inbound.map(|at| at.0)),
            channel::last_outbound_at.eq(seen.outbound.map(|at| at.0)),
            channel::last_callback_at.eq(seen.callback.map(|at| at.0)),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Replaces sealed credentials, unless they changed meanwhile.
pub(crate) async fn reseal(
    conn: &mut Conn,
    id: ChannelId,
    old: &[u8],
    new: &[u8],
) -> Result<bool, StoreError> {
    let same = channel::table.filter(channel::id.eq(id.0)).filter(channel::credentials.eq(old));
    let changed = diesel::update(same).set(channel::credentials.eq(new)).execute(conn).await?;
    Ok(changed == 1)
}
