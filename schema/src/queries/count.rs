//! The counts of the lists: read, proved and made anew. They are kept by the journal (see `Append::counts`).

use super::super::{Conn, LOCK_COUNTS};
use crate::error::StoreError;
use crate::records::Counts;
use crate::tables::{inbox_count, meta};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};
use switchboard_engine::ids::{GroupId, UserId};
use switchboard_engine::lists::List;

/// What the counts must be: the same lists as in `switchboard_engine::lists::places`.
const COUNTED: &str = "\
    SELECT group_id, user_id, 'team' AS list, COUNT(*) AS total FROM seen WHERE status = 'open' AND snoozed_until IS NULL GROUP BY group_id, user_id \
    UNION ALL SELECT group_id, user_id, 'snoozed', COUNT(*) FROM seen \
      WHERE status = 'open' AND snoozed_until IS NOT NULL GROUP BY group_id, user_id \
    UNION ALL SELECT group_id, user_id, 'closed', COUNT(*) FROM seen WHERE status = 'closed' GROUP BY group_id, user_id \
    UNION ALL SELECT group_id, user_id, 'unassigned', COUNT(*) FROM seen \
      WHERE status = 'open' AND snoozed_until IS NULL AND owner_user_id IS NULL GROUP BY group_id, user_id \
    UNION ALL SELECT group_id, user_id, 'pending', COUNT(*) FROM seen \
      WHERE status = 'open' AND snoozed_until IS NULL AND waiting_since IS NOT NULL GROUP BY group_id, user_id \
    UNION ALL SELECT c.group_id, a.user_id, 'mine', COUNT(*) FROM conversation c \
      JOIN conversation_assignee a ON a.conversation_id = c.id WHERE c.status = 'open' \
      AND c.snoozed_until IS NULL AND c.inbound_count > 0 \
      GROUP BY c.group_id, a.user_id \
    UNION ALL SELECT c.group_id, a.user_id, 'sent', COUNT(*) FROM conversation c \
      JOIN conversation_assignee a ON a.conversation_id = c.id WHERE c.status = 'open' \
      AND c.snoozed_until IS NULL AND c.inbound_count = 0 \
      GROUP BY c.group_id, a.user_id";

/// Who sees what: everybody (0) or, with a list of its own, each on the list.
const SEEN: &str = "WITH seen AS (\
    SELECT group_id, status, owner_user_id, waiting_since, snoozed_until, 0 AS user_id FROM conversation WHERE NOT restricted \
    UNION ALL SELECT c.group_id, c.status, c.owner_user_id, c.waiting_since, c.snoozed_until, v.user_id FROM conversation c \
      JOIN conversation_visibility v ON v.conversation_id = c.id WHERE c.restricted)";

/// In `meta`, once the counts have been made.
const MADE: &str = "inbox_counts";

pub(crate) async fn counts(
    conn: &mut Conn,
    groups: Vec<GroupId>,
    user: UserId,
) -> Result<Counts, StoreError> {
    let groups: Vec<i64> = groups.into_iter().map(|group| group.0).collect();
    let rows: Vec<(String, i64)> = inbox_count::table
        .filter(inbox_count::group_id.eq_any(groups))
        .filter(inbox_count::user_id.eq_any([0, user.0]))
        .select((inbox_count::list, inbox_count::total))
        .load(conn)
        .await?;
    let of = |list: List| rows.iter().filter(|(name, _)| name == list.as_str()).map(|(_, total)| total).sum();
    let (team, snoozed, closed) = (of(List::Team), of(List::Snoozed), of(List::Closed));
    Ok(Counts {
        team,
        mine: of(List::Mine),
        sent: of(List::Sent),
        unassigned: of(List::Unassigned),
        pending: of(List::Pending),
        snoozed,
        closed,
        all: team + snoozed + closed,
    })
}

/// How many counts are not what counting says; it looks at every conversation.
pub(crate) async fn wrong(conn: &mut Conn) -> Result<i64, StoreError> {
    let ask = format!(
        "({SEEN} SELECT COUNT(*) FROM (SELECT group_id, user_id, list FROM (\
         SELECT group_id, user_id, list, total FROM inbox_count \
         UNION ALL SELECT group_id, user_id, list, -total FROM ({COUNTED}) AS counted) AS both_sides \
         GROUP BY group_id, user_id, list HAVING SUM(total) <> 0) AS wrong)"
    );
    Ok(diesel::select(sql::<BigInt>(&ask)).get_result(conn).await?)
}

/// Counts everything once. Nobody can move a count meanwhile.
pub(crate) async fn rebuild(conn: &mut Conn) -> Result<(), StoreError> {
    conn.batch_execute(&format!(
        "{LOCK_COUNTS} DELETE FROM inbox_count; INSERT INTO inbox_count (group_id, user_id, list, total) {SEEN} {COUNTED};"
    ))
    .await?;
    diesel::insert_into(meta::table)
        .values((meta::key.eq(MADE), meta::value.eq("1")))
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    Ok(())
}

/// Makes the counts of a database that has none yet.
pub(crate) async fn make(conn: &mut Conn) -> Result<(), StoreError> {
    let made: Option<String> =
        meta::table.filter(meta::key.eq(MADE)).select(meta::value).first(conn).await.optional()?;
    if made.is_none() {
        rebuild(conn).await?;
    }
    Ok(())
}
