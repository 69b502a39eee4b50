//! What the API writes to the audit log: every change made through settings, and every try of something one may not.
//!
//! What conversations do is written by their own commits and not again here. A line that cannot be stored is logged as an error; the change it
//! tells of has happened and stands.

use crate::session::SignedIn;
use crate::site::Site;
use actix_web::body::BoxBody;
use actix_web::dev::ServiceResponse;
use actix_web::http::StatusCode;
use serde_json::{Value, json};
use std::net::IpAddr;
use switchboard_engine::ids::{BusinessId, GroupId};
use switchboard_engine::permission::{Gate, Route};
use switchboard_schema::{Audit, AuditActor, AuditOutcome, AuditTarget, User};

/// What a handler wants to have told about its call; put into the request's extensions.
#[derive(Clone, Debug, Default)]
pub struct Note {
    /// Instead of the one in the path.
    pub target: Option<AuditTarget>,
    pub group: Option<GroupId>,
    /// What changed; never a secret.
    pub detail: Value,
}

/// The first id of a path, named after the noun before it: `/api/v1/groups/7/team` is group 7.
pub fn target(pattern: &str, path: &str) -> Option<AuditTarget> {
    let at = pattern.split('/').position(|part| part.starts_with('{'))?;
    let noun = pattern.split('/').nth(at.checked_sub(1)?)?;
    let id = path.split('/').nth(at)?.chars().take(40).collect();
    let kind = noun
        .strip_suffix("ies")
        .map_or_else(|| noun.trim_end_matches('s').to_owned(), |stem| format!("{stem}y"));
    Some(AuditTarget { kind, id })
}

/// Somebody tried what they may not.
pub async fn denied(
    signed_in: &SignedIn,
    route: &Route,
    target: Option<AuditTarget>,
    group: Option<GroupId>,
    ip: Option<IpAddr>,
) {
    if !signed_in.site.denials.take(signed_in.user.id) {
        return;
    }
    let line = Line { target, group, outcome: AuditOutcome::Denied, detail: Value::Null, ip };
    record(signed_in, route, line).await;
}

struct Line {
    target: Option<AuditTarget>,
    group: Option<GroupId>,
    outcome: AuditOutcome,
    detail: Value,
    ip: Option<IpAddr>,
}

/// After the handler: what it did, or that it refused.
pub async fn after(
    signed_in: &SignedIn,
    route: &Route,
    target: Option<AuditTarget>,
    note: Option<Note>,
    response: &ServiceResponse<BoxBody>,
) {
    let ip = signed_in.site.source(response.request());
    if response.status() == StatusCode::FORBIDDEN {
        return denied(signed_in, route, target, note.and_then(|note| note.group), ip).await;
    }
    let told = note.is_some() || (changes(route) && is_setting(route.gate));
    if !response.status().is_success() || !told {
        return;
    }
    let Note { target: other, group, detail } = note.unwrap_or_default();
    let target = other.or(target);
    record(signed_in, route, Line { target, group, outcome: AuditOutcome::Done, detail, ip }).await;
}

fn changes(route: &Route) -> bool {
    route.method != "GET"
}

fn is_setting(gate: Gate) -> bool {
    matches!(gate, Gate::Business(_) | Gate::Group(_) | Gate::SomeGroup(_))
}

async fn record(signed_in: &SignedIn, route: &Route, line: Line) {
    let Line { target, group, outcome, detail, ip } = line;
    let user = &signed_in.user;
    let name = match &signed_in.grant {
        Some(grant) => format!("{} (token {})", user.name(), grant.name),
        None => user.name(),
    };
    let action = route.gate.operation().map_or("", |operation| operation.as_str());
    let audit = Audit {
        id: signed_in.site.actors.core.ids.next(),
        business_id: user.business_id,
        at: signed_in.site.now(),
        actor: AuditActor::User { id: user.id, name },
        action: action.to_owned(),
        target,
        group_id: group,
        outcome,
        detail,
        ip: ip.map(|address| address.to_string()),
    };
    signed_in.site.actors.record(audit).await;
}

/// A line about signing in and the like, where no route's operation says it.
pub async fn told(site: &Site, business: BusinessId, actor: AuditActor, action: &str, ip: Option<IpAddr>) {
    let audit = Audit {
        id: site.actors.core.ids.next(),
        business_id: business,
        at: site.now(),
        actor,
        action: action.to_owned(),
        target: None,
        group_id: None,
        outcome: AuditOutcome::Done,
        detail: Value::Null,
        ip: ip.map(|address| address.to_string()),
    };
    site.actors.record(audit).await;
}

/// Somebody did not get in: whom they tried to be, from where and what was wrong; never what they typed as a password.
pub async fn not_let_in(site: &Site, email: &str, user: Option<&User>, wrong: &str, ip: IpAddr) {
    let business = user.map(|user| user.business_id);
    let Some(business) = business.or_else(|| site.roster().business.as_ref().map(|business| business.id))
    else {
        return;
    };
    // People type their password into the wrong field.
    let email: Option<String> = email.contains('@').then(|| email.trim().chars().take(254).collect());
    let audit = Audit {
        id: site.actors.core.ids.next(),
        business_id: business,
        at: site.now(),
        actor: AuditActor::Nobody,
        action: "sign_in".to_owned(),
        target: user.map(|user| AuditTarget { kind: "user".to_owned(), id: user.id.to_string() }),
        group_id: None,
        outcome: AuditOutcome::Denied,
        detail: json!({ "email": email, "wrong": wrong }),
        ip: Some(ip.to_string()),
    };
    site.actors.record(audit).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_named_after_its_noun() {
        let kind = |pattern: &str, path: &str| target(pattern, path).map(|one| (one.kind, one.id));
        assert_eq!(
            kind("/api/v1/groups/{id}/team", "/api/v1/groups/7/team"),
            Some(("group".to_owned(), "7".to_owned()))
        );
        assert_eq!(
            kind("/api/v1/replies/{id}", "/api/v1/replies/9").map(|one| one.0),
            Some("reply".to_owned())
        );
        assert_eq!(kind("/api/v1/business", "/api/v1/business"), None);
    }
}
