//! Throw-away databases for tests of this and other crates (feature `testing`): a SQLite file in a temporary folder, or a database of a
//! PostgreSQL cluster that lives as long as somebody uses it and dies with the process.
#![expect(clippy::expect_used, reason = "a test that cannot have its database must fail, and say why")]

use crate::store::{Options, Store};
use diesel::Connection;
use diesel::connection::SimpleConnection;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use tempfile::TempDir;
use tokio::runtime::Handle;

mod cluster;

pub use cluster::Cluster;

/// A database of its own, gone when this is dropped.
pub struct TestDatabase {
    url: String,
    cluster: Option<Arc<Cluster>>,
    _folder: Option<TempDir>,
}

#[derive(diesel::QueryableByName)]
struct Line {
    #[diesel(sql_type = diesel::sql_types::Text)]
    line: String,
}

/// A lock on a database.
pub enum Hold {
    Sqlite(diesel::SqliteConnection),
    Postgres(std::process::Child),
}

impl Drop for Hold {
    fn drop(&mut self) {
        match self {
            Self::Sqlite(conn) => conn.batch_execute("ROLLBACK").expect("a transaction"),
            Self::Postgres(session) => {
                let _ = session.kill();
                let _ = session.wait();
            }
        }
    }
}

/// The cluster the tests of this process share, while any of them uses it.
static SHARED: Mutex<Weak<Cluster>> = Mutex::new(Weak::new());

static COUNT: AtomicU64 = AtomicU64::new(0);

impl TestDatabase {
    pub fn sqlite() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let url = format!("sqlite://{}", folder.path().join("switchboard.db").display());
        Self { url, cluster: None, _folder: Some(folder) }
    }

    /// A database of the shared cluster, which has `fsync = off`.
    pub fn postgres() -> Self {
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        let cluster = shared.upgrade().unwrap_or_else(|| {
            let started = Arc::new(Cluster::start(false));
            *shared = Arc::downgrade(&started);
            started
        });
        drop(shared);
        Self::of(cluster)
    }

    /// A database of a cluster of its own, which a test may restart; `durable` keeps `fsync` on.
    pub fn own_postgres(durable: bool) -> Self {
        Self::of(Arc::new(Cluster::start(durable)))
    }

    fn of(cluster: Arc<Cluster>) -> Self {
        let name = format!("test_{}", COUNT.fetch_add(1, Ordering::Relaxed));
        cluster.run("postgres", &format!("CREATE DATABASE {name}"));
        Self { url: cluster.url(&name), cluster: Some(cluster), _folder: None }
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    pub fn is_postgres(&self) -> bool {
        self.cluster.is_some()
    }

    /// The PostgreSQL server behind it.
    ///
    /// # Panics
    /// On SQLite.
    pub fn cluster(&self) -> &Cluster {
        self.cluster.as_deref().expect("a PostgreSQL database")
    }

    /// The usual options, with the promises a test server cannot keep waived.
    pub fn options(&self, runtime: Handle) -> Options {
        Options { allow_unsafe_durability: true, ..Options::new(self.url.clone(), runtime) }
    }

    /// Opens it; the runtime must be a multi-thread one.
    pub async fn open(&self, runtime: Handle) -> Store {
        Store::open(self.options(runtime)).await.expect("the test database opens")
    }

    /// Everything that is stored, as text; bytes that are text are readable as such.
    pub fn dump(&self) -> String {
        if let Some(cluster) = &self.cluster {
            let dump = cluster.dump(self.url.rsplit('/').next().unwrap_or_default());
            let bytes = dump.split("\\x").skip(1).map(|rest| {
                let digits = rest.bytes().map_while(|digit| char::from(digit).to_digit(16));
                let digits: Vec<u32> = digits.collect();
                let bytes: Vec<u8> = digits
                    .chunks_exact(2)
                    .map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | *digit as u8))
                    .collect();
                String::from_utf8_lossy(&bytes).into_owned()
            });
            let bytes: Vec<String> = bytes.collect();
            return format!("{dump}\n{}", bytes.join("\n"));
        }
        let path = self.url.strip_prefix("sqlite://").unwrap_or_default();
        let files = [path.to_owned(), format!("{path}-wal")];
        let read = files.iter().filter_map(|file| std::fs::read(file).ok());
        read.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).collect()
    }

    /// The first column of every row of a `SELECT`, as text.
    pub fn texts(&self, sql: &str) -> Vec<String> {
        if let Some(cluster) = &self.cluster {
            return cluster.texts(self.url.rsplit('/').next().unwrap_or_default(), sql);
        }
        let ask = diesel::sql_query(format!("WITH answer (line) AS ({sql}) SELECT line FROM answer"));
        let rows: Vec<Line> = diesel::RunQueryDsl::load(ask, &mut self.connect()).expect("SQL that works");
        rows.into_iter().map(|row| row.line).collect()
    }

    fn connect(&self) -> diesel::SqliteConnection {
        let path = self.url.strip_prefix("sqlite://").unwrap_or_default();
        let mut conn = diesel::SqliteConnection::establish(path).expect("the file opens");
        conn.batch_execute("PRAGMA busy_timeout = 5000").expect("a pragma");
        conn
    }

    /// Keeps whoever opens this database waiting at its migrations, until this is dropped.
    pub fn hold(&self) -> Hold {
        if let Some(cluster) = &self.cluster {
            let name = self.url.rsplit('/').next().unwrap_or_default();
            let lock = "LOCK TABLE __diesel_schema_migrations IN ACCESS EXCLUSIVE MODE";
            return Hold::Postgres(cluster.hold(name, lock));
        }
        let mut conn = self.connect();
        conn.batch_execute("BEGIN EXCLUSIVE").expect("nobody else writes");
        Hold::Sqlite(conn)
    }

    /// Runs SQL behind the store's back and answers the first number of the first row, 0 when there is none.
    pub fn run(&self, sql: &str) -> i64 {
        if let Some(cluster) = &self.cluster {
            let name = self.url.rsplit('/').next().unwrap_or_default();
            return cluster.run(name, sql);
        }
        let mut conn = self.connect();
        if sql.trim_start().to_uppercase().starts_with("SELECT") {
            let ask = diesel::dsl::sql::<diesel::sql_types::BigInt>(&format!("({sql})"));
            return diesel::RunQueryDsl::get_result(diesel::select(ask), &mut conn).expect("a number");
        }
        conn.batch_execute(sql).expect("SQL that works");
        0
    }
}
