//! Faults put in on purpose: `SABOTAGE=ack_early` answers before the commit. Exists only with the feature `sabotage`.

use std::sync::LazyLock;

static SABOTAGE: LazyLock<Option<String>> = LazyLock::new(|| std::env::var("SABOTAGE").ok());

/// Whether this fault is switched on.
pub(crate) fn is(name: &str) -> bool {
    SABOTAGE.as_deref() == Some(name)
}
