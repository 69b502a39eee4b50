//! The counts of the lists: read, proved and made anew. They are kept by the journal (see `Append::counts`).

use super::super::{Conn, LOCK_COUNTS};
use crate::error::StoreError;
use crate::records::{Counts, Kept};
use crate::rows::word;
use crate::tables::{inbox_count, meta};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};
use switchboard_engine::ids::{GroupId, UserId};
use switchboard_engine::lists::{Holder, List, Place};

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
    UNION ALL SELECT group_id, user_id, 'mine', COUNT(*) FROM own WHERE inbound_count > 0 GROUP BY group_id, user_id \
    UNION ALL SELECT group_id, user_id, 'sent', COUNT(*) FROM own WHERE inbound_count = 0 GROUP BY group_id, user_id";

/// Who sees what: everybody (0) or, with a list of its own, each on the list; and who answers what they see.
const SEEN: &str = "WITH seen AS (\
    SELECT group_id, status, owner_user_id, waiting_since, snoozed_until, 0 AS user_id FROM conversation WHERE NOT restricted \
    UNION ALL SELECT c.group_id, c.status, c.owner_user_id, c.waiting_since, c.snoozed_until, v.user_id FROM conversation c \
      JOIN conversation_visibility v ON v.conversation_id = c.id WHERE c.restricted), \
    own AS (SELECT c.group_id, c.inbound_count, a.user_id FROM conversation c \
      JOIN conversation_assignee a ON a.conversation_id = c.id \
      WHERE c.status = 'open' AND c.snoozed_until IS NULL AND (NOT c.restricted OR EXISTS \
      (SELECT 1 FROM conversation_visibility v WHERE v.conversation_id = c.id AND v.user_id = a.user_id)))";

/// In `meta`, once the counts have been made.
const MADE: &str = "inbox_counts";

/// Every count of a group: who it is for, and what each list holds.
pub(crate) async fn kept(conn: &mut Conn, groups: Vec<GroupId>) -> Result<Vec<Kept>, StoreError> {
    let groups: Vec<i64> = groups.into_iter().map(|group| group.0).collect();
    let rows: Vec<(i64, i64, String, i64)> = inbox_count::table
        .filter(inbox_count::group_id.eq_any(groups).and(inbox_count::total.ne(0)))
        .select((inbox_count::group_id, inbox_count::user_id, inbox_count::list, inbox_count::total))
        .load(conn)
        .await?;
    rows.into_iter().map(kept_row).collect()
}

/// The counts everybody sees and those of one user.
pub(crate) async fn counts(
    conn: &mut Conn,
    groups: Vec<GroupId>,
    user: UserId,
) -> Result<Counts, StoreError> {
    let groups: Vec<i64> = groups.into_iter().map(|group| group.0).collect();
    let rows: Vec<(i64, i64, String, i64)> = inbox_count::table
        .filter(inbox_count::group_id.eq_any(groups))
        .filter(inbox_count::user_id.eq_any([0, user.0]))
        .select((inbox_count::group_id, inbox_count::user_id, inbox_count::list, inbox_count::total))
        .load(conn)
        .await?;
    let mut counts = Counts::default();
    for row in rows {
        let Kept { place, total } = kept_row(row)?;
        counts.add(place.list, total);
    }
    Ok(counts)
}

fn kept_row((group, user, list, total): (i64, i64, String, i64)) -> Result<Kept, StoreError> {
    let holder = if user == 0 { Holder::Everybody } else { Holder::User(UserId(user)) };
    let list = word("inbox_count.list", &list, List::parse)?;
    Ok(Kept { place: Place { group: GroupId(group), holder, list }, total })
}

/// How many conversations are on a user's own list.
pub(crate) async fn mine(conn: &mut Conn, groups: &[i64], user: UserId) -> Result<i64, StoreError> {
    let totals: Vec<i64> = inbox_count::table
        .filter(inbox_count::group_id.eq_any(groups).and(inbox_count::user_id.eq(user.0)))
        .filter(inbox_count::list.eq(List::Mine.as_str()))
        .select(inbox_count::total)
        .load(conn)
        .await?;
    Ok(totals.into_iter().sum())
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
