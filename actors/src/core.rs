//! What every actor holds: the store, the clock, ids, and the way to the sockets.

use crate::clock::{Clock, Ids, Numbers};
use crate::fanout::Fanout;
use crate::lines::Lines;
use crate::roster::RosterHandle;
use std::sync::Arc;
use switchboard_schema::Store;
use tokio::sync::Notify;

#[derive(Clone)]
pub struct Core {
    pub store: Store,
    pub clock: Arc<Clock>,
    pub ids: Arc<Ids>,
    pub fanout: Fanout,
    pub lines: Lines,
    pub numbers: Arc<Numbers>,
    pub roster: RosterHandle,
    /// Rung when something is held, or a held message may be due at another moment.
    pub wheel: Arc<Notify>,
}
