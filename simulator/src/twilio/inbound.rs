//! A text from a customer as Twilio posts it, and the opt-out words Twilio acts on by itself.

use std::borrow::Cow;

use serde_json::json;

use super::segments::segments;
use crate::account::AccountState;
use crate::callbacks::Payload;
use crate::config::Account;
use crate::ids::sid;
use crate::phone::handset::{Handset, Message, Tick};
use crate::whatsapp::inbound::Act;
use crate::world::World;

const STOP: [&str; 8] = ["STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"];
const START: [&str; 3] = ["START", "UNSTOP", "YES"];
const HELP: [&str; 2] = ["HELP", "INFO"];

/// The webhook for an act. An opt-out word changes the handset first, and Twilio itself answers the customer.
pub(crate) fn payload(
    world: &World,
    account: &AccountState,
    handset: &mut Handset,
    id: &str,
    act: &Act,
) -> Payload {
    let (body, media) = match act {
        Act::Text { body, .. } => (body.as_str(), None),
        Act::File { media, caption, .. } => (caption.as_deref().unwrap_or_default(), Some(media)),
        _ => ("", None),
    };
    let opt_out = act_on_keyword(world, handset, body);
    let account_sid = account_sid(account);
    let mut params: Vec<(&str, String)> = vec![
        ("ToCountry", "GB".into()),
        ("ToState", String::new()),
        ("ToCity", String::new()),
        ("ToZip", String::new()),
        ("FromCountry", "GB".into()),
        ("FromState", String::new()),
        ("FromCity", String::new()),
        ("FromZip", String::new()),
        ("SmsMessageSid", id.into()),
        ("SmsSid", id.into()),
        ("MessageSid", id.into()),
        ("AccountSid", account_sid.into()),
        ("From", format!("+{}", handset.number)),
        ("To", account.config.number().into()),
        ("Body", body.into()),
        ("NumMedia", usize::from(media.is_some()).to_string()),
        ("NumSegments", segments(body).to_string()),
        ("SmsStatus", "received".into()),
        ("ApiVersion", "2010-04-01".into()),
    ];
    if let Some(media) = media {
        let path = format!("/2010-04-01/Accounts/{account_sid}/Messages/{id}/Media/{}", media.id);
        params.push(("MediaUrl0", format!("{}{path}", world.base_url)));
        params.push(("MediaContentType0", media.mime_type.clone()));
    }
    if let Some(kind) = opt_out.filter(|_| account.switches().advanced_opt_out) {
        params.push(("OptOutType", kind.into()));
    }
    let params = params.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    Payload::Twilio { url: account.webhook().url.clone(), params }
}

pub(super) fn account_sid(account: &AccountState) -> &str {
    match &account.config {
        Account::Twilio { account_sid, .. } => account_sid,
        _ => "",
    }
}

pub(crate) fn act_on_keyword(world: &World, handset: &mut Handset, body: &str) -> Option<&'static str> {
    let word = body.trim().to_uppercase();
    let word = word.trim_matches(|c: char| c.is_ascii_punctuation());
    let (kind, answer) = if STOP.contains(&word) {
        handset.opted_out = true;
        let answer = "You have successfully been unsubscribed. You will not receive any more messages from this \
                      number. Reply START to resubscribe.";
        ("STOP", answer)
    } else if START.contains(&word) && (word != "YES" || handset.opted_out) {
        handset.opted_out = false;
        let answer = "You have successfully been re-subscribed to messages from this number. Reply HELP for help. \
                      Reply STOP to unsubscribe. Msg&Data Rates May Apply.";
        ("START", answer)
    } else if HELP.contains(&word) {
        ("HELP", "Reply STOP to unsubscribe. Msg&Data Rates May Apply.")
    } else {
        return None;
    };
    handset.thread.push(Message {
        id: sid("SM").into(),
        from_customer: false,
        // Not the business's own message, so not in the journal either.
        kind: Cow::Borrowed("provider"),
        body: answer.into(),
        media: None,
        buttons: Vec::new(),
        reply_to: None,
        reaction: None,
        at_ms: world.clock.micros() / 1_000,
        tick: Tick::Delivered,
        attempt_key: None,
    });
    Some(kind)
}

/// The parameters of a status callback.
pub(super) fn status(
    account: &AccountState,
    id: &str,
    to: &str,
    status: &str,
    error: Option<u32>,
) -> Vec<(String, String)> {
    let fields = json!({
        "MessageSid": id, "SmsSid": id, "AccountSid": account_sid(account), "MessageStatus": status,
        "SmsStatus": status, "To": to, "From": account.config.number(), "ApiVersion": "2010-04-01",
    });
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let mut params: Vec<(String, String)> = fields
        .as_object()
        .map(|all| all.iter().map(|(name, value)| (name.clone(), text(value))).collect())
        .unwrap_or_default();
    if let Some(code) = error {
        params.push(("ErrorCode".to_owned(), code.to_string()));
    }
    params
}
