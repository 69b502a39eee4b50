//! Erasing content, and whoever it was about; in steps small enough to hold nobody up.

use super::{Backend, Store, run};
use crate::error::StoreError;
use crate::records::{Emptied, Ended};
use crate::{postgres, sqlite};
use switchboard_engine::ids::{ContactId, ConversationId};
use switchboard_engine::time::Timestamp;

impl Store {
    /// Conversations that ended so long ago that their content is to go, and still have it; without some.
    pub async fn conversations_to_erase(
        &self,
        ended: Ended,
        without: Vec<ConversationId>,
        limit: i64,
    ) -> Result<Vec<ConversationId>, StoreError> {
        let without: Vec<i64> = without.into_iter().map(|id| id.0).collect();
        run!(
            self,
            read,
            |conn, queries| async move { queries::erasure::due(conn, ended, &without, limit).await }
        )
    }

    /// Every conversation of a contact, and whether it is open.
    pub async fn conversations_of_contact(
        &self,
        of: ContactId,
    ) -> Result<Vec<(ConversationId, bool)>, StoreError> {
        run!(self, read, |conn, queries| queries::erasure::of_contact(conn, of))
    }

    /// Where the bytes of a conversation's files are.
    pub async fn files_of_conversation(&self, of: ConversationId) -> Result<Vec<String>, StoreError> {
        run!(self, read, |conn, queries| queries::erasure::files(conn, of))
    }

    /// Empties some of a conversation's messages.
    pub async fn empty_messages(
        &self,
        of: ConversationId,
        after: i64,
        limit: i64,
    ) -> Result<Emptied, StoreError> {
        run!(self, write, |conn, queries| queries::erasure::messages(conn, of, after, limit))
    }

    /// Empties the rest of a conversation, and notes that it is done.
    pub async fn empty_conversation(&self, of: ConversationId, now: Timestamp) -> Result<(), StoreError> {
        run!(self, write, |conn, queries| queries::erasure::conversation(conn, of, now))
    }

    /// Forgets who a contact was; false when there is no such contact.
    pub async fn erase_contact(&self, of: ContactId, now: Timestamp) -> Result<bool, StoreError> {
        run!(self, write, |conn, queries| queries::erasure::contact(conn, of, now))
    }

    /// How far the index has to come until everything that is stored at this moment is in it.
    pub async fn index_target(&self) -> Result<(i64, i64), StoreError> {
        run!(self, read, |conn, queries| queries::erasure::index_target(conn))
    }

    /// Whether it has come that far.
    pub async fn index_reached(&self, target: (i64, i64)) -> Result<bool, StoreError> {
        if self.indexed_upto().await? < target.0 {
            return Ok(false);
        }
        run!(self, read, |conn, queries| queries::erasure::settled(conn, target.1))
    }

    /// Takes a conversation's messages out of the search index.
    pub async fn unindex(&self, of: ConversationId) -> Result<(), StoreError> {
        let ids = run!(self, read, |conn, queries| queries::erasure::indexed(conn, of))?;
        match &self.inner.backend {
            Backend::Sqlite(database) => database.index(move |index| index.forget(&ids)).await,
            Backend::Postgres(database) => {
                database.write(move |conn| Box::pin(postgres::fts::forget(conn, ids))).await
            }
        }
    }

    /// Leaves nothing of what was erased in files beside the tables: index segments, write-ahead logs.
    pub async fn settle_erasure(&self) -> Result<(), StoreError> {
        match &self.inner.backend {
            Backend::Sqlite(database) => {
                database.index(sqlite::fts::Index::condense).await?;
                database.fold().await
            }
            // What is dead there goes with PostgreSQL's own vacuum.
            Backend::Postgres(_) => Ok(()),
        }
    }
}
