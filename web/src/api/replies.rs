//! Saved replies: texts with placeholders that a group keeps, for everybody in it to send.

use super::shapes::{ErrorAnswer, Media, Refusals, WriteRefusals};
use super::templates::{group_of, may_manage};
use crate::error::ApiError;
use crate::json::Json;
use crate::session::SignedIn;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, delete, get, post, put, web};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;
use switchboard_engine::ids::{GroupId, MediaId, ReplyId};
use switchboard_engine::message::MediaState;
use switchboard_engine::template::placeholder;
use switchboard_engine::text::{is_blank, is_name, readable};
use switchboard_engine::wire::MediaView;
use switchboard_schema::{SavedReply, Uploader};
use utoipa::{IntoParams, ToSchema};

const MAX_NAME: usize = 100;
/// The longest text of any channel.
const MAX_BODY: usize = 4_096;
const MAX_FILES: usize = 10;

#[derive(Serialize, ToSchema)]
#[schema(as = SavedReply)]
pub struct ReplyShape<'a> {
    #[schema(value_type = String)]
    id: ReplyId,
    name: &'a str,
    /// May hold `[contact-firstname]`, `[contact-lastname]`, `[contact-company]`, `[business-name]`, `[agent-firstname]`.
    body: &'a str,
    #[schema(value_type = Vec<Media>)]
    media: Vec<MediaView<'a>>,
    /// `null`: every group's.
    #[schema(value_type = Option<String>)]
    group_id: Option<GroupId>,
}

#[derive(Serialize, ToSchema)]
pub struct RepliesAnswer<'a> {
    replies: Vec<ReplyShape<'a>>,
}

#[derive(Serialize, ToSchema)]
pub struct ReplyAnswer<'a> {
    reply: ReplyShape<'a>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SaveReplyRequest {
    name: String,
    body: String,
    /// Uploads of yours, or files this reply has already.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    media_ids: Vec<MediaId>,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SearchQuery {
    /// Looks into names and texts.
    #[serde(default)]
    q: String,
}

type Files = Vec<switchboard_engine::message::Media>;

impl<'a> ReplyShape<'a> {
    fn of(reply: &'a SavedReply, files: &'a Files) -> Self {
        let media = files.iter().map(MediaView::of).collect();
        Self { id: reply.id, name: &reply.name, body: &reply.body, media, group_id: reply.group_id }
    }
}

/// A group's saved replies, by name.
#[utoipa::path(tag = "templates", params(("id" = String, Path), SearchQuery), responses((status = 200, body = RepliesAnswer), Refusals))]
#[get("/groups/{id}/replies")]
pub(crate) async fn list_replies(
    signed_in: SignedIn,
    id: web::Path<String>,
    query: web::Query<SearchQuery>,
) -> Result<HttpResponse, ApiError> {
    let group = group_of(&signed_in, &id)?;
    let q = query.q.trim().to_lowercase();
    let mut replies =
        signed_in.site.actors.core.store.saved_replies(signed_in.user.business_id, group).await?;
    replies.retain(|one| one.name.to_lowercase().contains(&q) || one.body.to_lowercase().contains(&q));
    let mut files = Vec::with_capacity(replies.len());
    for reply in &replies {
        files.push(files_of(&signed_in, reply).await?);
    }
    let replies = replies.iter().zip(&files).map(|(reply, files)| ReplyShape::of(reply, files)).collect();
    Ok(HttpResponse::Ok().json(RepliesAnswer { replies }))
}

/// Saves a reply for everybody in a group.
#[utoipa::path(tag = "templates", params(("id" = String, Path)), request_body = SaveReplyRequest, responses(
    (status = 201, body = ReplyAnswer),
    (status = 422, body = ErrorAnswer, description = "placeholder_unknown, with `placeholders`; validation"),
    Refusals, WriteRefusals,
))]
#[post("/groups/{id}/replies")]
pub(crate) async fn create_reply(
    signed_in: SignedIn,
    id: web::Path<String>,
    body: Json<SaveReplyRequest>,
) -> Result<HttpResponse, ApiError> {
    let group = group_of(&signed_in, &id)?;
    may_manage(&signed_in, group)?;
    let SaveReplyRequest { name, body, media_ids } = checked(body.into_inner())?;
    let reply = SavedReply {
        id: ReplyId(signed_in.site.actors.core.ids.next()),
        business_id: signed_in.user.business_id,
        group_id: Some(group),
        name,
        body,
        media: media_ids,
    };
    check_files(&signed_in, group, &reply.media).await?;
    let store = &signed_in.site.actors.core.store;
    // Kept first, as in the photo library.
    store.keep_in_library(reply.media.clone(), group).await?;
    store.create_saved_reply(reply.clone(), signed_in.site.now()).await?;
    tracing::info!(reply.id = %reply.id, user.id = %signed_in.user.id, "a reply was saved");
    let files = files_of(&signed_in, &reply).await?;
    Ok(HttpResponse::Created().json(ReplyAnswer { reply: ReplyShape::of(&reply, &files) }))
}

/// Replaces a saved reply.
#[utoipa::path(tag = "templates", params(("id" = String, Path)), request_body = SaveReplyRequest, responses(
    (status = 200, body = ReplyAnswer), Refusals, WriteRefusals,
))]
#[put("/replies/{id}")]
pub(crate) async fn update_reply(
    signed_in: SignedIn,
    id: web::Path<String>,
    body: Json<SaveReplyRequest>,
) -> Result<HttpResponse, ApiError> {
    let (before, group) = owned(&signed_in, &id).await?;
    let SaveReplyRequest { name, body, media_ids } = checked(body.into_inner())?;
    check_files(&signed_in, group, &media_ids).await?;
    let dropped: Vec<MediaId> =
        before.media.iter().copied().filter(|file| !media_ids.contains(file)).collect();
    let reply = SavedReply { name, body, media: media_ids, ..before };
    let (store, now) = (&signed_in.site.actors.core.store, signed_in.site.now());
    store.keep_in_library(reply.media.clone(), group).await?;
    if !store.update_saved_reply(reply.clone(), now).await? {
        return Err(ApiError::not_found());
    }
    store.leave_library(dropped, now).await?;
    let files = files_of(&signed_in, &reply).await?;
    Ok(HttpResponse::Ok().json(ReplyAnswer { reply: ReplyShape::of(&reply, &files) }))
}

/// Deletes a saved reply. Messages that were made with it stay.
#[utoipa::path(tag = "templates", params(("id" = String, Path)), responses((status = 204), Refusals, WriteRefusals))]
#[delete("/replies/{id}")]
pub(crate) async fn delete_reply(
    signed_in: SignedIn,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let (reply, _) = owned(&signed_in, &id).await?;
    let (store, now) = (&signed_in.site.actors.core.store, signed_in.site.now());
    if !store.delete_saved_reply(reply.id).await? {
        return Err(ApiError::not_found());
    }
    store.leave_library(reply.media, now).await?;
    tracing::info!(reply.id = %reply.id, user.id = %signed_in.user.id, "a saved reply was deleted");
    Ok(HttpResponse::NoContent().finish())
}

/// A reply of a group this user runs.
async fn owned(signed_in: &SignedIn, id: &str) -> Result<(SavedReply, GroupId), ApiError> {
    let id: ReplyId = id.parse().map_err(|_| ApiError::not_found())?;
    let reply = signed_in.site.actors.core.store.saved_reply(id).await?.ok_or_else(ApiError::not_found)?;
    let group = reply.group_id.ok_or_else(ApiError::forbidden)?;
    if reply.business_id != signed_in.user.business_id || !signed_in.user.sees(group) {
        return Err(ApiError::not_found());
    }
    may_manage(signed_in, group)?;
    Ok((reply, group))
}

fn checked(mut body: SaveReplyRequest) -> Result<SaveReplyRequest, ApiError> {
    let mut wrong = BTreeMap::new();
    body.name = body.name.trim().to_string();
    if !is_name(&body.name, MAX_NAME) {
        wrong.insert("name", format!("must be one line of 1 to {MAX_NAME} characters"));
    }
    body.body = readable(body.body);
    let length = body.body.chars().count();
    if is_blank(&body.body) || length > MAX_BODY {
        wrong.insert("body", format!("must have 1 to {MAX_BODY} characters"));
    }
    if body.media_ids.len() > MAX_FILES {
        wrong.insert("media_ids", format!("may name at most {MAX_FILES} files"));
    }
    if !wrong.is_empty() {
        return Err(ApiError::invalid_fields(wrong));
    }
    let unknown = placeholder::unknown(&body.body);
    if unknown.is_empty() {
        return Ok(body);
    }
    let known: Vec<String> = placeholder::ALL.iter().map(|(key, ..)| format!("[{key}]")).collect();
    let detail = format!("[{}] is no placeholder. There are {}.", unknown.join("], ["), known.join(", "));
    let mut error = ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "placeholder_unknown", detail);
    error.fields.insert("body".into(), format!("has [{}], which is no placeholder", unknown.join("], [")));
    error.facts.insert("placeholders".to_owned(), json!(unknown));
    Err(error)
}

/// Files are one's own uploads, or in the group's library already.
async fn check_files(signed_in: &SignedIn, group: GroupId, ids: &[MediaId]) -> Result<(), ApiError> {
    let owned = [Some(Uploader::User(signed_in.user.id)), Some(Uploader::Library(group))];
    for id in ids {
        let file = signed_in.site.actors.core.store.file(*id).await?;
        let usable = file.is_some_and(|file| {
            file.message.is_none() && file.media.state == MediaState::Ready && owned.contains(&file.uploader)
        });
        if !usable {
            return Err(ApiError::invalid("media_ids", format!("file {id} is not among your uploads")));
        }
    }
    Ok(())
}

async fn files_of(signed_in: &SignedIn, reply: &SavedReply) -> Result<Files, ApiError> {
    let mut files = Vec::with_capacity(reply.media.len());
    for id in &reply.media {
        files.extend(signed_in.site.actors.core.store.file(*id).await?.map(|file| file.media));
    }
    Ok(files)
}
