//! Attend, Assign, Unassign: one winner, one owner, unread for whoever gets it.

use super::*;

fn attend(by: Member) -> Command {
    Command::Attend(Attend { by })
}

fn candidate(user: Member) -> Candidate {
    Candidate { user, eligible: true, read: ReadState::default() }
}

fn assign(by: Member, to: Vec<Candidate>) -> Command {
    Command::Assign(super::assign(by, to))
}

#[test]
fn the_first_to_attend_wins_and_the_second_learns_who() {
    let state = begun(ChannelKind::Sms);
    let then = &["#3 assigned Ann* by Ann (Attend), was nobody", "= assignees Ann*"];
    let anns = check(&state, &attend(ann()), seconds(1), then);
    let refusal = anns.handle(&attend(bob()), seconds(1)).unwrap_err();
    assert_eq!(refusal, Refusal::AlreadyAssigned { to: ann().id, name: "Ann".to_owned() });
    check(&anns, &attend(ada()), seconds(1), &["refused already_assigned"]);
    check(&anns, &attend(ann()), seconds(2), &[]);
}

/// To see it go red: let `Attend::decide` take the conversation whoever owns it.
#[test]
fn whoever_of_fifty_comes_first_is_the_only_winner() {
    for first in 0..50 {
        let order = (0..50).map(|i| (i + first) % 50 + 100);
        let mut state = begun(ChannelKind::Sms);
        let mut winners = Vec::new();
        for id in order {
            match state.handle(&attend(member(id, "x", Role::Agent)), seconds(1)) {
                Ok(outcome) => {
                    winners.push(id);
                    state = outcome.next;
                }
                Err(refusal) => assert_eq!(refusal.code(), "already_assigned"),
            }
        }
        assert_eq!(winners, [first + 100]);
        assert_eq!(state.last_seq, 3, "one event, not fifty");
    }
}

#[test]
fn assigning_replaces_everyone_and_the_first_named_owns() {
    let state = after(&begun(ChannelKind::Sms), [attend(ann())]);
    let then = &[
        "#4 assigned Bob*, Ann by Ada (Assign), was Ann*",
        "= assignees Bob*, Ann",
        "= read by 12 #0 (0 in) unread",
    ];
    check(&state, &assign(ada(), vec![candidate(bob()), candidate(ann())]), seconds(2), then);
}

#[test]
fn what_becomes_yours_is_unread_unless_you_took_it_or_had_it() {
    let state = begun(ChannelKind::Sms);
    let had_read = ReadState { last_read_seq: 2, read_inbound_count: 1, forced_unread: false };
    let then = &[
        "#3 assigned Bob* by Ada (Assign), was nobody",
        "= assignees Bob*",
        "= read by 12 #2 (1 in) unread",
    ];
    let to = vec![Candidate { read: had_read, ..candidate(bob()) }];
    check(&state, &assign(ada(), to), seconds(2), then);
    // Oneself: nothing becomes unread.
    let then = &["#3 assigned Ann* by Ann (Assign), was nobody", "= assignees Ann*"];
    check(&state, &assign(ann(), vec![candidate(ann())]), seconds(2), then);
    // Already marked: nothing to write.
    let marked = ReadState { forced_unread: true, ..had_read };
    let then = &["#3 assigned Bob* by Ada (Assign), was nobody", "= assignees Bob*"];
    check(&state, &assign(ada(), vec![Candidate { read: marked, ..candidate(bob()) }]), seconds(2), then);
    // An assignee who stays has nothing new.
    let both = after(&state, [assign(ada(), vec![candidate(ann()), candidate(bob())])]);
    let then = &["#4 assigned Bob* by Ada (Assign), was Ann*, Bob", "= assignees Bob*"];
    check(&both, &assign(ada(), vec![candidate(bob())]), seconds(2), then);
}

#[test]
fn assigning_what_is_so_already_changes_nothing_and_a_name_twice_counts_once() {
    let state = after(&begun(ChannelKind::Sms), [attend(ann())]);
    check(&state, &assign(ada(), vec![candidate(ann())]), seconds(2), &[]);
    check(&state, &assign(ada(), vec![candidate(ann()), candidate(ann())]), seconds(2), &[]);
}

#[test]
fn strangers_and_nobody_cannot_be_assigned() {
    let state = begun(ChannelKind::Sms);
    let stranger = Candidate { eligible: false, ..candidate(bob()) };
    check(&state, &assign(ada(), vec![candidate(ann()), stranger]), seconds(2), &["refused not_member"]);
    check(&state, &assign(ada(), Vec::new()), seconds(2), &["refused validation user_ids"]);
}

#[test]
fn assignees_and_admins_unassign_and_others_do_not() {
    let state = begun(ChannelKind::Sms);
    let unassign = |by| Command::Unassign(Unassign { by });
    check(&state, &unassign(ann()), seconds(1), &[]);
    let anns = after(&state, [attend(ann())]);
    check(&anns, &unassign(bob()), seconds(1), &["refused not_assignee"]);
    for by in [ann(), ada()] {
        let line = format!("#4 unassigned by {}, was Ann*", by.name);
        let free = check(&anns, &unassign(by), seconds(1), &[&line, "= assignees nobody"]);
        assert!(free.owner().is_none());
    }
}

#[test]
fn a_closed_conversation_is_nobodys_to_take() {
    let closed = after(&begun(ChannelKind::Sms), [close(ada())]);
    let commands =
        [attend(ann()), assign(ada(), vec![candidate(ann())]), Command::Unassign(Unassign { by: ann() })];
    for command in commands {
        check(&closed, &command, seconds(1), &["refused conversation_closed"]);
    }
}

fn release(user: Member, reason: UnassignReason) -> Command {
    Command::Release(Release { user: user.id, by: Actor::from(&ada()), reason })
}

/// To see it go red: keep the owner's mark with whoever had it.
#[test]
fn whoever_leaves_is_taken_out_and_the_next_in_line_owns() {
    let both = after(&begun(ChannelKind::Sms), [assign(ada(), vec![candidate(ann()), candidate(bob())])]);
    let then = &["#4 unassigned by Ada, was Ann*: LeftGroup", "= assignees Bob*"];
    let bobs = check(&both, &release(ann(), UnassignReason::LeftGroup), seconds(2), then);
    check(&bobs, &release(ann(), UnassignReason::LeftGroup), seconds(3), &[]);
    let then = &["#5 unassigned by Ada, was Bob*: Deactivated", "= assignees nobody"];
    check(&bobs, &release(bob(), UnassignReason::Deactivated), seconds(3), then);
}

#[test]
fn a_conversation_nobody_is_left_to_see_is_shown_to_its_group() {
    let mut hidden = begun(ChannelKind::Sms);
    hidden.visible_to = Some([ann().id].into());
    let shown = check(&hidden, &Command::Reveal(Reveal), seconds(2), &["#3 updated visible_to", "= viewers"]);
    assert_eq!(shown.visible_to, None);
    check(&shown, &Command::Reveal(Reveal), seconds(2), &[]);
}
