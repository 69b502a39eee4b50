//! The business, its people, their groups and their sessions.

use super::super::Conn;
use crate::error::{Constraint, StoreError};
use crate::records::{Business, Group, NewUser, Session, SetUp, User, UserStatus};
use crate::rows::word;
use crate::tables::{business, group_member, identity, meta, session, team_group, user_account};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use switchboard_engine::ids::{BusinessId, GroupId, UserId};
use switchboard_engine::time::Timestamp;
use switchboard_engine::user::Role;

#[derive(Queryable, Selectable)]
#[diesel(table_name = user_account)]
pub(super) struct UserRow {
    id: i64,
    business_id: i64,
    first_name: String,
    last_name: String,
    email: String,
    role: String,
    status: String,
    must_change_password: bool,
    locale: Option<String>,
    time_zone: Option<String>,
    last_seen_at: Option<i64>,
}

impl TryFrom<UserRow> for User {
    type Error = StoreError;

    fn try_from(row: UserRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: UserId(row.id),
            business_id: BusinessId(row.business_id),
            role: word("user_account.role", &row.role, Role::parse)?,
            status: word("user_account.status", &row.status, UserStatus::parse)?,
            first_name: row.first_name,
            last_name: row.last_name,
            email: row.email,
            must_change_password: row.must_change_password,
            locale: row.locale,
            time_zone: row.time_zone,
            last_seen_at: row.last_seen_at.map(Timestamp),
        })
    }
}

fn users(rows: Vec<UserRow>) -> Result<Vec<User>, StoreError> {
    rows.into_iter().map(User::try_from).collect()
}

/// The row in `meta` makes sure that two set-ups at the same moment cannot both win.
pub(crate) async fn set_up(conn: &mut Conn, set_up: &SetUp) -> Result<(), StoreError> {
    let SetUp { business, admin, group } = set_up;
    if any_business(conn).await? {
        return Err(StoreError::conflict(Constraint::AlreadySetUp));
    }
    diesel::insert_into(meta::table)
        .values((meta::key.eq("set_up"), meta::value.eq(business.created_at.0.to_string())))
        .execute(conn)
        .await?;
    diesel::insert_into(business::table)
        .values((
            business::id.eq(business.id.0),
            business::name.eq(&business.name),
            business::country.eq(&business.country),
            business::time_zone.eq(&business.time_zone),
            business::created_at.eq(business.created_at.0),
            business::updated_at.eq(business.created_at.0),
        ))
        .execute(conn)
        .await?;
    create_user(conn, business.id, admin, business.created_at).await?;
    create_group(conn, business.id, group, business.created_at).await?;
    add_member(conn, group.id, admin.id, business.created_at).await
}

pub(crate) async fn any_business(conn: &mut Conn) -> Result<bool, StoreError> {
    Ok(diesel::select(diesel::dsl::exists(business::table.select(business::id))).get_result(conn).await?)
}

pub(crate) async fn business(conn: &mut Conn) -> Result<Option<Business>, StoreError> {
    type Row = (i64, String, String, String, Option<String>, String, i64);
    let row: Option<Row> = business::table
        .order(business::id)
        .select((
            business::id,
            business::name,
            business::country,
            business::time_zone,
            business::currency,
            business::settings,
            business::created_at,
        ))
        .first(conn)
        .await
        .optional()?;
    let Some((id, name, country, time_zone, currency, settings, at)) = row else { return Ok(None) };
    let settings = serde_json::from_str(&settings)
        .map_err(|error| StoreError::Corrupt(format!("business.settings: {error}")))?;
    Ok(Some(Business {
        id: BusinessId(id),
        name,
        country,
        time_zone,
        currency,
        settings,
        created_at: Timestamp(at),
    }))
}

/// A user's address is an identity as well, so that nobody outside the team can have it.
pub(crate) async fn create_user(
    conn: &mut Conn,
    business: BusinessId,
    user: &NewUser,
    at: Timestamp,
) -> Result<(), StoreError> {
    let email = user.email.trim().to_lowercase();
    diesel::insert_into(user_account::table)
        .values((
            user_account::id.eq(user.id.0),
            user_account::business_id.eq(business.0),
            user_account::first_name.eq(&user.first_name),
            user_account::last_name.eq(&user.last_name),
            user_account::email.eq(&email),
            user_account::role.eq(user.role.as_str()),
            user_account::status.eq(user.status.as_str()),
            user_account::password_hash.eq(&user.password_hash),
            user_account::must_change_password.eq(user.must_change_password),
            user_account::locale.eq(&user.locale),
            user_account::time_zone.eq(&user.time_zone),
            user_account::created_at.eq(at.0),
            user_account::updated_at.eq(at.0),
        ))
        .execute(conn)
        .await?;
    diesel::insert_into(identity::table)
        .values((
            identity::business_id.eq(business.0),
            identity::kind.eq("email"),
            identity::value.eq(&email),
            identity::owner_kind.eq("user"),
            identity::owner_id.eq(user.id.0),
            identity::verified.eq(true),
            identity::created_at.eq(at.0),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

pub(crate) async fn set_password(
    conn: &mut Conn,
    user: UserId,
    hash: &str,
    must_change: bool,
    at: Timestamp,
) -> Result<bool, StoreError> {
    let changed = diesel::update(user_account::table.find(user.0))
        .set((
            user_account::password_hash.eq(hash),
            user_account::must_change_password.eq(must_change),
            user_account::updated_at.eq(at.0),
        ))
        .execute(conn)
        .await?;
    Ok(changed == 1)
}

pub(crate) async fn seen(conn: &mut Conn, user: UserId, at: Timestamp) -> Result<(), StoreError> {
    diesel::update(user_account::table.find(user.0))
        .set(user_account::last_seen_at.eq(at.0))
        .execute(conn)
        .await?;
    Ok(())
}

pub(crate) async fn user_by_email(
    conn: &mut Conn,
    email: &str,
) -> Result<Option<(User, Option<String>)>, StoreError> {
    let owner: Option<i64> = identity::table
        .filter(identity::kind.eq("email").and(identity::value.eq(email.trim().to_lowercase())))
        .filter(identity::owner_kind.eq("user"))
        .select(identity::owner_id)
        .first(conn)
        .await
        .optional()?;
    let Some(id) = owner else {
        return Ok(None);
    };
    let (row, hash): (UserRow, Option<String>) = user_account::table
        .find(id)
        .select((UserRow::as_select(), user_account::password_hash))
        .first(conn)
        .await?;
    Ok(Some((row.try_into()?, hash)))
}

pub(crate) async fn users_by_ids(conn: &mut Conn, ids: Vec<UserId>) -> Result<Vec<User>, StoreError> {
    let ids: Vec<i64> = ids.into_iter().map(|id| id.0).collect();
    let rows = user_account::table.filter(user_account::id.eq_any(ids)).select(UserRow::as_select());
    users(rows.order(user_account::id).load(conn).await?)
}

pub(crate) async fn all_users(conn: &mut Conn, business: BusinessId) -> Result<Vec<User>, StoreError> {
    let rows =
        user_account::table.filter(user_account::business_id.eq(business.0)).select(UserRow::as_select());
    users(rows.order((user_account::first_name, user_account::last_name, user_account::id)).load(conn).await?)
}

pub(crate) async fn create_group(
    conn: &mut Conn,
    business: BusinessId,
    group: &Group,
    at: Timestamp,
) -> Result<(), StoreError> {
    let count: i64 =
        team_group::table.filter(team_group::business_id.eq(business.0)).count().get_result(conn).await?;
    diesel::insert_into(team_group::table)
        .values((
            team_group::id.eq(group.id.0),
            team_group::business_id.eq(business.0),
            team_group::name.eq(&group.name),
            team_group::position.eq(count),
            team_group::status.eq("active"),
            team_group::is_first.eq(count == 0),
            team_group::created_at.eq(at.0),
            team_group::updated_at.eq(at.0),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

pub(crate) async fn add_member(
    conn: &mut Conn,
    group: GroupId,
    user: UserId,
    at: Timestamp,
) -> Result<(), StoreError> {
    diesel::insert_into(group_member::table)
        .values((
            group_member::group_id.eq(group.0),
            group_member::user_id.eq(user.0),
            group_member::role.eq("agent"),
            group_member::created_at.eq(at.0),
        ))
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    Ok(())
}

pub(crate) async fn remove_member(conn: &mut Conn, group: GroupId, user: UserId) -> Result<bool, StoreError> {
    Ok(diesel::delete(group_member::table.find((group.0, user.0))).execute(conn).await? == 1)
}

pub(crate) async fn create_session(conn: &mut Conn, new: &Session) -> Result<(), StoreError> {
    diesel::insert_into(session::table)
        .values((
            session::token_hash.eq(&new.token_hash),
            session::user_id.eq(new.user_id.0),
            session::created_at.eq(new.created_at.0),
            session::last_used_at.eq(new.last_used_at.0),
            session::expires_at.eq(new.expires_at.0),
            session::user_agent.eq(&new.user_agent),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

pub(crate) async fn session(
    conn: &mut Conn,
    token_hash: Vec<u8>,
    now: Timestamp,
) -> Result<Option<(Session, User)>, StoreError> {
    type Row = (i64, i64, i64, Option<String>, UserRow);
    let row: Option<Row> = session::table
        .inner_join(user_account::table.on(user_account::id.eq(session::user_id)))
        .filter(session::token_hash.eq(&token_hash).and(session::expires_at.gt(now.0)))
        .filter(user_account::status.eq(UserStatus::Active.as_str()))
        .select((
            session::created_at,
            session::last_used_at,
            session::expires_at,
            session::user_agent,
            UserRow::as_select(),
        ))
        .first(conn)
        .await
        .optional()?;
    let Some((created_at, last_used_at, expires_at, user_agent, user)) = row else {
        return Ok(None);
    };
    let session = Session {
        token_hash,
        user_id: UserId(user.id),
        created_at: Timestamp(created_at),
        last_used_at: Timestamp(last_used_at),
        expires_at: Timestamp(expires_at),
        user_agent,
    };
    Ok(Some((session, user.try_into()?)))
}

/// The browsers a user is signed in with, last used first.
pub(crate) async fn sessions_of(
    conn: &mut Conn,
    user: UserId,
    now: Timestamp,
) -> Result<Vec<Session>, StoreError> {
    type Row = (Vec<u8>, i64, i64, i64, Option<String>);
    let rows: Vec<Row> = session::table
        .filter(session::user_id.eq(user.0).and(session::expires_at.gt(now.0)))
        .order(session::last_used_at.desc())
        .select((
            session::token_hash,
            session::created_at,
            session::last_used_at,
            session::expires_at,
            session::user_agent,
        ))
        .load(conn)
        .await?;
    let session = |(token_hash, created_at, last_used_at, expires_at, user_agent)| Session {
        token_hash,
        user_id: user,
        created_at: Timestamp(created_at),
        last_used_at: Timestamp(last_used_at),
        expires_at: Timestamp(expires_at),
        user_agent,
    };
    Ok(rows.into_iter().map(session).collect())
}

pub(crate) async fn touch_session(
    conn: &mut Conn,
    token_hash: &[u8],
    now: Timestamp,
    expires_at: Timestamp,
) -> Result<(), StoreError> {
    diesel::update(session::table.filter(session::token_hash.eq(token_hash)))
        .set((session::last_used_at.eq(now.0), session::expires_at.eq(expires_at.0)))
        .execute(conn)
        .await?;
    Ok(())
}

pub(crate) async fn delete_session(conn: &mut Conn, token_hash: &[u8]) -> Result<(), StoreError> {
    diesel::delete(session::table.filter(session::token_hash.eq(token_hash))).execute(conn).await?;
    Ok(())
}

pub(crate) async fn delete_sessions_of(conn: &mut Conn, user: UserId) -> Result<usize, StoreError> {
    Ok(diesel::delete(session::table.filter(session::user_id.eq(user.0))).execute(conn).await?)
}

pub(crate) async fn expired_sessions(conn: &mut Conn, now: Timestamp) -> Result<Vec<Vec<u8>>, StoreError> {
    let expired = session::table.filter(session::expires_at.le(now.0));
    Ok(expired.select(session::token_hash).load(conn).await?)
}

pub(crate) async fn end_expired_sessions(
    conn: &mut Conn,
    now: Timestamp,
) -> Result<Vec<Vec<u8>>, StoreError> {
    let ended = expired_sessions(conn, now).await?;
    diesel::delete(session::table.filter(session::token_hash.eq_any(&ended))).execute(conn).await?;
    Ok(ended)
}
