//! Everything that lives: conversations, sessions, connectors, and the handles between them.
//!
//! Errors: [`trouble::Trouble`] to whoever asked; what cannot be answered is logged once, here. Modules in reading order:
pub mod telemetry;

pub mod clock;
pub mod core;
pub mod trouble;
pub mod vault;

pub mod audit;
pub mod pulse;
pub mod roster;

pub mod fanout;
pub mod hub;
pub mod publication;
pub mod replay;

pub mod erasure;
mod indexer;
mod tally;

mod beginning;
pub mod conversation;
pub mod directory;
pub mod intake;
pub mod wheel;

pub mod broadcaster;

pub mod connector;
pub mod files;
pub mod hooks;
pub mod lines;
pub mod mailer;
pub mod probe;

pub mod announcements;
pub mod desk;
pub mod people;
pub mod presence;
pub mod sending;
pub mod templates;
pub mod visitors;
pub mod webhooks;

pub mod agent_session;
pub mod socket;
pub mod visitor_session;

mod start;

pub use start::{Config, StartError};

use crate::core::Core;
use std::sync::Arc;

/// The handle to everything that lives; one pointer, cheap to clone and to keep in every session.
#[derive(Clone)]
pub struct Actors(Arc<Parts>);

/// What the handle leads to.
pub struct Parts {
    pub core: Core,
    pub roster: roster::RosterHandle,
    pub directory: directory::Directory,
    pub intake: intake::Intake,
    pub presence: presence::Presence,
    pub files: files::Files,
    pub vault: vault::Vault,
    pub mailer: mailer::Mailer,
    pub announcer: announcements::Announcer,
    pub webhooks: webhooks::Webhooks,
    /// Rung when a broadcast begins.
    pub broadcasts: tokio::sync::Notify,
    /// Where providers and people find us, without a slash at the end.
    pub public_url: Arc<str>,
    /// Signs visitor tokens.
    key: [u8; 32],
    /// The key before, while tokens of its time are about.
    previous_key: Option<[u8; 32]>,
    arbiters: start::Arbiters,
}

impl std::ops::Deref for Actors {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}
