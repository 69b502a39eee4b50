//! I3, and I1 and I4 once more, on what each client received.

use super::{Counted, Evidence, Violation};
use crate::client::frame::Entry;
use crate::journal::{Client, Line};
use crate::marker::Marker;
use std::collections::{HashMap, HashSet};

pub(super) fn check(evidence: &Evidence, found: &mut Vec<Violation>, counted: &mut Counted) {
    let log = log(evidence);
    for (at, (client, lines)) in evidence.record.streams.iter().enumerate() {
        let name = format!("{client:?} {at}").to_lowercase();
        let mut stream = Stream {
            name,
            client: *client,
            evidence,
            log: &log,
            found,
            counted,
            seen: HashMap::new(),
            gaps: HashSet::new(),
            fresh: HashSet::new(),
            complete: true,
        };
        stream.read(lines);
        if *client == Client::Agent && evidence.demands.complete_streams {
            stream.finish(lines);
        }
    }
}

/// Which marker stands where, as the API tells it.
type Log = HashMap<(i64, i64), Option<Marker>>;

fn log(evidence: &Evidence) -> Log {
    let mut log = Log::new();
    for conversation in &evidence.stored {
        log.extend(conversation.entries.iter().map(|entry| ((conversation.id, entry.seq), entry.marker)));
    }
    log
}

struct Stream<'a> {
    name: String,
    client: Client,
    evidence: &'a Evidence,
    log: &'a Log,
    found: &'a mut Vec<Violation>,
    counted: &'a mut Counted,
    /// Newest number seen, per conversation.
    seen: HashMap<i64, i64>,
    /// Conversations that may jump once: the server told this client to read everything again.
    gaps: HashSet<i64>,
    /// Conversations heard of in the present connection.
    fresh: HashSet<i64>,
    /// No resync so far: the stream alone must be complete.
    complete: bool,
}

impl Stream<'_> {
    fn read(&mut self, lines: &[Line]) {
        for line in lines {
            match line {
                Line::Connected => self.fresh.clear(),
                Line::Resync => {
                    self.counted.resyncs += 1;
                    self.complete = false;
                    self.gaps = self.seen.keys().copied().collect();
                }
                Line::Resumed | Line::Closed => {}
                Line::Received(entry) => self.entry(entry),
            }
        }
    }

    fn entry(&mut self, entry: &Entry) {
        self.counted.received += 1;
        let known = self.seen.get(&entry.conversation).copied();
        let first = !self.fresh.contains(&entry.conversation);
        self.fresh.insert(entry.conversation);
        self.compare(entry);
        if let Some(known) = known
            && entry.seq <= known
        {
            if first {
                // A replay may begin a little early; clients drop what they hold.
                self.counted.repeats_after_resume += 1;
                self.fresh.remove(&entry.conversation);
            } else {
                self.say(
                    "I3",
                    "order",
                    &format!("{} after {known} in conversation {}", entry.seq, entry.conversation),
                );
            }
            return;
        }
        let may_jump = self.gaps.remove(&entry.conversation) || known.is_none() && !self.complete;
        let expected =
            known.or_else(|| self.evidence.before.get(&entry.conversation).copied()).unwrap_or(0) + 1;
        if self.client == Client::Agent && entry.seq != expected && !may_jump {
            let detail =
                format!("{} instead of {expected} in conversation {}", entry.seq, entry.conversation);
            self.say("I3", "hole", &detail);
        }
        self.seen.insert(entry.conversation, entry.seq);
    }

    /// The same number must mean the same message everywhere.
    fn compare(&mut self, entry: &Entry) {
        if entry.kind != 'm' || self.evidence.stored.is_empty() {
            return;
        }
        match self.log.get(&(entry.conversation, entry.seq)) {
            Some(marker) if *marker == entry.marker => {}
            Some(marker) => {
                let text =
                    |marker: &Option<Marker>| marker.map_or("another text".to_owned(), |m| m.to_string());
                let (theirs, ours) = (text(&entry.marker), text(marker));
                let place = format!("{}/{}", entry.conversation, entry.seq);
                self.say("I3", "differs", &format!("{place} was received as {theirs}, the API has {ours}"));
            }
            None => {
                let place = format!("{}/{}", entry.conversation, entry.seq);
                self.say("I4", "invented", &format!("{place} was received, the API does not have it"));
            }
        }
    }

    /// Everything acknowledged has arrived, and every conversation's end.
    fn finish(&mut self, lines: &[Line]) {
        if !self.complete {
            return;
        }
        let received: HashSet<u32> = lines
            .iter()
            .filter_map(|line| match line {
                Line::Received(entry) => entry.marker.filter(|marker| marker.run == self.evidence.run),
                _ => None,
            })
            .map(|marker| marker.number)
            .collect();
        let acked: Vec<u32> = self.evidence.record.acked.clone();
        for number in acked.into_iter().filter(|number| !received.contains(number)) {
            self.say("I1", "lost", &format!("message {number} was acknowledged and never arrived"));
        }
        for conversation in &self.evidence.stored {
            // News about messages may still come while things are read back; messages may not.
            let Some(newest) =
                conversation.entries.iter().rev().find_map(|entry| Some((entry.seq, entry.marker?)))
            else {
                continue;
            };
            let seen = self.seen.get(&conversation.id).copied().unwrap_or_default();
            if newest.1.run == self.evidence.run && seen < newest.0 {
                let detail = format!(
                    "the newest message of conversation {} is {}, the stream ends at {seen}",
                    conversation.id, newest.0
                );
                self.say("I3", "hole", &detail);
            }
        }
    }

    fn say(&mut self, invariant: &'static str, kind: &'static str, what: &str) {
        self.found.push(Violation::new(invariant, kind, format!("{}: {what}", self.name)));
    }
}
