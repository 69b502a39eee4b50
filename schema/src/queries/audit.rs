//! The audit log: lines go in with what they tell of, or right after it; nothing ever changes one.

use super::super::Conn;
use crate::error::StoreError;
use crate::records::{Audit, AuditActor, AuditOutcome, AuditQuery, AuditTarget};
use crate::rows::word;
use crate::tables::audit;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use switchboard_engine::ids::{BusinessId, GroupId, UserId};
use switchboard_engine::time::Timestamp;

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = audit)]
struct AuditRow {
    id: i64,
    business_id: i64,
    at: i64,
    actor_kind: String,
    actor_id: Option<i64>,
    actor_name: String,
    action: String,
    target_kind: Option<String>,
    target_id: Option<String>,
    group_id: Option<i64>,
    outcome: String,
    detail: Option<String>,
    ip: Option<String>,
}

impl From<Audit> for AuditRow {
    fn from(line: Audit) -> Self {
        let (kind, id) = line.target.map(|target| (target.kind, target.id)).unzip();
        Self {
            id: line.id,
            business_id: line.business_id.0,
            at: line.at.0,
            actor_kind: line.actor.kind().to_owned(),
            actor_id: line.actor.id(),
            actor_name: line.actor.name().replace('\0', ""),
            action: line.action,
            target_kind: kind,
            target_id: id,
            group_id: line.group_id.map(|group| group.0),
            outcome: line.outcome.as_str().to_owned(),
            detail: (!line.detail.is_null()).then(|| line.detail.to_string().replace("\\u0000", "")),
            ip: line.ip,
        }
    }
}

impl TryFrom<AuditRow> for Audit {
    type Error = StoreError;

    fn try_from(row: AuditRow) -> Result<Self, StoreError> {
        let actor = match (row.actor_kind.as_str(), row.actor_id) {
            ("user", Some(id)) => AuditActor::User { id: UserId(id), name: row.actor_name },
            ("visitor", _) => AuditActor::Visitor,
            ("system", _) => AuditActor::System,
            _ => AuditActor::Nobody,
        };
        let target = row.target_kind.zip(row.target_id).map(|(kind, id)| AuditTarget { kind, id });
        Ok(Self {
            id: row.id,
            business_id: BusinessId(row.business_id),
            at: Timestamp(row.at),
            actor,
            action: row.action,
            target,
            group_id: row.group_id.map(GroupId),
            outcome: word("audit.outcome", &row.outcome, AuditOutcome::parse)?,
            detail: row.detail.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default(),
            ip: row.ip,
        })
    }
}

pub(crate) async fn record(conn: &mut Conn, line: Audit) -> Result<(), StoreError> {
    diesel::insert_into(audit::table).values(AuditRow::from(line)).execute(conn).await?;
    Ok(())
}

pub(crate) async fn lines(conn: &mut Conn, ask: AuditQuery) -> Result<Vec<Audit>, StoreError> {
    let mut query = audit::table
        .filter(audit::business_id.eq(ask.business_id.0))
        .order(audit::id.desc())
        .limit(ask.limit as i64)
        .select(AuditRow::as_select())
        .into_boxed();
    if let Some(action) = ask.action {
        query = query.filter(audit::action.eq(action));
    }
    if let Some(actor) = ask.actor {
        query = query.filter(audit::actor_id.eq(actor.0));
    }
    if let Some(groups) = ask.groups {
        query = query.filter(audit::group_id.eq_any(groups.into_iter().map(|group| Some(group.0))));
    }
    if let Some(before) = ask.before {
        query = query.filter(audit::id.lt(before));
    }
    query.load(conn).await?.into_iter().map(Audit::try_from).collect()
}
