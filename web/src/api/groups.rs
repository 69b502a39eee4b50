//! Groups: the team inboxes, and their life.

use super::shapes::{ErrorAnswer, Group, Refusals, WriteRefusals};
use crate::audit::Note;
use crate::error::ApiError;
use crate::json::Json;
use crate::session::SignedIn;
use actix_web::{HttpMessage, HttpRequest, HttpResponse, get, patch, post, web};
use serde::{Deserialize, Serialize};
use serde_json::json;
use switchboard_engine::ids::GroupId;
use switchboard_engine::user::Role;
use switchboard_schema::{AuditTarget, Group as GroupRecord, Membership};
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub struct GroupsAnswer {
    groups: Vec<Group>,
}

#[derive(Serialize, ToSchema)]
pub struct GroupAnswer {
    group: Group,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateGroupRequest {
    name: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeGroupRequest {
    #[serde(default)]
    name: Option<String>,
    /// Its place among the groups; the first group stays first.
    #[serde(default)]
    position: Option<i64>,
}

/// Groups you may see, archived ones too.
#[utoipa::path(tag = "groups", responses((status = 200, body = GroupsAnswer), Refusals))]
#[get("/groups")]
pub(crate) async fn list_groups(signed_in: SignedIn) -> Result<HttpResponse, ApiError> {
    let user = &signed_in.user;
    let roster = signed_in.site.roster();
    let seen = roster.groups.iter().filter(|one| one.business_id == user.business_id && user.sees(one.id));
    let groups = seen.map(|group| Group::of(group, user)).collect();
    Ok(HttpResponse::Ok().json(GroupsAnswer { groups }))
}

/// Adds a group behind the others; you are its first member.
#[utoipa::path(tag = "groups", request_body = CreateGroupRequest, responses(
    (status = 201, body = GroupAnswer),
    (status = 409, body = ErrorAnswer, description = "group_exists"),
    Refusals, WriteRefusals,
))]
#[post("/groups")]
pub(crate) async fn create_group(
    request: HttpRequest,
    signed_in: SignedIn,
    body: Json<CreateGroupRequest>,
) -> Result<HttpResponse, ApiError> {
    let SignedIn { site, user, .. } = &signed_in;
    let name = name_of(&body.name)?;
    let _naming = site.naming.lock().await;
    unused(&signed_in, &name, None)?;
    let (store, now) = (&site.actors.core.store, site.now());
    let id = GroupId(site.actors.core.ids.next());
    store.create_group(user.business_id, GroupRecord::new(id, &name), now).await?;
    store.set_member(Membership { group_id: id, user_id: user.id, role: Role::Agent }, now).await?;
    site.actors.reload().await?;
    let target = AuditTarget { kind: "group".to_owned(), id: id.to_string() };
    let note = Note { target: Some(target), group: Some(id), detail: json!({"created": name}) };
    request.extensions_mut().insert(note);
    Ok(HttpResponse::Created().json(answer(&signed_in, id)?))
}

/// Renames a group, or moves it.
#[utoipa::path(tag = "groups", params(("id" = String, Path)), request_body = ChangeGroupRequest, responses(
    (status = 200, body = GroupAnswer),
    (status = 409, body = ErrorAnswer, description = "group_exists"),
    Refusals, WriteRefusals,
))]
#[patch("/groups/{id}")]
pub(crate) async fn change_group(
    request: HttpRequest,
    signed_in: SignedIn,
    id: web::Path<String>,
    body: Json<ChangeGroupRequest>,
) -> Result<HttpResponse, ApiError> {
    let _naming = signed_in.site.naming.lock().await;
    let mut group = record(&signed_in, &id)?;
    if let Some(name) = &body.name {
        group.name = name_of(name)?;
        unused(&signed_in, &group.name, Some(group.id))?;
    }
    if let Some(position) = body.position {
        if !(0..10_000).contains(&position) {
            return Err(ApiError::invalid("position", "must be between 0 and 9999"));
        }
        group.position = position;
    }
    let detail = json!({"name": group.name, "position": group.position});
    request.extensions_mut().insert(Note { group: Some(group.id), detail, ..Note::default() });
    store(&signed_in, group).await
}

/// Ends a group. It takes nothing in any more; its closed conversations stay readable.
#[utoipa::path(tag = "groups", params(("id" = String, Path)), responses(
    (status = 200, body = GroupAnswer),
    (status = 409, body = ErrorAnswer, description = "group_not_empty: open conversations, or channels; first_group"),
    Refusals, WriteRefusals,
))]
#[post("/groups/{id}/archive")]
pub(crate) async fn archive_group(
    request: HttpRequest,
    signed_in: SignedIn,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let group = record(&signed_in, &id)?;
    if group.is_first {
        let detail = "The first group stays: new users join it. Rename it if the name does not fit.";
        return Err(ApiError::conflict("first_group", detail));
    }
    let site = &signed_in.site;
    let has_channels = site.roster().channels.values().any(|line| line.channel.group_id == group.id);
    if has_channels {
        let detail = "Channels of this group would have nowhere to go. Move them to another group first.";
        return Err(ApiError::conflict("group_not_empty", detail));
    }
    if !site.actors.core.store.archive_group(group.id, site.now()).await? {
        let detail = "Conversations of this group are still open. Close them first.";
        return Err(ApiError::conflict("group_not_empty", detail));
    }
    site.actors.reload().await?;
    let note = Note { group: Some(group.id), detail: json!({"archived": true}), ..Note::default() };
    request.extensions_mut().insert(note);
    Ok(HttpResponse::Ok().json(answer(&signed_in, group.id)?))
}

/// Brings an archived group back.
#[utoipa::path(tag = "groups", params(("id" = String, Path)), responses((status = 200, body = GroupAnswer), Refusals, WriteRefusals))]
#[post("/groups/{id}/restore")]
pub(crate) async fn restore_group(
    request: HttpRequest,
    signed_in: SignedIn,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let group = GroupRecord { archived: false, ..record(&signed_in, &id)? };
    let note = Note { group: Some(group.id), detail: json!({"archived": false}), ..Note::default() };
    request.extensions_mut().insert(note);
    store(&signed_in, group).await
}

async fn store(signed_in: &SignedIn, group: GroupRecord) -> Result<HttpResponse, ApiError> {
    let (site, id) = (&signed_in.site, group.id);
    if !site.actors.core.store.change_group(group, site.now()).await? {
        return Err(ApiError::not_found());
    }
    site.actors.reload().await?;
    Ok(HttpResponse::Ok().json(answer(signed_in, id)?))
}

fn answer(signed_in: &SignedIn, id: GroupId) -> Result<GroupAnswer, ApiError> {
    let roster = signed_in.site.roster();
    // Whoever just made it was no member when they signed in.
    let user = roster.users.get(&signed_in.user.id).ok_or_else(ApiError::not_signed_in)?;
    let group = roster.group(user.business_id, id).ok_or_else(ApiError::not_found)?;
    Ok(GroupAnswer { group: Group::of(group, user) })
}

fn record(signed_in: &SignedIn, id: &str) -> Result<GroupRecord, ApiError> {
    let id: GroupId = id.parse().map_err(|_| ApiError::not_found())?;
    let roster = signed_in.site.roster();
    let group = roster.group(signed_in.user.business_id, id).ok_or_else(ApiError::not_found)?;
    Ok(GroupRecord {
        id,
        name: group.name.clone(),
        position: group.position,
        archived: group.archived,
        is_first: group.is_first,
    })
}

fn name_of(given: &str) -> Result<String, ApiError> {
    let name = given.trim();
    if name.is_empty() || name.chars().count() > 50 || name.chars().any(char::is_control) {
        return Err(ApiError::invalid("name", "must have 1 to 50 characters"));
    }
    Ok(name.to_owned())
}

/// Names are compared without regard to case; the database's own key only knows the exact one.
fn unused(signed_in: &SignedIn, name: &str, except: Option<GroupId>) -> Result<(), ApiError> {
    let roster = signed_in.site.roster();
    let taken = roster.groups.iter().any(|group| {
        group.business_id == signed_in.user.business_id
            && Some(group.id) != except
            && group.name.to_lowercase() == name.to_lowercase()
    });
    if taken {
        let detail = "A group of this name exists already. Choose another name.";
        return Err(ApiError::conflict("group_exists", detail));
    }
    Ok(())
}
