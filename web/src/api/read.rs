//! What a user has read.

use super::conversation_id;
use super::shapes::{ErrorAnswer, ReadAnswer, Refusals, WriteRefusals};
use crate::error::ApiError;
use crate::json::Json;
use crate::session::SignedIn;
use actix_web::{HttpResponse, post, web};
use serde::{Deserialize, Serialize};
use switchboard_engine::conversation::ReadState;
use switchboard_engine::ids::UserId;
use utoipa::ToSchema;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReadRequest {
    /// Read up to this `seq`.
    #[serde(default)]
    upto: Option<i64>,
    /// Mark unread instead.
    #[serde(default)]
    unread: bool,
    /// Somebody else's mark instead of yours: for admins, and admins of the group.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    user_id: Option<UserId>,
    /// That this is meant.
    #[serde(default)]
    confirm: bool,
}

/// Marks a conversation read or unread for you, or with `user_id` for somebody else.
#[utoipa::path(tag = "conversations", params(("id" = String, Path)), request_body = ReadRequest, responses(
    (status = 200, body = ReadAnswer),
    (status = 409, body = ErrorAnswer, description = "confirm_required, with `affected_user`"),
    Refusals, WriteRefusals,
))]
#[post("/conversations/{id}/read")]
pub(crate) async fn mark_read(
    signed_in: SignedIn,
    id: web::Path<String>,
    body: Json<ReadRequest>,
) -> Result<HttpResponse, ApiError> {
    #[derive(Serialize)]
    struct Answer {
        read: ReadState,
    }
    let upto = match (body.unread, body.upto) {
        (true, _) => None,
        (false, Some(upto)) => Some(upto),
        (false, None) => return Err(ApiError::invalid("upto", "is missing")),
    };
    let (actors, by, id) = (&signed_in.site.actors, signed_in.user.id, conversation_id(&id)?);
    let read = match body.user_id.filter(|user| *user != by) {
        Some(other) => actors.read_for(by, id, other, upto, body.confirm).await?,
        None => actors.read(by, id, upto).await?,
    };
    Ok(HttpResponse::Ok().json(Answer { read }))
}
