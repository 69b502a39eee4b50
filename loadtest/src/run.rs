//! [`Run`]: what all clients of one run share. One thread runs them all, hence the cells.

use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::journal::{Client, Journal, Line, Record};
use crate::marker::{Kind, Marker};
use hdrhistogram::Histogram;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::path::Path;
use tokio::sync::watch;

/// How far a run is. Clients follow it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Everything runs.
    Loading,
    /// Senders finish what they have begun and stop.
    Draining,
    /// Sockets close.
    Over,
}

pub struct Run {
    /// Tells this run's messages from those of earlier runs on the same data.
    pub id: u16,
    pub seed: u64,
    /// A sabotage of our own: silence passes for an acknowledgement. The oracle must notice.
    pub believes_silence: Cell<bool>,
    pub clock: Clock,
    journal: RefCell<Option<Journal>>,
    /// Intended send time of each message, by number.
    intended: RefCell<Vec<u64>>,
    nth: RefCell<HashMap<(Kind, u32), u32>>,
    /// Messages meant to be sent within this span count.
    window: Cell<(u64, u64)>,
    pub tally: RefCell<Tally>,
    phase: watch::Sender<Phase>,
    trouble: RefCell<Option<Error>>,
}

/// Figures gathered while running. Latencies in microseconds from the intended moment of sending.
pub struct Tally {
    pub acked: u64,
    /// Acknowledged within the measured span.
    pub acked_in_window: u64,
    /// Until the server's 200.
    pub ack: Histogram<u64>,
    /// Until it was really sent: how late the load generator itself was, or had no connection free.
    pub late: Histogram<u64>,
    /// Until an agent's socket.
    pub socket: Histogram<u64>,
    /// Deliveries repeated because the server was away or said "later".
    pub repeats: u64,
    /// Answers 429 or 503.
    pub refusals: u64,
    pub given_up: u64,
    /// New marked messages, per client.
    pub heard: HashMap<u32, u64>,
}

/// Longest latency that is told apart: ten minutes.
const LONGEST: u64 = 600_000_000;

impl Default for Tally {
    fn default() -> Self {
        #[expect(clippy::expect_used, reason = "these bounds are valid")]
        let histogram = Histogram::new_with_bounds(1, LONGEST, 3).expect("bounds");
        Self {
            acked: 0,
            acked_in_window: 0,
            ack: histogram.clone(),
            late: histogram.clone(),
            socket: histogram,
            repeats: 0,
            refusals: 0,
            given_up: 0,
            heard: HashMap::new(),
        }
    }
}

impl Run {
    pub fn new(seed: u64, folder: &Path) -> Result<Self> {
        Ok(Self {
            id: rand::random(),
            seed,
            believes_silence: Cell::new(false),
            clock: Clock::default(),
            journal: RefCell::new(Some(Journal::create(folder)?)),
            intended: RefCell::new(vec![0]),
            nth: RefCell::default(),
            window: Cell::new((u64::MAX, u64::MAX)),
            tally: RefCell::default(),
            phase: watch::Sender::new(Phase::Loading),
            trouble: RefCell::new(None),
        })
    }

    /// A new message, journalled as intended.
    pub fn intend(&self, kind: Kind, sender: u32, at: u64) -> Marker {
        let mut intended = self.intended.borrow_mut();
        let number = intended.len() as u32;
        intended.push(at);
        let mut all = self.nth.borrow_mut();
        let nth = all.entry((kind, sender)).or_default();
        *nth += 1;
        let marker = Marker { run: self.id, kind, number, sender, nth: *nth };
        let now = self.clock.now();
        self.write(|journal| journal.intend(&marker, now));
        let (from, to) = self.window.get();
        if (from..to).contains(&at) {
            self.tally.borrow_mut().late.saturating_record(now.saturating_sub(at));
        }
        marker
    }

    pub fn acknowledged(&self, number: u32) {
        let now = self.clock.now();
        self.write(|journal| journal.acknowledged(number, now));
        let mut tally = self.tally.borrow_mut();
        tally.acked += 1;
        let (from, to) = self.window.get();
        if (from..to).contains(&now) {
            tally.acked_in_window += 1;
        }
        if let Some(at) = self.measured(number) {
            tally.ack.saturating_record(now.saturating_sub(at));
        }
    }

    /// A provider's news about a message was acknowledged.
    pub fn told(&self, number: u32, status: &str) {
        self.write(|journal| journal.told(number, status));
    }

    pub fn client(&self, client: Client) -> u32 {
        let mut index = 0;
        self.write(|journal| index = journal.client(client));
        self.tally.borrow_mut().heard.insert(index, 0);
        index
    }

    pub fn journal(&self, client: u32, line: &Line) {
        let now = self.clock.now();
        self.write(|journal| journal.received(client, line, now));
    }

    /// A marked message reached a client for the first time.
    pub fn heard(&self, client: u32, marker: &Marker) {
        let mut tally = self.tally.borrow_mut();
        *tally.heard.entry(client).or_default() += 1;
        if marker.kind == Kind::Inbound
            && let Some(at) = self.measured(marker.number)
        {
            tally.socket.saturating_record(self.clock.now().saturating_sub(at));
        }
    }

    /// The intended moment of a message that counts.
    fn measured(&self, number: u32) -> Option<u64> {
        let at = *self.intended.borrow().get(number as usize)?;
        let (from, to) = self.window.get();
        (from..to).contains(&at).then_some(at)
    }

    /// From now on figures count.
    pub fn measure(&self) {
        self.window.set((self.clock.now(), u64::MAX));
    }

    /// Figures count no further.
    pub fn stop_measuring(&self) {
        self.window.set((self.window.get().0, self.clock.now()));
    }

    /// Starts anew with empty latencies.
    pub fn measure_afresh(&self) {
        let mut tally = self.tally.borrow_mut();
        tally.ack.reset();
        tally.socket.reset();
        tally.late.reset();
        tally.acked_in_window = 0;
        drop(tally);
        self.measure();
    }

    pub fn measured_seconds(&self) -> f64 {
        let (from, to) = self.window.get();
        to.min(self.clock.now()).saturating_sub(from) as f64 / 1e6
    }

    pub fn enter(&self, phase: Phase) {
        self.phase.send_replace(phase);
    }

    pub fn phase(&self) -> Phase {
        *self.phase.borrow()
    }

    pub fn watch(&self) -> watch::Receiver<Phase> {
        self.phase.subscribe()
    }

    /// Something that makes going on pointless; the first one is told.
    pub fn fail(&self, error: Error) {
        self.trouble.borrow_mut().get_or_insert(error);
        self.enter(Phase::Over);
    }

    pub fn trouble(&self) -> Result<()> {
        self.trouble.borrow().clone().map_or(Ok(()), Err)
    }

    /// This client was told to read everything over REST: nobody waits for its stream.
    pub fn excuse(&self, client: u32) {
        self.tally.borrow_mut().heard.insert(client, u64::MAX >> 1);
    }

    /// Every one of `clients` has heard of everything acknowledged.
    pub fn all_heard(&self, clients: &[u32]) -> bool {
        let tally = self.tally.borrow();
        clients.iter().all(|client| tally.heard.get(client).is_some_and(|heard| *heard >= tally.acked))
    }

    /// Closes the journal and reads it back.
    pub fn finish(&self) -> Result<Record> {
        match self.journal.borrow_mut().take() {
            Some(journal) => journal.finish(),
            None => Err(Error("the journal is closed".to_owned())),
        }
    }

    fn write(&self, write: impl FnOnce(&mut Journal)) {
        if let Some(journal) = self.journal.borrow_mut().as_mut() {
            write(journal);
        }
    }
}
