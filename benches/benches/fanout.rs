//! What handing a committed batch to 1,000 agents' sockets of one worker costs: choosing, joining, queueing and taking out again.
#![expect(clippy::expect_used, reason = "a bench that cannot run must say why")]

use bytes::Bytes;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use switchboard_actors::fanout::{Audience, Batch, Epoch, Frame, Item, Local, Out, Scope};
use switchboard_benches::{BUSINESS, GROUP, NOW, decide, grown};
use switchboard_engine::ids::UserId;
use switchboard_engine::permission::Viewer;
use switchboard_engine::wire::{ConversationView, agent_entry};

const SOCKETS: i64 = 1_000;
/// Users behind them, so that scopes are shared as in life.
const USERS: i64 = 20;

fn frame() -> Bytes {
    let state = grown(1, 10).expect("a grown conversation");
    let outcome = decide(&state, 1, 10).expect("one more message");
    let event = outcome.events.first().expect("an event");
    let row = ConversationView::of(&outcome.next, NOW);
    Frame::unstamped(&agent_entry(event, outcome.next.id, &row), &Epoch::new("e")).stamp(1)
}

fn deliver(criterion: &mut Criterion) {
    let mut local = Local::default();
    let outs: Vec<Out> = (0..SOCKETS)
        .map(|nth| {
            let out = Out::new(None);
            let scope = Scope::User(Viewer {
                user: UserId(nth % USERS),
                business: BUSINESS,
                groups: Some([GROUP].into()),
            });
            local.join(scope, None, out.clone());
            out
        })
        .collect();
    let frame = frame();
    let mut position = 0;
    let mut group = criterion.benchmark_group("fanout");
    for frames in [1, 16] {
        group.throughput(Throughput::Elements(SOCKETS as u64 * frames));
        group.bench_with_input(BenchmarkId::new("deliver", frames), &frames, |bencher, &frames| {
            bencher.iter(|| {
                let items = (0..frames).map(|_| {
                    position += 1;
                    let audience = Audience::Group { business: BUSINESS, group: GROUP, visible_to: None };
                    Item { position: Some(position), audience, frame: frame.clone() }
                });
                local.deliver(Arc::new(Batch::new(items.collect())));
                outs.iter().for_each(drain);
            });
        });
    }
    group.finish();
}

/// As a socket's body does.
fn drain(out: &Out) {
    let context = Context::from_waker(Waker::noop());
    while let Poll::Ready(Some(_)) = out.poll_chunk(&context) {}
}

criterion_group!(benches, deliver);
criterion_main!(benches);
