//! Who may see what: memberships, the life of groups, lists of viewers, and the business's own choices.

use super::super::Conn;
use crate::error::StoreError;
use crate::records::{Business, Group, Membership};
use crate::rows::word;
use crate::tables::{
    business, contact, contact_visibility, conversation, conversation_assignee, conversation_visibility,
    group_member, team_group,
};
use diesel::dsl::{exists, not, sql};
use diesel::prelude::*;
use diesel::sql_types::Bool;
use diesel_async::RunQueryDsl;
use switchboard_engine::ids::{BusinessId, ContactId, ConversationId, GroupId, UserId};
use switchboard_engine::time::Timestamp;
use switchboard_engine::user::Role;

pub(crate) async fn memberships(
    conn: &mut Conn,
    business: BusinessId,
) -> Result<Vec<Membership>, StoreError> {
    let rows: Vec<(i64, i64, String)> = group_member::table
        .inner_join(team_group::table.on(team_group::id.eq(group_member::group_id)))
        .filter(team_group::business_id.eq(business.0))
        .order((group_member::user_id, group_member::group_id))
        .select((group_member::group_id, group_member::user_id, group_member::role))
        .load(conn)
        .await?;
    let one = |(group, user, role): (i64, i64, String)| {
        let role = word("group_member.role", &role, Role::parse)?;
        Ok(Membership { group_id: GroupId(group), user_id: UserId(user), role })
    };
    rows.into_iter().map(one).collect()
}

/// Makes these and only these the members of a group.
pub(crate) async fn set_team(
    conn: &mut Conn,
    group: GroupId,
    members: &[Membership],
    at: Timestamp,
) -> Result<(), StoreError> {
    let kept: Vec<i64> = members.iter().map(|member| member.user_id.0).collect();
    diesel::delete(
        group_member::table
            .filter(group_member::group_id.eq(group.0).and(group_member::user_id.ne_all(kept))),
    )
    .execute(conn)
    .await?;
    for member in members {
        set_member(conn, *member, at).await?;
    }
    Ok(())
}

/// Adds a member, or gives one another role.
pub(crate) async fn set_member(conn: &mut Conn, member: Membership, at: Timestamp) -> Result<(), StoreError> {
    diesel::insert_into(group_member::table)
        .values((
            group_member::group_id.eq(member.group_id.0),
            group_member::user_id.eq(member.user_id.0),
            group_member::role.eq(member.role.as_str()),
            group_member::created_at.eq(at.0),
        ))
        .on_conflict((group_member::group_id, group_member::user_id))
        .do_update()
        .set(group_member::role.eq(member.role.as_str()))
        .execute(conn)
        .await?;
    Ok(())
}

/// Every group, the archived ones too, in their order.
pub(crate) async fn groups(conn: &mut Conn, business: BusinessId) -> Result<Vec<Group>, StoreError> {
    let rows: Vec<(i64, String, i64, String, bool)> = team_group::table
        .filter(team_group::business_id.eq(business.0))
        .order((team_group::is_first.desc(), team_group::position, team_group::id))
        .select((
            team_group::id,
            team_group::name,
            team_group::position,
            team_group::status,
            team_group::is_first,
        ))
        .load(conn)
        .await?;
    let one = |(id, name, position, status, is_first): (i64, String, i64, String, bool)| Group {
        id: GroupId(id),
        name,
        position,
        archived: status == "archived",
        is_first,
    };
    Ok(rows.into_iter().map(one).collect())
}

pub(crate) async fn change_group(conn: &mut Conn, group: &Group, at: Timestamp) -> Result<bool, StoreError> {
    let status = if group.archived { "archived" } else { "active" };
    let changed = diesel::update(team_group::table.find(group.id.0))
        .set((
            team_group::name.eq(&group.name),
            team_group::position.eq(group.position),
            team_group::status.eq(status),
            team_group::updated_at.eq(at.0),
        ))
        .execute(conn)
        .await?;
    Ok(changed == 1)
}

/// Archives a group without open conversations; false when it has some.
pub(crate) async fn archive_group(
    conn: &mut Conn,
    group: GroupId,
    at: Timestamp,
) -> Result<bool, StoreError> {
    let open = conversation::table
        .filter(conversation::group_id.eq(group.0))
        .filter(sql::<Bool>("conversation.status = 'open'"));
    let changed = diesel::update(team_group::table.find(group.0))
        .filter(not(exists(open.select(conversation::id))))
        .set((team_group::status.eq("archived"), team_group::updated_at.eq(at.0)))
        .execute(conn)
        .await?;
    Ok(changed == 1)
}

/// Open conversations a user answers, in one group or in all.
pub(crate) async fn open_work_of(
    conn: &mut Conn,
    user: UserId,
    group: Option<GroupId>,
) -> Result<Vec<ConversationId>, StoreError> {
    let mut query = conversation_assignee::table
        .inner_join(conversation::table.on(conversation::id.eq(conversation_assignee::conversation_id)))
        .filter(conversation_assignee::user_id.eq(user.0).and(conversation_assignee::is_open.eq(true)))
        .order(conversation::id)
        .select(conversation::id)
        .into_boxed();
    if let Some(group) = group {
        query = query.filter(conversation::group_id.eq(group.0));
    }
    Ok(query.load::<i64>(conn).await?.into_iter().map(ConversationId).collect())
}

pub(crate) async fn contact_viewers(conn: &mut Conn, of: ContactId) -> Result<Vec<UserId>, StoreError> {
    let users: Vec<i64> = contact_visibility::table
        .filter(contact_visibility::contact_id.eq(of.0))
        .order(contact_visibility::user_id)
        .select(contact_visibility::user_id)
        .load(conn)
        .await?;
    Ok(users.into_iter().map(UserId).collect())
}

pub(crate) async fn contact_business(
    conn: &mut Conn,
    of: ContactId,
) -> Result<Option<BusinessId>, StoreError> {
    let id: Option<i64> =
        contact::table.find(of.0).select(contact::business_id).first(conn).await.optional()?;
    Ok(id.map(BusinessId))
}

/// False when there is no such contact in the business.
pub(crate) async fn set_contact_viewers(
    conn: &mut Conn,
    business: BusinessId,
    of: ContactId,
    users: &[UserId],
) -> Result<bool, StoreError> {
    let known = contact::table.find(of.0).filter(contact::business_id.eq(business.0)).select(contact::id);
    if !diesel::select(exists(known)).get_result::<bool>(conn).await? {
        return Ok(false);
    }
    diesel::delete(contact_visibility::table.filter(contact_visibility::contact_id.eq(of.0)))
        .execute(conn)
        .await?;
    for user in users {
        diesel::insert_into(contact_visibility::table)
            .values((contact_visibility::contact_id.eq(of.0), contact_visibility::user_id.eq(user.0)))
            .execute(conn)
            .await?;
    }
    Ok(true)
}

/// Conversations that only some may see, each with its group and who they are.
pub(crate) async fn restricted(
    conn: &mut Conn,
    business: BusinessId,
) -> Result<Vec<(ConversationId, GroupId, Vec<UserId>)>, StoreError> {
    let rows: Vec<(i64, i64, Option<i64>)> = conversation::table
        .left_join(
            conversation_visibility::table.on(conversation_visibility::conversation_id.eq(conversation::id)),
        )
        .filter(conversation::business_id.eq(business.0).and(conversation::restricted.eq(true)))
        .order(conversation::id)
        .select((conversation::id, conversation::group_id, conversation_visibility::user_id.nullable()))
        .load(conn)
        .await?;
    let mut all: Vec<(ConversationId, GroupId, Vec<UserId>)> = Vec::new();
    for (id, group, user) in rows {
        if all.last().is_none_or(|(last, ..)| last.0 != id) {
            all.push((ConversationId(id), GroupId(group), Vec::new()));
        }
        if let Some((.., list)) = all.last_mut() {
            list.extend(user.map(UserId));
        }
    }
    Ok(all)
}

pub(crate) async fn change_business(
    conn: &mut Conn,
    changed: &Business,
    at: Timestamp,
) -> Result<bool, StoreError> {
    let settings = serde_json::to_string(&changed.settings).unwrap_or_else(|_| "{}".to_owned());
    let rows = diesel::update(business::table.find(changed.id.0))
        .set((
            business::name.eq(&changed.name),
            business::country.eq(&changed.country),
            business::time_zone.eq(&changed.time_zone),
            business::currency.eq(&changed.currency),
            business::settings.eq(settings),
            business::updated_at.eq(at.0),
        ))
        .execute(conn)
        .await?;
    Ok(rows == 1)
}
