//! What a user has read.

use super::conversation_id;
use super::shapes::{ReadAnswer, Refusals, WriteRefusals};
use crate::error::ApiError;
use crate::session::SignedIn;
use actix_web::{HttpResponse, post, web};
use serde::{Deserialize, Serialize};
use switchboard_engine::conversation::ReadState;
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
}

/// Marks a conversation read or unread, for this user only.
#[utoipa::path(tag = "conversations", params(("id" = String, Path)), request_body = ReadRequest, responses(
    (status = 200, body = ReadAnswer),
    Refusals, WriteRefusals,
))]
#[post("/conversations/{id}/read")]
pub(crate) async fn mark_read(
    signed_in: SignedIn,
    id: web::Path<String>,
    body: web::Json<ReadRequest>,
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
    let read = signed_in.site.actors.read(signed_in.user.id, conversation_id(&id)?, upto).await?;
    Ok(HttpResponse::Ok().json(Answer { read }))
}
