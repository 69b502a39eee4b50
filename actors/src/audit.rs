//! The audit log: who did what, and what was refused. What conversations do is written in their own commit; the rest by whoever answers.

use crate::Actors;
use crate::core::Core;
use serde_json::json;
use switchboard_engine::conversation::{Actor, Command, Conversation, Event, EventKind, Mark};
use switchboard_engine::ids::{ConversationId, UserId};
use switchboard_schema::{Audit, AuditActor, AuditOutcome, AuditTarget};

/// Lines for those events of one commit that an admin may want to look up.
pub(crate) fn of_events(core: &Core, state: &Conversation, events: &[Event]) -> Vec<Audit> {
    let line = |event: &Event| {
        let (actor, detail) = told(&event.kind)?;
        Some(Audit {
            id: core.ids.next(),
            business_id: state.business_id,
            at: event.at,
            actor: AuditActor::User { id: actor.id, name: actor.name.clone() },
            action: event.kind.name().to_owned(),
            target: Some(conversation_target(state.id)),
            group_id: Some(state.group_id),
            outcome: AuditOutcome::Done,
            detail,
            ip: None,
        })
    };
    events.iter().filter_map(line).collect()
}

/// The line of a command that leaves no event: somebody changed what another person sees as unread.
pub(crate) fn of_command(core: &Core, state: &Conversation, command: &Command) -> Option<Audit> {
    let Command::ReadFor(read) = command else { return None };
    Some(Audit {
        id: core.ids.next(),
        business_id: state.business_id,
        at: core.clock.now(),
        actor: AuditActor::User { id: read.by.id, name: read.by.name.clone() },
        action: "conversation.read_for".to_owned(),
        target: Some(conversation_target(state.id)),
        group_id: Some(state.group_id),
        outcome: AuditOutcome::Done,
        detail: json!({"user": read.reader.user.id, "unread": read.mark == Mark::Unread}),
        ip: None,
    })
}

impl Actors {
    /// Writes a line of its own. What it tells of has happened already, so a failure is only logged.
    pub async fn record(&self, line: Audit) {
        let action = line.action.clone();
        if let Err(error) = self.core.store.record_audit(line).await {
            tracing::error!(%error, action, "a line of the audit log could not be written");
        }
    }

    /// Somebody tried over their socket what they may not.
    pub(crate) async fn record_denial(&self, by: UserId, action: &str, about: ConversationId) {
        let Ok(user) = self.user(by) else { return };
        let line = Audit {
            id: self.core.ids.next(),
            business_id: user.business_id,
            at: self.core.clock.now(),
            actor: AuditActor::User { id: by, name: user.name() },
            action: action.to_owned(),
            target: Some(conversation_target(about)),
            group_id: None,
            outcome: AuditOutcome::Denied,
            detail: serde_json::Value::Null,
            ip: None,
        };
        self.record(line).await;
    }
}

/// A conversation as what was acted on.
pub fn conversation_target(id: ConversationId) -> AuditTarget {
    AuditTarget { kind: "conversation".to_owned(), id: id.to_string() }
}

fn told(kind: &EventKind) -> Option<(&Actor, serde_json::Value)> {
    match kind {
        EventKind::Assigned { by, to, from, reason } => {
            let ids = |list: &[switchboard_engine::conversation::Assignee]| {
                list.iter().map(|one| one.user_id.to_string()).collect::<Vec<_>>()
            };
            Some((by, json!({"to": ids(to), "from": ids(from), "reason": reason})))
        }
        EventKind::Unassigned { by, from, reason } => {
            let from: Vec<String> = from.iter().map(|one| one.user_id.to_string()).collect();
            Some((by, json!({"from": from, "reason": reason})))
        }
        EventKind::Snoozed { by, until } => Some((by, json!({"until": until}))),
        EventKind::Closed { by, .. }
        | EventKind::Reopened { by: Some(by) }
        | EventKind::Deleted { by }
        | EventKind::Restored { by }
        | EventKind::Woken { by: Some(by), .. } => Some((by, serde_json::Value::Null)),
        EventKind::Created { .. }
        | EventKind::Message(_)
        | EventKind::Status { .. }
        | EventKind::Media { .. }
        | EventKind::Reopened { by: None }
        | EventKind::Woken { by: None, .. }
        | EventKind::Consent { .. }
        | EventKind::Updated { .. } => None,
    }
}
