//! The rules of Switchboard, pure: `state + command + now -> outcome | refusal`.
//!
//! No clock, no randomness, no I/O, no async: every identifier and every moment comes in from outside. Errors: [`conversation::Refusal`]
//! when the rules said no, [`channels::ParseError`] when bytes from a provider make no sense.
//!
//! Modules in reading order:
pub mod file_name;
pub mod ids;
pub mod json;
pub mod text;
pub mod time;

pub mod business;
pub mod channel;
pub mod contact;
pub mod message;
pub mod phone;
pub mod place;
pub mod receipt;
pub mod user;

pub mod permission;

pub mod business_hours;
pub mod care_window;
pub mod consent;
pub mod conversation;
pub mod sending;
pub mod template;

pub mod channels;
pub mod lists;
pub mod search;
pub mod second_factor;
pub mod token;
pub mod transcript;
pub mod webhook;
pub mod widget;
pub mod wire;
