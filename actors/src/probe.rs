//! A live check of a line: its provider is asked whether it knows us, and our own callback address whether it leads here.

use crate::Actors;
use crate::connector::{Answer, NoAnswer, Protocol, call};
use crate::roster::Line;
use serde::Serialize;
use switchboard_engine::channels::HttpCall;
use switchboard_engine::channels::probe::{self, Finding};
use switchboard_engine::channels::whatsapp::transport::Transport;
use switchboard_engine::token;

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    pub name: &'static str,
    pub ok: bool,
    pub detail: String,
}

/// Everything a check found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checked {
    pub checks: Vec<Check>,
    pub phone: Option<String>,
    pub name: Option<String>,
    pub fault: Option<Fault>,
}

/// Why a line cannot be used as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A credential is not accepted, or the number is not theirs; names the input and the cure.
    Refused { field: &'static str, cure: String },
    /// Nobody said yes or no.
    Unreachable { detail: String },
}

/// What our own address answers, so that it can be told from somebody else's.
fn challenge(nonce: &str) -> String {
    format!("callback|{nonce}")
}

impl Actors {
    /// Asks the provider about a line, saved or not. Nothing is changed anywhere.
    pub async fn check_line(&self, line: &Line) -> Checked {
        let mut found = Checked::default();
        let Some(protocol) = Protocol::of(line, &self.public_url) else {
            found.pass("settings", "Nothing to ask anybody: the widget talks to this server.".to_owned());
            return found;
        };
        let question = question(&protocol, line);
        let finding = match self.ask(question).await {
            Ok(answer) => meaning(&protocol, line, &answer),
            Err(detail) => Finding::Unavailable { detail },
        };
        match finding {
            Finding::Good { phone, name } => {
                let proved =
                    !matches!(&protocol, Protocol::Gateway(_)) || line.setting("check_url").is_some();
                let detail = if proved {
                    "The provider accepts them."
                } else {
                    "Somebody answers there. Whether the token is accepted shows with the first message, or now with a check_url."
                };
                found.pass("credentials", detail.to_owned());
                (found.phone, found.name) = (phone, name);
            }
            Finding::Refused { credential, cure } => found.fail("credentials", credential, cure),
            Finding::NotTheirs { cure } => found.fail("number", "address", cure),
            Finding::Unavailable { detail } => {
                found.checks.push(Check { name: "provider", ok: false, detail: detail.clone() });
                found.fault = Some(Fault::Unreachable { detail });
            }
        }
        found.checks.push(self.check_callback().await);
        found
    }

    /// Tells the provider where to call, where it can be told. `None` where a person must do it.
    pub async fn register_webhook(&self, line: &Line) -> Option<Result<(), Fault>> {
        let Some(Protocol::Whatsapp(Transport::Dialog360 { base_url, api_key })) =
            Protocol::of(line, &self.public_url)
        else {
            return None;
        };
        let url = format!("{}/hooks/whatsapp/{}", self.public_url, line.channel.id);
        let name = line.setting("webhook_header").unwrap_or("x-switchboard-secret");
        let secret = line.credential("webhook_secret").unwrap_or_default();
        let order = probe::dialog360_webhook(&base_url, &api_key, &url, (name, secret));
        Some(match self.ask(order).await {
            Ok(answer) if (200..300).contains(&answer.status) => Ok(()),
            Ok(answer) => {
                let detail = format!("360dialog did not take the webhook URL (HTTP {}).", answer.status);
                Err(Fault::Unreachable { detail })
            }
            Err(detail) => Err(Fault::Unreachable { detail }),
        })
    }

    /// Whether our public address leads here, as seen from here. A proxy may answer differently to the provider.
    async fn check_callback(&self) -> Check {
        let nonce = format!("{:032x}", rand::random::<u128>());
        let url = format!("{}/hooks/probe/{nonce}", self.public_url);
        let request = HttpCall { method: "GET", url, headers: Vec::new(), body: Vec::new() };
        let wanted = self.callback_proof(&nonce);
        let (ok, detail) = match self.ask(request).await {
            Ok(answer) if answer.body == wanted.as_bytes() => {
                (true, "The public URL leads to this server.".to_owned())
            }
            Ok(answer) => (
                false,
                format!(
                    "The public URL leads somewhere else (HTTP {}): check --public-url and the proxy.",
                    answer.status
                ),
            ),
            Err(_) => (
                false,
                "The public URL cannot be reached from this server: check --public-url and the proxy."
                    .to_owned(),
            ),
        };
        Check { name: "callback_url", ok, detail }
    }

    /// What the address of the callback check answers; nobody else can make it.
    pub fn callback_proof(&self, nonce: &str) -> String {
        token::sign(&self.key, &challenge(nonce))
    }

    async fn ask(&self, question: HttpCall) -> Result<Answer, String> {
        let unreachable =
            "The provider could not be reached: check the address and this server's way to the internet.";
        let no_answer = "The provider did not answer in time.";
        call(&self.arbiters.http, question).await.map_err(|reason| match reason {
            NoAnswer::NotSent => unreachable.to_owned(),
            NoAnswer::Unknown => no_answer.to_owned(),
        })
    }
}

impl Checked {
    fn pass(&mut self, name: &'static str, detail: String) {
        self.checks.push(Check { name, ok: true, detail });
    }

    fn fail(&mut self, name: &'static str, field: &'static str, cure: String) {
        self.checks.push(Check { name, ok: false, detail: format!("{field}: {cure}") });
        self.fault = Some(Fault::Refused { field, cure });
    }
}

fn question(protocol: &Protocol, line: &Line) -> HttpCall {
    match protocol {
        Protocol::Whatsapp(transport) => probe::whatsapp_call(transport),
        Protocol::Twilio(account) => probe::twilio_call(account, &line.channel.address),
        Protocol::Vonage(account) => probe::vonage_call(account),
        Protocol::Gateway(gateway) => probe::gateway_call(gateway, line.setting("check_url")),
    }
}

fn meaning(protocol: &Protocol, line: &Line, answer: &Answer) -> Finding {
    match protocol {
        Protocol::Whatsapp(transport) => probe::whatsapp_answer(transport, answer.status, &answer.body),
        Protocol::Twilio(_) => probe::twilio_answer(answer.status, &answer.body),
        Protocol::Vonage(account) => probe::vonage_answer(&account.from, answer.status, &answer.body),
        Protocol::Gateway(_) => probe::gateway_answer(line.setting("check_url").is_some(), answer.status),
    }
}
