//! Rows as they are written ([`statement!`](crate::statement)) and as they are read (`Queryable`), and their way into the engine's types.

pub(crate) mod contact;
pub(crate) mod conversation;
pub(crate) mod delivery;
pub(crate) mod event;
pub(crate) mod message;

use crate::error::StoreError;

/// A stored word of a closed list.
pub(crate) fn word<T>(column: &str, value: &str, parse: fn(&str) -> Option<T>) -> Result<T, StoreError> {
    parse(value).ok_or_else(|| StoreError::corrupt(column, value))
}
