//! SMS through Vonage (formerly Nexmo), its SMS API.
//!
//! Callbacks come as a query, a form or JSON, as the account is set: [`params`] reads all three, [`signature`] proves who calls,
//! [`parse`] reads what they say, [`render`] writes our requests, [`outcome`] reads the answers.

pub mod params;

pub mod signature;

pub mod parse;

pub mod render;

pub mod outcome;
