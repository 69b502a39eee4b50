//! WhatsApp: Meta's Cloud API, and the same payloads through 360dialog. [`transport::Transport`] holds all that differs.
//!
//! A sender may have no phone number: people with a username are known by a user id ("US.134…") only.
//!
//! In order of use: [`signature`] proves who calls, [`parse`] reads what they say, [`render`] writes our requests, [`outcome`] reads
//! the answers; [`templates`] is all about those.

pub mod transport;

pub mod signature;

pub mod parse;

mod content;
mod loose;
mod preference;
mod status;

pub mod render;

pub mod templates;

pub mod outcome;
