//! Messages of the team, to the customer and among themselves.

use super::conversation_id;
use super::shapes::{ErrorAnswer, MessageAnswer, Refusals, WriteRefusals};
use crate::error::ApiError;
use crate::session::SignedIn;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, post, web};
use serde::{Deserialize, Serialize};
use switchboard_actors::conversation::Done;
use switchboard_actors::desk::{Draft, NoteDraft};
use switchboard_engine::ids::{MediaId, UserId};
use switchboard_engine::wire::MessageView;
use utoipa::ToSchema;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SendMessageRequest {
    /// Your own id of this message: sending it again is harmless.
    client_id: String,
    #[serde(default)]
    text: Option<String>,
    /// Files uploaded before.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    media_ids: Vec<MediaId>,
    /// The newest `seq` you have seen: `newer_messages` when others wrote since.
    #[serde(default)]
    expected_seq: Option<i64>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AddNoteRequest {
    /// Your own id of this note: adding it again is harmless.
    client_id: String,
    text: String,
    /// Colleagues whose attention is asked.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    mentions: Vec<UserId>,
}

/// Answers the customer. Stored durably and queued for its provider when this says 201.
#[utoipa::path(tag = "messages", params(("id" = String, Path)), request_body = SendMessageRequest, responses(
    (status = 201, body = MessageAnswer),
    (status = 200, body = MessageAnswer, description = "the same client_id again: the first message"),
    (status = 409, body = ErrorAnswer, description = "window_closed, conversation_closed, client_id_reused, channel_not_connected, newer_messages"),
    Refusals, WriteRefusals,
))]
#[post("/conversations/{id}/messages")]
pub(crate) async fn send_message(
    signed_in: SignedIn,
    id: web::Path<String>,
    body: web::Json<SendMessageRequest>,
) -> Result<HttpResponse, ApiError> {
    let SendMessageRequest { client_id, text, media_ids, expected_seq } = body.into_inner();
    let draft = Draft { client_id, text: text.unwrap_or_default(), media_ids, expected_seq };
    let done = signed_in.site.actors.send_message(signed_in.user.id, conversation_id(&id)?, draft).await?;
    message_answer(&done)
}

/// Writes for colleagues only: it goes to no provider, no customer and into no transcript of theirs.
#[utoipa::path(tag = "messages", params(("id" = String, Path)), request_body = AddNoteRequest, responses(
    (status = 201, body = MessageAnswer),
    (status = 200, body = MessageAnswer, description = "the same client_id again: the first note"),
    (status = 409, body = ErrorAnswer, description = "client_id_reused"),
    Refusals, WriteRefusals,
))]
#[post("/conversations/{id}/notes")]
pub(crate) async fn add_note(
    signed_in: SignedIn,
    id: web::Path<String>,
    body: web::Json<AddNoteRequest>,
) -> Result<HttpResponse, ApiError> {
    let AddNoteRequest { client_id, text, mentions } = body.into_inner();
    let note = NoteDraft { client_id, text, mentions };
    let done = signed_in.site.actors.add_note(signed_in.user.id, conversation_id(&id)?, note).await?;
    message_answer(&done)
}

fn message_answer(done: &Done) -> Result<HttpResponse, ApiError> {
    #[derive(Serialize)]
    struct Answer<'a> {
        message: MessageView<'a>,
    }
    let message = done.message.as_ref().ok_or_else(ApiError::busy)?;
    let status = if done.changed { StatusCode::CREATED } else { StatusCode::OK };
    let view = MessageView::for_agent(message, &done.conversation.contact.name);
    Ok(HttpResponse::build(status).json(Answer { message: view }))
}
