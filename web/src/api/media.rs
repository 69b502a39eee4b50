//! Files of messages, for the team.

use super::shapes::{ErrorAnswer, FileForm, MediaAnswer, Refusals, WriteRefusals};
use crate::error::ApiError;
use crate::files::{self, Show};
use crate::session::SignedIn;
use actix_multipart::Multipart;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use switchboard_actors::files::Pass;
use switchboard_engine::ids::MediaId;
use switchboard_engine::time::Timestamp;
use switchboard_engine::wire::MediaView;
use switchboard_schema::{FileRecord, Uploader};
use utoipa::{IntoParams, ToSchema};

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ShowQuery {
    /// `1`: to be shown, where that is safe, instead of saved.
    inline: Option<u8>,
    /// Of a link: the second it ends.
    until: Option<i64>,
    /// Of a link: that it is genuine.
    proof: Option<String>,
}

/// How long a link to a file works.
const LINK_LASTS: Duration = Duration::from_mins(10);

#[derive(Serialize, ToSchema)]
pub struct MediaLink {
    /// On this server.
    url: String,
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
}

/// Uploads a file for a message to come.
#[utoipa::path(tag = "media", request_body(content = FileForm, content_type = "multipart/form-data"), responses(
    (status = 201, body = MediaAnswer),
    (status = 413, body = ErrorAnswer, description = "media_too_large"),
    (status = 415, body = ErrorAnswer, description = "media_type_unsupported"),
    Refusals, WriteRefusals,
))]
#[post("/media")]
pub(crate) async fn upload_media(signed_in: SignedIn, form: Multipart) -> Result<HttpResponse, ApiError> {
    let SignedIn { site, user, .. } = signed_in;
    files::take_upload(&site, user.business_id, Uploader::User(user.id), form).await
}

/// A file's bytes. As an attachment, unless an image, audio or video is asked for with `?inline=1`.
#[utoipa::path(tag = "media", params(("id" = String, Path), ShowQuery), responses(
    (status = 200, description = "the bytes", content_type = "application/octet-stream", body = String),
    (status = 206, description = "a part of them, for a Range"),
    (status = 304, description = "the same as the `ETag` in If-None-Match"),
    (status = 403, body = ErrorAnswer, description = "link_expired"),
    Refusals,
))]
#[get("/media/{id}")]
pub(crate) async fn download_media(
    signed_in: SignedIn,
    request: HttpRequest,
    id: web::Path<String>,
    query: web::Query<ShowQuery>,
) -> Result<HttpResponse, ApiError> {
    let record = seen_by(&signed_in, &id).await?;
    if query.until.is_some() || query.proof.is_some() {
        admit(&signed_in, &record, &query)?;
    }
    let show = if query.inline == Some(1) { Show::Inline } else { Show::Attachment };
    files::send(&request, &signed_in.site, &record, show).await
}

/// A link to a file of a conversation, good for ten minutes and for whoever asks, on the machine they are signed in on.
#[utoipa::path(tag = "media", params(("id" = String, Path)), responses(
    (status = 200, body = MediaLink),
    Refusals,
))]
#[get("/media/{id}/link")]
pub(crate) async fn link_media(signed_in: SignedIn, id: web::Path<String>) -> Result<HttpResponse, ApiError> {
    let record = seen_by(&signed_in, &id).await?;
    let actors = &signed_in.site.actors;
    let until = actors.core.clock.now().plus(LINK_LASTS).0.div_euclid(1_000_000);
    let pass = pass(&signed_in, &record, until).ok_or_else(ApiError::not_found)?;
    let url = format!("/api/v1/media/{}?until={until}&proof={}", record.media.id, actors.files.sign(pass));
    Ok(HttpResponse::Ok().json(MediaLink { url, expires_at: Timestamp::from_seconds(until) }))
}

/// Has the provider asked once more for a customer's file that is `unavailable`; how it ends is told by `message.media`.
#[utoipa::path(tag = "media", params(("id" = String, Path)), responses(
    (status = 202, body = MediaAnswer),
    (status = 409, body = ErrorAnswer, description = "channel_not_connected"),
    Refusals, WriteRefusals,
))]
#[post("/media/{id}/retry")]
pub(crate) async fn retry_media(
    signed_in: SignedIn,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    #[derive(Serialize)]
    struct Answer<'a> {
        media: MediaView<'a>,
    }
    let record = seen_by(&signed_in, &id).await?;
    let media = signed_in.site.actors.fetch_again(signed_in.user.id, record).await?;
    Ok(HttpResponse::Accepted().json(Answer { media: MediaView::of(&media) }))
}

/// The file, if this user may have it; otherwise there is none.
async fn seen_by(signed_in: &SignedIn, id: &str) -> Result<FileRecord, ApiError> {
    let SignedIn { site, user, .. } = signed_in;
    let id: MediaId = id.parse().map_err(|_| ApiError::not_found())?;
    let record = site.actors.core.store.file(id).await?.ok_or_else(ApiError::not_found)?;
    let roster = site.roster();
    let shared = |group| roster.group(user.business_id, group).is_some() && user.sees(group);
    match record.message {
        Some((_, conversation)) => {
            site.actors.look(user.id, conversation).await?;
        }
        None if record.uploader == Some(Uploader::User(user.id)) => {}
        None if matches!(record.uploader, Some(Uploader::Library(group)) if shared(group)) => {}
        None => return Err(ApiError::not_found()),
    }
    Ok(record)
}

/// What this user's link to a file stands for; `None` while the file is part of no conversation.
fn pass(signed_in: &SignedIn, record: &FileRecord, until: i64) -> Option<Pass> {
    let (_, conversation) = record.message?;
    Some(Pass { media: record.media.id, conversation, user: signed_in.user.id, until })
}

/// Somebody else's link is no link; one's own old link says that it is old.
fn admit(signed_in: &SignedIn, record: &FileRecord, query: &ShowQuery) -> Result<(), ApiError> {
    let actors = &signed_in.site.actors;
    let pass =
        query.until.and_then(|until| pass(signed_in, record, until)).ok_or_else(ApiError::not_found)?;
    if !actors.files.admits(pass, query.proof.as_deref().unwrap_or_default()) {
        return Err(ApiError::not_found());
    }
    if pass.is_over(actors.core.clock.now()) {
        let detail = "This link was good for ten minutes. Download the file from its conversation again.";
        return Err(ApiError::new(StatusCode::FORBIDDEN, "link_expired", detail));
    }
    Ok(())
}
