//! Who of the team may see new conversations of a contact.

use super::shapes::{Refusals, WriteRefusals};
use crate::audit::Note;
use crate::error::ApiError;
use crate::json::Json;
use crate::session::SignedIn;
use actix_web::{HttpMessage, HttpRequest, HttpResponse, get, put, web};
use serde::{Deserialize, Serialize};
use serde_json::json;
use switchboard_engine::ids::UserId;
use switchboard_engine::permission::{Operation, permit};
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub struct AccessAnswer {
    access: Access,
}

#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Access {
    /// Users who alone see conversations that begin from now on; `null`: everybody in the group.
    #[schema(value_type = Option<Vec<String>>)]
    visible_to: Option<Vec<UserId>>,
}

/// Who may see new conversations of a contact.
#[utoipa::path(tag = "contacts", params(("id" = String, Path)), responses((status = 200, body = AccessAnswer), Refusals))]
#[get("/contacts/{id}/access")]
pub(crate) async fn get_access(signed_in: SignedIn, id: web::Path<String>) -> Result<HttpResponse, ApiError> {
    let id = super::consent::contact(&signed_in, &id).await?;
    permit(Operation::SetContactAccess, super::consent::principal(&signed_in, id).await?)?;
    let viewers = signed_in.site.actors.core.store.contact_viewers(id).await?;
    let visible_to = (!viewers.is_empty()).then_some(viewers);
    Ok(HttpResponse::Ok().json(AccessAnswer { access: Access { visible_to } }))
}

/// Sets it, for conversations that begin from now on.
#[utoipa::path(tag = "contacts", params(("id" = String, Path)), request_body = Access, responses((status = 200, body = AccessAnswer), Refusals, WriteRefusals))]
#[put("/contacts/{id}/access")]
pub(crate) async fn set_access(
    request: HttpRequest,
    signed_in: SignedIn,
    id: web::Path<String>,
    body: Json<Access>,
) -> Result<HttpResponse, ApiError> {
    let id = super::consent::contact(&signed_in, &id).await?;
    // A group admin runs the contacts of their own groups.
    permit(Operation::SetContactAccess, super::consent::principal(&signed_in, id).await?)?;
    let SignedIn { site, user, .. } = &signed_in;
    let mut users = body.into_inner().visible_to;
    if let Some(users) = &mut users {
        users.sort_unstable();
        users.dedup();
        if users.is_empty() {
            return Err(ApiError::invalid("visible_to", "names nobody; null means everybody in the group"));
        }
        let roster = site.roster();
        let known = |id: &UserId| {
            roster.users.get(id).is_some_and(|one| one.active && one.business_id == user.business_id)
        };
        if let Some(stranger) = users.iter().find(|id| !known(id)) {
            return Err(ApiError::invalid("visible_to", format!("{stranger} is not an active user")));
        }
    }
    let list = users.clone().unwrap_or_default();
    if !site.actors.core.store.set_contact_viewers(user.business_id, id, list).await? {
        return Err(ApiError::not_found());
    }
    request.extensions_mut().insert(Note { detail: json!({"visible_to": users}), ..Note::default() });
    Ok(HttpResponse::Ok().json(AccessAnswer { access: Access { visible_to: users } }))
}
