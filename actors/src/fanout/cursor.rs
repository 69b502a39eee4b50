//! The opaque cursor clients keep: `epoch.position`. The epoch changes when the database is not the one the client knew.

use std::sync::Arc;

/// Names one life of one database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Epoch(Arc<str>);

impl Epoch {
    pub fn new(name: &str) -> Self {
        Self(name.into())
    }
}

/// Width of a position in a cursor, so that a frame can be built before its position is known.
pub(super) const DIGITS: usize = 19;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    pub epoch: Epoch,
    pub position: i64,
}

impl Cursor {
    pub fn new(epoch: &Epoch, position: i64) -> Self {
        Self { epoch: epoch.clone(), position }
    }

    /// `None` for anything this program never wrote.
    pub fn parse(text: &str) -> Option<Self> {
        let (epoch, position) = text.rsplit_once('.')?;
        let well_formed = position.len() == DIGITS && position.bytes().all(|byte| byte.is_ascii_digit());
        let position = position.parse().ok().filter(|_| well_formed)?;
        Some(Self { epoch: Epoch::new(epoch), position })
    }
}

impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{:0width$}", self.epoch.0, self.position, width = DIGITS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_comes_back_as_it_went() {
        let cursor = Cursor::new(&Epoch::new("a1b2"), 1_234);
        assert_eq!(cursor.to_string(), "a1b2.0000000000000001234");
        assert_eq!(Cursor::parse(&cursor.to_string()), Some(cursor));
        for bad in ["", "a1b2", "a1b2.7", "a1b2.-000000000000001234", "a1b2.000000000000000123x"] {
            assert_eq!(Cursor::parse(bad), None, "{bad}");
        }
    }
}
