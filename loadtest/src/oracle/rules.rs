//! I1, I2, I4, I5 and the order of senders, on what API and database hold.

use super::{Conversation, Counted, Evidence, Stored, Violation};
use crate::marker::{Kind, Marker};
use std::collections::HashMap;

/// I1 on the API and on the database.
pub(super) fn acknowledged(evidence: &Evidence, found: &mut Vec<Violation>) -> Counted {
    let record = &evidence.record;
    let api = count(of_run(evidence, evidence.stored.iter().flat_map(markers)));
    judge_counts(record.acked.iter().copied(), &api, "the API", found);
    if let Some(rows) = &evidence.rows {
        let database = count(of_run(evidence, rows.markers.iter().copied()));
        judge_counts(record.acked.iter().copied(), &database, "the database", found);
    }
    Counted {
        intended: record.intents.len(),
        acknowledged: record.acked.len(),
        stored: api.values().map(|count| *count as usize).sum(),
        conversations: evidence.stored.len(),
        ..Counted::default()
    }
}

fn markers(conversation: &Conversation) -> impl Iterator<Item = Marker> + '_ {
    conversation.entries.iter().filter_map(|entry| entry.marker)
}

fn of_run(evidence: &Evidence, all: impl Iterator<Item = Marker>) -> impl Iterator<Item = Marker> {
    all.filter(|marker| marker.run == evidence.run)
}

fn count(markers: impl Iterator<Item = Marker>) -> HashMap<u32, u32> {
    let mut counts = HashMap::new();
    for marker in markers {
        *counts.entry(marker.number).or_default() += 1;
    }
    counts
}

fn judge_counts(
    acked: impl Iterator<Item = u32>,
    counts: &HashMap<u32, u32>,
    place: &str,
    found: &mut Vec<Violation>,
) {
    for number in acked.filter(|number| !counts.contains_key(number)) {
        found.push(Violation::new(
            "I1",
            "lost",
            format!("message {number} was acknowledged; {place} does not have it"),
        ));
    }
    for (number, count) in counts.iter().filter(|(_, count)| **count > 1) {
        found.push(Violation::new("I1", "duplicate", format!("{place} has message {number} {count} times")));
    }
}

/// I2: numbers without holes, in the timeline as far as it shows them and in the table of events.
pub(super) fn numbering(evidence: &Evidence, found: &mut Vec<Violation>) {
    for conversation in &evidence.stored {
        let rising = conversation.entries.windows(2).all(|pair| matches!(pair, [a, b] if a.seq < b.seq));
        if !rising {
            let detail = format!(
                "the timeline of conversation {} is not in the order of its numbers",
                conversation.id
            );
            found.push(Violation::new("I2", "order", detail));
        }
        if conversation.entries.last().is_some_and(|newest| newest.seq > conversation.seq) {
            let detail = format!(
                "conversation {} has entries beyond its number {}",
                conversation.id, conversation.seq
            );
            found.push(Violation::new("I2", "hole", detail));
        }
    }
    let Some(rows) = &evidence.rows else { return };
    for row in &rows.conversations {
        let whole = row.first == 1 && row.last == row.last_seq && row.events == row.last;
        if !whole {
            let detail = format!(
                "conversation {} has {} events numbered {} to {}, its row says {}",
                row.conversation, row.events, row.first, row.last, row.last_seq
            );
            found.push(Violation::new("I2", "hole", detail));
        }
    }
    if rows.events != rows.newest_position {
        let detail =
            format!("{} events, the newest stands at position {}", rows.events, rows.newest_position);
        found.push(Violation::new("I2", "hole", detail));
    }
}

/// Senders who waited for each acknowledgement find their messages in the order sent.
pub(super) fn order(evidence: &Evidence, found: &mut Vec<Violation>) {
    if !evidence.demands.ordered {
        return;
    }
    for conversation in &evidence.stored {
        let mut newest: HashMap<(Kind, u32), u32> = HashMap::new();
        for marker in markers(conversation).filter(|marker| marker.run == evidence.run) {
            let last = newest.entry((marker.kind, marker.sender)).or_default();
            if marker.nth < *last {
                let detail =
                    format!("conversation {}: {marker} stands behind its sender's {last}", conversation.id);
                found.push(Violation::new("I3", "order", detail));
            }
            *last = marker.nth.max(*last);
        }
    }
}

/// I4: whatever carries a marker of this run was sent, by that sender, with that text.
pub(super) fn invented(evidence: &Evidence, found: &mut Vec<Violation>) {
    let sent: HashMap<u32, &Marker> =
        evidence.record.intents.iter().map(|marker| (marker.number, marker)).collect();
    let mut judge = |marker: &Marker, place: &str| {
        if sent.get(&marker.number) != Some(&marker) {
            found.push(Violation::new("I4", "invented", format!("{place} has {marker}, which nobody sent")));
        }
    };
    for conversation in &evidence.stored {
        for marker in markers(conversation).filter(|marker| marker.run == evidence.run) {
            judge(&marker, "the API");
        }
    }
    for marker in
        evidence.rows.iter().flat_map(|rows| &rows.markers).filter(|marker| marker.run == evidence.run)
    {
        judge(marker, "the database");
    }
    for conversation in &evidence.stored {
        let damaged =
            |entry: &&Stored| entry.marker.is_some_and(|marker| marker.run == evidence.run) && !entry.intact;
        for entry in conversation.entries.iter().filter(damaged) {
            let detail = format!("the text of message {} is not the one that was sent", entry.message);
            found.push(Violation::new("I4", "differs", detail));
        }
    }
}

/// A customer's messages stand in one conversation, however many came in at once.
pub(super) fn one_conversation_each(evidence: &Evidence, found: &mut Vec<Violation>) {
    let mut homes: HashMap<(Kind, u32), i64> = HashMap::new();
    for conversation in &evidence.stored {
        let inbound = |marker: &Marker| marker.run == evidence.run && marker.kind != Kind::Reply;
        for marker in markers(conversation).filter(inbound) {
            let home = *homes.entry((marker.kind, marker.sender)).or_insert(conversation.id);
            if home != conversation.id {
                let detail =
                    format!("{marker} is in conversation {}, its sender's others in {home}", conversation.id);
                found.push(Violation::new("I1", "doubled", detail));
            }
        }
    }
}

/// I5: the highest of what was told.
pub(super) fn ticks(evidence: &Evidence, found: &mut Vec<Violation>) {
    let mut highest: HashMap<u32, &str> = HashMap::new();
    for (number, status) in &evidence.record.statuses {
        let highest = highest.entry(*number).or_insert(status);
        if height(status) > height(highest) {
            *highest = status;
        }
    }
    let all = evidence.stored.iter().flat_map(|conversation| &conversation.entries);
    for entry in all {
        let Some(marker) = entry.marker.filter(|marker| marker.run == evidence.run) else { continue };
        let Some(expected) = highest.get(&marker.number) else { continue };
        if entry.status.as_deref() != Some(*expected) {
            let shown = entry.status.as_deref().unwrap_or("nothing");
            let detail =
                format!("message {} shows {shown}, its provider last said {expected}", marker.number);
            found.push(Violation::new("I5", "tick", detail));
        }
    }
}

/// Ticks only climb; a failure gives way to proof of delivery.
fn height(status: &str) -> usize {
    const LADDER: [&str; 7] = ["queued", "sending", "unknown", "sent", "failed", "delivered", "read"];
    LADDER.iter().position(|step| *step == status).map_or(0, |at| at + 1)
}
