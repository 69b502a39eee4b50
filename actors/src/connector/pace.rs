//! How fast a channel sends: a token bucket, small enough that no second sees more than the channel's rate, also after a long silence.

use crate::roster::Line;
use std::time::{Duration, Instant};
use switchboard_engine::channel::ChannelKind;

/// Share of the rate that may leave in one burst; the rest flows evenly.
const BURST: f64 = 0.05;

pub(super) struct Pace {
    /// Per second; `None`: as fast as it goes.
    rate: Option<f64>,
    tokens: f64,
    counted: Instant,
    /// The provider asked for silence.
    silent_until: Option<Instant>,
}

/// WhatsApp numbers start at 80 per second. Long codes in the United States carry one SMS per second; others are let through, their networks queue.
fn usual(line: &Line) -> f64 {
    let channel = &line.channel;
    match channel.kind {
        ChannelKind::Whatsapp | ChannelKind::Webchat => 80.0,
        ChannelKind::Sms if channel.address.starts_with("+1") => 1.0,
        ChannelKind::Sms => 10.0,
    }
}

impl Pace {
    /// The channel's own `messages_per_second` (0: no limit), else what is usual for its kind.
    pub(super) fn of(line: &Line, now: Instant) -> Self {
        let chosen = line.settings.get("messages_per_second").and_then(serde_json::Value::as_f64);
        Self::new(chosen.unwrap_or_else(|| usual(line)), now)
    }

    fn new(per_second: f64, now: Instant) -> Self {
        let rate = (per_second > 0.0).then_some(per_second);
        Self { rate, tokens: rate.map_or(0.0, capacity), counted: now, silent_until: None }
    }

    /// How long until the next message may leave; `None`: it may now.
    pub(super) fn wait(&mut self, now: Instant) -> Option<Duration> {
        if let Some(until) = self.silent_until.filter(|until| *until > now) {
            return Some(until - now);
        }
        let rate = self.rate?;
        let flow = rate * (1.0 - BURST);
        let grown = now.saturating_duration_since(self.counted).as_secs_f64() * flow;
        self.tokens = (self.tokens + grown).min(capacity(rate));
        self.counted = now;
        (self.tokens < 1.0)
            .then(|| Duration::from_secs_f64((1.0 - self.tokens) / flow).max(Duration::from_millis(1)))
    }

    /// One leaves.
    pub(super) fn spend(&mut self) {
        self.tokens -= 1.0;
    }

    /// The provider said "too fast": nothing leaves for a while.
    pub(super) fn silence(&mut self, until: Instant) {
        self.silent_until = Some(self.silent_until.map_or(until, |before| before.max(until)));
        self.tokens = 0.0;
    }
}

fn capacity(rate: f64) -> f64 {
    (rate * BURST).max(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The moments at which `count` messages leave, asked every `step`, in microseconds after the start.
    fn leave(pace: &mut Pace, start: Instant, count: usize, step: Duration) -> Vec<u64> {
        let (mut now, mut left) = (start, Vec::new());
        while left.len() < count {
            if pace.wait(now).is_none() {
                pace.spend();
                left.push(u64::try_from((now - start).as_micros()).unwrap());
            } else {
                now += step;
            }
        }
        left
    }

    /// To see it go red: make `BURST` 1.0.
    #[test]
    fn s2_11_no_second_sees_more_than_the_rate() {
        let start = Instant::now();
        for (rate, count) in [(1.0, 10), (10.0, 100), (80.0, 800)] {
            let mut pace = Pace::new(rate, start);
            // An hour of silence saves nothing up.
            let after = start + Duration::from_hours(1);
            assert_eq!(pace.wait(after), None);
            let left = leave(&mut pace, after, count, Duration::from_micros(500));
            for (index, from) in left.iter().enumerate() {
                let within = left[index..].iter().take_while(|at| **at < from + 1_000_000).count();
                assert!(within as f64 <= rate, "{within} in a second at {rate}");
            }
            let seconds = *left.last().unwrap() as f64 / 1e6;
            assert!(seconds < count as f64 / rate * 1.15 + 1.0, "{count} at {rate} took {seconds}");
        }
    }

    #[test]
    fn silence_is_kept_and_no_limit_is_none() {
        let start = Instant::now();
        let mut free = Pace::new(0.0, start);
        for _ in 0..10_000 {
            assert_eq!(free.wait(start), None);
            free.spend();
        }
        let mut told = Pace::new(80.0, start);
        told.silence(start + Duration::from_secs(2));
        assert_eq!(told.wait(start), Some(Duration::from_secs(2)));
        assert_eq!(told.wait(start + Duration::from_secs(3)), None);
    }
}
