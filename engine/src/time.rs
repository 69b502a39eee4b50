//! Moments: microseconds since 1970 in UTC, RFC 3339 with a `Z` in JSON. The engine never asks a clock: `now` is always handed in.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::time::Duration;

/// A moment, in microseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// The moment `seconds` after 1970; saturates, because providers send anything.
    pub fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1_000_000))
    }

    pub fn plus(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)))
    }

    pub fn minus(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)))
    }

    /// Time from `earlier` to `self`, zero when `earlier` is later.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let clamped = self.0.clamp(MIN_MICROS, MAX_MICROS);
        match jiff::Timestamp::from_microsecond(clamped) {
            Ok(moment) => write!(f, "{moment:.6}"),
            Err(_) => f.write_str("1970-01-01T00:00:00.000000Z"),
        }
    }
}

/// 0001-01-01 and 9999-12-30: what RFC 3339 and the library can both write.
const MIN_MICROS: i64 = -62_135_596_800_000_000;
const MAX_MICROS: i64 = 253_402_207_200_000_000;

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        let moment: jiff::Timestamp = text.parse().map_err(|_| serde::de::Error::custom(flaw(&text)))?;
        Ok(Self(moment.as_microsecond()))
    }
}

/// Why this is no moment: its writing, or that it lies past the last one that can be kept.
fn flaw(text: &str) -> &'static str {
    if text.starts_with("9999-12-3")
        && text.get(..10).is_some_and(|day| day.parse::<jiff::civil::Date>().is_ok())
    {
        return "must lie before 9999-12-30T22:00:00Z";
    }
    "a time is RFC 3339, for example 2026-01-05T10:00:00Z"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_rfc_3339_with_microseconds() {
        let moment = Timestamp(1_767_607_200_123_456);
        let json = serde_json::to_string(&moment).unwrap();
        assert_eq!(json, r#""2026-01-05T10:00:00.123456Z""#);
        assert_eq!(serde_json::from_str::<Timestamp>(&json).unwrap(), moment);
    }

    #[test]
    fn any_number_can_be_written() {
        for micros in [i64::MIN, -1, 0, i64::MAX] {
            assert!(Timestamp(micros).to_string().ends_with('Z'));
        }
    }
}
