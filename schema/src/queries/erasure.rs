//! Erasing: what people said and sent goes, the frame stays: numbers, times, who of the team answered. So lists and counts remain true.

use super::super::Conn;
use crate::error::StoreError;
use crate::records::{Emptied, Ended};
use crate::rows::event as stored;
use crate::tables::{
    care_window, consent, contact, contact_visibility, conversation, conversation_route, draft,
    email_consent, event, identity, media, message, outbox, pending_receipt, quarantine, search_pending,
};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use diesel_async::RunQueryDsl;
use serde_json::Value;
use switchboard_engine::ids::{ContactId, ConversationId};
use switchboard_engine::time::Timestamp;

/// What a person who was erased is called from then on.
const NOBODY: &str = "Erased contact";
const CLOSED: &str = "conversation.closed";

/// Conversations whose content is to go, those that ended first at the front; without some.
pub(crate) async fn due(
    conn: &mut Conn,
    ended: Ended,
    without: &[i64],
    limit: i64,
) -> Result<Vec<ConversationId>, StoreError> {
    let mut ids: Vec<i64> = conversation::table
        .filter(conversation::status.eq("deleted").and(conversation::erased_at.is_null()))
        .filter(conversation::deleted_at.lt(ended.deleted_before.0).and(conversation::id.ne_all(without)))
        .order(conversation::deleted_at)
        .limit(limit)
        .select(conversation::id)
        .load(conn)
        .await?;
    if let Some(before) = ended.closed_before {
        let again = conversation::erased_at.is_null().or(conversation::erased_at.lt(conversation::closed_at));
        let closed: Vec<i64> = conversation::table
            .filter(conversation::status.eq("closed").and(conversation::closed_at.lt(before.0)))
            .filter(again.assume_not_null().and(conversation::id.ne_all(without)))
            .order(conversation::closed_at)
            .limit(limit)
            .select(conversation::id)
            .load(conn)
            .await?;
        ids.extend(closed);
        let unanswered: Vec<i64> = conversation::table
            .filter(sql::<Bool>("conversation.status = 'silent'"))
            .filter(conversation::erased_at.is_null().and(conversation::id.ne_all(without)))
            .filter(conversation::created_at.lt(before.0))
            .order(conversation::created_at)
            .limit(limit)
            .select(conversation::id)
            .load(conn)
            .await?;
        ids.extend(unanswered);
    }
    Ok(ids.into_iter().map(ConversationId).collect())
}

/// Every conversation of a contact, whatever became of it, and whether it is open.
pub(crate) async fn of_contact(
    conn: &mut Conn,
    of: ContactId,
) -> Result<Vec<(ConversationId, bool)>, StoreError> {
    let rows: Vec<(i64, String)> = conversation::table
        .filter(conversation::contact_id.eq(of.0))
        .order(conversation::id)
        .select((conversation::id, conversation::status))
        .load(conn)
        .await?;
    Ok(rows.into_iter().map(|(id, status)| (ConversationId(id), status == "open")).collect())
}

/// Where the bytes of a conversation's files are.
pub(crate) async fn files(conn: &mut Conn, of: ConversationId) -> Result<Vec<String>, StoreError> {
    let keys: Vec<Option<String>> = media::table
        .inner_join(message::table.on(media::message_id.eq(message::id.nullable())))
        .filter(message::conversation_id.eq(of.0).and(media::storage_key.is_not_null()))
        .select(media::storage_key)
        .load(conn)
        .await?;
    Ok(keys.into_iter().flatten().collect())
}

/// Empties the messages after a number, at most `limit`; answers up to which, `None` when there are no more.
pub(crate) async fn messages(
    conn: &mut Conn,
    of: ConversationId,
    after: i64,
    limit: i64,
) -> Result<Emptied, StoreError> {
    let rows: Vec<(i64, i64, Option<String>)> = message::table
        .filter(message::conversation_id.eq(of.0).and(message::seq.gt(after)))
        .order(message::seq)
        .limit(limit)
        .select((message::id, message::seq, message::provider_message_id))
        .load(conn)
        .await?;
    let Some(upto) = rows.last().map(|(_, seq, _)| *seq) else {
        return Ok(Emptied { upto: None, messages: 0 });
    };
    let ids: Vec<i64> = rows.iter().map(|(id, ..)| *id).collect();
    let at_provider: Vec<&String> = rows.iter().filter_map(|(.., id)| id.as_ref()).collect();
    diesel::delete(pending_receipt::table.filter(pending_receipt::provider_message_id.eq_any(at_provider)))
        .execute(conn)
        .await?;
    diesel::update(message::table.filter(message::id.eq_any(&ids)))
        .set((
            message::body.eq(""),
            message::extra.eq(None::<String>),
            message::reply_to.eq(None::<String>),
            message::client_id.eq(None::<String>),
            message::provider_message_id.eq(None::<String>),
            message::failure_detail.eq(None::<String>),
        ))
        .execute(conn)
        .await?;
    let theirs = message::table.filter(message::id.eq_any(&ids).and(message::direction.eq("in")));
    diesel::update(theirs).set(message::sender_name.eq(None::<String>)).execute(conn).await?;
    diesel::update(media::table.filter(media::message_id.eq_any(&ids)))
        .set((
            media::file_name.eq(None::<String>),
            media::sha256.eq(None::<String>),
            media::storage_key.eq(None::<String>),
            media::remote_reference.eq(None::<String>),
            media::state.eq("unavailable"),
        ))
        .execute(conn)
        .await?;
    Ok(Emptied { upto: Some(upto), messages: ids.len() })
}

/// What the log itself says: names of files, last words, what a provider complained about.
async fn events(conn: &mut Conn, of: ConversationId) -> Result<(), StoreError> {
    let telling = event::kind.eq_any([stored::MEDIA, stored::STATUS, CLOSED]);
    let rows: Vec<(i64, Option<String>)> = event::table
        .filter(event::conversation_id.eq(of.0).and(telling))
        .select((event::position, event::data))
        .load(conn)
        .await?;
    for (position, data) in rows {
        let Some(mut told) = data.as_deref().and_then(|text| serde_json::from_str::<Value>(text).ok()) else {
            continue;
        };
        let before = told.clone();
        for said in ["file_name", "note"] {
            if let Some(said) = told.get_mut(said) {
                *said = Value::Null;
            }
        }
        if let Some(detail) = told.get_mut("failure").and_then(|failure| failure.get_mut("detail")) {
            *detail = Value::String(String::new());
        }
        if told != before {
            diesel::update(event::table.find(position))
                .set(event::data.eq(Some(told.to_string())))
                .execute(conn)
                .await?;
        }
    }
    Ok(())
}

/// The rest of a conversation, and that it is done. Whoever holds its state in memory has to read it anew.
pub(crate) async fn conversation(
    conn: &mut Conn,
    of: ConversationId,
    at: Timestamp,
) -> Result<(), StoreError> {
    events(conn, of).await?;
    diesel::delete(draft::table.filter(draft::conversation_id.eq(of.0))).execute(conn).await?;
    diesel::delete(outbox::table.filter(outbox::conversation_id.eq(of.0))).execute(conn).await?;
    diesel::delete(quarantine::table.filter(quarantine::conversation_id.eq(of.0))).execute(conn).await?;
    diesel::update(conversation::table.find(of.0))
        .set((
            conversation::last_preview.eq(Some("")),
            conversation::last_inbound_provider_id.eq(None::<String>),
            conversation::closing_note.eq(None::<String>),
            conversation::erased_at.eq(at.0),
            conversation::version.eq(conversation::version + 1),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Who the person was: name, marks, numbers, what they agreed to. False when there is no such contact.
pub(crate) async fn contact(conn: &mut Conn, of: ContactId, at: Timestamp) -> Result<bool, StoreError> {
    let conversations: Vec<i64> = conversation::table
        .filter(conversation::contact_id.eq(of.0))
        .select(conversation::id)
        .load(conn)
        .await?;
    let theirs = conversation_route::conversation_id.eq_any(conversations);
    let lines: Vec<(i64, String)> = conversation_route::table
        .filter(theirs.clone())
        .select((conversation_route::channel_id, conversation_route::address))
        .load(conn)
        .await?;
    let marks = identity::table.filter(identity::owner_kind.eq("contact").and(identity::owner_id.eq(of.0)));
    let mut known: Vec<String> = marks.select(identity::value).load(conn).await?;
    for (channel, address) in lines {
        diesel::delete(care_window::table.find((channel, &address))).execute(conn).await?;
        known.push(address);
    }
    for mark in known.iter().map(|mark| mark.trim_start_matches('+')).filter(|mark| mark.len() > 4) {
        let about = format!("%{}%", mark.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_"));
        diesel::delete(quarantine::table.filter(quarantine::payload.like(about).escape('\\')))
            .execute(conn)
            .await?;
    }
    diesel::delete(conversation_route::table.filter(theirs)).execute(conn).await?;
    diesel::delete(marks).execute(conn).await?;
    diesel::delete(consent::table.filter(consent::contact_id.eq(of.0))).execute(conn).await?;
    diesel::delete(email_consent::table.filter(email_consent::contact_id.eq(of.0))).execute(conn).await?;
    super::announcement::forget(conn, of).await?;
    diesel::delete(contact_visibility::table.filter(contact_visibility::contact_id.eq(of.0)))
        .execute(conn)
        .await?;
    let none = None::<String>;
    let erased = diesel::update(contact::table.find(of.0))
        .set((
            contact::first_name.eq(&none),
            contact::middle_name.eq(&none),
            contact::last_name.eq(&none),
            contact::display_name.eq(NOBODY),
            contact::name_is_placeholder.eq(true),
            contact::profile_name.eq(&none),
            contact::phone.eq(&none),
            contact::email.eq(&none),
            contact::status.eq("archived"),
            contact::version.eq(contact::version + 1),
            contact::updated_at.eq(at.0),
        ))
        .execute(conn)
        .await?;
    Ok(erased == 1)
}

/// Messages of a conversation, for the search index to forget.
pub(crate) async fn indexed(conn: &mut Conn, of: ConversationId) -> Result<Vec<i64>, StoreError> {
    let ids = message::table.filter(message::conversation_id.eq(of.0)).select(message::id);
    Ok(ids.load(conn).await?)
}

/// The newest event and the newest contact in the index's queue.
pub(crate) async fn index_target(conn: &mut Conn) -> Result<(i64, i64), StoreError> {
    let position = super::facts::max_position(conn).await?;
    let queued: Option<i64> =
        search_pending::table.select(diesel::dsl::max(search_pending::id)).first(conn).await?;
    Ok((position, queued.unwrap_or(0)))
}

/// Whether the queue has been worked off up to here.
pub(crate) async fn settled(conn: &mut Conn, upto: i64) -> Result<bool, StoreError> {
    let left = search_pending::table.filter(search_pending::id.le(upto));
    Ok(left.count().get_result::<i64>(conn).await? == 0)
}
