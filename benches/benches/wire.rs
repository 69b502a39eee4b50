//! What a frame costs: JSON, header, cursor.
#![expect(clippy::expect_used, reason = "a bench that cannot run must say why")]

use criterion::{Criterion, criterion_group, criterion_main};
use std::hint::black_box;
use switchboard_actors::fanout::{Epoch, Frame};
use switchboard_benches::{NOW, decide, grown};
use switchboard_engine::wire::{ConversationView, agent_entry};

/// `message.created` with its row, as every agent gets it.
fn build(criterion: &mut Criterion) {
    let state = grown(1, 10).expect("a grown conversation");
    let outcome = decide(&state, 1, 10).expect("one more message");
    let event = outcome.events.first().expect("an event");
    let epoch = Epoch::new("0123456789abcdef");
    criterion.bench_function("wire/entry", |bencher| {
        bencher.iter(|| {
            let row = ConversationView::of(black_box(&outcome.next), NOW);
            agent_entry(black_box(event), outcome.next.id, &row)
        });
    });
    criterion.bench_function("wire/frame", |bencher| {
        bencher.iter(|| {
            let row = ConversationView::of(black_box(&outcome.next), NOW);
            Frame::unstamped(&agent_entry(black_box(event), outcome.next.id, &row), &epoch).stamp(77)
        });
    });
}

criterion_group!(benches, build);
criterion_main!(benches);
