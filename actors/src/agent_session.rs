//! One agent's browser tab: takes its commands in order, answers each, and brings it up to date when it returns.
//!
//! Talks to: the desk. Live frames do not pass through here: the worker's registry writes them straight to the socket. Dies with its socket.

use crate::Actors;
use crate::conversation::Done;
use crate::desk::{Draft, NoteDraft};
use crate::fanout::{CloseCode, Cursor, Missed, Out, Scope, SocketId, with_local};
use crate::replay;
use crate::socket::{Allowance, FIRST_FRAME, Incoming, answer, answer_bad, send};
use crate::telemetry;
use crate::trouble::Trouble;
use actix::prelude::*;
use futures_util::Stream;
use serde::Serialize;
use serde_json::json;
use switchboard_engine::ids::{ConversationId, UserId};
use switchboard_engine::message::Message;
use switchboard_engine::sending::Warning;
use switchboard_engine::wire::{AgentCommand, AgentFrame, Ephemeral};

const MAILBOX: usize = 256;
/// Frames a tab may send: a burst, then a steady rate; far above what hands can do.
const BURST: f64 = 500.0;
const PER_SECOND: f64 = 200.0;

pub struct AgentSession {
    actors: Actors,
    user: UserId,
    out: Out,
    scope: Scope,
    socket: SocketId,
    /// Everything up to here happened before this socket listened.
    position: i64,
    /// Live frames still wait for the client to say whether it resumes.
    holding: bool,
    viewing: Option<ConversationId>,
    frames: Allowance,
    typing: Allowance,
}

/// Who a socket belongs to.
#[derive(Clone, Debug)]
pub struct Hello {
    pub user: UserId,
    /// The login session; when it ends, so does the socket.
    pub session: i64,
    /// The user's shape as REST shows it.
    pub profile: serde_json::Value,
}

impl AgentSession {
    /// Starts a session on this worker. `None` when the user may no longer act.
    pub fn open(
        actors: &Actors,
        hello: Hello,
        out: &Out,
        frames: impl Stream<Item = Incoming> + 'static,
    ) -> Option<Addr<Self>> {
        let user = actors.user(hello.user).ok()?;
        let scope = Scope::User(user.viewer());
        out.hold();
        let joined = with_local(|local| local.join(scope.clone(), Some(hello.session), out.clone()));
        greet(actors, &hello, out, joined.position);
        actors.presence.arrives(&actors.core, user.business_id, user.id);
        Some(Self::create(|ctx| {
            ctx.set_mailbox_capacity(MAILBOX);
            ctx.add_stream(frames);
            Self {
                actors: actors.clone(),
                user: hello.user,
                out: out.clone(),
                scope,
                socket: joined.socket,
                position: joined.position,
                holding: true,
                viewing: None,
                frames: Allowance::new(BURST, PER_SECOND),
                typing: Allowance::new(2.0, 1.0),
            }
        }))
    }

    /// Runs a command to its end before the next frame is looked at, so that a tab's messages keep their order.
    fn run<F>(&self, ctx: &mut Context<Self>, work: F)
    where
        F: Future<Output = ()> + 'static,
    {
        ctx.wait(work.into_actor(self));
    }

    fn command(&mut self, frame: AgentFrame, ctx: &mut Context<Self>) {
        let AgentFrame { req, command } = frame;
        let (actors, user, out) = (self.actors.clone(), self.user, self.out.clone());
        match command {
            AgentCommand::Ping {} => answer(&out, req.as_deref(), Ok(json!({}))),
            AgentCommand::Resume { cursor } => self.resume(req, &cursor, ctx),
            AgentCommand::Typing { conversation_id } => {
                if self.typing.take() {
                    ctx.spawn(async move { actors.user_types(user, conversation_id).await }.into_actor(self));
                }
            }
            AgentCommand::Viewing { conversation_id } => self.view(conversation_id, ctx),
            other => self.run(ctx, async move {
                let (name, about) = (other.name(), other.conversation());
                let done = act(&actors, user, other).await;
                if let (Err(trouble), Some(about)) = (&done, about)
                    && trouble.is_denial()
                {
                    actors.record_denial(user, name, about).await;
                }
                answer(&out, req.as_deref(), done);
            }),
        }
    }

    /// The client starts anew: from here on it gets what happens.
    fn begin_live(&mut self) {
        if std::mem::take(&mut self.holding) {
            self.out.release();
        }
    }

    fn view(&mut self, conversation: Option<ConversationId>, ctx: &mut Context<Self>) {
        if let Some(before) = self.viewing.filter(|&before| Some(before) != conversation) {
            self.actors.presence.left(&self.actors.core, before, self.user);
        }
        self.viewing = conversation;
        if let Some(conversation) = conversation {
            let (actors, user) = (self.actors.clone(), self.user);
            ctx.spawn(async move { actors.user_views(user, conversation).await }.into_actor(self));
        }
    }

    /// Sends everything missed since the cursor, in order, before any live frame; or says that everything must be read again.
    fn resume(&mut self, req: Option<String>, cursor: &str, ctx: &mut Context<Self>) {
        if !std::mem::take(&mut self.holding) {
            // Live frames went out already: a replay would come out of order.
            return resync(&self.out, req.as_deref());
        }
        let core = self.actors.core.clone();
        let known = Cursor::parse(cursor).filter(|cursor| cursor.epoch == *core.fanout.epoch());
        let (scope, upto, out) = (self.scope.clone(), self.position, self.out.clone());
        // Another worker may have told the client of more than this one has heard of yet: then a few frames come twice.
        let newest = core.fanout.position().max(upto);
        let Some(from) = known.map(|cursor| cursor.position).filter(|&position| position <= newest) else {
            return resync(&out, req.as_deref());
        };
        let upto = upto.max(from);
        if let Missed::Frames(frames) = with_local(|local| local.missed(&scope, from, upto)) {
            return resumed(&out, req.as_deref(), &core.fanout, upto, frames, "memory");
        }
        self.run(ctx, async move {
            match replay::since(&core, from, upto).await {
                Ok(Some(batch)) => {
                    let visible = batch.items.into_iter().filter(|item| scope.sees(&item.audience));
                    let frames = visible.map(|item| item.frame).collect();
                    resumed(&out, req.as_deref(), &core.fanout, upto, frames, "database");
                }
                Ok(None) => resync(&out, req.as_deref()),
                Err(error) => {
                    // Never a part: the client comes back and asks again.
                    tracing::warn!(%error, "a replay could not be read");
                    out.close(CloseCode::Restarting);
                }
            }
        });
    }
}

/// First frame. Live frames wait until the client has resumed, or shows with any other frame that it starts anew.
fn greet(actors: &Actors, hello: &Hello, out: &Out, position: i64) {
    #[derive(Serialize)]
    struct Greeting<'a> {
        user: &'a serde_json::Value,
        cursor: String,
        server_time: switchboard_engine::time::Timestamp,
    }
    let cursor = Cursor::new(actors.core.fanout.epoch(), position).to_string();
    let d = Greeting { user: &hello.profile, cursor, server_time: actors.core.clock.now() };
    send(out, &Ephemeral { t: "hello", req: None, conversation_id: None, d });
}

fn resumed(
    out: &Out,
    req: Option<&str>,
    fanout: &crate::fanout::Fanout,
    upto: i64,
    frames: Vec<bytes::Bytes>,
    by: &'static str,
) {
    metrics::counter!(telemetry::RESUMES, "by" => by).increment(1);
    let count = frames.len();
    out.replay(frames);
    let d = json!({"frames": count, "cursor": Cursor::new(fanout.epoch(), upto).to_string()});
    send(out, &Ephemeral { t: "resumed", req, conversation_id: None, d });
    out.release();
}

fn resync(out: &Out, req: Option<&str>) {
    metrics::counter!(telemetry::RESUMES, "by" => "resync").increment(1);
    send(out, &json!({"t": "resync", "req": req}));
    out.release();
}

async fn act(actors: &Actors, user: UserId, command: AgentCommand) -> Result<serde_json::Value, Trouble> {
    let done = match command {
        AgentCommand::MessageSend {
            conversation_id,
            client_id,
            text,
            media_ids,
            expected_seq,
            template,
            channel_id,
        } => {
            let text = text.unwrap_or_default();
            let draft = Draft { client_id, text, media_ids, expected_seq, template, channel_id };
            return written(actors.send_message(user, conversation_id, draft).await?);
        }
        AgentCommand::NoteAdd { conversation_id, client_id, text, mentions } => {
            let note = NoteDraft { client_id, text, mentions };
            return written(actors.add_note(user, conversation_id, note).await?);
        }
        AgentCommand::ReadMark { conversation_id, upto, unread } => {
            let upto = if unread { None } else { Some(upto.unwrap_or(i64::MAX)) };
            let state = actors.read(user, conversation_id, upto).await?;
            return Ok(serde_json::to_value(state).unwrap_or_default());
        }
        AgentCommand::MessageRetry { message_id, confirm } => actors.retry(user, message_id, confirm).await?,
        AgentCommand::MessageCancel { message_id } => actors.cancel(user, message_id).await?,
        AgentCommand::Attend { conversation_id } => actors.attend(user, conversation_id).await?,
        AgentCommand::Assign { conversation_id, user_ids, expected_version } => {
            actors.assign(user, conversation_id, &user_ids, expected_version).await?
        }
        AgentCommand::AssigneeAdd { conversation_id, user_id } => {
            actors.add_assignee(user, conversation_id, user_id).await?
        }
        AgentCommand::AssigneeRemove { conversation_id, user_id } => {
            actors.remove_assignee(user, conversation_id, user_id).await?
        }
        AgentCommand::Unassign { conversation_id } => actors.unassign(user, conversation_id).await?,
        AgentCommand::Close { conversation_id, note, pending } => {
            actors.close(user, conversation_id, note, pending).await?
        }
        AgentCommand::Reopen { conversation_id } => actors.reopen(user, conversation_id).await?,
        AgentCommand::Snooze { conversation_id, until } => {
            actors.snooze(user, conversation_id, until).await?
        }
        AgentCommand::Unsnooze { conversation_id } => actors.unsnooze(user, conversation_id).await?,
        AgentCommand::Delete { conversation_id } => actors.delete(user, conversation_id).await?,
        AgentCommand::Restore { conversation_id } => actors.restore(user, conversation_id).await?,
        AgentCommand::Ping {}
        | AgentCommand::Resume { .. }
        | AgentCommand::Typing { .. }
        | AgentCommand::Viewing { .. } => return Ok(json!({})),
    };
    Ok(json!({"seq": done.conversation.last_seq}))
}

fn written(done: Done) -> Result<serde_json::Value, Trouble> {
    let message = done.message.ok_or(Trouble::Busy)?;
    Ok(sent(&message, &done.warnings))
}

/// The answer to a send; with a hold or a warning only where there is one.
fn sent(message: &Message, warnings: &[Warning]) -> serde_json::Value {
    let mut d = serde_json::Map::new();
    let mut put = |key: &str, value: serde_json::Value| d.insert(key.to_owned(), value);
    put("message_id", json!(message.id));
    put("seq", json!(message.seq));
    if let Some(hold) = message.hold {
        put("hold_reason", json!(hold.reason));
        put("release_at", json!(hold.release_at));
    }
    if !warnings.is_empty() {
        put("warnings", json!(warnings));
    }
    serde_json::Value::Object(d)
}

impl Actor for AgentSession {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.run_later(FIRST_FRAME / 2, |session, _| session.begin_live());
    }

    fn stopped(&mut self, _: &mut Self::Context) {
        with_local(|local| local.leave(self.socket));
        self.actors.presence.leaves(&self.actors.core, self.user);
        if let Some(conversation) = self.viewing {
            self.actors.presence.left(&self.actors.core, conversation, self.user);
        }
    }
}

impl StreamHandler<Incoming> for AgentSession {
    fn handle(&mut self, incoming: Incoming, ctx: &mut Self::Context) {
        let Incoming::Text(text) = incoming else { return ctx.stop() };
        if self.out.is_closing() {
            return;
        }
        if !self.frames.take() {
            return self.out.close(CloseCode::TooMany);
        }
        match AgentFrame::read(&text) {
            Ok(frame) => {
                if !matches!(frame.command, AgentCommand::Resume { .. }) {
                    self.begin_live();
                }
                self.command(frame, ctx);
            }
            Err(bad) => answer_bad(&self.out, &bad),
        }
    }

    fn finished(&mut self, ctx: &mut Self::Context) {
        ctx.stop();
    }
}
