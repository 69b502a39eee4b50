//! What every actor holds: the store, the clock, ids, and the way to the sockets.

use crate::clock::{Clock, Ids, Numbers};
use crate::fanout::Fanout;
use crate::lines::Lines;
use std::sync::Arc;
use switchboard_schema::Store;

#[derive(Clone)]
pub struct Core {
    pub store: Store,
    pub clock: Arc<Clock>,
    pub ids: Arc<Ids>,
    pub fanout: Fanout,
    pub lines: Lines,
    pub numbers: Arc<Numbers>,
}
