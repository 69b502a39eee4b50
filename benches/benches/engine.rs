//! What a callback costs before anything is stored: signature, parsing, deciding.
#![expect(clippy::expect_used, reason = "a bench that cannot run must say why")]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;
use switchboard_benches::{APP_SECRET, callback, grown, receive};
use switchboard_engine::channels::whatsapp::{parse, signature};
use switchboard_engine::time::Timestamp;

/// HMAC-SHA256 over one callback.
fn verify(criterion: &mut Criterion) {
    let (header, body) = callback();
    assert!(signature::verify(APP_SECRET, Some(&header), &body));
    let mut group = criterion.benchmark_group("whatsapp");
    group.throughput(Throughput::Bytes(body.len() as u64));
    group.bench_function("verify", |bencher| {
        bencher.iter(|| signature::verify(APP_SECRET, Some(black_box(&header)), black_box(&body)));
    });
    group.bench_function("parse", |bencher| bencher.iter(|| parse::webhook(black_box(&body))));
    group.finish();
}

/// One more message to a conversation that remembers as much as it can.
fn handle(criterion: &mut Criterion) {
    let state = grown(1, 200).expect("a grown conversation");
    let command = receive(&state, 1, 200);
    let now = Timestamp(switchboard_benches::NOW.0 + 1);
    criterion.bench_function("conversation/receive", |bencher| {
        bencher.iter(|| black_box(&state).handle(black_box(&command), now));
    });
}

criterion_group!(benches, verify, handle);
criterion_main!(benches);
