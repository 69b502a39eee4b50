//! The photo library of a group: pictures kept to be sent again, such as products or the state of an order.

use super::shapes::{ErrorAnswer, Media, Refusals, WriteRefusals};
use super::templates::{group_of, may_manage};
use crate::error::ApiError;
use crate::json::Json;
use crate::session::SignedIn;
use actix_web::{HttpResponse, delete, get, post, web};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use switchboard_engine::ids::{GroupId, MediaId, PhotoId};
use switchboard_engine::message::{MediaKind, MediaState};
use switchboard_engine::text::is_name;
use switchboard_engine::wire::MediaView;
use switchboard_schema::{Photo, Uploader};
use utoipa::{IntoParams, ToSchema};

const MAX_NAME: usize = 100;
/// As long as a template's reference may be.
const MAX_REFERENCE: usize = 100;

#[derive(Serialize, ToSchema)]
#[schema(as = Photo)]
pub struct PhotoShape<'a> {
    #[schema(value_type = String)]
    id: PhotoId,
    #[schema(value_type = String)]
    group_id: GroupId,
    name: &'a str,
    /// The order or invoice it shows.
    reference: Option<&'a str>,
    /// Name its `id` in a message's `media_ids` to send it.
    #[schema(value_type = Media)]
    media: MediaView<'a>,
}

#[derive(Serialize, ToSchema)]
pub struct PhotosAnswer<'a> {
    photos: Vec<PhotoShape<'a>>,
}

#[derive(Serialize, ToSchema)]
pub struct PhotoAnswer<'a> {
    photo: PhotoShape<'a>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AddPhotoRequest {
    /// An image you uploaded.
    #[schema(value_type = String)]
    media_id: MediaId,
    name: String,
    /// The order or invoice it shows.
    #[serde(default)]
    reference: Option<String>,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PhotoQuery {
    /// Looks into names and references.
    #[serde(default)]
    q: String,
}

impl<'a> PhotoShape<'a> {
    fn of(photo: &'a Photo, file: &'a switchboard_engine::message::Media) -> Self {
        Self {
            id: photo.id,
            group_id: photo.group_id,
            name: &photo.name,
            reference: photo.reference.as_deref(),
            media: MediaView::of(file),
        }
    }
}

/// A group's photos, by name.
#[utoipa::path(tag = "media", params(("id" = String, Path), PhotoQuery), responses((status = 200, body = PhotosAnswer), Refusals))]
#[get("/groups/{id}/photos")]
pub(crate) async fn list_photos(
    signed_in: SignedIn,
    id: web::Path<String>,
    query: web::Query<PhotoQuery>,
) -> Result<HttpResponse, ApiError> {
    let group = group_of(&signed_in, &id)?;
    let q = query.q.trim().to_lowercase();
    let mut photos = signed_in.site.actors.core.store.photos(group).await?;
    photos.retain(|(photo, _)| {
        photo.name.to_lowercase().contains(&q)
            || photo.reference.as_ref().is_some_and(|reference| reference.to_lowercase().contains(&q))
    });
    let photos = photos.iter().map(|(photo, file)| PhotoShape::of(photo, file)).collect();
    Ok(HttpResponse::Ok().json(PhotosAnswer { photos }))
}

/// Keeps an uploaded image for everybody in a group to send.
#[utoipa::path(tag = "media", params(("id" = String, Path)), request_body = AddPhotoRequest, responses(
    (status = 201, body = PhotoAnswer),
    (status = 422, body = ErrorAnswer, description = "validation: `name`, `reference`, `media_id`"),
    Refusals, WriteRefusals,
))]
#[post("/groups/{id}/photos")]
pub(crate) async fn add_photo(
    signed_in: SignedIn,
    id: web::Path<String>,
    body: Json<AddPhotoRequest>,
) -> Result<HttpResponse, ApiError> {
    let group = group_of(&signed_in, &id)?;
    may_manage(&signed_in, group)?;
    let AddPhotoRequest { media_id, name, reference } = checked(body.into_inner())?;
    let store = &signed_in.site.actors.core.store;
    let file = store.file(media_id).await?.filter(|file| {
        let own = file.uploader == Some(Uploader::User(signed_in.user.id));
        own && file.message.is_none() && file.media.state == MediaState::Ready
    });
    let Some(file) = file.filter(|file| file.media.kind == MediaKind::Image) else {
        return Err(ApiError::invalid("media_id", "is not an image among your uploads".to_owned()));
    };
    let photo = Photo {
        id: PhotoId(signed_in.site.actors.core.ids.next()),
        business_id: signed_in.user.business_id,
        group_id: group,
        media_id,
        name,
        reference,
        created_by: signed_in.user.id,
        created_at: signed_in.site.now(),
    };
    // Kept first: a photo whose file could be cleared out must never be listed.
    store.keep_in_library(vec![media_id], group).await?;
    store.create_photo(photo.clone()).await?;
    tracing::info!(photo.id = %photo.id, user.id = %signed_in.user.id, "a photo was kept");
    Ok(HttpResponse::Created().json(PhotoAnswer { photo: PhotoShape::of(&photo, &file.media) }))
}

/// Removes a photo from the library. Messages it was sent with keep theirs.
#[utoipa::path(tag = "media", params(("id" = String, Path)), responses((status = 204), Refusals, WriteRefusals))]
#[delete("/photos/{id}")]
pub(crate) async fn delete_photo(
    signed_in: SignedIn,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let id: PhotoId = id.parse().map_err(|_| ApiError::not_found())?;
    let (store, user) = (&signed_in.site.actors.core.store, &signed_in.user);
    let photo = store.photo(id).await?.ok_or_else(ApiError::not_found)?;
    if photo.business_id != user.business_id || !user.sees(photo.group_id) {
        return Err(ApiError::not_found());
    }
    may_manage(&signed_in, photo.group_id)?;
    if !store.delete_photo(id).await? {
        return Err(ApiError::not_found());
    }
    store.leave_library(vec![photo.media_id], signed_in.site.now()).await?;
    tracing::info!(photo.id = %id, user.id = %user.id, "a photo was removed from the library");
    Ok(HttpResponse::NoContent().finish())
}

fn checked(mut body: AddPhotoRequest) -> Result<AddPhotoRequest, ApiError> {
    let mut wrong = BTreeMap::new();
    body.name = body.name.trim().to_string();
    if !is_name(&body.name, MAX_NAME) {
        wrong.insert("name", format!("must be one line of 1 to {MAX_NAME} characters"));
    }
    body.reference = body.reference.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    if body.reference.as_ref().is_some_and(|text| !is_name(text, MAX_REFERENCE)) {
        wrong.insert("reference", format!("must be one line of at most {MAX_REFERENCE} characters"));
    }
    if wrong.is_empty() { Ok(body) } else { Err(ApiError::invalid_fields(wrong)) }
}
