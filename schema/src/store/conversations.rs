//! Conversations: loading one for its actor, reading many for lists.

use super::{Store, run};
use crate::error::StoreError;
use crate::records::{Counts, Inbox, Kept};
use switchboard_engine::conversation::{Conversation, ReadState};
use switchboard_engine::ids::{ContactId, ConversationId, GroupId, UserId};

impl Store {
    /// The whole state, as it stood after one commit.
    pub async fn load_conversation(&self, id: ConversationId) -> Result<Option<Conversation>, StoreError> {
        run!(self, snapshot, |conn, queries| queries::conversation::load(conn, id))
    }

    /// Rows for lists: conversations with empty recents, in the order of `ids`; unknown ids are left out.
    pub async fn conversations(&self, ids: Vec<ConversationId>) -> Result<Vec<Conversation>, StoreError> {
        run!(self, read, |conn, queries| queries::conversation::list(conn, ids))
    }

    /// A contact's newest conversation in a group, open or closed; never a deleted or a silent one.
    pub async fn latest_conversation_of(
        &self,
        group: GroupId,
        contact: ContactId,
    ) -> Result<Option<ConversationId>, StoreError> {
        run!(self, read, |conn, queries| queries::conversation::latest_of(conn, group, contact))
    }

    /// The one open conversation a contact may have in a group.
    pub async fn open_conversation_of(
        &self,
        group: GroupId,
        contact: ContactId,
    ) -> Result<Option<ConversationId>, StoreError> {
        run!(self, read, |conn, queries| queries::conversation::open_of(conn, group, contact))
    }

    /// Where the next word of a contact belongs: the open conversation, else what only broadcasts have reached so far.
    pub async fn present_conversation_of(
        &self,
        group: GroupId,
        contact: ContactId,
    ) -> Result<Option<ConversationId>, StoreError> {
        run!(self, read, |conn, queries| queries::conversation::present_of(conn, group, contact))
    }

    /// One page of a list, newest activity first, with the viewer's read states.
    pub async fn inbox(&self, inbox: Inbox) -> Result<Vec<(Conversation, ReadState)>, StoreError> {
        run!(self, read, |conn, queries| queries::inbox::page(conn, inbox))
    }

    /// How many conversations of these groups each list holds.
    pub async fn counts(&self, groups: Vec<GroupId>, user: UserId) -> Result<Counts, StoreError> {
        run!(self, read, |conn, queries| queries::count::counts(conn, groups, user))
    }

    /// Every count of these groups that is not zero.
    pub async fn kept_counts(&self, groups: Vec<GroupId>) -> Result<Vec<Kept>, StoreError> {
        run!(self, read, |conn, queries| queries::count::kept(conn, groups))
    }

    /// How many of these counts are not what counting says. Looks at every conversation.
    pub async fn wrong_counts(&self) -> Result<i64, StoreError> {
        run!(self, snapshot, |conn, queries| queries::count::wrong(conn))
    }

    /// Counts everything once more.
    pub async fn rebuild_counts(&self) -> Result<(), StoreError> {
        run!(self, write, |conn, queries| queries::count::rebuild(conn))
    }
}
