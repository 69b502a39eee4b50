//! Tests of the store, each on both databases; one binary, so that they share one PostgreSQL server.

mod failures;
mod journal;
mod reads;
mod schema;
mod state;
mod support;
