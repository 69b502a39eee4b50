//! What the rules of sending ask: consent, business hours, held messages, windows about to end.

use super::{Store, run};
use crate::error::StoreError;
use crate::records::{EndedWindow, Held, OutboxRow, StoredHours};
use switchboard_engine::business_hours::Schedule;
use switchboard_engine::consent::Consent;
use switchboard_engine::ids::{BusinessId, ChannelId, ContactId, ConversationId, GroupId, MessageId};
use switchboard_engine::time::Timestamp;

impl Store {
    /// What is known of a contact's wishes, the newest word per line and topic.
    pub async fn consents(&self, of: ContactId) -> Result<Vec<Consent>, StoreError> {
        run!(self, read, |conn, queries| queries::sending::consents(conn, of))
    }

    /// Stores a word of a contact nobody is in conversation with; otherwise the conversation does it.
    pub async fn set_consent(&self, of: ContactId, said: Consent) -> Result<(), StoreError> {
        run!(self, write, |conn, queries| queries::sending::set_consent(conn, of, &said))
    }

    /// Whether a contact is archived; `None` when there is no such contact.
    pub async fn is_archived(&self, of: ContactId) -> Result<Option<bool>, StoreError> {
        run!(self, read, |conn, queries| queries::sending::is_archived(conn, of))
    }

    pub async fn open_conversations_of(&self, of: ContactId) -> Result<Vec<ConversationId>, StoreError> {
        run!(self, read, |conn, queries| queries::sending::open_conversations_of(conn, of))
    }

    /// Groups that are, or were, in conversation with a contact.
    pub async fn groups_of_contact(&self, of: ContactId) -> Result<Vec<GroupId>, StoreError> {
        run!(self, read, |conn, queries| queries::sending::groups_of_contact(conn, of))
    }

    /// The hours of a business and of its groups.
    pub async fn hours(&self, of: BusinessId) -> Result<Vec<StoredHours>, StoreError> {
        run!(self, read, |conn, queries| queries::sending::hours(conn, of))
    }

    /// Sets the hours of a group, or of the business; `None` forgets them.
    pub async fn set_hours(
        &self,
        of: BusinessId,
        group: Option<GroupId>,
        schedule: Option<Schedule>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        run!(self, write, |conn, queries| async move {
            queries::sending::set_hours(conn, of, group, schedule.as_ref(), now).await
        })
    }

    /// How a message stands in the outbox; `None` when it is settled.
    pub async fn outbox_row(&self, id: MessageId) -> Result<Option<OutboxRow>, StoreError> {
        run!(self, read, |conn, queries| queries::sending::outbox_row(conn, id))
    }

    /// Held messages in the order of their release, those due at `upto` or before.
    pub async fn held_until(&self, upto: Timestamp, limit: usize) -> Result<Vec<Held>, StoreError> {
        run!(self, read, |conn, queries| queries::sending::held_until(conn, upto, limit))
    }

    /// When the next held message is due.
    pub async fn next_held(&self) -> Result<Option<Timestamp>, StoreError> {
        run!(self, read, |conn, queries| queries::sending::next_held(conn))
    }

    /// Pairs of numbers whose last inbound message came after `after`, up to and including `upto`, in that order.
    pub async fn windows_between(
        &self,
        after: Timestamp,
        upto: Timestamp,
        limit: usize,
    ) -> Result<Vec<EndedWindow>, StoreError> {
        run!(self, read, |conn, queries| queries::sending::windows_between(conn, after, upto, limit))
    }

    /// The first last-inbound moment after `after`.
    pub async fn next_window(&self, after: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        run!(self, read, |conn, queries| queries::sending::next_window(conn, after))
    }

    /// Open conversations that use this pair of numbers.
    pub async fn conversations_on(
        &self,
        channel: ChannelId,
        address: String,
    ) -> Result<Vec<ConversationId>, StoreError> {
        run!(self, read, |conn, queries| queries::sending::conversations_on(conn, channel, &address))
    }
}
