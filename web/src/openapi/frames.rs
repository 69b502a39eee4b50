//! The frames of both websockets as schemas; docs/protocol.md says what they mean.
#![expect(dead_code, clippy::large_enum_variant, reason = "described here, written and read elsewhere")]

use crate::api::messages::TemplateRequest;
use crate::api::shapes::{Conversation, Media, Message, ReadState};
use serde::Deserialize;
use std::collections::BTreeMap;
use utoipa::openapi::{Components, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// What an agent's browser sends. With `req` it gets an `ack` or an `error`.
#[derive(Deserialize, ToSchema)]
#[serde(tag = "t")]
enum AgentCommand {
    #[serde(rename = "resume")]
    Resume { req: Option<String>, cursor: String },
    #[serde(rename = "message.send")]
    MessageSend {
        req: Option<String>,
        conversation_id: String,
        client_id: String,
        text: Option<String>,
        media_ids: Option<Vec<String>>,
        expected_seq: Option<i64>,
        template: Option<TemplateRequest>,
        channel_id: Option<String>,
    },
    #[serde(rename = "note.add")]
    NoteAdd {
        req: Option<String>,
        conversation_id: String,
        client_id: String,
        text: String,
        mentions: Option<Vec<String>>,
    },
    #[serde(rename = "message.retry")]
    MessageRetry { req: Option<String>, message_id: String, confirm: Option<bool> },
    #[serde(rename = "message.cancel")]
    MessageCancel { req: Option<String>, message_id: String },
    #[serde(rename = "conversation.attend")]
    Attend { req: Option<String>, conversation_id: String },
    #[serde(rename = "conversation.assign")]
    Assign {
        req: Option<String>,
        conversation_id: String,
        user_ids: Vec<String>,
        expected_version: Option<i64>,
    },
    #[serde(rename = "conversation.assignee.add")]
    AssigneeAdd { req: Option<String>, conversation_id: String, user_id: String },
    #[serde(rename = "conversation.assignee.remove")]
    AssigneeRemove { req: Option<String>, conversation_id: String, user_id: String },
    #[serde(rename = "conversation.unassign")]
    Unassign { req: Option<String>, conversation_id: String },
    #[serde(rename = "conversation.close")]
    Close { req: Option<String>, conversation_id: String, note: Option<String>, pending: Option<String> },
    #[serde(rename = "conversation.snooze")]
    Snooze { req: Option<String>, conversation_id: String, until: String },
    #[serde(rename = "conversation.unsnooze")]
    Unsnooze { req: Option<String>, conversation_id: String },
    #[serde(rename = "conversation.delete")]
    Delete { req: Option<String>, conversation_id: String },
    #[serde(rename = "conversation.restore")]
    Restore { req: Option<String>, conversation_id: String },
    #[serde(rename = "conversation.reopen")]
    Reopen { req: Option<String>, conversation_id: String },
    #[serde(rename = "read.mark")]
    ReadMark { req: Option<String>, conversation_id: String, upto: Option<i64>, unread: Option<bool> },
    #[serde(rename = "typing")]
    Typing { conversation_id: String },
    #[serde(rename = "viewing")]
    Viewing { conversation_id: Option<String> },
    #[serde(rename = "ping")]
    Ping { req: Option<String> },
}

/// How many conversations the lists of a group hold; lists that are not named are as they were.
#[derive(Deserialize, ToSchema)]
struct CountsUpdated {
    group_id: String,
    counts: BTreeMap<String, i64>,
}

/// What an agent's browser gets.
#[derive(Deserialize, ToSchema)]
#[serde(tag = "t")]
enum AgentServerFrame {
    #[serde(rename = "hello")]
    Hello { d: AgentHello },
    #[serde(rename = "ack")]
    Ack {
        req: String,
        #[schema(value_type = Object)]
        d: serde_json::Value,
    },
    #[serde(rename = "error")]
    Error {
        req: Option<String>,
        code: String,
        detail: String,
        /// Of `validation`: what is wrong, by its path in the frame
        fields: Option<BTreeMap<String, String>>,
    },
    #[serde(rename = "resumed")]
    Resumed { req: String, d: Resumed },
    #[serde(rename = "resync")]
    Resync { req: String },
    #[serde(rename = "message.created")]
    MessageCreated {
        conversation_id: String,
        seq: i64,
        at: String,
        d: MessageCreated,
        row: Conversation,
        cursor: String,
    },
    #[serde(rename = "message.status")]
    MessageStatus {
        conversation_id: String,
        seq: i64,
        at: String,
        d: MessageStatus,
        row: Conversation,
        cursor: String,
    },
    /// A customer, or somebody for them, said whether they may be written to.
    #[serde(rename = "consent.changed")]
    ConsentChanged {
        conversation_id: String,
        seq: i64,
        at: String,
        d: ConsentChanged,
        row: Conversation,
        cursor: String,
    },
    /// A 24-hour window opened, or came to its end.
    #[serde(rename = "window.changed")]
    WindowChanged { conversation_id: String, d: WindowChanged },
    #[serde(rename = "message.media")]
    MessageMedia {
        conversation_id: String,
        seq: i64,
        at: String,
        d: MessageMedia,
        row: Conversation,
        cursor: String,
    },
    /// Every other `conversation.…` with a `seq` has the same frame; `d` is described in docs/protocol.md.
    #[serde(rename = "conversation.assigned")]
    ConversationAssigned {
        conversation_id: String,
        seq: i64,
        at: String,
        #[schema(value_type = Object)]
        d: serde_json::Value,
        row: Conversation,
        cursor: String,
    },
    #[serde(rename = "counts.updated")]
    CountsUpdated { d: CountsUpdated },
    #[serde(rename = "conversation.read_state")]
    ReadStateChanged { conversation_id: String, d: ReadState },
    #[serde(rename = "typing")]
    Typing { conversation_id: String, d: TypingBy },
    #[serde(rename = "presence.viewing")]
    Viewing { conversation_id: String, d: ViewedBy },
    #[serde(rename = "template.updated")]
    TemplateUpdated { d: TemplateUpdated },
    #[serde(rename = "server.draining")]
    Draining { d: Draining },
}

/// Agents get `group_id` only: what they can send has changed.
#[derive(Deserialize, ToSchema)]
struct TemplateUpdated {
    group_id: String,
    channel_id: Option<String>,
    /// Missing when the whole list must be read again.
    #[schema(value_type = Option<Object>)]
    template: Option<serde_json::Value>,
}

#[derive(Deserialize, ToSchema)]
struct ConsentChanged {
    channel_id: Option<String>,
    channel_kind: String,
    topic: String,
    state: String,
    source: String,
    #[schema(value_type = Option<Object>)]
    by: Option<serde_json::Value>,
}

#[derive(Deserialize, ToSchema)]
struct WindowChanged {
    channel_id: String,
    address: String,
    state: String,
    expires_at: Option<String>,
}

#[derive(Deserialize, ToSchema)]
struct AgentHello {
    #[schema(value_type = Object)]
    user: serde_json::Value,
    cursor: String,
    server_time: String,
}

#[derive(Deserialize, ToSchema)]
struct Resumed {
    frames: i64,
    cursor: String,
}

#[derive(Deserialize, ToSchema)]
struct MessageCreated {
    message: Message,
}

#[derive(Deserialize, ToSchema)]
struct MessageStatus {
    message_id: String,
    status: String,
    at: String,
    #[schema(value_type = Option<Object>)]
    failure: Option<serde_json::Value>,
    hold_reason: Option<String>,
    release_at: Option<String>,
    attempt: Option<i64>,
}

#[derive(Deserialize, ToSchema)]
struct MessageMedia {
    message_id: String,
    media: Media,
}

#[derive(Deserialize, ToSchema)]
struct TypingBy {
    who: Who,
    until: Option<String>,
}

#[derive(Deserialize, ToSchema)]
struct Who {
    kind: String,
    id: Option<String>,
    name: Option<String>,
}

#[derive(Deserialize, ToSchema)]
struct ViewedBy {
    users: Vec<Who>,
}

#[derive(Deserialize, ToSchema)]
struct Draining {
    reconnect_after_ms: i64,
}

/// What a webchat panel sends; the first frame is `session.start`.
#[derive(Deserialize, ToSchema)]
#[serde(tag = "t")]
enum VisitorCommand {
    #[serde(rename = "session.start")]
    SessionStart { req: Option<String>, d: SessionStart },
    #[serde(rename = "message.send")]
    MessageSend { req: Option<String>, d: VisitorDraft },
    #[serde(rename = "message.ack")]
    MessageAck { d: Upto },
    #[serde(rename = "message.seen")]
    MessageSeen { d: Upto },
    #[serde(rename = "typing")]
    Typing {
        #[schema(value_type = Object)]
        d: serde_json::Value,
    },
    #[serde(rename = "ping")]
    Ping { req: Option<String> },
}

#[derive(Deserialize, ToSchema)]
struct SessionStart {
    widget_key: String,
    token: Option<String>,
    cursor: Option<String>,
    name: Option<String>,
    email: Option<String>,
}

#[derive(Deserialize, ToSchema)]
struct VisitorDraft {
    client_id: String,
    text: Option<String>,
    media_ids: Option<Vec<String>>,
}

#[derive(Deserialize, ToSchema)]
struct Upto {
    upto: i64,
}

/// What a webchat panel gets: entries without `row`, and its own greeting.
#[derive(Deserialize, ToSchema)]
#[serde(tag = "t")]
enum VisitorServerFrame {
    #[serde(rename = "hello")]
    Hello { req: Option<String>, d: VisitorHello },
    #[serde(rename = "ack")]
    Ack {
        req: String,
        #[schema(value_type = Object)]
        d: serde_json::Value,
    },
    #[serde(rename = "error")]
    Error {
        req: Option<String>,
        code: String,
        detail: String,
        /// Of `rate_limited`: seconds
        retry_after: Option<u64>,
        /// Of `validation`: what is wrong, by its path in the frame
        fields: Option<BTreeMap<String, String>>,
    },
    #[serde(rename = "message.created")]
    MessageCreated { conversation_id: String, seq: i64, at: String, d: MessageCreated, cursor: String },
    #[serde(rename = "message.status")]
    MessageStatus { conversation_id: String, seq: i64, at: String, d: MessageStatus, cursor: String },
    #[serde(rename = "message.media")]
    MessageMedia { conversation_id: String, seq: i64, at: String, d: MessageMedia, cursor: String },
    #[serde(rename = "conversation.closed")]
    ConversationClosed { conversation_id: String, seq: i64, at: String, cursor: String },
    #[serde(rename = "typing")]
    Typing { d: TypingBy },
    #[serde(rename = "server.draining")]
    Draining { d: Draining },
}

#[derive(Deserialize, ToSchema)]
struct VisitorHello {
    token: String,
    visitor_id: String,
    widget: Widget,
    conversation_id: Option<String>,
    #[schema(value_type = Vec<crate::api::shapes::Entry>)]
    entries: Vec<serde_json::Value>,
    cursor: String,
    resumed: bool,
}

#[derive(Deserialize, ToSchema)]
struct Widget {
    key: String,
    title: String,
    greeting: String,
    colour: String,
    position: String,
    locale: String,
}

/// Adds the frames, and what they are made of, to the document's schemas.
pub(super) fn describe(components: &mut Components) {
    add::<AgentCommand>(components);
    add::<AgentServerFrame>(components);
    add::<VisitorCommand>(components);
    add::<VisitorServerFrame>(components);
}

fn add<S: ToSchema + PartialSchema>(components: &mut Components) {
    let mut parts: Vec<(String, RefOr<Schema>)> = vec![(S::name().into_owned(), S::schema())];
    S::schemas(&mut parts);
    components.schemas.extend(parts);
}
