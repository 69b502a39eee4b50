//! Snoozing, deleting, notes, the end and what may follow it.

use super::*;

fn snooze(by: Member, until: Timestamp) -> Command {
    Command::Snooze(Snooze { by, until })
}

fn anns(kind: ChannelKind) -> Conversation {
    after(&begun(kind), [Command::Attend(Attend { by: ann() })])
}

#[test]
fn a_snooze_ends_in_time_by_a_message_by_hand_or_by_a_new_owner() {
    let state = anns(ChannelKind::Sms);
    check(&state, &snooze(bob(), hours(2)), seconds(5), &["refused not_assignee"]);
    check(&state, &snooze(ann(), seconds(5)), seconds(5), &["refused validation until"]);
    check(&state, &snooze(ann(), hours(24 * 400)), seconds(5), &["refused validation until"]);
    let asleep = check(&state, &snooze(ann(), hours(2)), seconds(5), &["#4 snoozed by Ann for 7200s"]);
    assert_eq!((asleep.shelf(ann().id), state.shelf(ann().id)), (None, Some(Shelf::Mine)));
    check(&asleep, &snooze(ann(), hours(2)), seconds(6), &[]);
    check(&asleep, &Command::Wake, hours(1), &[]);
    check(&asleep, &Command::Wake, hours(2), &["#5 woken by nobody (Due)"]);
    check(&asleep, &Command::Unsnooze(Unsnooze { by: ann() }), seconds(6), &["#5 woken by Ann (User)"]);
    let then = &["#5 woken by nobody (Message)", "#6 in \"Hi\"", "+ message 2"];
    check(&asleep, &received(ChannelKind::Sms, 2, "Hi"), seconds(6), then);
    let to_bob = assign(ann(), vec![Candidate { user: bob(), eligible: true, read: ReadState::default() }]);
    let then = &[
        "#5 assigned Bob* by Ann (Assign), was Ann*",
        "#6 woken by Ann (Assigned)",
        "= assignees Bob*",
        "= read by 12 #0 (0 in) unread",
    ];
    check(&asleep, &Command::Assign(to_bob), seconds(6), then);
}

#[test]
fn h_08_a_note_answers_nobody_and_takes_nothing() {
    let free = begun(ChannelKind::Whatsapp);
    let told = check(
        &free,
        &Command::Note(Box::new(note(2, &ann(), "Careful"))),
        hours(1),
        &["#3 note \"Careful\"", "+ message 2"],
    );
    assert_eq!(told.waiting_since, free.waiting_since);
    assert_eq!((&told.last_message, told.last_activity_at), (&free.last_message, free.last_activity_at));
    assert_eq!((told.assignees.len(), told.inbound_count), (0, 1));
    // Even where nothing can be sent any more.
    let closed = after(&told, [close(ada())]);
    check(
        &closed,
        &Command::Note(Box::new(note(3, &bob(), "PS"))),
        hours(99),
        &["#5 note \"PS\"", "+ message 3"],
    );
    let stranger = Candidate { user: bob(), eligible: false, read: ReadState::default() };
    let asks = Note { mentions: vec![stranger], ..note(4, &ann(), "@Bob") };
    check(&free, &Command::Note(Box::new(asks)), hours(1), &["refused not_member"]);
    check(&free, &Command::Note(Box::new(note(4, &ann(), " "))), hours(1), &["refused validation text"]);
}

#[test]
fn h_08_no_visitor_frame_is_made_of_a_note() {
    let outcome = begun(ChannelKind::Webchat)
        .handle(&Command::Note(Box::new(note(2, &ann(), "secret"))), seconds(1))
        .unwrap();
    for event in &outcome.events {
        assert_eq!(crate::wire::visitor_entry(event, ConversationId(72)), None);
    }
}

#[test]
fn s4_20_what_has_not_left_is_asked_about() {
    let state = after(&anns(ChannelKind::Sms), [replied(2, &ann(), "On my way")]);
    let closing = |pending| {
        let note = Some(" Done ".to_owned());
        Command::Close(Close { by: ann(), note, pending, queued: vec![MessageId(2)] })
    };
    check(&state, &closing(None), seconds(3), &["refused confirm_required"]);
    check(&state, &closing(Some(Pending::Send)), seconds(3), &["#5 closed by Ann: \"Done\""]);
    let then =
        &["#5 status 2 cancelled", "#6 closed by Ann: \"Done\"", "= message 2 cancelled", "- queued 2"];
    let closed = check(&state, &closing(Some(Pending::Cancel)), seconds(3), then);
    assert_eq!(closed.life.closing_note.as_deref(), Some("Done"));
    assert_eq!(closed.recent_outbound[0].status, Status::Cancelled);
}

#[test]
fn s2_33_only_admins_delete_and_for_thirty_days_bring_back() {
    let state = anns(ChannelKind::Sms);
    let delete = |by: Member, allowed| Command::Delete(Delete { by, allowed, queued: Vec::new() });
    let restore = || Command::Restore(Restore { by: ada(), allowed: true });
    check(&state, &delete(ann(), true), seconds(3), &["refused forbidden"]);
    check(&state, &delete(ada(), false), seconds(3), &["refused forbidden"]);
    let gone = check(&state, &delete(ada(), true), seconds(3), &["#4 deleted by Ada"]);
    assert_eq!(gone.shelf(ann().id), None);
    check(&gone, &received(ChannelKind::Sms, 2, "Hi"), seconds(4), &["refused conversation_closed"]);
    check(&gone, &replied(2, &ann(), "Hi"), seconds(4), &["refused conversation_closed"]);
    let back = check(&gone, &restore(), hours(24 * 29), &["#5 restored by Ada"]);
    assert_eq!(back.status, ConversationStatus::Open);
    check(&gone, &restore(), hours(24 * 31), &["refused restore_expired"]);
    let closed = after(&state, [close(ann()), delete(ada(), true), restore()]);
    assert_eq!(closed.status, ConversationStatus::Closed);
}

#[test]
fn q8_who_writes_soon_after_the_end_goes_on() {
    let within = |kind, hours| {
        Command::Receive(Box::new(Receive {
            reopen_within: Duration::from_hours(hours),
            ..receive(kind, 2, "And")
        }))
    };
    let sms = after(&anns(ChannelKind::Sms), [close(ann())]);
    check(&sms, &within(ChannelKind::Sms, 0), seconds(2), &["refused conversation_closed"]);
    check(
        &sms,
        &within(ChannelKind::Sms, 2),
        hours(2).plus(Duration::from_secs(9)),
        &["refused conversation_closed"],
    );
    let then = &["#5 reopened by nobody", "#6 in \"And\"", "+ message 2"];
    let again = check(&sms, &within(ChannelKind::Sms, 2), hours(1), then);
    assert_eq!(again.owner().unwrap().name, "Ann", "whoever answered goes on answering");
    // A visitor's pause of half an hour is no end, whatever the business chose.
    let chat = after(&anns(ChannelKind::Webchat), [close(ann())]);
    check(&chat, &within(ChannelKind::Webchat, 0), seconds(29 * 60), then);
    check(&chat, &within(ChannelKind::Webchat, 0), seconds(31 * 60), &["refused conversation_closed"]);
}

#[test]
fn s2_20_somebody_elses_mark_changes_only_knowingly() {
    let state = anns(ChannelKind::Whatsapp);
    let reader = || Candidate { user: ann(), eligible: true, read: ReadState::default() };
    let mark = |by: Member, confirm| {
        let mark = Mark::Upto { seq: 9, inbound: 1 };
        Command::ReadFor(ReadFor { by, reader: reader(), mark, confirm })
    };
    check(&state, &mark(bob(), true), seconds(3), &["refused forbidden"]);
    check(&state, &mark(ada(), false), seconds(3), &["refused confirm_required"]);
    // No word to the provider: Ann has not looked.
    check(&state, &mark(ada(), true), seconds(3), &["= read by 11 #3 (1 in)"]);
}

#[test]
fn h_10_the_team_writes_first() {
    let mut state = unborn();
    state.routes = vec![route(ChannelKind::Sms)];
    let birth = Some(Birth { new_contact: true, identities: Vec::new() });
    let beginning = Beginning { birth, awakening: None };
    let first = Reply { beginning, attends: false, ..reply(1, &ann(), "Hello, this is Ann") };
    let then = &[
        "#1 created on 7",
        "#2 assigned Ann* by Ann (Attend), was nobody",
        "#3 out \"Hello, this is Ann\" queued",
        "+ contact +447400123456 with 0 marks",
        "= assignees Ann*",
        "+ queued 1 on 7",
        "+ message 1",
        "> transmit 1 on 7",
    ];
    let sent = check(&state, &Command::Reply(Box::new(first)), seconds(1), then);
    assert_eq!(sent.shelf(ann().id), Some(Shelf::Sent));
    let answered = after(&sent, [received(ChannelKind::Sms, 2, "Hi Ann")]);
    assert_eq!(answered.shelf(ann().id), Some(Shelf::Mine));
    // WhatsApp lets nobody begin with words of their own.
    state.routes = vec![route(ChannelKind::Whatsapp)];
    check(&state, &replied(1, &ann(), "Hello"), seconds(1), &["refused window_closed"]);
}

#[test]
fn s4_02_answering_attends_unless_the_business_says_otherwise() {
    let free = begun(ChannelKind::Sms);
    let quietly = Reply { attends: false, ..reply(2, &ann(), "Hi") };
    let state = after(&free, [Command::Reply(Box::new(quietly))]);
    assert_eq!(state.assignees, []);
    let late = Reply { newer: 2, ..reply(2, &ann(), "Hi") };
    check(&free, &Command::Reply(Box::new(late)), seconds(2), &["refused newer_messages"]);
}
