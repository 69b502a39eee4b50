//! Conversations: loading one for its actor, reading many for lists.

use super::{Store, run};
use crate::error::StoreError;
use switchboard_engine::conversation::Conversation;
use switchboard_engine::ids::{ContactId, ConversationId, GroupId};

impl Store {
    /// The whole state, as it was committed last.
    pub async fn load_conversation(&self, id: ConversationId) -> Result<Option<Conversation>, StoreError> {
        run!(self, read, |conn, queries| queries::conversation::load(conn, id))
    }

    /// Rows for lists: conversations with empty recents, in the order of `ids`; unknown ids are left out.
    pub async fn conversations(&self, ids: Vec<ConversationId>) -> Result<Vec<Conversation>, StoreError> {
        run!(self, read, |conn, queries| queries::conversation::list(conn, ids))
    }

    /// The one open conversation a contact may have in a group.
    pub async fn open_conversation_of(
        &self,
        group: GroupId,
        contact: ContactId,
    ) -> Result<Option<ConversationId>, StoreError> {
        run!(self, read, |conn, queries| queries::conversation::open_of(conn, group, contact))
    }
}
