//! Saved replies.

use super::super::Conn;
use crate::error::StoreError;
use crate::records::SavedReply;
use crate::tables::saved_reply;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use switchboard_engine::ids::{BusinessId, GroupId, MediaId, ReplyId};
use switchboard_engine::time::Timestamp;

#[derive(Queryable, Selectable)]
#[diesel(table_name = saved_reply)]
struct ReplyRow {
    id: i64,
    business_id: i64,
    group_id: Option<i64>,
    name: String,
    body: String,
    media_ids: String,
}

impl TryFrom<ReplyRow> for SavedReply {
    type Error = StoreError;

    fn try_from(row: ReplyRow) -> Result<Self, StoreError> {
        let media: Vec<MediaId> = serde_json::from_str(&row.media_ids)
            .map_err(|error| StoreError::Corrupt(format!("saved_reply.media_ids: {error}")))?;
        Ok(Self {
            id: ReplyId(row.id),
            business_id: BusinessId(row.business_id),
            group_id: row.group_id.map(GroupId),
            name: row.name,
            body: row.body,
            media,
        })
    }
}

fn ids(media: &[MediaId]) -> String {
    let quoted: Vec<String> = media.iter().map(|id| format!("\"{id}\"")).collect();
    format!("[{}]", quoted.join(","))
}

/// A group's own and those of every group, by name.
pub(crate) async fn of_group(
    conn: &mut Conn,
    business: BusinessId,
    group: GroupId,
) -> Result<Vec<SavedReply>, StoreError> {
    let rows: Vec<ReplyRow> = saved_reply::table
        .filter(saved_reply::business_id.eq(business.0))
        .filter(saved_reply::group_id.eq(group.0).or(saved_reply::group_id.is_null()))
        .order((saved_reply::name, saved_reply::id))
        .select(ReplyRow::as_select())
        .load(conn)
        .await?;
    rows.into_iter().map(SavedReply::try_from).collect()
}

pub(crate) async fn find(conn: &mut Conn, id: ReplyId) -> Result<Option<SavedReply>, StoreError> {
    let row: Option<ReplyRow> =
        saved_reply::table.find(id.0).select(ReplyRow::as_select()).first(conn).await.optional()?;
    row.map(SavedReply::try_from).transpose()
}

pub(crate) async fn create(conn: &mut Conn, reply: &SavedReply, at: Timestamp) -> Result<(), StoreError> {
    diesel::insert_into(saved_reply::table)
        .values((
            saved_reply::id.eq(reply.id.0),
            saved_reply::business_id.eq(reply.business_id.0),
            saved_reply::group_id.eq(reply.group_id.map(|group| group.0)),
            saved_reply::name.eq(&reply.name),
            saved_reply::body.eq(&reply.body),
            saved_reply::media_ids.eq(ids(&reply.media)),
            saved_reply::created_at.eq(at.0),
            saved_reply::updated_at.eq(at.0),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

pub(crate) async fn update(conn: &mut Conn, reply: &SavedReply, at: Timestamp) -> Result<bool, StoreError> {
    let changed = diesel::update(saved_reply::table.find(reply.id.0))
        .set((
            saved_reply::name.eq(&reply.name),
            saved_reply::body.eq(&reply.body),
            saved_reply::media_ids.eq(ids(&reply.media)),
            saved_reply::updated_at.eq(at.0),
        ))
        .execute(conn)
        .await?;
    Ok(changed == 1)
}

pub(crate) async fn delete(conn: &mut Conn, id: ReplyId) -> Result<bool, StoreError> {
    Ok(diesel::delete(saved_reply::table.find(id.0)).execute(conn).await? == 1)
}
