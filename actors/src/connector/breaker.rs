//! When a provider has trouble, one attempt now and then finds out whether it is over, instead of all of them.

use std::time::{Duration, Instant};

/// Failures in a row after which nothing is tried for a while.
const MOST: u32 = 5;
/// The first pause; doubles with each failed try, up to the longest.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

#[derive(Debug, Default)]
pub(crate) struct Breaker {
    /// Failures in a row that were the provider's, not the message's.
    failures: u32,
    /// Pauses in a row.
    pauses: u32,
    /// Open until then; after it a single attempt may try.
    until: Option<Instant>,
}

impl Breaker {
    /// How many attempts may be in flight.
    pub(crate) fn room(&self, now: Instant, usual: usize) -> usize {
        match self.until {
            None => usual,
            Some(until) if now < until => 0,
            Some(_) => 1,
        }
    }

    pub(crate) fn is_open(&self) -> bool {
        self.until.is_some()
    }

    /// The provider answered: it works. True when that is news.
    pub(crate) fn works(&mut self) -> bool {
        let news = self.is_open();
        *self = Self::default();
        news
    }

    /// The provider failed; `sure` when one failure says it all (nobody is there, or our access is refused). Answers a pause that begins.
    pub(crate) fn fails(&mut self, now: Instant, sure: bool) -> Option<Duration> {
        self.failures = self.failures.saturating_add(1);
        match self.until {
            // An attempt that was in flight already: it says nothing new.
            Some(until) if now < until => None,
            None if !sure && self.failures < MOST => None,
            _ => {
                let pause = FIRST_PAUSE.saturating_mul(1 << self.pauses.min(5)).min(LONGEST_PAUSE);
                self.pauses += 1;
                self.until = Some(now + pause);
                Some(pause)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s2_11_one_probe_at_a_time_until_it_works() {
        let start = Instant::now();
        let second = Duration::from_secs(1);
        let mut breaker = Breaker::default();
        for _ in 1..MOST {
            assert_eq!(breaker.fails(start, false), None);
            assert_eq!(breaker.room(start, 32), 32);
        }
        assert_eq!(breaker.fails(start, false), Some(second));
        assert_eq!((breaker.room(start, 32), breaker.is_open()), (0, true));
        // The other 31 that were in flight make it no longer.
        for _ in 0..31 {
            assert_eq!(breaker.fails(start, true), None);
        }
        assert_eq!(breaker.room(start + second, 32), 1);
        let mut pauses = Vec::new();
        let mut now = start + second;
        for _ in 0..6 {
            let pause = breaker.fails(now, false).unwrap();
            pauses.push(pause.as_secs());
            now += pause;
        }
        assert_eq!(pauses, [2, 4, 8, 16, 30, 30]);
        assert!(breaker.works());
        assert_eq!((breaker.room(now, 32), breaker.works()), (32, false));
    }

    #[test]
    fn nobody_there_is_enough_once() {
        let now = Instant::now();
        let mut breaker = Breaker::default();
        assert_eq!(breaker.fails(now, true), Some(FIRST_PAUSE));
    }
}
