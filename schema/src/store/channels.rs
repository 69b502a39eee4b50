//! Channels.

use super::{Store, run};
use crate::error::StoreError;
use crate::records::{ChannelRecord, ChannelTimes};
use switchboard_engine::channel::health::Condition;
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

    pub async fn channel(&self, id: ChannelId) -> Result<Option<ChannelRecord>, StoreError> {
        run!(self, read, |conn, queries| queries::channel::one(conn, id))
    }

    /// Writes what an admin may change: name, group, settings, credentials, registration. False when there is no such line.
    pub async fn update_channel(&self, channel: ChannelRecord, now: Timestamp) -> Result<bool, StoreError> {
        run!(self, write, |conn, queries| queries::channel::update(conn, &channel, now))
    }

    /// Writes how a line is doing.
    pub async fn set_channel_condition(
        &self,
        id: ChannelId,
        condition: Condition,
        seen: ChannelTimes,
    ) -> Result<(), StoreError> {
        run!(self, write, |conn, queries| queries::channel::set_condition(conn, id, &condition, seen))
    }

    /// Puts newly sealed credentials in the place of `old`; false when they changed meanwhile.
    pub async fn reseal_channel(
        &self,
        id: ChannelId,
        old: Vec<u8>,
        new: Vec<u8>,
    ) -> Result<bool, StoreError> {
        run!(self, write, |conn, queries| queries::channel::reseal(conn, id, &old, &new))
    }
}
