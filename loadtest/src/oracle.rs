//! The oracle: compares what the harness sent and was promised with what clients received and what API and database hold.
//!
//! * **I1** every acknowledged message is there exactly once
//! * **I2** a conversation's events are numbered 1, 2, 3 … without holes
//! * **I3** each client's stream is its conversations' log: in order, complete, no repeats within a connection
//! * **I4** nothing is there that was never sent
//! * **I5** a message's tick is the highest of its delivery news
//!
//! Knows nothing of how the server works; every rule here is the harness's own.

mod rules;
mod streams;

use crate::journal::Record;
use crate::marker::Marker;
use std::collections::HashMap;
use std::fmt;

/// Everything known after a run.
#[derive(Debug, Default)]
pub struct Evidence {
    pub run: u16,
    pub record: Record,
    /// Newest number of each conversation that was there before the run.
    pub before: HashMap<i64, i64>,
    /// As the API tells it.
    pub stored: Vec<Conversation>,
    /// As the database holds it; `None` when it cannot be reached.
    pub rows: Option<Rows>,
    pub demands: Demands,
}

/// What a scenario may demand beyond the invariants.
#[derive(Clone, Copy, Debug, Default)]
pub struct Demands {
    /// Senders waited for each acknowledgement: the log must hold their messages in the order sent.
    pub ordered: bool,
    /// Every stream must have caught up by the end.
    pub complete_streams: bool,
    /// Ticks were driven to their end.
    pub ticks: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Conversation {
    pub id: i64,
    pub seq: i64,
    pub phone: String,
    pub entries: Vec<Stored>,
}

/// One entry of a timeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    pub seq: i64,
    /// As in [`crate::client::frame::Entry`].
    pub kind: char,
    pub message: i64,
    pub marker: Option<Marker>,
    /// The text is exactly what was sent.
    pub intact: bool,
    pub status: Option<String>,
}

/// What the database says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rows {
    pub conversations: Vec<Numbering>,
    /// Markers of all stored messages of all runs.
    pub markers: Vec<Marker>,
    pub events: i64,
    pub newest_position: i64,
}

/// Events of one conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Numbering {
    pub conversation: i64,
    pub events: i64,
    pub first: i64,
    pub last: i64,
    /// What the conversation's own row says.
    pub last_seq: i64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// "I1"
    pub invariant: &'static str,
    /// "lost", "duplicate", "hole", "order", "invented", "tick", "doubled", "differs"
    pub kind: &'static str,
    pub detail: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.invariant, self.kind, self.detail)
    }
}

impl Violation {
    fn new(invariant: &'static str, kind: &'static str, detail: String) -> Self {
        Self { invariant, kind, detail }
    }
}

/// What was compared, beside what was found wrong.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counted {
    pub intended: usize,
    pub acknowledged: usize,
    pub stored: usize,
    pub received: usize,
    pub conversations: usize,
    pub repeats_after_resume: usize,
    pub resyncs: usize,
}

/// Compares everything with everything.
pub fn judge(evidence: &Evidence) -> (Vec<Violation>, Counted) {
    let mut violations = Vec::new();
    let mut counted = rules::acknowledged(evidence, &mut violations);
    rules::numbering(evidence, &mut violations);
    rules::order(evidence, &mut violations);
    rules::invented(evidence, &mut violations);
    rules::one_conversation_each(evidence, &mut violations);
    if evidence.demands.ticks {
        rules::ticks(evidence, &mut violations);
    }
    streams::check(evidence, &mut violations, &mut counted);
    (violations, counted)
}

#[cfg(test)]
mod tests;
