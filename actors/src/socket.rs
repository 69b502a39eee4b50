//! What a session actor gets from its transport, and how it answers; the transport itself (handshake, bytes) is the web crate's.

use crate::fanout::{Out, text_frame};
use crate::trouble::Trouble;
use serde::Serialize;
use serde_json::{Map, json};
use std::time::{Duration, Instant};
use switchboard_engine::wire::{Ack, BadFrame, ErrorFrame};

/// One thing a transport hands up.
#[derive(Debug)]
pub enum Incoming {
    Text(String),
    /// The peer is gone, or broke the protocol; the transport has answered.
    Over,
}

/// Queues a JSON frame past any hold.
pub(crate) fn send(out: &Out, frame: &impl Serialize) {
    if let Ok(text) = serde_json::to_string(frame) {
        out.push(text_frame(text.as_bytes()));
    }
}

/// Answers a command; without `req` the client wants no answer.
pub(crate) fn answer<D: Serialize>(out: &Out, req: Option<&str>, result: Result<D, Trouble>) {
    match (req, result) {
        (Some(req), Ok(d)) => send(out, &Ack::new(req, d)),
        (None, Ok(_)) => {}
        (req, Err(trouble)) => {
            let detail = trouble.to_string();
            send(out, &ErrorFrame::new(req, trouble.code(), &detail).with(trouble.facts()));
        }
    }
}

/// Answers what could not be understood, under its `req` and with the field that is wrong.
pub(crate) fn answer_bad(out: &Out, bad: &BadFrame) {
    let BadFrame { req, field, detail } = bad;
    let mut facts = Map::new();
    let detail = match field {
        Some(field) => {
            facts.insert("fields".to_owned(), json!({ field: detail }));
            format!("not a frame we know: {field} {detail}")
        }
        None => format!("not a frame we know: it {detail}"),
    };
    send(out, &ErrorFrame::new(req.as_deref(), "validation", &detail).with(facts));
}

/// A token bucket: `burst` at once, then `per_second`.
pub(crate) struct Allowance {
    tokens: f64,
    burst: f64,
    per_second: f64,
    at: Instant,
}

impl Allowance {
    pub(crate) fn new(burst: f64, per_second: f64) -> Self {
        Self { tokens: burst, burst, per_second, at: Instant::now() }
    }

    pub(crate) fn take(&mut self) -> bool {
        let now = Instant::now();
        let gained = now.duration_since(self.at).as_secs_f64() * self.per_second;
        self.at = now;
        self.tokens = (self.tokens + gained).min(self.burst);
        let enough = self.tokens >= 1.0;
        if enough {
            self.tokens -= 1.0;
        }
        enough
    }
}

/// How long a visitor's first frame may take.
pub(crate) const FIRST_FRAME: Duration = Duration::from_secs(10);
