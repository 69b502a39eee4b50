//! The load test: simulated providers, agents and visitors against a real server, and an oracle that checks that nothing was lost.
//!
//! `loadtest <scenario>` starts the server itself, loads it, kills it where the scenario says so, reads everything back and compares.
//! Errors: [`error::Error`] when a run cannot be carried out; a broken promise is an [`oracle::Violation`]. Modules in reading order:
pub mod error;
pub mod options;

pub mod scenarios;
pub mod stage;

pub mod server;

pub mod postgres;
pub mod process;

pub mod run;

pub mod agents;
pub mod asks;
pub mod pacer;
pub mod providers;
pub mod visitors;

pub mod graph;
pub mod hook;

pub mod client;
pub mod clock;
pub mod marker;

pub mod journal;
pub mod oracle;
pub mod readback;
pub mod seed;
pub mod sql;

pub mod console;
pub mod report;

#[cfg(test)]
mod fake_server;
