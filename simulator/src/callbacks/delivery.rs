//! Posting sealed callbacks, and repeating them the way each provider does.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::envelope::{Repeat, Sealed, seal};
use super::{Callback, Mark};
use crate::account::AccountState;
use crate::phone::handset::Tick;
use crate::world::World;

const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

enum Outcome {
    Answered(u16),
    NoConnection,
    NoAnswer,
}

impl Outcome {
    fn status(&self) -> Option<u16> {
        match self {
            Self::Answered(status) => Some(*status),
            Self::NoConnection | Self::NoAnswer => None,
        }
    }

    fn accepted(&self) -> bool {
        matches!(self, Self::Answered(200..=299))
    }
}

/// Posts these callbacks in one request; what is not accepted is repeated in the background.
pub(super) async fn deliver(world: Arc<World>, account: Arc<AccountState>, callbacks: Vec<Callback>) {
    let count = callbacks.len() as u64;
    let Some(sealed) = seal(&account, &callbacks) else {
        settle(&world, count);
        return;
    };
    let outcome = post(&world, &sealed).await;
    let mut marks = Vec::new();
    for callback in callbacks {
        marks.extend(callback.mark.clone());
        if outcome.accepted() {
            tick(&account, callback.mark.as_ref());
        }
        if let Some(told) = callback.answered {
            // Nobody waiting is fine.
            let _ = told.send(outcome.status());
        }
    }
    for _ in 0..account.switches().duplicates {
        post(&world, &sealed).await;
    }
    if outcome.accepted() {
        settle(&world, count);
    } else {
        tokio::spawn(repeat(world, account, sealed, outcome, marks, count));
    }
}

async fn repeat(
    world: Arc<World>,
    account: Arc<AccountState>,
    sealed: Sealed,
    mut outcome: Outcome,
    marks: Vec<Mark>,
    count: u64,
) {
    let mut pause = FIRST_PAUSE;
    for _ in 0..times(&sealed.repeat) {
        if !again(&sealed.repeat, &outcome) {
            break;
        }
        // Half fixed, half random: repetitions of one outage must not arrive as one wave.
        tokio::time::sleep(pause / 2 + pause.mul_f64(rand::random::<f64>() / 2.0)).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
        outcome = post(&world, &sealed).await;
    }
    if outcome.accepted() {
        for mark in &marks {
            tick(&account, Some(mark));
        }
    } else {
        world.counters.given_up.fetch_add(count, Ordering::SeqCst);
        tracing::warn!(account.key = %account.key, status = outcome.status(), "simulator gave up on a callback");
    }
    settle(&world, count);
}

fn times(repeat: &Repeat) -> u32 {
    match repeat {
        Repeat::BackOff { times } | Repeat::Conditions { times, .. } => *times,
    }
}

fn again(repeat: &Repeat, outcome: &Outcome) -> bool {
    let Repeat::Conditions { conditions, .. } = repeat else { return !outcome.accepted() };
    let condition = match outcome {
        Outcome::Answered(400..=499) => "4xx",
        Outcome::Answered(500..) => "5xx",
        Outcome::Answered(_) => return false,
        Outcome::NoConnection => "ct",
        Outcome::NoAnswer => "rt",
    };
    conditions.split(',').any(|listed| listed == "all" || listed == condition)
}

async fn post(world: &World, sealed: &Sealed) -> Outcome {
    let timeout = match &sealed.repeat {
        Repeat::Conditions { timeout: Some(timeout), .. } => *timeout,
        _ => world.callback_timeout,
    };
    let mut request = world.client.post(&sealed.url).timeout(timeout).body(sealed.body.clone());
    for (name, value) in &sealed.headers {
        request = request.header(name, value);
    }
    world.counters.posted.fetch_add(1, Ordering::SeqCst);
    let outcome = match request.send().await {
        Ok(response) => {
            let status = response.status().as_u16();
            // Reading the body to its end lets the connection be used again.
            let _ = response.bytes().await;
            Outcome::Answered(status)
        }
        Err(error) if error.is_connect() => Outcome::NoConnection,
        Err(_) => Outcome::NoAnswer,
    };
    let counter = if outcome.accepted() { &world.counters.accepted } else { &world.counters.refused };
    counter.fetch_add(1, Ordering::SeqCst);
    outcome
}

fn tick(account: &AccountState, mark: Option<&Mark>) {
    if let Some(mark) = mark {
        account.with_known_phone(&mark.digits, |handset| handset.raise(&mark.id, Tick::Delivered));
    }
}

fn settle(world: &World, count: u64) {
    world.counters.pending.fetch_sub(count, Ordering::SeqCst);
    world.changed();
}
