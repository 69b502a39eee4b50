//! WhatsApp's customer care window: free text may be sent for 24 hours after the customer's last message on that pair of numbers.

use crate::channel::ChannelKind;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// 24 hours, from the provider's time of the customer's last message.
pub const LENGTH: Duration = Duration::from_hours(24);

/// What a composer shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WindowState {
    /// The channel has no such rule.
    None,
    Open,
    Closed,
}

/// The window as shown to clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CareWindow {
    pub state: WindowState,
    pub expires_at: Option<Timestamp>,
}

impl CareWindow {
    /// The window of a channel of `kind` whose customer last wrote at `last_inbound`. It is shut at its last moment.
    pub fn at(kind: ChannelKind, last_inbound: Option<Timestamp>, now: Timestamp) -> Self {
        if !kind.has_care_window() {
            return Self { state: WindowState::None, expires_at: None };
        }
        let expires_at = last_inbound.map(|at| at.plus(LENGTH));
        let open = expires_at.is_some_and(|end| now < end);
        Self { state: if open { WindowState::Open } else { WindowState::Closed }, expires_at }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_is_open_for_exactly_24_hours() {
        let hour = Duration::from_hours(1);
        let wrote = Timestamp(1_000_000_000_000);
        let state = |kind, last, now| CareWindow::at(kind, last, now).state;
        let cases = [
            (ChannelKind::Whatsapp, Some(wrote), wrote, WindowState::Open),
            (ChannelKind::Whatsapp, Some(wrote), Timestamp(wrote.plus(hour * 24).0 - 1), WindowState::Open),
            (ChannelKind::Whatsapp, Some(wrote), wrote.plus(hour * 24), WindowState::Closed),
            (ChannelKind::Whatsapp, None, wrote, WindowState::Closed),
            (ChannelKind::Sms, None, wrote, WindowState::None),
            (ChannelKind::Webchat, Some(wrote), wrote.plus(hour * 99), WindowState::None),
        ];
        for (kind, last, now, expected) in cases {
            assert_eq!(state(kind, last, now), expected, "{kind:?} {last:?} {now:?}");
        }
    }
}
