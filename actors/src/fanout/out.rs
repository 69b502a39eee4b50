//! The way out to one socket: a bounded queue between the sessions of a worker and the body of that socket's response.
//!
//! Bounded by 256 chunks and 1 MiB. A peer that does not read is cut with code 4008 and resumes later; it costs nobody else anything.
//! Lives on one worker thread, hence `Rc`.

use super::frame::close_frame;
use bytes::{BufMut, Bytes, BytesMut};
use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

/// Why we close; see docs/protocol.md.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
pub enum CloseCode {
    Bye = 1000,
    Protocol = 1002,
    BadText = 1007,
    NotAllowed = 1008,
    TooBig = 1009,
    Restarting = 1012,
    SignedOut = 4001,
    TooSlow = 4008,
    TooMany = 4009,
}

impl CloseCode {
    pub fn reason(self) -> &'static str {
        match self {
            Self::Bye => "bye",
            Self::Protocol => "protocol error",
            Self::BadText => "text is not UTF-8",
            Self::NotAllowed => "not allowed",
            Self::TooBig => "frame too big",
            Self::Restarting => "restarting",
            Self::SignedOut => "signed out",
            Self::TooSlow => "too slow, resume",
            Self::TooMany => "too many frames",
        }
    }
}

const MAX_CHUNKS: usize = 256;
const MAX_BYTES: usize = 1 << 20;
/// Most bytes joined into one write.
const MAX_WRITE: usize = 64 << 10;
/// A socket whose queue has not moved for this long is stalled.
const STALL: Duration = Duration::from_secs(10);
/// How long a closing socket may take to drain its close frame.
const LINGER: Duration = Duration::from_secs(2);

#[derive(Clone)]
pub struct Out(Rc<RefCell<State>>);

struct State {
    /// A replay: written before the queue, bounded by the number of events a replay may have.
    backlog: VecDeque<Bytes>,
    queue: VecDeque<Bytes>,
    bytes: usize,
    /// While a replay runs, live frames wait here.
    held: Option<VecDeque<Bytes>>,
    held_bytes: usize,
    waker: Option<Waker>,
    /// Since when the queue has been waiting for the peer.
    waiting: Option<Instant>,
    closing: Option<Instant>,
    /// The response body is gone; nothing can be written any more.
    gone: bool,
    /// Cuts the connection under a body that no longer moves.
    kill: Option<Box<dyn Fn()>>,
}

impl Out {
    /// `kill` must shut the connection down at once, even in the middle of a write.
    pub fn new(kill: Option<Box<dyn Fn()>>) -> Self {
        Self(Rc::new(RefCell::new(State {
            backlog: VecDeque::new(),
            queue: VecDeque::new(),
            bytes: 0,
            held: None,
            held_bytes: 0,
            waker: None,
            waiting: None,
            closing: None,
            gone: false,
            kill,
        })))
    }

    /// Queues a frame past any hold: answers and replayed frames.
    pub fn push(&self, frame: Bytes) {
        self.0.borrow_mut().push(frame);
    }

    /// Queues a live frame, behind a running replay.
    pub fn push_live(&self, frame: &Bytes) {
        let mut state = self.0.borrow_mut();
        if state.held.is_none() {
            state.push(frame.clone());
            return;
        }
        state.held_bytes += frame.len();
        if state.held_bytes > MAX_BYTES {
            state.cut(Instant::now());
        } else if let Some(held) = &mut state.held {
            held.push_back(frame.clone());
        }
    }

    /// From here on live frames wait until [`Out::release`].
    pub fn hold(&self) {
        self.0.borrow_mut().held.get_or_insert_with(VecDeque::new);
    }

    pub fn is_holding(&self) -> bool {
        self.0.borrow().held.is_some()
    }

    /// Queues missed frames behind what was said so far and ahead of everything live; not bounded like live frames are.
    pub fn replay(&self, frames: Vec<Bytes>) {
        let mut state = self.0.borrow_mut();
        if state.gone || state.closing.is_some() {
            return;
        }
        let said = std::mem::take(&mut state.queue);
        state.bytes = 0;
        state.backlog.extend(said);
        state.backlog.extend(frames);
        state.waiting.get_or_insert_with(Instant::now);
        state.wake();
    }

    /// The replay is complete: what waited follows it.
    pub fn release(&self) {
        let mut state = self.0.borrow_mut();
        state.held_bytes = 0;
        for frame in state.held.take().unwrap_or_default() {
            state.push(frame);
        }
    }

    /// Sends what is queued, then a close frame, then ends.
    pub fn close(&self, code: CloseCode) {
        let mut state = self.0.borrow_mut();
        if state.closing.is_none() {
            state.enqueue(close_frame(code));
            state.closing = Some(Instant::now());
            state.wake();
        }
    }

    pub fn is_closing(&self) -> bool {
        let state = self.0.borrow();
        state.gone || state.closing.is_some()
    }

    /// Called every second or so by the worker: cuts what does not move.
    pub fn sweep(&self, now: Instant) {
        let mut state = self.0.borrow_mut();
        if state.waiting.is_some_and(|since| now.duration_since(since) > STALL) {
            state.cut(now);
        }
        if !state.gone && state.closing.is_some_and(|since| now.duration_since(since) > LINGER) {
            state.kill();
        }
    }

    /// Called by the body when it is dropped.
    pub fn gone(&self) {
        let mut state = self.0.borrow_mut();
        state.gone = true;
        state.kill = None;
        state.drop_queue();
    }

    /// The next bytes to write: everything queued, joined, up to 64 KiB.
    pub fn poll_chunk(&self, cx: &Context<'_>) -> Poll<Option<Bytes>> {
        let mut state = self.0.borrow_mut();
        let chunk = state.take();
        state.waiting = (!state.is_empty()).then(Instant::now);
        match chunk {
            Some(bytes) => Poll::Ready(Some(bytes)),
            None if state.closing.is_some() => Poll::Ready(None),
            None => {
                state.waker = Some(cx.waker().clone());
                Poll::Pending
            }
        }
    }
}

impl State {
    fn push(&mut self, frame: Bytes) {
        if self.gone || self.closing.is_some() {
            return;
        }
        if self.queue.len() >= MAX_CHUNKS || self.bytes + frame.len() > MAX_BYTES && self.bytes > 0 {
            self.cut(Instant::now());
            return;
        }
        self.enqueue(frame);
        self.wake();
    }

    fn enqueue(&mut self, frame: Bytes) {
        self.waiting.get_or_insert_with(Instant::now);
        self.bytes += frame.len();
        self.queue.push_back(frame);
    }

    fn is_empty(&self) -> bool {
        self.backlog.is_empty() && self.queue.is_empty()
    }

    fn pop(&mut self) -> Option<Bytes> {
        if let Some(frame) = self.backlog.pop_front() {
            return Some(frame);
        }
        let frame = self.queue.pop_front()?;
        self.bytes -= frame.len();
        Some(frame)
    }

    fn take(&mut self) -> Option<Bytes> {
        let first = self.pop()?;
        if self.is_empty() || first.len() >= MAX_WRITE {
            return Some(first);
        }
        let mut joined = BytesMut::with_capacity(MAX_WRITE.min(first.len() * 2 + self.bytes));
        joined.put_slice(&first);
        while self
            .backlog
            .front()
            .or(self.queue.front())
            .is_some_and(|next| joined.len() + next.len() <= MAX_WRITE)
        {
            let Some(next) = self.pop() else { break };
            joined.put_slice(&next);
        }
        Some(joined.freeze())
    }

    /// Too slow: forget the queue, say 4008 if the peer still listens, cut the line if not.
    fn cut(&mut self, now: Instant) {
        if self.gone || self.closing.is_some() {
            return;
        }
        metrics::counter!(crate::telemetry::SOCKETS_CUT).increment(1);
        self.drop_queue();
        self.held = None;
        self.enqueue(close_frame(CloseCode::TooSlow));
        self.closing = Some(now);
        self.wake();
    }

    fn kill(&mut self) {
        if let Some(kill) = self.kill.take() {
            kill();
        }
        self.drop_queue();
        self.wake();
    }

    fn drop_queue(&mut self) {
        self.backlog = VecDeque::new();
        self.queue = VecDeque::new();
        self.bytes = 0;
        self.waiting = None;
    }

    fn wake(&mut self) {
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drain(out: &Out) -> Vec<u8> {
        let cx = Context::from_waker(Waker::noop());
        let mut all = Vec::new();
        while let Poll::Ready(Some(bytes)) = out.poll_chunk(&cx) {
            all.extend_from_slice(&bytes);
        }
        all
    }

    #[test]
    fn live_frames_never_overtake_a_replay() {
        let out = Out::new(None);
        out.hold();
        out.push_live(&Bytes::from_static(b"live"));
        out.push(Bytes::from_static(b"old "));
        out.release();
        assert_eq!(drain(&out), b"old live");
    }

    #[test]
    fn a_peer_that_does_not_read_is_cut_and_its_memory_freed() {
        let out = Out::new(None);
        let frame = Bytes::from(vec![0; 100 << 10]);
        for _ in 0..50 {
            out.push(frame.clone());
        }
        assert!(out.is_closing());
        assert_eq!(drain(&out), &close_frame(CloseCode::TooSlow)[..]);
    }

    #[test]
    fn a_stalled_peer_is_killed_after_ten_seconds_and_a_linger() {
        let killed = Rc::new(std::cell::Cell::new(false));
        let flag = killed.clone();
        let out = Out::new(Some(Box::new(move || flag.set(true))));
        out.push(Bytes::from_static(b"x"));
        let now = Instant::now();
        out.sweep(now + Duration::from_secs(9));
        assert!(!out.is_closing());
        out.sweep(now + Duration::from_secs(11));
        assert!(out.is_closing() && !killed.get());
        out.sweep(now + Duration::from_secs(14));
        assert!(killed.get());
    }
}
