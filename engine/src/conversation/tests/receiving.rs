//! Receive: the first message, repeats, odd clocks, several lines, and the 24-hour window.

use super::*;
use crate::care_window::WindowState;

#[test]
fn the_first_message_brings_the_conversation_to_life() {
    let state = check(
        &unborn(),
        &received(ChannelKind::Whatsapp, 1, "Hello"),
        START,
        &["#1 created on 6", "#2 in \"Hello\"", "= window of 6 from 0s", "+ message 1"],
    );
    assert!(!state.is_unborn());
    assert_eq!((state.inbound_count, state.last_inbound_seq), (1, 2));
    assert_eq!(state.waiting_since, Some(START));
    assert_eq!(state.last_inbound_provider_id.as_deref(), Some("wamid.1"));
    assert_eq!(state.window(START).unwrap().state, WindowState::Open);
}

#[test]
fn the_first_message_makes_the_contact_or_adds_its_marks() {
    let phone = Identity::new(IdentityKind::Phone, "+447400123456").unwrap();
    let user = Identity::new(IdentityKind::WhatsappUser, "US.134").unwrap();
    let cases: [(Birth, &[&str]); 3] = [
        (
            Birth { new_contact: true, identities: vec![user.clone(), phone] },
            &["#1 created on 7", "#2 in \"Hi\"", "+ contact +447400123456 with 2 marks", "+ message 1"],
        ),
        (
            Birth { new_contact: false, identities: vec![user] },
            &["#1 created on 7", "#2 in \"Hi\"", "+ 1 marks", "+ message 1"],
        ),
        (
            Birth { new_contact: false, identities: Vec::new() },
            &["#1 created on 7", "#2 in \"Hi\"", "+ message 1"],
        ),
    ];
    for (birth, then) in cases {
        let beginning = Beginning { birth: Some(birth), awakening: None };
        let first = Receive { beginning, ..receive(ChannelKind::Sms, 1, "Hi") };
        check(&unborn(), &Command::Receive(Box::new(first)), START, then);
    }
}

#[test]
fn a_birth_given_late_creates_nothing() {
    let birth = Birth { new_contact: true, identities: Vec::new() };
    let beginning = Beginning { birth: Some(birth), awakening: None };
    let late = Receive { beginning, ..receive(ChannelKind::Sms, 2, "Hi") };
    let state = begun(ChannelKind::Sms);
    check(&state, &Command::Receive(Box::new(late)), seconds(9), &["#3 in \"Hi\"", "+ message 2"]);
}

#[test]
fn a_repeat_changes_nothing_on_any_channel_even_when_closed() {
    for kind in [ChannelKind::Whatsapp, ChannelKind::Sms, ChannelKind::Webchat] {
        let state = begun(kind);
        check(&state, &received(kind, 1, "Hello"), hours(1), &[]);
        let closed = after(&state, [close(ada())]);
        check(&closed, &received(kind, 1, "Hello"), hours(1), &[]);
        check(&closed, &received(kind, 2, "News"), hours(1), &["refused conversation_closed"]);
    }
}

#[test]
fn only_the_newest_keys_are_remembered() {
    let count = MEMORY as i64 + 1;
    let state =
        (2..=count).fold(begun(ChannelKind::Sms), |s, id| after(&s, [received(ChannelKind::Sms, id, "x")]));
    assert_eq!(state.recent_inbound.len(), MEMORY);
    // The oldest is forgotten here; the database's unique key still refuses it.
    assert!(!state.recent_inbound.contains(&"wamid.1".into()));
    check(&state, &received(ChannelKind::Sms, 2, "x"), hours(1), &[]);
}

/// Order is the order of arrival; the provider's clock only dates.
#[test]
fn an_older_message_delivered_late_is_appended_and_never_shortens_the_window() {
    let at = |id, text, at| {
        Command::Receive(Box::new(Receive { at: Some(at), ..receive(ChannelKind::Whatsapp, id, text) }))
    };
    let state = begun(ChannelKind::Whatsapp);
    let newer = check(
        &state,
        &at(2, "second", seconds(60)),
        seconds(61),
        &["#3 in \"second\"", "= window of 6 from 60s", "+ message 2"],
    );
    let late = check(&newer, &at(3, "late", seconds(30)), seconds(62), &["#4 in \"late\"", "+ message 3"]);
    assert_eq!(late.window(START).unwrap().expires_at, Some(seconds(60).plus(Duration::from_hours(24))));
    assert_eq!(late.last_message.unwrap().text, "late");
    assert_eq!(late.waiting_since, Some(START));
}

#[test]
fn a_provider_clock_from_the_future_counts_as_now() {
    let future = Receive { at: Some(hours(99)), ..receive(ChannelKind::Whatsapp, 2, "x") };
    let state = begun(ChannelKind::Whatsapp);
    let then = &["#3 in \"x\"", "= window of 6 from 5s", "+ message 2"];
    let state = check(&state, &Command::Receive(Box::new(future)), seconds(5), then);
    assert_eq!(state.window(START).unwrap().expires_at, Some(seconds(5).plus(Duration::from_hours(24))));
}

#[test]
fn answers_go_out_on_the_line_used_last() {
    let state = begun(ChannelKind::Whatsapp);
    let both = after(&state, [received(ChannelKind::Sms, 2, "by SMS")]);
    assert_eq!(both.reply_route().unwrap().kind, ChannelKind::Sms);
    let back = after(&both, [received(ChannelKind::Whatsapp, 3, "again")]);
    assert_eq!(back.reply_route().unwrap().kind, ChannelKind::Whatsapp);
    assert_eq!(back.routes.len(), 2, "a known line is not added twice");
}

#[test]
fn files_at_the_provider_are_fetched_and_ready_ones_are_not() {
    let with = |state| {
        let media = vec![file(50, MediaKind::Image, state)];
        Command::Receive(Box::new(Receive { media, ..receive(ChannelKind::Sms, 2, "") }))
    };
    let state = begun(ChannelKind::Sms);
    let pending = check(
        &state,
        &with(MediaState::Pending),
        seconds(1),
        &["#3 in \"\"", "+ message 2", "> fetch files of 2 on 7"],
    );
    assert_eq!(pending.last_message.unwrap().text, "image", "a preview is never empty");
    check(&state, &with(MediaState::Ready), seconds(1), &["#3 in \"\"", "+ message 2"]);
}

#[test]
fn a_profile_name_is_noted_and_never_becomes_the_name() {
    let named = Receive { profile_name: Some("Jo".to_owned()), ..receive(ChannelKind::Whatsapp, 2, "x") };
    let state = after(&begun(ChannelKind::Whatsapp), [Command::Receive(Box::new(named))]);
    assert_eq!(state.contact.profile_name.as_deref(), Some("Jo"));
    assert_eq!(state.contact.name, "+447400123456");
    let unnamed = after(&state, [received(ChannelKind::Whatsapp, 3, "y")]);
    assert_eq!(unnamed.contact.profile_name.as_deref(), Some("Jo"));
    assert_eq!(unnamed.contact.kind, ContactKind::Contact);
}

#[test]
fn waiting_counts_from_the_first_message_nobody_answered() {
    let kind = ChannelKind::Sms;
    let state = begun(kind);
    let second = state.handle(&received(kind, 2, "?"), seconds(9)).unwrap().next;
    assert_eq!(second.waiting_since, Some(START));
    let answered = second.handle(&replied(3, &ann(), "Hi"), seconds(10)).unwrap().next;
    assert_eq!(answered.waiting_since, None);
    let third = answered.handle(&received(kind, 4, "!"), seconds(11)).unwrap().next;
    assert_eq!(third.waiting_since, Some(seconds(11)));
}
