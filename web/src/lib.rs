//! Switchboard over HTTP and websockets: the outermost crate, and the library behind the binary `switchboard`.
//!
//! Errors: [`error::ApiError`] towards clients, [`config::ConfigError`] and [`serve::ServeError`] towards the operator.
//! Modules in reading order:
pub mod config;
pub mod console;

pub mod serve;
pub mod site;
mod starting;
pub mod telemetry;

pub mod app;
pub mod audit;
pub mod bearer;
pub mod csv;
pub mod edge;
pub mod error;
pub mod json;
pub mod limits;
pub mod origin;
pub mod pdf;
pub mod permits;
pub mod proxies;

pub mod hooks;

pub mod login_limits;
pub mod password;
pub mod quota;
pub mod session;
pub mod setup_token;

pub mod api;
pub mod openapi;

pub mod sockets;

pub mod assets;
pub mod files;
pub mod health;
pub mod unsubscribe;
pub mod widget;

pub mod commands;
pub mod demo;

pub use config::Config;
pub use serve::{Running, start};
