//! [`Clock`]: microseconds since the run began, for every journal line and latency.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

#[derive(Clone, Copy, Debug)]
pub struct Clock {
    start: Instant,
}

impl Default for Clock {
    fn default() -> Self {
        Self { start: Instant::now() }
    }
}

impl Clock {
    pub fn now(self) -> u64 {
        self.start.elapsed().as_micros() as u64
    }

    /// The moment `micros` stands for.
    pub fn at(self, micros: u64) -> Instant {
        self.start + Duration::from_micros(micros)
    }
}

/// Seconds since 1970, as providers write them.
pub fn unix_seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
