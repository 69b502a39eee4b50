//! The key a browser makes for what it sends: the same key again is the same message, so it must be one that every database can keep.

use super::Refusal;
use crate::text::key_flaw;

/// Asked before the key is looked for.
pub fn check_client_id(key: &str) -> Result<(), Refusal> {
    match key_flaw(key) {
        Some(flaw) => Err(Refusal::Invalid { field: "client_id", detail: flaw.to_owned() }),
        None => Ok(()),
    }
}
