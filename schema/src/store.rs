//! [`Store`]: the handle everybody holds. Its methods stand under `store/`, one file per noun.

use crate::append::Append;
use crate::error::StoreError;
use crate::journal::{AfterCommit, Entry, Position, Work};
use crate::{postgres, sqlite};
use std::sync::{Arc, OnceLock};
use tokio::runtime::Handle;
use tokio::sync::{mpsc::error::TrySendError, oneshot};

mod access;
mod accounts;
mod announcements;
mod api_tokens;
mod broadcasts;
mod channels;
mod contacts;
mod conversations;
mod delivery;
mod erasure;
mod facts;
mod files;
mod life;
mod links;
mod mails;
mod messages;
mod photos;
mod search;
mod second_factor;
mod sending;
mod team;
mod templates;
mod webhooks;

/// How to open a [`Store`].
pub struct Options {
    /// `sqlite://data/switchboard.db` or `postgres://…`.
    pub url: String,
    /// A multi-thread runtime that outlives every arbiter: connections live and die with it.
    pub runtime: Handle,
    /// Called from the writer once per batch, in position order, before the callers of its appends are answered. Must not block.
    pub after_commit: AfterCommit,
    /// Connections for reading (on PostgreSQL also for rare writes).
    pub readers: usize,
    /// Most appends in one transaction.
    pub max_batch: usize,
    /// Accepts a PostgreSQL server that may lose what it acknowledged. For tests only.
    pub allow_unsafe_durability: bool,
}

impl Options {
    /// The usual sizes, nobody listening.
    pub fn new(url: impl Into<String>, runtime: Handle) -> Self {
        Self {
            url: url.into(),
            runtime,
            after_commit: Box::new(|_| {}),
            readers: 4,
            max_batch: 1000,
            allow_unsafe_durability: false,
        }
    }
}

/// An open database. Cheap to clone; every method may be called from any runtime and dropped at any await: what was handed in is finished.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    backend: Backend,
    /// Set before the store is handed out.
    epoch: OnceLock<String>,
}

enum Backend {
    Sqlite(sqlite::Database),
    Postgres(postgres::Database),
}

/// Runs one query function on whichever backend is open: `run!(self, read, |conn, queries| queries::facts::max_position(conn))`.
/// `snapshot` asks
/// several times about the same moment, `write` makes it a transaction.
macro_rules! run {
    ($store:expr, $how:ident, |$conn:ident, $queries:ident| $ask:expr) => {
        match &$store.inner.backend {
            $crate::store::Backend::Sqlite(database) => {
                use $crate::sqlite::queries as $queries;
                database.$how(move |$conn| Box::pin(async move { $ask.await })).await
            }
            $crate::store::Backend::Postgres(database) => {
                use $crate::postgres::queries as $queries;
                database.$how(move |$conn| Box::pin(async move { $ask.await })).await
            }
        }
    };
}
use run;

impl Store {
    /// Opens the database, takes its lock and brings it up to date.
    pub async fn open(options: Options) -> Result<Self, StoreError> {
        let backend = if options.url.starts_with("postgres://") || options.url.starts_with("postgresql://") {
            Backend::Postgres(postgres::Database::open(options).await?)
        } else {
            Backend::Sqlite(sqlite::Database::open(options).await?)
        };
        let store = Self { inner: Arc::new(Inner { backend, epoch: OnceLock::new() }) };
        let fresh = format!("{:016x}", rand::random::<u64>());
        let epoch =
            run!(store, write, |conn, queries| async move { queries::facts::epoch(conn, &fresh).await })?;
        let _ = store.inner.epoch.set(epoch);
        run!(store, write, |conn, queries| queries::count::make(conn))?;
        Ok(store)
    }

    /// Stores one command's outcome. Answers once it is on stable storage.
    pub async fn append(&self, append: Append) -> Result<Position, StoreError> {
        let (ack, done) = oneshot::channel();
        let entry = Box::new(Entry { append, ack });
        match &self.inner.backend {
            Backend::Sqlite(database) => database.queue.try_send(Work::Append(entry)).map_err(refused)?,
            Backend::Postgres(database) => database.queue.try_send(Work::Append(entry)).map_err(refused)?,
        }
        #[cfg(feature = "sabotage")]
        if crate::sabotage::is("ack_early") {
            return Ok(Position(0));
        }
        done.await.unwrap_or_else(|_| Err(StoreError::unavailable("the journal lost its connection")))
    }

    /// Writes what is queued, folds the log into the database and lets go of it. Later calls fail.
    pub async fn close(&self) {
        let (done, closed) = oneshot::channel();
        match &self.inner.backend {
            Backend::Sqlite(database) => {
                let _ = database.queue.send(Work::Close(done)).await;
                database.close();
            }
            Backend::Postgres(database) => {
                let _ = database.queue.send(Work::Close(done)).await;
                database.close();
            }
        }
        let _ = closed.await;
    }

    /// How many appends wait for the writer.
    pub fn waiting(&self) -> usize {
        match &self.inner.backend {
            Backend::Sqlite(database) => database.queue.max_capacity() - database.queue.capacity(),
            Backend::Postgres(database) => database.queue.max_capacity() - database.queue.capacity(),
        }
    }

    /// Succeeds when the writer has its database.
    pub(crate) async fn ping(&self) -> Result<(), StoreError> {
        let (reply, answer) = oneshot::channel();
        match &self.inner.backend {
            Backend::Sqlite(database) => database.queue.try_send(Work::Ping(reply)).map_err(refused)?,
            Backend::Postgres(database) => database.queue.try_send(Work::Ping(reply)).map_err(refused)?,
        }
        answer.await.map_err(|_| StoreError::unavailable("the writer is not connected"))
    }

    /// A random word made with the database; a cursor of another epoch means nothing here.
    pub fn epoch(&self) -> &str {
        self.inner.epoch.get().map_or("", String::as_str)
    }
}

fn refused<T>(error: TrySendError<T>) -> StoreError {
    match error {
        TrySendError::Full(_) => StoreError::Busy,
        TrySendError::Closed(_) => StoreError::unavailable("the store is closed"),
    }
}
