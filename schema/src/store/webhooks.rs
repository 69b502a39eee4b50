//! Webhooks, and what is on its way to them.

use super::{Store, run};
use crate::error::StoreError;
use crate::records::{Attempt, Delivery, Heading, Logged, Webhook};
use switchboard_engine::time::Timestamp;

impl Store {
    /// All of them, the switched-off ones too.
    pub async fn webhooks(&self) -> Result<Vec<Webhook>, StoreError> {
        run!(self, read, |conn, queries| queries::webhook::all(conn))
    }

    pub async fn create_webhook(&self, webhook: Webhook) -> Result<(), StoreError> {
        run!(self, write, |conn, queries| queries::webhook::create(conn, &webhook))
    }

    /// Stores what a person may change of it; false when it is gone.
    pub async fn change_webhook(&self, webhook: Webhook) -> Result<bool, StoreError> {
        run!(self, write, |conn, queries| queries::webhook::change(conn, &webhook))
    }

    /// Forgets it and its deliveries.
    pub async fn delete_webhook(&self, id: i64) -> Result<bool, StoreError> {
        run!(self, write, |conn, queries| queries::webhook::delete(conn, id))
    }

    /// What the log says after a position, in order, without contents.
    pub async fn headings_after(&self, position: i64, limit: i64) -> Result<Vec<Heading>, StoreError> {
        run!(self, read, |conn, queries| queries::webhook::headings_after(conn, position, limit))
    }

    /// The event at a position of the log, its message as it is now.
    pub async fn event_at(&self, position: i64) -> Result<Option<Logged>, StoreError> {
        run!(self, read, |conn, queries| queries::webhook::event_at(conn, position))
    }

    /// Queues deliveries and notes how far the log has been followed: both or neither.
    pub async fn follow_webhook(
        &self,
        id: i64,
        deliveries: Vec<Delivery>,
        upto: i64,
    ) -> Result<(), StoreError> {
        run!(self, write, |conn, queries| queries::webhook::follow(conn, id, &deliveries, upto))
    }

    pub async fn queue_delivery(&self, delivery: Delivery) -> Result<(), StoreError> {
        run!(self, write, |conn, queries| queries::webhook::queue(conn, &delivery))
    }

    /// Deliveries of a webhook whose time has come, at most one of each conversation.
    pub async fn due_deliveries(
        &self,
        webhook: i64,
        now: Timestamp,
        limit: i64,
    ) -> Result<Vec<Delivery>, StoreError> {
        run!(self, read, |conn, queries| queries::webhook::due(conn, webhook, now, limit))
    }

    pub async fn count_waiting_deliveries(&self, webhook: i64) -> Result<i64, StoreError> {
        run!(self, read, |conn, queries| queries::webhook::count_waiting(conn, webhook))
    }

    /// Deliveries of a webhook, newest first.
    pub async fn deliveries(
        &self,
        webhook: i64,
        before: Option<i64>,
        limit: i64,
    ) -> Result<Vec<Delivery>, StoreError> {
        run!(self, read, |conn, queries| queries::webhook::log(conn, webhook, before, limit))
    }

    /// Puts a finished delivery back into the queue; `None` when there is no such delivery.
    pub async fn resend_delivery(
        &self,
        webhook: i64,
        id: i64,
        now: Timestamp,
    ) -> Result<Option<Delivery>, StoreError> {
        run!(self, write, |conn, queries| queries::webhook::resend(conn, webhook, id, now))
    }

    pub async fn note_attempt(&self, delivery: Delivery, end: Attempt) -> Result<(), StoreError> {
        run!(self, write, |conn, queries| queries::webhook::note(conn, &delivery, &end))
    }

    /// Since when nothing has arrived at a webhook; with a reason it is switched off.
    pub async fn set_webhook_health(
        &self,
        id: i64,
        failing_since: Option<Timestamp>,
        off: Option<String>,
    ) -> Result<(), StoreError> {
        run!(self, write, |conn, queries| async move {
            queries::webhook::health(conn, id, failing_since, off.as_deref()).await
        })
    }

    /// Forgets deliveries that were settled before this.
    pub async fn forget_deliveries(&self, before: Timestamp) -> Result<usize, StoreError> {
        run!(self, write, |conn, queries| queries::webhook::forget(conn, before))
    }
}
