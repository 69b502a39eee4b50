//! Broadcasts: silence until the contact answers, one more bubble where a conversation is open.

use super::*;
use crate::consent::{ConsentState, Standing};
use crate::message::Sender;
use crate::sending::{Circumstances, HoldReason};

fn announced(id: i64) -> Command {
    Command::Announce(Box::new(announce(id, id, route(ChannelKind::Sms))))
}

fn awakening(number: i64) -> Beginning {
    let visible_to = Some([ann().id].into());
    let awakening = Some(Awakening { number, visible_to, previous: Some(ConversationId(3)) });
    Beginning { birth: None, awakening }
}

/// To see it go red: leave `status` out of `Conversation::silent`.
#[test]
fn a_broadcast_is_no_conversation_until_the_answer() {
    let sent = unborn().handle(&announced(1), START).unwrap();
    let silent = &sent.next;
    assert_eq!((silent.status, silent.number), (ConversationStatus::Silent, -silent.id.0));
    assert_eq!((&silent.last_message, silent.waiting_since, silent.inbound_count), (&None, None, 0));
    assert!(matches!(&sent.events[..], [Event { seq: 1, kind: EventKind::Message(message), .. }]
        if message.sender == Sender::Broadcast(crate::ids::BroadcastId(1))));
    assert!(sent.changes.iter().any(|change| matches!(change, Change::Reach { .. })));
    let answer = Receive { beginning: awakening(1_050), ..receive(ChannelKind::Sms, 2, "Yes please") };
    let answered = silent.handle(&Command::Receive(Box::new(answer)), hours(1)).unwrap();
    let kinds: Vec<i64> = answered.events.iter().map(|event| event.seq).collect();
    assert_eq!(kinds, [2, 3]);
    assert!(matches!(answered.events[0].kind, EventKind::Created { .. }));
    let next = &answered.next;
    assert_eq!((next.status, next.number, next.inbound_count), (ConversationStatus::Open, 1_050, 1));
    assert_eq!(next.visible_to.as_deref(), Some(&[ann().id][..]), "as the contact's are now");
    assert!(answered.changes.contains(&Change::SetVisibility));
}

#[test]
fn a_colleague_who_writes_ends_the_silence_too() {
    let silent = unborn().handle(&announced(1), START).unwrap().next;
    let line = Some(route(ChannelKind::Sms));
    let usual = Reply { route: line, ..reply(2, &ann(), "Did you see our offer?") };
    let refused = silent.handle(&Command::Reply(Box::new(usual.clone())), hours(1)).unwrap_err();
    assert_eq!(refused.code(), "conversation_closed", "only who begins one");
    let begun = Reply { beginning: awakening(1_050), ..usual };
    let next = silent.handle(&Command::Reply(Box::new(begun)), hours(1)).unwrap().next;
    assert_eq!(
        (next.status, next.owner().map(|one| one.user_id)),
        (ConversationStatus::Open, Some(ann().id))
    );
}

/// To see it go red: set `last_activity_at` in `Announce::append`.
#[test]
fn an_open_conversation_gets_a_bubble_and_stays_where_it_is() {
    let open = begun(ChannelKind::Sms);
    let sent = open.handle(&announced(7), hours(2)).unwrap();
    let kept = |state: &Conversation| {
        (state.last_activity_at, state.waiting_since, state.last_message.clone(), state.inbound_count)
    };
    assert_eq!(kept(&sent.next), kept(&open));
    assert_eq!(sent.next.status, ConversationStatus::Open);
    assert!(sent.next.handle(&announced(7), hours(3)).unwrap().is_empty(), "the same broadcast, once");
}

#[test]
fn who_wants_none_gets_none() {
    let with = |around: Circumstances| {
        let usual = announce(1, 1, route(ChannelKind::Sms));
        unborn().handle(&Command::Announce(Box::new(Announce { around, ..usual })), START)
    };
    let said =
        |all, marketing| Circumstances { consent: Standing { all, marketing }, ..Circumstances::default() };
    let (unknown, out) = (ConsentState::Unknown, ConsentState::OptedOut);
    assert_eq!(with(said(out, unknown)).unwrap_err().code(), "opted_out");
    assert_eq!(with(said(unknown, out)).unwrap_err().code(), "opted_out");
    assert!(with(said(unknown, unknown)).is_ok());
    let archived = Circumstances { contact_archived: true, ..Circumstances::default() };
    assert_eq!(with(archived).unwrap_err().code(), "contact_archived");
}

/// "Replies inside an open window may go at once" is about replies.
#[test]
fn a_broadcast_waits_for_business_hours_even_in_an_open_window() {
    let hours_of = crate::business_hours::Schedule {
        time_zone: "UTC".to_owned(),
        weekly: [("mon".to_owned(), vec![("09:00".to_owned(), "17:00".to_owned())])].into_iter().collect(),
        ..Default::default()
    };
    let settings = crate::business::Settings {
        hold_outside_hours: true,
        replies_in_window_go_at_once: true,
        ..Default::default()
    };
    let hours = Some(Arc::new(crate::business_hours::BusinessHours::new(hours_of).unwrap()));
    let around = Circumstances { hours, settings, ..Circumstances::default() };
    let line = Route { last_inbound_at: Some(START), ..route(ChannelKind::Sms) };
    // A Sunday.
    let now = Timestamp(1_767_520_800_000_000);
    let usual = announce(1, 1, Route { last_inbound_at: Some(now), ..line });
    let sent = unborn().handle(&Command::Announce(Box::new(Announce { around, ..usual })), now).unwrap();
    let held = sent.events.iter().find_map(|event| match &event.kind {
        EventKind::Message(message) => message.hold,
        _ => None,
    });
    assert_eq!(held.map(|hold| hold.reason), Some(HoldReason::BusinessHours));
}
