//! The search index of SQLite: FTS5 in a file of its own beside the database, so that making it never holds up a commit.
//!
//! It can be made anew at any time, so it promises less than the database and is thrown away when it is not fit for use. The tokenizer is
//! `ascii`, because the program makes the words: to it everything but a space is part of one, in every script.

use crate::error::StoreError;
use crate::records::{SearchScope, Words};
use crate::statement::{One, statement};
use diesel::connection::SimpleConnection;
use diesel::dsl::sql;
use diesel::sql_types::{BigInt, Text};
use diesel::{Connection, RunQueryDsl, SqliteConnection};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use switchboard_engine::ids::BusinessId;
use switchboard_engine::search::Query;

/// Where the words stand in a condition.
pub(crate) const PLACE: &str = "?";
pub(crate) const CONTACTS: &str = "search.contact_words CROSS JOIN contact p ON p.id = contact_words.rowid";
pub(crate) const CONTACT_MATCH: &str = "contact_words MATCH ?";

/// Grows when what is indexed changes: then the index is made anew.
const FORMAT: i64 = 1;

const TABLES: &str = "BEGIN IMMEDIATE; \
    DROP TABLE IF EXISTS state; DROP TABLE IF EXISTS message_words; DROP TABLE IF EXISTS contact_words; \
    CREATE TABLE state (cursor TEXT NOT NULL); INSERT INTO state VALUES (''); \
    CREATE VIRTUAL TABLE message_words USING fts5(words, content='', contentless_delete=1, detail=none, \
      tokenize='ascii', prefix='2 3 4'); \
    CREATE VIRTUAL TABLE contact_words USING fts5(words, content='', contentless_delete=1, detail=none, \
      tokenize='ascii', prefix='2 3 4'); ";

statement! {
    with b MessageWords['a] { id: i64 => BigInt, words: &'a str => Text }
    "INSERT OR REPLACE INTO message_words (rowid, words) SELECT id, words FROM b"
}

statement! {
    with b ContactWords['a] { id: i64 => BigInt, words: &'a str => Text }
    "INSERT OR REPLACE INTO contact_words (rowid, words) SELECT id, words FROM b"
}

/// Where the index of a database is.
pub(crate) fn path_of(database: &Path) -> PathBuf {
    database.with_extension("search.db")
}

/// A group as a word that nobody can type: `§` is part of no word of a text.
fn group_word(group: i64) -> String {
    format!("§{group}")
}

/// Words in FTS5's language. Each is quoted, though there is nothing in them but letters and digits.
pub(crate) fn message_terms(query: &Query, scope: &SearchScope) -> String {
    let mut terms = all_of(&query.words, false);
    if !scope.everywhere {
        let groups: Vec<String> =
            scope.groups.iter().map(|group| format!("\"{}\"", group_word(group.0))).collect();
        terms = format!("({}) AND {terms}", groups.join(" OR "));
    }
    terms
}

pub(crate) fn contact_terms(query: &Query) -> String {
    all_of(&query.contact, true)
}

/// The joins keep their order: the index is walked, newest first, and each hit looked up until there are enough.
pub(crate) fn find_messages(columns: &str, _: &SearchScope, visible: &str, limit: usize) -> Vec<String> {
    vec![format!(
        "SELECT {columns} FROM search.message_words CROSS JOIN message m ON m.id = message_words.rowid \
         CROSS JOIN conversation c ON c.id = m.conversation_id CROSS JOIN contact p ON p.id = c.contact_id \
         WHERE message_words MATCH ? AND {visible} ORDER BY message_words.rowid DESC LIMIT {limit}"
    )]
}

pub(crate) fn find_contacts(business: BusinessId, limit: usize) -> String {
    format!(
        "SELECT p.id AS id FROM {CONTACTS} WHERE {CONTACT_MATCH} AND p.business_id = {business} \
         ORDER BY contact_words.rowid DESC LIMIT {limit}"
    )
}

fn all_of(words: &[String], beginnings: bool) -> String {
    let last = words.len().saturating_sub(1);
    let term = |(nth, word): (usize, &String)| {
        let star = if beginnings || nth == last { "*" } else { "" };
        format!("\"{word}\"{star}")
    };
    words.iter().enumerate().map(term).collect::<Vec<_>>().join(" AND ")
}

/// The one connection that writes the index.
pub(crate) struct Index {
    conn: Mutex<SqliteConnection>,
}

impl Index {
    /// Opens the index of a database, and begins anew when there is none that can be used.
    pub(crate) fn open(database: &Path) -> Result<Self, StoreError> {
        let path = path_of(database);
        let conn = match prepare(&path) {
            Ok(conn) => conn,
            Err(error) => {
                tracing::warn!(%error, "the search index cannot be used; it is made anew");
                for end in ["", "-wal", "-shm"] {
                    let mut name = path.as_os_str().to_owned();
                    name.push(end);
                    let _ = std::fs::remove_file(name);
                }
                prepare(&path)?
            }
        };
        Ok(Self { conn: Mutex::new(conn) })
    }

    pub(crate) fn cursor(&self) -> Result<String, StoreError> {
        let conn = &mut *self.conn.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(diesel::select(sql::<Text>("(SELECT cursor FROM state)")).get_result(conn)?)
    }

    /// Forgets everything.
    pub(crate) fn clear(&self) -> Result<(), StoreError> {
        let conn = &mut *self.conn.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(make(conn)?)
    }

    /// Forgets messages.
    pub(crate) fn forget(&self, messages: &[i64]) -> Result<(), StoreError> {
        let conn = &mut *self.conn.lock().unwrap_or_else(PoisonError::into_inner);
        conn.immediate_transaction(|conn| {
            for id in messages {
                diesel::sql_query("DELETE FROM message_words WHERE rowid = ?")
                    .bind::<BigInt, _>(id)
                    .execute(conn)?;
            }
            Ok(())
        })
    }

    /// Makes one segment of all, so that nothing is left of what was forgotten; nor in the log.
    pub(crate) fn condense(&self) -> Result<(), StoreError> {
        let conn = &mut *self.conn.lock().unwrap_or_else(PoisonError::into_inner);
        for table in ["message_words", "contact_words"] {
            conn.batch_execute(&format!("INSERT INTO {table} ({table}) VALUES ('optimize')"))?;
        }
        Ok(conn.batch_execute("PRAGMA wal_checkpoint(TRUNCATE)")?)
    }

    /// Adds words and moves on, all of it or nothing.
    pub(crate) fn write(&self, words: &Words) -> Result<(), StoreError> {
        let conn = &mut *self.conn.lock().unwrap_or_else(PoisonError::into_inner);
        conn.immediate_transaction(|conn| {
            for message in &words.messages {
                let text = format!("{} {}", group_word(message.group_id), message.words);
                conn.execute_returning_count(&One(&MessageWords { id: message.id, words: &text }))?;
            }
            for (id, words) in &words.contacts {
                conn.execute_returning_count(&One(&ContactWords { id: *id, words }))?;
            }
            diesel::sql_query("UPDATE state SET cursor = ?").bind::<Text, _>(&words.cursor).execute(conn)?;
            Ok(())
        })
    }
}

fn prepare(path: &Path) -> Result<SqliteConnection, StoreError> {
    let mut conn = SqliteConnection::establish(&path.to_string_lossy())?;
    conn.batch_execute(
        "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; \
         PRAGMA cache_size = -32768; PRAGMA temp_store = MEMORY; PRAGMA secure_delete = ON;",
    )?;
    let format: i64 = diesel::select(sql::<BigInt>("(SELECT user_version FROM pragma_user_version)"))
        .get_result(&mut conn)?;
    if format != FORMAT {
        make(&mut conn)?;
    }
    Ok(conn)
}

fn make(conn: &mut SqliteConnection) -> diesel::QueryResult<()> {
    let made = conn.batch_execute(&format!("{TABLES} PRAGMA user_version = {FORMAT}; COMMIT;"));
    if made.is_err() {
        let _ = conn.batch_execute("ROLLBACK");
    }
    made
}
