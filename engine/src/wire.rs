//! JSON that crosses our own edge: shapes shared by REST and sockets, frames from clients, frames to clients.
//!
//! Described for people in docs/protocol.md. Wire names are snake_case, ids are strings, times RFC 3339.

mod client;
mod entry;
mod reading;
mod view;

pub use client::{
    AgentCommand, AgentFrame, IdentityClaim, SessionStart, TemplateAsk, VisitorCommand, VisitorFrame,
};
pub use entry::{agent_entry, timeline_entry, visitor_entry, webhook_entry, with_cursor};
pub use reading::BadFrame;
pub use view::{
    AssigneeView, ChannelView, ContactView, ConversationView, MediaView, MessageView, PreviewView, SenderView,
};

use serde::Serialize;

/// `{"t":"ack","req":…,"d":…}`
#[derive(Serialize)]
pub struct Ack<'a, D: Serialize> {
    t: &'static str,
    req: &'a str,
    d: D,
}

impl<'a, D: Serialize> Ack<'a, D> {
    pub fn new(req: &'a str, d: D) -> Self {
        Self { t: "ack", req, d }
    }
}

/// `{"t":"error","req":…,"code":…,"detail":…}`
#[derive(Serialize)]
pub struct ErrorFrame<'a> {
    t: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    req: Option<&'a str>,
    code: &'a str,
    detail: &'a str,
    /// What a client can act on, beside the code.
    #[serde(flatten)]
    facts: serde_json::Map<String, serde_json::Value>,
}

impl<'a> ErrorFrame<'a> {
    pub fn new(req: Option<&'a str>, code: &'a str, detail: &'a str) -> Self {
        Self { t: "error", req, code, detail, facts: serde_json::Map::new() }
    }

    #[must_use]
    pub fn with(mut self, facts: serde_json::Map<String, serde_json::Value>) -> Self {
        self.facts = facts;
        self
    }
}

/// A frame without a number: never stored, never replayed.
#[derive(Serialize)]
pub struct Ephemeral<'a, D: Serialize> {
    pub t: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub req: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conversation_id: Option<crate::ids::ConversationId>,
    pub d: D,
}
