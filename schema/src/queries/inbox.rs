//! Lists of conversations. Each group is read along its own index; the pages are merged here.

use super::super::Conn;
use super::search::{self, Matching};
use super::{conversation as conversations, count, message};
use crate::error::StoreError;
use crate::records::{Inbox, View};
use crate::tables::{conversation, conversation_assignee};
use diesel::dsl::sql;
use diesel::expression::SqlLiteral;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool};
use diesel_async::RunQueryDsl;
use std::cmp::Reverse;
use switchboard_engine::conversation::{Conversation, ReadState};
use switchboard_engine::ids::{ConversationId, GroupId, UserId};

/// Last activity and id: the order of every list, newest first.
type Key = (i64, i64);

/// Rows below a key: a comparison of pairs, which both databases walk an index by.
macro_rules! older {
    ($after:expr) => {
        sql::<Bool>("(conversation.last_activity_at, conversation.id) < (")
            .bind::<BigInt, _>($after.0.0)
            .sql(", ")
            .bind::<BigInt, _>($after.1.0)
            .sql(")")
    };
}

/// A conversation with a list of its own is for those on it.
macro_rules! visible_to {
    ($user:expr) => {
        sql::<Bool>(
            "(NOT conversation.restricted OR EXISTS (SELECT 1 FROM conversation_visibility \
             WHERE conversation_visibility.conversation_id = conversation.id \
             AND conversation_visibility.user_id = ",
        )
        .bind::<BigInt, _>($user.0)
        .sql("))")
    };
}

/// Owner and status literally, as the partial index has them.
fn unassigned() -> SqlLiteral<Bool> {
    sql("conversation.status = 'open' AND conversation.owner_user_id IS NULL")
}

/// Open, and theirs.
fn assigned_to(user: UserId) -> SqlLiteral<Bool> {
    sql(&format!(
        "conversation.status = 'open' AND conversation.inbound_count > 0 AND EXISTS (SELECT 1 FROM conversation_assignee \
         WHERE conversation_assignee.conversation_id = conversation.id AND conversation_assignee.user_id = {user})"
    ))
}

/// A list of one's own that is longer is not sorted any more.
const LONG: i64 = 500;

pub(crate) async fn page(
    conn: &mut Conn,
    inbox: Inbox,
) -> Result<Vec<(Conversation, ReadState)>, StoreError> {
    let mut keys = Vec::new();
    let matching = match &inbox.matching {
        Some((business, query)) => Some(search::matching(conn, *business, query).await?),
        None => None,
    };
    match inbox.view {
        View::Mine => keys = mine(conn, &inbox, matching.as_ref()).await?,
        _ => {
            for group in &inbox.groups {
                keys.extend(of_group(conn, &inbox, *group, matching.as_ref()).await?);
            }
        }
    }
    keys.sort_unstable_by_key(|key| Reverse(*key));
    keys.truncate(inbox.limit);
    let ids: Vec<i64> = keys.iter().map(|(_, id)| *id).collect();
    let mut read = message::read_states(conn, &ids, inbox.viewer).await?;
    let rows = conversations::list(conn, ids.into_iter().map(ConversationId).collect()).await?;
    let with_state = |row: Conversation| {
        let state = read.remove(&row.id).unwrap_or_default();
        (row, state)
    };
    Ok(rows.into_iter().map(with_state).collect())
}

async fn of_group(
    conn: &mut Conn,
    inbox: &Inbox,
    group: GroupId,
    matching: Option<&Matching>,
) -> Result<Vec<Key>, StoreError> {
    let statuses: &[&str] = match inbox.view {
        View::Team => &["open"],
        View::Closed => &["closed"],
        View::All => &["open", "closed"],
        View::Unassigned | View::Mine => &[],
    };
    let mut keys = Vec::new();
    if inbox.view == View::Unassigned {
        keys = slice(conn, inbox, group, unassigned(), matching).await?;
    }
    for status in statuses {
        let of_status = sql::<Bool>(&format!("conversation.status = '{status}'"));
        keys.extend(slice(conn, inbox, group, of_status, matching).await?);
    }
    Ok(keys)
}

async fn slice(
    conn: &mut Conn,
    inbox: &Inbox,
    group: GroupId,
    condition: SqlLiteral<Bool>,
    matching: Option<&Matching>,
) -> Result<Vec<Key>, StoreError> {
    // A plus keeps both databases from walking the whole list when only a few conversations can be in it.
    let plus = if matching.is_some_and(|matching| matching.few) { "+" } else { "" };
    let mut query = conversation::table
        .filter(sql::<Bool>(&format!("{plus}conversation.group_id = {group}")))
        .filter(condition)
        .filter(visible_to!(inbox.viewer))
        .order((conversation::last_activity_at.desc(), conversation::id.desc()))
        .limit(inbox.limit as i64)
        .select((conversation::last_activity_at, conversation::id))
        .into_boxed();
    if let Some(after) = inbox.after {
        query = query.filter(older!(after));
    }
    if let Some(matching) = matching {
        query = query.filter(sql::<Bool>(&matching.condition));
    }
    Ok(query.load(conn).await?)
}

/// Somebody's own list. A short one is read whole; in a long one the newest are soon met on the way down the groups' lists.
async fn mine(conn: &mut Conn, inbox: &Inbox, matching: Option<&Matching>) -> Result<Vec<Key>, StoreError> {
    let groups: Vec<i64> = inbox.groups.iter().map(|group| group.0).collect();
    if count::mine(conn, &groups, inbox.viewer).await? > LONG {
        let mut keys = Vec::new();
        for group in &inbox.groups {
            keys.extend(slice(conn, inbox, *group, assigned_to(inbox.viewer), matching).await?);
        }
        return Ok(keys);
    }
    let mut query = conversation_assignee::table
        .inner_join(conversation::table.on(conversation::id.eq(conversation_assignee::conversation_id)))
        .filter(
            conversation_assignee::user_id.eq(inbox.viewer.0).and(conversation_assignee::is_open.eq(true)),
        )
        .filter(conversation::group_id.eq_any(groups).and(conversation::inbound_count.gt(0)))
        .filter(visible_to!(inbox.viewer))
        .order((conversation::last_activity_at.desc(), conversation::id.desc()))
        .limit(inbox.limit as i64)
        .select((conversation::last_activity_at, conversation::id))
        .into_boxed();
    if let Some(after) = inbox.after {
        query = query.filter(older!(after));
    }
    if let Some(matching) = matching {
        query = query.filter(sql::<Bool>(&matching.condition));
    }
    Ok(query.load(conn).await?)
}
