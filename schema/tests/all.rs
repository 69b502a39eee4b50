//! Tests of the store, each on both databases; one binary, so that they share one PostgreSQL server.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on must stop")]

mod failures;
mod journal;
mod reads;
mod schema;
mod search;
mod state;
mod support;
