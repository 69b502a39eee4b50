//! API tokens: what an admin gives another program. Shown once, known by their hash from then on.

use super::shapes::{Refusals, WriteRefusals};
use crate::audit::Note;
use crate::bearer;
use crate::error::ApiError;
use crate::json::Json;
use crate::session::SignedIn;
use actix_web::{HttpMessage, HttpRequest, HttpResponse, delete, get, post, web};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;
use switchboard_actors::roster::Colleague;
use switchboard_engine::ids::UserId;
use switchboard_engine::permission::Scope;
use switchboard_engine::time::Timestamp;
use switchboard_schema::{ApiToken, AuditTarget};
use utoipa::ToSchema;

const MAX_NAME: usize = 60;
/// Tokens of a business at a time.
const MOST: usize = 100;

#[derive(Serialize, ToSchema)]
pub struct TokensAnswer {
    /// Newest first; without revoked ones
    tokens: Vec<TokenShape>,
    /// All there are to choose from
    scopes: Vec<String>,
}

#[derive(Serialize, ToSchema)]
pub struct NewTokenAnswer {
    token: TokenShape,
    /// Shown this once; send it as `Authorization: Bearer …`
    #[schema(example = "sbt_4fzzzxjylrx…")]
    secret: String,
}

#[derive(Serialize, ToSchema)]
#[schema(as = ApiToken)]
pub struct TokenShape {
    id: String,
    name: String,
    #[schema(example = json!(["conversations:read", "messages:write"]))]
    scopes: Vec<String>,
    /// Whom it acts for: it can never do more than they can.
    #[schema(value_type = String)]
    user_id: UserId,
    user_name: String,
    /// Its last four characters
    hint: String,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
    /// Exact to the minute
    #[schema(value_type = Option<String>, format = DateTime)]
    last_used_at: Option<Timestamp>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateTokenRequest {
    name: String,
    scopes: Vec<String>,
    /// `null`: until it is revoked
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
}

impl TokenShape {
    fn of(signed_in: &SignedIn, token: ApiToken) -> Self {
        let roster = signed_in.site.roster();
        let user_name = roster.users.get(&token.user_id).map(Colleague::name).unwrap_or_default();
        Self {
            id: token.id.to_string(),
            name: token.name,
            scopes: token.scopes,
            user_id: token.user_id,
            user_name,
            hint: token.hint,
            created_at: token.created_at,
            expires_at: token.expires_at,
            last_used_at: token.last_used_at,
        }
    }
}

/// The tokens of the business.
#[utoipa::path(tag = "programs", responses((status = 200, body = TokensAnswer), Refusals))]
#[get("/tokens")]
pub(crate) async fn list_tokens(signed_in: SignedIn) -> Result<HttpResponse, ApiError> {
    let tokens = signed_in.site.actors.core.store.api_tokens(signed_in.user.business_id).await?;
    let tokens = tokens.into_iter().map(|token| TokenShape::of(&signed_in, token)).collect();
    let scopes = Scope::all().iter().map(Scope::to_string).collect();
    Ok(HttpResponse::Ok().json(TokensAnswer { tokens, scopes }))
}

/// Makes a token that acts for you, within scopes. Its secret is shown this once.
#[utoipa::path(tag = "programs", request_body = CreateTokenRequest, responses(
    (status = 201, body = NewTokenAnswer), Refusals, WriteRefusals,
))]
#[post("/tokens")]
pub(crate) async fn create_token(
    request: HttpRequest,
    signed_in: SignedIn,
    body: Json<CreateTokenRequest>,
) -> Result<HttpResponse, ApiError> {
    let site = &signed_in.site;
    let (name, scopes, expires_at) = checked(body.into_inner(), site.now())?;
    let store = &site.actors.core.store;
    if store.api_tokens(signed_in.user.business_id).await?.len() >= MOST {
        return Err(ApiError::conflict("too_many_tokens", "Revoke tokens nobody uses any more first."));
    }
    let (secret, token_hash, hint) = bearer::fresh();
    let token = ApiToken {
        id: site.actors.core.ids.next(),
        business_id: signed_in.user.business_id,
        user_id: signed_in.user.id,
        name,
        scopes,
        token_hash,
        hint,
        created_at: site.now(),
        expires_at,
        last_used_at: None,
        revoked_at: None,
    };
    store.create_api_token(token.clone()).await?;
    request.extensions_mut().insert(note("created", &token));
    tracing::info!(token.id, user.id = %signed_in.user.id, "a token was made");
    Ok(HttpResponse::Created().json(NewTokenAnswer { token: TokenShape::of(&signed_in, token), secret }))
}

/// Makes a token worthless at once.
#[utoipa::path(tag = "programs", params(("id" = String, Path)), responses((status = 204), Refusals, WriteRefusals))]
#[delete("/tokens/{id}")]
pub(crate) async fn revoke_token(
    request: HttpRequest,
    signed_in: SignedIn,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let id: i64 = id.parse().map_err(|_| ApiError::not_found())?;
    let site = &signed_in.site;
    let store = &site.actors.core.store;
    let revoked = store.revoke_api_token(signed_in.user.business_id, id, site.now()).await?;
    let revoked = revoked.ok_or_else(ApiError::not_found)?;
    site.tokens.forget(&revoked.token_hash);
    request.extensions_mut().insert(note("revoked", &revoked));
    tracing::info!(token.id = id, user.id = %signed_in.user.id, "a token was revoked");
    Ok(HttpResponse::NoContent().finish())
}

fn note(what: &str, token: &ApiToken) -> Note {
    let target = AuditTarget { kind: "token".to_owned(), id: token.id.to_string() };
    let detail = json!({"token": what, "name": token.name, "scopes": token.scopes});
    Note { target: Some(target), detail, ..Note::default() }
}

type Checked = (String, Vec<String>, Option<Timestamp>);

fn checked(body: CreateTokenRequest, now: Timestamp) -> Result<Checked, ApiError> {
    let mut wrong = BTreeMap::new();
    let name = body.name.trim().to_owned();
    if name.is_empty() || name.chars().count() > MAX_NAME || name.chars().any(char::is_control) {
        wrong.insert("name", format!("must have 1 to {MAX_NAME} characters"));
    }
    let mut scopes: Vec<Scope> = Vec::new();
    for text in &body.scopes {
        match Scope::parse(text) {
            Some(scope) => scopes.push(scope),
            None => {
                wrong.insert("scopes", format!("{text:?} is no scope"));
            }
        }
    }
    if body.scopes.is_empty() {
        wrong.insert("scopes", "must name at least one".to_owned());
    }
    if body.expires_at.is_some_and(|at| at <= now) {
        wrong.insert("expires_at", "must lie in the future".to_owned());
    }
    if !wrong.is_empty() {
        return Err(ApiError::invalid_fields(wrong));
    }
    scopes.sort_unstable();
    scopes.dedup();
    Ok((name, scopes.iter().map(Scope::to_string).collect(), body.expires_at))
}
