//! PostgreSQL: one writer connection that holds the lock of the database, a pool for everything else, all of it on the store's runtime.
//!
//! A connection dies with the runtime that opened it, so every one is opened from a task of [`Options::runtime`].

use crate::batch::{Batch, in_order};
use crate::error::{Constraint, StoreError};
use crate::journal::{Entry, Journal, QUEUE, Work, Writer};
use crate::migrate;
use crate::statement::Row;
use crate::store::Options;
use diesel::ConnectionError;
use diesel::dsl::sql;
use diesel::sql_types::{Bool, Text};
use diesel_async::pooled_connection::deadpool::Pool;
use diesel_async::pooled_connection::{
    AsyncDieselConnectionManager, ManagerConfig, PoolableConnection, RecyclingMethod,
};
use diesel_async::{
    AsyncConnection, AsyncMigrationHarness, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection,
};
use futures_util::future::BoxFuture;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio_postgres::config::SslMode;

#[path = "postgres/fts.rs"]
pub(crate) mod fts;
#[path = "queries.rs"]
pub(crate) mod queries;

pub(crate) type Conn = AsyncPgConnection;

/// Waits for the journal's transaction and keeps the next from moving a count.
pub(crate) const LOCK_COUNTS: &str = "LOCK TABLE inbox_count IN EXCLUSIVE MODE;";

/// "SWITCHBD": whoever holds this advisory lock writes. Locks are per database, so one number is enough.
const LOCK: &str = "pg_try_advisory_lock(6005800943262515780)";

const WRITER: &str = "SET application_name = 'switchboard-writer'; SET statement_timeout = '60s'; \
    SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3;";
const POOLED: &str = "SET application_name = 'switchboard'; SET statement_timeout = '15s'; \
    SET idle_in_transaction_session_timeout = '60s';";

/// One cached statement for all rows. Borrowed connections take turns in the order in which they are first polled.
async fn write<R: Row>(mut conn: &Conn, rows: &[R], each: Option<Constraint>) -> Result<(), StoreError> {
    let changed = R::columns(rows).execute(&mut conn).await?;
    match each {
        Some(promise) if changed != rows.len() => Err(StoreError::conflict(promise)),
        _ => Ok(()),
    }
}

async fn begin(mut conn: &Conn) -> Result<(), StoreError> {
    Ok(conn.batch_execute("BEGIN").await?)
}

/// Begins and writes everything in one round trip, or fails; then the caller rolls back.
async fn write_batch(conn: &Conn, batch: &Batch<'_>) -> Result<(), StoreError> {
    let mut statements: Vec<BoxFuture<'_, Result<(), StoreError>>> = vec![Box::pin(begin(conn))];
    macro_rules! send_rows {
        ($rows:expr $(, $promise:ident)?) => {
            if !$rows.is_empty() {
                let promise = None$(.or(Some(Constraint::$promise)))?;
                statements.push(Box::pin(write(conn, &$rows, promise)));
            }
        };
    }
    in_order!(batch, send_rows);
    futures_util::future::try_join_all(statements).await?;
    Ok(())
}

/// Handle of an open database.
pub(crate) struct Database {
    pub(crate) queue: mpsc::Sender<Work<NoJob>>,
    pool: Pool<Conn>,
    runtime: Handle,
}

/// Rare writes go through the pool here.
pub(crate) enum NoJob {}

impl Database {
    pub(crate) async fn open(options: Options) -> Result<Self, StoreError> {
        let (queue, work) = mpsc::channel(QUEUE);
        let runtime = options.runtime.clone();
        let pool = pool(&options.url, options.readers, runtime.clone())?;
        let start = async move {
            let mut writer = PgWriter { url: options.url.clone(), conn: None };
            writer.prepare(options.allow_unsafe_durability).await?;
            let position = writer.position().await?;
            let journal = Journal::new(writer, work, options.after_commit, options.max_batch, position);
            tokio::spawn(journal.run());
            Ok::<_, StoreError>(())
        };
        runtime.spawn(start).await.map_err(StoreError::unavailable)??;
        Ok(Self { queue, pool, runtime })
    }

    /// Runs a reading function on a connection of the pool.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        ask: impl for<'c> FnOnce(&'c mut Conn) -> BoxFuture<'c, Result<T, StoreError>> + Send + 'static,
    ) -> Result<T, StoreError> {
        let pool = self.pool.clone();
        let asked = self.runtime.spawn(async move {
            let mut conn = pool.get().await?;
            ask(&mut conn).await
        });
        asked.await.map_err(StoreError::unavailable)?
    }

    /// Runs a reading function that asks several times, all of it about the same moment.
    pub(crate) async fn snapshot<T: Send + 'static>(
        &self,
        ask: impl for<'c> FnOnce(&'c mut Conn) -> BoxFuture<'c, Result<T, StoreError>> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.read(|conn| {
            Box::pin(async move {
                let mut transaction = conn.build_transaction().repeatable_read().read_only();
                transaction.run(async move |conn| ask(conn).await).await
            })
        })
        .await
    }

    /// Runs a writing function in a transaction on a connection of the pool.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        ask: impl for<'c> FnOnce(&'c mut Conn) -> BoxFuture<'c, Result<T, StoreError>> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.read(|conn| Box::pin(conn.transaction(async move |conn| ask(conn).await))).await
    }

    pub(crate) fn close(&self) {
        self.pool.close();
    }
}

fn pool(url: &str, size: usize, runtime: Handle) -> Result<Pool<Conn>, StoreError> {
    let mut config = ManagerConfig::<Conn>::default();
    config.recycling_method = RecyclingMethod::Fast;
    config.custom_setup = Box::new(move |url| {
        let (url, runtime) = (url.to_owned(), runtime.clone());
        Box::pin(async move {
            let connected = runtime.spawn(async move { connect(&url, POOLED).await });
            connected.await.map_err(|error| ConnectionError::BadConnection(error.to_string()))?
        })
    });
    Pool::builder(AsyncDieselConnectionManager::new_with_config(url, config))
        .max_size(size.max(2))
        .wait_timeout(Some(Duration::from_secs(5)))
        .create_timeout(Some(Duration::from_secs(5)))
        .runtime(deadpool::Runtime::Tokio1)
        .build()
        .map_err(StoreError::unavailable)
}

/// Opens a connection, encrypted when the URL says `sslmode=require`.
async fn connect(url: &str, set_up: &str) -> Result<Conn, ConnectionError> {
    let bad = |error: tokio_postgres::Error| {
        let cause = std::error::Error::source(&error).map_or_else(String::new, |cause| format!(": {cause}"));
        ConnectionError::BadConnection(format!("{error}{cause}"))
    };
    let mut config: tokio_postgres::Config = url.parse().map_err(bad)?;
    config.connect_timeout(Duration::from_secs(5)).keepalives_idle(Duration::from_secs(30));
    let mut conn = if config.get_ssl_mode() == SslMode::Require {
        let (client, driver) = config.connect(encryption()?).await.map_err(bad)?;
        Conn::try_from_client_and_connection(client, driver).await?
    } else {
        let (client, driver) = config.connect(tokio_postgres::NoTls).await.map_err(bad)?;
        Conn::try_from_client_and_connection(client, driver).await?
    };
    conn.batch_execute(set_up).await.map_err(ConnectionError::CouldntSetupConfiguration)?;
    Ok(conn)
}

fn encryption() -> Result<tokio_postgres_rustls::MakeRustlsConnect, ConnectionError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let roots = rustls::RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| ConnectionError::BadConnection(error.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(tokio_postgres_rustls::MakeRustlsConnect::new(config))
}

struct PgWriter {
    url: String,
    conn: Option<Conn>,
}

impl PgWriter {
    /// Connects for the first time: lock, promises of the server, migrations.
    async fn prepare(&mut self, allow_unsafe: bool) -> Result<(), StoreError> {
        let mut conn = self.locked().await?;
        if !allow_unsafe {
            check_durability(&mut conn).await?;
        }
        let mut harness = AsyncMigrationHarness::new(conn);
        migrate::migrate(&mut harness, migrate::POSTGRES)?;
        self.conn = Some(harness.into_inner());
        Ok(())
    }

    /// A connection that holds the lock. The server takes a moment to notice that a killed process is gone.
    async fn locked(&self) -> Result<Conn, StoreError> {
        let mut conn = connect(&self.url, WRITER).await?;
        for _ in 0..20 {
            if diesel::select(sql::<Bool>(LOCK)).get_result(&mut conn).await? {
                return Ok(conn);
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Err(StoreError::InUse)
    }

    fn conn(&mut self) -> Result<&mut Conn, StoreError> {
        self.conn.as_mut().ok_or_else(|| StoreError::unavailable("not connected"))
    }

    async fn position(&mut self) -> Result<i64, StoreError> {
        queries::facts::max_position(self.conn()?).await
    }

    async fn try_commit(&mut self, batch: &Batch<'_>) -> Result<(), StoreError> {
        let conn = self.conn()?;
        write_batch(conn, batch).await?;
        conn.batch_execute("COMMIT").await?;
        Ok(())
    }
}

/// `Some(setting)` for every setting that decides whether a commit survives a power cut.
pub(crate) async fn durability(conn: &mut Conn) -> Result<Vec<(String, String)>, StoreError> {
    let mut settings = Vec::new();
    for name in ["fsync", "synchronous_commit", "full_page_writes"] {
        let ask = sql::<Text>(&format!("current_setting('{name}')"));
        settings.push((name.to_owned(), diesel::select(ask).get_result(conn).await?));
    }
    Ok(settings)
}

async fn check_durability(conn: &mut Conn) -> Result<(), StoreError> {
    let off = durability(conn).await?.into_iter().find(|(_, value)| value == "off");
    off.map_or(Ok(()), |(name, _)| Err(StoreError::UnsafeDurability(format!("{name} = off"))))
}

impl Writer for PgWriter {
    type Job = NoJob;

    async fn connect(&mut self) -> Result<i64, StoreError> {
        self.conn = None;
        self.conn = Some(self.locked().await?);
        self.position().await
    }

    fn is_lost(&mut self) -> bool {
        self.conn.as_mut().is_none_or(PoolableConnection::is_broken)
    }

    async fn commit(&mut self, entries: &[Box<Entry>], first: i64) -> Result<(), StoreError> {
        let batch = Batch::of(entries.iter().map(|entry| &entry.append), first);
        let result = self.try_commit(&batch).await;
        if let Err(error) = &result {
            let usable = match self.conn.as_mut() {
                Some(conn) => conn.batch_execute("ROLLBACK").await.is_ok(),
                None => false,
            };
            if !usable || matches!(error, StoreError::Unavailable(_)) {
                self.conn = None;
            }
            if !usable {
                return Err(StoreError::unavailable(error));
            }
        }
        result
    }

    async fn run(&mut self, jobs: Vec<NoJob>) {
        drop(jobs);
    }

    async fn close(&mut self) {
        self.conn = None;
    }
}
