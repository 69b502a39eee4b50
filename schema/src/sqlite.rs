//! SQLite: one writer thread that owns its connection, readers on blocking threads, checkpoints from a thread of their own.
//!
//! Everything runs inline on a thread that may block: diesel-async's own wrapper hops to a blocking thread for every statement, which costs
//! two thirds of the throughput.

use crate::batch::{Batch, in_order};
use crate::error::{Constraint, StoreError};
use crate::journal::{Entry, Journal, QUEUE, Work, Writer};
use crate::migrate;
use crate::statement::{One, Row};
use crate::store::Options;
use diesel::connection::SimpleConnection;
use diesel::dsl::sql;
use diesel::sql_types::{BigInt, Text};
use diesel::{Connection, SqliteConnection};
use diesel_async::pooled_connection::deadpool::Pool;
use diesel_async::pooled_connection::{AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod};
use diesel_async::sync_connection_wrapper::{SpawnBlocking, SyncConnectionWrapper};
use diesel_async::{AsyncConnection, RunQueryDsl, SimpleAsyncConnection};
use futures_util::future::BoxFuture;
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};

#[path = "sqlite/fts.rs"]
pub(crate) mod fts;
#[path = "queries.rs"]
pub(crate) mod queries;

pub(crate) type Conn = SyncConnectionWrapper<SqliteConnection, Inline>;

/// Runs statements right where they are awaited: every connection lives on a thread that may block.
pub(crate) struct Inline;

impl SpawnBlocking for Inline {
    fn spawn_blocking<'a, R: Send + 'static>(
        &mut self,
        task: impl FnOnce() -> R + Send + 'static,
    ) -> BoxFuture<'a, Result<R, Box<dyn std::error::Error + Send + Sync + 'static>>> {
        Box::pin(std::future::ready(Ok(task())))
    }

    fn get_runtime() -> Self {
        Self
    }
}

/// Rare writes take their turn with the journal here: nothing to lock.
pub(crate) const LOCK_COUNTS: &str = "";

/// `wal_autocheckpoint` is only the net below the checkpoint thread: 200 MB of log.
const WRITER: &str = "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
    PRAGMA foreign_keys = ON; PRAGMA wal_autocheckpoint = 50000; PRAGMA cache_size = -65536; PRAGMA temp_store = MEMORY; \
    PRAGMA secure_delete = ON;";
const READER: &str = "PRAGMA busy_timeout = 5000; PRAGMA foreign_keys = ON; PRAGMA query_only = ON; \
    PRAGMA cache_size = -16384; PRAGMA temp_store = MEMORY;";

/// One cached statement per row.
async fn write<R: Row>(conn: &mut Conn, rows: &[R]) -> Result<usize, StoreError> {
    let mut changed = 0;
    for row in rows {
        changed += One(row).execute(conn).await?;
    }
    Ok(changed)
}

/// Writes everything, or fails; then the caller rolls back.
async fn write_batch(conn: &mut Conn, batch: &Batch<'_>) -> Result<(), StoreError> {
    macro_rules! write_rows {
        ($rows:expr $(, $promise:ident)?) => {
            let _changed = write(conn, &$rows).await?;
            $(if _changed != $rows.len() {
                return Err(StoreError::conflict(Constraint::$promise));
            })?
        };
    }
    in_order!(batch, write_rows);
    Ok(())
}

/// Handle of an open database.
pub(crate) struct Database {
    pub(crate) queue: mpsc::Sender<Work<Job>>,
    readers: Pool<Conn>,
    index: Arc<fts::Index>,
    runtime: Handle,
    path: PathBuf,
}

/// A rare write, waiting its turn on the writer thread.
pub(crate) type Job = Box<dyn for<'c> FnOnce(&'c mut Conn) -> BoxFuture<'c, Finished> + Send>;

/// What a job came to; `reply` tells its caller, with the error of the commit if that failed.
pub(crate) struct Finished {
    ok: bool,
    reply: Box<dyn FnOnce(Option<StoreError>) + Send>,
}

impl Database {
    pub(crate) async fn open(options: Options) -> Result<Self, StoreError> {
        let path = path_of(&options.url);
        let (sender, queue) = mpsc::channel(QUEUE);
        let (ready, up) = oneshot::channel();
        let (readers, runtime) = (readers(&path, options.readers)?, options.runtime.clone());
        let database = path.clone();
        let start = move || run_writer(path, options, queue, ready);
        let thread = std::thread::Builder::new().name("sqlite-writer".into());
        thread.spawn(start).map_err(StoreError::unavailable)?;
        up.await.map_err(|_| StoreError::unavailable("the writer did not start"))??;
        // The lock of the database is held now: the index is ours as well.
        let index = Arc::new(fts::Index::open(&database)?);
        Ok(Self { queue: sender, readers, index, runtime, path: database })
    }

    /// Runs a reading function on a connection of its own.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        ask: impl for<'c> FnOnce(&'c mut Conn) -> BoxFuture<'c, Result<T, StoreError>> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (readers, runtime) = (self.readers.clone(), self.runtime.clone());
        let asked = self.runtime.spawn(async move {
            let mut conn = readers.get().await?;
            let answer = runtime.clone().spawn_blocking(move || runtime.block_on(ask(&mut conn)));
            answer.await.map_err(StoreError::unavailable)?
        });
        asked.await.map_err(StoreError::unavailable)?
    }

    /// Works on the search index, which has a connection of its own.
    pub(crate) async fn index<T: Send + 'static>(
        &self,
        work: impl FnOnce(&fts::Index) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let index = self.index.clone();
        self.runtime.spawn_blocking(move || work(&index)).await.map_err(StoreError::unavailable)?
    }

    /// Runs a reading function that asks several times, all of it about the same moment.
    pub(crate) async fn snapshot<T: Send + 'static>(
        &self,
        ask: impl for<'c> FnOnce(&'c mut Conn) -> BoxFuture<'c, Result<T, StoreError>> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.read(move |conn| {
            Box::pin(async move {
                conn.batch_execute("BEGIN").await?;
                let answer = ask(conn).await;
                conn.batch_execute("COMMIT").await?;
                answer
            })
        })
        .await
    }

    /// Runs a writing function in a transaction of the writer.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        ask: impl for<'c> FnOnce(&'c mut Conn) -> BoxFuture<'c, Result<T, StoreError>> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (reply, answer) = oneshot::channel();
        let job: Job = Box::new(move |conn| {
            Box::pin(async move {
                let result = ask(conn).await;
                let ok = result.is_ok();
                let reply = Box::new(move |error: Option<StoreError>| {
                    let _ = reply.send(error.map_or(result, Err));
                });
                Finished { ok, reply }
            })
        });
        self.queue.try_send(Work::Job(job)).map_err(|_| StoreError::Busy)?;
        answer.await.map_err(|_| StoreError::unavailable("the writer is not connected"))?
    }

    /// Moves the whole log into the database and empties it: nothing that was replaced is left there.
    pub(crate) async fn fold(&self) -> Result<(), StoreError> {
        let path = self.path.clone();
        let fold = move || {
            let mut conn = SqliteConnection::establish(&path.to_string_lossy())?;
            conn.batch_execute(
                "PRAGMA busy_timeout = 5000; PRAGMA synchronous = FULL; PRAGMA wal_checkpoint(TRUNCATE);",
            )?;
            Ok(())
        };
        self.runtime.spawn_blocking(fold).await.map_err(StoreError::unavailable)?
    }

    pub(crate) fn close(&self) {
        self.readers.close();
    }
}

fn path_of(url: &str) -> PathBuf {
    let path = url.strip_prefix("sqlite://").or_else(|| url.strip_prefix("sqlite:")).unwrap_or(url);
    PathBuf::from(path)
}

fn readers(path: &Path, count: usize) -> Result<Pool<Conn>, StoreError> {
    let mut config = ManagerConfig::<Conn>::default();
    config.recycling_method = RecyclingMethod::Fast;
    let index = fts::path_of(path).to_string_lossy().replace('\'', "''");
    let set_up = format!("ATTACH DATABASE '{index}' AS search; {READER}");
    config.custom_setup = Box::new(move |path| {
        let set_up = set_up.clone();
        Box::pin(async move {
            let mut conn = Conn::establish(path).await?;
            let set_up = conn.batch_execute(&set_up).await;
            set_up.map_err(diesel::ConnectionError::CouldntSetupConfiguration)?;
            Ok(conn)
        })
    });
    let manager = AsyncDieselConnectionManager::new_with_config(path.to_string_lossy(), config);
    Pool::builder(manager)
        .max_size(count.max(1))
        .wait_timeout(Some(Duration::from_secs(5)))
        .runtime(deadpool::Runtime::Tokio1)
        .build()
        .map_err(StoreError::unavailable)
}

/// The life of the writer thread.
fn run_writer(
    path: PathBuf,
    options: Options,
    queue: mpsc::Receiver<Work<Job>>,
    ready: oneshot::Sender<Result<(), StoreError>>,
) {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_time().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            let _ = ready.send(Err(StoreError::unavailable(error)));
            return;
        }
    };
    runtime.block_on(async move {
        match SqliteWriter::open(path).await {
            Ok((writer, position)) => {
                let journal = Journal::new(writer, queue, options.after_commit, options.max_batch, position);
                let _ = ready.send(Ok(()));
                journal.run().await;
            }
            Err(error) => {
                let _ = ready.send(Err(error));
            }
        }
    });
}

struct SqliteWriter {
    path: PathBuf,
    conn: Option<Conn>,
    /// Tells the checkpoint thread to stop by going away.
    _checkpoints: std::sync::mpsc::Sender<()>,
    /// Held as long as this process writes; the system lets go of it however the process ends.
    _lock: File,
}

impl SqliteWriter {
    async fn open(path: PathBuf) -> Result<(Self, i64), StoreError> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(StoreError::unavailable)?;
        }
        let lock = locked(&path).await?;
        let mut first = SqliteConnection::establish(&path.to_string_lossy())?;
        // Who had the file before may still be about to let go of it.
        first.batch_execute("PRAGMA busy_timeout = 5000").map_err(StoreError::unavailable)?;
        migrate::migrate(&mut first, migrate::SQLITE)?;
        let checkpoints = start_checkpoints(&path)?;
        let mut writer = Self { path, conn: None, _checkpoints: checkpoints, _lock: lock };
        let position = writer.connect().await?;
        Ok((writer, position))
    }

    fn conn(&mut self) -> Result<&mut Conn, StoreError> {
        self.conn.as_mut().ok_or_else(|| StoreError::unavailable("not connected"))
    }

    /// Leaves the connection fit for the next transaction, or drops it.
    async fn give_up(&mut self, error: &StoreError) {
        if let Some(conn) = self.conn.as_mut() {
            // Fails when SQLite has rolled back by itself, as it does when the disk is full.
            let _ = conn.batch_execute("ROLLBACK").await;
        }
        if matches!(error, StoreError::Unavailable(_)) {
            self.conn = None;
        }
    }

    async fn run_jobs(&mut self, jobs: Vec<Job>) -> Result<Vec<Finished>, StoreError> {
        let conn = self.conn()?;
        conn.batch_execute("BEGIN IMMEDIATE").await?;
        let mut finished = Vec::with_capacity(jobs.len());
        for job in jobs {
            conn.batch_execute("SAVEPOINT job").await?;
            let result = job(conn).await;
            let end = if result.ok { "RELEASE job" } else { "ROLLBACK TO job; RELEASE job" };
            let ended = conn.batch_execute(end).await;
            finished.push(result);
            if let Err(error) = ended {
                fail(finished, &error.into());
                return Err(StoreError::unavailable("a savepoint was lost"));
            }
        }
        if let Err(error) = conn.batch_execute("COMMIT").await {
            let error = StoreError::from(error);
            fail(finished, &error);
            return Err(error);
        }
        Ok(finished)
    }
}

/// A job that failed by itself keeps its own error.
fn fail(finished: Vec<Finished>, error: &StoreError) {
    for Finished { ok, reply } in finished {
        reply(ok.then(|| error.clone()));
    }
}

impl Writer for SqliteWriter {
    type Job = Job;

    async fn connect(&mut self) -> Result<i64, StoreError> {
        let mut conn = Conn::establish(&self.path.to_string_lossy()).await?;
        conn.batch_execute(WRITER).await?;
        let position = queries::facts::max_position(&mut conn).await?;
        self.conn = Some(conn);
        Ok(position)
    }

    fn is_lost(&mut self) -> bool {
        self.conn.is_none()
    }

    async fn commit(&mut self, entries: &[Box<Entry>], first: i64) -> Result<(), StoreError> {
        let batch = Batch::of(entries.iter().map(|entry| &entry.append), first);
        let result = async {
            let conn = self.conn()?;
            conn.batch_execute("BEGIN IMMEDIATE").await?;
            write_batch(conn, &batch).await?;
            conn.batch_execute("COMMIT").await?;
            Ok(())
        };
        let result = result.await;
        if let Err(error) = &result {
            self.give_up(error).await;
        }
        result
    }

    async fn run(&mut self, jobs: Vec<Job>) {
        match self.run_jobs(jobs).await {
            Ok(finished) => {
                for done in finished {
                    (done.reply)(None);
                }
            }
            Err(error) => self.give_up(&error).await,
        }
    }

    async fn close(&mut self) {
        if let Some(conn) = self.conn.as_mut() {
            let _ = conn.batch_execute("PRAGMA wal_checkpoint(TRUNCATE)").await;
        }
    }
}

/// The settings of the writer's connection that decide whether a commit survives a power cut.
pub(crate) async fn durability(conn: &mut Conn) -> Result<Vec<(String, String)>, StoreError> {
    let journal: String = diesel::select(sql::<Text>("(SELECT journal_mode FROM pragma_journal_mode)"))
        .get_result(conn)
        .await?;
    let level: i64 = diesel::select(sql::<BigInt>("(SELECT synchronous FROM pragma_synchronous)"))
        .get_result(conn)
        .await?;
    let level = ["off", "normal", "full", "extra"].get(level as usize).copied().unwrap_or("unknown");
    Ok(vec![("journal_mode".to_owned(), journal), ("synchronous".to_owned(), level.to_owned())])
}

#[cfg(feature = "testing")]
pub(crate) async fn limit_pages(conn: &mut Conn, pages: u32) -> Result<(), StoreError> {
    Ok(conn.batch_execute(&format!("PRAGMA max_page_count = {pages}")).await?)
}

/// The lock. Who had it before, and was just ended or killed, may still be about to let go.
async fn locked(path: &Path) -> Result<File, StoreError> {
    for _ in 0..20 {
        match lock(path) {
            Err(StoreError::InUse) => tokio::time::sleep(Duration::from_millis(100)).await,
            answer => return answer,
        }
    }
    Err(StoreError::InUse)
}

/// One process per database: `switchboard.db.lock` beside it.
fn lock(path: &Path) -> Result<File, StoreError> {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let file = File::options().create(true).truncate(false).write(true).open(name);
    let file = file.map_err(StoreError::unavailable)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StoreError::InUse),
        Err(TryLockError::Error(error)) => Err(StoreError::unavailable(error)),
    }
}

/// Moves the log into the database once it is worth it, so that no commit has to.
fn start_checkpoints(path: &Path) -> Result<std::sync::mpsc::Sender<()>, StoreError> {
    const WORTH_IT: u64 = 8 << 20;
    let (handle, stop) = std::sync::mpsc::channel::<()>();
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    let mut conn = SqliteConnection::establish(&path.to_string_lossy())?;
    let work = move || {
        let _ = conn.batch_execute("PRAGMA busy_timeout = 1000; PRAGMA synchronous = FULL;");
        while stop.recv_timeout(Duration::from_secs(1)) == Err(std::sync::mpsc::RecvTimeoutError::Timeout) {
            let size = std::fs::metadata(&log).map_or(0, |file| file.len());
            if size > WORTH_IT
                && let Err(error) = conn.batch_execute("PRAGMA wal_checkpoint(PASSIVE)")
            {
                tracing::warn!(%error, "the log of the database could not be checkpointed");
            }
        }
    };
    let thread = std::thread::Builder::new().name("sqlite-checkpoint".into());
    thread.spawn(work).map_err(StoreError::unavailable)?;
    Ok(handle)
}
