//! Openings by table, and nothing released outside an interval by chance.

use super::*;
use proptest::prelude::*;
use std::time::Duration;

fn at(text: &str) -> Timestamp {
    serde_json::from_value(serde_json::Value::String(text.to_owned())).unwrap()
}

fn schedule(zone: &str, weekly: &[(&str, &[(&str, &str)])], holidays: &[&str]) -> Schedule {
    let pair = |(from, until): &(&str, &str)| ((*from).to_owned(), (*until).to_owned());
    Schedule {
        time_zone: zone.to_owned(),
        weekly: weekly
            .iter()
            .map(|(day, list)| ((*day).to_owned(), list.iter().map(pair).collect()))
            .collect(),
        holidays: holidays.iter().map(|day| (*day).to_owned()).collect(),
    }
}

fn hours(zone: &str, weekly: &[(&str, &[(&str, &str)])], holidays: &[&str]) -> BusinessHours {
    BusinessHours::new(schedule(zone, weekly, holidays)).unwrap()
}

const NINE_TO_FIVE: &[(&str, &[(&str, &str)])] = &[
    ("mon", &[("09:00", "17:00")]),
    ("tue", &[("09:00", "17:00")]),
    ("wed", &[("09:00", "17:00")]),
    ("thu", &[("09:00", "17:00")]),
    ("fri", &[("09:00", "12:30"), ("13:30", "17:00")]),
];

#[test]
fn s2_12_the_next_opening() {
    let london = hours("Europe/London", NINE_TO_FIVE, &["2026-04-06", "2026-12-25"]);
    let cases = [
        // Saturday evening waits for Monday.
        ("2026-01-10T20:00:00Z", "2026-01-12T09:00:00Z"),
        ("2026-01-12T08:59:59.999999Z", "2026-01-12T09:00:00Z"),
        ("2026-01-12T09:00:00Z", "2026-01-12T09:00:00Z"),
        ("2026-01-12T16:59:59Z", "2026-01-12T16:59:59Z"),
        ("2026-01-12T17:00:00Z", "2026-01-13T09:00:00Z"),
        // The lunch break of a Friday.
        ("2026-01-16T12:30:00Z", "2026-01-16T13:30:00Z"),
        ("2026-01-16T17:00:00Z", "2026-01-19T09:00:00Z"),
        // Summer time begins on 29 March: nine o'clock is eight in UTC. Easter Monday is closed.
        ("2026-03-28T12:00:00Z", "2026-03-30T08:00:00Z"),
        ("2026-04-03T17:00:00Z", "2026-04-07T08:00:00Z"),
    ];
    for (now, opening) in cases {
        assert_eq!(london.next_opening(at(now)), Some(at(opening)), "{now}");
    }
}

#[test]
fn s2_32_an_opening_the_clock_skips_or_shows_twice() {
    // Berlin skips 02:00 to 03:00 on 29 March 2026 and shows it twice on 25 October.
    let early = hours("Europe/Berlin", &[("sun", &[("02:15", "02:45"), ("06:00", "07:00")])], &[]);
    assert_eq!(early.next_opening(at("2026-03-28T23:00:00Z")), Some(at("2026-03-29T04:00:00Z")));
    let over = hours("Europe/Berlin", &[("sun", &[("02:15", "03:30")])], &[]);
    assert_eq!(over.next_opening(at("2026-03-28T23:00:00Z")), Some(at("2026-03-29T01:00:00Z")));
    assert_eq!(early.next_opening(at("2026-10-24T23:00:00Z")), Some(at("2026-10-25T00:15:00Z")));
    // Between the two: 02:50 of the first time.
    assert_eq!(early.next_opening(at("2026-10-25T00:50:00Z")), Some(at("2026-10-25T01:15:00Z")));
}

#[test]
fn s2_32_a_year_of_holidays_never_opens() {
    let mut all = schedule("UTC", &[("mon", &[("09:00", "24:00")])], &[]);
    let mut day: Date = "2026-01-05".parse().unwrap();
    for _ in 0..60 {
        all.holidays.insert(day.to_string());
        day = day.checked_add(jiff::Span::new().days(7)).unwrap();
    }
    let never = BusinessHours::new(all).unwrap();
    assert_eq!(never.next_opening(at("2026-01-01T00:00:00Z")), None);
}

#[test]
fn what_makes_no_sense_is_named() {
    let bad = [
        (schedule("Mars/Olympus", NINE_TO_FIVE, &[]), "time_zone"),
        (schedule("localtime", NINE_TO_FIVE, &[]), "time_zone"),
        (schedule("posixrules", NINE_TO_FIVE, &[]), "time_zone"),
        (schedule("factory", NINE_TO_FIVE, &[]), "time_zone"),
        (schedule("", NINE_TO_FIVE, &[]), "time_zone"),
        (schedule("UTC", &[], &[]), "weekly"),
        (schedule("UTC", &[("monday", &[("09:00", "17:00")])], &[]), "weekly"),
        (schedule("UTC", &[("mon", &[("17:00", "09:00")])], &[]), "weekly"),
        (schedule("UTC", &[("mon", &[("9:00", "17:00")])], &[]), "weekly"),
        (schedule("UTC", &[("mon", &[("09:60", "17:00")])], &[]), "weekly"),
        (schedule("UTC", &[("mon", &[("09:00", "24:01")])], &[]), "weekly"),
        (schedule("UTC", &[("mon", &[("09:00", "12:00"), ("11:59", "13:00")])], &[]), "weekly"),
        (schedule("UTC", NINE_TO_FIVE, &["25.12.2026"]), "holidays"),
        (schedule("UTC", NINE_TO_FIVE, &["2026-02-30"]), "holidays"),
    ];
    for (schedule, field) in bad {
        let wrong = BusinessHours::new(schedule.clone()).unwrap_err();
        assert_eq!(wrong.0, field, "{schedule:?}: {}", wrong.1);
    }
}

/// The same schedule by brute force, to compare with: minute by minute.
fn open_by_the_wall(hours: &BusinessHours, now: Timestamp) -> bool {
    let zoned = jiff::Timestamp::from_microsecond(now.0)
        .unwrap()
        .to_zoned(ZONES.get(&hours.schedule.time_zone).unwrap());
    if hours.schedule.holidays.contains(&zoned.date().to_string()) {
        return false;
    }
    let day = DAYS[usize::try_from(zoned.weekday().to_monday_zero_offset()).unwrap()];
    let shown = format!("{:02}:{:02}", zoned.hour(), zoned.minute());
    let intervals = hours.schedule.weekly.get(day).cloned().unwrap_or_default();
    intervals.iter().any(|(from, until)| *from <= shown && shown < *until)
}

prop_compose! {
    fn any_hours()(
        zone in prop::sample::select(vec!["Europe/London", "Europe/Berlin", "America/New_York", "America/St_Johns",
            "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia", "America/Sao_Paulo", "UTC", "Africa/Casablanca"]),
        cuts in prop::collection::vec(prop::collection::btree_set(0_u16..=1440, 0..6), 7),
        holidays in prop::collection::btree_set(0_i32..365, 0..20),
    ) -> Option<BusinessHours> {
        let clock = |minute: u16| format!("{:02}:{:02}", minute / 60, minute % 60);
        let weekly = DAYS.iter().zip(cuts).map(|(day, cuts)| {
            let cuts: Vec<u16> = cuts.into_iter().collect();
            let list = cuts.chunks_exact(2).map(|pair| (clock(pair[0]), clock(pair[1]))).collect();
            ((*day).to_owned(), list)
        }).collect();
        let first: Date = "2026-01-01".parse().unwrap();
        let holidays = holidays.into_iter().map(|n| (first + jiff::Span::new().days(n)).to_string()).collect();
        BusinessHours::new(Schedule { time_zone: zone.to_owned(), weekly, holidays }).ok()
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    /// To see it go red: take out the `is_open` in `next_opening`, or compare `minute <= one.until`.
    #[test]
    fn s2_32_nothing_is_released_outside_an_interval(hours in any_hours(), minutes in 0_u64..(370 * 24 * 60), seconds in 0_u64..60) {
        let Some(hours) = hours else { return Ok(()) };
        let now = at("2026-01-01T00:00:00Z").plus(Duration::from_secs(minutes * 60 + seconds));
        prop_assert_eq!(hours.is_open(now), open_by_the_wall(&hours, now));
        let Some(release) = hours.next_opening(now) else { return Ok(()) };
        prop_assert!(release >= now);
        prop_assert!(open_by_the_wall(&hours, release), "{} is outside {:?}", release, hours.schedule);
        // Nothing was open before: sampled up to two weeks back.
        let mut between = now;
        let step = Duration::from_mins(5).max(release.since(now) / 4000);
        while between < release {
            prop_assert!(!open_by_the_wall(&hours, between), "open at {} already", between);
            between = between.plus(step);
        }
    }
}
