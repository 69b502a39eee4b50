//! Files of messages, for the team.

use super::shapes::{ErrorAnswer, FileForm, MediaAnswer, Refusals, WriteRefusals};
use crate::error::ApiError;
use crate::files::{self, Show};
use crate::session::SignedIn;
use actix_multipart::Multipart;
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use serde::Deserialize;
use switchboard_engine::ids::MediaId;
use switchboard_schema::Uploader;
use utoipa::IntoParams;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ShowQuery {
    /// `1`: to be shown, where that is safe, instead of saved.
    inline: Option<u8>,
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
    Refusals,
))]
#[get("/media/{id}")]
pub(crate) async fn download_media(
    signed_in: SignedIn,
    request: HttpRequest,
    id: web::Path<String>,
    query: web::Query<ShowQuery>,
) -> Result<HttpResponse, ApiError> {
    let SignedIn { site, user, .. } = signed_in;
    let id: MediaId = id.parse().map_err(|_| ApiError::not_found())?;
    let record = site.actors.core.store.file(id).await?.ok_or_else(ApiError::not_found)?;
    match record.message {
        Some((_, conversation)) => {
            site.actors.look(user.id, conversation).await?;
        }
        None if record.uploader == Some(Uploader::User(user.id)) => {}
        None if matches!(record.uploader, Some(Uploader::Library(group)) if user.sees(group)) => {}
        None => return Err(ApiError::not_found()),
    }
    let show = if query.inline == Some(1) { Show::Inline } else { Show::Attachment };
    files::send(&request, &site, &record, show).await
}
