//! One-time secrets: invitations, temporary passwords, resets. Each works once and not for long.

use super::super::Conn;
use super::account::end_sessions;
use super::mail;
use crate::error::StoreError;
use crate::records::{LinkState, NewLink, NewMail, Purpose, UserStatus};
use crate::rows::word;
use crate::tables::{access_link, mail as mail_table, user_account};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use switchboard_engine::ids::UserId;
use switchboard_engine::time::Timestamp;

pub(super) async fn insert(
    conn: &mut Conn,
    user: UserId,
    link: &NewLink,
    mail: i64,
    at: Timestamp,
) -> Result<(), StoreError> {
    diesel::insert_into(access_link::table)
        .values((
            access_link::id.eq(link.id),
            access_link::user_id.eq(user.0),
            access_link::purpose.eq(link.purpose.as_str()),
            access_link::token_hash.eq(&link.token_hash),
            access_link::mail_id.eq(mail),
            access_link::created_at.eq(at.0),
            access_link::expires_at.eq(link.expires_at.0),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Replaces what was handed out before for the same end. With a hash the user also gets a temporary password.
pub(crate) async fn replace(
    conn: &mut Conn,
    user: UserId,
    link: &NewLink,
    letter: &NewMail,
    hash: Option<String>,
    at: Timestamp,
) -> Result<(), StoreError> {
    let is_reset = link.purpose == Purpose::Reset;
    revoke(conn, user, Some(is_reset), at).await?;
    mail::insert(conn, letter, at).await?;
    insert(conn, user, link, letter.id, at).await?;
    if !is_reset {
        // An older temporary password must not work beside a new link.
        diesel::update(user_account::table.find(user.0))
            .set((
                user_account::must_change_password.eq(hash.is_some()),
                user_account::password_hash.eq(hash),
                user_account::updated_at.eq(at.0),
            ))
            .execute(conn)
            .await?;
    }
    Ok(())
}

/// Ends what is still good of a user: resets, everything but resets, or all. Letters that did not leave yet stay here.
pub(crate) async fn revoke(
    conn: &mut Conn,
    user: UserId,
    resets: Option<bool>,
    at: Timestamp,
) -> Result<(), StoreError> {
    let good: Vec<(i64, String, i64)> = access_link::table
        .filter(access_link::user_id.eq(user.0).and(access_link::used_at.is_null()))
        .filter(access_link::expires_at.gt(at.0))
        .select((access_link::id, access_link::purpose, access_link::mail_id))
        .load(conn)
        .await?;
    let meant = good
        .into_iter()
        .filter(|(_, purpose, _)| resets.is_none_or(|resets| resets == (purpose == Purpose::Reset.as_str())));
    for (id, _, letter) in meant {
        diesel::update(access_link::table.find(id))
            .set(access_link::expires_at.eq(at.0))
            .execute(conn)
            .await?;
        let waiting = mail_table::table.find(letter).filter(mail_table::state.eq("queued"));
        diesel::delete(waiting).execute(conn).await?;
    }
    Ok(())
}

/// What a token opens, without opening it.
pub(crate) async fn look(
    conn: &mut Conn,
    token_hash: &[u8],
    purpose: Purpose,
    now: Timestamp,
) -> Result<Option<(UserId, LinkState)>, StoreError> {
    let row: Option<(i64, i64, Option<i64>, String)> = access_link::table
        .inner_join(user_account::table.on(user_account::id.eq(access_link::user_id)))
        .filter(access_link::token_hash.eq(token_hash).and(access_link::purpose.eq(purpose.as_str())))
        .select((access_link::user_id, access_link::expires_at, access_link::used_at, user_account::status))
        .first(conn)
        .await
        .optional()?;
    let Some((user, expires_at, used_at, status)) = row else { return Ok(None) };
    let status = word("user_account.status", &status, UserStatus::parse)?;
    Ok(Some((UserId(user), state(expires_at, used_at, status, now))))
}

fn state(expires_at: i64, used_at: Option<i64>, status: UserStatus, now: Timestamp) -> LinkState {
    if used_at.is_some() {
        LinkState::Used
    } else if expires_at <= now.0 || status == UserStatus::Deactivated {
        LinkState::Expired
    } else {
        LinkState::Good
    }
}

/// Opens a link: the password is set, whoever was invited is active, every session ends. Answers the hashes of those sessions.
pub(crate) async fn accept(
    conn: &mut Conn,
    token_hash: &[u8],
    purpose: Purpose,
    password_hash: &str,
    now: Timestamp,
) -> Result<Option<(UserId, LinkState, Vec<Vec<u8>>)>, StoreError> {
    let Some((user, state)) = look(conn, token_hash, purpose, now).await? else { return Ok(None) };
    if state != LinkState::Good {
        return Ok(Some((user, state, Vec::new())));
    }
    // Whoever comes second at the same moment finds it used.
    let fresh =
        access_link::table.filter(access_link::token_hash.eq(token_hash).and(access_link::used_at.is_null()));
    let taken = diesel::update(fresh).set(access_link::used_at.eq(now.0)).execute(conn).await?;
    if taken == 0 {
        return Ok(Some((user, LinkState::Used, Vec::new())));
    }
    diesel::update(user_account::table.find(user.0))
        .set((
            user_account::password_hash.eq(password_hash),
            user_account::must_change_password.eq(false),
            user_account::status.eq(UserStatus::Active.as_str()),
            user_account::updated_at.eq(now.0),
        ))
        .execute(conn)
        .await?;
    revoke(conn, user, None, now).await?;
    let ended = end_sessions(conn, user, None).await?;
    Ok(Some((user, LinkState::Good, ended)))
}

/// Takes the temporary password of a user whose password was right: good for one sign-in, which makes them active.
/// `None` when their password is not a temporary one.
pub(crate) async fn take_temporary(
    conn: &mut Conn,
    user: UserId,
    now: Timestamp,
) -> Result<Option<LinkState>, StoreError> {
    let row: Option<(i64, i64, Option<i64>, String)> = access_link::table
        .inner_join(user_account::table.on(user_account::id.eq(access_link::user_id)))
        .filter(access_link::user_id.eq(user.0))
        .filter(access_link::purpose.eq(Purpose::TemporaryPassword.as_str()))
        .order(access_link::id.desc())
        .select((access_link::id, access_link::expires_at, access_link::used_at, user_account::status))
        .first(conn)
        .await
        .optional()?;
    let Some((link, expires_at, used_at, status)) = row else { return Ok(None) };
    let status = word("user_account.status", &status, UserStatus::parse)?;
    let state = state(expires_at, used_at, status, now);
    if state != LinkState::Good {
        return Ok(Some(state));
    }
    let fresh = access_link::table.find(link).filter(access_link::used_at.is_null());
    if diesel::update(fresh).set(access_link::used_at.eq(now.0)).execute(conn).await? == 0 {
        return Ok(Some(LinkState::Used));
    }
    diesel::update(user_account::table.find(user.0))
        .set((user_account::status.eq(UserStatus::Active.as_str()), user_account::updated_at.eq(now.0)))
        .execute(conn)
        .await?;
    Ok(Some(LinkState::Good))
}

/// Forgets what nobody can use any more.
pub(crate) async fn forget(conn: &mut Conn, before: Timestamp) -> Result<usize, StoreError> {
    Ok(diesel::delete(access_link::table.filter(access_link::expires_at.lt(before.0))).execute(conn).await?)
}
