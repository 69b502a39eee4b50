//! Who answers a conversation.

use super::shapes::{ConversationAnswer, ErrorAnswer, Refusals, WriteRefusals};
use super::{conversation_answer, conversation_id};
use crate::error::ApiError;
use crate::json::Json;
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
    /// The row's `version` you saw: `stale_version` when it has changed since.
    #[serde(default)]
    expected_version: Option<i64>,
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
    (status = 409, body = ErrorAnswer, description = "conversation_closed or stale_version"),
    Refusals, WriteRefusals,
))]
#[put("/conversations/{id}/assignees")]
pub(crate) async fn assign_conversation(
    signed_in: SignedIn,
    id: web::Path<String>,
    body: Json<AssignRequest>,
) -> Result<HttpResponse, ApiError> {
    let actors = &signed_in.site.actors;
    let AssignRequest { user_ids, expected_version } = body.into_inner();
    let id = conversation_id(&id)?;
    let done = actors.assign(signed_in.user.id, id, &user_ids, expected_version).await?;
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

/// One more answers; the owner stays.
#[utoipa::path(tag = "conversations", params(("id" = String, Path), ("user_id" = String, Path)), responses(
    (status = 200, body = ConversationAnswer),
    (status = 409, body = ErrorAnswer, description = "conversation_closed"),
    Refusals, WriteRefusals,
))]
#[post("/conversations/{id}/assignees/{user_id}")]
pub(crate) async fn add_assignee(
    signed_in: SignedIn,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, ApiError> {
    let (id, user) = path.into_inner();
    let actors = &signed_in.site.actors;
    let done = actors.add_assignee(signed_in.user.id, conversation_id(&id)?, user_id(&user)?).await?;
    Ok(conversation_answer(&done.conversation, actors.core.clock.now()))
}

/// One less answers; when it was the owner, the next in line owns it.
#[utoipa::path(tag = "conversations", params(("id" = String, Path), ("user_id" = String, Path)), responses(
    (status = 200, body = ConversationAnswer),
    (status = 409, body = ErrorAnswer, description = "conversation_closed"),
    Refusals, WriteRefusals,
))]
#[delete("/conversations/{id}/assignees/{user_id}")]
pub(crate) async fn remove_assignee(
    signed_in: SignedIn,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, ApiError> {
    let (id, user) = path.into_inner();
    let actors = &signed_in.site.actors;
    let done = actors.remove_assignee(signed_in.user.id, conversation_id(&id)?, user_id(&user)?).await?;
    Ok(conversation_answer(&done.conversation, actors.core.clock.now()))
}

fn user_id(text: &str) -> Result<UserId, ApiError> {
    text.parse().map_err(|_| ApiError::not_found())
}
