//! AddAssignee, RemoveAssignee, and what the business lets agents do with each other.

use super::*;

fn candidate(user: Member) -> Candidate {
    Candidate { user, eligible: true, read: ReadState::default() }
}

fn add(by: Member, user: Member) -> Command {
    Command::AddAssignee(AddAssignee { by, candidate: candidate(user), policy: FREE })
}

fn remove(by: Member, user: &Member) -> Command {
    Command::RemoveAssignee(RemoveAssignee { by, user: user.id })
}

#[test]
fn s0_42_several_answer_and_one_owns() {
    let anns = after(&begun(ChannelKind::Sms), [Command::Attend(Attend { by: ann() })]);
    let then = &[
        "#4 assigned Ann*, Bob by Ann (Add), was Ann*",
        "= assignees Ann*, Bob",
        "= read by 12 #0 (0 in) unread",
    ];
    let both = check(&anns, &add(ann(), bob()), seconds(1), then);
    check(&both, &add(ada(), bob()), seconds(2), &[]);
    // Bob may leave, and Ann (who may close it) may take him out; whoever owned it hands it on.
    check(
        &both,
        &remove(bob(), &bob()),
        seconds(2),
        &["#5 unassigned by Bob, was Bob: Removed", "= assignees Ann*"],
    );
    check(
        &both,
        &remove(bob(), &ann()),
        seconds(2),
        &["#5 unassigned by Bob, was Ann*: Removed", "= assignees Bob*"],
    );
    check(&anns, &remove(bob(), &ann()), seconds(2), &["refused not_assignee"]);
    check(&anns, &remove(ada(), &bob()), seconds(2), &[]);
    let free = begun(ChannelKind::Sms);
    check(
        &free,
        &add(ann(), ann()),
        seconds(1),
        &["#3 assigned Ann* by Ann (Add), was nobody", "= assignees Ann*"],
    );
}

#[test]
fn q6_a_business_may_keep_agents_from_handing_over() {
    let free = begun(ChannelKind::Sms);
    let no_admins = Policy { agents_can_assign: true, agents_assign_admins: false };
    let nobody = Policy { agents_can_assign: false, agents_assign_admins: true };
    let cases = [
        (no_admins, ann(), ada(), Some("forbidden")),
        (no_admins, ann(), bob(), None),
        (no_admins, ada(), ada(), None),
        (nobody, ann(), bob(), Some("forbidden")),
        (nobody, ann(), ann(), None),
        (nobody, ada(), bob(), None),
        (FREE, ann(), ada(), None),
    ];
    for (policy, by, to, wanted) in cases {
        let to = vec![candidate(to)];
        let given = Command::Assign(Assign { policy, ..assign(by.clone(), to.clone()) });
        let refused = free.handle(&given, seconds(1)).err().map(|refusal| refusal.code());
        assert_eq!(refused, wanted, "{policy:?} {} {to:?}", by.name);
        let added = Command::AddAssignee(AddAssignee { by, candidate: to[0].clone(), policy });
        assert_eq!(free.handle(&added, seconds(1)).err().map(|refusal| refusal.code()), wanted);
    }
}

#[test]
fn s0_15_who_saw_an_older_row_is_told() {
    let free = begun(ChannelKind::Sms);
    let seen = Some(free.version);
    let to_bob = Assign { expected_version: seen, ..assign(ann(), vec![candidate(bob())]) };
    let state = after(&free, [Command::Assign(to_bob)]);
    let late = Assign { expected_version: seen, ..assign(bob(), vec![candidate(ann())]) };
    check(&state, &Command::Assign(late), seconds(2), &["refused stale_version"]);
}

#[test]
fn s2_25_out_of_a_list_only_admins_take_from_others() {
    let bobs = after(&begun(ChannelKind::Sms), [Command::Attend(Attend { by: bob() })]);
    let bulk = |by: Member| Command::Assign(Assign { bulk: true, ..assign(by, vec![candidate(ann())]) });
    check(&bobs, &bulk(ann()), seconds(2), &["refused forbidden"]);
    let moved =
        &["#4 assigned Ann* by Bob (Assign), was Bob*", "= assignees Ann*", "= read by 11 #0 (0 in) unread"];
    check(&bobs, &bulk(bob()), seconds(2), moved);
    assert!(bobs.handle(&bulk(ada()), seconds(2)).is_ok());
}
