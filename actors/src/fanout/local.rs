//! One worker's sockets: who listens to what, which frames they missed, and the turn in which a batch is handed out.
//!
//! Thread-local, because sockets never leave their worker. Sockets with the same scope share one joined buffer per batch.

use super::batch::{Audience, Batch, Item, VisitorKey};
use super::out::{CloseCode, Out};
use super::{Feed, ping_frame};
use bytes::{BufMut, Bytes, BytesMut};
use std::cell::RefCell;
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Instant;
use switchboard_engine::ids::UserId;
use switchboard_engine::permission::Viewer;

pub type SocketId = u64;

/// What a socket may see.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    User(Viewer),
    Visitor(VisitorKey),
}

impl Scope {
    /// Metric label.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::User(_) => "agent",
            Self::Visitor(_) => "visitor",
        }
    }

    pub fn sees(&self, audience: &Audience) -> bool {
        match (self, audience) {
            (Self::User(viewer), Audience::Group { business, group, visible_to }) => {
                viewer.sees(*business, *group, visible_to.as_deref())
            }
            (Self::User(viewer), Audience::Reader { user, business, group, visible_to }) => {
                viewer.user == *user && viewer.sees(*business, *group, visible_to.as_deref())
            }
            (Self::User(viewer), Audience::Business(business)) => viewer.business == *business,
            (Self::User(viewer), Audience::User(user)) => viewer.user == *user,
            (Self::Visitor(key), Audience::Visitor(visitor)) => key == visitor,
            _ => false,
        }
    }
}

/// The answer to joining.
#[derive(Clone, Copy, Debug)]
pub struct Joined {
    pub socket: SocketId,
    /// Everything up to here happened before; everything later will be pushed.
    pub position: i64,
}

/// What a returning socket has missed, as far as memory reaches.
#[derive(Debug)]
pub enum Missed {
    Frames(Vec<Bytes>),
    /// Older than what is kept here: ask the database.
    Unknown,
}

/// Batches kept for returning sockets.
const RING_BYTES: usize = 8 << 20;

struct Slot {
    out: Out,
    scope: Scope,
    /// The login session behind an agent's socket.
    session: Option<i64>,
}

#[derive(Default)]
pub struct Local {
    sockets: HashMap<SocketId, Slot>,
    /// Users' scopes: few, each shared by many sockets.
    scopes: HashMap<Scope, Vec<SocketId>>,
    /// Visitors: many, each with a tab or two; looked up per frame, never walked.
    visitors: HashMap<VisitorKey, Vec<SocketId>>,
    next_id: SocketId,
    /// Position of the newest batch handed out here.
    position: i64,
    ring: VecDeque<Arc<Batch>>,
    ring_bytes: usize,
    /// Every event after this position is in the ring.
    ring_from: i64,
    /// Position of the newest deletion: the ring still has what was said before it, the database no longer tells.
    withdrawn: i64,
}

thread_local! {
    static LOCAL: RefCell<Local> = RefCell::default();
}

/// Runs `f` on this worker's registry. Must not be nested.
pub fn with_local<R>(f: impl FnOnce(&mut Local) -> R) -> R {
    LOCAL.with_borrow_mut(f)
}

impl Local {
    /// Starts from a feed; call once per worker, before any socket joins.
    pub fn begin(&mut self, feed: &Feed) {
        self.restart(feed.position);
        self.ring_from = feed.recent_from;
        if let Some(recent) = &feed.recent {
            self.remember(recent.clone());
        }
    }

    fn restart(&mut self, position: i64) {
        self.position = position;
        self.ring_from = position;
        self.ring.clear();
        self.ring_bytes = 0;
    }

    /// Whoever comes back from here on is served by the database.
    pub fn forget_recent(&mut self) {
        self.restart(self.position);
    }

    pub fn join(&mut self, scope: Scope, session: Option<i64>, out: Out) -> Joined {
        metrics::gauge!(crate::telemetry::SOCKETS, "kind" => scope.kind()).increment(1.0);
        self.next_id += 1;
        let socket = self.next_id;
        self.listen(socket, Slot { out, scope, session });
        Joined { socket, position: self.position }
    }

    fn listen(&mut self, socket: SocketId, slot: Slot) {
        match &slot.scope {
            Scope::Visitor(key) => self.visitors.entry(key.clone()).or_default().push(socket),
            scope @ Scope::User(_) => self.scopes.entry(scope.clone()).or_default().push(socket),
        }
        self.sockets.insert(socket, slot);
    }

    pub fn leave(&mut self, socket: SocketId) {
        if let Some(slot) = self.unlisten(socket) {
            metrics::gauge!(crate::telemetry::SOCKETS, "kind" => slot.scope.kind()).decrement(1.0);
        }
    }

    fn unlisten(&mut self, socket: SocketId) -> Option<Slot> {
        let slot = self.sockets.remove(&socket)?;
        match &slot.scope {
            Scope::Visitor(key) => forget(&mut self.visitors, key, socket),
            scope @ Scope::User(_) => forget(&mut self.scopes, scope, socket),
        }
        Some(slot)
    }

    pub fn len(&self) -> usize {
        self.sockets.len()
    }

    pub fn is_empty(&self) -> bool {
        self.sockets.is_empty()
    }

    /// Replaces what a user's sockets may see; with `None` closes them.
    pub fn rescope(&mut self, user: UserId, scope: Option<&Scope>) {
        let is_theirs = |scope: &Scope| matches!(scope, Scope::User(viewer) if viewer.user == user);
        let affected: Vec<SocketId> = self
            .scopes
            .iter()
            .filter(|(scope, _)| is_theirs(scope))
            .flat_map(|(_, sockets)| sockets.clone())
            .collect();
        for socket in affected {
            let Some(slot) = self.unlisten(socket) else { continue };
            if slot.out.is_holding() {
                // It joined with other rights and may be in the middle of a replay: it begins anew.
                slot.out.close(CloseCode::Restarting);
            }
            match scope {
                Some(scope) => self.listen(socket, Slot { scope: scope.clone(), ..slot }),
                None => {
                    slot.out.close(CloseCode::SignedOut);
                    self.listen(socket, slot);
                }
            }
        }
    }

    pub fn end_session(&self, session: i64) {
        let theirs = self.sockets.values().filter(|slot| slot.session == Some(session));
        theirs.for_each(|slot| slot.out.close(CloseCode::SignedOut));
    }

    /// Hands a batch to every socket that may see some of it.
    pub fn deliver(&mut self, batch: Arc<Batch>) {
        for (scope, members) in &self.scopes {
            let Some(bytes) = joined(&batch.items, scope) else { continue };
            self.push(members, &bytes);
        }
        for item in &batch.items {
            if let Audience::Visitor(key) = &item.audience
                && let Some(members) = self.visitors.get(key)
            {
                self.push(members, &item.frame);
            }
        }
        if let Some(position) = batch.last_position() {
            self.position = position;
            if batch.withdraws {
                self.withdraw(position);
            }
            self.remember(batch);
        }
    }

    /// Whoever was away hears nothing more of what is deleted now, whether they come back later or are coming back at this moment.
    fn withdraw(&mut self, position: i64) {
        self.withdrawn = position;
        let coming = self
            .sockets
            .values()
            .filter(|slot| matches!(slot.scope, Scope::User(_)) && slot.out.is_holding());
        coming.for_each(|slot| slot.out.close(CloseCode::Restarting));
    }

    fn push(&self, members: &[SocketId], bytes: &Bytes) {
        members
            .iter()
            .filter_map(|member| self.sockets.get(member))
            .for_each(|slot| slot.out.push_live(bytes));
    }

    fn remember(&mut self, batch: Arc<Batch>) {
        self.ring_bytes += batch.bytes();
        self.ring.push_back(batch);
        while self.ring_bytes > RING_BYTES {
            let Some(oldest) = self.ring.pop_front() else { break };
            self.ring_bytes -= oldest.bytes();
            self.ring_from = oldest.last_position().unwrap_or(self.ring_from);
        }
    }

    /// Frames after `position`, up to and including `upto`, that `scope` may see.
    pub fn missed(&self, scope: &Scope, position: i64, upto: i64) -> Missed {
        if position < self.ring_from.max(self.withdrawn) {
            return Missed::Unknown;
        }
        let later = |item: &&Item| item.position.is_some_and(|at| at > position && at <= upto);
        let items = self.ring.iter().flat_map(|batch| &batch.items).filter(later);
        Missed::Frames(
            items.filter(|item| scope.sees(&item.audience)).map(|item| item.frame.clone()).collect(),
        )
    }

    /// Batches were lost on the way here: nobody may believe they are up to date.
    pub fn cut_all(&mut self, position: i64) {
        self.sockets.values().for_each(|slot| slot.out.close(CloseCode::TooSlow));
        self.restart(position);
    }

    /// Cuts what does not move; call about once a second.
    pub fn sweep(&self) {
        let now = Instant::now();
        self.sockets.values().for_each(|slot| slot.out.sweep(now));
    }

    pub fn ping(&self) {
        let ping = ping_frame();
        self.sockets.values().for_each(|slot| slot.out.push(ping.clone()));
    }

    /// Tells every socket to come back later: `hint` makes the frame sent before the close.
    pub fn drain(&self, hint: impl Fn() -> Bytes) {
        for Slot { out, .. } in self.sockets.values() {
            out.push(hint());
            out.close(CloseCode::Restarting);
        }
    }
}

/// One buffer with all frames of a batch that `scope` may see.
fn joined(items: &[Item], scope: &Scope) -> Option<Bytes> {
    let mut visible = items.iter().filter(|item| scope.sees(&item.audience));
    let first = visible.next()?;
    let Some(second) = visible.next() else { return Some(first.frame.clone()) };
    let mut bytes = BytesMut::with_capacity(first.frame.len() * 2 + second.frame.len());
    bytes.put_slice(&first.frame);
    bytes.put_slice(&second.frame);
    visible.for_each(|item| bytes.put_slice(&item.frame));
    Some(bytes.freeze())
}

fn forget<K: std::hash::Hash + Eq>(map: &mut HashMap<K, Vec<SocketId>>, key: &K, socket: SocketId) {
    if let Some(members) = map.get_mut(key) {
        members.retain(|&member| member != socket);
        if members.is_empty() {
            map.remove(key);
        }
    }
}
