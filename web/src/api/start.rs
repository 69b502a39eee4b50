//! The team writes first.

use super::messages::TemplateRequest;
use super::shapes::{Contact, Conversation, ErrorAnswer, Message, Refusals, WriteRefusals};
use crate::error::ApiError;
use crate::json::Json;
use crate::session::SignedIn;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, post};
use serde::{Deserialize, Serialize};
use switchboard_actors::desk::{Draft, Recipient, Start};
use switchboard_engine::ids::{ChannelId, ContactId, GroupId, MediaId};
use switchboard_engine::wire::{ContactView, ConversationView, MessageView};
use utoipa::ToSchema;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StartRequest {
    #[schema(value_type = String)]
    group_id: GroupId,
    /// WhatsApp or SMS, of this group.
    #[schema(value_type = String)]
    channel_id: ChannelId,
    /// Either a contact or a phone number: exactly one person.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    contact_id: Option<ContactId>,
    /// Without country code it belongs to the business's country.
    #[serde(default)]
    phone: Option<String>,
    /// Your own id of the message: sending it again is harmless.
    client_id: String,
    #[serde(default)]
    text: Option<String>,
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    media_ids: Vec<MediaId>,
    /// A registered template instead of text and files: what WhatsApp begins with.
    #[serde(default)]
    template: Option<TemplateRequest>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FindRequest {
    #[schema(value_type = String)]
    group_id: GroupId,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    contact_id: Option<ContactId>,
    #[serde(default)]
    phone: Option<String>,
}

/// The conversation and its message.
#[derive(Debug, Deserialize, ToSchema)]
pub struct StartAnswer {
    pub conversation: Conversation,
    pub message: Message,
}

/// Who would be written to, and where.
#[derive(Debug, Deserialize, ToSchema)]
pub struct FindAnswer {
    pub contact: Option<Contact>,
    /// Their open conversation in the group.
    pub conversation: Option<Conversation>,
    /// E.164
    pub phone: Option<String>,
}

/// Sends the first message of a conversation, or the next one when the contact has an open one in the group.
#[utoipa::path(tag = "conversations", request_body = StartRequest, responses(
    (status = 201, body = StartAnswer, description = "begun"),
    (status = 200, body = StartAnswer, description = "sent into the open conversation"),
    (status = 409, body = ErrorAnswer, description = "window_closed (WhatsApp begins with a template), identifier_in_use, open_conversation_exists"),
    Refusals, WriteRefusals,
))]
#[post("/conversations")]
pub(crate) async fn start_conversation(
    signed_in: SignedIn,
    body: Json<StartRequest>,
) -> Result<HttpResponse, ApiError> {
    #[derive(Serialize)]
    struct Answer<'a> {
        conversation: ConversationView<'a>,
        message: MessageView<'a>,
    }
    let StartRequest { group_id, channel_id, contact_id, phone, client_id, text, media_ids, template } =
        body.into_inner();
    let text = text.unwrap_or_default();
    let template = template.map(Into::into);
    let (expected_seq, channel) = (None, Some(channel_id));
    let draft = Draft { client_id, text, media_ids, expected_seq, template, channel_id: channel };
    let to = recipient(contact_id, phone)?;
    let start = Start { group: group_id, channel: channel_id, to, draft };
    let actors = &signed_in.site.actors;
    let done = actors.start_conversation(signed_in.user.id, start).await?;
    let message = done.message.as_ref().ok_or_else(ApiError::busy)?;
    let answer = Answer {
        conversation: ConversationView::of(&done.conversation, actors.core.clock.now()),
        message: MessageView::for_agent(message, &done.conversation.contact.name),
    };
    Ok(HttpResponse::build(if done.begun { StatusCode::CREATED } else { StatusCode::OK }).json(answer))
}

/// Looks who a contact or number is and whether they have an open conversation. Nothing is stored.
#[utoipa::path(tag = "conversations", request_body = FindRequest, responses(
    (status = 200, body = FindAnswer),
    (status = 409, body = ErrorAnswer, description = "identifier_in_use: a colleague's number"),
    Refusals, WriteRefusals,
))]
#[post("/conversations/find")]
pub(crate) async fn find_recipient(
    signed_in: SignedIn,
    body: Json<FindRequest>,
) -> Result<HttpResponse, ApiError> {
    #[derive(Serialize)]
    struct Answer<'a> {
        contact: Option<ContactView<'a>>,
        conversation: Option<ConversationView<'a>>,
        phone: Option<&'a str>,
    }
    let FindRequest { group_id, contact_id, phone } = body.into_inner();
    let to = recipient(contact_id, phone)?;
    let actors = &signed_in.site.actors;
    let found = actors.find_recipient(signed_in.user.id, group_id, &to).await?;
    let now = actors.core.clock.now();
    Ok(HttpResponse::Ok().json(Answer {
        contact: found.contact.as_ref().map(ContactView::of),
        conversation: found.conversation.as_ref().map(|open| ConversationView::of(open, now)),
        phone: found.phone.as_deref(),
    }))
}

fn recipient(contact: Option<ContactId>, phone: Option<String>) -> Result<Recipient, ApiError> {
    match (contact, phone) {
        (Some(contact), None) => Ok(Recipient::Contact(contact)),
        (None, Some(phone)) => Ok(Recipient::Phone(phone)),
        (Some(_), Some(_)) => {
            Err(ApiError::invalid("phone", "cannot stand beside contact_id: one person only"))
        }
        (None, None) => Err(ApiError::invalid("phone", "say whom: contact_id or phone")),
    }
}
