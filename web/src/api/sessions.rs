//! The browsers a user is signed in with, and ending them.

use super::shapes::{Refusals, WriteRefusals};
use crate::error::ApiError;
use crate::session::{Sessions, SignedIn, session_id};
use actix_web::{HttpResponse, delete, get, web};
use serde::Serialize;
use switchboard_engine::time::Timestamp;
use switchboard_schema::Session;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub struct SessionsAnswer {
    sessions: Vec<SessionShape>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = LoginSession)]
pub struct SessionShape {
    id: String,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// Exact to the minute.
    #[schema(value_type = String, format = DateTime)]
    last_used_at: Timestamp,
    user_agent: Option<String>,
    /// The one that asks.
    current: bool,
}

/// An id says nothing of the cookie: it is the head of a hash of it.
fn id(session: &Session) -> Option<String> {
    let hash = session.token_hash.as_slice().try_into().ok()?;
    Some(format!("{:016x}", session_id(&hash)))
}

/// Where one is signed in, last used first.
#[utoipa::path(tag = "me", responses((status = 200, body = SessionsAnswer), Refusals))]
#[get("/me/sessions")]
pub(crate) async fn list_sessions(signed_in: SignedIn) -> Result<HttpResponse, ApiError> {
    let SignedIn { site, user, caller, .. } = signed_in;
    let all = site.actors.core.store.sessions_of(user.id, site.now()).await?;
    let current = caller.token_hash();
    let sessions = all.into_iter().filter_map(|session| {
        Some(SessionShape {
            id: id(&session)?,
            created_at: session.created_at,
            last_used_at: session.last_used_at,
            current: session.token_hash == current,
            user_agent: session.user_agent,
        })
    });
    Ok(HttpResponse::Ok().json(SessionsAnswer { sessions: sessions.collect() }))
}

/// Signs one browser out; its sockets close.
#[utoipa::path(tag = "me", params(("id" = String, Path)), responses((status = 204), Refusals, WriteRefusals))]
#[delete("/me/sessions/{id}")]
pub(crate) async fn end_session(
    signed_in: SignedIn,
    wanted: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let SignedIn { site, user, .. } = signed_in;
    let store = &site.actors.core.store;
    let all = store.sessions_of(user.id, site.now()).await?;
    let found = all.into_iter().find(|session| id(session).as_ref() == Some(&*wanted));
    let session = found.ok_or_else(ApiError::not_found)?;
    store.delete_session(session.token_hash.clone()).await?;
    Sessions::ended(&site, vec![session.token_hash]);
    Ok(HttpResponse::NoContent().finish())
}

/// Signs every other browser out.
#[utoipa::path(tag = "me", responses((status = 204), Refusals, WriteRefusals))]
#[delete("/me/sessions")]
pub(crate) async fn end_other_sessions(signed_in: SignedIn) -> Result<HttpResponse, ApiError> {
    let SignedIn { site, user, caller, .. } = signed_in;
    let ended = site.actors.core.store.end_other_sessions(user.id, caller.token_hash()).await?;
    Sessions::ended(&site, ended);
    Ok(HttpResponse::NoContent().finish())
}
