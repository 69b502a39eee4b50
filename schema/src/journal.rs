//! The journal: the one writer. Group commit without a timer: while one transaction is flushed, the next batch gathers.
//!
//! Positions are given here, in the order of commits, and every batch is told to `after_commit` before its callers hear of it; so a reader
//! who has seen position `n` has seen everything up to `n`. A batch that fails is split in halves until the offender stands alone.
#![expect(clippy::vec_box, reason = "an entry moves through several lists; its box is one word")]

use crate::append::Append;
use crate::error::StoreError;
use std::any::Any;
use std::collections::{HashSet, VecDeque};
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::PoisonError;
use std::time::Duration;
use switchboard_engine::lists::Place;
use tokio::sync::{mpsc, oneshot};

/// What the caller wants back after the commit, in order.
pub type Payload = Box<dyn Any + Send>;

/// Where an event stands in the log of the whole installation: 1, 2, 3 … in the order of commits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position(pub i64);

/// One append that is durable.
pub struct Committed {
    /// Position of its first event; of the next event to come when it has none.
    pub first_position: i64,
    pub events: usize,
    /// Counts of lists it moved.
    pub moved: Vec<Place>,
    pub payload: Payload,
}

/// Told once per batch, in position order, before the callers are answered. Must not block.
pub type AfterCommit = Box<dyn FnMut(Vec<Committed>) + Send>;

/// Most appends waiting for the writer; more are refused as [`StoreError::Busy`].
pub(crate) const QUEUE: usize = 8192;

/// Longest pause between two attempts to get the database back.
const BACK_OFF: Duration = Duration::from_secs(1);

/// An append and whoever waits for it.
pub(crate) struct Entry {
    pub(crate) append: Append,
    pub(crate) ack: oneshot::Sender<Result<Position, StoreError>>,
}

pub(crate) enum Work<J> {
    Append(Box<Entry>),
    /// A rare write, where there is but one writer.
    Job(J),
    /// Is the database there?
    Ping(oneshot::Sender<()>),
    /// Finish what is queued and stop.
    Close(oneshot::Sender<()>),
}

/// What the journal needs of a database.
pub(crate) trait Writer: Send {
    type Job: Send;

    /// (Re-)connects, takes the lock and answers the newest position.
    fn connect(&mut self) -> impl Future<Output = Result<i64, StoreError>> + Send;
    /// True when the connection is known to be gone.
    fn is_lost(&mut self) -> bool;
    /// One transaction for all; `first` is the position of the first event.
    fn commit(
        &mut self,
        entries: &[Box<Entry>],
        first: i64,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
    fn run(&mut self, jobs: Vec<Self::Job>) -> impl Future<Output = ()> + Send;
    /// Last words before the connection goes.
    fn close(&mut self) -> impl Future<Output = ()> + Send;
}

pub(crate) struct Journal<W: Writer> {
    writer: W,
    queue: mpsc::Receiver<Work<W::Job>>,
    after_commit: AfterCommit,
    max_batch: usize,
    /// The newest position that is stored.
    position: i64,
    /// Entries whose conversation already stands in the batch being written.
    later: VecDeque<Box<Entry>>,
    jobs: Vec<W::Job>,
    pings: Vec<oneshot::Sender<()>>,
    /// Sent off in a commit whose answer was lost: told on if they turn out to be stored.
    in_doubt: Vec<Committed>,
    closing: Option<oneshot::Sender<()>>,
}

impl<W: Writer> Journal<W> {
    /// `writer` is connected, `position` what it answered.
    pub(crate) fn new(
        writer: W,
        queue: mpsc::Receiver<Work<W::Job>>,
        after_commit: AfterCommit,
        max_batch: usize,
        position: i64,
    ) -> Self {
        Self {
            writer,
            queue,
            after_commit,
            max_batch: max_batch.max(1),
            position,
            later: VecDeque::new(),
            jobs: Vec::new(),
            pings: Vec::new(),
            in_doubt: Vec::new(),
            closing: None,
        }
    }

    /// Writes until it is closed or every handle is gone.
    pub(crate) async fn run(mut self) {
        let mut incoming = Vec::with_capacity(self.max_batch);
        while self.gather(&mut incoming).await {
            if self.writer.is_lost() && !self.reconnect().await {
                self.refuse_all(&mut incoming);
                continue;
            }
            let batch = self.sort(&mut incoming);
            for ping in self.pings.drain(..) {
                let _ = ping.send(());
            }
            self.write(batch).await;
            if !self.jobs.is_empty() {
                self.writer.run(std::mem::take(&mut self.jobs)).await;
            }
        }
        let Self { mut writer, closing, .. } = self;
        writer.close().await;
        // The lock goes with the writer, before anybody hears that the database is free.
        drop(writer);
        if let Some(done) = closing {
            let _ = done.send(());
        }
    }

    /// Waits for work. False when there will be no more.
    async fn gather(&mut self, incoming: &mut Vec<Work<W::Job>>) -> bool {
        if !self.later.is_empty() {
            let room = self.max_batch.saturating_sub(self.later.len());
            while incoming.len() < room {
                let Ok(work) = self.queue.try_recv() else { break };
                incoming.push(work);
            }
            return true;
        }
        if self.closing.is_some() {
            return self.queue.recv_many(incoming, self.max_batch).await > 0;
        }
        loop {
            let some = self.queue.recv_many(incoming, self.max_batch);
            match tokio::time::timeout(BACK_OFF, some).await {
                Ok(count) => return count > 0,
                // A lost connection has lost the lock as well: get both back before somebody else does.
                Err(_) if self.writer.is_lost() => {
                    self.reconnect().await;
                }
                Err(_) => {}
            }
        }
    }

    /// Takes the next batch: every conversation at most once, the rest keeps its order.
    fn sort(&mut self, incoming: &mut Vec<Work<W::Job>>) -> Vec<Box<Entry>> {
        let mut waiting = std::mem::take(&mut self.later);
        for work in incoming.drain(..) {
            match work {
                Work::Append(entry) => waiting.push_back(entry),
                Work::Job(job) => self.jobs.push(job),
                Work::Ping(reply) => self.pings.push(reply),
                Work::Close(done) => {
                    self.queue.close();
                    self.closing = Some(done);
                }
            }
        }
        let mut seen = HashSet::with_capacity(waiting.len());
        let (now, later) = waiting.into_iter().partition(|entry| seen.insert(entry.append.next.id));
        self.later = later;
        Vec::from(now as VecDeque<Box<Entry>>)
    }

    /// Commits a batch; splits it when somebody in it is at fault.
    async fn write(&mut self, batch: Vec<Box<Entry>>) {
        let mut parts = vec![batch];
        while let Some(mut part) = parts.pop() {
            if part.is_empty() {
                continue;
            }
            match self.writer.commit(&part, self.position + 1).await {
                Ok(()) => self.committed(part),
                Err(StoreError::Conflict { .. } | StoreError::Rejected(_) | StoreError::UnfitText)
                    if part.len() > 1 =>
                {
                    let second = part.split_off(part.len() / 2);
                    parts.push(second);
                    parts.push(part);
                }
                Err(error) => {
                    if matches!(error, StoreError::Unavailable(_)) {
                        parts.clear();
                    }
                    self.failed(part, &error);
                }
            }
        }
    }

    fn committed(&mut self, entries: Vec<Box<Entry>>) {
        let (told, acks) = self.number(entries);
        self.tell(told);
        for (position, ack) in acks {
            let _ = ack.send(Ok(position));
        }
    }

    /// Gives out positions, exactly as the commit wrote them.
    #[expect(clippy::type_complexity, reason = "two lists made in one walk, taken apart at once")]
    fn number(
        &mut self,
        entries: Vec<Box<Entry>>,
    ) -> (Vec<Committed>, Vec<(Position, oneshot::Sender<Result<Position, StoreError>>)>) {
        let mut acks = Vec::with_capacity(entries.len());
        let told = entries
            .into_iter()
            .map(|entry| {
                let Entry { append, ack } = *entry;
                let first_position = self.position + 1;
                self.position += append.events.len() as i64;
                acks.push((Position(self.position), ack));
                Committed {
                    first_position,
                    events: append.events.len(),
                    moved: append.counts.iter().map(|(place, _)| *place).collect(),
                    payload: append.payload.into_inner().unwrap_or_else(PoisonError::into_inner),
                }
            })
            .collect();
        (told, acks)
    }

    fn tell(&mut self, told: Vec<Committed>) {
        let after_commit = &mut self.after_commit;
        if catch_unwind(AssertUnwindSafe(|| after_commit(told))).is_err() {
            tracing::error!("the publisher panicked; clients find the gap when they resume");
        }
    }

    fn failed(&mut self, entries: Vec<Box<Entry>>, error: &StoreError) {
        if !matches!(error, StoreError::Unavailable(_)) {
            for entry in entries {
                let _ = entry.ack.send(Err(error.clone()));
            }
            return;
        }
        tracing::warn!(appends = entries.len(), %error, "a commit failed; whether it is stored shows after reconnecting");
        let before = self.position;
        let (told, acks) = self.number(entries);
        self.position = before;
        self.in_doubt = told;
        for (_, ack) in acks {
            let _ = ack.send(Err(error.clone()));
        }
    }

    /// One attempt to get the connection back, then a pause if it failed.
    async fn reconnect(&mut self) -> bool {
        match self.writer.connect().await {
            Ok(position) => {
                tracing::info!(position, "connected to the database again");
                self.settle(position);
                true
            }
            Err(error) => {
                tracing::warn!(%error, "the database is still not available");
                tokio::time::sleep(BACK_OFF / 4).await;
                false
            }
        }
    }

    /// The lost commit happened if its events are stored: then they are told, so that no client misses them.
    fn settle(&mut self, stored: i64) {
        let told = std::mem::take(&mut self.in_doubt);
        let events: usize = told.iter().map(|append| append.events).sum();
        if events > 0 && stored == self.position + events as i64 {
            self.tell(told);
        }
        self.position = stored;
    }

    /// While there is no database nobody should wait for it.
    fn refuse_all(&mut self, incoming: &mut Vec<Work<W::Job>>) {
        let down = StoreError::unavailable("not connected");
        let batch = self.sort(incoming);
        for entry in batch.into_iter().chain(std::mem::take(&mut self.later)) {
            let _ = entry.ack.send(Err(down.clone()));
        }
        self.jobs.clear();
        self.pings.clear();
    }
}
