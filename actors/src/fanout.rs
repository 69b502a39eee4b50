//! Fan-out: everything committed reaches every socket that may see it, once, in commit order.
//!
//! Not an actor but a handle over one [`Local`] per web worker. The journal's writer hands over each committed batch; a batch crosses
//! to a worker as one message, whatever the number of its sockets. Because publication follows the commit order, the `position` in a
//! frame's cursor is a safe place to resume from. A worker that cannot keep up is told so and cuts its sockets, which then resume.

mod batch;
mod cursor;
mod frame;
mod local;
mod out;

pub use batch::{Audience, Batch, Item, VisitorKey};
pub use cursor::{Cursor, Epoch};
pub use frame::{Frame, close_frame, ping_frame, pong_frame, text_frame};
pub use local::{Joined, Local, Missed, Scope, SocketId, with_local};
pub use out::{CloseCode, Out};

use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockWriteGuard};
use switchboard_engine::ids::UserId;
use tokio::sync::mpsc;

/// Batches a worker may lag behind before its sockets are told to resume.
const HUB_QUEUE: usize = 1_024;

/// Handle for publishers; cheap to clone.
#[derive(Clone)]
pub struct Fanout {
    shared: Arc<Shared>,
}

struct Shared {
    epoch: Epoch,
    /// Position of the newest published event.
    position: AtomicI64,
    hubs: RwLock<Vec<Port>>,
    recent: Option<Arc<Batch>>,
    recent_from: i64,
}

/// The way into one worker.
struct Port {
    turns: mpsc::Sender<Turn>,
    lost: Arc<AtomicBool>,
}

/// One thing for a worker to do.
#[derive(Clone, Debug)]
pub enum Turn {
    Deliver(Arc<Batch>),
    /// What a user may see has changed; `None` closes their sockets.
    Rescope {
        user: UserId,
        scope: Option<Scope>,
    },
    /// A login session is over: its sockets close.
    EndSession {
        session: i64,
    },
    /// Content was erased: what is kept for returning sockets goes, they read the database instead.
    Forget,
    /// We are going down: every socket is told when to come back.
    Drain,
}

/// A worker's end: what `Local` is fed from.
pub struct Feed {
    pub turns: mpsc::Receiver<Turn>,
    /// Set when a turn did not fit: every socket of the worker must resume.
    pub lost: Arc<AtomicBool>,
    /// Everything up to here was published before this worker listened.
    pub position: i64,
    /// The newest events before that, for sockets that come back after a restart; complete after `recent_from`.
    pub recent: Option<Arc<Batch>>,
    pub recent_from: i64,
}

impl Fanout {
    /// `recent` holds every event after `recent_from`, up to and including `position`.
    pub fn new(epoch: Epoch, position: i64, recent: Option<Batch>, recent_from: i64) -> Self {
        let (position, hubs) = (AtomicI64::new(position), RwLock::default());
        Self { shared: Arc::new(Shared { epoch, position, hubs, recent: recent.map(Arc::new), recent_from }) }
    }

    pub fn epoch(&self) -> &Epoch {
        &self.shared.epoch
    }

    /// Position of the newest published event.
    pub fn position(&self) -> i64 {
        self.shared.position.load(Ordering::Acquire)
    }

    /// Connects a worker; call once per web worker, on its thread.
    pub fn connect(&self) -> Feed {
        let (sender, turns) = mpsc::channel(HUB_QUEUE);
        let lost = Arc::new(AtomicBool::new(false));
        let mut hubs = self.hubs();
        hubs.push(Port { turns: sender, lost: lost.clone() });
        let position = self.position();
        // What was published since the start is not in `recent`.
        let fresh = self.shared.recent.as_ref().filter(|recent| recent.last_position() == Some(position));
        let recent_from = if fresh.is_some() { self.shared.recent_from } else { position };
        Feed { turns, lost, position, recent: fresh.cloned(), recent_from }
    }

    /// Hands a batch to every worker. Never waits: it is called on the journal's writer.
    pub fn publish(&self, batch: Batch) {
        let newest = batch.last_position();
        let batch = Arc::new(batch);
        // The lock keeps a worker that connects meanwhile from missing what lies between its position and its first batch.
        let mut hubs = self.hubs();
        if let Some(newest) = newest {
            self.shared.position.store(newest, Ordering::Release);
        }
        send(&mut hubs, &Turn::Deliver(batch));
    }

    /// Tells every worker something that is not a frame.
    pub fn tell(&self, turn: &Turn) {
        send(&mut self.hubs(), turn);
    }

    /// Sends a frame without a number (typing, presence, read states).
    pub fn whisper(&self, audience: Audience, text: &str) {
        let item = Item { position: None, audience, frame: text_frame(text.as_bytes()) };
        self.publish(Batch::new(vec![item]));
    }

    fn hubs(&self) -> RwLockWriteGuard<'_, Vec<Port>> {
        self.shared.hubs.write().unwrap_or_else(PoisonError::into_inner)
    }
}

fn send(hubs: &mut Vec<Port>, turn: &Turn) {
    hubs.retain(|port| match port.turns.try_send(turn.clone()) {
        Ok(()) => true,
        Err(mpsc::error::TrySendError::Full(_)) => {
            port.lost.store(true, Ordering::Release);
            metrics::counter!(crate::telemetry::FANOUT_LOST).increment(1);
            true
        }
        Err(mpsc::error::TrySendError::Closed(_)) => false,
    });
}
