//! How many inbound messages a second become durable: message, event, head of the conversation, care window.
//!
//! `cargo run --release -p switchboard-schema --example commit_rate [seconds] [sqlite|postgres]`. SQLite in `--dir` or the temporary
//! folder; PostgreSQL is a throw-away server with `fsync` on. Closed loop: each conversation waits for its commit before the next message.
#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a program for people at a terminal")]

#[path = "../tests/support.rs"]
#[expect(dead_code, reason = "shared with the tests")]
mod support;

use hdrhistogram::Histogram;
use std::sync::Arc;
use std::time::{Duration, Instant};
use support::{NOW, receive, set_up, unborn};
use switchboard_engine::conversation::Command;
use switchboard_engine::time::Timestamp;
use switchboard_schema::testing::TestDatabase;
use switchboard_schema::{Append, Options, Store};

/// As in the product.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let seconds = arguments.next().and_then(|text| text.parse().ok()).unwrap_or(3.0);
    let only = arguments.next();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let handle = runtime.handle().clone();
    for name in ["sqlite", "postgres"] {
        if only.as_deref().is_some_and(|only| only != name) {
            continue;
        }
        let database =
            if name == "sqlite" { TestDatabase::sqlite() } else { TestDatabase::own_postgres(true) };
        for in_flight in [1, 64, 1000] {
            let run = measure(&database, handle.clone(), in_flight, Duration::from_secs_f64(seconds));
            let (rate, times) = runtime.block_on(run);
            println!(
                "{name:8} {in_flight:5} in flight: {rate:8.0} messages/s   p50 {:6.2} ms   p99 {:6.2} ms",
                times.value_at_quantile(0.5) as f64 / 1000.0,
                times.value_at_quantile(0.99) as f64 / 1000.0,
            );
        }
    }
}

async fn measure(
    database: &TestDatabase,
    handle: tokio::runtime::Handle,
    in_flight: i64,
    length: Duration,
) -> (f64, Histogram<u64>) {
    let store = Store::open(Options::new(database.url(), handle)).await.unwrap();
    if store.business().await.unwrap().is_none() {
        set_up(&store).await;
    }
    let started = Instant::now();
    let end = started + length;
    let first = in_flight * 1_000_000;
    let writers = (first..first + in_flight).map(|n| tokio::spawn(converse(store.clone(), n, end)));
    let mut total = 0;
    let mut times = Histogram::new(3).unwrap();
    for writer in writers.collect::<Vec<_>>() {
        let (count, own) = writer.await.unwrap();
        total += count;
        times.add(own).unwrap();
    }
    let rate = f64::from(total) / started.elapsed().as_secs_f64();
    store.close().await;
    (rate, times)
}

async fn converse(store: Store, n: i64, end: Instant) -> (i32, Histogram<u64>) {
    let text = "x".repeat(180);
    let mut state = Arc::new(unborn(n));
    let mut times = Histogram::new(3).unwrap();
    let mut count = 0;
    while Instant::now() < end {
        let id = n * 1_000_000 + i64::from(count);
        let now = Timestamp(NOW.0 + i64::from(count) * 1000);
        let mut command = receive(&state, id, &text);
        if let Command::Receive(receive) = &mut command {
            receive.at = Some(now);
        }
        let outcome = state.handle(&command, now).unwrap();
        let next = Arc::new(outcome.next);
        let append = Append::of(&state, Arc::clone(&next), outcome.changes, outcome.events, Box::new(()));
        let asked = Instant::now();
        store.append(append).await.unwrap();
        times.record(asked.elapsed().as_micros() as u64).unwrap();
        state = next;
        count += 1;
    }
    (count, times)
}
