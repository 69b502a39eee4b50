//! Groups and who is in them.

use super::shapes::{Refusals, User};
use crate::error::ApiError;
use crate::session::SignedIn;
use actix_web::{HttpResponse, get, web};
use serde::Serialize;
use switchboard_engine::ids::GroupId;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub struct MembersAnswer {
    users: Vec<User>,
}

/// Those a conversation of this group can be assigned to.
#[utoipa::path(tag = "groups", params(("id" = String, Path)), responses((status = 200, body = MembersAnswer), Refusals))]
#[get("/groups/{id}/members")]
pub(crate) async fn list_members(
    signed_in: SignedIn,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let group: GroupId = id.parse().map_err(|_| ApiError::not_found())?;
    let roster = signed_in.site.roster();
    let known =
        roster.groups.iter().any(|one| one.id == group && one.business_id == signed_in.user.business_id);
    if !known || !signed_in.user.sees(group) {
        return Err(ApiError::not_found());
    }
    let users = roster.assignable(group).into_iter().map(User::of).collect();
    Ok(HttpResponse::Ok().json(MembersAnswer { users }))
}
