//! The second factor of one's own sign-in: setting it up, and the code that is asked for with the password.

use super::me::confirm_password;
use super::shapes::{ErrorAnswer, Refusals, WriteRefusals};
use crate::audit::Note;
use crate::error::ApiError;
use crate::json::Json;
use crate::session::SignedIn;
use crate::site::Site;
use actix_web::http::StatusCode;
use actix_web::{HttpMessage, HttpRequest, HttpResponse, delete, post};
use rand::Rng;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::time::Instant;
use switchboard_engine::ids::UserId;
use switchboard_engine::second_factor::{self, RECOVERY, RECOVERY_CODES, SECRET};
use switchboard_schema::SecondFactor;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub struct NewSecondFactorAnswer {
    /// For typing into the app.
    secret: String,
    /// For scanning: `otpauth://…`
    uri: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CodeRequest {
    #[schema(example = "123456")]
    code: String,
}

#[derive(Serialize, ToSchema)]
pub struct RecoveryCodesAnswer {
    /// Shown once; each signs in once without the app.
    recovery_codes: Vec<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordRequest {
    password: String,
}

fn is_on() -> ApiError {
    ApiError::new(StatusCode::CONFLICT, "second_factor_on", "A second factor is in use. Remove it first.")
}

fn wrong_code() -> ApiError {
    ApiError::invalid("code", "is wrong, or was used already: wait for the next one")
}

/// Begins to set up an authenticator app. Nothing is asked for at sign-in before a first code was shown.
#[utoipa::path(tag = "me", responses(
    (status = 200, body = NewSecondFactorAnswer),
    (status = 409, body = ErrorAnswer, description = "second_factor_on"),
    Refusals, WriteRefusals,
))]
#[post("/me/second_factor")]
pub(crate) async fn begin_second_factor(signed_in: SignedIn) -> Result<HttpResponse, ApiError> {
    let SignedIn { site, user, .. } = signed_in;
    let mut secret = [0; SECRET];
    rand::rng().fill_bytes(&mut secret);
    let sealed = site.actors.vault.seal_json("second_factor", user.id.0, &Value::String(hex::encode(secret)));
    if !site.actors.core.store.begin_second_factor(user.id, sealed, site.now()).await? {
        return Err(is_on());
    }
    let roster = site.roster();
    let issuer = roster.business.as_ref().map_or("Switchboard", |business| business.name.as_str());
    let uri = second_factor::uri(issuer, &user.email, &secret);
    Ok(HttpResponse::Ok().json(NewSecondFactorAnswer { secret: second_factor::base32(&secret), uri }))
}

/// Confirms the app with a first code; from here on signing in needs one.
#[utoipa::path(tag = "me", request_body = CodeRequest, responses(
    (status = 200, body = RecoveryCodesAnswer),
    (status = 409, body = ErrorAnswer, description = "second_factor_on"),
    (status = 429, body = ErrorAnswer, description = "rate_limited, with Retry-After"),
    Refusals, WriteRefusals,
))]
#[post("/me/second_factor/confirm")]
pub(crate) async fn confirm_second_factor(
    request: HttpRequest,
    signed_in: SignedIn,
    body: Json<CodeRequest>,
) -> Result<HttpResponse, ApiError> {
    let SignedIn { site, user, .. } = signed_in;
    let store = &site.actors.core.store;
    let begun = store.second_factor(user.id).await?.ok_or_else(ApiError::not_found)?;
    if begun.confirmed {
        return Err(is_on());
    }
    site.code_tries.take(user.id, Instant::now()).map_err(ApiError::rate_limited)?;
    let secret = open(&site, user.id, &begun)?;
    let step =
        second_factor::accept(&secret, &body.code, site.now(), begun.last_step).ok_or_else(wrong_code)?;
    let codes: Vec<String> = (0..RECOVERY_CODES).map(|_| recovery_code()).collect();
    let hashes = codes.iter().filter_map(|code| hash(code)).collect();
    if !store.confirm_second_factor(user.id, begun.secret, step, hashes).await? {
        return Err(is_on());
    }
    site.code_tries.restore(&user.id);
    note(&request, "on");
    Ok(HttpResponse::Ok().json(RecoveryCodesAnswer { recovery_codes: codes }))
}

/// Goes back to signing in with the password alone.
#[utoipa::path(tag = "me", request_body = PasswordRequest, responses(
    (status = 204),
    (status = 429, body = ErrorAnswer, description = "rate_limited, with Retry-After"),
    Refusals, WriteRefusals,
))]
#[delete("/me/second_factor")]
pub(crate) async fn remove_second_factor(
    request: HttpRequest,
    signed_in: SignedIn,
    body: Json<PasswordRequest>,
) -> Result<HttpResponse, ApiError> {
    let SignedIn { site, user, .. } = signed_in;
    confirm_password(&site, &request, &user.email, body.into_inner().password, "password").await?;
    site.actors.core.store.remove_second_factor(user.id).await?;
    note(&request, "off");
    Ok(HttpResponse::NoContent().finish())
}

/// For the audit log.
fn note(request: &HttpRequest, state: &str) {
    request.extensions_mut().insert(Note { detail: json!({"second_factor": state}), ..Note::default() });
}

fn recovery_code() -> String {
    let mut random = [0; RECOVERY];
    rand::rng().fill_bytes(&mut random);
    second_factor::recovery_code(random)
}

fn hash(code: &str) -> Option<Vec<u8>> {
    Some(Sha256::digest(second_factor::plain_recovery_code(code)?).to_vec())
}

fn open(site: &Site, user: UserId, stored: &SecondFactor) -> Result<Vec<u8>, ApiError> {
    let opened = site.actors.vault.open_json("second_factor", user.0, &stored.secret);
    let secret = opened.as_ref().and_then(Value::as_str).and_then(|text| hex::decode(text).ok());
    secret.ok_or_else(|| ApiError::internal("a second factor cannot be opened: was the secret key changed?"))
}

/// The second question at sign-in, once the password was right: a code of the app or a recovery code, each good once.
pub(super) async fn ask(site: &Site, user: UserId, code: Option<&str>) -> Result<(), ApiError> {
    let store = &site.actors.core.store;
    let Some(stored) = store.second_factor(user).await?.filter(|stored| stored.confirmed) else {
        return Ok(());
    };
    let Some(code) = code.filter(|code| !code.trim().is_empty()) else {
        let detail = "Enter the code of your authenticator app, or a recovery code.";
        return Err(ApiError::new(StatusCode::UNAUTHORIZED, "second_factor_required", detail));
    };
    // Counted before the code is looked at, so that a burst of parallel guesses is counted too.
    site.code_tries.take(user, Instant::now()).map_err(ApiError::rate_limited)?;
    let secret = open(site, user, &stored)?;
    let right = match (second_factor::accept(&secret, code, site.now(), stored.last_step), hash(code)) {
        (Some(step), _) => store.take_step(user, step).await?,
        (None, Some(hash)) => store.take_recovery_code(user, hash).await?,
        (None, None) => false,
    };
    if !right {
        let detail = "The code is wrong, or was used already.";
        return Err(ApiError::new(StatusCode::UNAUTHORIZED, "login_failed", detail));
    }
    site.code_tries.restore(&user);
    Ok(())
}
