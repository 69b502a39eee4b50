//! Where Switchboard keeps everything: SQLite or PostgreSQL behind one [`Store`], chosen by the URL.
//!
//! Conversations are written through the journal only ([`Store::append`]): one writer, group commit, positions in the order of commits.
//! Everything else is a method of [`Store`], grouped by noun under `store/`, over functions in `queries/` that are compiled once per
//! backend. Error type everywhere: [`StoreError`].
#![expect(clippy::duplicate_mod, reason = "`queries/` is compiled once per backend, on purpose")]

mod append;
mod batch;
mod error;
mod journal;
mod migrate;
mod postgres;
mod records;
mod rows;
#[cfg(feature = "sabotage")]
mod sabotage;
mod sqlite;
mod statement;
mod store;
mod tables;
#[cfg(feature = "testing")]
pub mod testing;

pub use append::Append;
pub use error::{Constraint, StoreError};
pub use journal::{AfterCommit, Committed, Payload, Position};
pub use records::*;
pub use store::{Options, Store};
