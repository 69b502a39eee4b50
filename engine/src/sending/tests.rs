//! The gate as tables: one fact is another, and this is what it says.

use super::*;
use crate::business_hours::Schedule;
use crate::ids::{ChannelId, MediaId};
use crate::message::{MediaKind, MediaState};
use std::time::Duration;

/// A Monday, ten o'clock in the morning UTC.
const NOW: Timestamp = Timestamp(1_767_607_200_000_000);

fn route(kind: ChannelKind, wrote_hours_ago: Option<u64>) -> Route {
    Route {
        channel_id: ChannelId(6),
        kind,
        name: "Line".to_owned(),
        address: "447400123456".to_owned(),
        last_inbound_at: wrote_hours_ago.map(|hours| NOW.minus(Duration::from_hours(hours))),
    }
}

fn fine() -> Circumstances {
    Circumstances { takes_files: true, ..Circumstances::default() }
}

fn file(kind: MediaKind, mime: &str, size: i64) -> Media {
    let (state, mime) = (MediaState::Ready, mime.to_owned());
    Media { id: MediaId(1), kind, file_name: None, mime, size: Some(size), state, remote_reference: None }
}

fn text(text: &str) -> Item<'_> {
    Item { purpose: Purpose::FreeText, text, files: &[] }
}

/// "now", "held", or the refusal's code.
fn verdict(around: &Circumstances, item: &Item<'_>, route: &Route) -> &'static str {
    match around.judge(item, route, NOW) {
        Ok(Passage { hold: None, .. }) => "now",
        Ok(Passage { hold: Some(_), .. }) => "held",
        Err(refusal) => {
            assert!(refusal.to_string().len() > 15, "a sentence: {refusal}");
            refusal.code()
        }
    }
}

fn consent(all: ConsentState, marketing: ConsentState) -> Circumstances {
    Circumstances { consent: Standing { all, marketing }, ..fine() }
}

fn sunday_hours(settings: Settings) -> Circumstances {
    let weekly = [("sun".to_owned(), vec![("09:00".to_owned(), "17:00".to_owned())])].into();
    let schedule = Schedule {
        time_zone: "Europe/London".to_owned(),
        weekly,
        holidays: std::collections::BTreeSet::new(),
    };
    Circumstances { hours: Some(Arc::new(BusinessHours::new(schedule).unwrap())), settings, ..fine() }
}

const MARKETING: Purpose = Purpose::Template { marketing: true };
const UTILITY: Purpose = Purpose::Template { marketing: false };

#[test]
fn s2_16_every_fact_has_its_answer() {
    use ChannelKind::{Sms, Webchat, Whatsapp};
    use ConsentState::{OptedIn, OptedOut, Unknown};
    let archived = Circumstances { contact_archived: true, ..fine() };
    let gone = Circumstances { line: LineHealth::Disconnected, ..fine() };
    let slow = Circumstances { line: LineHealth::Degraded, ..fine() };
    let lax = Circumstances { settings: Settings { require_opt_in: false, ..Settings::default() }, ..fine() };
    let stopped = consent(OptedOut, OptedOut);
    let no_ads = consent(Unknown, OptedOut);
    let agreed = consent(OptedIn, OptedIn);
    let as_purpose = |purpose| Item { purpose, ..text("Hello") };
    let cases = [
        (&fine(), Whatsapp, Some(1), Purpose::FreeText, "now"),
        (&fine(), Whatsapp, Some(24), Purpose::FreeText, "window_closed"),
        (&fine(), Whatsapp, None, Purpose::FreeText, "window_closed"),
        (&fine(), Whatsapp, None, Purpose::Automatic, "window_closed"),
        (&fine(), Whatsapp, None, UTILITY, "now"),
        (&fine(), Whatsapp, None, MARKETING, "consent_required"),
        (&fine(), Whatsapp, Some(1), MARKETING, "consent_required"),
        (&lax, Whatsapp, None, MARKETING, "now"),
        (&agreed, Whatsapp, None, MARKETING, "now"),
        (&no_ads, Whatsapp, None, MARKETING, "opted_out"),
        (&no_ads, Whatsapp, Some(1), Purpose::FreeText, "now"),
        (&no_ads, Whatsapp, None, UTILITY, "now"),
        (&stopped, Whatsapp, Some(1), Purpose::FreeText, "opted_out"),
        (&stopped, Whatsapp, Some(1), UTILITY, "opted_out"),
        (&stopped, Sms, Some(1), Purpose::FreeText, "opted_out"),
        (&stopped, Webchat, Some(1), Purpose::FreeText, "now"),
        (&fine(), Sms, None, Purpose::FreeText, "now"),
        (&fine(), Sms, Some(999), Purpose::FreeText, "now"),
        (&archived, Sms, Some(1), Purpose::FreeText, "contact_archived"),
        (&archived, Webchat, Some(1), Purpose::FreeText, "contact_archived"),
        (&archived, Whatsapp, None, UTILITY, "contact_archived"),
        (&gone, Sms, Some(1), Purpose::FreeText, "channel_not_connected"),
        (&gone, Whatsapp, None, UTILITY, "channel_not_connected"),
        (&slow, Sms, Some(1), Purpose::FreeText, "now"),
    ];
    for (around, kind, wrote, purpose, expected) in cases {
        let route = route(kind, wrote);
        assert_eq!(
            verdict(around, &as_purpose(purpose), &route),
            expected,
            "{kind:?} {wrote:?} {purpose:?} {around:?}"
        );
        // What has waited is judged the same.
        let again = around.judge_again(purpose, &route, NOW).err().map_or("now", |refusal| refusal.code());
        assert_eq!(again, expected, "again: {kind:?} {wrote:?} {purpose:?}");
    }
}

/// To see it go red: take `Purpose::Automatic` out of `hold`.
#[test]
fn s2_32_what_waits_for_business_hours() {
    use ChannelKind::{Sms, Webchat, Whatsapp};
    let on = Settings { hold_outside_hours: true, ..Settings::default() };
    let at_once = Settings { replies_in_window_go_at_once: true, ..on.clone() };
    let strict = sunday_hours(on.clone());
    let friendly = sunday_hours(at_once);
    let off = sunday_hours(Settings::default());
    let never_set = Circumstances { settings: on, ..fine() };
    let cases = [
        (&strict, Sms, Some(1), Purpose::FreeText, "held"),
        (&strict, Whatsapp, Some(1), Purpose::FreeText, "held"),
        (&strict, Whatsapp, None, UTILITY, "held"),
        (&strict, Whatsapp, Some(1), Purpose::Automatic, "now"),
        (&strict, Webchat, Some(1), Purpose::FreeText, "now"),
        (&friendly, Sms, Some(23), Purpose::FreeText, "now"),
        (&friendly, Whatsapp, Some(1), Purpose::FreeText, "now"),
        (&friendly, Sms, Some(24), Purpose::FreeText, "held"),
        (&friendly, Whatsapp, None, UTILITY, "held"),
        (&off, Sms, None, Purpose::FreeText, "now"),
        (&never_set, Sms, None, Purpose::FreeText, "now"),
    ];
    for (around, kind, wrote, purpose, expected) in cases {
        let item = Item { purpose, ..text("Hello") };
        assert_eq!(verdict(around, &item, &route(kind, wrote)), expected, "{kind:?} {wrote:?} {purpose:?}");
    }
    let passage = strict.judge(&text("Hello"), &route(Sms, None), NOW).unwrap();
    let sunday = serde_json::to_string(&passage.hold.unwrap()).unwrap();
    assert_eq!(sunday, r#"{"reason":"business_hours","release_at":"2026-01-11T09:00:00.000000Z"}"#);
}

/// To see it go red: let `hold` end with `next_opening(now)?`.
#[test]
fn s2_32_hours_that_never_open_hold_too() {
    let on = Settings { hold_outside_hours: true, ..Settings::default() };
    let usual = sunday_hours(on.clone());
    let mut schedule = usual.hours.as_ref().unwrap().schedule().clone();
    schedule.holidays = (0..400).map(|week| format!("{}", sunday(week))).collect();
    let hours = Some(Arc::new(BusinessHours::new(schedule).unwrap()));
    let never = Circumstances { hours, settings: on, ..fine() };
    let passage = never.judge(&text("Hello"), &route(ChannelKind::Sms, None), NOW).unwrap();
    assert_eq!(passage.hold.map(|hold| hold.release_at), Some(NOW.plus(HORIZON)), "it is asked again then");
}

/// A Sunday after [`NOW`].
fn sunday(week: i64) -> jiff::civil::Date {
    let first: jiff::civil::Date = "2026-01-11".parse().unwrap();
    first.checked_add(jiff::Span::new().days(7 * week)).unwrap()
}

#[test]
fn h_33_files_have_their_channels_limits() {
    use ChannelKind::{Sms, Webchat, Whatsapp};
    use MediaKind::{Audio, Document, Image, Sticker, Video};
    let (mb, kb) = (1 << 20, 1 << 10);
    let cases = [
        (Whatsapp, Image, "image/jpeg", 5 * mb, "now"),
        (Whatsapp, Image, "image/jpeg", 5 * mb + 1, "media_too_large"),
        (Whatsapp, Image, "image/gif", kb, "media_type_unsupported"),
        (Whatsapp, Image, "image/webp", kb, "media_type_unsupported"),
        (Whatsapp, Video, "video/mp4", 16 * mb, "now"),
        (Whatsapp, Video, "video/mp4", 16 * mb + 1, "media_too_large"),
        (Whatsapp, Audio, "audio/ogg", 16 * mb + 1, "media_too_large"),
        (Whatsapp, Document, "application/pdf", 100 * mb, "now"),
        (Whatsapp, Document, "application/pdf", 100 * mb + 1, "media_too_large"),
        (Whatsapp, Sticker, "image/webp", 500 * kb, "now"),
        (Whatsapp, Sticker, "image/webp", 500 * kb + 1, "media_too_large"),
        (Sms, Image, "image/gif", 5 * mb, "now"),
        (Sms, Image, "image/gif", 5 * mb + 1, "media_too_large"),
        (Webchat, Video, "video/mp4", 90 * mb, "now"),
    ];
    for (channel, kind, mime, size, expected) in cases {
        let files = [file(kind, mime, size)];
        let item = Item { files: &files, ..text("") };
        assert_eq!(verdict(&fine(), &item, &route(channel, Some(1))), expected, "{channel:?} {mime} {size}");
    }
    // S2-13: a number without MMS sends no files.
    let plain = Circumstances { takes_files: false, ..fine() };
    let files = [file(Image, "image/png", 10)];
    let item = Item { files: &files, ..text("look") };
    assert_eq!(verdict(&plain, &item, &route(Sms, Some(1))), "media_type_unsupported");
    let two = [file(Image, "image/png", 10), file(Image, "image/png", 10)];
    assert_eq!(verdict(&fine(), &Item { files: &two, ..text("") }, &route(Whatsapp, Some(1))), "validation");
}

#[test]
fn texts_have_their_channels_limits() {
    use ChannelKind::{Sms, Webchat, Whatsapp};
    for (kind, max) in [(Whatsapp, 4_096), (Sms, 1_600), (Webchat, 8_000)] {
        assert_eq!(verdict(&fine(), &text(&"ß".repeat(max)), &route(kind, Some(1))), "now", "{kind:?}");
        assert_eq!(
            verdict(&fine(), &text(&"ß".repeat(max + 1)), &route(kind, Some(1))),
            "validation",
            "{kind:?}"
        );
        assert_eq!(verdict(&fine(), &text(" \n"), &route(kind, Some(1))), "validation", "{kind:?}");
    }
    let files = [file(MediaKind::Image, "image/png", 10)];
    let caption = "a".repeat(1_025);
    assert_eq!(
        verdict(&fine(), &Item { files: &files, ..text(&caption) }, &route(Whatsapp, Some(1))),
        "validation"
    );
}

#[test]
fn s2_13_long_texts_and_strangers_are_warned_about() {
    let codes = |around: &Circumstances, item: &Item<'_>, route: &Route| {
        let warnings = around.judge(item, route, NOW).unwrap().warnings;
        warnings.into_iter().map(|warning| warning.code).collect::<Vec<_>>()
    };
    let (sms, whatsapp) = (route(ChannelKind::Sms, Some(1)), route(ChannelKind::Whatsapp, Some(1)));
    assert_eq!(codes(&fine(), &text(&"a".repeat(459)), &sms), [""; 0]);
    assert_eq!(codes(&fine(), &text(&"a".repeat(460)), &sms), ["many_parts"]);
    assert_eq!(codes(&fine(), &text(&"ж".repeat(202)), &sms), ["many_parts"]);
    assert_eq!(codes(&fine(), &text(&"a".repeat(460)), &whatsapp), [""; 0]);
    let stranger = route(ChannelKind::Sms, None);
    assert_eq!(codes(&fine(), &text("Hi"), &stranger), ["consent_unknown"]);
    let utility = Item { purpose: UTILITY, ..text("Hi") };
    assert_eq!(codes(&fine(), &utility, &whatsapp), ["consent_unknown"]);
    assert_eq!(codes(&consent(ConsentState::OptedIn, ConsentState::OptedIn), &utility, &whatsapp), [""; 0]);
    let slow = Circumstances { line: LineHealth::Degraded, ..fine() };
    assert_eq!(codes(&slow, &text("Hi"), &sms), ["channel_degraded"]);
}

#[test]
fn s4_04_the_composer_says_what_sending_would() {
    use ChannelKind::{Sms, Whatsapp};
    let line =
        |kind, wrote, around: &Circumstances| Line { route: route(kind, wrote), around: around.clone() };
    let of = |open, lines: &[Line]| {
        let composer = Composer::of(open, lines, NOW);
        (composer.state, composer.code)
    };
    let stopped = consent(ConsentState::OptedOut, ConsentState::OptedOut);
    let gone = Circumstances { line: LineHealth::Disconnected, ..fine() };
    let archived = Circumstances { contact_archived: true, ..fine() };
    assert_eq!(of(true, &[line(Whatsapp, Some(1), &fine())]), (ComposerState::Open, None));
    assert_eq!(
        of(true, &[line(Whatsapp, Some(25), &fine())]),
        (ComposerState::TemplateOnly, Some("window_closed"))
    );
    assert_eq!(of(true, &[line(Sms, Some(1), &stopped)]), (ComposerState::OptedOut, Some("opted_out")));
    assert_eq!(
        of(true, &[line(Sms, Some(1), &gone)]),
        (ComposerState::ChannelDown, Some("channel_not_connected"))
    );
    assert_eq!(
        of(true, &[line(Sms, Some(1), &archived)]),
        (ComposerState::ContactArchived, Some("contact_archived"))
    );
    assert_eq!(of(true, &[]), (ComposerState::NoChannel, Some("channel_not_connected")));
    assert_eq!(
        of(false, &[line(Sms, Some(1), &fine())]),
        (ComposerState::Closed, Some("conversation_closed"))
    );
    let both = Composer::of(true, &[line(Whatsapp, Some(25), &fine()), line(Sms, None, &fine())], NOW);
    let states: Vec<_> = both.channels.iter().map(|channel| channel.state).collect();
    let room: Vec<_> = both.channels.iter().map(|channel| (channel.max_text, channel.max_files)).collect();
    assert_eq!(room, [(4_096, 1), (1_600, 10)]);
    let plain = Circumstances { takes_files: false, ..fine() };
    assert_eq!(Composer::of(true, &[line(Sms, None, &plain)], NOW).channels[0].max_files, 0);
    assert_eq!(states, [ComposerState::TemplateOnly, ComposerState::Open]);
    let held = sunday_hours(Settings { hold_outside_hours: true, ..Settings::default() });
    assert!(Composer::of(true, &[line(Sms, Some(1), &held)], NOW).holds_until.is_some());
}
