//! The directory: where a conversation lives. A sharded map behind a handle, not an actor.
//!
//! A conversation always lives on arbiter `id % n`. An address whose actor died is replaced by a fresh one that reads the database.

use crate::conversation::{ConversationActor, Decide, Done, Look, Newborn, Passivate, Wish};
use crate::core::Core;
use crate::trouble::Trouble;
use actix::prelude::*;
use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use switchboard_engine::conversation::Conversation;
use switchboard_engine::ids::ConversationId;
use switchboard_engine::permission::Viewer;

const SHARDS: usize = 64;
/// How long a caller waits for a conversation before the answer is "busy".
const DEADLINE: Duration = Duration::from_secs(5);
/// A conversation nobody asked for this long leaves memory.
const IDLE: Duration = Duration::from_mins(5);

#[derive(Clone)]
pub struct Directory {
    inner: Arc<Inner>,
}

struct Inner {
    core: Core,
    arbiters: Vec<ArbiterHandle>,
    shards: Vec<Mutex<HashMap<ConversationId, Entry>>>,
    /// Commands handed to conversations and not yet answered.
    waiting: AtomicI64,
}

/// One of them.
struct Waiting<'a>(&'a AtomicI64);

impl<'a> Waiting<'a> {
    fn among(all: &'a AtomicI64) -> Self {
        all.fetch_add(1, Ordering::Relaxed);
        Self(all)
    }
}

/// A caller that gives up waits no longer either.
impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

struct Entry {
    addr: Addr<ConversationActor>,
    /// By the clock, in microseconds.
    last_used: AtomicI64,
}

impl Directory {
    /// `arbiters` must not be empty and must outlive the directory.
    pub fn new(core: Core, arbiters: Vec<ArbiterHandle>) -> Self {
        let shards = (0..SHARDS).map(|_| Mutex::default()).collect();
        Self { inner: Arc::new(Inner { core, arbiters, shards, waiting: AtomicI64::new(0) }) }
    }

    /// Asks a conversation for a decision, waking it if need be.
    pub async fn ask(&self, id: ConversationId, viewer: Option<Viewer>, wish: Wish) -> Result<Done, Trouble> {
        metrics::counter!(crate::telemetry::COMMANDS, "command" => wish.name()).increment(1);
        let _waiting = Waiting::among(&self.inner.waiting);
        let mut last = Trouble::Busy;
        for _ in 0..3 {
            let Some(addr) = self.address(id, None) else { return Err(Trouble::Busy) };
            let ask = Decide { viewer: viewer.clone(), wish: wish.clone() };
            match addr.send(ask).timeout(DEADLINE).await {
                Ok(Err(Trouble::Again)) => self.forget(id, &addr),
                // Idle actors end now and then; one that ends each time it hears this has a problem with it.
                Err(MailboxError::Closed) => {
                    self.forget(id, &addr);
                    last = Trouble::Quarantined;
                }
                Ok(answer) => return answer,
                Err(MailboxError::Timeout) => return Err(Trouble::Busy),
            }
        }
        Err(last)
    }

    /// The present state of a conversation, if `viewer` may to know of it.
    pub async fn look(
        &self,
        id: ConversationId,
        viewer: Option<Viewer>,
    ) -> Result<Arc<Conversation>, Trouble> {
        for _ in 0..3 {
            let Some(addr) = self.address(id, None) else { return Err(Trouble::Busy) };
            match addr.send(Look { viewer: viewer.clone() }).timeout(DEADLINE).await {
                Ok(Err(Trouble::Again)) | Err(MailboxError::Closed) => self.forget(id, &addr),
                Ok(answer) => return answer,
                Err(MailboxError::Timeout) => return Err(Trouble::Busy),
            }
        }
        Err(Trouble::Busy)
    }

    /// How many commands wait for their conversation, or are being decided.
    pub fn waiting(&self) -> i64 {
        self.inner.waiting.load(Ordering::Relaxed)
    }

    /// Makes room for a conversation that exists in memory only, until its first message.
    pub fn expect(&self, newborn: Newborn) {
        let id = newborn.conversation.id;
        self.address(id, Some(newborn));
    }

    fn address(&self, id: ConversationId, newborn: Option<Newborn>) -> Option<Addr<ConversationActor>> {
        let now = self.inner.core.clock.now().0;
        let mut shard = self.shard(id);
        if let Some(entry) = shard.get(&id)
            && entry.addr.connected()
        {
            entry.last_used.store(now, Ordering::Relaxed);
            return Some(entry.addr.clone());
        }
        let at = usize::try_from(id.0).unwrap_or(0) % self.inner.arbiters.len().max(1);
        let arbiter = self.inner.arbiters.get(at)?;
        let addr = ConversationActor::start(id, newborn, self.inner.core.clone(), arbiter);
        shard.insert(id, Entry { addr: addr.clone(), last_used: AtomicI64::new(now) });
        Some(addr)
    }

    /// Its rows were changed behind its back: whoever asks next reads them. What is under way fails at the version of the row.
    pub fn drop_from_memory(&self, id: ConversationId) {
        if let Some(entry) = self.shard(id).remove(&id) {
            // A full mailbox keeps it alive until its callers are served; nobody finds it any more.
            let _ = entry.addr.try_send(Passivate);
        }
    }

    fn forget(&self, id: ConversationId, addr: &Addr<ConversationActor>) {
        let mut shard = self.shard(id);
        if shard.get(&id).is_some_and(|entry| entry.addr == *addr) {
            shard.remove(&id);
        }
    }

    fn shard(&self, id: ConversationId) -> MutexGuard<'_, HashMap<ConversationId, Entry>> {
        let at = usize::try_from(id.0 >> 4).unwrap_or(0) % SHARDS;
        // SHARDS locks are made in `new`; the first stands in for an index that cannot occur.
        let shard = self.inner.shards.get(at).or_else(|| self.inner.shards.first());
        #[expect(clippy::expect_used, reason = "SHARDS is not zero")]
        shard.expect("shards").lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets idle conversations go. One sweep for all, instead of a timer in each.
    pub fn passivate_idle(&self) {
        let before = self.inner.core.clock.now().minus(IDLE).0;
        let mut living = 0;
        for shard in &self.inner.shards {
            let mut shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
            shard.retain(|_, entry| {
                let keep = entry.addr.connected() && entry.last_used.load(Ordering::Relaxed) > before;
                // A full mailbox means that it is not idle after all; it stays until the next sweep.
                keep || entry.addr.connected() && entry.addr.try_send(Passivate).is_err()
            });
            living += shard.len();
        }
        metrics::gauge!(crate::telemetry::CONVERSATIONS).set(living as f64);
    }
}
