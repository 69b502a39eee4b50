//! Channels: the three kinds of line a customer can write on, and the providers that carry them.

pub mod health;

pub use health::{ChannelStatus, Registration};

use crate::ids::{BusinessId, ChannelId, GroupId};
use serde::{Deserialize, Serialize};

/// The kind of line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChannelKind {
    Webchat,
    Whatsapp,
    Sms,
}

impl ChannelKind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Webchat => "webchat",
            Self::Whatsapp => "whatsapp",
            Self::Sms => "sms",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Webchat, Self::Whatsapp, Self::Sms].into_iter().find(|kind| kind.as_str() == text)
    }

    /// Whether free text may only be sent within 24 hours of the customer's last message.
    pub fn has_care_window(self) -> bool {
        self == Self::Whatsapp
    }

    /// Longest text one message may carry, in characters.
    pub fn max_text(self) -> usize {
        match self {
            Self::Webchat => 8_000,
            Self::Whatsapp => 4_096,
            Self::Sms => 1_600,
        }
    }
}

/// Who carries a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Provider {
    /// Our own widget.
    Widget,
    /// Meta's WhatsApp Cloud API.
    CloudApi,
    /// WhatsApp through 360dialog.
    Dialog360,
    /// Twilio programmable messaging.
    Twilio,
    /// Vonage's SMS API.
    Vonage,
    /// Any gateway that speaks plain HTTP, see [`crate::channels::sms::gateway`].
    HttpSms,
}

impl Provider {
    pub const ALL: [Self; 6] =
        [Self::Widget, Self::CloudApi, Self::Dialog360, Self::Twilio, Self::Vonage, Self::HttpSms];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Widget => "widget",
            Self::CloudApi => "cloud_api",
            Self::Dialog360 => "dialog360",
            Self::Twilio => "twilio",
            Self::Vonage => "vonage",
            Self::HttpSms => "http_sms",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|provider| provider.as_str() == text)
    }

    pub fn kind(self) -> ChannelKind {
        match self {
            Self::Widget => ChannelKind::Webchat,
            Self::CloudApi | Self::Dialog360 => ChannelKind::Whatsapp,
            Self::Twilio | Self::Vonage | Self::HttpSms => ChannelKind::Sms,
        }
    }
}

/// What the rules need to know of a connected channel; credentials stay with its connector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Channel {
    pub id: ChannelId,
    pub business_id: BusinessId,
    pub group_id: GroupId,
    pub kind: ChannelKind,
    pub provider: Provider,
    /// What people call it: "WhatsApp +44 20 7946 0000".
    pub name: String,
    /// E.164 number, WhatsApp phone number id or widget key.
    pub address: String,
}
