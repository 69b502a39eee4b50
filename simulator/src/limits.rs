//! Rate limits by the generic cell rate algorithm: one number of state, no timers.

/// A limit of one per `interval`, with bursts, on the simulator's clock.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Pace {
    /// When a sender that used its whole burst would be level again, in microseconds.
    level_at: u64,
}

impl Pace {
    pub(crate) fn admit(&mut self, now: u64, interval: u64, burst: u64) -> bool {
        let level_at = self.level_at.max(now);
        if level_at - now > interval * burst.saturating_sub(1) {
            return false;
        }
        self.level_at = level_at + interval;
        true
    }
}

/// Meta's limit to one customer: one message in 6 seconds, bursts of 45.
pub(crate) const PAIR_INTERVAL: u64 = 6_000_000;
pub(crate) const PAIR_BURST: u64 = 45;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_passes_and_then_one_per_interval() {
        let mut pace = Pace::default();
        let passed = (0..60).filter(|_| pace.admit(1_000, PAIR_INTERVAL, PAIR_BURST)).count();
        assert_eq!(passed, 45);
        assert!(pace.admit(1_000 + PAIR_INTERVAL, PAIR_INTERVAL, PAIR_BURST));
        assert!(!pace.admit(1_000 + PAIR_INTERVAL, PAIR_INTERVAL, PAIR_BURST));
    }
}
