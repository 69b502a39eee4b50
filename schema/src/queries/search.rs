//! What the search index is made of, and what it finds. How words are matched is each database's own (`super::super::fts`).

use super::super::{Conn, fts};
use crate::error::StoreError;
use crate::records::{ContactHit, Fresh, FreshContact, FreshMessage, MessageHit, SearchScope};
use crate::rows::contact::ContactRow;
use crate::rows::event as stored;
use crate::tables::{contact, conversation, event, media, message, search_pending};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use diesel_async::RunQueryDsl;
use std::collections::{BTreeSet, HashMap};
use switchboard_engine::conversation::{Conversation, ReadState};
use switchboard_engine::ids::{BusinessId, ConversationId, MessageId};
use switchboard_engine::search::Query;
use switchboard_engine::time::Timestamp;

/// What has changed in the log after `position`, at most `limit` events; and what waits besides.
pub(crate) async fn fresh(conn: &mut Conn, position: i64, limit: i64) -> Result<Fresh, StoreError> {
    let events: Vec<(i64, String, Option<i64>)> = event::table
        .filter(event::position.gt(position))
        .order(event::position)
        .limit(limit)
        .select((event::position, event::kind, event::message_id))
        .load(conn)
        .await?;
    let upto = events.last().map_or(position, |(position, ..)| *position);
    let told = events.into_iter().filter(|(_, kind, _)| kind == stored::MESSAGE || kind == stored::MEDIA);
    let ids: BTreeSet<i64> = told.filter_map(|(.., id)| id).collect();
    let messages = messages(conn, &ids.into_iter().collect::<Vec<_>>()).await?;
    let (pending, contacts) = contacts(conn, limit).await?;
    Ok(Fresh { upto, messages, pending, contacts })
}

async fn messages(conn: &mut Conn, ids: &[i64]) -> Result<Vec<FreshMessage>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let names: Vec<(Option<i64>, Option<String>)> = media::table
        .filter(media::message_id.eq_any(ids).and(media::file_name.is_not_null()))
        .select((media::message_id, media::file_name))
        .load(conn)
        .await?;
    let mut files: HashMap<i64, Vec<String>> = HashMap::new();
    for (id, name) in names {
        files.entry(id.unwrap_or_default()).or_default().extend(name);
    }
    let rows: Vec<(i64, i64, String)> = message::table
        .inner_join(conversation::table.on(conversation::id.eq(message::conversation_id)))
        .filter(message::id.eq_any(ids))
        .order(message::id)
        .select((message::id, conversation::group_id, message::body))
        .load(conn)
        .await?;
    let of = |(id, group_id, text)| FreshMessage {
        id,
        group_id,
        text,
        files: files.remove(&id).unwrap_or_default(),
    };
    Ok(rows.into_iter().map(of).collect())
}

/// The ids of the queue's rows, and the contacts they name as they are now; those that are gone have no words.
async fn contacts(conn: &mut Conn, limit: i64) -> Result<(Vec<i64>, Vec<FreshContact>), StoreError> {
    type Row = (
        i64,
        Option<String>,
        Option<String>,
        Option<String>,
        String,
        Option<String>,
        Option<String>,
        Option<String>,
    );
    let waiting: Vec<(i64, i64)> = search_pending::table
        .order(search_pending::id)
        .limit(limit)
        .select((search_pending::id, search_pending::contact_id))
        .load(conn)
        .await?;
    let (pending, ids): (Vec<i64>, BTreeSet<i64>) = waiting.into_iter().unzip();
    if ids.is_empty() {
        return Ok((pending, Vec::new()));
    }
    let rows: Vec<Row> = contact::table
        .filter(contact::id.eq_any(&ids))
        .select((
            contact::id,
            contact::first_name,
            contact::middle_name,
            contact::last_name,
            contact::display_name,
            contact::profile_name,
            contact::email,
            contact::phone,
        ))
        .load(conn)
        .await?;
    let mut found: HashMap<i64, FreshContact> = HashMap::with_capacity(rows.len());
    for (id, first, middle, last, shown, profile, email, phone) in rows {
        let texts = [first, middle, last, Some(shown), profile, email].into_iter().flatten().collect();
        found.insert(id, FreshContact { id, texts, phone });
    }
    let gone = |id| FreshContact { id, texts: Vec::new(), phone: None };
    Ok((pending, ids.into_iter().map(|id| found.remove(&id).unwrap_or_else(|| gone(id))).collect()))
}

/// Takes rows out of the queue once what they name is indexed.
pub(crate) async fn settle(conn: &mut Conn, pending: &[i64]) -> Result<(), StoreError> {
    diesel::delete(search_pending::table.filter(search_pending::id.eq_any(pending))).execute(conn).await?;
    Ok(())
}

/// Where the log stands at a position: what makes it the log that was indexed.
pub(crate) async fn mark(conn: &mut Conn, position: i64) -> Result<String, StoreError> {
    let found: Option<(i64, i64)> = event::table
        .find(position)
        .select((event::conversation_id, event::seq))
        .first(conn)
        .await
        .optional()?;
    let (conversation, seq) = found.unwrap_or_default();
    Ok(format!("{position}:{conversation}:{seq}"))
}

pub(crate) async fn requeue_contacts(conn: &mut Conn) -> Result<(), StoreError> {
    let all = contact::table.select(contact::id).order(contact::id);
    diesel::insert_into(search_pending::table)
        .values(all)
        .into_columns(search_pending::contact_id)
        .execute(conn)
        .await?;
    Ok(())
}

#[derive(QueryableByName)]
struct HitRow {
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = BigInt)]
    conversation_id: i64,
    #[diesel(sql_type = BigInt)]
    number: i64,
    #[diesel(sql_type = Text)]
    contact_name: String,
    #[diesel(sql_type = BigInt)]
    seq: i64,
    #[diesel(sql_type = BigInt)]
    at: i64,
    #[diesel(sql_type = Text)]
    body: String,
}

/// Messages with all the words, newest first, of conversations the asker may see: the index is walked until there are enough.
pub(crate) async fn find_messages(
    conn: &mut Conn,
    scope: SearchScope,
    query: Query,
    limit: usize,
) -> Result<Vec<MessageHit>, StoreError> {
    if query.is_empty() || scope.groups.is_empty() {
        return Ok(Vec::new());
    }
    let columns = "m.id AS id, m.conversation_id AS conversation_id, c.number AS number, p.display_name AS contact_name, \
        m.seq AS seq, m.at AS at, m.body AS body";
    let terms = fts::message_terms(&query, &scope);
    let mut rows: Vec<HitRow> = Vec::new();
    for ask in fts::find_messages(columns, &scope, &visible(&scope, "c"), limit) {
        rows = diesel::sql_query(ask).bind::<Text, _>(&terms).load(conn).await?;
        if rows.len() >= limit {
            break;
        }
    }
    let hit = |row: HitRow| MessageHit {
        id: MessageId(row.id),
        conversation_id: ConversationId(row.conversation_id),
        number: row.number,
        contact_name: row.contact_name,
        seq: row.seq,
        at: Timestamp(row.at),
        text: row.body,
    };
    Ok(rows.into_iter().map(hit).collect())
}

/// Conversations the asker may see. Numbers only, so nothing has to be bound.
fn visible(scope: &SearchScope, conversation: &str) -> String {
    let groups: Vec<String> = scope.groups.iter().map(ToString::to_string).collect();
    format!(
        "{conversation}.group_id IN ({}) AND {conversation}.status IN ('open', 'closed') AND (NOT {conversation}.restricted OR EXISTS (SELECT 1 \
         FROM conversation_visibility v WHERE v.conversation_id = {conversation}.id AND v.user_id = {}))",
        groups.join(", "),
        scope.viewer
    )
}

#[derive(QueryableByName)]
struct IdRow {
    #[diesel(sql_type = BigInt)]
    id: i64,
}

/// Contacts with all these parts of words, newest first.
async fn contact_ids(
    conn: &mut Conn,
    business: BusinessId,
    query: &Query,
    limit: usize,
) -> Result<Vec<i64>, StoreError> {
    if query.contact.is_empty() {
        return Ok(Vec::new());
    }
    let ask = fts::find_contacts(business, limit);
    let terms = fts::contact_terms(query);
    let rows: Vec<IdRow> = diesel::sql_query(ask).bind::<Text, _>(terms).load(conn).await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// Everybody of the team may know every contact; which of their conversations are shown depends on the asker.
pub(crate) async fn contacts_like(
    conn: &mut Conn,
    business: BusinessId,
    scope: SearchScope,
    query: Query,
    limit: usize,
) -> Result<Vec<ContactHit>, StoreError> {
    let ids = contact_ids(conn, business, &query, limit).await?;
    let rows: Vec<(i64, ContactRow)> = contact::table
        .filter(contact::id.eq_any(&ids))
        .order(contact::id.desc())
        .select((contact::id, ContactRow::as_select()))
        .load(conn)
        .await?;
    let list = list(&rows.iter().map(|(id, _)| *id).collect::<Vec<_>>());
    let mut open: HashMap<i64, i64> = HashMap::new();
    if !list.is_empty() && !scope.groups.is_empty() {
        let ask = format!(
            "SELECT c.contact_id AS contact, MAX(c.id) AS conversation FROM conversation c \
             WHERE c.contact_id IN ({list}) AND c.status = 'open' AND {} GROUP BY c.contact_id",
            visible(&scope, "c")
        );
        let found: Vec<OpenRow> = diesel::sql_query(ask).load(conn).await?;
        open.extend(found.into_iter().map(|row| (row.contact, row.conversation)));
    }
    rows.into_iter()
        .map(|(id, row)| {
            let open_conversation_id = open.get(&id).copied().map(ConversationId);
            Ok(ContactHit { contact: row.try_into()?, open_conversation_id })
        })
        .collect()
}

/// A condition on conversations: their contact or their number matches.
pub(crate) struct Matching {
    pub(crate) condition: String,
    /// It names the contacts; otherwise there are too many of them.
    pub(crate) few: bool,
    /// The conversation with the number asked for, 0 when there is none.
    pub(crate) number: i64,
}

/// Few contacts are named, many are left to the database; what is written into the condition are numbers and quoted words of letters and
/// digits.
pub(crate) async fn matching(
    conn: &mut Conn,
    business: BusinessId,
    query: &Query,
) -> Result<Matching, StoreError> {
    let contacts = contact_ids(conn, business, query, MOST_CONTACTS + 1).await?;
    let number = by_number(conn, business, query).await?.map_or(0, |id| id.0);
    let few = contacts.len() <= MOST_CONTACTS;
    let of_contact = if few {
        list(&contacts)
    } else {
        let (source, matches) = (fts::CONTACTS, fts::CONTACT_MATCH);
        let terms = fts::contact_terms(query).replace('\'', "''");
        let matches = matches.replace(fts::PLACE, &format!("'{terms}'"));
        format!("SELECT p.id FROM {source} WHERE {matches} AND p.business_id = {business}")
    };
    let condition = match (of_contact.is_empty(), number) {
        (true, number) => format!("conversation.id = {number}"),
        (false, 0) => format!("conversation.contact_id IN ({of_contact})"),
        (false, number) => {
            format!("(conversation.contact_id IN ({of_contact}) OR conversation.id = {number})")
        }
    };
    Ok(Matching { condition, few, number })
}

fn list(ids: &[i64]) -> String {
    ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// The conversation with the number asked for.
async fn by_number(
    conn: &mut Conn,
    business: BusinessId,
    query: &Query,
) -> Result<Option<ConversationId>, StoreError> {
    let Some(number) = query.number else { return Ok(None) };
    let found: Option<i64> = conversation::table
        .filter(conversation::business_id.eq(business.0).and(conversation::number.eq(number)))
        .select(conversation::id)
        .first(conn)
        .await
        .optional()?;
    Ok(found.map(ConversationId))
}

#[derive(QueryableByName)]
struct OpenRow {
    #[diesel(sql_type = BigInt)]
    contact: i64,
    #[diesel(sql_type = BigInt)]
    conversation: i64,
}

/// Contacts whose conversations are looked through, at most.
const MOST_CONTACTS: usize = 500;

pub(crate) async fn conversations_like(
    conn: &mut Conn,
    business: BusinessId,
    scope: SearchScope,
    query: Query,
    limit: usize,
) -> Result<Vec<(Conversation, ReadState)>, StoreError> {
    if scope.groups.is_empty() {
        return Ok(Vec::new());
    }
    let Matching { condition, number, .. } = matching(conn, business, &query).await?;
    let ask = format!(
        "SELECT conversation.id AS id FROM conversation WHERE {condition} AND {} \
         ORDER BY CASE WHEN conversation.id = {number} THEN 0 ELSE 1 END, \
         conversation.last_activity_at DESC, conversation.id DESC LIMIT {limit}",
        visible(&scope, "conversation")
    );
    let rows: Vec<IdRow> = diesel::sql_query(ask).load(conn).await?;
    let ids: Vec<ConversationId> = rows.into_iter().map(|row| ConversationId(row.id)).collect();
    let keys: Vec<i64> = ids.iter().map(|id| id.0).collect();
    let mut read = super::message::read_states(conn, &keys, scope.viewer).await?;
    let rows = super::conversation::list(conn, ids).await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let state = read.remove(&row.id).unwrap_or_default();
            (row, state)
        })
        .collect())
}
