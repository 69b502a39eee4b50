//! Facts about the database.

use super::{Backend, Store, run};
use crate::error::StoreError;
use switchboard_engine::ids::BusinessId;
use switchboard_engine::time::Timestamp;

impl Store {
    /// Position of the newest event, 0 in an empty log.
    pub async fn max_position(&self) -> Result<i64, StoreError> {
        run!(self, read, |conn, queries| queries::facts::max_position(conn))
    }

    /// Position of the oldest event kept, 0 in an empty log.
    pub async fn min_position(&self) -> Result<i64, StoreError> {
        run!(self, read, |conn, queries| queries::facts::min_position(conn))
    }

    /// The highest conversation number given so far.
    pub async fn last_number(&self, business: BusinessId) -> Result<i64, StoreError> {
        run!(self, read, |conn, queries| queries::facts::last_number(conn, business))
    }

    /// Succeeds when a commit goes through: what readiness asks.
    pub async fn write_probe(&self, now: Timestamp) -> Result<(), StoreError> {
        self.ping().await?;
        run!(self, write, |conn, queries| queries::facts::write_probe(conn, now.0))
    }

    /// The settings that decide whether a commit survives a power cut, for people who look for trouble.
    pub async fn durability(&self) -> Result<Vec<(String, String)>, StoreError> {
        match &self.inner.backend {
            Backend::Sqlite(database) => {
                database.write(|conn| Box::pin(crate::sqlite::durability(conn))).await
            }
            Backend::Postgres(database) => {
                database.read(|conn| Box::pin(crate::postgres::durability(conn))).await
            }
        }
    }

    /// Reads every column of every table the program knows, and answers how many tables those are: the proof that migrations and program
    /// agree.
    pub async fn check_tables(&self) -> Result<usize, StoreError> {
        run!(self, read, |conn, queries| queries::facts::check_tables(conn))
    }

    /// Makes SQLite's disk small, to see what happens when it is full.
    #[cfg(feature = "testing")]
    pub async fn limit_pages(&self, pages: u32) -> Result<(), StoreError> {
        match &self.inner.backend {
            Backend::Sqlite(database) => {
                database.write(move |conn| Box::pin(crate::sqlite::limit_pages(conn, pages))).await
            }
            Backend::Postgres(_) => Err(StoreError::NotFound),
        }
    }
}
