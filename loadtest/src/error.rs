//! [`Error`]: why a run could not be carried out. What the server did wrong is not an error but a violation, see `oracle.rs`.

use std::fmt;

/// A sentence for whoever started the run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error(pub String);

pub type Result<T> = std::result::Result<T, Error>;

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Error {}

macro_rules! from {
    ($($kind:ty),* $(,)?) => { $(
        impl From<$kind> for Error {
            fn from(error: $kind) -> Self {
                Self(error.to_string())
            }
        }
    )* };
}

from! {
    std::io::Error,
    std::num::ParseIntError,
    serde_json::Error,
    diesel::result::Error,
    diesel::ConnectionError,
    tokio::task::JoinError,
    tokio_postgres::Error,
    switchboard_schema::StoreError,
}

/// Says what was being done when it failed.
pub trait Context<T> {
    fn context(self, doing: impl fmt::Display) -> Result<T>;
}

impl<T, E: fmt::Display> Context<T> for std::result::Result<T, E> {
    fn context(self, doing: impl fmt::Display) -> Result<T> {
        self.map_err(|error| Error(format!("{doing}: {error}")))
    }
}

/// Ends a function with an [`Error`].
macro_rules! fail {
    ($($words:tt)*) => { return Err($crate::error::Error(format!($($words)*))) };
}
pub(crate) use fail;
