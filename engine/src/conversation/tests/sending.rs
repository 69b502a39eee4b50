//! Tables of what happens to messages that wait, fail or are taken back, and of what people say about being written to.

use super::*;
use crate::consent::{Consent, ConsentSource, ConsentState, ConsentTopic, Standing};
use crate::ids::GroupId;
use crate::sending::{Circumstances, Hold, HoldReason, Purpose};

fn queued(kind: ChannelKind) -> Conversation {
    after(&begun(kind), [replied(2, &ann(), "Hi")])
}

fn outbound(state: &Conversation) -> Outbound {
    state.recent_outbound.back().unwrap().clone()
}

fn waiting(state: &Conversation, around: &Circumstances, hold: Option<Hold>) -> Waiting {
    let message = outbound(state);
    Waiting { message, attempt: 1, hold, purpose: Purpose::FreeText, around: around.clone() }
}

fn with_status(state: &Conversation, status: Status) -> Conversation {
    let message = outbound(state);
    let failure =
        (status == Status::Failed).then(|| Failure { code: "30003".to_owned(), detail: "Off.".to_owned() });
    let receipt = Receipt { status, at: seconds(5), failure };
    after(state, [Command::Advance(Advance { message, receipt, provider_message_id: None })])
}

fn retry(state: &Conversation, around: &Circumstances, confirmed: bool) -> Command {
    Command::Retry(Box::new(Retry { by: ann(), waiting: waiting(state, around, None), confirmed }))
}

fn code(state: &Conversation, command: &Command, now: Timestamp) -> Option<&'static str> {
    state.handle(command, now).err().map(|refusal| refusal.code())
}

fn stopped() -> Circumstances {
    let all = ConsentState::OptedOut;
    Circumstances { consent: Standing { all, marketing: all }, ..Circumstances::default() }
}

#[test]
fn s2_10_a_retry_is_the_same_message_and_asks_the_gate_again() {
    let fine = Circumstances::default();
    let failed = with_status(&queued(ChannelKind::Sms), Status::Failed);
    let outcome = failed.handle(&retry(&failed, &fine, false), seconds(9)).unwrap();
    assert_eq!(outbound(&outcome.next).status, Status::Queued);
    let EventKind::Status { message_id, status, attempt, .. } = &outcome.events[0].kind else { panic!() };
    assert_eq!((*message_id, *status, *attempt), (MessageId(2), Status::Queued, Some(2)));
    assert!(matches!(outcome.requests[..], [Request::Transmit { .. }]));
    assert_eq!(code(&failed, &retry(&failed, &stopped(), false), seconds(9)), Some("opted_out"));
    let archived = Circumstances { contact_archived: true, ..Circumstances::default() };
    assert_eq!(code(&failed, &retry(&failed, &archived, false), seconds(9)), Some("contact_archived"));
    let whatsapp = with_status(&queued(ChannelKind::Whatsapp), Status::Failed);
    assert_eq!(code(&whatsapp, &retry(&whatsapp, &fine, false), hours(23)), None);
    assert_eq!(code(&whatsapp, &retry(&whatsapp, &fine, false), hours(24)), Some("window_closed"));
    let closed =
        after(&failed, [Command::Close(Close { by: ada(), pending: None, queued: Vec::new(), note: None })]);
    assert_eq!(code(&closed, &retry(&closed, &fine, false), seconds(9)), Some("conversation_closed"));
}

/// To see it go red: let `Retry` treat `Unknown` like `Failed`.
#[test]
fn s2_10_what_may_have_arrived_is_only_sent_again_knowingly() {
    let fine = Circumstances::default();
    let unknown = with_status(&queued(ChannelKind::Sms), Status::Unknown);
    assert_eq!(code(&unknown, &retry(&unknown, &fine, false), seconds(9)), Some("confirm_required"));
    assert_eq!(code(&unknown, &retry(&unknown, &fine, true), seconds(9)), None);
    for status in [Status::Sent, Status::Delivered, Status::Read] {
        let state = with_status(&queued(ChannelKind::Sms), status);
        assert_eq!(code(&state, &retry(&state, &fine, true), seconds(9)), Some("not_failed"), "{status:?}");
    }
    let still = queued(ChannelKind::Sms);
    assert_eq!(code(&still, &retry(&still, &fine, true), seconds(9)), Some("not_failed"));
}

#[test]
fn s2_11_only_what_has_not_left_is_taken_back() {
    let state = queued(ChannelKind::Sms);
    let cancel = |state: &Conversation, taken_back| {
        Command::Cancel(Cancel { by: ann(), message: outbound(state), taken_back })
    };
    let done = state.handle(&cancel(&state, true), seconds(9)).unwrap();
    assert_eq!(outbound(&done.next).status, Status::Cancelled);
    assert!(done.changes.contains(&Change::Dequeue { message_id: MessageId(2) }));
    // A second time changes nothing.
    assert!(done.next.handle(&cancel(&done.next, false), seconds(10)).unwrap().is_empty());
    // The connector was faster.
    assert_eq!(code(&state, &cancel(&state, false), seconds(9)), Some("already_sent"));
    for status in [Status::Unknown, Status::Sent, Status::Delivered, Status::Failed] {
        let late = with_status(&state, status);
        assert_eq!(code(&late, &cancel(&late, false), seconds(9)), Some("already_sent"), "{status:?}");
    }
}

/// To see it go red: let `Reconsider` skip the gate.
#[test]
fn s2_12_at_its_release_a_message_is_judged_again() {
    let state = queued(ChannelKind::Whatsapp);
    let hold = Some(Hold { reason: HoldReason::BusinessHours, release_at: hours(20) });
    let ask = |around: &Circumstances, hold| {
        Command::Reconsider(Box::new(Reconsider { waiting: waiting(&state, around, hold) }))
    };
    let story = |command: &Command, now| {
        let outcome = state.handle(command, now).unwrap();
        let status = outbound(&outcome.next).status;
        let failure = outcome.events.iter().find_map(|event| match &event.kind {
            EventKind::Status { failure, .. } => failure.as_ref().map(|failure| failure.code.clone()),
            _ => None,
        });
        (status, failure, outcome.requests.len())
    };
    let fine = Circumstances::default();
    assert_eq!(story(&ask(&fine, hold), hours(20)), (Status::Queued, None, 1));
    let failed = |code: &str| (Status::Failed, Some(code.to_owned()), 0);
    assert_eq!(story(&ask(&stopped(), hold), hours(20)), failed("opted_out"));
    assert_eq!(story(&ask(&fine, hold), hours(24)), failed("window_closed"));
    let gone = Circumstances { line: crate::sending::LineHealth::Disconnected, ..Circumstances::default() };
    assert_eq!(story(&ask(&gone, hold), hours(20)), failed("channel_not_connected"));
    // One that only waited its turn, and still may: nothing to say.
    assert!(state.handle(&ask(&fine, None), hours(20)).unwrap().is_empty());
    let sent = with_status(&state, Status::Sent);
    assert!(sent.handle(&ask(&stopped(), hold), hours(20)).unwrap().is_empty());
}

#[test]
fn s0_34_stop_and_start_are_recorded_with_the_message_that_says_them() {
    let said = |kind, text: &str| {
        let outcome = begun(kind).handle(&received(kind, 2, text), seconds(9)).unwrap();
        outcome.changes.iter().find_map(|change| match change {
            Change::SetConsent(said) => Some((said.state, said.channel_id, said.source)),
            _ => None,
        })
    };
    let keyword = ConsentSource::Keyword;
    let line = |kind| Some(route(kind).channel_id);
    let (sms, whatsapp) = (ChannelKind::Sms, ChannelKind::Whatsapp);
    assert_eq!(said(sms, "Stop."), Some((ConsentState::OptedOut, line(sms), keyword)));
    assert_eq!(said(whatsapp, "STOP"), Some((ConsentState::OptedOut, line(whatsapp), keyword)));
    assert_eq!(said(sms, "yes"), Some((ConsentState::OptedIn, line(sms), keyword)));
    assert_eq!(said(sms, "please stop by"), None);
    assert_eq!(said(ChannelKind::Webchat, "STOP"), None);
}

#[test]
fn s2_31_a_provider_that_knows_of_a_stop_is_believed() {
    let state = queued(ChannelKind::Sms);
    let failure = Some(Failure { code: "opted_out".to_owned(), detail: "STOP.".to_owned() });
    let receipt = Receipt { status: Status::Failed, at: seconds(5), failure };
    let news = Command::Advance(Advance { message: outbound(&state), receipt, provider_message_id: None });
    let outcome = state.handle(&news, seconds(6)).unwrap();
    let is_stop = |change: &Change| matches!(change, Change::SetConsent(said) if said.state == ConsentState::OptedOut && said.topic == ConsentTopic::All);
    assert!(outcome.changes.iter().any(is_stop));
    // Once: the same news again is no news.
    assert!(!outcome.next.handle(&news, seconds(7)).unwrap().changes.iter().any(is_stop));
}

#[test]
fn h_28_who_may_enter_what() {
    let state = begun(ChannelKind::Sms);
    let lead = Member { leads: vec![GroupId(3)], ..ann() };
    let set = |by: &Member, state, evidence: Option<&str>| {
        let consent = Consent {
            channel_kind: ChannelKind::Sms,
            channel_id: None,
            topic: ConsentTopic::All,
            state,
            source: ConsentSource::Manual,
            evidence: evidence.map(str::to_owned),
            at: START,
        };
        Command::SetConsent(SetConsent { by: Some(by.clone()), consent })
    };
    let cases = [
        (ann(), ConsentState::OptedOut, None, None),
        (ann(), ConsentState::OptedIn, Some("signed form"), Some("forbidden")),
        (ann(), ConsentState::Unknown, None, Some("forbidden")),
        (lead.clone(), ConsentState::OptedIn, Some("signed form"), None),
        (lead, ConsentState::OptedIn, Some("  "), Some("validation")),
        (ada(), ConsentState::OptedIn, None, Some("validation")),
        (ada(), ConsentState::OptedIn, Some("signed form"), None),
        (ada(), ConsentState::Unknown, None, None),
    ];
    for (by, wanted, evidence, refused) in cases {
        let command = set(&by, wanted, evidence);
        assert_eq!(code(&state, &command, seconds(9)), refused, "{} {wanted:?} {evidence:?}", by.name);
    }
}
