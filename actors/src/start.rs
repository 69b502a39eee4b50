//! Starting and stopping everything that lives, in order.

use crate::announcements::Announcer;
use crate::clock::{Clock, Ids, Numbers};
use crate::connector::{Connection, Connector, Protocol, Renew};
use crate::core::Core;
use crate::directory::Directory;
use crate::fanout::{Epoch, Fanout, Scope, Turn};
use crate::files::Files;
use crate::intake::Intake;
use crate::lines::Lines;
use crate::mailer::{MailSettings, Mailer};
use crate::presence::Presence;
use crate::replay;
use crate::roster::{Line, Roster, RosterHandle};
use crate::tally::Tally;
use crate::vault::Vault;
use crate::webhooks::Webhooks;
use crate::{Actors, Parts};
use actix::{Arbiter, ArbiterHandle};
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use switchboard_engine::ids::UserId;
use switchboard_schema::{Store, StoreError};
use tokio::runtime::Handle;
use tokio::sync::{Notify, watch};
use tokio::task::AbortHandle;

/// What the actors need from outside.
pub struct Config {
    pub database_url: String,
    pub data_dir: PathBuf,
    pub public_url: String,
    pub mail: MailSettings,
    /// Seals credentials and signs visitor tokens.
    pub secret_key: [u8; 32],
    /// The key before this one: what it sealed is sealed anew at start, visitors' tokens of its time stay good.
    pub previous_key: Option<[u8; 32]>,
    /// Whether webhooks may go to this machine and its network.
    pub webhooks_inside: bool,
    /// Outlives every arbiter and owns every database connection.
    pub database_runtime: Handle,
    /// Threads that run conversations.
    pub conversation_threads: usize,
    /// Accept a database that may lose acknowledged writes in a power cut: tests only.
    pub allow_unsafe_durability: bool,
}

#[derive(Debug)]
pub enum StartError {
    Store(StoreError),
    /// The data directory cannot be used.
    Files(std::io::Error),
    Http(String),
    /// The mail settings make no sense.
    Mail(String),
}

impl std::fmt::Display for StartError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Store(error) => error.fmt(f),
            Self::Files(error) => write!(f, "the data directory cannot be used: {error}"),
            Self::Mail(problem) => f.write_str(problem),
            Self::Http(detail) => write!(f, "no HTTP client could be made: {detail}"),
        }
    }
}

impl std::error::Error for StartError {}

impl From<StoreError> for StartError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// Threads that actors live on; kept apart from the web workers, which stop first.
#[derive(Clone)]
pub(crate) struct Arbiters {
    connectors: ArbiterHandle,
    pub(crate) http: reqwest::Client,
    /// What follows the commits: the search index, the counts of lists.
    beside: Arc<[AbortHandle]>,
}

/// How long sends under way may take to end.
const LAST_SENDS: Duration = Duration::from_secs(2);
/// Events read at start, for sockets that come back after a restart.
const WARM: i64 = 1_000;

impl Actors {
    /// Opens the database and starts everything. Call inside an actix system.
    pub async fn start(config: Config) -> Result<Self, StartError> {
        let target: Arc<OnceLock<Fanout>> = Arc::default();
        let publish_to = target.clone();
        let news = Arc::new(Notify::new());
        let wake = news.clone();
        let (commits, committed_news) = watch::channel(0_u64);
        let tally = Arc::new(Tally::default());
        let noted = tally.clone();
        let options = switchboard_schema::Options {
            url: config.database_url.clone(),
            runtime: config.database_runtime.clone(),
            after_commit: Box::new(move |committed| {
                noted.note(&committed);
                if let Some(fanout) = publish_to.get() {
                    crate::publication::publish(fanout, committed);
                }
                wake.notify_one();
                commits.send_modify(|count| *count += 1);
            }),
            readers: 4,
            max_batch: 1_000,
            allow_unsafe_durability: config.allow_unsafe_durability,
        };
        let store = Store::open(options).await?;
        // Taken back by a command that a crash kept from saying so: they still go out.
        store.put_back(None).await?;
        let clock = Arc::new(Clock::default());
        let fanout = fanout(&store, &clock).await?;
        // Set before anything can commit: nothing is ever published to nobody.
        let _ = target.set(fanout.clone());
        let last_number = match store.business().await? {
            Some(business) => store.last_number(business.id).await?,
            None => 1_000,
        };
        let numbers = Arc::new(Numbers::after(last_number.max(1_000)));
        let core = Core {
            store,
            clock,
            ids: Arc::new(Ids::default()),
            fanout,
            lines: Lines::default(),
            numbers,
            roster: RosterHandle::default(),
            wheel: Arc::default(),
        };
        let indexing = config.database_runtime.spawn(crate::indexer::run(core.store.clone(), news));
        let telling = crate::tally::run(tally, core.store.clone(), core.fanout.clone(), core.roster.clone());
        let beside = [indexing.abort_handle(), config.database_runtime.spawn(telling).abort_handle()];
        let actors = assemble(&config, core, beside, committed_news)?;
        actors.reseal_channels().await?;
        actors.reload().await?;
        actors.reload_webhooks().await?;
        actors.keep_house();
        actors.arbiters.connectors.spawn(actors.mailer.clone().run(actors.core.clone()));
        actors.arbiters.connectors.spawn(crate::announcements::run(actors.clone()));
        actors.arbiters.connectors.spawn(crate::wheel::turn(actors.clone()));
        actors.arbiters.connectors.spawn(crate::erasure::run(actors.clone()));
        actors.arbiters.connectors.spawn(crate::broadcaster::run(actors.clone()));
        Ok(actors)
    }

    /// Reads users, groups and channels anew: sockets see at once what their user may see now, new channels get a connector.
    pub async fn reload(&self) -> Result<(), StoreError> {
        let before = self.roster.get();
        let now = Roster::load(&self.core.store, &self.vault, self.roster.pulses()).await?;
        for line in now.channels.values() {
            let known = before.channels.get(&line.channel.id).is_some_and(|known| known.is_like(line));
            self.connect(line, known);
        }
        for (id, user) in &now.users {
            let changed = before.users.get(id).is_some_and(|old| old != user);
            if changed {
                let scope = user.active.then(|| Scope::User(user.viewer()));
                self.core.fanout.tell(&Turn::Rescope { user: *id, scope });
            }
        }
        let orphans =
            now.business.as_ref().map(|business| business.id).filter(|_| somebody_left(&before, &now));
        self.roster.set(now);
        if let Some(business) = orphans {
            let actors = self.clone();
            self.arbiters.connectors.spawn(async move {
                if let Err(trouble) = actors.reveal_orphans(business).await {
                    tracing::warn!(%trouble, "conversations nobody may see could not be shown to their groups");
                }
            });
        }
        Ok(())
    }

    /// Ends what hangs on a login session.
    pub fn end_session(&self, session: i64) {
        self.core.fanout.tell(&Turn::EndSession { session });
    }

    /// Closes every socket of a user.
    pub fn sign_out(&self, user: UserId) {
        self.core.fanout.tell(&Turn::Rescope { user, scope: None });
    }

    /// Gives a line its connector, or the connector what is new about its line.
    fn connect(&self, line: &Arc<Line>, known: bool) {
        let connector = self.core.lines.connector(line.channel.id);
        if known && connector.is_some() {
            return;
        }
        let Some(protocol) = Protocol::of(line, &self.public_url) else { return };
        let connection = Connection {
            core: self.core.clone(),
            directory: self.directory.clone(),
            files: self.files.clone(),
            line: line.clone(),
            protocol,
            http: self.arbiters.http.clone(),
            roster: self.roster.clone(),
            templates: tokio::sync::Mutex::default(),
        };
        let Some(connector) = connector else {
            let connector = Connector::start(connection, &self.arbiters.connectors);
            return self.core.lines.connect(line.channel.id, connector, line.pulse.clone());
        };
        self.arbiters.connectors.spawn(async move {
            // Waits where the mailbox is full: the connector must not go on with what no longer works.
            if connector.send(Renew(connection)).await.is_err() {
                tracing::error!("a connector is gone; its channel sends nothing until the next start");
            }
        });
    }

    /// Has a line's connector look for what waits.
    pub fn wake_line(&self, line: &Arc<Line>) {
        self.connect(line, false);
    }

    /// Small regular duties.
    fn keep_house(&self) {
        let actors = self.clone();
        self.arbiters.connectors.spawn(async move {
            let mut tick = tokio::time::interval(Duration::from_secs(2));
            for beat in 0_u64.. {
                tick.tick().await;
                actors.presence.expire(&actors.core);
                actors.wake_sleepers().await;
                actors.tend_lines(beat % 4 == 3).await;
                if beat % 15 == 0 {
                    actors.directory.passivate_idle();
                    actors.measure_outbox().await;
                }
            }
        });
    }

    async fn measure_outbox(&self) {
        let now = self.core.clock.now();
        if let Ok(rows) = self.core.store.outbox_due(now, 10_000).await {
            let age = rows.iter().map(|row| row.due_at).min().map_or(Duration::ZERO, |at| now.since(at));
            metrics::gauge!(crate::telemetry::OUTBOX_DEPTH).set(rows.len() as f64);
            metrics::gauge!(crate::telemetry::OUTBOX_OLDEST).set(age.as_secs_f64());
        }
    }

    /// First half of an orderly end: sockets are told to come back, connectors take up nothing new.
    pub fn drain(&self) {
        self.core.fanout.tell(&Turn::Drain);
        self.core.lines.halt();
    }

    /// Second half: sends under way end, what was accepted is flushed and the database closed.
    pub async fn stop(&self) {
        self.webhooks.halt();
        tokio::join!(self.core.lines.settle(LAST_SENDS), self.announcer.settle(LAST_SENDS));
        self.tend_lines(true).await;
        self.arbiters.beside.iter().for_each(AbortHandle::abort);
        self.core.store.close().await;
    }
}

/// Whether somebody who could act in a group before no longer can.
fn somebody_left(before: &Roster, now: &Roster) -> bool {
    let groups = || before.groups.iter().map(|group| group.id);
    before
        .users
        .values()
        .any(|user| groups().any(|group| user.is_present_in(group) && !now.is_present(user.id, group)))
}

async fn fanout(store: &Store, clock: &Clock) -> Result<Fanout, StoreError> {
    let epoch = Epoch::new(store.epoch());
    let position = store.max_position().await?;
    let recent_from = (position - WARM).max(0);
    let recent = replay::read(store, &epoch, recent_from, clock.now()).await?;
    Ok(Fanout::new(epoch, position, Some(recent), recent_from))
}

fn assemble(
    config: &Config,
    core: Core,
    beside: [AbortHandle; 2],
    news: watch::Receiver<u64>,
) -> Result<Actors, StartError> {
    let threads = config.conversation_threads.max(1);
    let conversations = (0..threads).map(|_| Arbiter::new().handle()).collect();
    let http = reqwest::Client::builder()
        .connect_timeout(Duration::from_secs(5))
        .timeout(Duration::from_secs(15))
        .redirect(reqwest::redirect::Policy::none())
        .tcp_nodelay(true)
        .build()
        .map_err(|error| StartError::Http(error.to_string()))?;
    let directory = Directory::new(core.clone(), conversations);
    let files =
        Files::new(&config.data_dir, &config.public_url, config.secret_key).map_err(StartError::Files)?;
    let vault = Vault::new(config.secret_key).after(config.previous_key);
    let mailer = Mailer::new(&config.mail, &config.data_dir, vault.clone(), core.ids.clone())
        .map_err(StartError::Mail)?;
    let webhooks = Webhooks::new(config.database_runtime.clone(), config.webhooks_inside, news)
        .map_err(StartError::Http)?;
    Ok(Actors(Arc::new(Parts {
        intake: Intake::new(core.clone(), directory.clone()),
        directory,
        roster: core.roster.clone(),
        core,
        presence: Presence::default(),
        files,
        vault,
        mailer,
        announcer: Announcer::default(),
        webhooks,
        broadcasts: Notify::new(),
        public_url: config.public_url.trim_end_matches('/').into(),
        key: config.secret_key,
        previous_key: config.previous_key,
        arbiters: Arbiters { connectors: Arbiter::new().handle(), http, beside: Arc::new(beside) },
    })))
}
