//! Registered templates.

use super::super::Conn;
use crate::error::StoreError;
use crate::records::{Synced, TemplateSync};
use crate::rows::word;
use crate::tables::template;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use std::collections::{HashMap, HashSet};
use switchboard_engine::channels::whatsapp::templates::Listed;
use switchboard_engine::channels::{TemplateChange, TemplateNews};
use switchboard_engine::ids::{ChannelId, TemplateId};
use switchboard_engine::template::{Mapping, Quality, Template, TemplateStatus};
use switchboard_engine::time::Timestamp;

#[derive(Queryable, Selectable)]
#[diesel(table_name = template)]
struct TemplateRow {
    id: i64,
    channel_id: i64,
    provider_id: Option<String>,
    name: String,
    language: String,
    category: String,
    status: String,
    quality: String,
    components: String,
    mapping: String,
    invoice_only: bool,
    status_at: i64,
    synced_at: i64,
}

impl TryFrom<TemplateRow> for Template {
    type Error = StoreError;

    fn try_from(row: TemplateRow) -> Result<Self, StoreError> {
        let corrupt = |what: &str, error| StoreError::Corrupt(format!("template.{what}: {error}"));
        Ok(Self {
            id: TemplateId(row.id),
            channel_id: ChannelId(row.channel_id),
            provider_id: row.provider_id,
            name: row.name,
            language: row.language,
            category: row.category,
            status: word("template.status", &row.status, TemplateStatus::parse)?,
            quality: Quality::parse(&row.quality),
            components: serde_json::from_str(&row.components)
                .map_err(|error| corrupt("components", error))?,
            mapping: serde_json::from_str(&row.mapping).map_err(|error| corrupt("mapping", error))?,
            invoice_only: row.invoice_only,
            synced_at: Timestamp(row.synced_at),
        })
    }
}

/// By name and language.
pub(crate) async fn of_channels(
    conn: &mut Conn,
    channels: &[ChannelId],
) -> Result<Vec<Template>, StoreError> {
    let rows: Vec<TemplateRow> = template::table
        .filter(template::channel_id.eq_any(channels.iter().map(|id| id.0)))
        .order((template::name, template::language, template::id))
        .select(TemplateRow::as_select())
        .load(conn)
        .await?;
    rows.into_iter().map(Template::try_from).collect()
}

pub(crate) async fn find(conn: &mut Conn, id: TemplateId) -> Result<Option<Template>, StoreError> {
    let row: Option<TemplateRow> =
        template::table.find(id.0).select(TemplateRow::as_select()).first(conn).await.optional()?;
    row.map(Template::try_from).transpose()
}

/// Takes over what the provider lists. Rows that are as they were are not written, but for one statement that dates them all.
pub(crate) async fn sync(conn: &mut Conn, sync: &TemplateSync) -> Result<Synced, StoreError> {
    let rows: Vec<TemplateRow> = template::table
        .filter(template::channel_id.eq(sync.channel_id.0))
        .select(TemplateRow::as_select())
        .load(conn)
        .await?;
    let mut known: HashMap<(String, String), (Timestamp, Template)> = HashMap::with_capacity(rows.len());
    for row in rows {
        let (key, status_at) = ((row.name.clone(), row.language.clone()), Timestamp(row.status_at));
        known.insert(key, (status_at, row.try_into()?));
    }
    let mut synced = Synced::default();
    let mut seen: HashSet<(&str, &str)> = HashSet::with_capacity(sync.listed.len());
    for (listed, id) in sync.listed.iter().zip(&sync.fresh_ids) {
        // A page may repeat what the page before ended with.
        if !seen.insert((listed.name.as_str(), listed.language.as_str())) {
            continue;
        }
        match known.remove(&(listed.name.clone(), listed.language.clone())) {
            None => {
                insert(conn, sync, listed, *id).await?;
                synced.created += 1;
            }
            Some((status_at, before)) => {
                if let Some(next) = before.listed(listed, status_at, sync.began) {
                    write(conn, &next, sync.at).await?;
                    synced.updated += 1;
                }
            }
        }
    }
    let gone: Vec<i64> = known
        .into_values()
        .filter(|(_, one)| one.status != TemplateStatus::Removed)
        .map(|(_, one)| one.id.0)
        .collect();
    synced.removed = diesel::update(template::table.filter(template::id.eq_any(gone)))
        .set((template::status.eq(TemplateStatus::Removed.as_str()), template::updated_at.eq(sync.at.0)))
        .execute(conn)
        .await?;
    diesel::update(template::table.filter(template::channel_id.eq(sync.channel_id.0)))
        .set(template::synced_at.eq(sync.at.0))
        .execute(conn)
        .await?;
    Ok(synced)
}

async fn insert(
    conn: &mut Conn,
    sync: &TemplateSync,
    listed: &Listed,
    id: TemplateId,
) -> Result<(), StoreError> {
    diesel::insert_into(template::table)
        .values((
            template::id.eq(id.0),
            template::business_id.eq(sync.business_id.0),
            template::channel_id.eq(sync.channel_id.0),
            template::provider_id.eq(&listed.provider_id),
            template::name.eq(&listed.name),
            template::language.eq(&listed.language),
            template::category.eq(&listed.category),
            template::status.eq(listed.status.as_str()),
            template::quality.eq(listed.quality.as_str()),
            template::components.eq(listed.components.to_string()),
            template::mapping.eq("{}"),
            template::synced_at.eq(sync.at.0),
            template::created_at.eq(sync.at.0),
            template::updated_at.eq(sync.at.0),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// What the provider says; the mapping is ours and stays.
async fn write(conn: &mut Conn, next: &Template, at: Timestamp) -> Result<(), StoreError> {
    diesel::update(template::table.find(next.id.0))
        .set((
            template::provider_id.eq(&next.provider_id),
            template::category.eq(&next.category),
            template::status.eq(next.status.as_str()),
            template::quality.eq(next.quality.as_str()),
            template::components.eq(next.components.to_string()),
            template::updated_at.eq(at.0),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Applies one webhook's news to the channels of its account; answers the templates it concerns, as they are now.
pub(crate) async fn news(
    conn: &mut Conn,
    channels: &[ChannelId],
    news: &TemplateNews,
    at: Timestamp,
) -> Result<Vec<Template>, StoreError> {
    let concerned = template::channel_id
        .eq_any(channels.iter().map(|id| id.0))
        .and(template::name.eq(&news.name))
        .and(template::language.eq(&news.language));
    let rows: Vec<TemplateRow> =
        template::table.filter(concerned).select(TemplateRow::as_select()).load(conn).await?;
    let mut changed = Vec::with_capacity(rows.len());
    for row in rows {
        let mut next = Template::try_from(row)?;
        match &news.change {
            TemplateChange::Status { status, quality } => {
                next.status = *status;
                next.quality = quality.unwrap_or(next.quality);
            }
            TemplateChange::Quality(quality) => next.quality = *quality,
            TemplateChange::Category(category) => next.category.clone_from(category),
            TemplateChange::Other => {}
        }
        write(conn, &next, at).await?;
        diesel::update(template::table.find(next.id.0))
            .set(template::status_at.eq(at.0))
            .execute(conn)
            .await?;
        changed.push(next);
    }
    Ok(changed)
}

pub(crate) async fn set_mapping(
    conn: &mut Conn,
    id: TemplateId,
    mapping: &Mapping,
    invoice_only: bool,
    at: Timestamp,
) -> Result<bool, StoreError> {
    let mapping = serde_json::to_string(mapping)
        .map_err(|error| StoreError::Rejected(format!("template.mapping: {error}")))?;
    let changed = diesel::update(template::table.find(id.0))
        .set((
            template::mapping.eq(mapping),
            template::invoice_only.eq(invoice_only),
            template::updated_at.eq(at.0),
        ))
        .execute(conn)
        .await?;
    Ok(changed == 1)
}
