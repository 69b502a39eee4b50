//! Channels.

use super::{Store, run};
use crate::error::StoreError;
use crate::records::{ChannelRecord, ChannelStatus};
use switchboard_engine::ids::ChannelId;
use switchboard_engine::time::Timestamp;

impl Store {
    /// Every line of this installation.
    pub async fn channels(&self) -> Result<Vec<ChannelRecord>, StoreError> {
        run!(self, read, |conn, queries| queries::channel::all(conn))
    }

    /// Connects a line; [`crate::Constraint::ChannelAddress`] when its number or key is connected already.
    pub async fn create_channel(&self, channel: ChannelRecord) -> Result<(), StoreError> {
        run!(self, write, |conn, queries| queries::channel::create(conn, &channel))
    }

    /// False when there is no such line.
    pub async fn set_channel_status(
        &self,
        id: ChannelId,
        status: ChannelStatus,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        run!(self, write, |conn, queries| queries::channel::set_status(conn, id, status, now))
    }
}
