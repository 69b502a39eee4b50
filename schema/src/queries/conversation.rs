//! Conversations: by id, as the rules need them, and as lists show them.

use super::super::Conn;
use crate::error::StoreError;
use crate::rows::contact::ContactRow;
use crate::rows::conversation::ConversationRow;
use crate::rows::message::OutboundRow;
use crate::rows::word;
use crate::tables::{
    care_window, channel, contact, conversation, conversation_assignee, conversation_route,
    conversation_visibility, message, user_account,
};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use diesel_async::RunQueryDsl;
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use switchboard_engine::channel::ChannelKind;
use switchboard_engine::conversation::{Assignee, Conversation, MEMORY, Outbound, Route};
use switchboard_engine::ids::{ChannelId, ContactId, ConversationId, GroupId, UserId};
use switchboard_engine::time::Timestamp;

/// A conversation as the rules need it, with what it remembers of recent messages.
pub(crate) async fn load(conn: &mut Conn, id: ConversationId) -> Result<Option<Conversation>, StoreError> {
    let Some(mut found) = list(conn, vec![id]).await?.pop() else {
        return Ok(None);
    };
    found.recent_inbound = recent_inbound(conn, id).await?;
    found.recent_outbound = recent_outbound(conn, id).await?;
    Ok(Some(found))
}

/// Conversations without their recents, in the order of `ids`; unknown ids are left out.
pub(crate) async fn list(conn: &mut Conn, ids: Vec<ConversationId>) -> Result<Vec<Conversation>, StoreError> {
    let keys: Vec<i64> = ids.iter().map(|id| id.0).collect();
    let rows: Vec<(ConversationRow, ContactRow)> = conversation::table
        .inner_join(contact::table.on(contact::id.eq(conversation::contact_id)))
        .filter(conversation::id.eq_any(&keys))
        .select((ConversationRow::as_select(), ContactRow::as_select()))
        .load(conn)
        .await?;
    let mut found = HashMap::with_capacity(rows.len());
    let mut route_at = HashMap::with_capacity(rows.len());
    for (row, contact) in rows {
        route_at.insert(row.id, row.route_inbound_at);
        found.insert(row.id, row.assemble(contact)?);
    }
    add_viewers(conn, &mut found).await?;
    add_assignees(conn, &keys, &mut found).await?;
    add_routes(conn, &keys, &mut found, &route_at).await?;
    Ok(keys.iter().filter_map(|id| found.remove(id)).collect())
}

/// Few conversations have a list of their own; only those are asked for it.
async fn add_viewers(conn: &mut Conn, found: &mut HashMap<i64, Conversation>) -> Result<(), StoreError> {
    let restricted: Vec<i64> =
        found.values().filter(|one| one.visible_to.is_some()).map(|one| one.id.0).collect();
    if restricted.is_empty() {
        return Ok(());
    }
    let rows: Vec<(i64, i64)> = conversation_visibility::table
        .filter(conversation_visibility::conversation_id.eq_any(restricted))
        .order((conversation_visibility::conversation_id, conversation_visibility::user_id))
        .select((conversation_visibility::conversation_id, conversation_visibility::user_id))
        .load(conn)
        .await?;
    let mut viewers: HashMap<i64, Vec<UserId>> = HashMap::new();
    for (conversation, user) in rows {
        viewers.entry(conversation).or_default().push(UserId(user));
    }
    for (id, users) in viewers {
        if let Some(conversation) = found.get_mut(&id) {
            conversation.visible_to = Some(users.into());
        }
    }
    Ok(())
}

async fn add_assignees(
    conn: &mut Conn,
    keys: &[i64],
    found: &mut HashMap<i64, Conversation>,
) -> Result<(), StoreError> {
    let rows: Vec<(i64, i64, bool, String, String)> = conversation_assignee::table
        .inner_join(user_account::table.on(user_account::id.eq(conversation_assignee::user_id)))
        .filter(conversation_assignee::conversation_id.eq_any(keys))
        .order((conversation_assignee::conversation_id, conversation_assignee::position))
        .select((
            conversation_assignee::conversation_id,
            conversation_assignee::user_id,
            conversation_assignee::is_owner,
            user_account::first_name,
            user_account::last_name,
        ))
        .load(conn)
        .await?;
    for (conversation, user, owner, first, last) in rows {
        if let Some(conversation) = found.get_mut(&conversation) {
            let name = format!("{first} {last}").trim().to_owned();
            conversation.assignees.push(Assignee { user_id: UserId(user), name, owner });
        }
    }
    Ok(())
}

/// Conversation, channel, its kind and name, the customer's address, when they last wrote there.
type Line = (i64, i64, String, String, String, Option<i64>, Option<i64>);

/// The window of a pair of numbers is shared by all conversations on it; other lines know only what their own head says.
async fn add_routes(
    conn: &mut Conn,
    keys: &[i64],
    found: &mut HashMap<i64, Conversation>,
    head: &HashMap<i64, Option<i64>>,
) -> Result<(), StoreError> {
    let same_line = care_window::channel_id
        .eq(conversation_route::channel_id)
        .and(care_window::address.eq(conversation_route::address));
    let rows: Vec<Line> = conversation_route::table
        .inner_join(channel::table.on(channel::id.eq(conversation_route::channel_id)))
        .left_join(care_window::table.on(same_line))
        .filter(conversation_route::conversation_id.eq_any(keys))
        .order((conversation_route::conversation_id, conversation_route::position))
        .select((
            conversation_route::conversation_id,
            conversation_route::channel_id,
            channel::kind,
            channel::name,
            conversation_route::address,
            conversation_route::last_inbound_at,
            care_window::last_inbound_at.nullable(),
        ))
        .load(conn)
        .await?;
    for (id, channel_id, kind, name, address, own, window) in rows {
        let Some(conversation) = found.get_mut(&id) else { continue };
        let newest = if conversation.routes.is_empty() { head.get(&id).copied().flatten() } else { None };
        conversation.routes.push(Route {
            channel_id: ChannelId(channel_id),
            kind: word("channel.kind", &kind, ChannelKind::parse)?,
            name,
            address,
            last_inbound_at: own.max(window).max(newest).map(Timestamp),
        });
    }
    Ok(())
}

async fn recent_inbound(conn: &mut Conn, id: ConversationId) -> Result<VecDeque<Arc<str>>, StoreError> {
    let has_key = message::provider_message_id.is_not_null().or(message::client_id.is_not_null());
    let keys: Vec<(Option<String>, Option<String>)> = message::table
        .filter(message::conversation_id.eq(id.0).and(message::direction.eq("in")).and(has_key))
        .order(message::seq.desc())
        .limit(MEMORY as i64)
        .select((message::provider_message_id, message::client_id))
        .load(conn)
        .await?;
    Ok(keys.into_iter().rev().filter_map(|(provider, client)| provider.or(client)).map(Into::into).collect())
}

async fn recent_outbound(conn: &mut Conn, id: ConversationId) -> Result<VecDeque<Outbound>, StoreError> {
    let rows: Vec<OutboundRow> = message::table
        .filter(message::conversation_id.eq(id.0).and(message::direction.eq("out")))
        .order(message::seq.desc())
        .limit(MEMORY as i64)
        .select(OutboundRow::as_select())
        .load(conn)
        .await?;
    rows.into_iter().rev().map(Outbound::try_from).collect()
}

pub(crate) async fn latest_of(
    conn: &mut Conn,
    group: GroupId,
    contact: ContactId,
) -> Result<Option<ConversationId>, StoreError> {
    let id: Option<i64> = conversation::table
        .filter(conversation::group_id.eq(group.0).and(conversation::contact_id.eq(contact.0)))
        .filter(conversation::status.eq_any(["open", "closed"]))
        .order(conversation::number.desc())
        .select(conversation::id)
        .first(conn)
        .await
        .optional()?;
    Ok(id.map(ConversationId))
}

/// The literal condition is the one of the partial unique index.
pub(crate) async fn open_of(
    conn: &mut Conn,
    group: GroupId,
    contact: ContactId,
) -> Result<Option<ConversationId>, StoreError> {
    let id: Option<i64> = conversation::table
        .filter(conversation::group_id.eq(group.0).and(conversation::contact_id.eq(contact.0)))
        .filter(sql::<Bool>("conversation.status = 'open'"))
        .select(conversation::id)
        .first(conn)
        .await
        .optional()?;
    Ok(id.map(ConversationId))
}

/// Where the next word of a contact belongs: the open conversation, else what only broadcasts have reached so far.
pub(crate) async fn present_of(
    conn: &mut Conn,
    group: GroupId,
    contact: ContactId,
) -> Result<Option<ConversationId>, StoreError> {
    let id: Option<i64> = conversation::table
        .filter(conversation::group_id.eq(group.0).and(conversation::contact_id.eq(contact.0)))
        .filter(conversation::status.eq_any(["open", "silent"]))
        .order(conversation::status)
        .select(conversation::id)
        .first(conn)
        .await
        .optional()?;
    Ok(id.map(ConversationId))
}
