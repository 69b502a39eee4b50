//! Search: keeping the index a moment behind the log, and asking it.

use super::{Backend, Store, run};
use crate::error::StoreError;
use crate::records::{ContactHit, Fresh, MessageHit, SearchScope, Words, WordsOf};
use crate::{postgres, sqlite};
use std::sync::Arc;
use switchboard_engine::conversation::{Conversation, ReadState};
use switchboard_engine::ids::BusinessId;
use switchboard_engine::search::{self, Query};

/// Events per step: a few milliseconds of work.
const STEP: i64 = 400;

impl Store {
    /// Begins anew when the index is not one of this very log, as after a restored backup.
    pub async fn check_index(&self) -> Result<(), StoreError> {
        let cursor = self.index_cursor().await?;
        if cursor.is_empty() {
            return self.requeue_contacts().await;
        }
        let position = position_of(&cursor);
        let mark = run!(self, read, |conn, queries| queries::search::mark(conn, position))?;
        if mark == cursor {
            return Ok(());
        }
        tracing::warn!("the search index belongs to another log; it is made anew");
        self.reindex().await
    }

    /// Forgets the index; the steps that follow make it anew.
    pub async fn reindex(&self) -> Result<(), StoreError> {
        match &self.inner.backend {
            Backend::Sqlite(database) => database.index(sqlite::fts::Index::clear).await?,
            Backend::Postgres(database) => {
                database.write(|conn| Box::pin(postgres::fts::clear(conn))).await?;
            }
        }
        self.requeue_contacts().await
    }

    async fn requeue_contacts(&self) -> Result<(), StoreError> {
        run!(self, write, |conn, queries| queries::search::requeue_contacts(conn))
    }

    /// Indexes what comes next. False when there is nothing left to do.
    pub async fn index_step(&self) -> Result<bool, StoreError> {
        let position = position_of(&self.index_cursor().await?);
        let fresh = run!(self, read, |conn, queries| queries::search::fresh(conn, position, STEP))?;
        let upto = fresh.upto;
        if upto == position && fresh.pending.is_empty() {
            return Ok(false);
        }
        let cursor = run!(self, read, |conn, queries| queries::search::mark(conn, upto))?;
        let pending = fresh.pending.clone();
        let words = Arc::new(words(fresh, cursor));
        match &self.inner.backend {
            Backend::Sqlite(database) => database.index(move |index| index.write(&words)).await?,
            Backend::Postgres(database) => {
                let write = async move |conn: &mut postgres::Conn| postgres::fts::write(conn, &words).await;
                database.write(move |conn| Box::pin(async move { write(conn).await })).await?;
            }
        }
        if !pending.is_empty() {
            run!(self, write, |conn, queries| async move { queries::search::settle(conn, &pending).await })?;
        }
        Ok(true)
    }

    /// How far the log is indexed.
    pub(super) async fn indexed_upto(&self) -> Result<i64, StoreError> {
        Ok(position_of(&self.index_cursor().await?))
    }

    async fn index_cursor(&self) -> Result<String, StoreError> {
        match &self.inner.backend {
            Backend::Sqlite(database) => database.index(sqlite::fts::Index::cursor).await,
            Backend::Postgres(database) => database.read(|conn| Box::pin(postgres::fts::cursor(conn))).await,
        }
    }

    /// Messages with all the words, newest first.
    pub async fn find_messages(
        &self,
        scope: SearchScope,
        query: Query,
        limit: usize,
    ) -> Result<Vec<MessageHit>, StoreError> {
        run!(self, read, |conn, queries| queries::search::find_messages(conn, scope, query, limit))
    }

    /// Contacts by name, number or mail, newest first, each with the open conversation the asker may see.
    pub async fn find_contacts_like(
        &self,
        business: BusinessId,
        scope: SearchScope,
        query: Query,
        limit: usize,
    ) -> Result<Vec<ContactHit>, StoreError> {
        run!(self, read, |conn, queries| queries::search::contacts_like(conn, business, scope, query, limit))
    }

    /// Conversations by their number or their contact, newest activity first, with the asker's read states.
    pub async fn find_conversations(
        &self,
        business: BusinessId,
        scope: SearchScope,
        query: Query,
        limit: usize,
    ) -> Result<Vec<(Conversation, ReadState)>, StoreError> {
        run!(self, read, |conn, queries| queries::search::conversations_like(
            conn, business, scope, query, limit
        ))
    }
}

fn position_of(cursor: &str) -> i64 {
    cursor.split(':').next().and_then(|position| position.parse().ok()).unwrap_or(0)
}

fn words(fresh: Fresh, cursor: String) -> Words {
    let join = |words: std::collections::BTreeSet<String>| words.into_iter().collect::<Vec<_>>().join(" ");
    let messages = fresh.messages.into_iter().map(|message| WordsOf {
        id: message.id,
        group_id: message.group_id,
        words: join(search::message_words(&message.text, message.files.iter().map(String::as_str))),
    });
    let contacts = fresh.contacts.into_iter().map(|contact| {
        let texts = contact.texts.iter().map(String::as_str);
        (contact.id, join(search::contact_words(texts, contact.phone.as_deref())))
    });
    Words { cursor, messages: messages.collect(), contacts: contacts.collect() }
}
