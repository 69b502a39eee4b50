//! Ways in for those who have no password yet, or forgot it: one-time links from a mail. No login; nobody learns who has an account.

use super::invitations::{self, Recipient, token_hash};
use super::shapes::{ErrorAnswer, User, UserAnswer, WriteRefusals};
use crate::audit;
use crate::error::ApiError;
use crate::json::Json;
use crate::password::weakness;
use crate::proxies::household;
use crate::session::{Sessions, site};
use crate::site::Site;
use actix_web::http::StatusCode;
use actix_web::http::header::USER_AGENT;
use actix_web::{HttpRequest, HttpResponse, post};
use serde::{Deserialize, Serialize};
use std::time::Instant;
use switchboard_engine::ids::UserId;
use switchboard_schema::{AuditActor, LinkState, Purpose, User as Account, UserStatus};
use utoipa::ToSchema;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ForgotPasswordRequest {
    #[schema(example = "ann@demo.test")]
    email: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LinkRequest {
    /// From the link's fragment.
    token: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPasswordRequest {
    /// From the link's fragment.
    token: String,
    password: String,
}

#[derive(Serialize, ToSchema)]
pub struct InvitationAnswer {
    /// The user name.
    email: String,
    first_name: String,
    business: String,
}

/// Sends a link to a new password, if there is such an account. The answer is the same in any case, and takes as long.
#[utoipa::path(tag = "session", request_body = ForgotPasswordRequest, responses(
    (status = 202, description = "a mail is on its way, if there is such an account"),
    (status = 429, body = ErrorAnswer, description = "rate_limited, with Retry-After"),
    WriteRefusals,
))]
#[post("/password/forgot")]
pub(crate) async fn forgot_password(
    request: HttpRequest,
    body: Json<ForgotPasswordRequest>,
) -> Result<HttpResponse, ApiError> {
    let site = site(&request)?;
    let email = body.into_inner().email.trim().to_lowercase();
    if email.is_empty() || email.len() > 254 || email.chars().any(char::is_control) {
        return Err(ApiError::invalid("email", "must be an e-mail address"));
    }
    knock(&site, &request)?;
    site.reset_mails.take(email.clone(), Instant::now()).map_err(ApiError::rate_limited)?;
    let store = &site.actors.core.store;
    let known = store.find_user_by_email(email).await?.map(|(user, _)| user);
    let known = known.filter(|user| user.status == UserStatus::Active);
    let business = business_name(&site);
    let to = known.as_ref().map(recipient);
    let (link, mail) = invitations::reset(&site, to.as_ref(), &business);
    match &known {
        Some(user) => store.replace_link(user.id, link, mail, None, site.now()).await?,
        None => store.pretend_mail(mail, site.now()).await?,
    }
    site.actors.mailer.wake();
    Ok(HttpResponse::Accepted().finish())
}

/// Sets a new password with the link from the mail; every session of the user ends.
#[utoipa::path(tag = "session", request_body = NewPasswordRequest, responses(
    (status = 204),
    (status = 404, body = ErrorAnswer, description = "not_found: no such link"),
    (status = 410, body = ErrorAnswer, description = "reset_used or reset_expired"),
    (status = 429, body = ErrorAnswer, description = "rate_limited, with Retry-After"),
    WriteRefusals,
))]
#[post("/password/reset")]
pub(crate) async fn reset_password(
    request: HttpRequest,
    body: Json<NewPasswordRequest>,
) -> Result<HttpResponse, ApiError> {
    let site = site(&request)?;
    knock(&site, &request)?;
    let user = open(&site, Purpose::Reset, body.into_inner()).await?;
    note(&site, user, "password_reset", &request).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Whom an invitation is for.
#[utoipa::path(tag = "session", request_body = LinkRequest, responses(
    (status = 200, body = InvitationAnswer),
    (status = 404, body = ErrorAnswer, description = "not_found: no such link"),
    (status = 410, body = ErrorAnswer, description = "invite_used or invite_expired"),
    (status = 429, body = ErrorAnswer, description = "rate_limited, with Retry-After"),
    WriteRefusals,
))]
#[post("/invitations/look")]
pub(crate) async fn look_at_invitation(
    request: HttpRequest,
    body: Json<LinkRequest>,
) -> Result<HttpResponse, ApiError> {
    let site = site(&request)?;
    knock(&site, &request)?;
    let user = owner(&site, Purpose::Invitation, &body.token).await?;
    let business = business_name(&site);
    Ok(HttpResponse::Ok().json(InvitationAnswer { email: user.email, first_name: user.first_name, business }))
}

/// Accepts an invitation: sets the first password and signs in.
#[utoipa::path(tag = "session", request_body = NewPasswordRequest, responses(
    (status = 201, body = UserAnswer, description = "with the session's cookie"),
    (status = 404, body = ErrorAnswer, description = "not_found: no such link"),
    (status = 410, body = ErrorAnswer, description = "invite_used or invite_expired"),
    (status = 429, body = ErrorAnswer, description = "rate_limited, with Retry-After"),
    WriteRefusals,
))]
#[post("/invitations/accept")]
pub(crate) async fn accept_invitation(
    request: HttpRequest,
    body: Json<NewPasswordRequest>,
) -> Result<HttpResponse, ApiError> {
    let site = site(&request)?;
    knock(&site, &request)?;
    let user = open(&site, Purpose::Invitation, body.into_inner()).await?;
    site.actors.reload().await?;
    let colleague = site.actors.user(user)?;
    note(&site, user, "invitation_accepted", &request).await?;
    let agent = request.headers().get(USER_AGENT).and_then(|agent| agent.to_str().ok());
    let cookie = Sessions::begin(&site, user, agent).await?;
    Ok(HttpResponse::Created().cookie(cookie).json(UserAnswer { user: User::of(&colleague) }))
}

/// Guessing is slow.
fn knock(site: &Site, request: &HttpRequest) -> Result<(), ApiError> {
    let from = site.source(request).ok_or_else(ApiError::not_found)?;
    site.link_tries.take(household(from), Instant::now()).map_err(ApiError::rate_limited)
}

/// For the audit log: nobody is signed in here.
async fn note(site: &Site, user: UserId, action: &str, request: &HttpRequest) -> Result<(), ApiError> {
    let colleague = site.actors.user(user)?;
    let actor = AuditActor::User { id: user, name: colleague.name() };
    audit::told(site, colleague.business_id, actor, action, site.source(request)).await;
    Ok(())
}

fn business_name(site: &Site) -> String {
    site.roster().business.as_ref().map_or_else(String::new, |business| business.name.clone())
}

pub(super) fn recipient(user: &Account) -> Recipient<'_> {
    Recipient { user: user.id, first_name: &user.first_name, email: &user.email }
}

/// The user behind a link that is still good.
async fn owner(site: &Site, purpose: Purpose, token: &str) -> Result<Account, ApiError> {
    let store = &site.actors.core.store;
    let found = store.look_at_link(token_hash(token), purpose, site.now()).await?;
    let (user, state) = found.ok_or_else(no_such_link)?;
    worth(purpose, state)?;
    store.users_by_ids(vec![user]).await?.pop().ok_or_else(no_such_link)
}

fn no_such_link() -> ApiError {
    let detail = "There is no such link. Was it copied whole?";
    ApiError::new(StatusCode::NOT_FOUND, "not_found", detail)
}

/// Whether a secret may still be used.
pub(super) fn worth(purpose: Purpose, state: LinkState) -> Result<(), ApiError> {
    let (code, detail) = match (purpose, state) {
        (_, LinkState::Good) => return Ok(()),
        (Purpose::Reset, LinkState::Used) => ("reset_used", "This link was used already. Ask for a new one."),
        (Purpose::Reset, LinkState::Expired) => ("reset_expired", "This link is too old. Ask for a new one."),
        (_, LinkState::Used) => {
            ("invite_used", "This invitation was used already. Sign in, or ask an admin for a new one.")
        }
        (_, LinkState::Expired) => {
            ("invite_expired", "This invitation is no longer good. Ask an admin for a new one.")
        }
    };
    Err(ApiError::new(StatusCode::GONE, code, detail))
}

/// Opens a link: everything is checked before the slow hash, and again in the commit.
async fn open(site: &Site, purpose: Purpose, body: NewPasswordRequest) -> Result<UserId, ApiError> {
    let NewPasswordRequest { token, password } = body;
    let user = owner(site, purpose, &token).await?;
    if let Some(weakness) = weakness(&password, &[&user.email, &user.first_name, &user.last_name]) {
        return Err(ApiError::invalid("password", weakness));
    }
    let hash = site.passwords.hash(password).await?;
    let store = &site.actors.core.store;
    let opened = store.accept_link(token_hash(&token), purpose, hash, site.now()).await?;
    let (user, state, ended) = opened.ok_or_else(no_such_link)?;
    worth(purpose, state)?;
    Sessions::ended(site, ended);
    Ok(user)
}
