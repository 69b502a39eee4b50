//! Business hours: weekly intervals on the wall clock of one time zone, and holidays. Daylight saving is followed: an interval is what the
//! clock on the wall shows, however long that day is.

use crate::time::Timestamp;
use jiff::civil::{Date, DateTime, Time, Weekday};
use jiff::tz::{AmbiguousOffset, TimeZone, TimeZoneDatabase};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;
use std::time::Duration;

#[cfg(test)]
mod tests;

/// The zones of the world, built in: the rules do not depend on the machine they run on.
static ZONES: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

const HORIZON_DAYS: u64 = 400;
/// How far ahead an opening is looked for: a year of holidays and a bit.
pub const HORIZON: Duration = Duration::from_hours(24 * HORIZON_DAYS);
const MOST_INTERVALS: usize = 8;
const MOST_HOLIDAYS: usize = 400;
const DAY: u16 = 24 * 60;

/// From the first minute up to, not including, the last; minutes since midnight, at most 24:00.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Interval {
    from: u16,
    until: u16,
}

/// As people write them and JSON holds them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Schedule {
    /// IANA name.
    pub time_zone: String,
    /// `mon` to `sun`; a day that is missing is closed. Each interval is `["09:00", "17:00"]`.
    #[serde(default)]
    pub weekly: BTreeMap<String, Vec<(String, String)>>,
    /// Days that are closed, `2026-12-25`.
    #[serde(default)]
    pub holidays: BTreeSet<String>,
}

/// A schedule that makes sense.
#[derive(Clone, Debug)]
pub struct BusinessHours {
    schedule: Schedule,
    zone: TimeZone,
    /// From Monday.
    days: [Vec<Interval>; 7],
    holidays: BTreeSet<Date>,
}

impl PartialEq for BusinessHours {
    fn eq(&self, other: &Self) -> bool {
        self.schedule == other.schedule
    }
}

impl Eq for BusinessHours {}

/// What is wrong with a schedule: the field, and how to mend it.
pub type Wrong = (&'static str, String);

/// Whether this is the name of a time zone somewhere in the world.
pub fn is_time_zone(name: &str) -> bool {
    zone(name).is_some()
}

/// Names in the tables that are no place: whatever the machine is set to, and the clock nobody set.
const NOWHERE: [&str; 4] = ["localtime", "posixrules", "Factory", "Etc/Unknown"];

fn zone(name: &str) -> Option<TimeZone> {
    let nowhere = NOWHERE.iter().any(|no| no.eq_ignore_ascii_case(name));
    if nowhere { None } else { ZONES.get(name).ok() }
}

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

impl BusinessHours {
    /// Reads a schedule. A week without a single interval is refused: it would never open.
    pub fn new(schedule: Schedule) -> Result<Self, Wrong> {
        let zone = zone(&schedule.time_zone).ok_or_else(|| {
            (
                "time_zone",
                format!("\"{}\" is no time zone; use a name like Europe/London", schedule.time_zone),
            )
        })?;
        let mut days: [Vec<Interval>; 7] = Default::default();
        for (name, intervals) in &schedule.weekly {
            let day = DAYS.iter().position(|day| day == name).and_then(|at| days.get_mut(at));
            let day = day.ok_or_else(|| {
                ("weekly", format!("\"{name}\" is no day; the days are {}", DAYS.join(", ")))
            })?;
            *day = read_day(name, intervals)?;
        }
        if days.iter().all(Vec::is_empty) {
            return Err((
                "weekly",
                "needs at least one interval, such as mon: [[\"09:00\", \"17:00\"]]".to_owned(),
            ));
        }
        if schedule.holidays.len() > MOST_HOLIDAYS {
            return Err(("holidays", format!("may name at most {MOST_HOLIDAYS} days")));
        }
        let holidays = schedule.holidays.iter().map(|text| read_date(text)).collect::<Result<_, _>>()?;
        Ok(Self { schedule, zone, days, holidays })
    }

    pub fn schedule(&self) -> &Schedule {
        &self.schedule
    }

    pub fn is_open(&self, now: Timestamp) -> bool {
        let Some(local) = self.local(now) else { return true };
        let minute = minute_of(local.time());
        self.intervals(local.date()).iter().any(|one| one.from <= minute && minute < one.until)
    }

    /// The first moment from `now` on at which it is open; `now` itself when it is. `None` when there is none within a year and a month.
    pub fn next_opening(&self, now: Timestamp) -> Option<Timestamp> {
        if self.is_open(now) {
            return Some(now);
        }
        let mut date = self.local(now)?.date();
        for _ in 0..HORIZON_DAYS {
            let starts = self.intervals(date).iter().flat_map(|one| self.starts(date, one.from));
            // A start the clock skips or shows twice may not be one: asked again.
            let next = starts.filter(|at| *at > now && self.is_open(*at)).min();
            if next.is_some() {
                return next;
            }
            date = date.tomorrow().ok()?;
        }
        None
    }

    fn local(&self, at: Timestamp) -> Option<DateTime> {
        Some(self.zone.to_datetime(jiff::Timestamp::from_microsecond(at.0).ok()?))
    }

    fn intervals(&self, date: Date) -> &[Interval] {
        if self.holidays.contains(&date) {
            return &[];
        }
        let at = usize::try_from(days_after_monday(date.weekday())).unwrap_or(0);
        self.days.get(at).map_or(&[], Vec::as_slice)
    }

    /// The moments at which the clock on the wall comes to show `minute` of `date`: none, one or two.
    fn starts(&self, date: Date, minute: u16) -> Vec<Timestamp> {
        let Some(local) = moment(date, minute) else { return Vec::new() };
        let ambiguous = self.zone.to_ambiguous_timestamp(local);
        let with = |offset: jiff::tz::Offset| offset.to_timestamp(local).ok();
        let moments = match ambiguous.offset() {
            AmbiguousOffset::Unambiguous { offset } => vec![with(offset)],
            AmbiguousOffset::Fold { before, after } => vec![with(before), with(after)],
            // The clock jumps over it: the moment of the jump is the first that is later.
            AmbiguousOffset::Gap { before, .. } => {
                let jumped = with(before);
                vec![
                    jumped
                        .and_then(|at| self.zone.preceding(at).next())
                        .map(|jump| jump.timestamp())
                        .or(jumped),
                ]
            }
        };
        moments.into_iter().flatten().map(|at| Timestamp(at.as_microsecond())).collect()
    }
}

fn days_after_monday(day: Weekday) -> i8 {
    day.to_monday_zero_offset()
}

fn minute_of(time: Time) -> u16 {
    u16::try_from(i32::from(time.hour()) * 60 + i32::from(time.minute())).unwrap_or(0)
}

fn moment(date: Date, minute: u16) -> Option<DateTime> {
    let (hour, minute) = (i8::try_from(minute / 60).ok()?, i8::try_from(minute % 60).ok()?);
    Some(date.to_datetime(Time::new(hour, minute, 0, 0).ok()?))
}

fn read_day(name: &str, texts: &[(String, String)]) -> Result<Vec<Interval>, Wrong> {
    if texts.len() > MOST_INTERVALS {
        return Err(("weekly", format!("{name} may have at most {MOST_INTERVALS} intervals")));
    }
    let mut intervals = Vec::with_capacity(texts.len());
    for (from, until) in texts {
        let (start, end) = (read_minute(from)?, read_minute(until)?);
        if start >= end {
            let detail =
                format!("on {name} {from} is not before {until}; hours over midnight are two intervals");
            return Err(("weekly", detail));
        }
        intervals.push(Interval { from: start, until: end });
    }
    intervals.sort_unstable();
    let overlap = intervals.windows(2).any(|pair| matches!(pair, [one, next] if next.from < one.until));
    if overlap {
        return Err(("weekly", format!("intervals of {name} overlap; join them")));
    }
    Ok(intervals)
}

/// "09:30", at most "24:00".
fn read_minute(text: &str) -> Result<u16, Wrong> {
    let read = || {
        let (hour, minute) = text.split_once(':')?;
        if hour.len() != 2 || minute.len() != 2 || !text.bytes().all(|b| b.is_ascii_digit() || b == b':') {
            return None;
        }
        let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
        let total = hour * 60 + minute;
        (minute < 60 && total <= DAY).then_some(total)
    };
    read().ok_or_else(|| ("weekly", format!("\"{text}\" is no time; write 09:00 to 24:00")))
}

fn read_date(text: &str) -> Result<Date, Wrong> {
    let date: Option<Date> = text.parse().ok();
    date.filter(|date| date.to_string() == text)
        .ok_or_else(|| ("holidays", format!("\"{text}\" is no day; write 2026-12-25")))
}
