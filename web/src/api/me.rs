//! One's own profile and password. Not "settings": every user of the team may do this.

use super::profile::Fields;
use super::shapes::{ErrorAnswer, Refusals, User, WriteRefusals};
use crate::audit::Note;
use crate::error::ApiError;
use crate::json::Json;
use crate::password::weakness;
use crate::session::{Sessions, SignedIn};
use crate::site::Site;
use actix_web::{HttpMessage, HttpRequest, HttpResponse, get, patch, post};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::json;
use std::time::Instant;
use switchboard_engine::ids::UserId;
use switchboard_schema::{Account, Constraint, Edit, StoreError, UserChange};
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub struct MeAnswer {
    user: User,
    mobile: Option<String>,
    notify_enabled: bool,
    email_on_assignment: bool,
    locale: Option<String>,
    time_zone: Option<String>,
    second_factor: bool,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeMeRequest {
    first_name: Option<String>,
    last_name: Option<String>,
    /// `null` takes it away.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    mobile: Edit<String>,
    /// `null`: the business's.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    locale: Edit<String>,
    /// `null`: the business's.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    time_zone: Edit<String>,
    notify_enabled: Option<bool>,
    /// A mail for every conversation somebody else assigns to this user.
    email_on_assignment: Option<bool>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangePasswordRequest {
    current_password: String,
    new_password: String,
}

/// Tells `null` from nothing.
pub(super) fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Edit<String>, D::Error> {
    Option::<String>::deserialize(deserializer).map(Edit::to)
}

async fn answer(site: &Site, user: UserId) -> Result<HttpResponse, ApiError> {
    let account = own(site, user).await?;
    let colleague = site.actors.user(user)?;
    Ok(HttpResponse::Ok().json(MeAnswer {
        user: User::of(&colleague),
        mobile: account.mobile,
        notify_enabled: account.notify_enabled,
        email_on_assignment: account.email_on_assignment,
        locale: account.user.locale,
        time_zone: account.user.time_zone,
        second_factor: account.second_factor,
    }))
}

async fn own(site: &Site, user: UserId) -> Result<Account, ApiError> {
    let business = site.actors.user(user)?.business_id;
    site.actors.core.store.account(business, user).await?.ok_or_else(ApiError::not_signed_in)
}

/// One's own account.
#[utoipa::path(tag = "me", responses((status = 200, body = MeAnswer), Refusals))]
#[get("/me")]
pub(crate) async fn get_me(signed_in: SignedIn) -> Result<HttpResponse, ApiError> {
    answer(&signed_in.site, signed_in.user.id).await
}

/// Changes one's own profile.
#[utoipa::path(tag = "me", request_body = ChangeMeRequest, responses(
    (status = 200, body = MeAnswer),
    (status = 409, body = ErrorAnswer, description = "identifier_in_use, with kind, owner_kind and archived"),
    Refusals, WriteRefusals,
))]
#[patch("/me")]
pub(crate) async fn change_me(
    signed_in: SignedIn,
    body: Json<ChangeMeRequest>,
) -> Result<HttpResponse, ApiError> {
    let SignedIn { site, user, .. } = signed_in;
    let body = body.into_inner();
    let country =
        site.roster().business.as_ref().map_or_else(String::new, |business| business.country.clone());
    let mut fields = Fields::default();
    let change = UserChange {
        first_name: body.first_name.map(|name| fields.name("first_name", &name)),
        last_name: body.last_name.map(|name| fields.name("last_name", &name)),
        mobile: body.mobile.map(|mobile| fields.mobile("mobile", mobile.map(String::as_str), &country)),
        locale: body.locale.map(|text| fields.locale("locale", text.map(String::as_str))),
        time_zone: body.time_zone.map(|text| fields.time_zone("time_zone", text.map(String::as_str))),
        notify_enabled: body.notify_enabled,
        email_on_assignment: body.email_on_assignment,
        ..UserChange::default()
    };
    fields.checked()?;
    store_change(&site, user.id, change).await?;
    site.actors.reload().await?;
    answer(&site, user.id).await
}

/// Changes a user of the business; says whose mark it was when one is taken.
pub(super) async fn store_change(site: &Site, user: UserId, change: UserChange) -> Result<(), ApiError> {
    let business =
        site.roster().business.as_ref().map(|business| business.id).ok_or_else(ApiError::not_found)?;
    let store = &site.actors.core.store;
    let mobile = change.mobile.write(Option::<&String>::cloned).flatten();
    match store.change_user(business, user, change, site.now()).await {
        Ok(true) => Ok(()),
        Ok(false) => Err(ApiError::not_found()),
        Err(StoreError::Conflict { constraint: Constraint::Identity }) => {
            let taken = store.taken(business, None, mobile, Some(user)).await?;
            Err(taken.map_or_else(ApiError::busy, |taken| ApiError::identifier_in_use(&taken)))
        }
        Err(other) => Err(other.into()),
    }
}

/// Changes one's own password; every other session ends, and its sockets close.
#[utoipa::path(tag = "me", request_body = ChangePasswordRequest, responses(
    (status = 204),
    (status = 429, body = ErrorAnswer, description = "rate_limited, with Retry-After"),
    Refusals, WriteRefusals,
))]
#[post("/me/password")]
pub(crate) async fn change_password(
    request: HttpRequest,
    signed_in: SignedIn,
    body: Json<ChangePasswordRequest>,
) -> Result<HttpResponse, ApiError> {
    let SignedIn { site, user, caller, .. } = signed_in;
    let ChangePasswordRequest { current_password, new_password } = body.into_inner();
    if let Some(weakness) = weakness(&new_password, &[&user.email, &user.first_name, &user.last_name]) {
        return Err(ApiError::invalid("new_password", weakness));
    }
    if new_password == current_password {
        return Err(ApiError::invalid("new_password", "must be another one"));
    }
    confirm_password(&site, &request, &user.email, current_password, "current_password").await?;
    let hash = site.passwords.hash(new_password).await?;
    let store = &site.actors.core.store;
    let ended = store.change_password(user.id, hash, caller.token_hash(), site.now()).await?;
    Sessions::ended(&site, ended);
    Sessions::refresh(&site, &caller);
    request.extensions_mut().insert(Note { detail: json!({"changed": "password"}), ..Note::default() });
    Ok(HttpResponse::NoContent().finish())
}

/// Whether somebody who is signed in knows their password; guessing is as slow as at the door.
pub(super) async fn confirm_password(
    site: &Site,
    request: &HttpRequest,
    email: &str,
    password: String,
    field: &'static str,
) -> Result<(), ApiError> {
    let from = site.source(request).ok_or_else(ApiError::not_signed_in)?;
    site.login_limits.attempt(email, from, Instant::now()).map_err(ApiError::rate_limited)?;
    let known = site.actors.core.store.find_user_by_email(email.to_owned()).await?;
    let hash = known.and_then(|(_, hash)| hash);
    if !site.passwords.verify(password, hash).await? {
        return Err(ApiError::invalid(field, "is not your password"));
    }
    site.login_limits.succeeded(email, from);
    Ok(())
}
