//! Callbacks as bytes: body, proof, and the provider's rule for repeating them.

use bytes::Bytes;
use serde_json::{Value, json};
use std::time::Duration;

use super::{Callback, Payload};
use crate::account::AccountState;
use crate::config::Account;
use crate::signature::{escape_non_ascii, hub_signature, twilio_signature};

/// A signed request that can be posted any number of times.
pub(super) struct Sealed {
    pub(super) url: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Bytes,
    pub(super) repeat: Repeat,
}

/// When a provider tries again.
pub(super) enum Repeat {
    /// WhatsApp: any answer but 2xx, with back-off.
    BackOff { times: u32 },
    /// Twilio: once on a failed connection, or as the URL's fragment says (`#rc=3&rp=5xx,rt`).
    Conditions { times: u32, conditions: String, timeout: Option<Duration> },
}

pub(super) fn seal(account: &AccountState, callbacks: &[Callback]) -> Option<Sealed> {
    match &account.config {
        Account::Twilio { auth_token, .. } => {
            callbacks.first().and_then(|callback| match &callback.payload {
                Payload::Twilio { url, params } => Some(seal_twilio(auth_token, url, params)),
                Payload::WhatsApp { .. } | Payload::Ready { .. } => None,
            })
        }
        Account::Vonage { .. } | Account::HttpSms { .. } => {
            callbacks.first().and_then(|callback| match &callback.payload {
                Payload::Ready { url, headers, body } => Some(Sealed {
                    url: url.clone(),
                    headers: headers.clone(),
                    body: Bytes::from(body.clone()),
                    repeat: Repeat::BackOff { times: account.switches().redeliveries },
                }),
                Payload::WhatsApp { .. } | Payload::Twilio { .. } => None,
            })
        }
        Account::CloudApi { app_secret, .. } => {
            // Meta escapes before it signs, so the signature covers exactly the bytes on the wire.
            let body = escape_non_ascii(&whatsapp_body(account, callbacks)).into_bytes();
            let signature = hub_signature(app_secret, &body);
            Some(seal_whatsapp(account, vec![("X-Hub-Signature-256".to_owned(), signature)], body))
        }
        Account::Dialog360 { .. } => {
            let body = whatsapp_body(account, callbacks).into_bytes();
            Some(seal_whatsapp(account, account.webhook().headers.clone(), body))
        }
    }
}

fn whatsapp_body(account: &AccountState, callbacks: &[Callback]) -> String {
    let entries: Vec<Value> = callbacks
        .iter()
        .filter_map(|callback| match &callback.payload {
            Payload::WhatsApp { field, value } => Some(json!({
                "id": account.config.waba_id(),
                "changes": [{ "field": field, "value": value }],
            })),
            Payload::Twilio { .. } | Payload::Ready { .. } => None,
        })
        .collect();
    json!({ "object": "whatsapp_business_account", "entry": entries }).to_string()
}

fn seal_whatsapp(account: &AccountState, mut headers: Vec<(String, String)>, body: Vec<u8>) -> Sealed {
    headers.push(("Content-Type".to_owned(), "application/json".to_owned()));
    headers.push(("User-Agent".to_owned(), "facebookexternalua".to_owned()));
    let times = account.switches().redeliveries;
    Sealed {
        url: account.webhook().url.clone(),
        headers,
        body: Bytes::from(body),
        repeat: Repeat::BackOff { times },
    }
}

fn seal_twilio(auth_token: &str, configured: &str, params: &[(String, String)]) -> Sealed {
    // The fragment carries Twilio's connection overrides; it is neither sent nor signed.
    let (url, fragment) = configured.split_once('#').unwrap_or((configured, ""));
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(params);
    let headers = vec![
        ("X-Twilio-Signature".to_owned(), twilio_signature(auth_token, url, params)),
        ("Content-Type".to_owned(), "application/x-www-form-urlencoded; charset=utf-8".to_owned()),
        ("User-Agent".to_owned(), "TwilioProxy/1.1".to_owned()),
    ];
    let repeat = overrides(fragment);
    Sealed { url: url.to_owned(), headers, body: Bytes::from(form.finish().into_bytes()), repeat }
}

fn overrides(fragment: &str) -> Repeat {
    let (mut times, mut conditions, mut timeout) = (1, "ct".to_owned(), None);
    for (name, value) in form_urlencoded::parse(fragment.as_bytes()) {
        match &*name {
            "rc" => times = value.parse().map_or(1, |count: u32| count.min(5)),
            "rp" => conditions = value.into_owned(),
            "rt" | "tt" => timeout = value.parse().ok().map(Duration::from_millis),
            _ => {}
        }
    }
    Repeat::Conditions { times, conditions, timeout }
}
