//! May this leave, and when? The one gate of everything that goes to a customer, whichever way it came: composer, API, socket, template,
//! retry, the end of a wait, and whatever writes by itself.
//!
//! Facts in, [`Passage`] (now, or held until a moment) or [`Refusal`] out. Nothing here looks anything up; who calls gathers the facts in the
//! same turn in which the answer is stored, so that nothing changes in between.

use crate::business::Settings;
use crate::business_hours::{BusinessHours, HORIZON};
use crate::care_window::{self, CareWindow, WindowState};
use crate::channel::ChannelKind;
use crate::channels::sms::segments;
use crate::consent::{ConsentState, Standing};
use crate::conversation::{Refusal, Route};
use crate::message::Media;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

mod composer;
mod limits;
#[cfg(test)]
mod tests;

pub use composer::{ChannelState, Composer, ComposerState, Line};

/// More SMS than this for one text, and the sender is told.
pub const MANY_PARTS: usize = 3;

/// What kind of writing it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Purpose {
    /// Whatever somebody types.
    #[default]
    FreeText,
    /// A template registered with WhatsApp.
    Template { marketing: bool },
    /// One text to many, free or by a registered template: never to who wants no marketing, never outside business hours.
    Broadcast { template: bool },
    /// Written by the program at the customer's own message: never waits for business hours.
    Automatic,
}

/// What is to leave.
#[derive(Clone, Copy, Debug)]
pub struct Item<'a> {
    pub purpose: Purpose,
    pub text: &'a str,
    pub files: &'a [Media],
}

/// How a line of ours is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LineHealth {
    #[default]
    Connected,
    /// The provider has trouble; what is sent waits in the queue.
    Degraded,
    /// Gone, switched off, or without working credentials.
    Disconnected,
}

/// Everything else the answer depends on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Circumstances {
    pub contact_archived: bool,
    pub consent: Standing,
    pub line: LineHealth,
    /// Whether an SMS line takes files (MMS).
    pub takes_files: bool,
    /// `None`: always open.
    pub hours: Option<Arc<BusinessHours>>,
    pub settings: Settings,
}

/// It may leave.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Passage {
    /// `None`: now.
    pub hold: Option<Hold>,
    pub warnings: Vec<Warning>,
}

/// Not before this moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    pub reason: HoldReason,
    pub release_at: Timestamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HoldReason {
    BusinessHours,
}

impl HoldReason {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BusinessHours => "business_hours",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        (text == "business_hours").then_some(Self::BusinessHours)
    }
}

/// It leaves all the same, but whoever sends it should know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Warning {
    pub code: &'static str,
    pub detail: String,
}

impl Circumstances {
    /// Judges something new: whether it may leave at all, what it holds, and when.
    pub fn judge(&self, item: &Item<'_>, route: &Route, now: Timestamp) -> Result<Passage, Refusal> {
        self.may_leave(item.purpose, route, now)?;
        limits::check(item, route.kind, self.takes_files)?;
        let mut warnings = self.warnings(item.purpose, route);
        warnings.extend(many_parts(item, route.kind));
        Ok(Passage { hold: self.hold(item.purpose, route, now), warnings })
    }

    /// Judges again what has waited; what it holds was judged when it was written.
    pub fn judge_again(&self, purpose: Purpose, route: &Route, now: Timestamp) -> Result<Passage, Refusal> {
        self.may_leave(purpose, route, now)?;
        Ok(Passage { hold: self.hold(purpose, route, now), warnings: Vec::new() })
    }

    fn may_leave(&self, purpose: Purpose, route: &Route, now: Timestamp) -> Result<(), Refusal> {
        if self.contact_archived {
            return Err(Refusal::ContactArchived);
        }
        let asks_consent = route.kind != ChannelKind::Webchat;
        if asks_consent && self.consent.all == ConsentState::OptedOut {
            return Err(Refusal::OptedOut { kind: route.kind });
        }
        if self.line == LineHealth::Disconnected {
            return Err(Refusal::ChannelNotConnected);
        }
        let window = CareWindow::at(route.kind, route.last_inbound_at, now);
        let template = matches!(purpose, Purpose::Template { .. } | Purpose::Broadcast { template: true });
        if window.state == WindowState::Closed && !template {
            return Err(Refusal::WindowClosed { closed_at: window.expires_at });
        }
        if let Purpose::Template { marketing: true } | Purpose::Broadcast { .. } = purpose {
            let asked = template && self.settings.require_opt_in;
            match self.consent.marketing {
                ConsentState::OptedOut => return Err(Refusal::OptedOut { kind: route.kind }),
                ConsentState::Unknown if asked => return Err(Refusal::ConsentRequired),
                ConsentState::Unknown | ConsentState::OptedIn => {}
            }
        }
        Ok(())
    }

    /// Until when it waits, if it does. Webchat and what the program writes by itself never wait.
    pub fn hold(&self, purpose: Purpose, route: &Route, now: Timestamp) -> Option<Hold> {
        if !self.settings.hold_outside_hours
            || purpose == Purpose::Automatic
            || route.kind == ChannelKind::Webchat
        {
            return None;
        }
        let broadcast = matches!(purpose, Purpose::Broadcast { .. });
        let answer = !broadcast && route.last_inbound_at.is_some_and(|at| now < at.plus(care_window::LENGTH));
        if answer && self.settings.replies_in_window_go_at_once {
            return None;
        }
        let hours = self.hours.as_ref()?;
        // Hours that do not open again for so long still are no reason to send now: it is asked again then.
        let release_at = hours.next_opening(now).unwrap_or_else(|| now.plus(HORIZON));
        (release_at > now).then_some(Hold { reason: HoldReason::BusinessHours, release_at })
    }

    fn warnings(&self, purpose: Purpose, route: &Route) -> Vec<Warning> {
        let mut warnings = Vec::new();
        let begins = match route.kind {
            ChannelKind::Whatsapp => matches!(purpose, Purpose::Template { .. }),
            ChannelKind::Sms => route.last_inbound_at.is_none(),
            ChannelKind::Webchat => false,
        };
        if begins && self.consent.all == ConsentState::Unknown {
            let detail = "It is not known whether this person agreed to be written to.".to_owned();
            warnings.push(Warning { code: "consent_unknown", detail });
        }
        if self.line == LineHealth::Degraded {
            let detail =
                "The provider has trouble at the moment; the message waits until that is over.".to_owned();
            warnings.push(Warning { code: "channel_degraded", detail });
        }
        warnings
    }
}

fn many_parts(item: &Item<'_>, kind: ChannelKind) -> Option<Warning> {
    let parts = segments::count(item.text).count;
    if kind != ChannelKind::Sms || parts <= MANY_PARTS {
        return None;
    }
    Some(Warning { code: "many_parts", detail: format!("This text is sent, and charged, as {parts} SMS.") })
}
