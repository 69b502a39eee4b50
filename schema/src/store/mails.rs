//! Mails that wait to be sent.

use super::{Store, run};
use crate::error::StoreError;
use crate::records::{DueMail, MailOutcome, NewMail};
use switchboard_engine::time::Timestamp;

impl Store {
    pub async fn queue_mail(&self, mail: NewMail, now: Timestamp) -> Result<(), StoreError> {
        run!(self, write, |conn, queries| queries::mail::insert(conn, &mail, now))
    }

    /// Takes as long as queueing a mail and leaves nothing.
    pub async fn pretend_mail(&self, mail: NewMail, now: Timestamp) -> Result<(), StoreError> {
        run!(self, write, |conn, queries| queries::mail::pretend(conn, &mail, now))
    }

    /// Mails whose time has come, oldest first.
    pub async fn due_mails(&self, now: Timestamp, most: i64) -> Result<Vec<DueMail>, StoreError> {
        run!(self, read, |conn, queries| queries::mail::due(conn, now, most))
    }

    /// Notes an attempt before it is made; nobody else tries before `until`. False when the mail was revoked.
    pub async fn claim_mail(&self, due: DueMail, until: Timestamp) -> Result<bool, StoreError> {
        run!(self, write, |conn, queries| queries::mail::claim(conn, &due, until))
    }

    pub async fn finish_mail(&self, id: i64, outcome: MailOutcome, now: Timestamp) -> Result<(), StoreError> {
        run!(self, write, |conn, queries| queries::mail::finish(conn, id, &outcome, now))
    }

    /// Forgets mails older than this that do not wait any more.
    pub async fn forget_mails(&self, before: Timestamp) -> Result<usize, StoreError> {
        run!(self, write, |conn, queries| queries::mail::forget(conn, before))
    }
}
