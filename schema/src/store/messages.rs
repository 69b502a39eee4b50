//! Messages, timelines and read states.

use super::{Store, run};
use crate::error::StoreError;
use crate::records::{Logged, Page};
use std::ops::Range;
use switchboard_engine::conversation::{Event, Outbound, ReadState, Said};
use switchboard_engine::ids::{ChannelId, ConversationId, MessageId, UserId};
use switchboard_engine::message::Message;

impl Store {
    /// A message with its files, as it is now.
    pub async fn message(&self, id: MessageId) -> Result<Option<Message>, StoreError> {
        run!(self, read, |conn, queries| queries::message::find(conn, id))
    }

    /// The message a browser sent under this id, if it was stored.
    pub async fn message_by_client_id(
        &self,
        conversation: ConversationId,
        client_id: String,
    ) -> Result<Option<Message>, StoreError> {
        run!(self, read, |conn, queries| queries::message::by_client_id(conn, conversation, &client_id))
    }

    /// What the rules need to apply a receipt to a message they no longer remember.
    pub async fn outbound(&self, id: MessageId) -> Result<Option<(ConversationId, Outbound)>, StoreError> {
        run!(self, read, |conn, queries| queries::message::outbound(conn, id))
    }

    /// Messages of ours among these numbers that went out on a channel and were not read yet, in order.
    pub async fn unread_outbound(
        &self,
        conversation: ConversationId,
        channel: ChannelId,
        numbers: Range<i64>,
    ) -> Result<Vec<Outbound>, StoreError> {
        run!(self, read, |conn, queries| queries::message::unread_outbound(
            conn,
            conversation,
            channel,
            numbers
        ))
    }

    /// The newest words between customer and team, oldest first.
    pub async fn newest_said(&self, of: ConversationId, limit: i64) -> Result<Vec<Said>, StoreError> {
        run!(self, read, |conn, queries| queries::message::newest_said(conn, of, limit))
    }

    /// The message of ours a provider speaks of.
    pub async fn message_by_provider_id(
        &self,
        channel: ChannelId,
        provider_id: String,
    ) -> Result<Option<(ConversationId, Outbound)>, StoreError> {
        run!(self, read, |conn, queries| queries::message::outbound_by_provider_id(
            conn,
            channel,
            &provider_id
        ))
    }

    /// How many messages of the customer stand at or before `seq`.
    pub async fn inbound_count_upto(
        &self,
        conversation: ConversationId,
        seq: i64,
    ) -> Result<i64, StoreError> {
        run!(self, read, |conn, queries| queries::message::inbound_count_upto(conn, conversation, seq))
    }

    /// How far a user has read; the default when they never looked.
    pub async fn read_state(
        &self,
        conversation: ConversationId,
        user: UserId,
    ) -> Result<ReadState, StoreError> {
        run!(self, read, |conn, queries| queries::message::read_state(conn, conversation, user))
    }

    /// A page of a conversation, ascending by `seq`, without `message.status` and `message.media`: messages stand as they are now.
    pub async fn timeline(
        &self,
        conversation: ConversationId,
        page: Page,
        limit: usize,
    ) -> Result<Vec<Event>, StoreError> {
        run!(self, read, |conn, queries| queries::message::timeline(conn, conversation, page, limit))
    }

    /// Everything logged after `position`, in order, at most `limit`. Created messages stand as they are now.
    pub async fn events_after(&self, position: i64, limit: usize) -> Result<Vec<Logged>, StoreError> {
        run!(self, read, |conn, queries| queries::message::events_after(conn, position, limit))
    }
}
