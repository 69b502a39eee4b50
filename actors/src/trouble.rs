//! Why something asked of an actor did not happen: the rules said no, or it could not be done right now. Nothing was stored either way.

use std::fmt;
use switchboard_engine::conversation::Refusal;
use switchboard_schema::StoreError;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The rules said no.
    Refused(Refusal),
    /// It does not exist, or the asker must not know that it does.
    NotFound,
    /// Too much at once, or the database is away: come back in a moment.
    Busy,
    /// The disk is full: nothing can be stored until space is freed.
    StorageFull,
    /// What memory held was out of date; asking again reads the database.
    Again,
    /// This conversation failed repeatedly on this very input; it was put aside for an operator.
    Quarantined,
}

impl Trouble {
    pub fn code(&self) -> &'static str {
        match self {
            Self::Refused(refusal) => refusal.code(),
            Self::NotFound => "not_found",
            Self::Busy | Self::Again => "overloaded",
            Self::StorageFull => "storage_full",
            Self::Quarantined => "quarantined",
        }
    }
}

impl Trouble {
    /// Fields of the error beside code and detail.
    pub fn facts(&self) -> serde_json::Map<String, serde_json::Value> {
        match self {
            Self::Refused(refusal) => refusal.facts(),
            _ => serde_json::Map::new(),
        }
    }

    /// Whether somebody tried what they may not: a line of the audit log.
    pub fn is_denial(&self) -> bool {
        matches!(self, Self::Refused(Refusal::NotAssignee | Refusal::Forbidden))
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(refusal) => refusal.fmt(f),
            Self::NotFound => f.write_str("There is no such thing, or you may not see it."),
            Self::Busy | Self::Again => {
                f.write_str("Too busy right now. Nothing was lost; try again in a moment.")
            }
            Self::StorageFull => {
                f.write_str("The server's disk is full. Nothing was stored; an operator must free space.")
            }
            Self::Quarantined => {
                f.write_str("This message could not be processed and was put aside for an operator.")
            }
        }
    }
}

impl std::error::Error for Trouble {}

impl From<Refusal> for Trouble {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound => Self::NotFound,
            StoreError::StorageFull => Self::StorageFull,
            StoreError::Busy => Self::Busy,
            StoreError::UnfitText => Self::Refused(Refusal::Invalid {
                field: "request",
                detail: "holds a character that cannot be kept, such as NUL; leave it out".to_owned(),
            }),
            other => {
                tracing::warn!(error = %other, "the store did not answer as hoped");
                Self::Busy
            }
        }
    }
}
