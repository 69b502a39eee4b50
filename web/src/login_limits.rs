//! Guessing passwords is slow: so many wrong ones a minute (setting `--limit-sign-ins`) per account and address, four times as many per address,
//! then waits that double.
//!
//! Counts failures only, but before the password is looked at, so that a burst of parallel guesses is counted too. Nobody is locked out
//! from elsewhere: the account's limit is per address.

use crate::proxies::household;
use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How many accounts' worth of wrong passwords one address has.
const ACCOUNTS: u32 = 4;
const MINUTE: Duration = Duration::from_mins(1);
const LONGEST_WAIT: Duration = Duration::from_mins(15);
/// Entries kept before old ones are swept out.
const KEPT: usize = 10_000;

pub struct LoginLimits {
    per_account: u32,
    per_address: u32,
    tables: Mutex<Tables>,
}

#[derive(Default)]
struct Tables {
    accounts: HashMap<(String, IpAddr), Tally>,
    addresses: HashMap<IpAddr, Tally>,
}

#[derive(Clone, Copy)]
struct Tally {
    failures: u32,
    since: Instant,
    /// How often the limit was reached in a row.
    strikes: u32,
    closed_until: Option<Instant>,
}

impl LoginLimits {
    pub fn new(per_account: u32) -> Self {
        Self { per_account, per_address: per_account.saturating_mul(ACCOUNTS), tables: Mutex::default() }
    }

    /// Counts an attempt; `Err` is the number of seconds to wait.
    pub fn attempt(&self, email: &str, from: IpAddr, now: Instant) -> Result<(), u64> {
        let mut tables = self.tables.lock().unwrap_or_else(PoisonError::into_inner);
        let from = household(from);
        let account = (email.trim().to_lowercase(), from);
        let wait = [wait(&tables.accounts, &account, now), wait(&tables.addresses, &from, now)];
        if let Some(longest) = wait.into_iter().flatten().max() {
            return Err(longest.as_secs() + 1);
        }
        count(&mut tables.accounts, account, self.per_account, now);
        count(&mut tables.addresses, from, self.per_address, now);
        Ok(())
    }

    /// The attempt was right: it does not count, and the account's slate is clean.
    pub fn succeeded(&self, email: &str, from: IpAddr) {
        let from = household(from);
        let mut tables = self.tables.lock().unwrap_or_else(PoisonError::into_inner);
        tables.accounts.remove(&(email.trim().to_lowercase(), from));
        if let Some(tally) = tables.addresses.get_mut(&from) {
            tally.failures = tally.failures.saturating_sub(1);
            if tally.failures < self.per_address && tally.closed_until.take().is_some() {
                tally.strikes = tally.strikes.saturating_sub(1);
            }
        }
    }
}

fn wait<K: Hash + Eq>(table: &HashMap<K, Tally>, key: &K, now: Instant) -> Option<Duration> {
    let until = table.get(key)?.closed_until?;
    until.checked_duration_since(now).filter(|left| !left.is_zero())
}

fn count<K: Hash + Eq>(table: &mut HashMap<K, Tally>, key: K, limit: u32, now: Instant) {
    if table.len() >= KEPT {
        table.retain(|_, tally| now.duration_since(tally.since) < LONGEST_WAIT);
    }
    let tally = table.entry(key).or_insert(Tally { failures: 0, since: now, strikes: 0, closed_until: None });
    let age = now.duration_since(tally.since);
    if age >= MINUTE && tally.closed_until.is_none_or(|until| until <= now) {
        let forgiven = age >= LONGEST_WAIT;
        *tally = Tally {
            failures: 0,
            since: now,
            strikes: if forgiven { 0 } else { tally.strikes },
            closed_until: None,
        };
    }
    tally.failures += 1;
    if tally.failures >= limit {
        let wait = (MINUTE * 2_u32.saturating_pow(tally.strikes.min(8))).min(LONGEST_WAIT);
        tally.strikes += 1;
        tally.closed_until = Some(now + wait);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOME: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);
    const AWAY: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 9));

    #[test]
    fn the_sixth_wrong_guess_waits_and_waits_longer_each_time() {
        let (limits, start) = (LoginLimits::new(5), Instant::now());
        for _ in 0..5 {
            assert_eq!(limits.attempt("ann@x", HOME, start), Ok(()));
        }
        assert_eq!(limits.attempt("Ann@x ", HOME, start), Err(61));
        assert_eq!(limits.attempt("ann@x", AWAY, start), Ok(()), "not locked out from elsewhere");
        let later = start + MINUTE;
        for _ in 0..5 {
            assert_eq!(limits.attempt("ann@x", HOME, later), Ok(()));
        }
        assert_eq!(limits.attempt("ann@x", HOME, later), Err(121));
    }

    #[test]
    fn one_address_cannot_try_many_accounts() {
        let (limits, now) = (LoginLimits::new(5), Instant::now());
        for n in 0..20 {
            assert_eq!(limits.attempt(&format!("{n}@x"), HOME, now), Ok(()));
        }
        assert!(limits.attempt("21@x", HOME, now).is_err());
    }

    #[test]
    fn right_passwords_do_not_count() {
        let (limits, now) = (LoginLimits::new(5), Instant::now());
        for _ in 0..100 {
            assert_eq!(limits.attempt("ann@x", HOME, now), Ok(()));
            limits.succeeded("ann@x", HOME);
        }
    }
}
