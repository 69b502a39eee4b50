//! What a durable batch costs on SQLite, fsync included: 1, 64 and 1,000 messages in flight, each of another conversation.
#![expect(clippy::expect_used, reason = "a bench that cannot run must say why")]

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use std::sync::Arc;
use std::time::{Duration, Instant};
use switchboard_benches::{decide, set_up, unborn};
use switchboard_engine::conversation::Conversation;
use switchboard_schema::testing::TestDatabase;
use switchboard_schema::{Append, Options, Store};
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinSet;

/// One message to each of these conversations, all waited for.
async fn round(store: &Store, states: &mut [Arc<Conversation>], nth: i64) {
    let mut waiting = JoinSet::new();
    for (customer, state) in states.iter_mut().enumerate() {
        let outcome = decide(state, customer as i64, nth).expect("a decision");
        let next = Arc::new(outcome.next);
        let append = Append::of(state, next.clone(), outcome.changes, outcome.events, Box::new(()));
        *state = next;
        let store = store.clone();
        waiting.spawn(async move { store.append(append).await });
    }
    while let Some(done) = waiting.join_next().await {
        done.expect("a task").expect("a commit");
    }
}

fn rounds(runtime: &Runtime, in_flight: i64, count: u64) -> Duration {
    let database = TestDatabase::sqlite();
    let handle = runtime.handle().clone();
    runtime.block_on(async {
        let store = Store::open(Options::new(database.url(), handle)).await.expect("a store");
        set_up(&store).await.expect("the first rows");
        let mut states: Vec<_> = (0..in_flight).map(|customer| Arc::new(unborn(customer))).collect();
        // The first message makes contact and conversation; it is not what is measured.
        round(&store, &mut states, 0).await;
        let started = Instant::now();
        for nth in 1..=count {
            round(&store, &mut states, nth as i64).await;
        }
        let took = started.elapsed();
        store.close().await;
        took
    })
}

fn batches(criterion: &mut Criterion) {
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    let mut group = criterion.benchmark_group("commit");
    group.sample_size(10).measurement_time(Duration::from_secs(5));
    for in_flight in [1, 64, 1000] {
        group.throughput(Throughput::Elements(in_flight as u64));
        group.bench_with_input(BenchmarkId::new("sqlite", in_flight), &in_flight, |bencher, &in_flight| {
            bencher.iter_custom(|count| rounds(&runtime, in_flight, count));
        });
    }
    group.finish();
}

criterion_group!(benches, batches);
criterion_main!(benches);
