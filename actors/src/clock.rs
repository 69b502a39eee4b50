//! The one clock and the one source of ids. Only the demo pushes the clock, so that a 24-hour rule can be watched in a minute.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use switchboard_engine::time::Timestamp;
use tokio::sync::Notify;

/// Wall-clock time in microseconds, plus the demo's push.
#[derive(Debug, Default)]
pub struct Clock {
    offset: AtomicI64,
    pushed: Notify,
}

impl Clock {
    pub fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let micros = i64::try_from(since.as_micros()).unwrap_or(i64::MAX);
        Timestamp(micros.saturating_add(self.offset.load(Ordering::Relaxed)))
    }

    /// Sets how far this clock runs ahead of the wall.
    pub fn set_ahead(&self, by: Duration) {
        self.offset.store(i64::try_from(by.as_micros()).unwrap_or(0), Ordering::Relaxed);
        self.pushed.notify_one();
    }

    /// Waits until somebody sets this clock. For one listener: the wheel.
    pub async fn pushed(&self) {
        self.pushed.notified().await;
    }
}

/// Makes 63-bit ids in time order: milliseconds since 2020 above 20 bits of counter. Never the same twice, even when the clock steps back.
#[derive(Debug, Default)]
pub struct Ids {
    last: AtomicI64,
}

/// 2020-01-01T00:00:00Z in milliseconds.
const EPOCH_MILLIS: i64 = 1_577_836_800_000;

impl Ids {
    pub fn next(&self) -> i64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let millis = i64::try_from(since.as_millis()).unwrap_or(i64::MAX) - EPOCH_MILLIS;
        let floor = millis.max(1) << 20;
        let step = |last: i64| Some(last.max(floor) + 1);
        match self.last.fetch_update(Ordering::Relaxed, Ordering::Relaxed, step) {
            Ok(last) | Err(last) => last.max(floor) + 1,
        }
    }
}

/// Hands out conversation numbers (#1042). One that was handed out and not used leaves a gap, which bothers nobody.
#[derive(Debug, Default)]
pub struct Numbers {
    last: AtomicI64,
}

impl Numbers {
    pub fn after(last: i64) -> Self {
        Self { last: AtomicI64::new(last) }
    }

    pub fn next(&self) -> i64 {
        self.last.fetch_add(1, Ordering::Relaxed) + 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_rise_strictly_across_threads() {
        let ids = Ids::default();
        let mut all: Vec<i64> = std::thread::scope(|scope| {
            let workers: Vec<_> =
                (0..4).map(|_| scope.spawn(|| (0..10_000).map(|_| ids.next()).collect::<Vec<_>>())).collect();
            workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
        });
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), 40_000);
    }
}
