//! Authenticator apps and recovery codes.

use super::super::Conn;
use crate::error::StoreError;
use crate::records::SecondFactor;
use crate::tables::{recovery_code, second_factor};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use switchboard_engine::ids::UserId;
use switchboard_engine::time::Timestamp;

pub(crate) async fn find(conn: &mut Conn, user: UserId) -> Result<Option<SecondFactor>, StoreError> {
    let row: Option<(Vec<u8>, bool, i64)> = second_factor::table
        .find(user.0)
        .select((second_factor::secret, second_factor::confirmed, second_factor::last_step))
        .first(conn)
        .await
        .optional()?;
    Ok(row.map(|(secret, confirmed, last_step)| SecondFactor { secret, confirmed, last_step }))
}

/// Begins anew with a secret nobody has shown a code of. False when there is a confirmed one.
pub(crate) async fn begin(
    conn: &mut Conn,
    user: UserId,
    secret: &[u8],
    at: Timestamp,
) -> Result<bool, StoreError> {
    let unconfirmed = second_factor::table.find(user.0).filter(second_factor::confirmed.eq(false));
    diesel::delete(unconfirmed).execute(conn).await?;
    let written = diesel::insert_into(second_factor::table)
        .values((
            second_factor::user_id.eq(user.0),
            second_factor::secret.eq(secret),
            second_factor::confirmed.eq(false),
            second_factor::last_step.eq(0),
            second_factor::created_at.eq(at.0),
        ))
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    Ok(written == 1)
}

/// The first code was right. False when that was so before, or the secret is another one by now.
pub(crate) async fn confirm(
    conn: &mut Conn,
    user: UserId,
    secret: &[u8],
    step: i64,
    codes: Vec<Vec<u8>>,
) -> Result<bool, StoreError> {
    let fresh = second_factor::table
        .find(user.0)
        .filter(second_factor::confirmed.eq(false).and(second_factor::secret.eq(secret)));
    let confirmed = diesel::update(fresh)
        .set((second_factor::confirmed.eq(true), second_factor::last_step.eq(step)))
        .execute(conn)
        .await?;
    if confirmed == 0 {
        return Ok(false);
    }
    diesel::delete(recovery_code::table.filter(recovery_code::user_id.eq(user.0))).execute(conn).await?;
    for code in codes {
        diesel::insert_into(recovery_code::table)
            .values((recovery_code::user_id.eq(user.0), recovery_code::code_hash.eq(code)))
            .execute(conn)
            .await?;
    }
    Ok(true)
}

/// Takes a code's step out of use. False when it, or a later one, was used already.
pub(crate) async fn take_step(conn: &mut Conn, user: UserId, step: i64) -> Result<bool, StoreError> {
    let unused = second_factor::table.find(user.0).filter(second_factor::last_step.lt(step));
    Ok(diesel::update(unused).set(second_factor::last_step.eq(step)).execute(conn).await? == 1)
}

/// Takes a recovery code out of use. False when there is none like it.
pub(crate) async fn take_recovery_code(
    conn: &mut Conn,
    user: UserId,
    hash: Vec<u8>,
) -> Result<bool, StoreError> {
    Ok(diesel::delete(recovery_code::table.find((user.0, hash))).execute(conn).await? == 1)
}

pub(crate) async fn remove(conn: &mut Conn, user: UserId) -> Result<bool, StoreError> {
    diesel::delete(recovery_code::table.filter(recovery_code::user_id.eq(user.0))).execute(conn).await?;
    Ok(diesel::delete(second_factor::table.find(user.0)).execute(conn).await? == 1)
}
