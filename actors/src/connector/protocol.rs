//! Which provider a channel speaks to, as requests and answers; the bytes themselves are the engine's business.

use crate::roster::Line;
use switchboard_engine::channel::Provider;
use switchboard_engine::channels::sms::gateway::{BodyFormat, Fields, Gateway, TOKEN_HEADERS};
use switchboard_engine::channels::sms::render::{Account, Sender};
use switchboard_engine::channels::sms::vonage;
use switchboard_engine::channels::whatsapp::transport::Transport;
use switchboard_engine::channels::{HttpCall, Outgoing, SendOutcome, sms, whatsapp};

pub enum Protocol {
    Whatsapp(Transport),
    Twilio(Account),
    Vonage(vonage::render::Account),
    Gateway(Gateway),
}

impl Protocol {
    /// `None` for channels without a provider (webchat) and for channels that lack a credential.
    pub fn of(line: &Line, public_url: &str) -> Option<Self> {
        let channel = &line.channel;
        let base_url =
            |default: &str| line.setting("base_url").unwrap_or(default).trim_end_matches('/').to_owned();
        let transport = match channel.provider {
            Provider::Widget => return None,
            Provider::CloudApi => Transport::CloudApi {
                base_url: base_url("https://graph.facebook.com"),
                api_version: line.setting("api_version").unwrap_or("v23.0").to_owned(),
                phone_number_id: channel.address.clone(),
                access_token: line.credential("access_token")?.to_owned(),
            },
            Provider::Dialog360 => Transport::Dialog360 {
                base_url: base_url("https://waba-v2.360dialog.io"),
                api_key: line.credential("api_key")?.to_owned(),
            },
            Provider::Vonage => {
                return Some(Self::Vonage(vonage::render::Account {
                    base_url: base_url("https://rest.nexmo.com"),
                    api_key: line.credential("api_key")?.to_owned(),
                    api_secret: line.credential("api_secret")?.to_owned(),
                    from: channel.address.clone(),
                    callback: format!("{public_url}/hooks/sms/{}", channel.id),
                }));
            }
            Provider::HttpSms => return gateway(line, public_url).map(Self::Gateway),
            Provider::Twilio => {
                return Some(Self::Twilio(Account {
                    base_url: base_url("https://api.twilio.com"),
                    account_sid: line.credential("account_sid")?.to_owned(),
                    username: line.credential("account_sid")?.to_owned(),
                    password: line.credential("auth_token")?.to_owned(),
                    sender: Sender::Number(channel.address.clone()),
                    status_callback: format!("{public_url}/hooks/sms/{}", channel.id),
                }));
            }
        };
        Some(Self::Whatsapp(transport))
    }

    pub fn message(&self, outgoing: &Outgoing) -> HttpCall {
        match self {
            Self::Whatsapp(transport) => whatsapp::render::message(transport, outgoing),
            Self::Twilio(account) => sms::render::message(account, outgoing),
            Self::Vonage(account) => vonage::render::message(account, outgoing),
            Self::Gateway(gateway) => sms::gateway::message(gateway, outgoing),
        }
    }

    pub(super) fn outcome(&self, answer: &Answer) -> SendOutcome {
        match self {
            Self::Whatsapp(_) => whatsapp::outcome::of(answer.status, answer.retry_after, &answer.body),
            Self::Twilio(_) => sms::outcome::of(answer.status, answer.retry_after, &answer.body),
            Self::Vonage(_) => vonage::outcome::of(answer.status, answer.retry_after, &answer.body),
            Self::Gateway(gateway) => {
                sms::gateway::outcome::of(&gateway.id_path, answer.status, answer.retry_after, &answer.body)
            }
        }
    }

    /// SMS has no read marks.
    pub fn mark_read(&self, provider_message_id: &str) -> Option<HttpCall> {
        match self {
            Self::Whatsapp(transport) => Some(whatsapp::render::mark_read(transport, provider_message_id)),
            Self::Twilio(_) | Self::Vonage(_) | Self::Gateway(_) => None,
        }
    }
}

fn gateway(line: &Line, public_url: &str) -> Option<Gateway> {
    let wanted = line.setting("token_header").unwrap_or("authorization");
    let token_header = TOKEN_HEADERS.into_iter().find(|name| wanted.eq_ignore_ascii_case(name))?;
    let token = line.credential("token")?;
    let usual = Fields::default();
    let field = |name: &str, usual: String| match line.settings.get(name) {
        Some(serde_json::Value::String(given)) => given.clone(),
        _ => usual,
    };
    Some(Gateway {
        send_url: line.setting("send_url")?.to_owned(),
        body: line.setting("body_format").and_then(BodyFormat::parse).unwrap_or(BodyFormat::Json),
        token_header,
        // A bare token in this header is a bearer's; what names its scheme is taken as it is.
        token: if token_header == "authorization" && !token.contains(' ') {
            format!("Bearer {token}")
        } else {
            token.to_owned()
        },
        from: line.channel.address.clone(),
        fields: Fields {
            to: field("to_field", usual.to),
            from: field("from_field", usual.from),
            text: field("text_field", usual.text),
            reference: field("reference_field", usual.reference),
            callback: field("callback_field", usual.callback),
            media: if line.flag("mms") { field("media_field", usual.media) } else { String::new() },
        },
        id_path: line.setting("id_path").unwrap_or("id").to_owned(),
        callback: format!("{public_url}/hooks/sms/{}", line.channel.id),
    })
}

/// A provider's answer, read whole.
pub(crate) struct Answer {
    pub status: u16,
    pub retry_after: Option<u64>,
    pub body: Vec<u8>,
}

/// Why there was no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoAnswer {
    /// Nothing reached the provider: the send may be repeated.
    NotSent,
    /// The request left; what became of it nobody knows.
    Unknown,
}

/// Longest answer of an API that is not a file.
const MAX_ANSWER: usize = 1 << 20;

/// Makes a call; credentials in it are never logged.
pub(crate) async fn make(http: &reqwest::Client, call: HttpCall) -> Result<Answer, NoAnswer> {
    let method = if call.method == "GET" { reqwest::Method::GET } else { reqwest::Method::POST };
    let mut request = http.request(method, &call.url).body(call.body);
    for (name, value) in call.headers {
        request = request.header(name, value);
    }
    read(request.send().await, MAX_ANSWER).await
}

/// Reads an answer of at most `limit` bytes.
pub(super) async fn read(sent: reqwest::Result<reqwest::Response>, limit: usize) -> Result<Answer, NoAnswer> {
    let mut response =
        sent.map_err(|error| if error.is_connect() { NoAnswer::NotSent } else { NoAnswer::Unknown })?;
    let status = response.status().as_u16();
    let retry_after =
        response.headers().get("retry-after").and_then(|v| v.to_str().ok()).and_then(|v| v.parse().ok());
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|_| NoAnswer::Unknown)? {
        if body.len() + chunk.len() > limit {
            return Err(NoAnswer::Unknown);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Answer { status, retry_after, body })
}
