//! The simulator as a product sees it: real HTTP in both directions, payloads compared with recorded ones.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests fail by panicking")]

mod callbacks;
mod cloud_api;
mod dialog360;
mod page;
mod phones;
mod product;
mod signatures;
mod twilio;
