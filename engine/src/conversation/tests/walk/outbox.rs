//! The naive model of what leaves: may it, does it wait, and what becomes of it.

use super::super::*;
use super::model::Model;
use crate::business::Settings;
use crate::business_hours::{BusinessHours, Schedule};
use crate::consent::{ConsentSource, ConsentState, Standing};
use crate::sending::{Circumstances, Hold, HoldReason, Purpose};
use std::sync::{Arc, LazyLock};

/// A message of ours.
#[derive(Clone, Debug)]
pub(super) struct Sent {
    pub(super) id: MessageId,
    pub(super) client_id: String,
    pub(super) text: String,
    pub(super) status: Status,
    pub(super) kind: ChannelKind,
    pub(super) purpose: Purpose,
    /// Until when it waits for business hours.
    pub(super) held: Option<Timestamp>,
}

/// Nine to five on every day, in UTC.
static HOURS: LazyLock<Arc<BusinessHours>> = LazyLock::new(|| {
    let day = vec![("09:00".to_owned(), "17:00".to_owned())];
    let days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    let weekly = days.map(|name| (name.to_owned(), day.clone())).into_iter().collect();
    let schedule = Schedule { time_zone: "UTC".to_owned(), weekly, ..Schedule::default() };
    Arc::new(BusinessHours::new(schedule).unwrap())
});

const DAY: i64 = 24 * 3_600_000_000;

/// The same with a pencil: micros since midnight.
pub(super) fn held_until(now: Timestamp) -> Option<Timestamp> {
    let (midnight, time) = (now.0 - now.0 % DAY, now.0 % DAY);
    match time {
        time if time < DAY * 9 / 24 => Some(Timestamp(midnight + DAY * 9 / 24)),
        time if time < DAY * 17 / 24 => None,
        _ => Some(Timestamp(midnight + DAY + DAY * 9 / 24)),
    }
}

impl Model {
    /// What the actor would gather before it asks the rules about a line of this kind.
    pub(super) fn around(&self, kind: ChannelKind) -> Circumstances {
        let all = self.consents.get(&kind).copied().unwrap_or_default();
        Circumstances {
            consent: Standing { all, marketing: all },
            hours: Some(HOURS.clone()),
            settings: Settings { hold_outside_hours: true, ..Settings::default() },
            ..Circumstances::default()
        }
    }

    /// Why nothing like this may leave.
    fn forbids(&self, kind: ChannelKind, purpose: Purpose, now: Timestamp) -> Option<&'static str> {
        let said = self.consents.get(&kind).copied().unwrap_or_default();
        let over = self.window.is_none_or(|last| now >= last.plus(Duration::from_hours(24)));
        match purpose {
            _ if said == ConsentState::OptedOut => Some("opted_out"),
            Purpose::Template { marketing: true } | Purpose::Broadcast { template: true }
                if said == ConsentState::Unknown =>
            {
                Some("consent_required")
            }
            Purpose::FreeText | Purpose::Broadcast { template: false }
                if kind == ChannelKind::Whatsapp && over =>
            {
                Some("window_closed")
            }
            _ => None,
        }
    }

    pub(super) fn reply(&mut self, reply: &Reply, now: Timestamp) -> Option<&'static str> {
        if let Some(known) = self.sent.iter().find(|sent| sent.client_id == reply.client_id) {
            return (known.text != reply.text).then_some("client_id_reused");
        }
        if !self.open {
            return Some("conversation_closed");
        }
        let purpose = match &reply.template {
            None => Purpose::FreeText,
            Some(template) => Purpose::Template { marketing: template.category == "MARKETING" },
        };
        let whatsapp = self.by_whatsapp || reply.template.is_some();
        let kind = if whatsapp { ChannelKind::Whatsapp } else { ChannelKind::Sms };
        if let Some(why) = self.forbids(kind, purpose, now) {
            return Some(why);
        }
        if self.assignees.is_empty() && reply.attends {
            self.hand_over(vec![reply.by.id]);
        }
        let (id, client_id, text) = (reply.message_id, reply.client_id.clone(), reply.text.clone());
        let held = held_until(now);
        self.sent.push(Sent { id, client_id, text, status: Status::Queued, kind, purpose, held });
        None
    }

    pub(super) fn announce(&mut self, announce: &Announce, now: Timestamp) -> Option<&'static str> {
        let client_id = announce.client_id();
        if self.sent.iter().any(|sent| sent.client_id == client_id) {
            return None;
        }
        if !self.open && !self.silent {
            return Some("conversation_closed");
        }
        let purpose = Purpose::Broadcast { template: announce.template.is_some() };
        let why = self.forbids(announce.route.kind, purpose, now);
        if why.is_none() {
            let (id, text, kind) = (announce.message_id, announce.text.clone(), announce.route.kind);
            let (status, held) = (Status::Queued, held_until(now));
            self.sent.push(Sent { id, client_id, text, status, kind, purpose, held });
        }
        why
    }

    pub(super) fn climb(&mut self, id: MessageId, news: Status) {
        for sent in self.sent.iter_mut().filter(|sent| sent.id == id) {
            let status = sent.status.join(news);
            if status != sent.status {
                (sent.status, sent.held) = (status, None);
            }
        }
    }

    fn put(&mut self, id: MessageId, status: Status, held: Option<Timestamp>) {
        for sent in self.sent.iter_mut().filter(|sent| sent.id == id) {
            (sent.status, sent.held) = (status, held);
        }
    }

    pub(super) fn of(&self, id: MessageId) -> &Sent {
        self.sent.iter().find(|sent| sent.id == id).unwrap()
    }

    pub(super) fn cancel(&mut self, cancel: &Cancel) -> Option<&'static str> {
        match self.of(cancel.message.id).status {
            Status::Cancelled => None,
            Status::Queued if cancel.taken_back => {
                self.put(cancel.message.id, Status::Cancelled, None);
                None
            }
            _ => Some("already_sent"),
        }
    }

    pub(super) fn retry(&mut self, retry: &Retry, now: Timestamp) -> Option<&'static str> {
        if !self.open {
            return Some("conversation_closed");
        }
        let Sent { id, status, kind, purpose, .. } = *self.of(retry.waiting.message.id);
        match status {
            Status::Unknown if !retry.confirmed => return Some("confirm_required"),
            Status::Unknown | Status::Failed => {}
            _ => return Some("not_failed"),
        }
        let why = self.forbids(kind, purpose, now);
        if why.is_none() {
            self.put(id, Status::Queued, held_until(now));
        }
        why
    }

    pub(super) fn reconsider(&mut self, waiting: &Waiting, now: Timestamp) {
        let Sent { id, status, kind, purpose, .. } = *self.of(waiting.message.id);
        if status != Status::Queued {
            return;
        }
        match self.forbids(kind, purpose, now) {
            Some(_) => self.put(id, Status::Failed, None),
            None => self.put(id, Status::Queued, held_until(now)),
        }
    }

    pub(super) fn set_consent(&mut self, set: &SetConsent) -> Option<&'static str> {
        let state = set.consent.state;
        if let Some(by) = &set.by {
            if by.role != Role::Admin && state != ConsentState::OptedOut {
                return Some("forbidden");
            }
            if state == ConsentState::OptedIn && set.consent.evidence.is_none() {
                return Some("validation");
            }
        }
        self.consents.insert(set.consent.channel_kind, state);
        None
    }

    pub(super) fn waiting(&self, message: &Outbound) -> Waiting {
        let sent = self.of(message.id);
        let hold = sent.held.map(|release_at| Hold { reason: HoldReason::BusinessHours, release_at });
        Waiting {
            message: message.clone(),
            attempt: 1,
            hold,
            purpose: sent.purpose,
            around: self.around(sent.kind),
        }
    }
}

pub(super) fn consent(kind: ChannelKind, state: ConsentState, evidence: bool) -> crate::consent::Consent {
    crate::consent::Consent {
        channel_kind: kind,
        channel_id: None,
        topic: crate::consent::ConsentTopic::All,
        state,
        source: ConsentSource::Manual,
        evidence: evidence.then(|| "a signed form".to_owned()),
        at: START,
    }
}
