//! Photos of a group's library.

use super::super::Conn;
use crate::error::StoreError;
use crate::records::Photo;
use crate::rows::message::MediaRow;
use crate::tables::{media, photo};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use switchboard_engine::ids::{BusinessId, GroupId, MediaId, PhotoId, UserId};
use switchboard_engine::message::Media;
use switchboard_engine::time::Timestamp;

#[derive(Queryable, Selectable)]
#[diesel(table_name = photo)]
struct PhotoRow {
    id: i64,
    business_id: i64,
    group_id: i64,
    media_id: i64,
    name: String,
    reference: Option<String>,
    created_by: i64,
    created_at: i64,
}

impl From<PhotoRow> for Photo {
    fn from(row: PhotoRow) -> Self {
        Self {
            id: PhotoId(row.id),
            business_id: BusinessId(row.business_id),
            group_id: GroupId(row.group_id),
            media_id: MediaId(row.media_id),
            name: row.name,
            reference: row.reference,
            created_by: UserId(row.created_by),
            created_at: Timestamp(row.created_at),
        }
    }
}

/// A group's with their files, by name.
pub(crate) async fn of_group(conn: &mut Conn, group: GroupId) -> Result<Vec<(Photo, Media)>, StoreError> {
    let rows: Vec<(PhotoRow, MediaRow)> = photo::table
        .inner_join(media::table.on(media::id.eq(photo::media_id)))
        .filter(photo::group_id.eq(group.0))
        .order((photo::name, photo::id))
        .select((PhotoRow::as_select(), MediaRow::as_select()))
        .load(conn)
        .await?;
    rows.into_iter().map(|(photo, file)| Ok((photo.into(), file.try_into()?))).collect()
}

pub(crate) async fn find(conn: &mut Conn, id: PhotoId) -> Result<Option<Photo>, StoreError> {
    let row: Option<PhotoRow> =
        photo::table.find(id.0).select(PhotoRow::as_select()).first(conn).await.optional()?;
    Ok(row.map(Photo::from))
}

pub(crate) async fn create(conn: &mut Conn, new: &Photo) -> Result<(), StoreError> {
    diesel::insert_into(photo::table)
        .values((
            photo::id.eq(new.id.0),
            photo::business_id.eq(new.business_id.0),
            photo::group_id.eq(new.group_id.0),
            photo::media_id.eq(new.media_id.0),
            photo::name.eq(&new.name),
            photo::reference.eq(new.reference.as_deref()),
            photo::created_by.eq(new.created_by.0),
            photo::created_at.eq(new.created_at.0),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

pub(crate) async fn delete(conn: &mut Conn, id: PhotoId) -> Result<bool, StoreError> {
    Ok(diesel::delete(photo::table.find(id.0)).execute(conn).await? == 1)
}
