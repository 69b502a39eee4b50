//! Quotas: so many of something within a span of time, per key.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Keys remembered before old ones are swept out.
const KEPT: usize = 10_000;

pub struct Quota<K> {
    most: u32,
    span: Duration,
    used: Mutex<Used<K>>,
}

struct Used<K> {
    by: HashMap<K, (Instant, u32)>,
    /// At how many keys old ones are swept out; twice what the last sweep left, so that sweeping stays rare.
    sweep_at: usize,
}

impl<K: Hash + Eq> Quota<K> {
    /// 0 is no limit.
    pub fn new(most: u32, span: Duration) -> Self {
        Self { most, span, used: Mutex::new(Used { by: HashMap::new(), sweep_at: KEPT }) }
    }

    pub fn per_minute(most: u32) -> Self {
        Self::new(most, Duration::from_mins(1))
    }

    /// Uses one up; `Err` is the number of seconds until there are more.
    pub fn take(&self, key: K, now: Instant) -> Result<(), u64> {
        if self.most == 0 {
            return Ok(());
        }
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        used.sweep(self.span, now);
        let (since, count) = used.by.entry(key).or_insert((now, 0));
        let age = now.duration_since(*since);
        if age >= self.span {
            (*since, *count) = (now, 0);
        } else if *count >= self.most {
            return Err(self.span.saturating_sub(age).as_secs() + 1);
        }
        *count += 1;
        Ok(())
    }

    /// Whether there is one left, without using it up.
    pub fn check(&self, key: &K, now: Instant) -> Result<(), u64> {
        let used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let Some((since, count)) = used.by.get(key).filter(|_| self.most > 0) else { return Ok(()) };
        let left = self.span.saturating_sub(now.duration_since(*since));
        if left.is_zero() || *count < self.most { Ok(()) } else { Err(left.as_secs() + 1) }
    }

    /// Gives everything back: what was used up was rightly used.
    pub fn restore(&self, key: &K) {
        self.used.lock().unwrap_or_else(PoisonError::into_inner).by.remove(key);
    }
}

impl<K: Hash + Eq> Used<K> {
    fn sweep(&mut self, span: Duration, now: Instant) {
        if self.by.len() >= self.sweep_at {
            self.by.retain(|_, (since, _)| now.duration_since(*since) < span);
            self.sweep_at = KEPT.max(2 * self.by.len());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quota_is_per_key_and_comes_back() {
        let (quota, start) = (Quota::per_minute(2), Instant::now());
        assert_eq!(quota.check(&"a", start), Ok(()));
        assert_eq!(quota.take("a", start), Ok(()));
        assert_eq!(quota.take("a", start), Ok(()));
        assert_eq!(quota.take("a", start + Duration::from_secs(20)), Err(41));
        assert_eq!(quota.check(&"a", start + Duration::from_secs(20)), Err(41));
        assert_eq!(quota.take("b", start), Ok(()));
        assert_eq!(quota.check(&"a", start + Duration::from_mins(1)), Ok(()));
        assert_eq!(quota.take("a", start + Duration::from_mins(1)), Ok(()));
        quota.restore(&"b");
        for _ in 0..2 {
            assert_eq!(quota.take("b", start), Ok(()));
        }
    }

    #[test]
    fn zero_is_no_limit() {
        let (quota, now) = (Quota::per_minute(0), Instant::now());
        assert!((0..1000).all(|_| quota.take("a", now).is_ok() && quota.check(&"a", now).is_ok()));
    }

    #[test]
    fn strangers_are_forgotten() {
        let (quota, start) = (Quota::per_minute(1), Instant::now());
        for key in 0..=KEPT {
            assert_eq!(quota.take(key, start), Ok(()));
        }
        quota.take(usize::MAX, start).unwrap();
        let later = start + Duration::from_mins(1);
        for key in 0..KEPT * 2 {
            assert_eq!(quota.take(key + 7, later), Ok(()));
        }
        let kept = quota.used.lock().unwrap().by.len();
        assert!(kept <= 3 * KEPT, "{kept}");
    }
}
