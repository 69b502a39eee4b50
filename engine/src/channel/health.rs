//! How a connected line is doing: what its callbacks and sends tell, and what an admin must know or do.

use super::{ChannelKind, Provider};
use crate::receipt::Failure;
use serde::{Deserialize, Serialize};

/// How far a line is connected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChannelStatus {
    /// Set up here; its provider has not called yet.
    Connecting,
    Connected,
    /// Something does not work; the reason says what.
    Degraded,
    /// An admin took it off: nothing is sent, what arrives is kept.
    Disconnected,
}

impl ChannelStatus {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Connecting => "connecting",
            Self::Connected => "connected",
            Self::Degraded => "degraded",
            Self::Disconnected => "disconnected",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Connecting, Self::Connected, Self::Degraded, Self::Disconnected]
            .into_iter()
            .find(|status| status.as_str() == text)
    }
}

/// A line's state with what is behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    pub status: ChannelStatus,
    /// A stable code and a sentence for people; where there is something to say.
    pub reason: Option<Failure>,
}

/// Something that tells how a line is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sign {
    /// A genuine callback.
    Callback,
    /// The provider took a message.
    Sent,
    /// The provider refuses our credentials.
    CredentialsRefused(Failure),
    /// A live check found everything in order.
    Checked,
    /// An admin takes it off, or puts it back.
    Disconnect,
    Reconnect,
}

impl Condition {
    /// How a new line begins: our own widget needs nobody to call.
    pub fn new(kind: ChannelKind) -> Self {
        match kind {
            ChannelKind::Webchat => Self { status: ChannelStatus::Connected, reason: None },
            ChannelKind::Whatsapp | ChannelKind::Sms => Self::waiting(),
        }
    }

    fn waiting() -> Self {
        let detail =
            "Waiting for the first callback: give the provider this channel's webhook URL.".to_owned();
        let reason = Failure { code: "waiting_for_callback".to_owned(), detail };
        Self { status: ChannelStatus::Connecting, reason: Some(reason) }
    }

    fn working(called: bool) -> Self {
        if called { Self { status: ChannelStatus::Connected, reason: None } } else { Self::waiting() }
    }

    /// The condition after `sign`. `called` says whether the provider ever called.
    #[must_use]
    pub fn after(self, sign: Sign, called: bool) -> Self {
        use ChannelStatus::{Connecting, Degraded, Disconnected};
        match (self.status, sign) {
            (_, Sign::Disconnect) => {
                let detail = "This channel was disconnected here. Messages to be sent wait.".to_owned();
                let reason = Failure { code: "disconnected".to_owned(), detail };
                Self { status: Disconnected, reason: Some(reason) }
            }
            // Put back, or it works again.
            (Disconnected, Sign::Reconnect) | (Degraded, Sign::Sent | Sign::Checked) => Self::working(called),
            // Whatever still arrives does not connect it again.
            (Disconnected, _) => self,
            (_, Sign::CredentialsRefused(failure)) => Self { status: Degraded, reason: Some(failure) },
            (Connecting, Sign::Callback) => Self::working(true),
            (_, Sign::Callback | Sign::Sent | Sign::Checked | Sign::Reconnect) => self,
        }
    }
}

/// Whether a number may carry business messages in the United States (A2P 10DLC).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Registration {
    #[default]
    Unknown,
    Pending,
    Registered,
}

impl Registration {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Pending => "pending",
            Self::Registered => "registered",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Unknown, Self::Pending, Self::Registered].into_iter().find(|one| one.as_str() == text)
    }
}

/// What an admin should know though the line works. Sending is never blocked by it.
pub fn warnings(provider: Provider, number: &str, registration: Registration) -> Vec<&'static str> {
    let sms = provider.kind() == ChannelKind::Sms;
    if sms && is_us_10_digit(number) && registration != Registration::Registered {
        vec!["a2p_10dlc_unregistered"]
    } else {
        Vec::new()
    }
}

/// Area codes of +1 that are not in the United States: Canada, the Caribbean, toll-free and other services.
const NOT_US: [&str; 77] = [
    "204", "226", "236", "249", "250", "257", "263", "289", "306", "343", "354", "365", "367", "368", "382",
    "387", "403", "416", "418", "428", "431", "437", "438", "450", "468", "474", "506", "514", "519", "548",
    "579", "581", "584", "587", "604", "613", "639", "647", "672", "683", "705", "709", "742", "753", "778",
    "780", "782", "807", "819", "825", "867", "873", "879", "902", "905", "242", "246", "264", "268", "284",
    "345", "441", "473", "649", "664", "658", "721", "758", "767", "784", "809", "829", "849", "868", "869",
    "876", "600",
];

/// Toll-free numbers have a registration of their own.
const TOLL_FREE: [&str; 7] = ["800", "833", "844", "855", "866", "877", "888"];

fn is_us_10_digit(number: &str) -> bool {
    let Some(digits) = number.strip_prefix("+1").filter(|digits| digits.len() == 10) else { return false };
    let area = digits.get(..3).unwrap_or_default();
    digits.bytes().all(|byte| byte.is_ascii_digit()) && !NOT_US.contains(&area) && !TOLL_FREE.contains(&area)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ChannelStatus::{Connected, Connecting, Degraded, Disconnected};

    fn refused() -> Sign {
        let failure = Failure { code: "channel_auth_failed".to_owned(), detail: "No.".to_owned() };
        Sign::CredentialsRefused(failure)
    }

    fn after(status: ChannelStatus, sign: Sign, called: bool) -> ChannelStatus {
        Condition { status, reason: None }.after(sign, called).status
    }

    #[test]
    fn every_sign_in_every_state() {
        for (status, sign, called, expected) in [
            (Connecting, Sign::Callback, true, Connected),
            (Connecting, Sign::Sent, false, Connecting),
            (Connecting, Sign::Checked, false, Connecting),
            (Connecting, refused(), false, Degraded),
            (Connected, Sign::Sent, true, Connected),
            (Connected, Sign::Callback, true, Connected),
            (Connected, refused(), true, Degraded),
            (Degraded, Sign::Callback, true, Degraded),
            (Degraded, Sign::Sent, true, Connected),
            (Degraded, Sign::Sent, false, Connecting),
            (Degraded, Sign::Checked, true, Connected),
            (Degraded, refused(), true, Degraded),
            (Connected, Sign::Disconnect, true, Disconnected),
            (Degraded, Sign::Disconnect, true, Disconnected),
            (Disconnected, Sign::Callback, true, Disconnected),
            (Disconnected, Sign::Sent, true, Disconnected),
            (Disconnected, refused(), true, Disconnected),
            (Disconnected, Sign::Checked, true, Disconnected),
            (Disconnected, Sign::Reconnect, true, Connected),
            (Disconnected, Sign::Reconnect, false, Connecting),
            (Connected, Sign::Reconnect, true, Connected),
        ] {
            assert_eq!(after(status, sign.clone(), called), expected, "{status:?} {sign:?} {called}");
        }
    }

    #[test]
    fn a_reason_comes_and_goes_with_its_state() {
        let new = Condition::new(ChannelKind::Sms);
        assert_eq!(new.reason.as_ref().map(|reason| reason.code.as_str()), Some("waiting_for_callback"));
        assert_eq!(Condition::new(ChannelKind::Webchat).reason, None);
        let broken = new.after(refused(), false);
        assert_eq!(broken.reason.as_ref().map(|reason| reason.code.as_str()), Some("channel_auth_failed"));
        assert_eq!(broken.after(Sign::Sent, true).reason, None);
    }

    #[test]
    fn us_numbers_must_be_registered() {
        let warned =
            |number: &str, registration| !warnings(Provider::Twilio, number, registration).is_empty();
        assert!(warned("+14155552345", Registration::Unknown));
        assert!(warned("+14155552345", Registration::Pending));
        assert!(!warned("+14155552345", Registration::Registered));
        for elsewhere in ["+14165552345", "+18005552345", "+442079460000", "+1415555234", "12345", "AcmeInc"]
        {
            assert!(!warned(elsewhere, Registration::Unknown), "{elsewhere}");
        }
        assert!(warnings(Provider::CloudApi, "+14155552345", Registration::Unknown).is_empty());
    }
}
