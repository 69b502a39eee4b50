//! What Vonage and the plain gateway share: a text reaches the customer's phone, the journal has it, receipts follow.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;

use crate::account::AccountState;
use crate::callbacks::{Callback, Payload, dispatch};
use crate::faults::Switches;
use crate::ids::sid;
use crate::journal::Accepted;
use crate::phone::digits;
use crate::phone::handset::{Message, Tick};
use crate::twilio::inbound::act_on_keyword;
use crate::whatsapp::inbound::Act;
use crate::world::World;

const SENT_AFTER: Duration = Duration::from_millis(30);
const DELIVERED_AFTER: Duration = Duration::from_millis(80);

/// A send the product asks for.
pub(crate) struct Text<'a> {
    pub(crate) to: &'a str,
    pub(crate) body: &'a str,
    /// The product's own id, echoed in receipts.
    pub(crate) reference: &'a str,
    pub(crate) media: usize,
}

/// Accepted, and when the product heard its first receipt.
pub(crate) struct Acceptance {
    pub(crate) id: Arc<str>,
    pub(crate) first_receipt: Option<oneshot::Receiver<Option<u16>>>,
}

/// News about a send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum News {
    Sent,
    Delivered,
    Failed,
}

/// Takes a text; `None` when the customer texted STOP. `receipt` writes the callback for a piece of news.
pub(crate) fn accept(
    world: &Arc<World>,
    account: &Arc<AccountState>,
    switches: &Switches,
    text: &Text<'_>,
    receipt: impl Fn(&str, News) -> Payload,
) -> Option<Acceptance> {
    let to = digits(text.to);
    let id: Arc<str> = sid("SM").into();
    let (opted_out, reachable) = account.with_phone(&to, |phone| {
        (phone.opted_out, phone.reachable && (phone.owned || !switches.strict_users))
    });
    if opted_out {
        return None;
    }
    let kind = if text.media == 0 { "sms" } else { "mms" };
    let body: Arc<str> = text.body.into();
    if switches.threads {
        let message = Message {
            id: Arc::clone(&id),
            from_customer: false,
            kind: Cow::Borrowed(kind),
            body: Arc::clone(&body),
            media: None,
            buttons: Vec::new(),
            reply_to: None,
            reaction: None,
            at_ms: world.clock.micros() / 1_000,
            tick: if reachable { Tick::Delivered } else { Tick::Failed },
            attempt_key: None,
        };
        account.with_phone(&to, |phone| phone.thread.push(message));
    }
    world.journal.append(Accepted {
        id: Arc::clone(&id),
        account: Arc::clone(&account.key),
        to: format!("+{to}").into(),
        kind,
        body,
        at: world.clock.now(),
        attempt_key: Some(text.reference.into()),
        undeliverable: (!reachable).then_some(1),
    });
    world.changed();
    let first_receipt = report(world, account, switches, (&to, &id, reachable), receipt);
    Some(Acceptance { id, first_receipt })
}

fn report(
    world: &Arc<World>,
    account: &Arc<AccountState>,
    switches: &Switches,
    (to, id, reachable): (&str, &str, bool),
    receipt: impl Fn(&str, News) -> Payload,
) -> Option<oneshot::Receiver<Option<u16>>> {
    if !switches.callbacks {
        return None;
    }
    let mut sent = Callback::status(receipt(id, News::Sent));
    let told = if switches.status_first {
        Some(sent.answer())
    } else {
        sent = sent.after(SENT_AFTER);
        None
    };
    dispatch(world, account, to, sent);
    let end = if reachable { News::Delivered } else { News::Failed };
    if !(reachable && switches.no_receipts) {
        dispatch(world, account, to, Callback::status(receipt(id, end)).after(DELIVERED_AFTER));
    }
    told
}

/// What a customer's act says; opt-out words change the handset, as the networks do.
pub(crate) fn said<'a>(world: &World, phone: &mut crate::phone::handset::Handset, act: &'a Act) -> &'a str {
    let body = match act {
        Act::Text { body, .. } => body.as_str(),
        Act::File { caption, .. } => caption.as_deref().unwrap_or_default(),
        _ => "",
    };
    act_on_keyword(world, phone, body);
    body
}
