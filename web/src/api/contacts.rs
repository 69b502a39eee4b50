//! What becomes of a contact as a whole.

use super::shapes::{Refusals, WriteRefusals};
use crate::audit::Note;
use crate::error::ApiError;
use crate::session::SignedIn;
use actix_web::{HttpMessage, HttpRequest, HttpResponse, post, web};
use serde::Serialize;
use serde_json::json;
use switchboard_engine::ids::ContactId;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub struct ErasedAnswer {
    erased: ErasedShape,
}

/// What was emptied.
#[derive(Serialize, ToSchema)]
#[schema(as = Erased)]
pub struct ErasedShape {
    conversations: usize,
    messages: usize,
    files: usize,
}

/// Erases a person: names, numbers, what was said and sent, files, drafts, what they agreed to, the search index. Open conversations are closed
/// first. Their frames stay, empty, so that lists and counts remain true. There is no way back.
#[utoipa::path(tag = "contacts", params(("id" = String, Path)), responses((status = 200, body = ErasedAnswer), Refusals, WriteRefusals))]
#[post("/contacts/{id}/erase")]
pub(crate) async fn erase_contact(
    request: HttpRequest,
    signed_in: SignedIn,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let id: ContactId = id.parse().map_err(|_| ApiError::not_found())?;
    let actors = &signed_in.site.actors;
    if actors.core.store.contact_business(id).await? != Some(signed_in.user.business_id) {
        return Err(ApiError::not_found());
    }
    let erased = actors.erase_contact(signed_in.user.id, id).await?;
    let (conversations, messages, files) = (erased.conversations, erased.messages, erased.files);
    let detail = json!({"erased": {"conversations": conversations, "messages": messages, "files": files}});
    request.extensions_mut().insert(Note { detail, ..Note::default() });
    tracing::info!(contact.id = %id, user.id = %signed_in.user.id, "a contact was erased");
    let erased = ErasedShape { conversations, messages, files };
    Ok(HttpResponse::Ok().json(ErasedAnswer { erased }))
}
