//! First-run set-up: the business, its first admin, a group and a webchat channel, for whoever reads the console.

use super::shapes::{ErrorAnswer, User, UserAnswer, WriteRefusals};
use crate::error::ApiError;
use crate::json::Json;
use crate::password::weakness;
use crate::session::{Sessions, site};
use crate::site::Site;
use actix_web::http::StatusCode;
use actix_web::http::header::USER_AGENT;
use actix_web::{HttpRequest, HttpResponse, get, post};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Instant;
use switchboard_engine::business_hours::is_time_zone;
use switchboard_engine::channel::{Channel, Provider};
use switchboard_engine::ids::{BusinessId, ChannelId, GroupId, UserId};
use switchboard_engine::place::is_country;
use switchboard_engine::user::Role;
use switchboard_schema::{
    Business, ChannelRecord, ChannelState, ChannelStatus, Constraint, Group, NewUser, SetUp, StoreError,
    UserStatus,
};
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub struct SetupAnswer {
    /// Whether this installation still waits for its first admin.
    needed: bool,
    /// Whether it is the demo, whose accounts everybody may know.
    demo: bool,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetupRequest {
    /// As printed on the server's console.
    token: String,
    business_name: String,
    /// ISO 3166, two letters.
    #[schema(example = "GB")]
    country: String,
    #[schema(example = "Europe/London")]
    time_zone: String,
    first_name: String,
    last_name: String,
    email: String,
    password: String,
}

/// Whether set-up is still to be done.
#[utoipa::path(tag = "setup", responses((status = 200, body = SetupAnswer)))]
#[get("/setup")]
pub(crate) async fn get_setup(request: HttpRequest) -> Result<HttpResponse, ApiError> {
    let site = site(&request)?;
    Ok(HttpResponse::Ok().json(SetupAnswer { needed: site.setup.is_open(), demo: site.demo }))
}

/// Sets the installation up and signs its first admin in.
#[utoipa::path(tag = "setup", request_body = SetupRequest, responses(
    (status = 201, body = UserAnswer),
    (status = 409, body = ErrorAnswer, description = "already_set_up"),
    (status = 429, body = ErrorAnswer, description = "rate_limited"),
    WriteRefusals,
))]
#[post("/setup")]
pub(crate) async fn finish_setup(
    request: HttpRequest,
    body: Json<SetupRequest>,
) -> Result<HttpResponse, ApiError> {
    let site = site(&request)?;
    if !site.setup.is_open() {
        return Err(already_set_up());
    }
    let body = checked(body.into_inner())?;
    let from = site.source(&request).ok_or_else(ApiError::not_found)?;
    site.login_limits.attempt("(setup)", from, Instant::now()).map_err(ApiError::rate_limited)?;
    let Some(token) = site.setup.take(&body.token) else {
        let detail = "This is not the token on the server's console. It changes with every start.";
        return Err(ApiError::new(StatusCode::FORBIDDEN, "setup_token_invalid", detail));
    };
    match create(&site, body).await {
        Ok(admin) => {
            let user = site.actors.user(admin).map_err(ApiError::internal)?;
            let agent = request.headers().get(USER_AGENT).and_then(|agent| agent.to_str().ok());
            let cookie = Sessions::begin(&site, admin, agent).await?;
            tracing::info!(user.id = %admin, "set-up is done");
            Ok(HttpResponse::Created().cookie(cookie).json(UserAnswer { user: User::of(&user) }))
        }
        Err(StoreError::Conflict { constraint: Constraint::AlreadySetUp }) => Err(already_set_up()),
        Err(error) => {
            site.setup.restore(token);
            Err(error.into())
        }
    }
}

fn already_set_up() -> ApiError {
    ApiError::new(StatusCode::CONFLICT, "already_set_up", "This installation is set up. Sign in.")
}

fn checked(body: SetupRequest) -> Result<SetupRequest, ApiError> {
    let mut wrong = BTreeMap::new();
    let mut name = |field: &'static str, text: &str| {
        if text.trim().is_empty() || text.chars().count() > 100 || text.chars().any(char::is_control) {
            wrong.insert(field, "must have 1 to 100 characters".to_owned());
        }
    };
    name("business_name", &body.business_name);
    name("first_name", &body.first_name);
    name("last_name", &body.last_name);
    if !is_country(&body.country) {
        wrong.insert("country", "must be a country's code of two capital letters, for example GB".to_owned());
    }
    if !is_time_zone(&body.time_zone) {
        wrong.insert("time_zone", "must be a time zone's name, for example Europe/London".to_owned());
    }
    if !is_email(&body.email) {
        wrong.insert("email", "must be an e-mail address".to_owned());
    }
    if let Some(weakness) =
        weakness(&body.password, &[&body.business_name, &body.email, &body.first_name, &body.last_name])
    {
        wrong.insert("password", weakness);
    }
    if wrong.is_empty() { Ok(body) } else { Err(ApiError::invalid_fields(wrong)) }
}

/// Whether this could be delivered to: something, an at sign, a host.
pub fn is_email(text: &str) -> bool {
    let plain = |c: char| !c.is_whitespace() && !c.is_control() && !matches!(c, '<' | '>' | '"' | ',' | ';');
    text.len() <= 254
        && text.chars().all(plain)
        && text
            .split_once('@')
            .is_some_and(|(local, host)| !local.is_empty() && host.len() > 2 && !host.contains('@'))
}

async fn create(site: &Site, body: SetupRequest) -> Result<UserId, StoreError> {
    let ids = &site.actors.core.ids;
    let (business, admin, group) = (BusinessId(ids.next()), UserId(ids.next()), GroupId(ids.next()));
    let now = site.now();
    let Ok(password_hash) = site.passwords.hash(body.password).await else { return Err(StoreError::Busy) };
    let name = body.business_name.trim().to_owned();
    let set_up = SetUp {
        business: Business::new(business, name.clone(), &body.country, &body.time_zone, now),
        admin: NewUser {
            id: admin,
            first_name: body.first_name.trim().to_owned(),
            last_name: body.last_name.trim().to_owned(),
            email: body.email.trim().to_lowercase(),
            role: Role::Admin,
            status: UserStatus::Active,
            password_hash: Some(password_hash),
            must_change_password: false,
            locale: None,
            time_zone: None,
        },
        group: Group::new(group, "General"),
    };
    let store = &site.actors.core.store;
    store.create_business(set_up).await?;
    let channel = Channel {
        id: ChannelId(ids.next()),
        business_id: business,
        group_id: group,
        kind: Provider::Widget.kind(),
        provider: Provider::Widget,
        name: format!("{name} webchat"),
        address: widget_key(),
    };
    let settings = serde_json::json!({"title": name});
    let status = ChannelStatus::Connected;
    store
        .create_channel(ChannelRecord {
            channel,
            status,
            credentials: None,
            settings,
            created_at: now,
            state: ChannelState::default(),
        })
        .await?;
    site.actors.reload().await?;
    Ok(admin)
}

/// 128 random bits: a widget is reachable without login.
pub fn widget_key() -> String {
    format!("{:032x}", rand::random::<u128>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_wrong_field_is_named_at_once() {
        let body = SetupRequest {
            token: "t".to_owned(),
            business_name: " ".to_owned(),
            country: "gb".to_owned(),
            time_zone: "Europe/Atlantis".to_owned(),
            first_name: "Ann\r\nBcc".to_owned(),
            last_name: "Lee".to_owned(),
            email: "ann".to_owned(),
            password: "short".to_owned(),
        };
        let error = checked(body).err().unwrap();
        let fields: Vec<&str> = error.fields.keys().map(AsRef::as_ref).collect();
        assert_eq!(fields, ["business_name", "country", "email", "first_name", "password", "time_zone"]);
    }

    #[test]
    fn time_zones_are_known_without_the_machine() {
        for known in ["Europe/London", "America/New_York", "Asia/Kolkata", "UTC"] {
            assert!(is_time_zone(known), "{known}");
        }
    }

    #[test]
    fn addresses_of_people() {
        for good in ["ann@demo.test", "a+b@x.co"] {
            assert!(is_email(good), "{good}");
        }
        for bad in ["", "@x.co", "a@", "a@b@c.co", "a b@c.co", "a@c.co\r\nBcc: x@y.co"] {
            assert!(!is_email(bad), "{bad}");
        }
    }
}
