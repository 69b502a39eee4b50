//! Lines of the audit log.

use super::clean;
use crate::records::Audit;
use crate::statement::statement;
use diesel::sql_types::{BigInt, Nullable, Text};
use std::borrow::Cow;

statement! {
    insert "audit" NewAudit['a] {
        id: i64 => BigInt,
        business_id: i64 => BigInt,
        at: i64 => BigInt,
        actor_kind: &'a str => Text,
        actor_id: Option<i64> => Nullable<BigInt>,
        actor_name: Cow<'a, str> => Text,
        action: &'a str => Text,
        target_kind: Option<&'a str> => Nullable<Text>,
        target_id: Option<&'a str> => Nullable<Text>,
        group_id: Option<i64> => Nullable<BigInt>,
        outcome: &'a str => Text,
        detail: Option<String> => Nullable<Text>,
        ip: Option<&'a str> => Nullable<Text>,
    } ""
}

impl<'a> NewAudit<'a> {
    pub(crate) fn of(line: &'a Audit) -> Self {
        Self {
            id: line.id,
            business_id: line.business_id.0,
            at: line.at.0,
            actor_kind: line.actor.kind(),
            actor_id: line.actor.id(),
            actor_name: clean(line.actor.name()),
            action: &line.action,
            target_kind: line.target.as_ref().map(|target| target.kind.as_str()),
            target_id: line.target.as_ref().map(|target| target.id.as_str()),
            group_id: line.group_id.map(|group| group.0),
            outcome: line.outcome.as_str(),
            detail: (!line.detail.is_null()).then(|| clean(&line.detail.to_string()).into_owned()),
            ip: line.ip.as_deref(),
        }
    }
}
