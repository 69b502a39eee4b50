//! The people of the team: adding, changing, inviting, letting go. For admins.

use super::invitations::{self, Recipient};
use super::links::recipient;
use super::me::{given, store_change};
use super::profile::Fields;
use super::shapes::{ErrorAnswer, Refusals, WriteRefusals};
use crate::audit::Note;
use crate::error::ApiError;
use crate::json::Json;
use crate::session::{Sessions, SignedIn};
use crate::site::Site;
use actix_web::http::StatusCode;
use actix_web::{HttpMessage, HttpRequest, HttpResponse, get, patch, post, web};
use serde::{Deserialize, Serialize};
use serde_json::json;
use switchboard_engine::conversation::Actor;
use switchboard_engine::ids::{GroupId, UserId};
use switchboard_engine::time::Timestamp;
use switchboard_engine::user::Role;
use switchboard_schema::{
    Account, AuditTarget, Business, Constraint, Edit, Invitation, NewAccount, NewUser, StoreError,
    UserChange, UserStatus,
};
use utoipa::ToSchema;

/// A user as admins see them.
#[derive(Serialize, ToSchema)]
pub struct UserRow {
    #[schema(value_type = String)]
    id: UserId,
    first_name: String,
    last_name: String,
    email: String,
    mobile: Option<String>,
    #[schema(value_type = String, example = "agent")]
    role: Role,
    #[schema(example = "active")]
    status: &'static str,
    #[schema(value_type = Option<String>, format = DateTime)]
    last_seen_at: Option<Timestamp>,
    groups: Vec<GroupRole>,
    second_factor: bool,
    /// `null` once they have accepted.
    invitation: Option<InvitationShape>,
}

/// A place in a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GroupRole {
    #[schema(value_type = String)]
    group_id: GroupId,
    #[schema(value_type = String, example = "agent")]
    role: Role,
}

/// How far the mail of an invitation has come.
#[derive(Serialize, ToSchema)]
#[schema(as = UserInvitation)]
pub struct InvitationShape {
    /// `queued`, `sent` or `failed`
    #[schema(example = "sent")]
    state: &'static str,
    /// What the mail server said.
    detail: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
}

#[derive(Serialize, ToSchema)]
pub struct UsersAnswer {
    users: Vec<UserRow>,
}

#[derive(Serialize, ToSchema)]
pub struct UserRowAnswer {
    user: UserRow,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateUserRequest {
    first_name: String,
    last_name: String,
    /// The user name.
    email: String,
    mobile: Option<String>,
    /// Without it: `agent`.
    #[serde(default = "newcomer")]
    #[schema(value_type = String, example = "agent")]
    role: Role,
    /// Without it: the first group, as an agent.
    groups: Option<Vec<GroupRole>>,
}

fn newcomer() -> Role {
    Role::Agent
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeUserRequest {
    first_name: Option<String>,
    last_name: Option<String>,
    /// `null` takes it away.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    mobile: Edit<String>,
    #[schema(value_type = Option<String>, example = "agent")]
    role: Option<Role>,
}

impl UserRow {
    fn of(account: Account) -> Self {
        let Account { user, mobile, second_factor, groups, invitation, .. } = account;
        let group = |(group_id, role)| GroupRole { group_id, role };
        Self {
            id: user.id,
            first_name: user.first_name,
            last_name: user.last_name,
            email: user.email,
            mobile,
            role: user.role,
            status: user.status.as_str(),
            last_seen_at: user.last_seen_at,
            groups: groups.into_iter().map(group).collect(),
            second_factor,
            invitation: invitation.map(InvitationShape::of),
        }
    }
}

impl InvitationShape {
    fn of(invitation: Invitation) -> Self {
        let Invitation { state, detail, expires_at } = invitation;
        Self { state: state.as_str(), detail, expires_at }
    }
}

fn business(site: &Site) -> Result<Business, ApiError> {
    site.roster().business.clone().ok_or_else(ApiError::not_found)
}

async fn account(site: &Site, user: UserId) -> Result<Account, ApiError> {
    let business = business(site)?.id;
    site.actors.core.store.account(business, user).await?.ok_or_else(ApiError::not_found)
}

async fn answer(site: &Site, user: UserId, status: StatusCode) -> Result<HttpResponse, ApiError> {
    let user = UserRow::of(account(site, user).await?);
    Ok(HttpResponse::build(status).json(UserRowAnswer { user }))
}

fn user_id(text: &str) -> Result<UserId, ApiError> {
    text.parse().map_err(|_| ApiError::not_found())
}

/// Everybody, by name.
#[utoipa::path(tag = "users", responses((status = 200, body = UsersAnswer), Refusals))]
#[get("/users")]
pub(crate) async fn list_users(signed_in: SignedIn) -> Result<HttpResponse, ApiError> {
    let SignedIn { site, user, .. } = signed_in;
    let accounts = site.actors.core.store.accounts(user.business_id).await?;
    let users = accounts.into_iter().map(UserRow::of).collect();
    Ok(HttpResponse::Ok().json(UsersAnswer { users }))
}

/// Adds somebody and sends their invitation.
#[utoipa::path(tag = "users", request_body = CreateUserRequest, responses(
    (status = 201, body = UserRowAnswer),
    (status = 409, body = ErrorAnswer, description = "identifier_in_use, with kind, owner_kind and archived"),
    Refusals, WriteRefusals,
))]
#[post("/users")]
pub(crate) async fn create_user(
    request: HttpRequest,
    signed_in: SignedIn,
    body: Json<CreateUserRequest>,
) -> Result<HttpResponse, ApiError> {
    let SignedIn { site, user: by, .. } = signed_in;
    let business = business(&site)?;
    let body = body.into_inner();
    let groups = groups(&site, body.groups)?;
    let mut fields = Fields::default();
    let user = NewUser {
        id: UserId(site.actors.core.ids.next()),
        first_name: fields.name("first_name", &body.first_name),
        last_name: fields.name("last_name", &body.last_name),
        email: fields.email("email", &body.email),
        role: body.role,
        status: UserStatus::Invited,
        password_hash: None,
        must_change_password: false,
        locale: None,
        time_zone: None,
    };
    let mobile = fields.mobile("mobile", body.mobile.as_deref(), &business.country);
    fields.checked()?;
    let to = Recipient { user: user.id, first_name: &user.first_name, email: &user.email };
    let handed = invitations::invitation(&site, &to, &by.name(), &business.name).await?;
    let (id, email) = (user.id, user.email.clone());
    let user = NewUser {
        must_change_password: handed.password_hash.is_some(),
        password_hash: handed.password_hash,
        ..user
    };
    let new = NewAccount { user, mobile: mobile.clone(), groups, link: handed.link, mail: handed.mail };
    let store = &site.actors.core.store;
    match store.create_account(business.id, new, site.now()).await {
        Err(StoreError::Conflict { constraint: Constraint::Identity }) => {
            let taken = store.taken(business.id, Some(email), mobile, None).await?;
            return Err(taken.map_or_else(ApiError::busy, |taken| ApiError::identifier_in_use(&taken)));
        }
        created => created?,
    }
    site.actors.reload().await?;
    site.actors.mailer.wake();
    let target = Some(AuditTarget { kind: "user".to_owned(), id: id.to_string() });
    let detail = json!({"invited": id, "role": body.role});
    request.extensions_mut().insert(Note { target, detail, ..Note::default() });
    answer(&site, id, StatusCode::CREATED).await
}

/// The groups somebody new joins: as wished, or the first one.
fn groups(site: &Site, wished: Option<Vec<GroupRole>>) -> Result<Vec<(GroupId, Role)>, ApiError> {
    let roster = site.roster();
    let Some(wished) = wished else {
        return Ok(roster
            .groups
            .iter()
            .find(|group| group.is_first)
            .map(|group| (group.id, Role::Agent))
            .into_iter()
            .collect());
    };
    let mut groups: Vec<(GroupId, Role)> = Vec::with_capacity(wished.len());
    for GroupRole { group_id, role } in wished {
        if !roster.groups.iter().any(|group| group.id == group_id && !group.archived) {
            return Err(ApiError::invalid(
                "groups",
                format!("{group_id} is not an active group of this business"),
            ));
        }
        if groups.iter().any(|(known, _)| *known == group_id) {
            return Err(ApiError::invalid("groups", format!("{group_id} is named twice")));
        }
        groups.push((group_id, role));
    }
    Ok(groups)
}

/// Changes somebody. A new role holds at once, on open sockets too.
#[utoipa::path(tag = "users", params(("id" = String, Path)), request_body = ChangeUserRequest, responses(
    (status = 200, body = UserRowAnswer),
    (status = 409, body = ErrorAnswer, description = "last_admin, or identifier_in_use with kind, owner_kind and archived"),
    Refusals, WriteRefusals,
))]
#[patch("/users/{id}")]
pub(crate) async fn change_user(
    request: HttpRequest,
    signed_in: SignedIn,
    id: web::Path<String>,
    body: Json<ChangeUserRequest>,
) -> Result<HttpResponse, ApiError> {
    let SignedIn { site, user: by, .. } = signed_in;
    let (id, body) = (user_id(&id)?, body.into_inner());
    let country = business(&site)?.country;
    let mut fields = Fields::default();
    let change = UserChange {
        first_name: body.first_name.map(|name| fields.name("first_name", &name)),
        last_name: body.last_name.map(|name| fields.name("last_name", &name)),
        mobile: body.mobile.map(|mobile| fields.mobile("mobile", mobile.map(String::as_str), &country)),
        role: body.role,
        ..UserChange::default()
    };
    fields.checked()?;
    let detail = json!({"role": change.role});
    store_change(&site, id, change).await?;
    site.actors.reload().await?;
    site.actors.tell_user_updated(id);
    // Whoever was an admin of every group leaves those they are no member of.
    site.actors.free_work_elsewhere(id, &Actor { id: by.id, name: by.name() }).await?;
    request.extensions_mut().insert(Note { detail, ..Note::default() });
    answer(&site, id, StatusCode::OK).await
}

/// Sends an invitation again; an older link is worthless from here on.
#[utoipa::path(tag = "users", params(("id" = String, Path)), responses(
    (status = 200, body = UserRowAnswer),
    (status = 409, body = ErrorAnswer, description = "not_invited: they have a password already, or are deactivated"),
    Refusals, WriteRefusals,
))]
#[post("/users/{id}/invitation")]
pub(crate) async fn invite_again(
    signed_in: SignedIn,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let SignedIn { site, user: by, .. } = signed_in;
    let id = user_id(&id)?;
    let user = account(&site, id).await?.user;
    let waits = user.status == UserStatus::Invited || user.must_change_password;
    if !waits || user.status == UserStatus::Deactivated {
        let detail =
            "Only somebody who was invited and has no password of their own yet can be invited again.";
        return Err(ApiError::new(StatusCode::CONFLICT, "not_invited", detail));
    }
    let business = business(&site)?.name;
    let handed = invitations::invitation(&site, &recipient(&user), &by.name(), &business).await?;
    let store = &site.actors.core.store;
    store.replace_link(id, handed.link, handed.mail, handed.password_hash, site.now()).await?;
    site.actors.mailer.wake();
    answer(&site, id, StatusCode::OK).await
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DeactivateUserRequest {
    /// Who takes their open conversations, where this user is in the group; without it they become unassigned.
    #[schema(value_type = Option<String>)]
    hand_over_to: Option<UserId>,
}

#[derive(Serialize, ToSchema)]
pub struct DeactivatedAnswer {
    user: UserRow,
    /// How many open conversations were theirs.
    conversations: usize,
}

/// Lets somebody go: out of every browser at once, their open conversations freed or handed over. What they wrote keeps their name.
#[utoipa::path(tag = "users", params(("id" = String, Path)), request_body = DeactivateUserRequest, responses(
    (status = 200, body = DeactivatedAnswer),
    (status = 409, body = ErrorAnswer, description = "last_admin"),
    Refusals, WriteRefusals,
))]
#[post("/users/{id}/deactivate")]
pub(crate) async fn deactivate_user(
    request: HttpRequest,
    signed_in: SignedIn,
    id: web::Path<String>,
    body: Json<DeactivateUserRequest>,
) -> Result<HttpResponse, ApiError> {
    let SignedIn { site, user: by, .. } = signed_in;
    let id = user_id(&id)?;
    let heir = body.hand_over_to;
    if heir.is_some_and(|heir| heir == id || site.actors.user(heir).is_err()) {
        return Err(ApiError::invalid("hand_over_to", "must be another, active user"));
    }
    let ended = site.actors.core.store.deactivate_user(by.business_id, id, site.now()).await?;
    Sessions::ended(&site, ended.ok_or_else(ApiError::not_found)?);
    // From here on nobody can assign anything to them.
    site.actors.reload().await?;
    site.actors.sign_out(id);
    let conversations = site.actors.free_work_of(id, &Actor { id: by.id, name: by.name() }, heir).await?;
    let detail = json!({"status": "deactivated", "conversations": conversations, "hand_over_to": heir});
    request.extensions_mut().insert(Note { detail, ..Note::default() });
    let user = UserRow::of(account(&site, id).await?);
    Ok(HttpResponse::Ok().json(DeactivatedAnswer { user, conversations }))
}

/// Lets somebody back in, with the password they had; whoever never had one is invited again.
#[utoipa::path(tag = "users", params(("id" = String, Path)), responses(
    (status = 200, body = UserRowAnswer),
    Refusals, WriteRefusals,
))]
#[post("/users/{id}/activate")]
pub(crate) async fn activate_user(
    request: HttpRequest,
    signed_in: SignedIn,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let SignedIn { site, .. } = signed_in;
    let id = user_id(&id)?;
    let user = account(&site, id).await?.user;
    let known = site.actors.core.store.find_user_by_email(user.email).await?;
    let has_password = known.is_some_and(|(_, hash)| hash.is_some()) && !user.must_change_password;
    if user.status == UserStatus::Deactivated {
        let status = if has_password { UserStatus::Active } else { UserStatus::Invited };
        store_change(&site, id, UserChange { status: Some(status), ..UserChange::default() }).await?;
        site.actors.reload().await?;
        request
            .extensions_mut()
            .insert(Note { detail: json!({"status": status.as_str()}), ..Note::default() });
    }
    answer(&site, id, StatusCode::OK).await
}
