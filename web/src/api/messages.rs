//! Messages of the team.

use super::conversation_id;
use super::shapes::{ErrorAnswer, MessageAnswer, Refusals, WriteRefusals};
use crate::error::ApiError;
use crate::session::SignedIn;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, post, web};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use switchboard_actors::desk::Draft;
use switchboard_engine::ids::{MediaId, TemplateId};
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

/// Answers the customer. Stored durably and queued for its provider when this says 201.
#[utoipa::path(tag = "messages", params(("id" = String, Path)), request_body = SendMessageRequest, responses(
    (status = 201, body = MessageAnswer),
    (status = 200, body = MessageAnswer, description = "the same client_id again: the first message"),
    (status = 409, body = ErrorAnswer, description = "window_closed, conversation_closed, client_id_reused, channel_not_connected"),
    (status = 422, body = ErrorAnswer, description = "template_not_approved {status}, template_vars_missing {vars}, template_var_invalid {var}, validation"),
    Refusals, WriteRefusals,
))]
#[post("/conversations/{id}/messages")]
pub(crate) async fn send_message(
    signed_in: SignedIn,
    id: web::Path<String>,
    body: web::Json<SendMessageRequest>,
) -> Result<HttpResponse, ApiError> {
    #[derive(Serialize)]
    struct Answer<'a> {
        message: MessageView<'a>,
    }
    let SendMessageRequest { client_id, text, media_ids, template } = body.into_inner();
    let template =
        template.map(|TemplateRequest { id, vars, reference }| TemplateAsk { id, vars, reference });
    let draft = Draft { client_id, text: text.unwrap_or_default(), media_ids, template };
    let done = signed_in.site.actors.send_message(signed_in.user.id, conversation_id(&id)?, draft).await?;
    let message = done.message.ok_or_else(ApiError::busy)?;
    let status = if done.changed { StatusCode::CREATED } else { StatusCode::OK };
    let view = MessageView::for_agent(&message, &done.conversation.contact.name);
    Ok(HttpResponse::build(status).json(Answer { message: view }))
}
