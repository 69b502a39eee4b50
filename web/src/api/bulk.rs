//! The same for many conversations at once.

use super::shapes::{Refusals, WriteRefusals};
use crate::error::ApiError;
use crate::json::Json;
use crate::session::SignedIn;
use actix_web::{HttpResponse, post};
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use switchboard_actors::desk::{BulkAction, BulkItem, BulkOutcome};
use switchboard_engine::conversation::Pending;
use switchboard_engine::ids::{ConversationId, UserId};
use utoipa::ToSchema;

/// Most conversations of one call.
const MOST: usize = 500;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BulkRequest {
    /// At most 500.
    #[schema(value_type = Vec<String>)]
    ids: Vec<ConversationId>,
    action: Action,
    /// Whom to assign them to; the first is the owner.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    user_ids: Vec<UserId>,
    /// With `close`, `send` or `cancel`: what becomes of messages that have not left.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pending: Option<Pending>,
}

#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    Assign,
    Close,
    Read,
    Unread,
}

#[derive(Serialize, ToSchema)]
pub struct BulkAnswer {
    /// In the order asked, each id once.
    results: Vec<BulkResult>,
}

#[derive(Serialize, ToSchema)]
pub struct BulkResult {
    #[schema(value_type = String)]
    id: ConversationId,
    /// `done`, `unchanged` or `refused`
    outcome: &'static str,
    /// Why it was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
}

impl BulkResult {
    fn of(item: BulkItem) -> Self {
        let BulkItem { id, outcome } = item;
        match outcome {
            BulkOutcome::Done => Self { id, outcome: "done", code: None, detail: None },
            BulkOutcome::Unchanged => Self { id, outcome: "unchanged", code: None, detail: None },
            BulkOutcome::Refused(trouble) => {
                let (code, detail) = (Some(trouble.code()), Some(trouble.to_string()));
                Self { id, outcome: "refused", code, detail }
            }
        }
    }
}

/// Assigns, closes or marks many; each has a result of its own, and one that is refused keeps no other back.
#[utoipa::path(tag = "conversations", request_body = BulkRequest, responses(
    (status = 200, body = BulkAnswer),
    Refusals, WriteRefusals,
))]
#[post("/conversations/bulk")]
pub(crate) async fn change_conversations(
    signed_in: SignedIn,
    body: Json<BulkRequest>,
) -> Result<HttpResponse, ApiError> {
    let BulkRequest { ids, action, user_ids, pending } = body.into_inner();
    if ids.is_empty() || ids.len() > MOST {
        return Err(ApiError::invalid("ids", format!("must be 1 to {MOST}")));
    }
    let action = match action {
        Action::Assign if user_ids.is_empty() => {
            return Err(ApiError::invalid("user_ids", "name at least one person"));
        }
        Action::Assign => BulkAction::Assign(user_ids),
        Action::Close => BulkAction::Close(pending),
        Action::Read => BulkAction::Read,
        Action::Unread => BulkAction::Unread,
    };
    let mut seen = HashSet::new();
    let ids = ids.into_iter().filter(|id| seen.insert(*id)).collect();
    let results = signed_in.site.actors.bulk(signed_in.user.id, ids, &action).await;
    Ok(HttpResponse::Ok().json(BulkAnswer { results: results.into_iter().map(BulkResult::of).collect() }))
}
