//! What the Cloud API and 360dialog share: sends, receipts, inbound messages. The two files `cloud_api.rs` and
//! `dialog360.rs` only differ in paths and authentication.

use std::sync::Arc;
use std::time::Duration;

use actix_web::HttpResponse;
use serde_json::{Value, json};

use crate::account::{AccountState, SendFault};
use crate::ids::customer_of;
use crate::whatsapp::error::GraphError;
use crate::whatsapp::request::{Outgoing, Request};
use crate::world::World;

pub(crate) mod accept;
pub(crate) mod error;
pub(crate) mod files;
pub(crate) mod inbound;
mod request;
pub(crate) mod status;

/// A typing indicator disappears after this long.
const TYPING: u64 = 25_000_000;

/// How long a send that is never answered keeps its connection.
pub(crate) const HANGING: Duration = Duration::from_mins(2);

/// What the down switch and the delay do to any request; `Some` ends it.
pub(crate) async fn enter(account: &AccountState) -> Option<HttpResponse> {
    let switches = account.switches();
    if switches.answer_delay_ms > 0 {
        tokio::time::sleep(Duration::from_millis(switches.answer_delay_ms)).await;
    }
    switches.down.then(|| GraphError::new(131_016, "Service unavailable, try again later").answer())
}

/// `POST …/messages`, authenticated.
pub(crate) async fn messages(world: &Arc<World>, account: &Arc<AccountState>, body: &[u8]) -> HttpResponse {
    if let Some(down) = enter(account).await {
        return down;
    }
    let parsed = serde_json::from_slice::<Value>(body)
        .map_err(|_| GraphError::new(100, "The request body is not valid JSON"))
        .and_then(|body| request::parse(&body));
    match parsed {
        Ok(Request::Read { message_id, typing }) => read(world, account, &message_id, typing),
        Ok(Request::Send(outgoing)) => send(world, account, *outgoing).await,
        Err(error) => error.answer(),
    }
}

fn read(world: &World, account: &AccountState, message_id: &str, typing: bool) -> HttpResponse {
    let until = world.clock.micros() + TYPING;
    let customer = customer_of(message_id).unwrap_or_default();
    let found = account.with_known_phone(&customer, |handset| {
        let found = handset.read_up_to(message_id);
        if found && typing {
            handset.typing_until = until;
        }
        found
    });
    // Without threads nothing can be looked up, and a load test does not care.
    if found != Some(true) && account.switches().threads {
        return GraphError::new(131_009, "Message ID is invalid").answer();
    }
    world.changed();
    HttpResponse::Ok().json(json!({ "success": true }))
}

async fn send(world: &Arc<World>, account: &Arc<AccountState>, outgoing: Outgoing) -> HttpResponse {
    let switches = account.switches();
    let fault = account.next_send(&switches);
    match fault {
        SendFault::Throttle => return GraphError::new(130_429, "Message rate too high").answer(),
        SendFault::Fail => return GraphError::new(131_000, "Something went wrong").answer(),
        SendFault::None | SendFault::Hang => {}
    }
    let accepted = match accept::accept(world, account, &switches, outgoing) {
        Ok(accepted) => accepted,
        Err(error) => return error.answer(),
    };
    if fault == SendFault::Hang {
        tokio::time::sleep(HANGING).await;
        return HttpResponse::GatewayTimeout().finish();
    }
    if let Some(told) = accepted.first_status {
        // Bounded: the product may well wait for this answer before it answers the callback.
        let _ = tokio::time::timeout(world.callback_timeout, told).await;
    }
    HttpResponse::Ok().json(accepted.answer)
}
