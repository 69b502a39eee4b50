//! SetConsent, and what a customer's own STOP or START does: recorded in the same commit as the message that says it.

use super::{Actor, Change, EventKind, Outcome, Receive, Refusal};
use crate::channel::ChannelKind;
use crate::consent::{Consent, ConsentSource, ConsentState, ConsentTopic, EmailConsent, keyword};
use crate::message::MessageKind;
use crate::permission::{Cell, Operation, cell};
use crate::time::Timestamp;
use crate::user::Member;

/// Longest note of how somebody agreed.
const LONGEST_EVIDENCE: usize = 500;

#[derive(Clone, Debug, PartialEq)]
pub struct SetConsent {
    /// `None`: the provider passes the person's own word on.
    pub by: Option<Member>,
    pub consent: Consent,
}

impl SetConsent {
    pub(super) fn decide(&self, outcome: &mut Outcome) -> Result<(), Refusal> {
        if let Some(by) = &self.by {
            outcome.next.require(Operation::ChangeConsent, by)?;
            let principal = by.principal(outcome.next.group_id, true, outcome.next.is_assigned_to(by.id));
            let part = cell(Operation::ChangeConsent, principal) == Cell::Part;
            self.consent.check_manual(part)?;
        }
        record(outcome, self.consent.clone(), self.by.as_ref().map(Actor::from));
        Ok(())
    }
}

impl Consent {
    /// What the team may enter: agents (`opt_out_only`) stop, nobody opts a person in without saying how they agreed.
    pub fn check_manual(&self, opt_out_only: bool) -> Result<(), Refusal> {
        check_word(self.state, self.evidence.as_deref(), opt_out_only)?;
        if self.channel_kind == ChannelKind::Webchat {
            let detail = "webchat needs no consent; use sms or whatsapp".to_owned();
            return Err(Refusal::Invalid { field: "channel_kind", detail });
        }
        Ok(())
    }
}

impl EmailConsent {
    /// The same rules hold for e-mail.
    pub fn check_manual(&self, opt_out_only: bool) -> Result<(), Refusal> {
        check_word(self.state, self.evidence.as_deref(), opt_out_only)
    }
}

fn check_word(state: ConsentState, evidence: Option<&str>, opt_out_only: bool) -> Result<(), Refusal> {
    if opt_out_only && state != ConsentState::OptedOut {
        return Err(Refusal::Forbidden);
    }
    let invalid = |detail: String| Err(Refusal::Invalid { field: "evidence", detail });
    let evidence = evidence.map(str::trim).unwrap_or_default();
    if state == ConsentState::OptedIn && evidence.is_empty() {
        return invalid("say how and when the person agreed".to_owned());
    }
    if evidence.chars().count() > LONGEST_EVIDENCE {
        return invalid(format!("may have at most {LONGEST_EVIDENCE} characters"));
    }
    Ok(())
}

pub(super) fn record(outcome: &mut Outcome, consent: Consent, by: Option<Actor>) {
    let Consent { channel_id, channel_kind, topic, state, source, .. } = consent;
    outcome.changes.push(Change::SetConsent(consent));
    outcome.record(EventKind::Consent { channel_id, channel_kind, topic, state, source, by });
}

impl Receive {
    /// STOP and START by SMS or WhatsApp, nothing else in the message.
    pub(super) fn take_at_their_word(&self, outcome: &mut Outcome, at: Timestamp) {
        let alone = self.content.kind == MessageKind::Text && self.media.is_empty();
        if self.route.kind == ChannelKind::Webchat || !alone {
            return;
        }
        let Some((state, word)) = keyword(&self.content.text) else { return };
        let consent = Consent {
            channel_kind: self.route.kind,
            channel_id: Some(self.route.channel_id),
            topic: ConsentTopic::All,
            state,
            source: ConsentSource::Keyword,
            evidence: Some(word.to_owned()),
            at,
        };
        record(outcome, consent, None);
    }
}
