//! Accepting one WhatsApp send: limits, the 24-hour rule, the customer's phone, the journal, the receipts.

#![expect(
    clippy::indexing_slicing,
    reason = "indexing JSON gives null, or adds to an object; it cannot panic here"
)]

use std::borrow::Cow;
use std::sync::Arc;

use serde_json::{Value, json};
use tokio::sync::oneshot;

use super::error::GraphError;
use super::files;
use super::request::{File, Outgoing};
use super::status::{self, Receipt};
use crate::account::AccountState;
use crate::faults::Switches;
use crate::ids::{Way, wamid};
use crate::journal::Accepted;
use crate::limits::{PAIR_BURST, PAIR_INTERVAL};
use crate::phone::digits;
use crate::phone::handset::{Handset, Message, Tick};
use crate::template::HeaderFile;
use crate::world::World;

/// The customer care window, in microseconds.
const CARE_WINDOW: u64 = 24 * 3_600 * 1_000_000;

pub(super) struct Acceptance {
    pub(super) answer: Value,
    /// Completes when the product answered the first status callback; only with `status_first`.
    pub(super) first_status: Option<oneshot::Receiver<Option<u16>>>,
}

pub(super) fn accept(
    world: &Arc<World>,
    account: &Arc<AccountState>,
    switches: &Switches,
    mut outgoing: Outgoing,
) -> Result<Acceptance, GraphError> {
    let now = world.clock.micros();
    if !account.admit(now, switches) {
        return Err(GraphError::new(130_429, "Message rate limit of this number reached"));
    }
    let category = render(account, &mut outgoing)?;
    let media = match &outgoing.file {
        Some(File::Id(id)) => Some(files::own(world, account, id)?),
        Some(File::Link(_)) | None => None,
    };
    let to = resolve(account, &outgoing)?;
    let verdict = deliverable(account, switches, &to, now, outgoing.kind)?;
    if let Some(error) = &verdict
        && (switches.refuse_at_once || !switches.callbacks)
    {
        return Err(error.clone());
    }
    let id: Arc<str> = wamid(&to, Way::ToCustomer).into();
    let attempt_key: Option<Arc<str>> = outgoing.attempt_key.as_deref().map(Into::into);
    let body: Arc<str> = outgoing.body.as_str().into();
    if switches.threads && verdict.is_none() {
        let mut message = bubble(&outgoing, &id, &body, now);
        message.media = media.map(|media| media.in_thread());
        message.attempt_key.clone_from(&attempt_key);
        account.with_phone(&to, |handset| show(handset, &outgoing, message));
    }
    world.journal.append(Accepted {
        id: Arc::clone(&id),
        account: Arc::clone(&account.key),
        to: format!("+{to}").into(),
        kind: outgoing.kind,
        body,
        at: world.clock.now(),
        attempt_key: attempt_key.clone(),
        undeliverable: verdict.as_ref().map(|error| error.code),
    });
    world.changed();
    let answer = answer(&outgoing, &to, &id);
    let receipt = Receipt { id, digits: to.into(), category: category.into(), attempt_key };
    let first_status = if switches.callbacks {
        match outgoing.file {
            Some(File::Link(link)) if verdict.is_none() => {
                files::fetch_then_report(world, account, receipt, link, outgoing.file_name);
                None
            }
            _ => status::report_all(world, account, switches, &receipt, verdict.as_ref()),
        }
    } else {
        None
    };
    Ok(Acceptance { answer, first_status })
}

/// Fills in a template; answers the price category.
fn render(account: &AccountState, outgoing: &mut Outgoing) -> Result<String, GraphError> {
    let Some(template) = &outgoing.template else { return Ok("service".to_owned()) };
    let rendered = crate::lock::lock(&account.templates).render(template)?;
    outgoing.body = rendered.body;
    outgoing.file = rendered.media.map(|file| match file {
        HeaderFile::Id(id) => File::Id(id),
        HeaderFile::Link(link) => File::Link(link),
    });
    outgoing.buttons = rendered.buttons;
    Ok(rendered.category)
}

/// The customer's digits: from a number in any notation, or from a business-scoped user id.
fn resolve(account: &AccountState, outgoing: &Outgoing) -> Result<String, GraphError> {
    if outgoing.to.contains(|c: char| c.is_ascii_alphabetic()) {
        let mut found = None;
        account.each_phone(|handset| {
            if handset.user_id.as_deref() == Some(&*outgoing.to) {
                found = Some(handset.number.to_string());
            }
        });
        return found.ok_or_else(|| GraphError::new(131_026, "Unable to deliver: unknown user id"));
    }
    let to = digits(&outgoing.to);
    if !(7..=15).contains(&to.len()) {
        return Err(GraphError::new(131_009, "The recipient's phone number is not valid"));
    }
    if to == digits(account.config.number()) {
        return Err(GraphError::new(131_021, "Sender and recipient are the same number"));
    }
    Ok(to)
}

/// `Err`: refused at once. `Ok(Some)`: accepted, to fail in a status, as Meta does with what it learns only later.
fn deliverable(
    account: &AccountState,
    switches: &Switches,
    to: &str,
    now: u64,
    kind: &str,
) -> Result<Option<GraphError>, GraphError> {
    if !(switches.pair_limit || switches.care_window || switches.strict_users || switches.threads) {
        return Ok(None);
    }
    account.with_phone(to, |handset| {
        if switches.pair_limit && !handset.pair.admit(now, PAIR_INTERVAL, PAIR_BURST) {
            return Err(GraphError::new(131_056, "Too many messages to this user in a short time"));
        }
        if !handset.reachable || (switches.strict_users && !handset.owned) {
            return Ok(Some(GraphError::new(131_026, "Message Undeliverable.")));
        }
        let open = handset.last_inbound.is_some_and(|at| now.saturating_sub(at) < CARE_WINDOW);
        if switches.care_window && kind != "template" && !open {
            let details = "Message failed to send because more than 24 hours have passed since the customer last \
                           replied to this number.";
            return Ok(Some(GraphError::new(131_047, details)));
        }
        Ok(None)
    })
}

fn bubble(outgoing: &Outgoing, id: &Arc<str>, body: &Arc<str>, now: u64) -> Message {
    Message {
        id: Arc::clone(id),
        from_customer: false,
        kind: Cow::Borrowed(outgoing.kind),
        body: Arc::clone(body),
        media: None,
        buttons: outgoing.buttons.clone(),
        reply_to: outgoing.reply_to.as_deref().map(Into::into),
        reaction: None,
        at_ms: now / 1_000,
        tick: Tick::Delivered,
        attempt_key: None,
    }
}

fn show(handset: &mut Handset, outgoing: &Outgoing, message: Message) {
    handset.typing_until = 0;
    let Some(target) = &outgoing.reaction_to else {
        handset.thread.push(message);
        return;
    };
    if let Some(reacted) = handset.message_mut(target) {
        reacted.reaction = (!outgoing.body.is_empty()).then(|| outgoing.body.clone());
    }
}

fn answer(outgoing: &Outgoing, to: &str, id: &str) -> Value {
    let mut message = json!({ "id": id });
    if outgoing.kind == "template" {
        message["message_status"] = "accepted".into();
    }
    json!({
        "messaging_product": "whatsapp",
        "contacts": [{ "input": outgoing.to, "wa_id": to }],
        "messages": [message],
    })
}
