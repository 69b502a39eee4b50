//! What a user has begun to write: the same on all their tabs, shown to nobody else.

use super::conversation_id;
use super::shapes::{Refusals, WriteRefusals};
use crate::error::ApiError;
use crate::json::Json;
use crate::session::SignedIn;
use actix_web::{HttpResponse, delete, get, put, web};
use serde::{Deserialize, Serialize};
use switchboard_engine::time::Timestamp;
use utoipa::ToSchema;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetDraftRequest {
    /// An empty one is no draft.
    text: String,
    /// Comes back in the frame `draft.changed`, so that a tab knows its own.
    #[serde(default)]
    tab: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub struct DraftAnswer {
    draft: Option<Draft>,
}

#[derive(Serialize, ToSchema)]
pub struct Draft {
    text: String,
    #[schema(value_type = String)]
    updated_at: Timestamp,
}

fn answer(draft: Option<switchboard_schema::Draft>) -> HttpResponse {
    let draft = draft.map(|draft| Draft { text: draft.text, updated_at: draft.updated_at });
    HttpResponse::Ok().json(DraftAnswer { draft })
}

/// Your draft here.
#[utoipa::path(tag = "messages", params(("id" = String, Path)), responses((status = 200, body = DraftAnswer), Refusals))]
#[get("/conversations/{id}/draft")]
pub(crate) async fn get_draft(signed_in: SignedIn, id: web::Path<String>) -> Result<HttpResponse, ApiError> {
    Ok(answer(signed_in.site.actors.draft(signed_in.user.id, conversation_id(&id)?).await?))
}

/// Keeps your draft.
#[utoipa::path(tag = "messages", params(("id" = String, Path)), request_body = SetDraftRequest, responses(
    (status = 200, body = DraftAnswer),
    Refusals, WriteRefusals,
))]
#[put("/conversations/{id}/draft")]
pub(crate) async fn set_draft(
    signed_in: SignedIn,
    id: web::Path<String>,
    body: Json<SetDraftRequest>,
) -> Result<HttpResponse, ApiError> {
    let SetDraftRequest { text, tab } = body.into_inner();
    if tab.as_ref().is_some_and(|tab| tab.len() > 64) {
        return Err(ApiError::invalid("tab", "takes at most 64 characters"));
    }
    let (actors, id) = (&signed_in.site.actors, conversation_id(&id)?);
    Ok(answer(actors.set_draft(signed_in.user.id, id, text, tab.as_deref()).await?))
}

/// Throws your draft away.
#[utoipa::path(tag = "messages", params(("id" = String, Path)), responses(
    (status = 200, body = DraftAnswer),
    Refusals, WriteRefusals,
))]
#[delete("/conversations/{id}/draft")]
pub(crate) async fn delete_draft(
    signed_in: SignedIn,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let (actors, id) = (&signed_in.site.actors, conversation_id(&id)?);
    Ok(answer(actors.set_draft(signed_in.user.id, id, String::new(), None).await?))
}
