//! Advance, Acknowledge, FileArrived: receipts in every order, before and after the provider's answer, and a visitor's browser.

use super::*;

fn receipt(status: Status, second: u64) -> Receipt {
    let failure = (status == Status::Failed)
        .then(|| Failure { code: "131047".to_owned(), detail: "Too late.".to_owned() });
    Receipt { status, at: seconds(second), failure }
}

/// News about message 2 as the conversation remembers it, or as the database would say if it did not.
fn news(state: &Conversation, status: Status, provider_message_id: Option<&str>) -> Command {
    let message = state.recent_outbound.iter().find(|sent| sent.id == MessageId(2)).cloned().unwrap();
    let provider_message_id = provider_message_id.map(str::to_owned);
    Command::Advance(Advance { message, receipt: receipt(status, 60), provider_message_id })
}

fn sent() -> Conversation {
    after(&begun(ChannelKind::Whatsapp), [replied(2, &ann(), "Hi")])
}

#[test]
fn each_step_is_an_event_and_the_row_shows_it() {
    let state = sent();
    let then = &["#5 status 2 sending", "= message 2 sending"];
    let state = check(&state, &news(&state, Status::Sending, None), seconds(1), then);
    let then = &["#6 status 2 sent", "= message 2 sent as wamid.X", "- queued 2"];
    let state = check(&state, &news(&state, Status::Sent, Some("wamid.X")), seconds(2), then);
    let then = &["#7 status 2 delivered", "= message 2 delivered", "- queued 2"];
    let state = check(&state, &news(&state, Status::Delivered, None), seconds(3), then);
    let then = &["#8 status 2 read", "= message 2 read", "- queued 2"];
    let state = check(&state, &news(&state, Status::Read, None), seconds(4), then);
    assert_eq!(state.last_message.unwrap().status, Some(Status::Read));
}

#[test]
fn a_failure_carries_its_reason_and_gives_way_to_proof_of_delivery() {
    let state = sent();
    let then = &["#5 status 2 failed!131047", "= message 2 failed!131047", "- queued 2"];
    let failed = check(&state, &news(&state, Status::Failed, None), seconds(1), then);
    let then = &["#6 status 2 delivered", "= message 2 delivered", "- queued 2"];
    check(&failed, &news(&failed, Status::Delivered, None), seconds(2), then);
}

#[test]
fn an_unknown_outcome_leaves_the_queue_and_is_resolved_by_later_news() {
    let state = sent();
    let then = &["#5 status 2 unknown", "= message 2 unknown", "- queued 2"];
    let unknown = check(&state, &news(&state, Status::Unknown, None), seconds(1), then);
    check(&unknown, &news(&unknown, Status::Sending, None), seconds(1), &[]);
    let then = &["#6 status 2 sent", "= message 2 sent as wamid.X", "- queued 2"];
    check(&unknown, &news(&unknown, Status::Sent, Some("wamid.X")), seconds(2), then);
}

/// To see it go red: let `Status::join` return its argument.
#[test]
fn every_order_of_callbacks_and_the_answer_itself_end_in_two_blue_ticks() {
    // The provider's answer to the send is one of the five pieces of news: callbacks overtake it.
    let pieces = [
        (Status::Sending, None),
        (Status::Sent, Some("wamid.X")),
        (Status::Sent, None),
        (Status::Delivered, None),
        (Status::Read, None),
    ];
    for order in orders(pieces.len()) {
        let mut state = sent();
        let mut ids = 0;
        let mut queued = true;
        let mut steps = Vec::new();
        for (status, id) in order.iter().map(|i| pieces[*i]) {
            let outcome = state.handle(&news(&state, status, id), seconds(60)).unwrap();
            lawful(&state, &outcome);
            for change in &outcome.changes {
                match change {
                    Change::UpdateMessage(update) => ids += i32::from(update.provider_message_id.is_some()),
                    Change::Dequeue { .. } => queued = false,
                    other => panic!("{other:?}"),
                }
            }
            steps.extend(outcome.events.iter().map(|event| match event.kind {
                EventKind::Status { status, .. } => status,
                ref other => panic!("{other:?}"),
            }));
            state = outcome.next;
        }
        assert_eq!(state.recent_outbound[0].status, Status::Read, "{order:?}");
        assert_eq!(state.last_message.as_ref().unwrap().status, Some(Status::Read), "{order:?}");
        assert_eq!(ids, 1, "the provider's id is stored whenever the answer comes: {order:?}");
        assert!(!queued, "{order:?}");
        let climbing = steps.windows(2).all(|pair| pair[0].join(pair[1]) == pair[1]);
        assert!(climbing, "ticks only climb: {steps:?}");
    }
}

#[test]
fn stale_news_and_repeats_change_nothing() {
    let state = sent();
    let read = after(&state, [news(&state, Status::Read, None)]);
    for status in
        [Status::Queued, Status::Sending, Status::Unknown, Status::Failed, Status::Cancelled, Status::Read]
    {
        check(&read, &news(&read, status, None), seconds(9), &[]);
    }
}

/// "Read" may overtake "delivered"; each step still gets its own time.
#[test]
fn a_step_that_was_overtaken_still_leaves_its_time() {
    let state = sent();
    let read = after(&state, [news(&state, Status::Read, None)]);
    for status in [Status::Sent, Status::Delivered] {
        let outcome = read.handle(&news(&read, status, None), seconds(9)).unwrap();
        let [Change::UpdateMessage(update), ..] = &outcome.changes[..] else { panic!("{outcome:?}") };
        assert_eq!((update.status, update.step, update.at), (Status::Read, status, seconds(60)));
        assert!(outcome.events.is_empty() && !outcome.changes_head(&read));
    }
}

#[test]
fn only_the_newest_message_shows_in_the_list() {
    let state = after(&sent(), [replied(3, &ann(), "More")]);
    let state = after(&state, [news(&state, Status::Read, None)]);
    assert_eq!(state.last_message.unwrap().status, Some(Status::Queued));
}

#[test]
fn a_forgotten_message_still_climbs_from_what_the_database_says() {
    let mut state = sent();
    let message = state.recent_outbound.pop_front().unwrap();
    let message = Outbound { status: Status::Delivered, ..message };
    let advance = |status| {
        Command::Advance(Advance {
            message: message.clone(),
            receipt: receipt(status, 60),
            provider_message_id: None,
        })
    };
    check(&state, &advance(Status::Failed), seconds(9), &[]);
    let then = &["#5 status 2 read", "= message 2 read", "- queued 2"];
    check(&state, &advance(Status::Read), seconds(9), then);
}

#[test]
fn a_visitors_browser_acknowledges_everything_up_to_a_number() {
    let state = after(&begun(ChannelKind::Webchat), [replied(2, &ann(), "a"), replied(3, &ann(), "b")]);
    let upto = |upto, status| Command::Acknowledge(seen(upto, status));
    check(&state, &upto(3, Status::Delivered), seconds(9), &[]);
    let then = &["#6 status 2 delivered", "= message 2 delivered", "- queued 2"];
    let first = check(&state, &upto(4, Status::Delivered), seconds(9), then);
    let then = &[
        "#7 status 2 read",
        "#8 status 3 read",
        "= message 2 read",
        "- queued 2",
        "= message 3 read",
        "- queued 3",
    ];
    let seen = check(&first, &upto(99, Status::Read), seconds(9), then);
    check(&seen, &upto(99, Status::Delivered), seconds(9), &[]);
}

/// To see it go red: leave the channel or `gone` out of `Acknowledge::decide`.
#[test]
fn a_visitors_browser_speaks_for_its_own_channel_only() {
    let text = Reply { route: Some(route(ChannelKind::Sms)), ..reply(2, &ann(), "By SMS") };
    let state = after(&begun(ChannelKind::Webchat), [Command::Reply(Box::new(text))]);
    check(&state, &Command::Acknowledge(seen(99, Status::Read)), seconds(9), &[]);
    let channel_id = route(ChannelKind::Sms).channel_id;
    let of_the_line = Acknowledge { channel_id, ..seen(99, Status::Read) };
    check(&state, &Command::Acknowledge(of_the_line), seconds(9), &[]);
}

#[test]
fn what_is_no_longer_in_mind_is_acknowledged_too() {
    let state = after(&begun(ChannelKind::Webchat), [replied(2, &ann(), "a")]);
    let mut old = state.recent_outbound[0].clone();
    (old.id, old.seq) = (MessageId(90), 1);
    let then = &[
        "#5 status 90 read",
        "#6 status 2 read",
        "= message 90 read",
        "- queued 90",
        "= message 2 read",
        "- queued 2",
    ];
    let seen = Acknowledge { older: vec![old], ..seen(99, Status::Read) };
    check(&state, &Command::Acknowledge(seen), seconds(9), then);
}

#[test]
fn a_files_arrival_is_told() {
    let media = file(50, MediaKind::Image, MediaState::Ready);
    let arrived = Command::FileArrived(FileArrived { message_id: MessageId(1), media });
    check(&begun(ChannelKind::Sms), &arrived, seconds(3), &["#3 media 1 ready", "= media 50 ready"]);
}

/// All orders of `0..count`.
fn orders(count: usize) -> Vec<Vec<usize>> {
    if count == 0 {
        return vec![Vec::new()];
    }
    let shorter = orders(count - 1);
    let insert = |order: &Vec<usize>, at: usize| {
        let mut order = order.clone();
        order.insert(at, count - 1);
        order
    };
    shorter.iter().flat_map(|order| (0..count).map(move |at| insert(order, at))).collect()
}
