//! The search index of PostgreSQL: `tsvector` under GIN, in tables beside the others.
//!
//! The program makes the words, so no text search configuration is involved: vectors are made from arrays, questions are cast.

use super::Conn;
use crate::error::StoreError;
use crate::records::{SearchScope, Words};
use crate::statement::{Row, statement};
use crate::tables::meta;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};
use switchboard_engine::ids::BusinessId;
use switchboard_engine::search::Query;

/// Where the words stand in a condition.
pub(crate) const PLACE: &str = "$1";
pub(crate) const CONTACTS: &str = "search_contact s JOIN contact p ON p.id = s.contact_id";
pub(crate) const CONTACT_MATCH: &str = "s.words @@ $1::tsquery";

/// Messages that are looked through one by one, newest first, before the index is asked for all there are. A word that has not come up
/// often enough among so many cannot have too many hits altogether.
const NEWEST: usize = 8_000;

/// In `meta`: how far the log is indexed.
const CURSOR: &str = "search_cursor";

statement! {
    with b MessageWords['a] { id: i64 => BigInt, group_id: i64 => BigInt, words: &'a str => Text }
    "INSERT INTO search_message (message_id, group_id, words) \
     SELECT id, group_id, array_to_tsvector(string_to_array(words, ' ')) FROM b \
     ON CONFLICT (message_id) DO UPDATE SET group_id = excluded.group_id, words = excluded.words"
}

statement! {
    with b ContactWords['a] { id: i64 => BigInt, words: &'a str => Text }
    "INSERT INTO search_contact (contact_id, words) \
     SELECT id, array_to_tsvector(string_to_array(words, ' ')) FROM b \
     ON CONFLICT (contact_id) DO UPDATE SET words = excluded.words WHERE search_contact.words <> excluded.words"
}

/// Words in the language of `tsquery`. Each is quoted, though there is nothing in them but letters and digits.
pub(crate) fn message_terms(query: &Query, _: &SearchScope) -> String {
    all_of(&query.words, false)
}

pub(crate) fn contact_terms(query: &Query) -> String {
    all_of(&query.contact, true)
}

/// What to ask for messages, in turn, until there are enough of them: frequent words are found at once among the newest, rare ones through the
/// index. Left to itself the planner guesses how frequent a word is, and walks through everything when it guesses wrong.
pub(crate) fn find_messages(columns: &str, scope: &SearchScope, visible: &str, limit: usize) -> Vec<String> {
    let rest = "JOIN message m ON m.id = s.message_id JOIN conversation c ON c.id = m.conversation_id \
        JOIN contact p ON p.id = c.contact_id";
    let mut hits = "s.words @@ $1::tsquery".to_owned();
    if !scope.everywhere {
        let groups: Vec<String> = scope.groups.iter().map(ToString::to_string).collect();
        // The plus keeps the group's own index out of it.
        hits = format!("{hits} AND +s.group_id IN ({})", groups.join(", "));
    }
    let order = format!("ORDER BY s.message_id DESC LIMIT {limit}");
    vec![
        format!(
            "SELECT {columns} FROM search_message s {rest} WHERE {hits} AND s.message_id > (SELECT COALESCE(MIN(message_id), 0) \
             FROM (SELECT message_id FROM search_message ORDER BY message_id DESC LIMIT {NEWEST}) AS newest) \
             AND {visible} {order}"
        ),
        format!(
            "WITH hits AS MATERIALIZED (SELECT s.message_id FROM search_message s WHERE {hits}) SELECT {columns} \
             FROM (SELECT message_id FROM hits ORDER BY message_id DESC) AS s {rest} WHERE {visible} {order}"
        ),
    ]
}

/// Contacts are few enough to ask the index for all that match.
pub(crate) fn find_contacts(business: BusinessId, limit: usize) -> String {
    format!(
        "WITH hits AS MATERIALIZED (SELECT s.contact_id FROM search_contact s WHERE {CONTACT_MATCH}) SELECT p.id AS id \
         FROM hits JOIN contact p ON p.id = hits.contact_id WHERE p.business_id = {business} ORDER BY p.id DESC LIMIT {limit}"
    )
}

fn all_of(words: &[String], beginnings: bool) -> String {
    let last = words.len().saturating_sub(1);
    let term = |(nth, word): (usize, &String)| {
        let star = if beginnings || nth == last { ":*" } else { "" };
        format!("'{word}'{star}")
    };
    words.iter().enumerate().map(term).collect::<Vec<_>>().join(" & ")
}

pub(crate) async fn cursor(conn: &mut Conn) -> Result<String, StoreError> {
    let found = meta::table.filter(meta::key.eq(CURSOR)).select(meta::value).first(conn).await;
    Ok(found.optional()?.unwrap_or_default())
}

pub(crate) async fn clear(conn: &mut Conn) -> Result<(), StoreError> {
    conn.batch_execute("TRUNCATE search_message, search_contact").await?;
    set_cursor(conn, "").await
}

pub(crate) async fn write(conn: &mut Conn, words: &Words) -> Result<(), StoreError> {
    if !words.messages.is_empty() {
        let rows: Vec<MessageWords<'_>> = words
            .messages
            .iter()
            .map(|message| MessageWords { id: message.id, group_id: message.group_id, words: &message.words })
            .collect();
        MessageWords::columns(&rows).execute(conn).await?;
    }
    if !words.contacts.is_empty() {
        let rows: Vec<ContactWords<'_>> =
            words.contacts.iter().map(|(id, words)| ContactWords { id: *id, words }).collect();
        ContactWords::columns(&rows).execute(conn).await?;
    }
    set_cursor(conn, &words.cursor).await
}

pub(crate) async fn forget(conn: &mut Conn, messages: Vec<i64>) -> Result<(), StoreError> {
    diesel::sql_query("DELETE FROM search_message WHERE message_id = ANY($1)")
        .bind::<diesel::sql_types::Array<BigInt>, _>(messages)
        .execute(conn)
        .await?;
    Ok(())
}

async fn set_cursor(conn: &mut Conn, cursor: &str) -> Result<(), StoreError> {
    diesel::insert_into(meta::table)
        .values((meta::key.eq(CURSOR), meta::value.eq(cursor)))
        .on_conflict(meta::key)
        .do_update()
        .set(meta::value.eq(cursor))
        .execute(conn)
        .await?;
    Ok(())
}
