//! Files: uploads that wait for their message, and media still at a provider.

use super::super::Conn;
use crate::error::StoreError;
use crate::records::{FileRecord, NewUpload, PendingFile, StoredBytes, Uploader};
use crate::rows::message::MediaRow;
use crate::tables::{media, message, photo, saved_reply, template};
use diesel::dsl::{exists, select};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use switchboard_engine::ids::{
    BusinessId, ChannelId, ContactId, ConversationId, GroupId, MediaId, MessageId, UserId,
};
use switchboard_engine::time::Timestamp;

fn uploader(kind: Option<&str>, id: Option<i64>) -> Option<Uploader> {
    match (kind, id) {
        (Some("user"), Some(id)) => Some(Uploader::User(UserId(id))),
        (Some("contact"), Some(id)) => Some(Uploader::Contact(ContactId(id))),
        (Some("library"), Some(id)) => Some(Uploader::Library(GroupId(id))),
        (Some("visitor"), Some(id)) => Some(Uploader::Visitor(id)),
        _ => None,
    }
}

pub(crate) async fn create_upload(conn: &mut Conn, upload: &NewUpload) -> Result<(), StoreError> {
    let (uploader_kind, uploader_id) = match upload.uploader {
        Uploader::User(id) => ("user", id.0),
        Uploader::Contact(id) => ("contact", id.0),
        Uploader::Visitor(id) => ("visitor", id),
        Uploader::Library(id) => ("library", id.0),
    };
    let file = &upload.media;
    diesel::insert_into(media::table)
        .values((
            media::id.eq(file.id.0),
            media::business_id.eq(upload.business_id.0),
            media::uploader_kind.eq(uploader_kind),
            media::uploader_id.eq(uploader_id),
            media::kind.eq(file.kind.as_str()),
            media::file_name.eq(&file.file_name),
            media::mime.eq(&file.mime),
            media::size.eq(file.size),
            media::sha256.eq(&upload.sha256),
            media::storage_key.eq(&upload.storage_key),
            media::state.eq(file.state.as_str()),
            media::created_at.eq(upload.at.0),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

pub(crate) async fn find(conn: &mut Conn, id: MediaId) -> Result<Option<FileRecord>, StoreError> {
    type Rest = (i64, Option<String>, Option<i64>, Option<String>, Option<String>, Option<i64>);
    let row: Option<(MediaRow, Rest)> = media::table
        .left_join(message::table.on(media::message_id.eq(message::id.nullable())))
        .filter(media::id.eq(id.0))
        .select((
            MediaRow::as_select(),
            (
                media::business_id,
                media::uploader_kind,
                media::uploader_id,
                media::sha256,
                media::storage_key,
                message::conversation_id.nullable(),
            ),
        ))
        .first(conn)
        .await
        .optional()?;
    let Some((row, (business, by_kind, by, sha256, storage_key, conversation))) = row else {
        return Ok(None);
    };
    Ok(Some(FileRecord {
        message: row.message_id.map(MessageId).zip(conversation.map(ConversationId)),
        media: row.try_into()?,
        business_id: BusinessId(business),
        uploader: uploader(by_kind.as_deref(), by),
        sha256,
        storage_key,
    }))
}

/// Where the bytes are. That the file is ready is said by the conversation, with `FileArrived`.
pub(crate) async fn set_stored(
    conn: &mut Conn,
    id: MediaId,
    bytes: &StoredBytes,
) -> Result<bool, StoreError> {
    let changed = diesel::update(media::table.find(id.0))
        .set((
            media::storage_key.eq(&bytes.storage_key),
            media::sha256.eq(&bytes.sha256),
            media::size.eq(bytes.size),
            media::mime.eq(&bytes.mime),
            media::kind.eq(bytes.kind.as_str()),
        ))
        .execute(conn)
        .await?;
    Ok(changed == 1)
}

/// Oldest first.
pub(crate) async fn pending(conn: &mut Conn, limit: usize) -> Result<Vec<PendingFile>, StoreError> {
    let rows: Vec<(MediaRow, i64, i64, i64)> = media::table
        .inner_join(message::table.on(media::message_id.eq(message::id.nullable())))
        .filter(diesel::dsl::sql::<diesel::sql_types::Bool>("media.state = 'pending'"))
        .order(media::created_at)
        .limit(limit as i64)
        .select((MediaRow::as_select(), message::id, message::conversation_id, message::channel_id))
        .load(conn)
        .await?;
    rows.into_iter()
        .map(|(row, message, conversation, channel)| {
            Ok(PendingFile {
                media: row.try_into()?,
                message_id: MessageId(message),
                conversation_id: ConversationId(conversation),
                channel_id: ChannelId(channel),
            })
        })
        .collect()
}

/// Uploads nobody sent: their rows go, their storage keys come back for the bytes to go as well.
pub(crate) async fn forget_uploads(conn: &mut Conn, before: Timestamp) -> Result<Vec<String>, StoreError> {
    let abandoned = media::table.filter(
        media::message_id
            .is_null()
            .and(media::created_at.lt(before.0))
            .and(media::uploader_kind.is_null().or(media::uploader_kind.ne("library"))),
    );
    let keys: Vec<Option<String>> =
        diesel::delete(abandoned).returning(media::storage_key).load(conn).await?;
    Ok(keys.into_iter().flatten().collect())
}

/// Uploads become part of a group's library.
pub(crate) async fn keep_in_library(
    conn: &mut Conn,
    ids: &[MediaId],
    group: GroupId,
) -> Result<usize, StoreError> {
    let uploads =
        media::table.filter(media::id.eq_any(ids.iter().map(|id| id.0)).and(media::message_id.is_null()));
    let kept = diesel::update(uploads)
        .set((media::uploader_kind.eq("library"), media::uploader_id.eq(group.0)))
        .execute(conn)
        .await?;
    Ok(kept)
}

/// Whether a photo, a saved reply or a template still shows a file.
async fn is_shown(conn: &mut Conn, id: MediaId) -> Result<bool, StoreError> {
    let named = format!("%\"{id}\"%");
    let photos = photo::table.filter(photo::media_id.eq(id.0)).select(photo::id);
    let replies =
        saved_reply::table.filter(saved_reply::media_ids.like(named.clone())).select(saved_reply::id);
    let templates = template::table.filter(template::mapping.like(named)).select(template::id);
    Ok(select(exists(photos).or(exists(replies)).or(exists(templates))).get_result(conn).await?)
}

/// Those that nothing shows any more are nobody's uploads from here on, and as old as this moment.
pub(crate) async fn leave_library(
    conn: &mut Conn,
    ids: &[MediaId],
    at: Timestamp,
) -> Result<usize, StoreError> {
    let mut dropped = Vec::new();
    for id in ids {
        if !is_shown(conn, *id).await? {
            dropped.push(id.0);
        }
    }
    let files = media::table.filter(media::id.eq_any(dropped).and(media::uploader_kind.eq("library")));
    let left = diesel::update(files)
        .set((
            media::uploader_kind.eq(None::<String>),
            media::uploader_id.eq(None::<i64>),
            media::created_at.eq(at.0),
        ))
        .execute(conn)
        .await?;
    Ok(left)
}
