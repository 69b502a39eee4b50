//! Callbacks on their way to the product: lanes keep each customer's order, faults disturb it on request.
//!
//! `envelope.rs` makes the bytes and the signature, `delivery.rs` posts them and repeats what was not accepted.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rand::seq::SliceRandom as _;
use serde::Serialize;
use serde_json::Value;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use crate::account::AccountState;
use crate::faults::Switches;
use crate::world::World;

mod delivery;
mod envelope;

/// Independent queues per account. Each posts one callback at a time.
pub(crate) const LANES: usize = 64;

/// How long a lane gathers before it shuffles or joins.
const GATHERING: Duration = Duration::from_millis(150);

/// One fact the product is to be told.
pub(crate) struct Callback {
    pub(crate) about: About,
    pub(crate) payload: Payload,
    /// The customer's message whose ticks follow the product's answer.
    pub(crate) mark: Option<Mark>,
    /// Told the product's first answer; `None` when there was none.
    pub(crate) answered: Option<oneshot::Sender<Option<u16>>>,
    pub(crate) due: Instant,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum About {
    Status,
    Message,
}

#[derive(Clone)]
pub(crate) struct Mark {
    pub(crate) digits: Arc<str>,
    pub(crate) id: Arc<str>,
}

pub(crate) enum Payload {
    /// One `changes[]` element.
    WhatsApp { field: &'static str, value: Value },
    /// Form parameters to this URL.
    Twilio { url: String, params: Vec<(String, String)> },
    /// Finished: what proves it is in it.
    Ready { url: String, headers: Vec<(String, String)>, body: String },
}

impl Callback {
    pub(crate) fn status(payload: Payload) -> Self {
        Self { about: About::Status, payload, mark: None, answered: None, due: Instant::now() }
    }

    pub(crate) fn message(payload: Payload, mark: Mark) -> Self {
        Self { about: About::Message, payload, mark: Some(mark), answered: None, due: Instant::now() }
    }

    pub(crate) fn after(mut self, wait: Duration) -> Self {
        self.due += wait;
        self
    }

    /// The product's first answer to this callback.
    pub(crate) fn answer(&mut self) -> oneshot::Receiver<Option<u16>> {
        let (told, answer) = oneshot::channel();
        self.answered = Some(told);
        answer
    }
}

/// Hands a callback to its customer's lane, or posts it at once when nothing may disturb it.
pub(crate) fn dispatch(
    world: &Arc<World>,
    account: &Arc<AccountState>,
    digits: &str,
    mut callback: Callback,
) {
    let switches = account.switches();
    world.counters.pending.fetch_add(1, Ordering::SeqCst);
    callback.due += Duration::from_millis(switches.callback_delay_ms);
    let plain = switches.callback_delay_ms == 0 && !switches.reorder && switches.batch <= 1;
    if plain && callback.about == About::Message {
        // Whoever types awaits the answer, so order is kept without a lane, and load tests are not limited by lanes.
        world.runtime.spawn(delivery::deliver(Arc::clone(world), Arc::clone(account), vec![callback]));
        return;
    }
    let sent = account.lane(digits, &switches).is_some_and(|lane| lane.send(callback).is_ok());
    if !sent {
        world.counters.pending.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Runs one lane for as long as the simulator lives.
pub(crate) async fn run_lane(
    world: Arc<World>,
    account: Arc<AccountState>,
    mut lane: mpsc::UnboundedReceiver<Callback>,
) {
    while let Some(first) = lane.recv().await {
        tokio::time::sleep_until(first.due).await;
        let switches = account.switches();
        for callbacks in gather(first, &mut lane, &account, &switches).await {
            delivery::deliver(Arc::clone(&world), Arc::clone(&account), callbacks).await;
        }
    }
}

/// The posts to make next: usually one callback, more while reordering or batching.
async fn gather(
    first: Callback,
    lane: &mut mpsc::UnboundedReceiver<Callback>,
    account: &AccountState,
    switches: &Switches,
) -> Vec<Vec<Callback>> {
    let mut gathered = vec![first];
    let batch = if account.provider().is_sms() { 1 } else { switches.batch.max(1) as usize };
    if !switches.reorder && batch == 1 {
        return vec![gathered];
    }
    let end = Instant::now() + GATHERING;
    while switches.reorder || gathered.len() < batch {
        match tokio::time::timeout_at(end, lane.recv()).await {
            Ok(Some(next)) => gathered.push(next),
            Ok(None) | Err(_) => break,
        }
    }
    if switches.reorder {
        gathered.shuffle(&mut rand::rng());
        gathered.sort_by_key(|callback| callback.about == About::Message);
    }
    let mut posts = Vec::new();
    let mut rest = gathered.into_iter().peekable();
    while rest.peek().is_some() {
        posts.push(rest.by_ref().take(batch).collect());
    }
    posts
}

#[derive(Default)]
pub(crate) struct Counters {
    pub(crate) pending: AtomicU64,
    posted: AtomicU64,
    accepted: AtomicU64,
    refused: AtomicU64,
    given_up: AtomicU64,
}

/// What became of callbacks so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct CallbackCounts {
    /// HTTP requests made, duplicates and repetitions included.
    pub posted: u64,
    /// Requests the product answered with 2xx.
    pub accepted: u64,
    /// Requests answered otherwise, or not at all.
    pub refused: u64,
    /// Callbacks that were never accepted and are no longer tried.
    pub given_up: u64,
    /// Callbacks queued, in flight, or waiting to be repeated.
    pub pending: u64,
}

impl Counters {
    pub(crate) fn snapshot(&self) -> CallbackCounts {
        let value = |counter: &AtomicU64| counter.load(Ordering::SeqCst);
        CallbackCounts {
            posted: value(&self.posted),
            accepted: value(&self.accepted),
            refused: value(&self.refused),
            given_up: value(&self.given_up),
            pending: value(&self.pending),
        }
    }
}
