//! Status callbacks: sent, delivered, read, failed.

#![expect(
    clippy::indexing_slicing,
    reason = "indexing JSON gives null, or adds to an object; it cannot panic here"
)]

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::oneshot;

use super::error::GraphError;
use super::inbound::value;
use crate::account::AccountState;
use crate::callbacks::{Callback, Payload, dispatch};
use crate::faults::Switches;
use crate::phone::handset::{Message, Tick};
use crate::world::World;

/// The network's own delays; the answer to a send normally arrives before its first status.
const SENT_AFTER: Duration = Duration::from_millis(30);
const DELIVERED_AFTER: Duration = Duration::from_millis(80);
const READ_AFTER: Duration = Duration::from_millis(120);

/// What statuses of one message have in common.
#[derive(Clone)]
pub(crate) struct Receipt {
    pub(crate) id: Arc<str>,
    pub(crate) digits: Arc<str>,
    pub(crate) category: Arc<str>,
    pub(crate) attempt_key: Option<Arc<str>>,
}

/// Everything the product is to learn about a message it just sent.
///
/// With `status_first`, answers a receiver of the product's answer to the first callback.
pub(super) fn report_all(
    world: &Arc<World>,
    account: &Arc<AccountState>,
    switches: &Switches,
    receipt: &Receipt,
    failure: Option<&GraphError>,
) -> Option<oneshot::Receiver<Option<u16>>> {
    let first = if failure.is_some() { "failed" } else { "sent" };
    let mut callback = Callback::status(payload(world, account, receipt, first, failure));
    let told = if switches.status_first {
        Some(callback.answer())
    } else {
        callback = callback.after(SENT_AFTER);
        None
    };
    dispatch(world, account, &receipt.digits, callback);
    if failure.is_some() || switches.no_receipts {
        return told;
    }
    let callback = Callback::status(payload(world, account, receipt, "delivered", None));
    dispatch(world, account, &receipt.digits, callback.after(DELIVERED_AFTER));
    let auto_read =
        account.with_known_phone(&receipt.digits, |handset| handset.auto_read).unwrap_or_default();
    if switches.read_at_once || auto_read {
        account.with_known_phone(&receipt.digits, |handset| handset.raise(&receipt.id, Tick::Read));
        let callback = Callback::status(payload(world, account, receipt, "read", None));
        dispatch(world, account, &receipt.digits, callback.after(READ_AFTER));
    }
    told
}

/// The customer looked at these messages.
pub(crate) fn report_read(
    world: &Arc<World>,
    account: &Arc<AccountState>,
    digits: &Arc<str>,
    read: Vec<Message>,
) {
    let switches = account.switches();
    if !switches.callbacks || switches.no_receipts {
        return;
    }
    for message in read {
        let receipt = Receipt {
            id: message.id,
            digits: Arc::clone(digits),
            category: "service".into(),
            attempt_key: message.attempt_key,
        };
        let callback = Callback::status(payload(world, account, &receipt, "read", None));
        // Not before `delivered` of a message that arrived this moment.
        dispatch(world, account, digits, callback.after(READ_AFTER));
    }
}

fn payload(
    world: &World,
    account: &AccountState,
    receipt: &Receipt,
    status: &str,
    failure: Option<&GraphError>,
) -> Payload {
    let hidden = account
        .with_known_phone(&receipt.digits, |handset| handset.user_id.clone().zip(Some(handset.hides_number)))
        .flatten();
    let mut entry = json!({
        "id": receipt.id,
        "status": status,
        "timestamp": world.clock.seconds().to_string(),
        "recipient_id": if hidden.as_ref().is_some_and(|(_, hides)| *hides) { "" } else { &receipt.digits },
    });
    if let Some((user_id, _)) = hidden {
        entry["recipient_user_id"] = user_id.into();
    }
    if let Some(key) = &receipt.attempt_key {
        entry["biz_opaque_callback_data"] = (**key).into();
    }
    match failure {
        Some(error) => entry["errors"] = json!([error.in_status()]),
        None => entry["pricing"] = pricing(&receipt.category),
    }
    let mut value = value(account);
    value["statuses"] = json!([entry]);
    Payload::WhatsApp { field: "messages", value }
}

fn pricing(category: &str) -> Value {
    let free = category == "service";
    json!({
        "billable": !free,
        "pricing_model": "PMP",
        "type": if free { "free_customer_service" } else { "regular" },
        "category": category,
    })
}
