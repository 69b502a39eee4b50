//! Messages of the team, to the customer and among themselves.

use super::conversation_id;
use super::shapes::{ErrorAnswer, MessageAnswer, Refusals, SentAnswer, WriteRefusals};
use crate::error::ApiError;
use crate::json::{Json, OptionalJson};
use crate::session::SignedIn;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, post, web};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use switchboard_actors::conversation::Done;
use switchboard_actors::desk::{Draft, NoteDraft};
use switchboard_engine::conversation::Conversation;
use switchboard_engine::ids::{ChannelId, MediaId, MessageId, TemplateId, UserId};
use switchboard_engine::message::Message;
use switchboard_engine::sending::Warning;
use switchboard_engine::wire::{MessageView, TemplateAsk};
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
    /// The channel it goes out on; without it, where the customer wrote last.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    channel_id: Option<ChannelId>,
    /// The newest `seq` you have seen: `newer_messages` when others wrote since.
    #[serde(default)]
    expected_seq: Option<i64>,
    /// A registered template instead of text and files.
    #[serde(default)]
    template: Option<TemplateRequest>,
}

/// Values left out come from the template's mapping; an empty one counts as missing.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SendTemplate)]
pub struct TemplateRequest {
    #[schema(value_type = String)]
    id: TemplateId,
    #[serde(default)]
    vars: BTreeMap<String, String>,
    /// About an order, an invoice, a booking: what `reference.KEY` stands for.
    #[serde(default)]
    reference: BTreeMap<String, String>,
}

impl TemplateRequest {
    pub(super) fn id(&self) -> TemplateId {
        self.id
    }

    /// The template, and what its variables are given.
    pub(super) fn into_parts(self) -> (TemplateId, BTreeMap<String, String>) {
        (self.id, self.vars)
    }
}

impl From<TemplateRequest> for TemplateAsk {
    fn from(TemplateRequest { id, vars, reference }: TemplateRequest) -> Self {
        Self { id, vars, reference }
    }
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

#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RetryRequest {
    /// That it may arrive twice is known; needed where the provider never said whether it has the message.
    #[serde(default)]
    confirm: bool,
}

/// Answers the customer. Stored durably and queued for its provider when this says 201; 202 when it is held for business hours, with
/// `hold_reason` and `release_at` in the message.
#[utoipa::path(tag = "messages", params(("id" = String, Path)), request_body = SendMessageRequest, responses(
    (status = 201, body = SentAnswer),
    (status = 202, body = SentAnswer, description = "held: see `hold_reason` and `release_at`"),
    (status = 200, body = SentAnswer, description = "the same client_id again: the first message"),
    (status = 409, body = ErrorAnswer, description = "contact_archived, conversation_closed, client_id_reused, channel_not_connected, newer_messages"),
    (status = 413, body = ErrorAnswer, description = "media_too_large"),
    (status = 415, body = ErrorAnswer, description = "media_type_unsupported, unsupported_media_type"),
    (status = 422, body = ErrorAnswer, description = "window_closed, opted_out, consent_required, template_not_approved {status}, template_vars_missing {vars}, template_var_invalid {var}, validation"),
    Refusals, WriteRefusals,
))]
#[post("/conversations/{id}/messages")]
pub(crate) async fn send_message(
    signed_in: SignedIn,
    id: web::Path<String>,
    body: Json<SendMessageRequest>,
) -> Result<HttpResponse, ApiError> {
    #[derive(Serialize)]
    struct Answer<'a> {
        message: MessageView<'a>,
        warnings: &'a [Warning],
    }
    let SendMessageRequest { client_id, text, media_ids, expected_seq, template, channel_id } =
        body.into_inner();
    let (text, template) = (text.unwrap_or_default(), template.map(Into::into));
    let draft = Draft { client_id, text, media_ids, expected_seq, template, channel_id };
    let done = signed_in.site.actors.send_message(signed_in.user.id, conversation_id(&id)?, draft).await?;
    let message = done.message.as_ref().ok_or_else(ApiError::busy)?;
    let status = match (done.changed, message.hold) {
        (false, _) => StatusCode::OK,
        (true, None) => StatusCode::CREATED,
        (true, Some(_)) => StatusCode::ACCEPTED,
    };
    let view = MessageView::for_agent(message, &done.conversation.contact.name);
    Ok(HttpResponse::build(status).json(Answer { message: view, warnings: &done.warnings }))
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
    body: Json<AddNoteRequest>,
) -> Result<HttpResponse, ApiError> {
    let AddNoteRequest { client_id, text, mentions } = body.into_inner();
    let note = NoteDraft { client_id, text, mentions };
    let done = signed_in.site.actors.add_note(signed_in.user.id, conversation_id(&id)?, note).await?;
    let message = done.message.as_ref().ok_or_else(ApiError::busy)?;
    let status = if done.changed { StatusCode::CREATED } else { StatusCode::OK };
    Ok(shown(status, message, &done.conversation))
}

fn shown(status: StatusCode, message: &Message, of: &Conversation) -> HttpResponse {
    #[derive(Serialize)]
    struct Answer<'a> {
        message: MessageView<'a>,
    }
    HttpResponse::build(status).json(Answer { message: MessageView::for_agent(message, &of.contact.name) })
}

/// Sends a message again that failed: the same message, its next attempt. Window, consent and the rest are looked at anew.
#[utoipa::path(tag = "messages", params(("id" = String, Path)), request_body = Option<RetryRequest>, responses(
    (status = 200, body = MessageAnswer),
    (status = 202, body = MessageAnswer, description = "held: see `hold_reason` and `release_at`"),
    (status = 409, body = ErrorAnswer, description = "not_failed, contact_archived, conversation_closed, channel_not_connected; confirm_required where it may arrive twice"),
    (status = 422, body = ErrorAnswer, description = "window_closed, opted_out, consent_required"),
    Refusals, WriteRefusals,
))]
#[post("/messages/{id}/retry")]
pub(crate) async fn retry_message(
    signed_in: SignedIn,
    id: web::Path<String>,
    body: OptionalJson<RetryRequest>,
) -> Result<HttpResponse, ApiError> {
    let id: MessageId = id.parse().map_err(|_| ApiError::not_found())?;
    let confirmed = body.into_inner().confirm;
    let done = signed_in.site.actors.retry(signed_in.user.id, id, confirmed).await?;
    as_it_is_now(&signed_in, id, &done).await
}

/// Takes a message back that has not left: it is queued, or held.
#[utoipa::path(tag = "messages", params(("id" = String, Path)), responses(
    (status = 200, body = MessageAnswer),
    (status = 409, body = ErrorAnswer, description = "already_sent: it is on its way, or further"),
    Refusals, WriteRefusals,
))]
#[post("/messages/{id}/cancel")]
pub(crate) async fn cancel_message(
    signed_in: SignedIn,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let id: MessageId = id.parse().map_err(|_| ApiError::not_found())?;
    let done = signed_in.site.actors.cancel(signed_in.user.id, id).await?;
    as_it_is_now(&signed_in, id, &done).await
}

async fn as_it_is_now(signed_in: &SignedIn, id: MessageId, done: &Done) -> Result<HttpResponse, ApiError> {
    let message = signed_in.site.actors.core.store.message(id).await?.ok_or_else(ApiError::not_found)?;
    let status = if message.hold.is_some() { StatusCode::ACCEPTED } else { StatusCode::OK };
    Ok(shown(status, &message, &done.conversation))
}
