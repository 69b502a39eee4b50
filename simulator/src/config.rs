//! Which provider accounts exist. What can be changed while the simulator runs is in `faults.rs`.

use std::time::Duration;

use serde::Serialize;

/// What a simulator starts with.
#[derive(Clone, Debug)]
pub struct Config {
    pub accounts: Vec<Account>,
    /// How long a provider waits for the product to answer one callback.
    pub callback_timeout: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self { accounts: Vec::new(), callback_timeout: Duration::from_secs(10) }
    }
}

/// One number of the business, as its provider knows it.
#[derive(Clone, Debug)]
pub enum Account {
    /// WhatsApp straight from Meta.
    CloudApi {
        phone_number_id: String,
        waba_id: String,
        display_phone_number: String,
        access_token: String,
        app_secret: String,
        verify_token: String,
        webhook_url: String,
        /// For example `v23.0`. Other versions of the same shape are answered too, as Meta does.
        api_version: String,
    },
    /// WhatsApp through 360dialog.
    Dialog360 {
        phone_number_id: String,
        display_phone_number: String,
        api_key: String,
        webhook_url: String,
        webhook_headers: Vec<(String, String)>,
    },
    /// SMS and MMS. Several numbers may share one `account_sid`.
    Twilio { account_sid: String, auth_token: String, number: String, webhook_url: String },
    /// SMS through Vonage's SMS API; callbacks are signed with HMAC-SHA256.
    Vonage {
        api_key: String,
        api_secret: String,
        signature_secret: String,
        number: String,
        webhook_url: String,
    },
    /// SMS through some gateway that speaks JSON over HTTP at `/http-sms/messages`.
    HttpSms { token: String, webhook_secret: String, number: String, webhook_url: String },
}

/// Whose protocol an account speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Provider {
    CloudApi,
    Dialog360,
    Twilio,
    Vonage,
    HttpSms,
}

impl Provider {
    /// SMS has no read marks, no reactions and no window.
    pub fn is_sms(self) -> bool {
        matches!(self, Self::Twilio | Self::Vonage | Self::HttpSms)
    }
}

impl Account {
    /// The name of this account everywhere in this crate: the phone number id, or the number of a Twilio account.
    pub fn key(&self) -> &str {
        match self {
            Self::CloudApi { phone_number_id, .. } | Self::Dialog360 { phone_number_id, .. } => {
                phone_number_id
            }
            Self::Twilio { number, .. } | Self::Vonage { number, .. } | Self::HttpSms { number, .. } => {
                number
            }
        }
    }

    pub fn provider(&self) -> Provider {
        match self {
            Self::CloudApi { .. } => Provider::CloudApi,
            Self::Dialog360 { .. } => Provider::Dialog360,
            Self::Twilio { .. } => Provider::Twilio,
            Self::Vonage { .. } => Provider::Vonage,
            Self::HttpSms { .. } => Provider::HttpSms,
        }
    }

    /// The business number customers see.
    pub fn number(&self) -> &str {
        match self {
            Self::CloudApi { display_phone_number, .. } | Self::Dialog360 { display_phone_number, .. } => {
                display_phone_number
            }
            Self::Twilio { number, .. } | Self::Vonage { number, .. } | Self::HttpSms { number, .. } => {
                number
            }
        }
    }

    pub(crate) fn webhook_url(&self) -> &str {
        match self {
            Self::CloudApi { webhook_url, .. }
            | Self::Dialog360 { webhook_url, .. }
            | Self::Twilio { webhook_url, .. }
            | Self::Vonage { webhook_url, .. }
            | Self::HttpSms { webhook_url, .. } => webhook_url,
        }
    }

    /// The WhatsApp Business Account. 360dialog never shows it, so its webhooks carry the number's id instead.
    pub(crate) fn waba_id(&self) -> &str {
        match self {
            Self::CloudApi { waba_id, .. } => waba_id,
            other => other.key(),
        }
    }
}
