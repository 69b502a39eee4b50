//! Signing in and out, and what a browser needs to know at its start.

use super::links::worth;
use super::second_factor;
use super::shapes::{ErrorAnswer, Group, Refusals, User, UserAnswer, WriteRefusals, allowed};
use crate::audit;
use crate::error::ApiError;
use crate::json::Json;
use crate::session::{Sessions, SignedIn, no_cookie, site};
use crate::site::Site;
use actix_web::http::StatusCode;
use actix_web::http::header::USER_AGENT;
use actix_web::{HttpRequest, HttpResponse, delete, get, post};
use serde::{Deserialize, Serialize};
use std::time::Instant;
use switchboard_actors::telemetry;
use switchboard_engine::ids::BusinessId;
use switchboard_engine::time::Timestamp;
use switchboard_schema::{AuditActor, Purpose, User as Account, UserStatus};
use utoipa::ToSchema;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignInRequest {
    #[schema(example = "ann@demo.test")]
    email: String,
    password: String,
    /// Of the authenticator app, or a recovery code; only for those who have set one up.
    code: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub struct SessionAnswer {
    user: SessionUser,
    business: Business,
    /// Groups this user may see.
    groups: Vec<Group>,
    /// Operations you may do in the business as a whole.
    permissions: Vec<&'static str>,
    demo: bool,
    #[schema(value_type = String, format = DateTime)]
    server_time: Timestamp,
}

#[derive(Serialize, ToSchema)]
pub struct SessionUser {
    #[serde(flatten)]
    user: User,
    /// Nothing but choosing a password works before that is done.
    must_change_password: bool,
}

#[derive(Serialize, ToSchema)]
pub struct Business {
    #[schema(value_type = String)]
    id: BusinessId,
    name: String,
    country: String,
    time_zone: String,
}

/// Signs in. Unknown addresses and wrong passwords get the same answer in the same time.
#[utoipa::path(tag = "session", request_body = SignInRequest, responses(
    (status = 201, body = UserAnswer, description = "with the session's cookie"),
    (status = 401, body = ErrorAnswer, description = "login_failed, or second_factor_required: the same again with a code"),
    (status = 410, body = ErrorAnswer, description = "invite_used or invite_expired: the temporary password is no longer good"),
    (status = 429, body = ErrorAnswer, description = "rate_limited, with Retry-After"),
    WriteRefusals,
))]
#[post("/session")]
pub(crate) async fn sign_in(
    request: HttpRequest,
    body: Json<SignInRequest>,
) -> Result<HttpResponse, ApiError> {
    let site = site(&request)?;
    let SignInRequest { email, password, code } = body.into_inner();
    if email.chars().any(char::is_control) {
        return Err(ApiError::invalid("email", "must be an e-mail address"));
    }
    let from = site.source(&request).ok_or_else(ApiError::not_signed_in)?;
    if let Err(seconds) = site.login_limits.attempt(&email, from, Instant::now()) {
        metrics::counter!(telemetry::LOGINS, "result" => "limited").increment(1);
        return Err(ApiError::rate_limited(seconds));
    }
    let known = if email.len() <= 254 {
        site.actors.core.store.find_user_by_email(email.clone()).await?
    } else {
        None
    };
    // Somebody invited with a temporary password has one to show; nobody else who is invited has.
    let (user, hash) = known.filter(|(user, _)| user.status != UserStatus::Deactivated).unzip();
    let right = site.passwords.verify(password, hash.flatten()).await?;
    if !right {
        metrics::counter!(telemetry::LOGINS, "result" => "failed").increment(1);
        audit::not_let_in(&site, &email, user.as_ref(), "password", from).await;
    }
    let user = user.filter(|_| right).ok_or_else(login_failed)?;
    site.login_limits.succeeded(&email, from);
    if let Err(refused) = second_factor::ask(&site, user.id, code.as_deref()).await {
        // Being asked for a code is not failing.
        if refused.code == "login_failed" {
            metrics::counter!(telemetry::LOGINS, "result" => "failed").increment(1);
            audit::not_let_in(&site, &email, Some(&user), "second_factor", from).await;
        }
        return Err(refused);
    }
    if user.status == UserStatus::Invited || user.must_change_password {
        begin_temporary(&site, &user).await?;
    }
    let colleague = site.actors.user(user.id).map_err(ApiError::from)?;
    // Whoever was signed in with this browser is not any more.
    if let Ok(before) = SignedIn::at_all(&request).await {
        Sessions::end(&site, &before.caller).await?;
    }
    let agent = request.headers().get(USER_AGENT).and_then(|agent| agent.to_str().ok());
    let cookie = Sessions::begin(&site, user.id, agent).await?;
    metrics::counter!(telemetry::LOGINS, "result" => "ok").increment(1);
    let actor = AuditActor::User { id: colleague.id, name: colleague.name() };
    audit::told(&site, colleague.business_id, actor, "signed_in", Some(from)).await;
    Ok(HttpResponse::Created().cookie(cookie).json(UserAnswer { user: User::of(&colleague) }))
}

fn login_failed() -> ApiError {
    let detail = "The e-mail address or the password is wrong.";
    ApiError::new(StatusCode::UNAUTHORIZED, "login_failed", detail)
}

/// A temporary password is good for one sign-in, within its time.
async fn begin_temporary(site: &Site, user: &Account) -> Result<(), ApiError> {
    match site.actors.core.store.take_temporary_password(user.id, site.now()).await? {
        Some(state) => worth(Purpose::TemporaryPassword, state)?,
        None if user.status == UserStatus::Invited => return Err(login_failed()),
        None => {}
    }
    site.actors.reload().await?;
    Ok(())
}

/// Who is signed in, and where.
#[utoipa::path(tag = "session", responses((status = 200, body = SessionAnswer), Refusals))]
#[get("/session")]
pub(crate) async fn get_session(signed_in: SignedIn) -> Result<HttpResponse, ApiError> {
    let SignedIn { site, user, caller, .. } = signed_in;
    let must_change_password = caller.must_change_password;
    let roster = site.roster();
    let business = roster.business.as_ref().ok_or_else(ApiError::not_signed_in)?;
    let groups =
        roster.groups.iter().filter(|group| group.business_id == user.business_id && user.sees(group.id));
    let answer = SessionAnswer {
        user: SessionUser { user: User::of(&user), must_change_password },
        business: Business {
            id: business.id,
            name: business.name.clone(),
            country: business.country.clone(),
            time_zone: business.time_zone.clone(),
        },
        groups: groups.map(|group| Group::of(group, &user)).collect(),
        permissions: allowed(|operation| user.may_here(operation).is_ok()),
        demo: site.demo,
        server_time: site.actors.core.clock.now(),
    };
    Ok(HttpResponse::Ok().json(answer))
}

/// Signs out; the session's sockets close.
#[utoipa::path(tag = "session", responses((status = 204), Refusals, WriteRefusals))]
#[delete("/session")]
pub(crate) async fn sign_out(signed_in: SignedIn) -> Result<HttpResponse, ApiError> {
    let SignedIn { site, caller, .. } = signed_in;
    Sessions::end(&site, &caller).await?;
    Ok(HttpResponse::NoContent().cookie(no_cookie(&site)).finish())
}
