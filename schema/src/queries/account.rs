//! Accounts: adding people, changing them, and the rule that an admin is left.

use super::super::Conn;
use super::team::{UserRow, create_user};
use super::{links, mail};
use crate::error::{Constraint, StoreError};
use crate::records::{Account, Invitation, MailState, NewAccount, Purpose, Taken, UserChange, UserStatus};
use crate::rows::word;
use crate::tables::{
    access_link, business, contact, group_member, identity, mail as mail_table, second_factor, session,
    user_account,
};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use std::collections::HashMap;
use switchboard_engine::ids::{BusinessId, GroupId, UserId};
use switchboard_engine::time::Timestamp;
use switchboard_engine::user::Role;

/// Makes every change of roles and status wait for its turn: two admins who demote each other at the same moment must not both win.
async fn take_turn(conn: &mut Conn, business: BusinessId) -> Result<(), StoreError> {
    let row = diesel::update(business::table.find(business.0));
    row.set(business::updated_at.eq(business::updated_at)).execute(conn).await?;
    Ok(())
}

pub(crate) async fn create(
    conn: &mut Conn,
    business: BusinessId,
    new: &NewAccount,
    at: Timestamp,
) -> Result<(), StoreError> {
    create_user(conn, business, &new.user, at).await?;
    if let Some(mobile) = &new.mobile {
        set_mobile(conn, business, new.user.id, Some(mobile), at).await?;
        let row = diesel::update(user_account::table.find(new.user.id.0));
        row.set(user_account::mobile.eq(mobile)).execute(conn).await?;
    }
    for (group, role) in &new.groups {
        diesel::insert_into(group_member::table)
            .values((
                group_member::group_id.eq(group.0),
                group_member::user_id.eq(new.user.id.0),
                group_member::role.eq(role.as_str()),
                group_member::created_at.eq(at.0),
            ))
            .execute(conn)
            .await?;
    }
    mail::insert(conn, &new.mail, at).await?;
    links::insert(conn, new.user.id, &new.link, new.mail.id, at).await
}

/// Whom the first taken one of these marks belongs to; marks of `except` are free to it.
pub(crate) async fn taken(
    conn: &mut Conn,
    business: BusinessId,
    marks: Vec<(&'static str, String)>,
    except: Option<UserId>,
) -> Result<Option<Taken>, StoreError> {
    for (kind, value) in marks {
        let owner: Option<(String, i64)> = identity::table
            .find((business.0, kind, value))
            .select((identity::owner_kind, identity::owner_id))
            .first(conn)
            .await
            .optional()?;
        let Some((owner_kind, id)) = owner else { continue };
        if owner_kind == "user" && except == Some(UserId(id)) {
            continue;
        }
        let status: Option<String> = if owner_kind == "user" {
            user_account::table.find(id).select(user_account::status).first(conn).await.optional()?
        } else {
            contact::table.find(id).select(contact::status).first(conn).await.optional()?
        };
        let archived = status.is_some_and(|status| status == "deactivated" || status == "archived");
        return Ok(Some(Taken { kind: kind.to_owned(), owner_kind, archived }));
    }
    Ok(None)
}

/// False when there is no such user.
pub(crate) async fn change(
    conn: &mut Conn,
    business: BusinessId,
    user: UserId,
    change: &UserChange,
    at: Timestamp,
) -> Result<bool, StoreError> {
    take_turn(conn, business).await?;
    let before: Option<(String, String)> = user_account::table
        .find(user.0)
        .filter(user_account::business_id.eq(business.0))
        .select((user_account::role, user_account::status))
        .first(conn)
        .await
        .optional()?;
    let Some((role, status)) = before else { return Ok(false) };
    let was_admin = role == Role::Admin.as_str() && status == UserStatus::Active.as_str();
    let loses_role = change.role.is_some_and(|role| role != Role::Admin);
    let loses_status = change.status.is_some_and(|status| status != UserStatus::Active);
    if was_admin && (loses_role || loses_status) && !other_admin(conn, business, user).await? {
        return Err(StoreError::conflict(Constraint::LastAdmin));
    }
    if let Some(mobile) = change.mobile.write(Option::<&String>::cloned) {
        set_mobile(conn, business, user, mobile.as_deref(), at).await?;
    }
    write(conn, user, change, at).await?;
    Ok(true)
}

async fn other_admin(conn: &mut Conn, business: BusinessId, than: UserId) -> Result<bool, StoreError> {
    let others = user_account::table
        .filter(user_account::business_id.eq(business.0).and(user_account::id.ne(than.0)))
        .filter(user_account::role.eq(Role::Admin.as_str()))
        .filter(user_account::status.eq(UserStatus::Active.as_str()));
    Ok(diesel::select(diesel::dsl::exists(others.select(user_account::id))).get_result(conn).await?)
}

async fn write(conn: &mut Conn, user: UserId, change: &UserChange, at: Timestamp) -> Result<(), StoreError> {
    use user_account as to;
    diesel::update(user_account::table.find(user.0))
        .set((
            change.first_name.as_ref().map(|name| to::first_name.eq(name)),
            change.last_name.as_ref().map(|name| to::last_name.eq(name)),
            change.mobile.write(|mobile| to::mobile.eq(mobile)),
            change.role.map(|role| to::role.eq(role.as_str())),
            change.status.map(|status| to::status.eq(status.as_str())),
            change.locale.write(|locale| to::locale.eq(locale)),
            change.time_zone.write(|zone| to::time_zone.eq(zone)),
            change.notify_enabled.map(|on| to::notify_enabled.eq(on)),
            change.email_on_assignment.map(|on| to::email_on_assignment.eq(on)),
            to::updated_at.eq(at.0),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// A mobile number is an identity, like the address.
async fn set_mobile(
    conn: &mut Conn,
    business: BusinessId,
    user: UserId,
    mobile: Option<&str>,
    at: Timestamp,
) -> Result<(), StoreError> {
    let theirs = identity::table
        .filter(identity::owner_kind.eq("user").and(identity::owner_id.eq(user.0)))
        .filter(identity::kind.eq("phone"));
    diesel::delete(theirs).execute(conn).await?;
    let Some(mobile) = mobile else { return Ok(()) };
    diesel::insert_into(identity::table)
        .values((
            identity::business_id.eq(business.0),
            identity::kind.eq("phone"),
            identity::value.eq(mobile),
            identity::owner_kind.eq("user"),
            identity::owner_id.eq(user.0),
            identity::verified.eq(false),
            identity::created_at.eq(at.0),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Everybody, or one.
pub(crate) async fn accounts(
    conn: &mut Conn,
    business: BusinessId,
    only: Option<UserId>,
) -> Result<Vec<Account>, StoreError> {
    type Row = (UserRow, Option<String>, bool, bool);
    let mut rows = user_account::table.filter(user_account::business_id.eq(business.0)).into_boxed();
    if let Some(user) = only {
        rows = rows.filter(user_account::id.eq(user.0));
    }
    let rows: Vec<Row> = rows
        .order((user_account::first_name, user_account::last_name, user_account::id))
        .select((
            UserRow::as_select(),
            user_account::mobile,
            user_account::notify_enabled,
            user_account::email_on_assignment,
        ))
        .load(conn)
        .await?;
    let guarded: Vec<i64> = second_factor::table
        .filter(second_factor::confirmed.eq(true))
        .select(second_factor::user_id)
        .load(conn)
        .await?;
    let mut memberships = memberships(conn).await?;
    let mut invitations = invitations(conn).await?;
    rows.into_iter()
        .map(|(row, mobile, notify_enabled, email_on_assignment)| {
            let user = crate::records::User::try_from(row)?;
            let waits = user.status == UserStatus::Invited || user.must_change_password;
            let invitation = invitations.remove(&user.id.0).filter(|_| waits);
            Ok(Account {
                mobile,
                notify_enabled,
                email_on_assignment,
                second_factor: guarded.contains(&user.id.0),
                groups: memberships.remove(&user.id.0).unwrap_or_default(),
                invitation,
                user,
            })
        })
        .collect()
}

async fn memberships(conn: &mut Conn) -> Result<HashMap<i64, Vec<(GroupId, Role)>>, StoreError> {
    let rows: Vec<(i64, i64, String)> = group_member::table
        .order(group_member::group_id)
        .select((group_member::user_id, group_member::group_id, group_member::role))
        .load(conn)
        .await?;
    let mut all: HashMap<i64, Vec<(GroupId, Role)>> = HashMap::new();
    for (user, group, role) in rows {
        let role = word("group_member.role", &role, Role::parse)?;
        all.entry(user).or_default().push((GroupId(group), role));
    }
    Ok(all)
}

/// The newest invitation of everybody who has one.
async fn invitations(conn: &mut Conn) -> Result<HashMap<i64, Invitation>, StoreError> {
    let rows: Vec<(i64, i64, String, Option<String>)> = access_link::table
        .inner_join(mail_table::table.on(mail_table::id.eq(access_link::mail_id)))
        .filter(access_link::purpose.ne(Purpose::Reset.as_str()))
        .order(access_link::id)
        .select((access_link::user_id, access_link::expires_at, mail_table::state, mail_table::detail))
        .load(conn)
        .await?;
    let mut newest = HashMap::new();
    for (user, expires_at, state, detail) in rows {
        let state = word("mail.state", &state, MailState::parse)?;
        newest.insert(user, Invitation { state, detail, expires_at: Timestamp(expires_at) });
    }
    Ok(newest)
}

/// Those of these users who are active and want a mail when a conversation becomes theirs.
pub(crate) async fn who_wants_assignment_mail(
    conn: &mut Conn,
    users: Vec<UserId>,
) -> Result<Vec<UserId>, StoreError> {
    let ids: Vec<i64> = users.into_iter().map(|id| id.0).collect();
    let wanted: Vec<i64> = user_account::table
        .filter(user_account::id.eq_any(ids).and(user_account::email_on_assignment.eq(true)))
        .filter(user_account::status.eq(UserStatus::Active.as_str()))
        .order(user_account::id)
        .select(user_account::id)
        .load(conn)
        .await?;
    Ok(wanted.into_iter().map(UserId).collect())
}

/// Ends sessions of a user, all but `keep`; answers their hashes, because sockets hang on them.
pub(crate) async fn end_sessions(
    conn: &mut Conn,
    user: UserId,
    keep: Option<&[u8]>,
) -> Result<Vec<Vec<u8>>, StoreError> {
    let all: Vec<Vec<u8>> =
        session::table.filter(session::user_id.eq(user.0)).select(session::token_hash).load(conn).await?;
    let ended: Vec<Vec<u8>> = all.into_iter().filter(|hash| keep != Some(hash.as_slice())).collect();
    diesel::delete(session::table.filter(session::token_hash.eq_any(&ended))).execute(conn).await?;
    Ok(ended)
}

pub(crate) async fn deactivate(
    conn: &mut Conn,
    business: BusinessId,
    user: UserId,
    at: Timestamp,
) -> Result<Option<Vec<Vec<u8>>>, StoreError> {
    let gone = UserChange { status: Some(UserStatus::Deactivated), ..UserChange::default() };
    if !change(conn, business, user, &gone, at).await? {
        return Ok(None);
    }
    links::revoke(conn, user, None, at).await?;
    end_sessions(conn, user, None).await.map(Some)
}

/// Whoever changes their password ends every other session, and every link that could set another one.
pub(crate) async fn change_password(
    conn: &mut Conn,
    user: UserId,
    hash: &str,
    keep: &[u8],
    at: Timestamp,
) -> Result<Vec<Vec<u8>>, StoreError> {
    super::team::set_password(conn, user, hash, false, at).await?;
    links::revoke(conn, user, None, at).await?;
    end_sessions(conn, user, Some(keep)).await
}
