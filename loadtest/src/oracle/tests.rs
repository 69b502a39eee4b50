//! A run without fault, and every fault planted into it: each must be found, and by its own name.

use super::*;
use crate::client::frame::Entry;
use crate::journal::{Client, Line};
use crate::marker::Kind;

const RUN: u16 = 7;

fn marker(number: u32, sender: u32, nth: u32) -> Marker {
    Marker { run: RUN, kind: Kind::Inbound, number, sender, nth }
}

fn stored(seq: i64, marker: Option<Marker>) -> Stored {
    let kind = if marker.is_some() { 'm' } else { 'c' };
    Stored { seq, kind, message: seq * 100, marker, intact: true, status: None }
}

fn line(conversation: i64, entry: &Stored) -> Line {
    let Stored { seq, kind, message, marker, .. } = *entry;
    Line::Received(Entry { kind, conversation, seq, message, marker })
}

/// Two senders with three messages each, two agents who heard everything.
fn faultless() -> Evidence {
    let mut evidence = Evidence { run: RUN, ..Evidence::default() };
    evidence.demands = Demands { ordered: true, complete_streams: true, ticks: true };
    let mut lines = vec![Line::Connected];
    let mut rows = Rows::default();
    for sender in [0, 1] {
        let id = i64::from(sender) + 50;
        let mut entries = vec![stored(1, None)];
        for nth in 1..=3 {
            let marker = marker(sender * 10 + nth, sender, nth);
            evidence.record.intents.push(marker);
            evidence.record.acked.push(marker.number);
            entries.push(stored(i64::from(nth) + 1, Some(marker)));
            rows.markers.push(marker);
        }
        lines.extend(entries.iter().map(|entry| line(id, entry)));
        rows.conversations.push(Numbering { conversation: id, events: 4, first: 1, last: 4, last_seq: 4 });
        evidence.stored.push(Conversation { id, seq: 4, phone: String::new(), entries });
    }
    (rows.events, rows.newest_position) = (8, 8);
    evidence.rows = Some(rows);
    evidence.record.streams = vec![(Client::Agent, lines.clone()), (Client::Agent, lines)];
    evidence
}

/// Plants a fault and expects it to be found.
#[track_caller]
fn check(invariant: &str, kind: &str, plant: impl FnOnce(&mut Evidence)) {
    let mut evidence = faultless();
    plant(&mut evidence);
    let (found, _) = judge(&evidence);
    let seen = found.iter().any(|one| one.invariant == invariant && one.kind == kind);
    assert!(seen, "{invariant} {kind} was not found among {found:#?}");
}

fn entries(evidence: &mut Evidence) -> &mut Vec<Stored> {
    &mut evidence.stored[0].entries
}

fn stream(evidence: &mut Evidence) -> &mut Vec<Line> {
    &mut evidence.record.streams[0].1
}

fn rows(evidence: &mut Evidence) -> &mut Rows {
    evidence.rows.as_mut().unwrap()
}

#[test]
fn a_faultless_run_passes_and_is_counted() {
    let (found, counted) = judge(&faultless());
    assert_eq!(found, vec![]);
    assert_eq!((counted.intended, counted.acknowledged, counted.stored, counted.received), (6, 6, 6, 16));
}

#[test]
fn a_sent_message_without_acknowledgement_may_be_there_or_not() {
    let mut evidence = faultless();
    evidence.record.acked.pop();
    assert_eq!(judge(&evidence).0, vec![]);
    evidence.record.intents.push(marker(99, 1, 4));
    assert_eq!(judge(&evidence).0, vec![]);
}

#[test]
fn lost_messages_are_found_wherever_they_are_missing() {
    check("I1", "lost", |evidence| {
        entries(evidence).remove(2);
    });
    check("I1", "lost", |evidence| {
        rows(evidence).markers.pop();
    });
    check("I1", "lost", |evidence| {
        stream(evidence).remove(3);
    });
    check("I1", "lost", |evidence| stream(evidence).truncate(1));
}

#[test]
fn duplicates_are_found() {
    check("I1", "duplicate", |evidence| {
        let twin = Stored { seq: 5, ..entries(evidence)[1].clone() };
        entries(evidence).push(twin);
    });
    check("I1", "duplicate", |evidence| {
        let twin = rows(evidence).markers[0];
        rows(evidence).markers.push(twin);
    });
}

#[test]
fn a_customer_in_two_conversations_is_found() {
    check("I1", "doubled", |evidence| {
        let moved = entries(evidence).remove(3);
        evidence.stored[1].entries.push(Stored { seq: 5, ..moved });
    });
}

#[test]
fn holes_are_found() {
    check("I2", "hole", |evidence| rows(evidence).conversations[0].events = 3);
    check("I2", "hole", |evidence| rows(evidence).conversations[0].first = 2);
    check("I2", "hole", |evidence| rows(evidence).conversations[1].last_seq = 5);
    check("I2", "hole", |evidence| rows(evidence).newest_position = 9);
    check("I2", "hole", |evidence| evidence.stored[0].seq = 3);
    check("I3", "hole", |evidence| {
        stream(evidence).remove(2);
    });
    check("I3", "hole", |evidence| {
        let late = stored(5, Some(marker(4, 0, 4)));
        evidence.record.intents.push(marker(4, 0, 4));
        entries(evidence).push(late);
    });
}

#[test]
fn disorder_is_found() {
    check("I2", "order", |evidence| entries(evidence).swap(1, 2));
    check("I3", "order", |evidence| stream(evidence).swap(2, 3));
    check("I3", "order", |evidence| {
        let (a, b) = (entries(evidence)[1].marker, entries(evidence)[2].marker);
        entries(evidence)[1].marker = b;
        entries(evidence)[2].marker = a;
    });
    check("I3", "order", |evidence| {
        let again = stream(evidence)[3];
        stream(evidence).push(again);
    });
}

#[test]
fn inventions_are_found() {
    check("I4", "invented", |evidence| {
        evidence.record.intents.remove(0);
    });
    check("I4", "invented", |evidence| {
        let stranger = marker(77, 0, 4);
        entries(evidence).push(stored(5, Some(stranger)));
    });
    check("I4", "invented", |evidence| {
        let ghost = stored(9, Some(marker(2, 0, 2)));
        stream(evidence).push(line(50, &ghost));
    });
    check("I4", "differs", |evidence| entries(evidence)[2].intact = false);
    check("I3", "differs", |evidence| {
        let Line::Received(entry) = &mut stream(evidence)[2] else { panic!("no entry") };
        entry.marker = Some(marker(12, 1, 2));
    });
}

#[test]
fn a_tick_below_the_news_is_found_and_above_a_failure_is_right() {
    let told = |evidence: &mut Evidence, shown: &str, news: &[&str]| {
        evidence.record.statuses = news.iter().map(|status| (1, (*status).to_owned())).collect();
        entries(evidence)[1].status = Some(shown.to_owned());
    };
    check("I5", "tick", |evidence| told(evidence, "sent", &["read", "sent", "delivered"]));
    check("I5", "tick", |evidence| told(evidence, "failed", &["delivered", "failed"]));
    let mut evidence = faultless();
    told(&mut evidence, "delivered", &["failed", "delivered", "sent"]);
    assert_eq!(judge(&evidence).0, vec![]);
}

#[test]
fn a_replay_may_overlap_and_a_resync_may_jump() {
    let mut evidence = faultless();
    let lines = stream(&mut evidence);
    let overlap = [Line::Connected, lines[7], lines[8]];
    lines.extend(overlap);
    let (found, counted) = judge(&evidence);
    assert_eq!((found, counted.repeats_after_resume), (vec![], 2));
    let mut evidence = faultless();
    let lines = stream(&mut evidence);
    *lines = vec![lines[0], lines[1], Line::Closed, Line::Connected, Line::Resync, lines[4]];
    let (found, counted) = judge(&evidence);
    assert_eq!((found, counted.resyncs), (vec![], 1));
}
