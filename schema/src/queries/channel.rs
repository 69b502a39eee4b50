//! Connected lines.

use super::super::Conn;
use crate::error::StoreError;
use crate::records::{ChannelRecord, ChannelStatus};
use crate::rows::word;
use crate::tables::channel;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use switchboard_engine::channel::{Channel, ChannelKind, Provider};
use switchboard_engine::ids::{BusinessId, ChannelId, GroupId};
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
        })
    }
}

pub(crate) async fn all(conn: &mut Conn) -> Result<Vec<ChannelRecord>, StoreError> {
    let rows: Vec<ChannelRow> =
        channel::table.order(channel::id).select(ChannelRow::as_select()).load(conn).await?;
    rows.into_iter().map(ChannelRecord::try_from).collect()
}

pub(crate) async fn create(conn: &mut Conn, record: &ChannelRecord) -> Result<(), StoreError> {
    let ChannelRecord { channel: line, status, credentials, settings, created_at } = record;
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
        ))
        .execute(conn)
        .await?;
    Ok(())
}

pub(crate) async fn set_status(
    conn: &mut Conn,
    id: ChannelId,
    status: ChannelStatus,
    at: Timestamp,
) -> Result<bool, StoreError> {
    let changed = diesel::update(channel::table.find(id.0))
        .set((channel::status.eq(status.as_str()), channel::updated_at.eq(at.0)))
        .execute(conn)
        .await?;
    Ok(changed == 1)
}
