//! The later life of conversations: sleepers, drafts, messages taken back, work in hand.

use super::{Store, run};
use crate::error::StoreError;
use crate::records::{Draft, MarkOwner};
use std::collections::HashMap;
use switchboard_engine::contact::{Contact, Identity};
use switchboard_engine::ids::{BusinessId, ContactId, ConversationId, GroupId, MessageId, UserId};
use switchboard_engine::time::Timestamp;

impl Store {
    /// Snoozed conversations whose time has come, the earliest first.
    pub async fn due_sleepers(
        &self,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<ConversationId>, StoreError> {
        run!(self, read, |conn, queries| queries::life::due_sleepers(conn, now, limit))
    }

    /// Messages of a conversation that nobody has begun to send.
    pub async fn queued_of(&self, conversation: ConversationId) -> Result<Vec<MessageId>, StoreError> {
        run!(self, read, |conn, queries| queries::life::queued(conn, conversation))
    }

    /// Takes those messages, or the one of them, out of every connector's reach and answers which: what is not answered is
    /// under way or settled. Cancel them in a commit, or put them back.
    pub async fn withdraw(
        &self,
        conversation: ConversationId,
        only: Option<MessageId>,
    ) -> Result<Vec<MessageId>, StoreError> {
        run!(self, write, |conn, queries| queries::life::withdraw(conn, conversation, only))
    }

    /// What was withdrawn waits again; `None` is every conversation, for the start after a crash in between.
    pub async fn put_back(&self, conversation: Option<ConversationId>) -> Result<usize, StoreError> {
        run!(self, write, |conn, queries| queries::life::put_back(conn, conversation))
    }

    /// How many messages after `seq` others wrote.
    pub async fn newer_of_others(
        &self,
        conversation: ConversationId,
        seq: i64,
        user: UserId,
    ) -> Result<i64, StoreError> {
        run!(self, read, |conn, queries| queries::life::newer_of_others(conn, conversation, seq, user))
    }

    /// What this user has begun to write here.
    pub async fn draft(
        &self,
        conversation: ConversationId,
        user: UserId,
    ) -> Result<Option<Draft>, StoreError> {
        run!(self, read, |conn, queries| queries::life::draft(conn, conversation, user))
    }

    pub async fn set_draft(
        &self,
        conversation: ConversationId,
        user: UserId,
        draft: Draft,
    ) -> Result<(), StoreError> {
        run!(self, write, |conn, queries| queries::life::set_draft(conn, conversation, user, &draft))
    }

    /// False when there was none.
    pub async fn delete_draft(&self, conversation: ConversationId, user: UserId) -> Result<bool, StoreError> {
        run!(self, write, |conn, queries| queries::life::delete_draft(conn, conversation, user))
    }

    /// How many open conversations of a group each of its people answers.
    pub async fn open_work(&self, group: GroupId) -> Result<HashMap<UserId, i64>, StoreError> {
        run!(self, read, |conn, queries| queries::life::open_work(conn, group))
    }

    /// Whom a mark belongs to, customer or colleague.
    pub async fn owner_of_mark(
        &self,
        business: BusinessId,
        mark: Identity,
    ) -> Result<Option<MarkOwner>, StoreError> {
        run!(self, read, |conn, queries| queries::life::owner_of(conn, business, &mark))
    }

    /// A contact of the business with all their marks.
    pub async fn contact_with_marks(
        &self,
        business: BusinessId,
        id: ContactId,
    ) -> Result<Option<(Contact, Vec<Identity>)>, StoreError> {
        run!(self, read, |conn, queries| queries::life::contact_with_marks(conn, business, id))
    }
}
