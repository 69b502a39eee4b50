//! How much one person, one address or one channel may ask for in a minute.

use clap::Args;

/// Per minute; 0 is no limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Args)]
pub struct Limits {
    /// Wrong passwords a minute for one account from one address (four times as many for all accounts from one address), before waits that double
    #[arg(long = "limit-sign-ins", global = true, env = "SWITCHBOARD_LIMIT_SIGN_INS", default_value_t = Self::USUAL.sign_ins,
        value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..))]
    pub sign_ins: u32,
    /// Calls of the API a minute by one user, or by one address that is not signed in; 0: no limit
    #[arg(long = "limit-api", global = true, env = "SWITCHBOARD_LIMIT_API", default_value_t = Self::USUAL.api, value_name = "NUMBER")]
    pub api: u32,
    /// Loads of the widget and its files a minute by one address; 0: no limit
    #[arg(long = "limit-widget", global = true, env = "SWITCHBOARD_LIMIT_WIDGET", default_value_t = Self::USUAL.widget, value_name = "NUMBER")]
    pub widget: u32,
    /// Webchat visitors nobody has seen before a minute from one address; 0: no limit
    #[arg(long = "limit-visitors", global = true, env = "SWITCHBOARD_LIMIT_VISITORS", default_value_t = Self::USUAL.visitors, value_name = "NUMBER")]
    pub visitors: u32,
    /// Messages a minute of one webchat visitor; 0: no limit
    #[arg(long = "limit-visitor-messages", global = true, env = "SWITCHBOARD_LIMIT_VISITOR_MESSAGES", default_value_t = Self::USUAL.visitor_messages, value_name = "NUMBER")]
    pub visitor_messages: u32,
    /// Callbacks without a genuine signature a minute for one channel from one address; 0: no limit. Genuine ones have none
    #[arg(long = "limit-bad-callbacks", global = true, env = "SWITCHBOARD_LIMIT_BAD_CALLBACKS", default_value_t = Self::USUAL.bad_callbacks, value_name = "NUMBER")]
    pub bad_callbacks: u32,
}

impl Limits {
    /// Far above what hands can do, far below what hurts.
    pub const USUAL: Self =
        Self { sign_ins: 5, api: 1200, widget: 600, visitors: 60, visitor_messages: 20, bad_callbacks: 300 };
}

impl Default for Limits {
    fn default() -> Self {
        Self::USUAL
    }
}
