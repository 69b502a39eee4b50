//! What Switchboard promises, tested from outside: the real server in this process, spoken to over HTTP and websockets only, with the
//! simulator as the outside world. Every test runs on SQLite and on PostgreSQL ([`world::both`]).
//!
//! The first seven modules are the stage; each of the others is one capability. A test that guards a promise says in its comment which line
//! to break to see it go red. Nothing sleeps: tests wait for a condition, at most [`world::PATIENCE`].
#![cfg(test)]

#[macro_use]
mod world;
mod answer;
mod people;
mod process;
mod provider;
mod socket;
mod visitor;

mod callbacks;
mod channels;
mod conversations;
mod counters;
mod delivery;
mod groups;
mod hostile;
mod media;
mod outages;
mod permissions;
mod poison;
mod restart;
mod resume;
mod search;
mod sending;
mod sending_delivery;
mod signing_in;
mod webchat;

mod tidy;
