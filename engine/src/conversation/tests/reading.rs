//! Read: per user, monotone, and the provider hears of it only from whoever answers.

use super::*;

fn read(by: Member, current: ReadState, seq: i64, inbound: i64) -> Command {
    Command::Read(Read { by, mark: Mark::Upto { seq, inbound }, current })
}

fn at(last_read_seq: i64, read_inbound_count: i64, forced_unread: bool) -> ReadState {
    ReadState { last_read_seq, read_inbound_count, forced_unread }
}

/// Three messages of the customer: events 2, 3 and 4.
fn three(kind: ChannelKind) -> Conversation {
    after(&begun(kind), [received(kind, 2, "b"), received(kind, 3, "c")])
}

#[test]
fn reading_moves_one_users_numbers_and_not_the_head() {
    let state = three(ChannelKind::Sms);
    let next = check(&state, &read(bob(), at(0, 0, false), 3, 2), seconds(9), &["= read by 12 #3 (2 in)"]);
    assert_eq!(next, state, "the log and the head are everyone's: they do not change");
}

#[test]
fn reading_never_goes_back_nor_beyond_the_end() {
    let state = three(ChannelKind::Sms);
    check(&state, &read(bob(), at(4, 3, false), 2, 1), seconds(9), &[]);
    check(&state, &read(bob(), at(4, 3, false), 4, 3), seconds(9), &[]);
    check(&state, &read(bob(), at(0, 0, false), 999, 999), seconds(9), &["= read by 12 #4 (3 in)"]);
    check(&state, &read(bob(), at(2, 1, false), -5, -5), seconds(9), &[]);
}

#[test]
fn unread_by_hand_sticks_until_opened_again() {
    let state = three(ChannelKind::Sms);
    let unread = |current| Command::Read(Read { by: bob(), mark: Mark::Unread, current });
    check(&state, &unread(at(4, 3, false)), seconds(9), &["= read by 12 #4 (3 in) unread"]);
    check(&state, &unread(at(4, 3, true)), seconds(9), &[]);
    check(&state, &read(bob(), at(4, 3, true), 4, 3), seconds(9), &["= read by 12 #4 (3 in)"]);
}

/// To see it go red: drop the `is_assigned_to` test in `Read::tell_provider`.
#[test]
fn only_an_assignee_who_read_everything_on_whatsapp_sends_the_blue_tick() {
    let none = at(0, 0, false);
    let cases = [
        (ChannelKind::Whatsapp, ann(), none, 4, 3, Some("> mark wamid.3 read on 6")),
        (ChannelKind::Whatsapp, ann(), none, 3, 2, None),
        (ChannelKind::Whatsapp, ada(), none, 4, 3, None),
        (ChannelKind::Whatsapp, bob(), none, 4, 3, None),
        // The mark by hand is lifted, nothing new was read.
        (ChannelKind::Whatsapp, ann(), at(4, 3, true), 4, 3, None),
        (ChannelKind::Sms, ann(), none, 4, 3, None),
        (ChannelKind::Webchat, ann(), none, 4, 3, None),
    ];
    for (kind, by, current, seq, inbound, told) in cases {
        let state = after(&three(kind), [Command::Attend(Attend { by: ann() })]);
        let result = state.handle(&read(by.clone(), current, seq, inbound), seconds(9));
        let marks: Vec<String> = story(&result).into_iter().filter(|line| line.starts_with('>')).collect();
        assert_eq!(marks, told.into_iter().collect::<Vec<_>>(), "{kind:?} {} {seq}", by.name);
    }
}
