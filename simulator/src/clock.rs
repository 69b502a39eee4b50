//! The simulator's clock: the machine's clock plus an offset that only grows.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use actix_web::http::header::HttpDate;
use tokio::sync::watch;

#[derive(Debug)]
pub(crate) struct Clock {
    offset: watch::Sender<Duration>,
}

impl Clock {
    pub(crate) fn new() -> Self {
        Self { offset: watch::Sender::new(Duration::ZERO) }
    }

    pub(crate) fn now(&self) -> SystemTime {
        SystemTime::now() + self.offset()
    }

    pub(crate) fn micros(&self) -> u64 {
        micros(self.now())
    }

    pub(crate) fn seconds(&self) -> u64 {
        self.micros() / 1_000_000
    }

    /// RFC 2822, as Twilio writes dates.
    pub(crate) fn rfc2822(&self) -> String {
        HttpDate::from(self.now()).to_string().replace("GMT", "+0000")
    }

    /// "2020-01-01 12:00:00" in UTC, as Vonage writes dates.
    pub(crate) fn plain(&self) -> String {
        const MONTHS: [&str; 12] =
            ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
        let date = HttpDate::from(self.now()).to_string();
        // "Wed, 01 Jan 2020 12:00:00 GMT"
        let parts: Vec<&str> = date.split_whitespace().collect();
        let [_, day, month, year, time, _] = parts.as_slice() else { return date };
        let month = MONTHS.iter().position(|name| name == month).map_or(0, |at| at + 1);
        format!("{year}-{month:02}-{day} {time}")
    }

    pub(crate) fn offset(&self) -> Duration {
        *self.offset.borrow()
    }

    pub(crate) fn advance(&self, by: Duration) {
        self.offset.send_modify(|offset| *offset += by);
    }

    pub(crate) fn watch(&self) -> watch::Receiver<Duration> {
        self.offset.subscribe()
    }
}

pub(crate) fn micros(at: SystemTime) -> u64 {
    at.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_micros() as u64)
}
