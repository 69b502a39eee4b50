//! `/api/v1`: one file per noun. Handlers are thin: who asks, what they ask, what the desk or the store answers.

#![allow(unused_qualifications, reason = "utoipa repeats the types of queries with a path of its own")]

pub mod access;
pub mod announcements;
pub mod assignment;
pub mod audit;
pub mod broadcasts;
pub mod bulk;
pub mod business;
pub mod channels;
pub mod consent;
pub mod contacts;
pub mod conversations;
pub mod drafts;
pub mod emails;
pub mod groups;
pub mod hours;
pub mod inbox;
pub mod invitations;
pub mod links;
pub mod me;
pub mod media;
pub mod messages;
pub mod photos;
pub mod profile;
pub mod read;
pub mod replies;
pub mod search;
pub mod second_factor;
pub mod session;
pub mod sessions;
pub mod setup;
pub mod shapes;
pub mod start;
pub mod status;
pub mod team;
pub mod templates;
pub mod timeline;
pub mod tokens;
pub mod transcripts;
pub mod users;
pub mod webhooks;

use crate::error::ApiError;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use serde::Serialize;
use switchboard_engine::conversation::Conversation;
use switchboard_engine::ids::ConversationId;
use switchboard_engine::time::Timestamp;
use switchboard_engine::wire::ConversationView;

/// The id of a path; what is no id names nothing.
fn conversation_id(text: &str) -> Result<ConversationId, ApiError> {
    text.parse().map_err(|_| ApiError::not_found())
}

/// `{"conversation":…}`
fn conversation_answer(conversation: &Conversation, now: Timestamp) -> HttpResponse {
    #[derive(Serialize)]
    struct Answer<'a> {
        conversation: ConversationView<'a>,
    }
    HttpResponse::build(StatusCode::OK).json(Answer { conversation: ConversationView::of(conversation, now) })
}
