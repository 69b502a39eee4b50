//! Websockets: the handshake and the bytes. What is said on them is the business of the session actors.

pub mod agent;
mod transport;
pub mod visitor;

pub use transport::Connection;
