//! Lists of conversations and their counts. Each group is read along its own index; the pages are merged here.

use super::super::Conn;
use super::search::{self, Matching};
use super::{conversation as conversations, count, message};
use crate::error::StoreError;
use crate::records::{Inbox, View};
use crate::tables::{conversation, conversation_assignee};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Text};
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

/// What a page and a filter add to a list's own condition.
macro_rules! narrowed {
    ($query:expr, $inbox:expr, $matching:expr) => {{
        let mut query = $query;
        let filter = &$inbox.filter;
        if let Some(after) = $inbox.after {
            query = query.filter(older!(after));
        }
        if let Some(matching) = $matching {
            query = query.filter(sql::<Bool>(&matching.condition));
        }
        if let Some(channel) = filter.channel {
            query = query.filter(
                sql::<Bool>(
                    "EXISTS (SELECT 1 FROM conversation_route WHERE conversation_route.conversation_id = conversation.id \
                     AND conversation_route.channel_id = ",
                )
                .bind::<BigInt, _>(channel.0)
                .sql(")"),
            );
        }
        if let Some(kind) = filter.channel_kind {
            query = query.filter(
                sql::<Bool>(
                    "EXISTS (SELECT 1 FROM conversation_route JOIN channel ON channel.id = conversation_route.channel_id \
                     WHERE conversation_route.conversation_id = conversation.id AND channel.kind = ",
                )
                .bind::<Text, _>(kind.as_str())
                .sql(")"),
            );
        }
        if let Some(assignee) = filter.assignee {
            query = query.filter(
                sql::<Bool>(
                    "EXISTS (SELECT 1 FROM conversation_assignee AS one WHERE one.conversation_id = conversation.id \
                     AND one.user_id = ",
                )
                .bind::<BigInt, _>(assignee.0)
                .sql(")"),
            );
        }
        if let Some(status) = filter.status {
            query = query.filter(conversation::status.eq(status.as_str()));
        }
        if let Some(from) = filter.from {
            query = query.filter(conversation::last_activity_at.ge(from.0));
        }
        if let Some(to) = filter.to {
            query = query.filter(conversation::last_activity_at.lt(to.0));
        }
        query
    }};
}

const AWAKE: &str = "conversation.status = 'open' AND conversation.snoozed_until IS NULL";

/// Conditions literally, as the partial indexes have them; each is a walk along an index of its own.
fn conditions(view: View) -> &'static [&'static str] {
    match view {
        View::Team => &[AWAKE],
        View::Unassigned => &[UNASSIGNED],
        View::Pending => &[PENDING],
        View::Snoozed => &["conversation.status = 'open' AND conversation.snoozed_until IS NOT NULL"],
        View::Closed => &["conversation.status = 'closed'"],
        View::All => &["conversation.status = 'open'", "conversation.status = 'closed'"],
        View::Deleted => &["conversation.status = 'deleted' AND conversation.erased_at IS NULL"],
        View::Mine | View::Sent | View::User(_) => &[],
    }
}

const UNASSIGNED: &str = "conversation.status = 'open' AND conversation.owner_user_id IS NULL AND conversation.snoozed_until IS NULL";
const PENDING: &str = "conversation.status = 'open' AND conversation.waiting_since IS NOT NULL AND conversation.snoozed_until IS NULL";

/// Open, theirs, and as a list of theirs asks.
fn assigned_to(user: UserId, condition: &str) -> String {
    format!(
        "conversation.status = 'open' AND {condition} AND EXISTS (SELECT 1 FROM conversation_assignee \
         WHERE conversation_assignee.conversation_id = conversation.id AND conversation_assignee.user_id = {user})"
    )
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
    let matching = matching.as_ref();
    match inbox.view {
        View::Mine => keys = assigned(conn, &inbox, inbox.viewer, MINE, matching).await?,
        View::Sent => keys = assigned(conn, &inbox, inbox.viewer, SENT, matching).await?,
        View::User(user) => keys = assigned(conn, &inbox, user, AWAKE, matching).await?,
        view => {
            for group in &inbox.groups {
                for condition in conditions(view) {
                    keys.extend(of_group(conn, &inbox, *group, condition, matching).await?);
                }
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
    condition: &str,
    matching: Option<&Matching>,
) -> Result<Vec<Key>, StoreError> {
    // A plus keeps both databases from walking the whole list when only a few conversations can be in it.
    let plus = if matching.is_some_and(|matching| matching.few) { "+" } else { "" };
    let query = conversation::table
        .filter(sql::<Bool>(&format!("{plus}conversation.group_id = {group}")))
        .filter(sql::<Bool>(condition))
        .filter(visible_to!(inbox.viewer))
        .order((conversation::last_activity_at.desc(), conversation::id.desc()))
        .limit(inbox.limit as i64)
        .select((conversation::last_activity_at, conversation::id))
        .into_boxed();
    Ok(narrowed!(query, inbox, matching).load(conn).await?)
}

const MINE: &str = "conversation.snoozed_until IS NULL AND conversation.inbound_count > 0";
const SENT: &str = "conversation.snoozed_until IS NULL AND conversation.inbound_count = 0";

/// Open conversations of one user; the viewer sees of them what the viewer may see. A short list is read whole; in a long one the newest are
/// soon met on the way down the groups' lists.
async fn assigned(
    conn: &mut Conn,
    inbox: &Inbox,
    user: UserId,
    condition: &str,
    matching: Option<&Matching>,
) -> Result<Vec<Key>, StoreError> {
    let groups: Vec<i64> = inbox.groups.iter().map(|group| group.0).collect();
    if count::mine(conn, &groups, user).await? > LONG {
        let (mut keys, theirs) = (Vec::new(), assigned_to(user, condition));
        for group in &inbox.groups {
            keys.extend(of_group(conn, inbox, *group, &theirs, matching).await?);
        }
        return Ok(keys);
    }
    let query = conversation_assignee::table
        .inner_join(conversation::table.on(conversation::id.eq(conversation_assignee::conversation_id)))
        .filter(conversation_assignee::user_id.eq(user.0).and(conversation_assignee::is_open.eq(true)))
        .filter(conversation::group_id.eq_any(groups))
        .filter(sql::<Bool>(condition))
        .filter(visible_to!(inbox.viewer))
        .order((conversation::last_activity_at.desc(), conversation::id.desc()))
        .limit(inbox.limit as i64)
        .select((conversation::last_activity_at, conversation::id))
        .into_boxed();
    Ok(narrowed!(query, inbox, matching).load(conn).await?)
}
