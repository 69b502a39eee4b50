//! Mails: a row until sent, claimed before each attempt; its letter goes as soon as nobody needs it any more.

use super::super::Conn;
use crate::error::StoreError;
use crate::records::{DueMail, MailOutcome, MailState, NewMail};
use crate::tables::mail;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use switchboard_engine::time::Timestamp;

pub(crate) async fn insert(conn: &mut Conn, new: &NewMail, at: Timestamp) -> Result<(), StoreError> {
    diesel::insert_into(mail::table)
        .values((
            mail::id.eq(new.id),
            mail::user_id.eq(new.user.map(|user| user.0)),
            mail::kind.eq(new.kind),
            mail::state.eq(MailState::Queued.as_str()),
            mail::letter.eq(&new.letter),
            mail::attempt.eq(0),
            mail::due_at.eq(at.0),
            mail::created_at.eq(at.0),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Writes as much as a mail to somebody would, and leaves nothing: a stranger must not learn from the time an answer takes.
pub(crate) async fn pretend(conn: &mut Conn, new: &NewMail, at: Timestamp) -> Result<(), StoreError> {
    insert(conn, new, at).await?;
    diesel::delete(mail::table.find(new.id)).execute(conn).await?;
    Ok(())
}

pub(crate) async fn due(conn: &mut Conn, now: Timestamp, most: i64) -> Result<Vec<DueMail>, StoreError> {
    type Row = (i64, String, Option<Vec<u8>>, i64, i64);
    let rows: Vec<Row> = mail::table
        .filter(mail::state.eq(MailState::Queued.as_str()).and(mail::due_at.le(now.0)))
        .order((mail::due_at, mail::id))
        .limit(most)
        .select((mail::id, mail::kind, mail::letter, mail::attempt, mail::due_at))
        .load(conn)
        .await?;
    let due = |(id, kind, letter, attempt, due_at): Row| DueMail {
        id,
        kind,
        letter: letter.unwrap_or_default(),
        attempt,
        due_at: Timestamp(due_at),
    };
    Ok(rows.into_iter().map(due).collect())
}

/// Notes an attempt before it is made. False when the mail is not what it was: somebody revoked it.
pub(crate) async fn claim(conn: &mut Conn, due: &DueMail, until: Timestamp) -> Result<bool, StoreError> {
    let row = mail::table.filter(mail::id.eq(due.id).and(mail::attempt.eq(due.attempt)));
    let row = row.filter(mail::state.eq(MailState::Queued.as_str()));
    let claimed = diesel::update(row)
        .set((mail::attempt.eq(due.attempt + 1), mail::due_at.eq(until.0)))
        .execute(conn)
        .await?;
    Ok(claimed == 1)
}

pub(crate) async fn finish(
    conn: &mut Conn,
    id: i64,
    outcome: &MailOutcome,
    at: Timestamp,
) -> Result<(), StoreError> {
    let row = diesel::update(mail::table.find(id));
    let none = None::<Vec<u8>>;
    match outcome {
        MailOutcome::Sent { detail } => {
            let sent = (
                mail::state.eq(MailState::Sent.as_str()),
                mail::letter.eq(none),
                mail::detail.eq(detail),
                mail::sent_at.eq(at.0),
            );
            row.set(sent).execute(conn).await?
        }
        MailOutcome::Again { due_at, detail } => {
            row.set((mail::due_at.eq(due_at.0), mail::detail.eq(detail))).execute(conn).await?
        }
        MailOutcome::Failed { detail } => {
            let failed =
                (mail::state.eq(MailState::Failed.as_str()), mail::letter.eq(none), mail::detail.eq(detail));
            row.set(failed).execute(conn).await?
        }
    };
    Ok(())
}

/// Forgets mails that left, or failed, long ago.
pub(crate) async fn forget(conn: &mut Conn, before: Timestamp) -> Result<usize, StoreError> {
    let old =
        mail::table.filter(mail::created_at.lt(before.0).and(mail::state.ne(MailState::Queued.as_str())));
    Ok(diesel::delete(old).execute(conn).await?)
}
