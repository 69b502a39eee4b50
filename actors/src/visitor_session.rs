//! One webchat visitor's tab: knows its visitor from the first frame's token, takes messages, hears what the team answers.
//!
//! Talks to: the intake, through [`crate::visitors`]. Live frames do not pass through here. Dies with its socket.

use crate::Actors;
use crate::conversation::Done;
use crate::fanout::{CloseCode, Cursor, Missed, Out, Scope, SocketId, with_local};
use crate::replay;
use crate::roster::Line;
use crate::socket::{Allowance, FIRST_FRAME, Incoming, answer, answer_bad, send};
use crate::telemetry;
use crate::trouble::Trouble;
use crate::visitors::{Visitor, VisitorDraft};
use actix::prelude::*;
use futures_util::Stream;
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use std::sync::Arc;
use switchboard_engine::conversation::EventKind;
use switchboard_engine::ids::{ChannelId, ConversationId};
use switchboard_engine::receipt::Status;
use switchboard_engine::widget::Answers;
use switchboard_engine::wire::{
    Ephemeral, ErrorFrame, SessionStart, VisitorCommand, VisitorFrame, visitor_entry,
};

const MAILBOX: usize = 64;
const IDENTITY_INVALID: &str = "The proof of this visitor's identity does not hold; they stay a guest. Sign the user id with the widget's identity secret.";
/// Entries a fresh panel gets.
const NEWEST: usize = 50;

pub struct VisitorSession {
    actors: Actors,
    out: Out,
    door: Box<dyn Door>,
    state: State,
    frames: Allowance,
    typing: Allowance,
}

/// What the transport decides about a visitor's socket. `Err` is the number of seconds to wait.
pub trait Door {
    /// Whether the page this socket comes from may use a widget.
    fn admits(&self, line: &Line) -> bool;

    /// Whether one more visitor nobody has seen before may come.
    fn newcomer(&self) -> Result<(), u64>;

    /// Whether this visitor may write one more message.
    fn message(&self, visitor: &str) -> Result<(), u64>;
}

enum State {
    Stranger,
    Known(Box<Known>),
}

#[derive(Clone)]
struct Known {
    visitor: Visitor,
    socket: SocketId,
    conversation: Option<ConversationId>,
    name: Option<String>,
    /// What they filled in, as far as it was sent with the first frame.
    prechat: Answers,
}

impl VisitorSession {
    pub fn open(
        actors: &Actors,
        out: &Out,
        door: Box<dyn Door>,
        frames: impl Stream<Item = Incoming> + 'static,
    ) -> Addr<Self> {
        Self::create(|ctx| {
            ctx.set_mailbox_capacity(MAILBOX);
            ctx.add_stream(frames);
            Self {
                actors: actors.clone(),
                out: out.clone(),
                door,
                state: State::Stranger,
                frames: Allowance::new(100.0, 20.0),
                typing: Allowance::new(2.0, 1.0),
            }
        })
    }

    fn start(&mut self, req: Option<String>, start: SessionStart, ctx: &mut Context<Self>) {
        let roster = self.actors.roster.get();
        let Some(line) = roster.widget(&start.widget_key).filter(|line| self.door.admits(line)) else {
            return self.turn_away(
                req.as_deref(),
                "origin_not_allowed",
                "There is no such widget for this page.",
            );
        };
        let Some(visitor) = self.visitor(line, &start) else {
            let detail = "This token is not valid here. Start without one.";
            return self.turn_away(req.as_deref(), "token_invalid", detail);
        };
        if !Self::is_known(&start, &visitor)
            && let Err(seconds) = self.door.newcomer()
        {
            self.limited(req.as_deref(), seconds);
            return self.out.close(CloseCode::TooMany);
        }
        self.out.hold();
        let scope = Scope::Visitor(visitor.id.as_str().into());
        let joined = with_local(|local| local.join(scope.clone(), None, self.out.clone()));
        let claimed = start.identity.as_ref().and_then(|claim| claim.name.clone());
        let name = start.name.clone().or(claimed).filter(|name| !name.trim().is_empty());
        let prechat = start.prechat.clone().unwrap_or_default();
        let known = Known { visitor, socket: joined.socket, conversation: None, name, prechat };
        self.state = State::Known(Box::new(known.clone()));
        let (actors, upto) = (self.actors.clone(), joined.position);
        let from = start.cursor.as_deref().and_then(|cursor| known_position(&actors, cursor, upto));
        let upto = upto.max(from.unwrap_or(upto));
        let remembered = from.map(|from| with_local(|local| local.missed(&scope, from, upto)));
        let work = async move { welcome(&actors, &known, &scope, Span { from, upto }, remembered).await };
        ctx.wait(
            work.into_actor(self).map(move |welcome, session, _| session.greet(req.as_deref(), welcome)),
        );
    }

    /// Who this is: whom the page vouches for, or whom the token names, or somebody new. `None` for a token that is not ours.
    fn visitor(&self, line: &Arc<Line>, start: &SessionStart) -> Option<Visitor> {
        if let Some(claim) = &start.identity {
            let proof = start.hmac.as_deref().unwrap_or_default();
            if let Some(vouched) = self.actors.vouched_visitor(line.clone(), &claim.user_id, proof) {
                return Some(vouched);
            }
            // They stay the guest they are.
            if line.credential("identity_secret").is_some() {
                send(&self.out, &ErrorFrame::new(None, "identity_invalid", IDENTITY_INVALID));
            }
        }
        match &start.token {
            None => Some(self.actors.new_visitor(line.clone())),
            Some(token) => self.actors.visitor_of(line.clone(), token),
        }
    }

    fn greet(&mut self, req: Option<&str>, welcome: Result<Welcome, Trouble>) {
        match welcome {
            Ok(welcome) => {
                if let State::Known(known) = &mut self.state {
                    known.conversation = welcome.conversation_id;
                }
                send(&self.out, &Ephemeral { t: "hello", req, conversation_id: None, d: welcome });
                self.out.release();
            }
            Err(trouble) => {
                send(&self.out, &ErrorFrame::new(req, trouble.code(), &trouble.to_string()));
                self.out.close(CloseCode::Restarting);
            }
        }
    }

    /// Whoever shows a token or is vouched for was here before, or is somebody at that website.
    fn is_known(start: &SessionStart, visitor: &Visitor) -> bool {
        start.token.is_some() || visitor.verified.is_some()
    }

    fn limited(&self, req: Option<&str>, seconds: u64) {
        let detail = format!("Too many at once. Wait {seconds} seconds.");
        let wait = [("retry_after".to_owned(), seconds.into())].into_iter().collect();
        send(&self.out, &ErrorFrame::new(req, "rate_limited", &detail).with(wait));
    }

    fn turn_away(&self, req: Option<&str>, code: &str, detail: &str) {
        send(&self.out, &ErrorFrame::new(req, code, detail));
        self.out.close(CloseCode::NotAllowed);
    }

    fn command(&mut self, req: Option<String>, command: VisitorCommand, ctx: &mut Context<Self>) {
        let State::Known(known) = &self.state else {
            if let VisitorCommand::SessionStart(start) = command {
                return self.start(req, start, ctx);
            }
            return self.turn_away(req.as_deref(), "validation", "The first frame must be session.start.");
        };
        let (known, actors) = (known.clone(), self.actors.clone());
        match command {
            VisitorCommand::SessionStart(_) => {
                let detail = "This socket has a session already.";
                send(&self.out, &ErrorFrame::new(req.as_deref(), "validation", detail));
            }
            VisitorCommand::Ping {} => answer(&self.out, req.as_deref(), Ok(json!({}))),
            VisitorCommand::MessageSend { client_id, text, media_ids, prechat } => {
                let given = prechat.unwrap_or_else(|| known.prechat.clone());
                let draft = VisitorDraft {
                    client_id,
                    text: text.unwrap_or_default(),
                    media_ids,
                    name: known.name.clone(),
                    prechat: given,
                };
                self.write(req, *known, draft, ctx);
            }
            VisitorCommand::MessageAck { upto } => acknowledge(self, &known, upto, Status::Delivered, ctx),
            VisitorCommand::MessageSeen { upto } => acknowledge(self, &known, upto, Status::Read, ctx),
            VisitorCommand::Typing {} => {
                if let Some(conversation) = known.conversation.filter(|_| self.typing.take()) {
                    ctx.spawn(async move { actors.visitor_types(conversation).await }.into_actor(self));
                }
            }
        }
    }

    fn write(&mut self, req: Option<String>, known: Known, draft: VisitorDraft, ctx: &mut Context<Self>) {
        if let Err(seconds) = self.door.message(&known.visitor.id) {
            return self.limited(req.as_deref(), seconds);
        }
        let actors = self.actors.clone();
        let begins = known.conversation.is_none();
        let work = async move { actors.visitor_writes(&known.visitor, draft, begins).await };
        ctx.wait(work.into_actor(self).map(move |done, session, _| session.written(req.as_deref(), done)));
    }

    fn written(&mut self, req: Option<&str>, done: Result<Done, Trouble>) {
        let told = done.and_then(|done| {
            if let State::Known(known) = &mut self.state {
                known.conversation = Some(done.conversation.id);
            }
            let message = done.message.ok_or(Trouble::Busy)?;
            let conversation_id = message.conversation_id;
            Ok(json!({"message_id": message.id, "conversation_id": conversation_id, "seq": message.seq, "at": message.at}))
        });
        answer(&self.out, req, told);
    }
}

fn acknowledge(
    session: &VisitorSession,
    known: &Known,
    upto: i64,
    status: Status,
    ctx: &mut Context<VisitorSession>,
) {
    let actors = session.actors.clone();
    let told = known.conversation;
    let visitor = known.visitor.clone();
    let work = async move {
        // The team may have written first, in a conversation this socket has not heard of.
        let conversation = match told {
            Some(conversation) => Some(conversation),
            None => actors.conversation_of(&visitor).await.ok().flatten(),
        };
        if let Some(conversation) = conversation {
            actors.visitor_acknowledges(&visitor, conversation, upto, status).await;
        }
    };
    ctx.spawn(work.into_actor(session));
}

struct Span {
    from: Option<i64>,
    upto: i64,
}

/// What a panel needs to show itself.
#[derive(Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts, as the panel reads them")]
struct Welcome {
    token: String,
    visitor_id: String,
    widget: Value,
    conversation_id: Option<ConversationId>,
    entries: Vec<Box<RawValue>>,
    cursor: String,
    resumed: bool,
    /// Whether the website vouches for this visitor.
    identified: bool,
    /// Whether the widget's group has business hours now.
    open: bool,
    /// Whether the visitor may keep the chat as a file.
    transcript: bool,
}

fn known_position(actors: &Actors, cursor: &str, upto: i64) -> Option<i64> {
    let cursor = Cursor::parse(cursor)?;
    // Another worker may have told the client of more than this one has heard of yet.
    let newest = actors.core.fanout.position().max(upto);
    (cursor.epoch == *actors.core.fanout.epoch() && cursor.position <= newest).then_some(cursor.position)
}

async fn welcome(
    actors: &Actors,
    known: &Known,
    scope: &Scope,
    span: Span,
    remembered: Option<Missed>,
) -> Result<Welcome, Trouble> {
    let conversation_id = actors.conversation_of(&known.visitor).await?;
    let missed = match (remembered, span.from) {
        (Some(Missed::Frames(frames)), _) => Some(frames),
        (Some(Missed::Unknown), Some(from)) => {
            replay::since(&actors.core, from, span.upto).await?.map(|batch| {
                batch
                    .items
                    .into_iter()
                    .filter(|item| scope.sees(&item.audience))
                    .map(|item| item.frame)
                    .collect()
            })
        }
        _ => None,
    };
    let resumed = missed.is_some();
    metrics::counter!(telemetry::RESUMES, "by" => if resumed { "visitor" } else { "visitor_fresh" })
        .increment(1);
    let entries = match missed {
        Some(frames) => frames.iter().filter_map(payload).collect(),
        None => newest(actors, conversation_id, known.visitor.line.channel.id).await?,
    };
    let roster = actors.roster.get();
    Ok(Welcome {
        token: actors.token_of(&known.visitor),
        visitor_id: known.visitor.id.clone(),
        widget: crate::visitors::widget(&known.visitor.line),
        conversation_id,
        entries,
        cursor: Cursor::new(actors.core.fanout.epoch(), span.upto).to_string(),
        resumed,
        identified: known.visitor.verified.is_some(),
        open: roster.is_open(known.visitor.line.channel.group_id, actors.core.clock.now()),
        transcript: roster.settings().visitor_transcripts,
    })
}

/// The JSON inside a text frame of ours.
fn payload(frame: &bytes::Bytes) -> Option<Box<RawValue>> {
    let start = frame.iter().position(|&byte| byte == b'{')?;
    let text = std::str::from_utf8(frame.get(start..)?).ok()?;
    RawValue::from_string(text.to_owned()).ok()
}

async fn newest(
    actors: &Actors,
    conversation: Option<ConversationId>,
    channel: ChannelId,
) -> Result<Vec<Box<RawValue>>, Trouble> {
    let Some(id) = conversation else { return Ok(Vec::new()) };
    let events = actors.core.store.timeline(id, switchboard_schema::Page::Newest, NEWEST).await?;
    // What was said on another line of the same conversation is not the widget's business.
    let shown = events.iter().filter(|event| match &event.kind {
        EventKind::Message(message) => message.channel_id == channel,
        _ => true,
    });
    let entries = shown.filter_map(|event| visitor_entry(event, id));
    Ok(entries.filter_map(|entry| RawValue::from_string(entry).ok()).collect())
}

impl Actor for VisitorSession {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.run_later(FIRST_FRAME, |session, _| {
            if matches!(session.state, State::Stranger) {
                session.out.close(CloseCode::NotAllowed);
            }
        });
    }

    fn stopped(&mut self, _: &mut Self::Context) {
        if let State::Known(known) = &self.state {
            with_local(|local| local.leave(known.socket));
        }
    }
}

impl StreamHandler<Incoming> for VisitorSession {
    fn handle(&mut self, incoming: Incoming, ctx: &mut Self::Context) {
        let Incoming::Text(text) = incoming else { return ctx.stop() };
        if self.out.is_closing() {
            return;
        }
        if !self.frames.take() {
            return self.out.close(CloseCode::TooMany);
        }
        match VisitorFrame::read(&text) {
            Ok(VisitorFrame { req, command }) => self.command(req, command, ctx),
            Err(bad) => answer_bad(&self.out, &bad),
        }
    }

    fn finished(&mut self, ctx: &mut Self::Context) {
        ctx.stop();
    }
}
