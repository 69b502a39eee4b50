//! The permission table at the edge of the API: who asks is found out and asked of [`switchboard_engine::permission`] before a handler, or even
//! a body, is looked at; and what happened is written to the audit log.

use crate::audit::{self, Note};
use crate::bearer;
use crate::error::ApiError;
use crate::session::{SignedIn, site};
use crate::site::Asker;
use actix_web::body::BoxBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpRequest};
use std::time::Instant;
use switchboard_engine::ids::GroupId;
use switchboard_engine::permission::{self, Denied, Gate, Operation, Route};

/// All that works for somebody who was given a password and has not chosen their own.
const LEADS_TO_A_PASSWORD: [(&str, &str); 3] =
    [("GET", "/api/v1/session"), ("DELETE", "/api/v1/session"), ("POST", "/api/v1/me/password")];

/// The middleware.
pub async fn check(request: ServiceRequest, next: Next<BoxBody>) -> Result<ServiceResponse<BoxBody>, Error> {
    let pattern = request.match_pattern().unwrap_or_default();
    let Some(route) = permission::route(request.method().as_str(), &pattern) else {
        // No such route, or one nobody has thought about: a test keeps the second from happening.
        return next.call(request).await;
    };
    if route.gate == Gate::Public {
        return match stranger(request.request()) {
            Ok(()) => next.call(request).await,
            Err(refused) => Ok(request.into_response(refused.response())),
        };
    }
    let who = if bearer::is_presented(request.headers()) {
        bearer::signed_in(request.request()).await
    } else {
        SignedIn::at_all(request.request()).await
    };
    let signed_in = match who {
        Ok(signed_in) => signed_in,
        Err(refused) => {
            // Whoever guesses cookies and tokens is a stranger who calls.
            let refused = stranger(request.request()).err().unwrap_or(refused);
            return Ok(request.into_response(refused.response()));
        }
    };
    let asker = Asker::User(signed_in.user.id);
    // A token has a limit of its own: a program must not shut its owner out.
    if signed_in.grant.is_none()
        && let Err(seconds) = signed_in.site.quotas.api.take(asker, Instant::now())
    {
        return Ok(request.into_response(ApiError::rate_limited(seconds).response()));
    }
    if signed_in.caller.must_change_password && !LEADS_TO_A_PASSWORD.contains(&(route.method, route.path)) {
        return Ok(request.into_response(ApiError::password_change_required().response()));
    }
    let target = audit::target(&pattern, request.path());
    if let Some(scope) = signed_in.grant.as_ref().and_then(|grant| grant.lacks(route)) {
        let group = group_of(route, request.path());
        let ip = signed_in.site.source(request.request());
        audit::denied(&signed_in, route, target, group, ip).await;
        return Ok(request.into_response(bearer::out_of_scope(scope).response()));
    }
    if let Err(denied) = admit(route, &signed_in, request.path()) {
        let group = group_of(route, request.path());
        let ip = signed_in.site.source(request.request());
        if denied != Denied::Hidden {
            audit::denied(&signed_in, route, target, group, ip).await;
        }
        return Ok(request.into_response(ApiError::from(denied).response()));
    }
    request.extensions_mut().insert(signed_in.clone());
    let response = next.call(request).await?;
    let note = response.request().extensions_mut().remove::<Note>();
    audit::after(&signed_in, route, target, note, &response).await;
    Ok(response)
}

/// Somebody who is not signed in may call only so often.
fn stranger(request: &HttpRequest) -> Result<(), ApiError> {
    let site = site(request)?;
    let Some(from) = site.source(request) else { return Ok(()) };
    site.quotas.api.take(Asker::at(from), Instant::now()).map_err(ApiError::rate_limited)
}

/// What can be decided without a body or a conversation.
fn admit(route: &Route, signed_in: &SignedIn, path: &str) -> Result<(), Denied> {
    let user = &signed_in.user;
    match route.gate {
        Gate::Public | Gate::SignedIn(_) | Gate::Conversation(_) => Ok(()),
        Gate::Business(operation) => user.may_here(operation),
        Gate::SomeGroup(operation) => {
            let leads = user.leads.first().copied();
            user.may_here(operation).or_else(|denied| match leads {
                Some(group) => user.may(operation, group),
                None => Err(denied),
            })
        }
        Gate::Group(operation) => in_group(operation, signed_in, group_of(route, path)),
    }
}

/// A group that does not exist, and one they must not know of, are the same.
fn in_group(operation: Operation, signed_in: &SignedIn, group: Option<GroupId>) -> Result<(), Denied> {
    let roster = signed_in.site.roster();
    let business = signed_in.user.business_id;
    let Some(group) = group.filter(|id| roster.group(business, *id).is_some()) else {
        return Err(Denied::Hidden);
    };
    signed_in.user.may(operation, group)
}

fn group_of(route: &Route, path: &str) -> Option<GroupId> {
    if !route.path.starts_with("/api/v1/groups/{id}") {
        return None;
    }
    path.split('/').nth(4)?.parse().ok()
}
