//! What a composer may show before anything is typed: the same gate, asked with an empty page.

use super::{Circumstances, Hold, LineHealth, Purpose, Warning, limits};
use crate::channel::ChannelKind;
use crate::conversation::{Refusal, Route};
use crate::ids::ChannelId;
use crate::time::Timestamp;
use serde::Serialize;

/// How writing stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ComposerState {
    Open,
    /// WhatsApp's window is closed.
    TemplateOnly,
    OptedOut,
    ContactArchived,
    /// There is no line to this person.
    NoChannel,
    /// The line is not connected.
    ChannelDown,
    /// The conversation is closed.
    Closed,
}

/// One line this person can be written to on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ChannelState {
    pub channel_id: ChannelId,
    pub kind: ChannelKind,
    pub name: String,
    /// The customer's.
    pub address: String,
    pub state: ComposerState,
    pub code: Option<&'static str>,
    /// Longest text of one message, in characters.
    pub max_text: usize,
    /// Files of one message; 0 for a line that sends none.
    pub max_files: usize,
}

/// The composer of a conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Composer {
    pub state: ComposerState,
    /// The refusal's code, where writing freely would be refused.
    pub code: Option<&'static str>,
    pub detail: Option<String>,
    /// What is sent now leaves then.
    pub holds_until: Option<Timestamp>,
    pub warnings: Vec<Warning>,
    pub channels: Vec<ChannelState>,
}

/// A line with what is known about it.
#[derive(Clone, Debug)]
pub struct Line {
    pub route: Route,
    pub around: Circumstances,
}

impl Composer {
    /// `lines` in the order they are offered, the one answers go out on first.
    pub fn of(open: bool, lines: &[Line], now: Timestamp) -> Self {
        let channels = lines.iter().map(|line| line.state(now)).collect();
        if !open {
            return Self::refused(&Refusal::ConversationClosed, channels);
        }
        let Some(line) = lines.first() else { return Self::refused(&Refusal::ChannelNotConnected, channels) };
        let (around, route) = (&line.around, &line.route);
        let warnings = around.warnings(Purpose::FreeText, route);
        // What holds a text holds a template as well.
        let holds_until =
            around.hold(Purpose::FreeText, route, now).map(|Hold { release_at, .. }| release_at);
        match around.may_leave(Purpose::FreeText, route, now) {
            Ok(()) => {
                Self { state: ComposerState::Open, code: None, detail: None, holds_until, warnings, channels }
            }
            Err(refusal @ Refusal::WindowClosed { .. }) => {
                Self { holds_until, warnings, ..Self::refused(&refusal, channels) }
            }
            Err(refusal) => Self::refused(&refusal, channels),
        }
    }

    fn refused(refusal: &Refusal, channels: Vec<ChannelState>) -> Self {
        let (code, detail) = (Some(refusal.code()), Some(refusal.to_string()));
        let state = if channels.is_empty() && *refusal == Refusal::ChannelNotConnected {
            ComposerState::NoChannel
        } else {
            state_of(refusal)
        };
        Self { state, code, detail, holds_until: None, warnings: Vec::new(), channels }
    }
}

impl Line {
    fn state(&self, now: Timestamp) -> ChannelState {
        let Route { channel_id, kind, name, address, .. } = self.route.clone();
        let judged = self.around.may_leave(Purpose::FreeText, &self.route, now);
        let state = judged.as_ref().map_or_else(state_of, |()| ComposerState::Open);
        let degraded = (self.around.line == LineHealth::Degraded).then_some("channel_degraded");
        let code = judged.err().map(|refusal| refusal.code()).or(degraded);
        let sends_files = kind != ChannelKind::Sms || self.around.takes_files;
        let max_files = if sends_files { limits::most_files(kind) } else { 0 };
        ChannelState { channel_id, kind, name, address, state, code, max_text: kind.max_text(), max_files }
    }
}

fn state_of(refusal: &Refusal) -> ComposerState {
    match refusal {
        Refusal::WindowClosed { .. } => ComposerState::TemplateOnly,
        Refusal::OptedOut { .. } => ComposerState::OptedOut,
        Refusal::ContactArchived => ComposerState::ContactArchived,
        Refusal::ConversationClosed => ComposerState::Closed,
        _ => ComposerState::ChannelDown,
    }
}
