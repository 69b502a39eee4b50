//! Announcements by mail: frozen with their audience in one transaction, then one recipient at a time.

use super::super::Conn;
use super::email_consent::{has_address, opted_out};
use crate::error::StoreError;
use crate::records::{
    Announcement, ClaimedRecipient, DueRecipient, MailOutcome, Recipient, RecipientCounts, RecipientState,
    SkipReason,
};
use crate::rows::{clean, word};
use crate::tables::{contact, email_announcement, email_recipient};
use diesel::dsl::not;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text};
use diesel_async::RunQueryDsl;
use switchboard_engine::ids::{AnnouncementId, BusinessId, ChannelId, ContactId, UserId};
use switchboard_engine::time::Timestamp;

const QUEUED: &str = RecipientState::Queued.as_str();
const SENDING: &str = RecipientState::Sending.as_str();
const SKIPPED: &str = RecipientState::Skipped.as_str();

#[derive(Queryable, Selectable)]
#[diesel(table_name = email_announcement)]
struct AnnouncementRow {
    id: i64,
    business_id: i64,
    channel_id: i64,
    client_id: String,
    subject: String,
    body: String,
    created_by: i64,
    created_at: i64,
    stopped_at: Option<i64>,
}

impl From<AnnouncementRow> for Announcement {
    fn from(row: AnnouncementRow) -> Self {
        Self {
            id: AnnouncementId(row.id),
            business_id: BusinessId(row.business_id),
            channel_id: ChannelId(row.channel_id),
            client_id: row.client_id,
            subject: row.subject,
            body: row.body,
            created_by: UserId(row.created_by),
            created_at: Timestamp(row.created_at),
            stopped_at: row.stopped_at.map(Timestamp),
        }
    }
}

/// Stores an announcement and everybody it is for. What was stored under this `client_id` before is the answer, and nothing changes.
pub(crate) async fn create(conn: &mut Conn, new: &Announcement) -> Result<(Announcement, bool), StoreError> {
    let inserted = diesel::insert_into(email_announcement::table)
        .values((
            email_announcement::id.eq(new.id.0),
            email_announcement::business_id.eq(new.business_id.0),
            email_announcement::channel_id.eq(new.channel_id.0),
            email_announcement::client_id.eq(clean(&new.client_id)),
            email_announcement::subject.eq(clean(&new.subject)),
            email_announcement::body.eq(clean(&new.body)),
            email_announcement::created_by.eq(new.created_by.0),
            email_announcement::created_at.eq(new.created_at.0),
        ))
        .on_conflict((email_announcement::business_id, email_announcement::client_id))
        .do_nothing()
        .execute(conn)
        .await?;
    if inserted == 0 {
        let row: AnnouncementRow = email_announcement::table
            .filter(email_announcement::business_id.eq(new.business_id.0))
            .filter(email_announcement::client_id.eq(clean(&new.client_id)))
            .select(AnnouncementRow::as_select())
            .first(conn)
            .await?;
        return Ok((row.into(), false));
    }
    freeze(conn, new).await?;
    Ok((new.clone(), true))
}

async fn freeze(conn: &mut Conn, new: &Announcement) -> Result<(), StoreError> {
    let columns = (
        email_recipient::announcement_id,
        email_recipient::contact_id,
        email_recipient::state,
        email_recipient::reason,
        email_recipient::attempt,
        email_recipient::due_at,
        email_recipient::at,
    );
    let (id, at) = (new.id.0, new.created_at.0);
    macro_rules! settle {
        ($who:expr, $state:expr, $reason:expr) => {
            diesel::insert_into(email_recipient::table)
                .values(contact::table.filter(has_address(new.business_id.0)).filter($who).select((
                    id.into_sql::<BigInt>(),
                    contact::id,
                    $state.into_sql::<Text>(),
                    $reason.into_sql::<Nullable<Text>>(),
                    0_i64.into_sql::<BigInt>(),
                    at.into_sql::<BigInt>(),
                    at.into_sql::<BigInt>(),
                )))
                .into_columns(columns)
                .execute(conn)
                .await?
        };
    }
    settle!(not(opted_out()), QUEUED, None::<&str>);
    settle!(opted_out(), SKIPPED, Some(SkipReason::OptedOut.as_str()));
    Ok(())
}

pub(crate) async fn find(conn: &mut Conn, id: AnnouncementId) -> Result<Option<Announcement>, StoreError> {
    let row: Option<AnnouncementRow> = email_announcement::table
        .find(id.0)
        .select(AnnouncementRow::as_select())
        .first(conn)
        .await
        .optional()?;
    Ok(row.map(Announcement::from))
}

/// The newest first.
pub(crate) async fn of_channel(
    conn: &mut Conn,
    of: ChannelId,
    limit: i64,
) -> Result<Vec<Announcement>, StoreError> {
    let rows: Vec<AnnouncementRow> = email_announcement::table
        .filter(email_announcement::channel_id.eq(of.0))
        .order(email_announcement::id.desc())
        .limit(limit)
        .select(AnnouncementRow::as_select())
        .load(conn)
        .await?;
    Ok(rows.into_iter().map(Announcement::from).collect())
}

pub(crate) async fn counts(conn: &mut Conn, of: AnnouncementId) -> Result<RecipientCounts, StoreError> {
    let rows: Vec<(String, i64)> = email_recipient::table
        .filter(email_recipient::announcement_id.eq(of.0))
        .group_by(email_recipient::state)
        .select((email_recipient::state, diesel::dsl::count_star()))
        .load(conn)
        .await?;
    let mut counts = RecipientCounts::default();
    for (state, count) in rows {
        *counts.of(word("email_recipient.state", &state, RecipientState::parse)?) = count;
    }
    Ok(counts)
}

/// Recipients after a contact, in the order of contacts, all or those in one state.
pub(crate) async fn recipients(
    conn: &mut Conn,
    of: AnnouncementId,
    state: Option<RecipientState>,
    after: ContactId,
    limit: i64,
) -> Result<Vec<Recipient>, StoreError> {
    type Row = (i64, String, Option<String>, String, Option<String>, Option<String>, i64);
    let mut query = email_recipient::table
        .inner_join(contact::table.on(contact::id.eq(email_recipient::contact_id)))
        .filter(email_recipient::announcement_id.eq(of.0).and(email_recipient::contact_id.gt(after.0)))
        .into_boxed();
    if let Some(state) = state {
        query = query.filter(email_recipient::state.eq(state.as_str()));
    }
    let rows: Vec<Row> = query
        .order(email_recipient::contact_id)
        .limit(limit)
        .select((
            email_recipient::contact_id,
            contact::display_name,
            contact::email,
            email_recipient::state,
            email_recipient::reason,
            email_recipient::detail,
            email_recipient::at,
        ))
        .load(conn)
        .await?;
    let one = |(contact, name, email, state, reason, detail, at): Row| {
        let state = word("email_recipient.state", &state, RecipientState::parse)?;
        let (contact_id, at) = (ContactId(contact), Timestamp(at));
        Ok(Recipient { contact_id, name, email, state, reason, detail, at })
    };
    rows.into_iter().map(one).collect()
}

/// Whose turn has come first.
pub(crate) async fn next_due(conn: &mut Conn, now: Timestamp) -> Result<Option<DueRecipient>, StoreError> {
    let row: Option<(i64, i64, Option<i64>, i64)> = email_recipient::table
        .filter(email_recipient::state.eq(QUEUED).and(email_recipient::due_at.le(now.0)))
        .order((email_recipient::due_at, email_recipient::announcement_id, email_recipient::contact_id))
        .select((
            email_recipient::announcement_id,
            email_recipient::contact_id,
            email_recipient::mail_id,
            email_recipient::attempt,
        ))
        .first(conn)
        .await
        .optional()?;
    Ok(row.map(|(announcement, contact, mail_id, attempt)| DueRecipient {
        announcement_id: AnnouncementId(announcement),
        contact_id: ContactId(contact),
        mail_id,
        attempt,
    }))
}

/// Asks once more whether somebody is to be mailed, and notes an attempt before it is made.
pub(crate) async fn claim(
    conn: &mut Conn,
    due: &DueRecipient,
    mail_id: i64,
    at: Timestamp,
) -> Result<ClaimedRecipient, StoreError> {
    type Found = (String, String, Option<i64>, String, bool, Option<String>, String, bool);
    let row = email_recipient::table.find((due.announcement_id.0, due.contact_id.0));
    let row = row.filter(email_recipient::state.eq(QUEUED).and(email_recipient::attempt.eq(due.attempt)));
    let found: Option<Found> = email_announcement::table
        .inner_join(contact::table.on(contact::id.eq(due.contact_id.0)))
        .filter(email_announcement::id.eq(due.announcement_id.0))
        .select((
            email_announcement::subject,
            email_announcement::body,
            email_announcement::stopped_at,
            contact::display_name,
            contact::name_is_placeholder,
            contact::email,
            contact::status,
            opted_out(),
        ))
        .first(conn)
        .await
        .optional()?;
    let Some((subject, body, stopped_at, name, is_placeholder, email, status, opted_out)) = found else {
        return Ok(ClaimedRecipient::Changed);
    };
    let reason = if stopped_at.is_some() {
        Some(SkipReason::Stopped)
    } else if opted_out {
        Some(SkipReason::OptedOut)
    } else {
        (status != "active" || email.is_none()).then_some(SkipReason::Gone)
    };
    if let Some(reason) = reason {
        let skipped = (
            email_recipient::state.eq(SKIPPED),
            email_recipient::reason.eq(reason.as_str()),
            email_recipient::at.eq(at.0),
        );
        diesel::update(row).set(skipped).execute(conn).await?;
        return Ok(ClaimedRecipient::Skipped);
    }
    let ours = (
        email_recipient::state.eq(SENDING),
        email_recipient::attempt.eq(due.attempt + 1),
        email_recipient::mail_id.eq(mail_id),
        email_recipient::at.eq(at.0),
    );
    if diesel::update(row).set(ours).execute(conn).await? != 1 {
        return Ok(ClaimedRecipient::Changed);
    }
    let to_name = (!is_placeholder).then_some(name);
    Ok(ClaimedRecipient::Ours { to: email.unwrap_or_default(), to_name, subject, body })
}

/// What became of an attempt. Of somebody who was erased meanwhile nothing is kept that names them.
pub(crate) async fn finish(
    conn: &mut Conn,
    of: &DueRecipient,
    outcome: &MailOutcome,
    at: Timestamp,
) -> Result<(), StoreError> {
    let known: i64 = contact::table
        .filter(contact::id.eq(of.contact_id.0).and(contact::email.is_not_null()))
        .count()
        .get_result(conn)
        .await?;
    let (state, due_at, detail) = match outcome {
        MailOutcome::Sent { detail } => (RecipientState::Sent, at, detail.as_deref()),
        MailOutcome::Again { due_at, detail } => (RecipientState::Queued, *due_at, Some(detail.as_str())),
        MailOutcome::Failed { detail } => (RecipientState::Failed, at, Some(detail.as_str())),
    };
    let row = email_recipient::table.find((of.announcement_id.0, of.contact_id.0));
    diesel::update(row.filter(email_recipient::state.eq(SENDING)))
        .set((
            email_recipient::state.eq(state.as_str()),
            email_recipient::due_at.eq(due_at.0),
            email_recipient::detail.eq(detail.filter(|_| known == 1).map(clean)),
            email_recipient::at.eq(at.0),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// What a process that is gone was sending: nobody knows whether it arrived.
pub(crate) async fn give_up_interrupted(conn: &mut Conn, at: Timestamp) -> Result<usize, StoreError> {
    let under_way = email_recipient::table.filter(email_recipient::state.eq(SENDING));
    let unknown = RecipientState::Unknown.as_str();
    let given_up = diesel::update(under_way)
        .set((email_recipient::state.eq(unknown), email_recipient::at.eq(at.0)))
        .execute(conn)
        .await?;
    Ok(given_up)
}

/// Whoever was not mailed yet is not mailed.
pub(crate) async fn stop(conn: &mut Conn, of: AnnouncementId, at: Timestamp) -> Result<(), StoreError> {
    let running = email_announcement::table.find(of.0).filter(email_announcement::stopped_at.is_null());
    diesel::update(running).set(email_announcement::stopped_at.eq(at.0)).execute(conn).await?;
    let waiting = email_recipient::announcement_id.eq(of.0).and(email_recipient::state.eq(QUEUED));
    diesel::update(email_recipient::table.filter(waiting))
        .set((
            email_recipient::state.eq(SKIPPED),
            email_recipient::reason.eq(SkipReason::Stopped.as_str()),
            email_recipient::at.eq(at.0),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Nothing that was said about somebody is kept; that there was a mail is.
pub(crate) async fn forget(conn: &mut Conn, contact: ContactId) -> Result<(), StoreError> {
    let theirs = email_recipient::contact_id.eq(contact.0);
    diesel::update(email_recipient::table.filter(theirs))
        .set(email_recipient::detail.eq(None::<String>))
        .execute(conn)
        .await?;
    let waiting = theirs.and(email_recipient::state.eq(QUEUED));
    diesel::update(email_recipient::table.filter(waiting))
        .set((email_recipient::state.eq(SKIPPED), email_recipient::reason.eq(SkipReason::Gone.as_str())))
        .execute(conn)
        .await?;
    Ok(())
}
