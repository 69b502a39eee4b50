//! Who answers a conversation.

use super::shapes::{ConversationAnswer, ErrorAnswer, Refusals, WriteRefusals};
use super::{conversation_answer, conversation_id};
use crate::error::ApiError;
use crate::session::SignedIn;
use actix_web::{HttpResponse, delete, post, put, web};
use serde::Deserialize;
use switchboard_engine::ids::UserId;
use utoipa::ToSchema;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AssignRequest {
    /// The first is the owner.
    #[schema(value_type = Vec<String>)]
    user_ids: Vec<UserId>,
}

/// Takes an unassigned conversation.
#[utoipa::path(tag = "conversations", params(("id" = String, Path)), responses(
    (status = 200, body = ConversationAnswer),
    (status = 409, body = ErrorAnswer, description = "already_assigned or conversation_closed"),
    Refusals, WriteRefusals,
))]
#[post("/conversations/{id}/attend")]
pub(crate) async fn attend_conversation(
    signed_in: SignedIn,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let actors = &signed_in.site.actors;
    let done = actors.attend(signed_in.user.id, conversation_id(&id)?).await?;
    Ok(conversation_answer(&done.conversation, actors.core.clock.now()))
}

/// Assigns it to members of its group.
#[utoipa::path(tag = "conversations", params(("id" = String, Path)), request_body = AssignRequest, responses(
    (status = 200, body = ConversationAnswer),
    (status = 409, body = ErrorAnswer, description = "conversation_closed"),
    Refusals, WriteRefusals,
))]
#[put("/conversations/{id}/assignees")]
pub(crate) async fn assign_conversation(
    signed_in: SignedIn,
    id: web::Path<String>,
    body: web::Json<AssignRequest>,
) -> Result<HttpResponse, ApiError> {
    let actors = &signed_in.site.actors;
    let done = actors.assign(signed_in.user.id, conversation_id(&id)?, &body.user_ids).await?;
    Ok(conversation_answer(&done.conversation, actors.core.clock.now()))
}

/// Gives it back to the team.
#[utoipa::path(tag = "conversations", params(("id" = String, Path)), responses(
    (status = 200, body = ConversationAnswer),
    Refusals, WriteRefusals,
))]
#[delete("/conversations/{id}/assignees")]
pub(crate) async fn unassign_conversation(
    signed_in: SignedIn,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let actors = &signed_in.site.actors;
    let done = actors.unassign(signed_in.user.id, conversation_id(&id)?).await?;
    Ok(conversation_answer(&done.conversation, actors.core.clock.now()))
}
