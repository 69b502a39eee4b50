//! Facts about the database itself.

use super::super::Conn;
use crate::error::StoreError;
use crate::tables::{conversation, event, meta};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use switchboard_engine::ids::BusinessId;

/// The newest position, 0 in an empty log.
pub(crate) async fn max_position(conn: &mut Conn) -> Result<i64, StoreError> {
    let newest: Option<i64> = event::table.select(diesel::dsl::max(event::position)).first(conn).await?;
    Ok(newest.unwrap_or(0))
}

/// The oldest position that is still there, 0 in an empty log.
pub(crate) async fn min_position(conn: &mut Conn) -> Result<i64, StoreError> {
    let oldest: Option<i64> = event::table.select(diesel::dsl::min(event::position)).first(conn).await?;
    Ok(oldest.unwrap_or(0))
}

pub(crate) async fn last_number(conn: &mut Conn, business: BusinessId) -> Result<i64, StoreError> {
    let newest: Option<i64> = conversation::table
        .filter(conversation::business_id.eq(business.0))
        .select(diesel::dsl::max(conversation::number))
        .first(conn)
        .await?;
    Ok(newest.unwrap_or(0))
}

/// The id of this database, made when it was: a cursor of another epoch means nothing here.
pub(crate) async fn epoch(conn: &mut Conn, fresh: &str) -> Result<String, StoreError> {
    diesel::insert_into(meta::table)
        .values((meta::key.eq("epoch"), meta::value.eq(fresh)))
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    Ok(meta::table.filter(meta::key.eq("epoch")).select(meta::value).first(conn).await?)
}

/// Proves that a commit goes through.
pub(crate) async fn write_probe(conn: &mut Conn, at: i64) -> Result<(), StoreError> {
    let at = at.to_string();
    diesel::insert_into(meta::table)
        .values((meta::key.eq("probe"), meta::value.eq(&at)))
        .on_conflict(meta::key)
        .do_update()
        .set(meta::value.eq(&at))
        .execute(conn)
        .await?;
    Ok(())
}

macro_rules! read_columns {
    ($conn:ident, $($table:ident),* $(,)?) => {{
        let mut tables = 0;
        $(
            let all = crate::tables::$table::table.select(crate::tables::$table::all_columns).limit(0);
            all.execute($conn).await?;
            tables += 1;
        )*
        Ok(tables)
    }};
}

pub(crate) async fn check_tables(conn: &mut Conn) -> Result<usize, StoreError> {
    read_columns!(
        conn,
        photo,
        broadcast,
        broadcast_recipient,
        api_token,
        audit,
        access_link,
        business,
        business_hours,
        care_window,
        channel,
        consent,
        contact,
        contact_visibility,
        conversation,
        conversation_assignee,
        conversation_route,
        conversation_visibility,
        draft,
        email_announcement,
        email_consent,
        email_recipient,
        event,
        group_member,
        identity,
        inbox_count,
        mail,
        media,
        message,
        meta,
        outbox,
        pending_receipt,
        quarantine,
        read_state,
        search_pending,
        recovery_code,
        second_factor,
        saved_reply,
        session,
        team_group,
        template,
        user_account,
        webhook,
        webhook_delivery,
    )
}
