//! Closing and reopening.

use super::shapes::{ConversationAnswer, ErrorAnswer, Refusals, WriteRefusals};
use super::{conversation_answer, conversation_id};
use crate::error::ApiError;
use crate::session::SignedIn;
use actix_web::{HttpResponse, post, web};

/// Closes a conversation: its assignees and admins can.
#[utoipa::path(tag = "conversations", params(("id" = String, Path)), responses(
    (status = 200, body = ConversationAnswer),
    (status = 409, body = ErrorAnswer, description = "conversation_closed"),
    Refusals, WriteRefusals,
))]
#[post("/conversations/{id}/close")]
pub(crate) async fn close_conversation(
    signed_in: SignedIn,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let actors = &signed_in.site.actors;
    let done = actors.close(signed_in.user.id, conversation_id(&id)?).await?;
    Ok(conversation_answer(&done.conversation, actors.core.clock.now()))
}

/// Opens it again.
#[utoipa::path(tag = "conversations", params(("id" = String, Path)), responses(
    (status = 200, body = ConversationAnswer),
    (status = 409, body = ErrorAnswer, description = "open_conversation_exists"),
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
