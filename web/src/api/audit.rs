//! The audit log, for admins; group admins see the lines of their groups.

use super::shapes::Refusals;
use crate::error::ApiError;
use crate::session::SignedIn;
use actix_web::{HttpResponse, get, web};
use serde::{Deserialize, Serialize};
use switchboard_engine::ids::{GroupId, UserId};
use switchboard_engine::time::Timestamp;
use switchboard_engine::user::Role;
use switchboard_schema::{Audit, AuditActor, AuditQuery};
use utoipa::{IntoParams, ToSchema};

const MOST: usize = 200;
const USUAL: usize = 50;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AuditParams {
    /// Only lines of this action.
    action: Option<String>,
    /// Only what this user did.
    actor_id: Option<String>,
    /// Only lines about this group.
    group_id: Option<String>,
    /// `meta.next` of the page before.
    after: Option<String>,
    /// At most 200; 50 without.
    limit: Option<usize>,
}

#[derive(Serialize, ToSchema)]
pub struct AuditAnswer {
    /// Newest first
    entries: Vec<AuditEntry>,
    meta: super::shapes::NextPage,
}

#[derive(Serialize, ToSchema)]
pub struct AuditEntry {
    id: String,
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    actor: Who,
    #[schema(example = "manage_users")]
    action: String,
    target: Option<Target>,
    #[schema(value_type = Option<String>)]
    group_id: Option<GroupId>,
    /// `done` or `denied`
    outcome: &'static str,
    #[schema(value_type = Object)]
    detail: serde_json::Value,
    ip: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = AuditActor)]
pub struct Who {
    /// `user`, `visitor`, `system` or `nobody`
    kind: &'static str,
    #[schema(value_type = Option<String>)]
    id: Option<UserId>,
    name: String,
}

#[derive(Serialize, ToSchema)]
#[schema(as = AuditTarget)]
pub struct Target {
    kind: String,
    id: String,
}

impl AuditEntry {
    fn of(line: Audit) -> Self {
        let id = match &line.actor {
            AuditActor::User { id, .. } => Some(*id),
            _ => None,
        };
        Self {
            id: line.id.to_string(),
            at: line.at,
            actor: Who { kind: line.actor.kind(), id, name: line.actor.name().to_owned() },
            action: line.action,
            target: line.target.map(|target| Target { kind: target.kind, id: target.id }),
            group_id: line.group_id,
            outcome: line.outcome.as_str(),
            detail: line.detail,
            ip: line.ip,
        }
    }
}

/// What was done, and what was tried without the right to.
#[utoipa::path(tag = "audit", params(AuditParams), responses((status = 200, body = AuditAnswer), Refusals))]
#[get("/audit")]
pub(crate) async fn list_audit(
    signed_in: SignedIn,
    query: web::Query<AuditParams>,
) -> Result<HttpResponse, ApiError> {
    let AuditParams { action, actor_id, group_id, after, limit } = query.into_inner();
    let limit = limit.unwrap_or(USUAL);
    if !(1..=MOST).contains(&limit) {
        return Err(ApiError::invalid("limit", format!("must be between 1 and {MOST}")));
    }
    if action.as_deref().is_some_and(|action| action.chars().any(char::is_control)) {
        return Err(ApiError::invalid("action", "must be the name of an action, for example manage_users"));
    }
    let ask = AuditQuery {
        business_id: signed_in.user.business_id,
        action,
        actor: parse("actor_id", actor_id)?.map(UserId),
        groups: groups(&signed_in, parse("group_id", group_id)?.map(GroupId))?,
        before: parse("after", after)?,
        limit: limit + 1,
    };
    let mut lines = signed_in.site.actors.core.store.audit_lines(ask).await?;
    let more = lines.len() > limit;
    lines.truncate(limit);
    let next = lines.last().filter(|_| more).map(|line| line.id.to_string());
    let entries = lines.into_iter().map(AuditEntry::of).collect();
    Ok(HttpResponse::Ok().json(AuditAnswer { entries, meta: super::shapes::NextPage { next } }))
}

fn parse(field: &'static str, text: Option<String>) -> Result<Option<i64>, ApiError> {
    text.map(|text| text.parse().map_err(|_| ApiError::invalid(field, "is no id"))).transpose()
}

/// All for admins; for an admin of groups the lines of those.
fn groups(signed_in: &SignedIn, named: Option<GroupId>) -> Result<Option<Vec<GroupId>>, ApiError> {
    let user = &signed_in.user;
    match (user.role, named) {
        (Role::Admin, named) => Ok(named.map(|group| vec![group])),
        (Role::Agent, None) => Ok(Some(user.leads.clone())),
        (Role::Agent, Some(group)) if user.leads.contains(&group) => Ok(Some(vec![group])),
        (Role::Agent, Some(_)) => Err(ApiError::forbidden()),
    }
}
