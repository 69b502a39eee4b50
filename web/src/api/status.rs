//! How a conversation rests and ends: closed, reopened, snoozed, deleted, restored.

use super::shapes::{ConversationAnswer, ErrorAnswer, Refusals, WriteRefusals};
use super::{conversation_answer, conversation_id};
use crate::error::ApiError;
use crate::json::{Json, OptionalJson};
use crate::session::SignedIn;
use actix_web::{HttpResponse, delete, post, put, web};
use serde::Deserialize;
use switchboard_engine::conversation::Pending;
use switchboard_engine::time::Timestamp;
use utoipa::ToSchema;

#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CloseRequest {
    /// For colleagues: how it ended.
    #[serde(default)]
    note: Option<String>,
    /// `send` or `cancel`: what becomes of messages that have not left.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pending: Option<Pending>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SnoozeRequest {
    /// At most a year from now.
    #[schema(value_type = String)]
    until: Timestamp,
}

/// Closes a conversation: its assignees and admins can.
#[utoipa::path(tag = "conversations", params(("id" = String, Path)), request_body = CloseRequest, responses(
    (status = 200, body = ConversationAnswer),
    (status = 409, body = ErrorAnswer, description = "confirm_required, with `queued`: how many messages have not left"),
    Refusals, WriteRefusals,
))]
#[post("/conversations/{id}/close")]
pub(crate) async fn close_conversation(
    signed_in: SignedIn,
    id: web::Path<String>,
    body: OptionalJson<CloseRequest>,
) -> Result<HttpResponse, ApiError> {
    let actors = &signed_in.site.actors;
    let CloseRequest { note, pending } = body.into_inner();
    let done = actors.close(signed_in.user.id, conversation_id(&id)?, note, pending).await?;
    Ok(conversation_answer(&done.conversation, actors.core.clock.now()))
}

/// Opens it again.
#[utoipa::path(tag = "conversations", params(("id" = String, Path)), responses(
    (status = 200, body = ConversationAnswer),
    (status = 409, body = ErrorAnswer, description = "open_conversation_exists, group_archived"),
    Refusals, WriteRefusals,
))]
#[post("/conversations/{id}/reopen")]
pub(crate) async fn reopen_conversation(
    signed_in: SignedIn,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let actors = &signed_in.site.actors;
    let done = actors.reopen(signed_in.user.id, conversation_id(&id)?).await?;
    Ok(conversation_answer(&done.conversation, actors.core.clock.now()))
}

/// Out of the working lists until a time, or until the customer writes.
#[utoipa::path(tag = "conversations", params(("id" = String, Path)), request_body = SnoozeRequest, responses(
    (status = 200, body = ConversationAnswer),
    (status = 409, body = ErrorAnswer, description = "conversation_closed"),
    Refusals, WriteRefusals,
))]
#[put("/conversations/{id}/snooze")]
pub(crate) async fn snooze_conversation(
    signed_in: SignedIn,
    id: web::Path<String>,
    body: Json<SnoozeRequest>,
) -> Result<HttpResponse, ApiError> {
    let actors = &signed_in.site.actors;
    let done = actors.snooze(signed_in.user.id, conversation_id(&id)?, body.until).await?;
    Ok(conversation_answer(&done.conversation, actors.core.clock.now()))
}

/// Back into the lists.
#[utoipa::path(tag = "conversations", params(("id" = String, Path)), responses(
    (status = 200, body = ConversationAnswer),
    (status = 409, body = ErrorAnswer, description = "conversation_closed"),
    Refusals, WriteRefusals,
))]
#[delete("/conversations/{id}/snooze")]
pub(crate) async fn unsnooze_conversation(
    signed_in: SignedIn,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let actors = &signed_in.site.actors;
    let done = actors.unsnooze(signed_in.user.id, conversation_id(&id)?).await?;
    Ok(conversation_answer(&done.conversation, actors.core.clock.now()))
}

/// Hides it from everybody; within 30 days an admin can restore it.
#[utoipa::path(tag = "conversations", params(("id" = String, Path)), responses(
    (status = 200, body = ConversationAnswer),
    Refusals, WriteRefusals,
))]
#[delete("/conversations/{id}")]
pub(crate) async fn delete_conversation(
    signed_in: SignedIn,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let actors = &signed_in.site.actors;
    let done = actors.delete(signed_in.user.id, conversation_id(&id)?).await?;
    Ok(conversation_answer(&done.conversation, actors.core.clock.now()))
}

/// Brings a deleted conversation back as it was.
#[utoipa::path(tag = "conversations", params(("id" = String, Path)), responses(
    (status = 200, body = ConversationAnswer),
    (status = 409, body = ErrorAnswer, description = "restore_expired, open_conversation_exists, group_archived"),
    Refusals, WriteRefusals,
))]
#[post("/conversations/{id}/restore")]
pub(crate) async fn restore_conversation(
    signed_in: SignedIn,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let actors = &signed_in.site.actors;
    let done = actors.restore(signed_in.user.id, conversation_id(&id)?).await?;
    Ok(conversation_answer(&done.conversation, actors.core.clock.now()))
}
