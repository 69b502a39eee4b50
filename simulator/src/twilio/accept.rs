//! Accepting one SMS or MMS: checks, opt-outs, the customer's phone, the journal, the status callbacks.

#![expect(
    clippy::indexing_slicing,
    reason = "indexing JSON gives null, or adds to an object; it cannot panic here"
)]

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::sync::oneshot;

use super::error::TwilioError;
use super::inbound;
use super::resource;
use crate::account::AccountState;
use crate::callbacks::{Callback, Payload, dispatch};
use crate::faults::Switches;
use crate::ids::sid;
use crate::journal::Accepted;
use crate::media::Media;
use crate::phone::digits;
use crate::phone::handset::{Message, Tick};
use crate::whatsapp::files::fetch;
use crate::world::World;

const SENT_AFTER: Duration = Duration::from_millis(30);
const DELIVERED_AFTER: Duration = Duration::from_millis(80);

/// Off the network.
const UNREACHABLE: u32 = 30_003;
/// The `MediaUrl` could not be fetched.
const MEDIA_FAILED: u32 = 11_200;

pub(super) struct Acceptance {
    pub(super) answer: Value,
    pub(super) first_status: Option<oneshot::Receiver<Option<u16>>>,
}

/// One accepted message on its way through the status callbacks.
struct Sending {
    id: Arc<str>,
    digits: String,
    callback_url: Option<String>,
}

/// The number a send goes out from.
pub(super) fn sender(
    numbers: &[Arc<AccountState>],
    form: &[(String, String)],
) -> Result<Arc<AccountState>, TwilioError> {
    let from = value(form, "From");
    let chosen = match (from, value(form, "MessagingServiceSid")) {
        (Some(from), _) => numbers.iter().find(|number| digits(number.config.number()) == digits(from)),
        (None, Some(_)) => numbers.first(),
        (None, None) => return Err(TwilioError::bad_request(21_603, "A 'From' phone number is required.")),
    };
    let unusable = || {
        let from = from.unwrap_or_default();
        let message = format!(
            "The 'From' phone number provided ({from}) is not a valid message-capable Twilio phone number for this \
             destination."
        );
        TwilioError::bad_request(21_606, message)
    };
    chosen.cloned().ok_or_else(unusable)
}

pub(super) fn accept(
    world: &Arc<World>,
    account: &Arc<AccountState>,
    switches: &Switches,
    form: &[(String, String)],
) -> Result<Acceptance, TwilioError> {
    let now = world.clock.micros();
    if !account.admit(now, switches) {
        return Err(TwilioError::new(429, 20_429, "Too Many Requests"));
    }
    let to = recipient(form)?;
    let links: Vec<&str> =
        form.iter().filter(|(name, _)| name == "MediaUrl").map(|(_, link)| link.as_str()).collect();
    let body = value(form, "Body").unwrap_or_default();
    check_content(body, &links)?;
    let reachable = meet(account, switches, &to)?;
    let callback_url = value(form, "StatusCallback").map(str::to_owned);
    let kind = if links.is_empty() { "sms" } else { "mms" };
    let id: Arc<str> = sid(if links.is_empty() { "SM" } else { "MM" }).into();
    let body: Arc<str> = body.into();
    let message = Message {
        id: Arc::clone(&id),
        from_customer: false,
        kind: Cow::Borrowed(kind),
        body: Arc::clone(&body),
        media: None,
        buttons: Vec::new(),
        reply_to: None,
        reaction: None,
        at_ms: now / 1_000,
        tick: if reachable { Tick::Delivered } else { Tick::Failed },
        attempt_key: None,
    };
    let mut answer = resource::resource(account, &to, &message, "queued", links.len());
    answer["date_sent"] = Value::Null;
    if switches.threads {
        account.with_phone(&to, |handset| handset.thread.push(message));
    }
    world.journal.append(Accepted {
        id: Arc::clone(&id),
        account: Arc::clone(&account.key),
        to: format!("+{to}").into(),
        kind,
        body,
        at: world.clock.now(),
        attempt_key: callback_url
            .as_deref()
            .and_then(|url| url.split_once('?'))
            .map(|(_, query)| query.into()),
        undeliverable: (!reachable).then_some(UNREACHABLE),
    });
    world.changed();
    let sending = Sending { id, digits: to, callback_url };
    let links = links.into_iter().map(str::to_owned).collect::<Vec<_>>();
    let first_status = if links.is_empty() {
        report(world, account, &sending, (!reachable).then_some(UNREACHABLE))
    } else {
        fetch_then_report(world, account, sending, links, reachable);
        None
    };
    Ok(Acceptance { answer, first_status })
}

fn value<'a>(form: &'a [(String, String)], name: &str) -> Option<&'a str> {
    form.iter().find(|(field, value)| field == name && !value.is_empty()).map(|(_, value)| value.as_str())
}

/// The customer's digits. The `+1500555…` numbers are Twilio's own test numbers.
fn recipient(form: &[(String, String)]) -> Result<String, TwilioError> {
    let Some(to) = value(form, "To") else {
        return Err(TwilioError::bad_request(21_604, "A 'To' phone number is required."));
    };
    let number = digits(to);
    let shaped = to.starts_with('+') && (7..=15).contains(&number.len()) && !number.starts_with('0');
    match number.as_str() {
        "15005550002" => {
            Err(TwilioError::bad_request(21_612, format!("No route to {to} with this 'From' number.")))
        }
        "15005550003" => Err(TwilioError::bad_request(
            21_408,
            format!("Permission to send an SMS has not been enabled for {to}."),
        )),
        "15005550004" => Err(unsubscribed()),
        "15005550009" => {
            Err(TwilioError::bad_request(21_614, format!("'To' number {to} is not a mobile number.")))
        }
        "15005550001" => Err(invalid(to)),
        _ if !shaped => Err(invalid(to)),
        _ => Ok(number),
    }
}

fn invalid(to: &str) -> TwilioError {
    TwilioError::bad_request(21_211, format!("Invalid 'To' Phone Number: {to}"))
}

fn unsubscribed() -> TwilioError {
    TwilioError::bad_request(21_610, "Attempt to send to unsubscribed recipient")
}

fn check_content(body: &str, links: &[&str]) -> Result<(), TwilioError> {
    if body.is_empty() && links.is_empty() {
        return Err(TwilioError::bad_request(21_602, "Message body is required."));
    }
    if body.chars().count() > 1600 {
        let message = "The concatenated message body exceeds the 1600 character limit";
        return Err(TwilioError::bad_request(21_617, message));
    }
    if links.len() > 10 {
        return Err(TwilioError::bad_request(21_623, "Number of media files exceeds allowed limit"));
    }
    Ok(())
}

/// Whether the phone is on the network; refuses those who opted out.
fn meet(account: &AccountState, switches: &Switches, to: &str) -> Result<bool, TwilioError> {
    if !switches.threads && !switches.strict_users {
        // A sink makes no phones, but phones that wrote STOP still count.
        let opted_out = account.with_known_phone(to, |handset| handset.opted_out).unwrap_or_default();
        return if opted_out { Err(unsubscribed()) } else { Ok(true) };
    }
    account.with_phone(to, |handset| {
        if handset.opted_out {
            return Err(unsubscribed());
        }
        Ok(handset.reachable && (handset.owned || !switches.strict_users))
    })
}

fn report(
    world: &Arc<World>,
    account: &Arc<AccountState>,
    sending: &Sending,
    failure: Option<u32>,
) -> Option<oneshot::Receiver<Option<u16>>> {
    let switches = account.switches();
    let url = sending.callback_url.as_ref().filter(|_| switches.callbacks)?;
    let to = format!("+{}", sending.digits);
    let callback = |status, error| {
        let params = inbound::status(account, &sending.id, &to, status, error);
        Callback::status(Payload::Twilio { url: url.clone(), params })
    };
    let mut sent = callback("sent", None);
    let told = if switches.status_first {
        Some(sent.answer())
    } else {
        sent = sent.after(SENT_AFTER);
        None
    };
    dispatch(world, account, &sending.digits, sent);
    match failure {
        Some(code) => {
            let status = if code == MEDIA_FAILED { "failed" } else { "undelivered" };
            let callback = callback(status, Some(code)).after(DELIVERED_AFTER);
            dispatch(world, account, &sending.digits, callback);
        }
        None if !switches.no_receipts => {
            dispatch(world, account, &sending.digits, callback("delivered", None).after(DELIVERED_AFTER));
        }
        None => {}
    }
    told
}

fn fetch_then_report(
    world: &Arc<World>,
    account: &Arc<AccountState>,
    sending: Sending,
    links: Vec<String>,
    reachable: bool,
) {
    let (world, account) = (Arc::clone(world), Arc::clone(account));
    world.runtime.clone().spawn(async move {
        let mut failure = (!reachable).then_some(UNREACHABLE);
        for link in links {
            let Ok((mime_type, bytes)) = fetch(&world, &link).await else {
                failure = Some(MEDIA_FAILED);
                account.with_known_phone(&sending.digits, |handset| handset.raise(&sending.id, Tick::Failed));
                break;
            };
            let media =
                Media { id: sid("ME"), account: Arc::clone(&account.key), mime_type, file_name: None, bytes };
            let shown = world.shelf.put(media).in_thread();
            account.with_known_phone(&sending.digits, |handset| {
                if let Some(message) = handset.message_mut(&sending.id) {
                    message.media = Some(shown);
                }
            });
        }
        world.changed();
        drop(report(&world, &account, &sending, failure));
    });
}
