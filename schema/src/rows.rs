//! Rows as they are written ([`statement!`](crate::statement)) and as they are read (`Queryable`), and their way into the engine's types.

pub(crate) mod audit;
pub(crate) mod consent;
pub(crate) mod contact;
pub(crate) mod conversation;
pub(crate) mod delivery;
pub(crate) mod event;
pub(crate) mod message;

use crate::error::StoreError;
use std::borrow::Cow;

/// A stored word of a closed list.
pub(crate) fn word<T>(column: &str, value: &str, parse: fn(&str) -> Option<T>) -> Result<T, StoreError> {
    parse(value).ok_or_else(|| StoreError::corrupt(column, value))
}

/// What people write, without the one character PostgreSQL cannot store.
pub(crate) fn clean(text: &str) -> Cow<'_, str> {
    if text.contains('\0') { Cow::Owned(text.replace('\0', "\u{fffd}")) } else { Cow::Borrowed(text) }
}
