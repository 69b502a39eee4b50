//! SMS and MMS: through Twilio here, through Vonage in [`vonage`], through any other gateway in [`gateway`].
//!
//! In order of use: [`signature`] proves who calls, [`parse`] reads what they say, [`render`] writes our requests, [`outcome`] reads
//! the answers, [`segments`] counts what a text will cost.

pub mod signature;

pub mod parse;

pub mod render;

pub mod outcome;

pub mod segments;

pub mod vonage;

pub mod gateway;
