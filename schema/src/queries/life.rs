//! What the later life of conversations asks: sleepers that are due, drafts, messages to take back, how much somebody has to do.

use super::super::Conn;
use crate::error::StoreError;
use crate::records::{Draft, MarkOwner};
use crate::rows::clean;
use crate::tables::{contact, conversation, conversation_assignee, draft, identity, message, outbox};
use diesel::dsl::count_star;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use std::collections::HashMap;
use switchboard_engine::contact::{Contact, Identity, IdentityKind};
use switchboard_engine::ids::{BusinessId, ContactId, ConversationId, GroupId, MessageId, UserId};
use switchboard_engine::time::Timestamp;

/// Sleepers whose time has come, the earliest first.
pub(crate) async fn due_sleepers(
    conn: &mut Conn,
    now: Timestamp,
    limit: usize,
) -> Result<Vec<ConversationId>, StoreError> {
    let ids: Vec<i64> = conversation::table
        .filter(conversation::snoozed_until.is_not_null().and(conversation::snoozed_until.le(now.0)))
        .order(conversation::snoozed_until)
        .limit(limit as i64)
        .select(conversation::id)
        .load(conn)
        .await?;
    Ok(ids.into_iter().map(ConversationId).collect())
}

/// States of an outbox row that waits, and what each becomes while it is withdrawn.
const WITHDRAWN: [(&str, &str); 2] = [("queued", "withdrawn"), ("held", "withheld")];

/// Messages of a conversation that nobody has begun to send.
pub(crate) async fn queued(conn: &mut Conn, of: ConversationId) -> Result<Vec<MessageId>, StoreError> {
    let ids: Vec<i64> = outbox::table
        .filter(outbox::conversation_id.eq(of.0).and(outbox::state.eq_any(["queued", "held"])))
        .order(outbox::message_id)
        .select(outbox::message_id)
        .load(conn)
        .await?;
    Ok(ids.into_iter().map(MessageId).collect())
}

/// Takes such messages, or the one of them, out of everybody's reach and answers which those are.
pub(crate) async fn withdraw(
    conn: &mut Conn,
    of: ConversationId,
    only: Option<MessageId>,
) -> Result<Vec<MessageId>, StoreError> {
    let mut ids = Vec::new();
    for (waits, withdrawn) in WITHDRAWN {
        let waiting = outbox::conversation_id.eq(of.0).and(outbox::state.eq(waits));
        let set = outbox::state.eq(withdrawn);
        let taken: Vec<i64> = match only {
            Some(id) => {
                let one = waiting.and(outbox::message_id.eq(id.0));
                let update = diesel::update(outbox::table.filter(one)).set(set);
                update.returning(outbox::message_id).load(conn).await?
            }
            None => {
                let update = diesel::update(outbox::table.filter(waiting)).set(set);
                update.returning(outbox::message_id).load(conn).await?
            }
        };
        ids.extend(taken);
    }
    ids.sort_unstable();
    Ok(ids.into_iter().map(MessageId).collect())
}

/// What was withdrawn and then not cancelled after all waits again; of one conversation, or of all.
pub(crate) async fn put_back(conn: &mut Conn, of: Option<ConversationId>) -> Result<usize, StoreError> {
    let mut changed = 0;
    for (waits, withdrawn) in WITHDRAWN {
        let set = outbox::state.eq(waits);
        let withdrawn = outbox::state.eq(withdrawn);
        changed += match of {
            Some(id) => {
                let own = withdrawn.and(outbox::conversation_id.eq(id.0));
                diesel::update(outbox::table.filter(own)).set(set).execute(conn).await?
            }
            None => diesel::update(outbox::table.filter(withdrawn)).set(set).execute(conn).await?,
        };
    }
    Ok(changed)
}

/// Messages after `seq` that are not this user's own; notes count, broadcasts, which nobody answers to, do not.
pub(crate) async fn newer_of_others(
    conn: &mut Conn,
    conversation: ConversationId,
    seq: i64,
    user: UserId,
) -> Result<i64, StoreError> {
    let own = message::sender_kind.eq("user").and(message::sender_id.eq(user.0).assume_not_null());
    Ok(message::table
        .filter(message::conversation_id.eq(conversation.0).and(message::seq.gt(seq)))
        .filter(diesel::dsl::not(own).and(message::sender_kind.ne("broadcast")))
        .count()
        .get_result(conn)
        .await?)
}

pub(crate) async fn draft(
    conn: &mut Conn,
    conversation: ConversationId,
    user: UserId,
) -> Result<Option<Draft>, StoreError> {
    let row: Option<(String, i64)> = draft::table
        .find((conversation.0, user.0))
        .select((draft::body, draft::updated_at))
        .first(conn)
        .await
        .optional()?;
    Ok(row.map(|(text, at)| Draft { text, updated_at: Timestamp(at) }))
}

pub(crate) async fn set_draft(
    conn: &mut Conn,
    conversation: ConversationId,
    user: UserId,
    new: &Draft,
) -> Result<(), StoreError> {
    let (body, at) = (clean(&new.text), new.updated_at.0);
    diesel::insert_into(draft::table)
        .values((
            draft::conversation_id.eq(conversation.0),
            draft::user_id.eq(user.0),
            draft::body.eq(&body),
            draft::updated_at.eq(at),
        ))
        .on_conflict((draft::conversation_id, draft::user_id))
        .do_update()
        .set((draft::body.eq(&body), draft::updated_at.eq(at)))
        .execute(conn)
        .await?;
    Ok(())
}

/// False when there was none.
pub(crate) async fn delete_draft(
    conn: &mut Conn,
    conversation: ConversationId,
    user: UserId,
) -> Result<bool, StoreError> {
    Ok(diesel::delete(draft::table.find((conversation.0, user.0))).execute(conn).await? == 1)
}

/// How many open conversations of a group each of its people answers.
pub(crate) async fn open_work(conn: &mut Conn, group: GroupId) -> Result<HashMap<UserId, i64>, StoreError> {
    let rows: Vec<(i64, i64)> = conversation_assignee::table
        .inner_join(conversation::table.on(conversation::id.eq(conversation_assignee::conversation_id)))
        .filter(conversation_assignee::is_open.eq(true).and(conversation::group_id.eq(group.0)))
        .group_by(conversation_assignee::user_id)
        .select((conversation_assignee::user_id, count_star()))
        .load(conn)
        .await?;
    Ok(rows.into_iter().map(|(user, count)| (UserId(user), count)).collect())
}

/// Whom a mark belongs to, customer or colleague.
pub(crate) async fn owner_of(
    conn: &mut Conn,
    business: BusinessId,
    mark: &Identity,
) -> Result<Option<MarkOwner>, StoreError> {
    let row: Option<(String, i64)> = identity::table
        .find((business.0, mark.kind().as_str(), mark.value()))
        .select((identity::owner_kind, identity::owner_id))
        .first(conn)
        .await
        .optional()?;
    row.map(|(kind, id)| match kind.as_str() {
        "contact" => Ok(MarkOwner::Contact(ContactId(id))),
        "user" => Ok(MarkOwner::User(UserId(id))),
        _ => Err(StoreError::corrupt("identity.owner_kind", &kind)),
    })
    .transpose()
}

/// A contact of the business with all their marks.
pub(crate) async fn contact_with_marks(
    conn: &mut Conn,
    business: BusinessId,
    id: ContactId,
) -> Result<Option<(Contact, Vec<Identity>)>, StoreError> {
    let row = contact::table
        .find(id.0)
        .filter(contact::business_id.eq(business.0))
        .select(crate::rows::contact::ContactRow::as_select())
        .first(conn)
        .await
        .optional()?;
    let Some(row) = row else { return Ok(None) };
    let marks: Vec<(String, String)> = identity::table
        .filter(identity::owner_kind.eq("contact").and(identity::owner_id.eq(id.0)))
        .order((identity::kind, identity::created_at, identity::value))
        .select((identity::kind, identity::value))
        .load(conn)
        .await?;
    let marks =
        marks.into_iter().filter_map(|(kind, value)| Identity::new(IdentityKind::parse(&kind)?, value));
    Ok(Some((row.try_into()?, marks.collect())))
}
