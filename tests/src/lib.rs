//! What Switchboard promises, tested from outside: the real server in this process, spoken to over HTTP and websockets only, with the
//! simulator as the outside world. Every test runs on SQLite and on PostgreSQL ([`world::both`]).
//!
//! The first eleven modules are the stage; each of the others is one capability. A test that guards a promise says in its comment which line
//! to break to see it go red. Nothing sleeps: tests wait for a condition, at most [`world::PATIENCE`].
#![cfg(test)]

#[macro_use]
mod world;
mod answer;
mod answering;
mod people;
mod postbox;
mod process;
mod provider;
mod receiver;
mod socket;
mod state;
mod visitor;

mod acks;
mod announcing;
mod api_tokens;
mod arriving;
mod boundaries;
mod broadcasts;
mod callbacks;
mod channels;
mod composing;
mod conversations;
mod counters;
mod cuts;
mod delivery;
mod downloads;
mod erasure;
mod groups;
mod health;
mod hostile;
mod invitations;
mod leaks;
mod leaving;
mod life_assigning;
mod life_ending;
mod life_starting;
mod life_team;
mod limits;
mod markup;
mod media;
mod odd_characters;
mod order;
mod outages;
mod permissions;
mod photos;
mod poison;
mod reading;
mod receipts;
mod replay;
mod restart;
mod resume;
mod saved_replies;
mod search;
mod secrets;
mod sending;
mod sending_delivery;
mod sign_in;
mod signing_in;
mod template_sends;
mod templates;
mod tenants;
mod transcripts;
mod users;
mod webchat;
mod webhooks;
mod widget_rules;
mod windows;

mod tidy;
