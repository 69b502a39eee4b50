//! Quotas for people nobody knows: so many of something within a span of time, per key.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Keys remembered before old ones are swept out.
const KEPT: usize = 10_000;

pub struct Quota {
    most: u32,
    span: Duration,
    used: Mutex<HashMap<String, (Instant, u32)>>,
}

impl Quota {
    pub fn new(most: u32, span: Duration) -> Self {
        Self { most, span, used: Mutex::default() }
    }

    /// Uses one up; `Err` is the number of seconds until there are more.
    pub fn take(&self, key: &str, now: Instant) -> Result<(), u64> {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        if used.len() >= KEPT {
            used.retain(|_, (since, _)| now.duration_since(*since) < self.span);
        }
        let (since, count) = used.entry(key.to_owned()).or_insert((now, 0));
        let age = now.duration_since(*since);
        if age >= self.span {
            (*since, *count) = (now, 0);
        } else if *count >= self.most {
            return Err(self.span.saturating_sub(age).as_secs() + 1);
        }
        *count += 1;
        Ok(())
    }
}

impl Quota {
    /// Gives everything back: what was used up was rightly used.
    pub fn restore(&self, key: &str) {
        self.used.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quota_is_per_key_and_comes_back() {
        let (quota, start) = (Quota::new(2, Duration::from_mins(1)), Instant::now());
        assert_eq!(quota.take("a", start), Ok(()));
        assert_eq!(quota.take("a", start), Ok(()));
        assert_eq!(quota.take("a", start + Duration::from_secs(20)), Err(41));
        assert_eq!(quota.take("b", start), Ok(()));
        assert_eq!(quota.take("a", start + Duration::from_mins(1)), Ok(()));
        quota.restore("b");
        for _ in 0..2 {
            assert_eq!(quota.take("b", start), Ok(()));
        }
    }
}
