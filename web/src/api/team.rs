//! Who is in a group, who of them leads it, and what each sees there.

use super::inbox::counts_of;
use super::shapes::{ErrorAnswer, Refusals, User, WriteRefusals};
use crate::audit::Note;
use crate::error::ApiError;
use crate::json::Json;
use crate::session::SignedIn;
use actix_web::{HttpMessage, HttpRequest, HttpResponse, get, put, web};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::HashMap;
use switchboard_actors::roster::{Colleague, Roster};
use switchboard_engine::conversation::{Actor, UnassignReason};
use switchboard_engine::ids::{GroupId, UserId};
use switchboard_engine::permission::Operation;
use switchboard_engine::user::Role;
use switchboard_schema::Membership;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub struct MembersAnswer {
    users: Vec<Member>,
}

#[derive(Serialize, ToSchema)]
pub struct Member {
    #[serde(flatten)]
    user: User,
    /// Has the app open.
    online: bool,
    /// Open conversations of this group assigned to them.
    open_conversations: i64,
}

#[derive(Serialize, ToSchema)]
pub struct TeamAnswer {
    members: Vec<TeamMember>,
    /// People of the business who are not in the group; only for those who may change that.
    others: Vec<User>,
}

#[derive(Serialize, ToSchema)]
pub struct TeamMember {
    user: User,
    /// `admin` of this group, or `agent`
    #[schema(value_type = String, example = "agent")]
    role: Role,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetTeamRequest {
    /// Everybody who shall be in the group.
    members: Vec<WantedMember>,
    /// That open conversations of people taken out become unassigned.
    #[serde(default)]
    confirm: bool,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WantedMember {
    #[schema(value_type = String)]
    user_id: UserId,
    #[serde(default = "agent")]
    #[schema(value_type = String, example = "agent")]
    role: Role,
}

fn agent() -> Role {
    Role::Agent
}

#[derive(Serialize, ToSchema)]
pub struct NavAnswer {
    sections: Vec<Section>,
}

#[derive(Serialize, ToSchema)]
pub struct Section {
    name: &'static str,
    count: Option<i64>,
}

/// Those a conversation of this group can be assigned to.
#[utoipa::path(tag = "groups", params(("id" = String, Path)), responses((status = 200, body = MembersAnswer), Refusals))]
#[get("/groups/{id}/members")]
pub(crate) async fn list_members(
    signed_in: SignedIn,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let roster = signed_in.site.roster();
    let (group, actors) = (group_id(&id)?, &signed_in.site.actors);
    let work = actors.core.store.open_work(group).await?;
    let member = |user: &Colleague| Member {
        user: User::of(user),
        online: actors.presence.is_online(user.id),
        open_conversations: work.get(&user.id).copied().unwrap_or(0),
    };
    let users = roster.assignable(group).into_iter().map(member).collect();
    Ok(HttpResponse::Ok().json(MembersAnswer { users }))
}

/// The team of a group.
#[utoipa::path(tag = "groups", params(("id" = String, Path)), responses((status = 200, body = TeamAnswer), Refusals))]
#[get("/groups/{id}/team")]
pub(crate) async fn get_team(signed_in: SignedIn, id: web::Path<String>) -> Result<HttpResponse, ApiError> {
    let group = group_id(&id)?;
    Ok(HttpResponse::Ok().json(team(&signed_in, group)))
}

/// Says who is in a group. Conversations of whoever is taken out go back to the team.
#[utoipa::path(tag = "groups", params(("id" = String, Path)), request_body = SetTeamRequest, responses(
    (status = 200, body = TeamAnswer),
    (status = 409, body = ErrorAnswer, description = "confirm_required, with `conversations`: how many would become unassigned"),
    Refusals, WriteRefusals,
))]
#[put("/groups/{id}/team")]
pub(crate) async fn set_team(
    request: HttpRequest,
    signed_in: SignedIn,
    id: web::Path<String>,
    body: Json<SetTeamRequest>,
) -> Result<HttpResponse, ApiError> {
    let group = group_id(&id)?;
    let SignedIn { site, user, .. } = &signed_in;
    let (roster, actors) = (site.roster(), &site.actors);
    let wanted = wanted(&signed_in, &roster, group, &body.members)?;
    let before: Vec<&Colleague> = of_group(&roster, group, user).filter(|one| one.active).collect();
    let gone: Vec<UserId> =
        before.iter().map(|one| one.id).filter(|id| wanted.iter().all(|one| one.user_id != *id)).collect();
    let joined: Vec<UserId> =
        wanted.iter().map(|one| one.user_id).filter(|id| before.iter().all(|one| one.id != *id)).collect();
    let mut work = 0;
    for user in &gone {
        work += actors.core.store.open_work_of(*user, Some(group)).await?.len();
    }
    if work > 0 && !body.confirm {
        let detail = format!("{work} open conversations would become unassigned. Confirm to go on.");
        return Err(ApiError::confirm_required(detail, json!({"conversations": work})));
    }
    actors.core.store.set_team(group, wanted, site.now()).await?;
    actors.reload().await?;
    let by = Actor { id: user.id, name: user.name() };
    for user in &gone {
        actors.tell_user(*user, "group.left", &json!({"group_id": group}));
        actors.release(*user, Some(group), by.clone(), UnassignReason::LeftGroup).await?;
    }
    for user in &joined {
        actors.tell_user(*user, "group.joined", &json!({"group_id": group}));
    }
    let detail = json!({"joined": joined, "left": gone});
    request.extensions_mut().insert(Note { group: Some(group), detail, ..Note::default() });
    Ok(HttpResponse::Ok().json(team(&signed_in, group)))
}

/// The sections of a group for you, with how many conversations each holds.
#[utoipa::path(tag = "groups", params(("id" = String, Path)), responses((status = 200, body = NavAnswer), Refusals))]
#[get("/groups/{id}/nav")]
pub(crate) async fn get_nav(signed_in: SignedIn, id: web::Path<String>) -> Result<HttpResponse, ApiError> {
    let group = group_id(&id)?;
    let counts = counts_of(&signed_in, vec![group]).await?;
    let mut sections = vec![
        Section { name: "team", count: Some(counts.team) },
        Section { name: "mine", count: Some(counts.mine) },
        Section { name: "unassigned", count: Some(counts.unassigned) },
        Section { name: "closed", count: Some(counts.closed) },
    ];
    let parts = [
        ("admin.team", Operation::ViewTeam),
        ("admin.channels", Operation::ManageChannels),
        ("admin.templates", Operation::ManageTemplates),
    ];
    let may = |operation| signed_in.user.may(operation, group).is_ok();
    let shown = parts.into_iter().filter(|(_, operation)| may(*operation));
    sections.extend(shown.map(|(name, _)| Section { name, count: None }));
    Ok(HttpResponse::Ok().json(NavAnswer { sections }))
}

fn group_id(text: &str) -> Result<GroupId, ApiError> {
    text.parse().map_err(|_| ApiError::not_found())
}

fn of_group<'a>(
    roster: &'a Roster,
    group: GroupId,
    asker: &Colleague,
) -> impl Iterator<Item = &'a Colleague> {
    let business = asker.business_id;
    roster.users.values().filter(move |one| one.business_id == business && one.belongs_to(group))
}

fn team(signed_in: &SignedIn, group: GroupId) -> TeamAnswer {
    let user = &signed_in.user;
    let roster = signed_in.site.roster();
    let mut people: Vec<&Colleague> =
        roster.users.values().filter(|one| one.business_id == user.business_id && one.active).collect();
    people.sort_by(|a, b| (&a.first_name, &a.last_name, a.id).cmp(&(&b.first_name, &b.last_name, b.id)));
    let (members, others): (Vec<_>, Vec<_>) = people.into_iter().partition(|one| one.belongs_to(group));
    let role = |one: &Colleague| if one.leads.contains(&group) { Role::Admin } else { Role::Agent };
    let others = if user.may(Operation::ChangeTeam, group).is_ok() { others } else { Vec::new() };
    TeamAnswer {
        members: members.into_iter().map(|one| TeamMember { user: User::of(one), role: role(one) }).collect(),
        others: others.into_iter().map(User::of).collect(),
    }
}

/// The team as asked for, checked: people of this business, and nobody made a group admin by someone who may not.
fn wanted(
    signed_in: &SignedIn,
    roster: &Roster,
    group: GroupId,
    members: &[WantedMember],
) -> Result<Vec<Membership>, ApiError> {
    let may_grant = signed_in.user.may(Operation::GrantGroupAdmin, group).is_ok();
    let mut wanted: HashMap<UserId, Membership> = HashMap::new();
    for WantedMember { user_id, role } in members {
        let known = roster.users.get(user_id).filter(|one| one.business_id == signed_in.user.business_id);
        let Some(known) = known else {
            return Err(ApiError::invalid("members", format!("{user_id} is not a user of this business")));
        };
        let leads = known.leads.contains(&group);
        if !may_grant && leads != (*role == Role::Admin) {
            return Err(ApiError::forbidden());
        }
        wanted.insert(*user_id, Membership { group_id: group, user_id: *user_id, role: *role });
    }
    // A group admin can no more take the role from another than give it.
    let missing = of_group(roster, group, &signed_in.user).filter(|one| !wanted.contains_key(&one.id));
    let (left, away): (Vec<_>, Vec<_>) = missing.partition(|one| one.active);
    if !may_grant && left.iter().any(|one| one.leads.contains(&group)) {
        return Err(ApiError::forbidden());
    }
    // Whoever is deactivated is not shown in the team, and finds their place again should they come back.
    for one in away {
        let role = if one.leads.contains(&group) { Role::Admin } else { Role::Agent };
        wanted.insert(one.id, Membership { group_id: group, user_id: one.id, role });
    }
    Ok(wanted.into_values().collect())
}
