//! Close and Reopen: who may, and what stays.

use super::*;

fn reopen(by: Member) -> Command {
    Command::Reopen(Reopen { by })
}

#[test]
fn agents_close_what_is_theirs_and_admins_anything() {
    let free = begun(ChannelKind::Sms);
    let anns = after(&free, [Command::Attend(Attend { by: ann() })]);
    check(&free, &close(ann()), seconds(1), &["refused not_assignee"]);
    check(&anns, &close(bob()), seconds(1), &["refused not_assignee"]);
    check(&free, &close(ada()), seconds(1), &["#3 closed by Ada"]);
    check(&anns, &close(ada()), seconds(1), &["#4 closed by Ada"]);
    let closed = check(&anns, &close(ann()), seconds(1), &["#4 closed by Ann"]);
    assert_eq!(closed.status, ConversationStatus::Closed);
    assert_eq!(closed.waiting_since, None);
    assert_eq!(closed.owner().unwrap().name, "Ann", "whose it was is remembered");
    check(&closed, &close(bob()), seconds(2), &[]);
}

#[test]
fn whoever_reopens_owns_it() {
    let anns = after(&begun(ChannelKind::Sms), [Command::Attend(Attend { by: ann() })]);
    check(&anns, &reopen(bob()), seconds(1), &[]);
    let closed = after(&anns, [close(ann())]);
    let then = &["#5 reopened by Bob", "#6 assigned Bob* by Bob (Reopen), was Ann*", "= assignees Bob*"];
    let bobs = check(&closed, &reopen(bob()), seconds(9), then);
    assert_eq!(bobs.status, ConversationStatus::Open);
    assert_eq!(bobs.last_activity_at, seconds(9));
    check(&closed, &reopen(ann()), seconds(9), &["#5 reopened by Ann"]);
}

#[test]
fn reopening_leaves_one_assignee() {
    let both = vec![
        Candidate { user: ann(), eligible: true, read: ReadState::default() },
        Candidate { user: bob(), eligible: true, read: ReadState::default() },
    ];
    let state = after(&begun(ChannelKind::Sms), [Command::Assign(assign(ada(), both)), close(ann())]);
    let then = &["#5 reopened by Ann", "#6 assigned Ann* by Ann (Reopen), was Ann*, Bob", "= assignees Ann*"];
    check(&state, &reopen(ann()), seconds(9), then);
    let free = after(&begun(ChannelKind::Sms), [close(ada())]);
    let then = &["#4 reopened by Ann", "#5 assigned Ann* by Ann (Reopen), was nobody", "= assignees Ann*"];
    check(&free, &reopen(ann()), seconds(9), then);
}

#[test]
fn closing_and_reopening_leave_the_window_alone() {
    let state = after(&begun(ChannelKind::Whatsapp), [Command::Attend(Attend { by: ann() }), close(ann())]);
    let state = state.handle(&reopen(ann()), hours(23)).unwrap().next;
    assert_eq!(state.window(hours(23)).unwrap().expires_at, Some(hours(24)));
    check(&state, &replied(2, &ann(), "Hi"), hours(24), &["refused window_closed"]);
}

#[test]
fn receipts_and_files_still_reach_a_closed_conversation() {
    let state = after(&begun(ChannelKind::Webchat), [replied(2, &ann(), "Hi"), close(ann())]);
    let seen = Command::Acknowledge(seen(4, Status::Read));
    check(&state, &seen, seconds(9), &["#6 status 2 read", "= message 2 read", "- queued 2"]);
    let media = file(50, MediaKind::Image, MediaState::Unavailable);
    let gone = Command::FileArrived(FileArrived { message_id: MessageId(1), media });
    check(&state, &gone, seconds(9), &["#6 media 1 unavailable", "= media 50 unavailable"]);
}

#[test]
fn every_refusal_has_a_code_and_a_sentence_of_its_own() {
    let all = [
        Refusal::AlreadyAssigned { to: ann().id, name: "Ann".to_owned() },
        Refusal::NotAssignee,
        Refusal::NotMember { user: ann().id },
        Refusal::ConversationClosed,
        Refusal::OpenConversationExists { id: None },
        Refusal::WindowClosed { closed_at: None },
        Refusal::ClientIdReused,
        Refusal::Invalid { field: "text", detail: "is missing".to_owned() },
        Refusal::ChannelNotConnected,
        Refusal::StaleVersion,
    ];
    let codes: std::collections::BTreeSet<&str> = all.iter().map(Refusal::code).collect();
    assert_eq!(codes.len(), all.len());
    for refusal in all {
        assert!(refusal.code().chars().all(|c| c.is_ascii_lowercase() || c == '_'));
        assert!(refusal.to_string().len() > 10, "{refusal}");
    }
}
