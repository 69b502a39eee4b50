//! Broadcasts and their recipients.

use super::{Store, run};
use crate::error::StoreError;
use crate::records::{Broadcast, BroadcastState, Reached};
use std::collections::BTreeSet;
use switchboard_engine::ids::{BroadcastId, BusinessId, ChannelId, ContactId, GroupId, UserId};
use switchboard_engine::time::Timestamp;

impl Store {
    /// With everybody it goes to, each once; all of it or nothing.
    pub async fn create_broadcast(&self, new: Broadcast, to: Vec<ContactId>) -> Result<(), StoreError> {
        run!(self, write, |conn, queries| async move { queries::broadcast::create(conn, &new, &to).await })
    }

    pub async fn broadcast(&self, id: BroadcastId) -> Result<Option<Broadcast>, StoreError> {
        run!(self, read, |conn, queries| queries::broadcast::find(conn, id))
    }

    /// The one a caller began under an id of their own.
    pub async fn broadcast_by_client_id(
        &self,
        group: GroupId,
        client_id: String,
    ) -> Result<Option<Broadcast>, StoreError> {
        run!(self, read, |conn, queries| async move {
            queries::broadcast::by_client_id(conn, group, &client_id).await
        })
    }

    /// A group's, newest first.
    pub async fn broadcasts(&self, group: GroupId, limit: i64) -> Result<Vec<Broadcast>, StoreError> {
        run!(self, read, |conn, queries| queries::broadcast::of_group(conn, group, limit))
    }

    /// What became of everybody a broadcast goes to.
    pub async fn broadcast_reached(&self, of: BroadcastId) -> Result<Reached, StoreError> {
        run!(self, read, |conn, queries| queries::broadcast::reached(conn, of))
    }

    /// Every broadcast under way, the oldest first.
    pub async fn running_broadcasts(&self) -> Result<Vec<Broadcast>, StoreError> {
        run!(self, read, |conn, queries| queries::broadcast::running(conn))
    }

    /// Those it has still to reach, at most so many of them.
    pub async fn next_recipients(&self, of: BroadcastId, most: usize) -> Result<Vec<ContactId>, StoreError> {
        run!(self, read, |conn, queries| queries::broadcast::next(conn, of, most as i64))
    }

    /// Somebody who waits gets none, for a reason. False when they do not wait.
    pub async fn skip_recipient(
        &self,
        of: BroadcastId,
        contact: ContactId,
        reason: &'static str,
    ) -> Result<bool, StoreError> {
        run!(self, write, |conn, queries| queries::broadcast::skip(conn, of, contact, reason))
    }

    /// Ends one under way; whoever still waits is skipped. False when it had ended before.
    pub async fn finish_broadcast(
        &self,
        id: BroadcastId,
        state: BroadcastState,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        run!(self, write, |conn, queries| queries::broadcast::finish(conn, id, state, now))
    }

    /// Those of `ids` who are contacts of the business and not hidden from `viewer`.
    pub async fn visible_contacts(
        &self,
        business: BusinessId,
        viewer: UserId,
        ids: Vec<ContactId>,
    ) -> Result<BTreeSet<ContactId>, StoreError> {
        let found = run!(self, read, |conn, queries| async move {
            queries::broadcast::visible_contacts(conn, business, viewer, &ids).await
        });
        Ok(found?.into_iter().collect())
    }

    /// How many messages wait for a channel's connector, held ones included; counted up to `most`.
    pub async fn waiting_on(&self, channel: ChannelId, most: usize) -> Result<usize, StoreError> {
        run!(self, read, |conn, queries| queries::broadcast::waiting_on(conn, channel, most as i64))
    }
}
