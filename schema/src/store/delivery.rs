//! The outbox, early receipts, windows and the quarantine.

use super::{Store, run};
use crate::error::StoreError;
use crate::records::{Quarantined, Waiting};
use switchboard_engine::conversation::Outbound;
use switchboard_engine::ids::{ChannelId, ConversationId, MessageId};
use switchboard_engine::receipt::Receipt;
use switchboard_engine::time::Timestamp;

impl Store {
    /// Messages to transmit now, the longest waiting first.
    pub async fn outbox_due(&self, now: Timestamp, limit: usize) -> Result<Vec<Waiting>, StoreError> {
        run!(self, read, |conn, queries| queries::delivery::due(conn, now, limit))
    }

    /// Messages claimed at or before `before` and never settled. At start that is all of them: whether they left is unknown.
    pub async fn outbox_stale(&self, before: Timestamp) -> Result<Vec<Waiting>, StoreError> {
        run!(self, read, |conn, queries| queries::delivery::stale(conn, before))
    }

    /// Takes a queued message for transmission; answers the number of the attempt, or `None` when somebody else has it or it is settled.
    /// Durable before it answers, so that a crash in between shows.
    pub async fn outbox_claim(&self, id: MessageId, now: Timestamp) -> Result<Option<i64>, StoreError> {
        run!(self, write, |conn, queries| queries::delivery::claim(conn, id, now))
    }

    /// Puts a claimed message back for later; false when it was not under way.
    pub async fn outbox_release(&self, id: MessageId, due_at: Timestamp) -> Result<bool, StoreError> {
        run!(self, write, |conn, queries| queries::delivery::release(conn, id, due_at))
    }

    /// Keeps a receipt for a provider id no message of ours has yet. `Some` when the message got its id meanwhile: then apply the receipts
    /// now, with [`Store::take_receipts`].
    pub async fn park_receipt(
        &self,
        channel: ChannelId,
        provider_id: String,
        receipt: Receipt,
        now: Timestamp,
    ) -> Result<Option<(ConversationId, Outbound)>, StoreError> {
        let id = provider_id.clone();
        run!(self, write, |conn, queries| async move {
            queries::delivery::park_receipt(conn, channel, &id, &receipt, now).await
        })?;
        self.message_by_provider_id(channel, provider_id).await
    }

    /// Receipts parked for a message, in the order of the provider's clock. They are handed out once.
    pub async fn take_receipts(
        &self,
        channel: ChannelId,
        provider_id: String,
    ) -> Result<Vec<Receipt>, StoreError> {
        run!(self, write, |conn, queries| queries::delivery::take_receipts(conn, channel, &provider_id))
    }

    /// Drops receipts parked before `before`: messages sent from elsewhere on the same number.
    pub async fn forget_receipts(&self, before: Timestamp) -> Result<usize, StoreError> {
        run!(self, write, |conn, queries| queries::delivery::forget_receipts(conn, before))
    }

    /// When the customer last wrote on this pair of numbers.
    pub async fn care_window(
        &self,
        channel: ChannelId,
        address: String,
    ) -> Result<Option<Timestamp>, StoreError> {
        run!(self, read, |conn, queries| queries::delivery::care_window(conn, channel, &address))
    }

    /// Sets aside what keeps failing.
    pub async fn quarantine(&self, item: Quarantined) -> Result<(), StoreError> {
        run!(self, write, |conn, queries| queries::delivery::quarantine(conn, &item))
    }

    /// What was set aside, newest first.
    pub async fn quarantined(&self, limit: usize) -> Result<Vec<Quarantined>, StoreError> {
        run!(self, read, |conn, queries| queries::delivery::quarantined(conn, limit))
    }

    /// Forgets one item, after it was replayed or judged worthless.
    pub async fn release_quarantined(&self, id: i64) -> Result<bool, StoreError> {
        run!(self, write, |conn, queries| queries::delivery::release_quarantined(conn, id))
    }
}
