//! One actor per conversation in memory: it puts commands in order, has the engine decide, commits, and only then takes the new state on.
//!
//! Talks to: the store. Is spoken to by: the directory's callers. Dies when idle, or when a handler panics; the next caller gets a fresh
//! one that reads the database. It is never the only copy of anything that was acknowledged.

use crate::core::Core;
use crate::publication::Publication;
use crate::trouble::Trouble;
use actix::prelude::*;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use switchboard_engine::conversation::{
    Birth, Command, Conversation, ConversationStatus, EventKind, Outcome, ReadState, Refusal, Release,
    Request, UnassignReason,
};
use switchboard_engine::ids::{ConversationId, UserId};
use switchboard_engine::message::Message;
use switchboard_engine::permission::Viewer;
use switchboard_engine::sending::Warning;
use switchboard_schema::{Append, Constraint, StoreError};

mod aftermath;
mod announcing;
mod facts;
mod gate;
mod repeats;
#[cfg(feature = "sabotage")]
pub(crate) mod sabotage;

pub use announcing::{AnnounceWish, Announced};
pub use facts::{ReplyWish, TemplateWish, Wish};
pub(crate) use gate::tell_window;
pub use gate::{around, line_to, lines_of};

/// Commands that may wait here before callers wait outside.
const MAILBOX: usize = 64;

pub struct ConversationActor {
    id: ConversationId,
    core: Core,
    state: State,
}

enum State {
    Loading,
    Ready(Arc<Conversation>),
    /// Waits in memory for its first message, with what that must create.
    Unborn(Arc<Conversation>, Birth),
    Unavailable(Trouble),
}

/// A conversation about to begin.
#[derive(Clone, Debug)]
pub struct Newborn {
    pub conversation: Conversation,
    pub birth: Birth,
}

/// Asks for a decision. Answered after the commit.
#[derive(Message)]
#[rtype(result = "Result<Done, Trouble>")]
pub struct Decide {
    /// Who asks; `None` for providers and visitors, whose right was checked before, and for the program itself.
    pub viewer: Option<Viewer>,
    pub wish: Wish,
}

/// What became of a command.
#[derive(Clone, Debug)]
pub struct Done {
    pub conversation: Arc<Conversation>,
    /// The message this command appended, if any.
    pub message: Option<Box<Message>>,
    /// Read states this command changed.
    pub reads: Vec<(UserId, ReadState)>,
    pub requests: Vec<Request>,
    /// What whoever asked should know.
    pub warnings: Vec<Warning>,
    /// False for a repeat: nothing was stored anew.
    pub changed: bool,
    /// The conversation began with it.
    pub begun: bool,
}

/// Asks for the present state.
#[derive(Message)]
#[rtype(result = "Result<Arc<Conversation>, Trouble>")]
pub struct Look {
    pub viewer: Option<Viewer>,
}

/// Stops an idle actor.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Passivate;

impl ConversationActor {
    pub fn start(
        id: ConversationId,
        newborn: Option<Newborn>,
        core: Core,
        arbiter: &ArbiterHandle,
    ) -> Addr<Self> {
        Self::start_in_arbiter(arbiter, move |_| {
            let state = newborn.map_or(State::Loading, |n| State::Unborn(Arc::new(n.conversation), n.birth));
            Self { id, core, state }
        })
    }
}

impl Actor for ConversationActor {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(MAILBOX);
        if matches!(self.state, State::Loading) {
            self.load(ctx);
        }
    }
}

impl Handler<Passivate> for ConversationActor {
    type Result = ();

    fn handle(&mut self, _: Passivate, ctx: &mut Self::Context) {
        ctx.stop();
    }
}

impl Handler<Look> for ConversationActor {
    type Result = Result<Arc<Conversation>, Trouble>;

    fn handle(&mut self, look: Look, ctx: &mut Self::Context) -> Self::Result {
        match &self.state {
            State::Ready(state) if sees(look.viewer.as_ref(), state) => Ok(state.clone()),
            State::Ready(_) | State::Unborn(..) => Err(Trouble::NotFound),
            State::Loading => Err(Trouble::Again),
            State::Unavailable(trouble) => {
                let trouble = trouble.clone();
                self.load(ctx);
                Err(trouble)
            }
        }
    }
}

/// Whether someone may know of this conversation. A deleted one is nobody's, a silent one is none yet.
fn sees(viewer: Option<&Viewer>, state: &Conversation) -> bool {
    match state.status {
        ConversationStatus::Deleted => false,
        ConversationStatus::Silent => viewer.is_none(),
        ConversationStatus::Open | ConversationStatus::Closed => may_know(viewer, state),
    }
}

fn may_know(viewer: Option<&Viewer>, state: &Conversation) -> bool {
    viewer.is_none_or(|viewer| viewer.sees(state.business_id, state.group_id, state.visible_to.as_deref()))
}

/// Whether someone's wish reaches this conversation at all.
fn reaches(ask: &Decide, state: &Conversation) -> bool {
    if state.is_unborn() && !ask.wish.may_begin() {
        return false;
    }
    let viewer = ask.viewer.as_ref();
    match state.status {
        // Only admins, who see every group, know that there was something.
        ConversationStatus::Deleted => viewer.is_none_or(|viewer| {
            viewer.groups.is_none() && ask.wish.reaches_deleted() && may_know(Some(viewer), state)
        }),
        // Who begins one there is asked again when it is known who may see it.
        ConversationStatus::Silent => viewer.is_none_or(|viewer| {
            ask.wish.may_begin() && viewer.sees(state.business_id, state.group_id, None)
        }),
        ConversationStatus::Open | ConversationStatus::Closed => may_know(viewer, state),
    }
}

impl Handler<Decide> for ConversationActor {
    type Result = AtomicResponse<Self, Result<Done, Trouble>>;

    fn handle(&mut self, ask: Decide, ctx: &mut Self::Context) -> Self::Result {
        let (state, birth) = match &self.state {
            State::Ready(state) => (state.clone(), None),
            State::Unborn(state, birth) => (state.clone(), Some(birth.clone())),
            State::Loading => return self.refuse(Trouble::Busy, ctx),
            State::Unavailable(trouble) => return self.refuse(trouble.clone(), ctx),
        };
        if !reaches(&ask, &state) {
            return AtomicResponse::new(Box::pin(async { Err(Trouble::NotFound) }.into_actor(self)));
        }
        let core = self.core.clone();
        let work = async move { decide(&core, state, birth, ask.wish).await };
        AtomicResponse::new(Box::pin(
            work.into_actor(self).map(|verdict, actor, ctx| actor.take_on(verdict, ctx)),
        ))
    }
}

/// How a command ended, as the actor must see it.
enum Verdict {
    Done(Done),
    Trouble(Trouble),
    /// The state in memory is not what the database holds: this actor must go, the next one reads it anew.
    Outdated(Trouble),
    Panicked,
}

impl ConversationActor {
    /// Reads the database; nothing else happens meanwhile.
    fn load(&mut self, ctx: &mut Context<Self>) {
        self.state = State::Loading;
        let (store, id) = (self.core.store.clone(), self.id);
        let load = async move { store.load_conversation(id).await }.into_actor(self);
        ctx.wait(load.map(|loaded, actor, _| {
            actor.state = match loaded {
                Ok(Some(conversation)) => State::Ready(Arc::new(conversation)),
                Ok(None) => State::Unavailable(Trouble::NotFound),
                Err(error) => State::Unavailable(error.into()),
            };
        }));
    }

    /// Answers with trouble and looks again for whoever asks next. Stopping here would swallow the answer and everything that waits.
    fn refuse(
        &mut self,
        trouble: Trouble,
        ctx: &mut Context<Self>,
    ) -> AtomicResponse<Self, Result<Done, Trouble>> {
        self.load(ctx);
        AtomicResponse::new(Box::pin(async { Err(trouble) }.into_actor(self)))
    }

    /// Whoever was deactivated or left the group meanwhile answers here no longer: they may have been given it at the last moment, or have
    /// been its assignee while it was closed.
    fn let_go_of_the_absent(&self, conversation: &Conversation, ctx: &mut Context<Self>) {
        if conversation.status != ConversationStatus::Open || conversation.assignees.is_empty() {
            return;
        }
        let roster = self.core.roster.get();
        for assignee in &conversation.assignees {
            let Some(user) = roster.users.get(&assignee.user_id) else { continue };
            if user.is_present_in(conversation.group_id) {
                continue;
            }
            let reason = if user.active { UnassignReason::LeftGroup } else { UnassignReason::Deactivated };
            let wish = Wish::Release(Release { user: user.id, by: user.actor(), reason });
            ctx.notify(Decide { viewer: None, wish });
        }
    }

    fn take_on(&mut self, verdict: Verdict, ctx: &mut Context<Self>) -> Result<Done, Trouble> {
        match verdict {
            Verdict::Done(done) => {
                if !done.conversation.is_unborn() {
                    self.state = State::Ready(done.conversation.clone());
                }
                self.let_go_of_the_absent(&done.conversation, ctx);
                Ok(done)
            }
            Verdict::Trouble(trouble) => Err(trouble),
            Verdict::Outdated(trouble) => {
                ctx.stop();
                Err(trouble)
            }
            Verdict::Panicked => {
                metrics::counter!(crate::telemetry::CONVERSATION_RESTARTS).increment(1);
                ctx.stop();
                Err(Trouble::Quarantined)
            }
        }
    }
}

async fn decide(core: &Core, state: Arc<Conversation>, birth: Option<Birth>, wish: Wish) -> Verdict {
    let quietly = matches!(wish, Wish::Read { quietly: true, .. });
    let state = match wish {
        // What comes back, or is judged once more, is shown and judged by the windows of now.
        Wish::Reopen(_) | Wish::Restore(..) | Wish::Retry { .. } | Wish::Reconsider { .. } => {
            match gate::refreshed(core, &state).await {
                Ok(state) => state,
                Err(trouble) => return Verdict::Trouble(trouble),
            }
        }
        _ => state,
    };
    let command = match facts::gather(core, &state, birth, wish).await {
        Ok(command) => command,
        Err(trouble) => return Verdict::Trouble(trouble),
    };
    let id = state.id;
    let verdict = judge(core, state, &command, quietly).await;
    if facts::took_back(&command) && !matches!(&verdict, Verdict::Done(done) if done.changed) {
        // Nothing came of it: what was withdrawn waits again. Should this fail, the next start does it.
        if let Err(error) = core.store.put_back(Some(id)).await {
            tracing::warn!(%error, conversation.id = %id, "withdrawn messages wait until the next start");
        }
    }
    verdict
}

/// Words looked back at to find out who waits for an answer.
const WORDS: i64 = 200;

async fn judge(core: &Core, state: Arc<Conversation>, command: &Command, quietly: bool) -> Verdict {
    let now = core.clock.now();
    // Whatever a message makes our own code do, it costs this one actor at most.
    let decided = std::panic::catch_unwind(AssertUnwindSafe(|| {
        #[cfg(feature = "sabotage")]
        sabotage::strike(command);
        state.handle(command, now)
    }));
    let mut outcome = match decided {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(refusal)) => {
            metrics::counter!(crate::telemetry::REFUSALS, "code" => refusal.code()).increment(1);
            return Verdict::Trouble(refusal.into());
        }
        Err(_) => return Verdict::Panicked,
    };
    if outcome.is_empty() {
        return repeats::first_answer(core, &state, command)
            .await
            .map_or_else(Verdict::Trouble, |message| Verdict::Done(repeat(state, message)));
    }
    if outcome.unsettles() {
        match core.store.newest_said(state.id, WORDS).await {
            Ok(said) => outcome.settle(&said),
            Err(error) => return Verdict::Trouble(error.into()),
        }
    }
    let told = std::panic::catch_unwind(AssertUnwindSafe(|| {
        Publication::of(&outcome.next, &outcome.events, core.fanout.epoch(), now)
    }));
    let Ok(publication) = told else { return Verdict::Panicked };
    match commit(core, &state, command, outcome, publication).await {
        Ok(done) => {
            aftermath::tell(core, &state, command, &done, quietly);
            Verdict::Done(done)
        }
        Err(error) => after_conflict(core, state, command, error).await,
    }
}

fn repeat(conversation: Arc<Conversation>, message: Option<Box<Message>>) -> Done {
    let (reads, requests, warnings) = (Vec::new(), Vec::new(), Vec::new());
    Done { conversation, message, reads, requests, warnings, changed: false, begun: false }
}

async fn commit(
    core: &Core,
    before: &Conversation,
    command: &Command,
    outcome: Outcome,
    publication: Publication,
) -> Result<Done, StoreError> {
    let started = std::time::Instant::now();
    let reads = facts::reads_of(&outcome);
    let message = facts::message_of(&outcome);
    let Outcome { next, changes, events, requests, warnings, .. } = outcome;
    let begun = events.iter().any(|event| matches!(event.kind, EventKind::Created { .. }));
    let next = Arc::new(next);
    let (opened, held) = (gate::opened(before, &next, &changes, core.clock.now()), gate::holds(&changes));
    let mut audits = crate::audit::of_events(core, &next, &events);
    audits.extend(crate::audit::of_command(core, &next, command));
    let append = Append::of(before, next.clone(), changes, events, Box::new(publication)).with_audits(audits);
    core.store.append(append).await?;
    metrics::histogram!(crate::telemetry::COMMIT_SECONDS).record(started.elapsed().as_secs_f64());
    core.lines.hand_on(next.id, &requests);
    if held {
        core.wheel.notify_one();
    }
    for route in opened {
        tell_window(core, &next, &route, core.clock.now());
    }
    Ok(Done { conversation: next, message, reads, requests, warnings, changed: true, begun })
}

/// A unique key stopped the commit: usually a repeat that memory had forgotten.
async fn after_conflict(
    core: &Core,
    state: Arc<Conversation>,
    command: &Command,
    error: StoreError,
) -> Verdict {
    match error {
        StoreError::Conflict { constraint: Constraint::ProviderMessage } => {
            Verdict::Done(repeat(state, None))
        }
        StoreError::Conflict { constraint: Constraint::ClientId } => {
            let answer = repeats::first_answer(core, &state, command).await;
            answer.map_or_else(Verdict::Trouble, |message| Verdict::Done(repeat(state, message)))
        }
        StoreError::Conflict { constraint: Constraint::OpenConversation } if !state.is_unborn() => {
            let open = core.store.open_conversation_of(state.group_id, state.contact.id).await;
            let id = open.ok().flatten();
            Verdict::Trouble(Refusal::OpenConversationExists { id }.into())
        }
        // They do not wait any more.
        StoreError::Conflict { constraint: Constraint::Recipient } => {
            let detail = "waits for this broadcast no longer".to_owned();
            Verdict::Trouble(Refusal::Invalid { field: "contact_id", detail }.into())
        }
        // Somebody else wrote this conversation or its contact first.
        StoreError::Conflict { .. } => Verdict::Outdated(Trouble::Again),
        other => Verdict::Trouble(other.into()),
    }
}
