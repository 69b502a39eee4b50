//! The connector: one actor per connected WhatsApp or SMS channel. Takes messages from the outbox to the provider.
//!
//! A message is claimed durably before it is sent and at most one attempt is in flight; a conversation's messages leave in their order.
//! An attempt whose outcome nobody knows ends as `unknown` and is never repeated blindly. Its mailbox is only a hint: the outbox rows
//! are the truth, and a sweep finds whatever a full mailbox or a crash left behind.

use crate::core::Core;
use crate::directory::Directory;
use crate::files::Files;
use crate::roster::{Line, RosterHandle};
use actix::prelude::*;
use std::sync::Arc;
use std::time::{Duration, Instant};
use switchboard_engine::ids::{ConversationId, MessageId};
use switchboard_engine::time::Timestamp;
use switchboard_schema::Synced;

pub(crate) mod breaker;
mod fetch;
mod pace;
mod protocol;
mod queue;
mod renew;
mod templates;
mod transmit;

use breaker::Breaker;
use pace::Pace;
pub use protocol::Protocol;
pub(crate) use protocol::{Answer, NoAnswer, make as call};
use queue::Queue;
pub use renew::Renew;
pub use templates::SyncTrouble;
use transmit::Ended;

const MAILBOX: usize = 256;
/// Attempts in flight per channel.
const PARALLEL: usize = 32;
/// Longer than anything waits for its next attempt.
const LONGEST_WAIT: Duration = Duration::from_hours(24);
/// How often the outbox is compared with what this actor has in mind.
const SWEEP: Duration = Duration::from_secs(15);
/// Longest silence the provider may ask of a whole channel.
const LONGEST_SILENCE: Duration = Duration::from_mins(1);
/// How often templates are read from the provider; webhooks tell of most changes sooner.
const TEMPLATES: Duration = Duration::from_mins(15);
/// When the first reading failed it is tried again after this long; doubles up to the usual time.
const TEMPLATES_RETRY: Duration = Duration::from_secs(5);

pub struct Connector {
    context: Arc<Connection>,
    queue: Queue,
    in_flight: usize,
    pace: Pace,
    breaker: Breaker,
    /// Taking up nothing new: the program ends.
    halted: bool,
    /// A later `pump` is on its way already.
    pump_planned: bool,
    /// When the templates are read again.
    templates_due: Timestamp,
}

/// What one transmission needs; shared by all of a channel.
pub struct Connection {
    pub core: Core,
    pub directory: Directory,
    pub files: Files,
    pub line: Arc<Line>,
    pub protocol: Protocol,
    pub http: reqwest::Client,
    pub roster: RosterHandle,
    /// Held while templates are read.
    pub templates: tokio::sync::Mutex<()>,
}

/// A message waits in the outbox.
#[derive(Message, Clone, Copy, Debug)]
#[rtype(result = "()")]
pub struct Transmit {
    pub conversation_id: ConversationId,
    pub message_id: MessageId,
}

/// Files of an inbound message wait at the provider.
#[derive(Message, Clone, Copy, Debug)]
#[rtype(result = "()")]
pub struct FetchFiles {
    pub message_id: MessageId,
}

/// The team has read a customer's message.
#[derive(Message, Clone, Debug)]
#[rtype(result = "()")]
pub struct MarkRead {
    pub provider_message_id: String,
}

/// Reads the channel's templates from the provider.
#[derive(Message, Clone, Copy, Debug)]
#[rtype(result = "Result<Synced, SyncTrouble>")]
pub struct SyncTemplates;

/// How many attempts are under way?
#[derive(Message, Clone, Copy, Debug)]
#[rtype(result = "usize")]
pub struct InFlight;

/// Stops taking up new work; what is in flight ends.
#[derive(Message, Clone, Copy, Debug)]
#[rtype(result = "()")]
pub struct Halt;

impl Connector {
    pub fn start(connection: Connection, arbiter: &ArbiterHandle) -> Addr<Self> {
        let pace = Pace::of(&connection.line, Instant::now());
        let templates_due = connection.core.clock.now().plus(TEMPLATES);
        Self::start_in_arbiter(arbiter, move |_| Self {
            context: Arc::new(connection),
            queue: Queue::default(),
            in_flight: 0,
            pace,
            breaker: Breaker::default(),
            halted: false,
            pump_planned: false,
            templates_due,
        })
    }

    /// Starts as many attempts as may run.
    fn pump(&mut self, ctx: &mut Context<Self>) {
        if self.context.line.pulse.is_off() {
            return;
        }
        let now = Instant::now();
        while !self.halted && self.in_flight < self.breaker.room(now, PARALLEL) && !self.queue.is_idle() {
            if let Some(wait) = self.pace.wait(now) {
                return self.pump_after(wait, ctx);
            }
            let Some(next) = self.queue.take(now) else { break };
            self.pace.spend();
            self.in_flight += 1;
            let connection = self.context.clone();
            let attempt = async move { transmit::attempt(&connection, next).await };
            ctx.spawn(attempt.into_actor(self).map(move |ended, actor, ctx| actor.ended(next, ended, ctx)));
        }
    }

    /// On connecting: again and again until it worked once.
    fn first_templates(&self, wait: Duration, ctx: &mut Context<Self>) {
        let connection = self.context.clone();
        let read = async move { templates::sync(&connection).await };
        ctx.spawn(read.into_actor(self).map(move |read, actor, ctx| {
            // Without an account there is nothing to wait for.
            if let Err(trouble) = read
                && trouble != SyncTrouble::NoAccount
            {
                tracing::debug!(%trouble, channel.id = %actor.context.line.channel.id, "templates could not be read, trying again");
                ctx.run_later(wait, move |actor, ctx| actor.first_templates((wait * 2).min(TEMPLATES), ctx));
            }
        }));
    }

    /// By the clock that rules everything else: pushed forward in the demo, it is time for this too.
    fn read_templates_when_due(&mut self, ctx: &mut Context<Self>) {
        let now = self.context.core.clock.now();
        if now < self.templates_due || !matches!(self.context.protocol, Protocol::Whatsapp(_)) {
            return;
        }
        self.templates_due = now.plus(TEMPLATES);
        let connection = self.context.clone();
        let read = async move { templates::sync(&connection).await };
        ctx.spawn(read.into_actor(self).map(|read, actor, _| {
            if let Err(trouble) = read
                && trouble != SyncTrouble::NoAccount
            {
                tracing::warn!(%trouble, channel.id = %actor.context.line.channel.id, "templates could not be read");
            }
        }));
    }

    fn pump_after(&mut self, wait: Duration, ctx: &mut Context<Self>) {
        if !std::mem::replace(&mut self.pump_planned, true) {
            ctx.run_later(wait, |actor, ctx| {
                actor.pump_planned = false;
                actor.pump(ctx);
            });
        }
    }

    fn ended(&mut self, sent: Transmit, ended: Ended, ctx: &mut Context<Self>) {
        self.in_flight -= 1;
        let channel = self.context.line.channel.kind.as_str();
        metrics::counter!(crate::telemetry::TRANSMISSIONS, "channel" => channel, "outcome" => ended.name())
            .increment(1);
        match ended {
            Ended::Over => self.queue.done(sent.conversation_id),
            Ended::Answered => {
                self.works();
                self.queue.done(sent.conversation_id);
            }
            Ended::Unheard => {
                self.fails(false, ctx);
                self.queue.done(sent.conversation_id);
            }
            Ended::Later(after) => self.try_later(sent, after, ctx),
            Ended::Throttled(after) => {
                // It answered, so it works; but the whole channel is too fast.
                self.works();
                self.pace.silence(Instant::now() + after.min(LONGEST_SILENCE));
                self.try_later(sent, after, ctx);
            }
            Ended::Trouble(after) => {
                self.fails(false, ctx);
                self.try_later(sent, after, ctx);
            }
            Ended::ProviderDown => {
                self.fails(true, ctx);
                self.queue.back(sent, Instant::now());
            }
        }
        self.pump(ctx);
    }

    fn try_later(&mut self, sent: Transmit, after: Duration, ctx: &mut Context<Self>) {
        self.queue.back(sent, Instant::now() + after);
        ctx.run_later(after, Self::pump);
    }

    fn works(&mut self) {
        if self.breaker.works() {
            self.tell_health(false);
        }
    }

    fn fails(&mut self, sure: bool, ctx: &mut Context<Self>) {
        if let Some(pause) = self.breaker.fails(Instant::now(), sure) {
            self.tell_health(true);
            ctx.run_later(pause, Self::pump);
        }
    }

    fn tell_health(&self, degraded: bool) {
        let channel = self.context.line.channel.id;
        if self.context.core.lines.set_degraded(channel, degraded) {
            if degraded {
                tracing::warn!(channel.id = %channel, "provider unavailable, waiting");
            } else {
                tracing::info!(channel.id = %channel, "the provider works again");
            }
        }
    }

    /// Finds rows that memory does not know: after a start, a full mailbox, a failed claim.
    fn sweep(&mut self, ctx: &mut Context<Self>) {
        let (store, channel) = (self.context.core.store.clone(), self.context.line.channel.id);
        let now = self.context.core.clock.now();
        // Also what must wait longer: the messages behind it must not overtake it.
        let rows = async move { store.outbox_due(now.plus(LONGEST_WAIT), 10_000).await };
        ctx.spawn(rows.into_actor(self).map(move |rows, actor, ctx| match rows {
            Ok(mut rows) => {
                rows.sort_by_key(|row| row.message_id);
                for row in rows.into_iter().filter(|row| row.channel_id == channel) {
                    let due = Transmit { conversation_id: row.conversation_id, message_id: row.message_id };
                    let wait = row.due_at.since(now);
                    if actor.queue.add(due, Some(Instant::now() + wait)) && !wait.is_zero() {
                        ctx.run_later(wait, Self::pump);
                    }
                }
                actor.pump(ctx);
            }
            Err(error) => tracing::warn!(%error, "the outbox could not be read, trying again"),
        }));
    }
}

impl Actor for Connector {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(MAILBOX);
        let connection = self.context.clone();
        let settle = async move { transmit::settle_interrupted(&connection).await };
        ctx.wait(settle.into_actor(self).map(|(), actor, ctx| actor.sweep(ctx)));
        let connection = self.context.clone();
        ctx.spawn(async move { fetch::resume(&connection).await }.into_actor(self));
        ctx.run_interval(SWEEP, |actor, ctx| {
            actor.sweep(ctx);
            actor.read_templates_when_due(ctx);
        });
        if matches!(self.context.protocol, Protocol::Whatsapp(_)) {
            self.first_templates(TEMPLATES_RETRY, ctx);
        }
    }
}

impl Handler<Transmit> for Connector {
    type Result = ();

    fn handle(&mut self, due: Transmit, ctx: &mut Self::Context) {
        self.queue.add(due, None);
        self.pump(ctx);
    }
}

impl Handler<FetchFiles> for Connector {
    type Result = ();

    fn handle(&mut self, fetch: FetchFiles, ctx: &mut Self::Context) {
        let connection = self.context.clone();
        ctx.spawn(async move { fetch::files_of(&connection, fetch.message_id).await }.into_actor(self));
    }
}

impl Handler<MarkRead> for Connector {
    type Result = ();

    /// Best effort: a lost read mark is corrected by the next one.
    fn handle(&mut self, mark: MarkRead, ctx: &mut Self::Context) {
        let connection = self.context.clone();
        let tell = async move {
            if let Some(call) = connection.protocol.mark_read(&mark.provider_message_id) {
                let _ = protocol::make(&connection.http, call).await;
            }
        };
        ctx.spawn(tell.into_actor(self));
    }
}

impl Handler<SyncTemplates> for Connector {
    type Result = ResponseFuture<Result<Synced, SyncTrouble>>;

    fn handle(&mut self, _: SyncTemplates, _: &mut Self::Context) -> Self::Result {
        let connection = self.context.clone();
        Box::pin(async move { templates::sync(&connection).await })
    }
}

impl Handler<Halt> for Connector {
    type Result = ();

    fn handle(&mut self, _: Halt, _: &mut Self::Context) {
        self.halted = true;
    }
}

impl Handler<InFlight> for Connector {
    type Result = usize;

    fn handle(&mut self, _: InFlight, _: &mut Self::Context) -> usize {
        self.in_flight
    }
}
