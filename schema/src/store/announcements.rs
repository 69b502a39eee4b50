//! Mail to contacts: who wants it, what was announced, one recipient at a time.

use super::{Store, run};
use crate::error::StoreError;
use crate::records::{
    Announcement, ClaimedRecipient, DueRecipient, EmailAudience, EmailContact, MailOutcome, Recipient,
    RecipientCounts, RecipientState,
};
use switchboard_engine::consent::EmailConsent;
use switchboard_engine::ids::{AnnouncementId, BusinessId, ChannelId, ContactId};
use switchboard_engine::time::Timestamp;

impl Store {
    /// What is known of a contact's wishes about e-mail.
    pub async fn email_consent(&self, of: ContactId) -> Result<Option<EmailConsent>, StoreError> {
        run!(self, read, |conn, queries| queries::email_consent::find(conn, of))
    }

    /// Stores a word about e-mail; false when nothing changed.
    pub async fn set_email_consent(&self, of: ContactId, said: EmailConsent) -> Result<bool, StoreError> {
        run!(self, write, |conn, queries| queries::email_consent::set(conn, of, &said))
    }

    /// How many contacts a mail would go to, and how many want none.
    pub async fn email_audience(&self, of: BusinessId) -> Result<EmailAudience, StoreError> {
        run!(self, snapshot, |conn, queries| queries::email_consent::audience(conn, of))
    }

    /// Contacts that can be mailed, in the order of their ids, those after one.
    pub async fn email_contacts(
        &self,
        of: BusinessId,
        after: ContactId,
        limit: i64,
    ) -> Result<Vec<EmailContact>, StoreError> {
        run!(self, read, |conn, queries| queries::email_consent::page(conn, of, after, limit))
    }

    /// Stores an announcement with everybody it is for; false with the one that was stored under its `client_id` before.
    pub async fn create_announcement(&self, new: Announcement) -> Result<(Announcement, bool), StoreError> {
        run!(self, write, |conn, queries| queries::announcement::create(conn, &new))
    }

    pub async fn announcement(&self, id: AnnouncementId) -> Result<Option<Announcement>, StoreError> {
        run!(self, read, |conn, queries| queries::announcement::find(conn, id))
    }

    /// Announcements of a line, the newest first.
    pub async fn announcements(&self, of: ChannelId, limit: i64) -> Result<Vec<Announcement>, StoreError> {
        run!(self, read, |conn, queries| queries::announcement::of_channel(conn, of, limit))
    }

    pub async fn recipient_counts(&self, of: AnnouncementId) -> Result<RecipientCounts, StoreError> {
        run!(self, read, |conn, queries| queries::announcement::counts(conn, of))
    }

    /// Recipients in the order of their ids, those after one; with a state only those in it.
    pub async fn recipients(
        &self,
        of: AnnouncementId,
        state: Option<RecipientState>,
        after: ContactId,
        limit: i64,
    ) -> Result<Vec<Recipient>, StoreError> {
        run!(self, read, |conn, queries| queries::announcement::recipients(conn, of, state, after, limit))
    }

    /// The recipient whose turn has come.
    pub async fn next_recipient(&self, now: Timestamp) -> Result<Option<DueRecipient>, StoreError> {
        run!(self, read, |conn, queries| queries::announcement::next_due(conn, now))
    }

    /// Asks once more whether somebody is to be mailed, and notes the attempt before it is made.
    pub async fn claim_recipient(
        &self,
        due: DueRecipient,
        mail_id: i64,
        now: Timestamp,
    ) -> Result<ClaimedRecipient, StoreError> {
        run!(self, write, |conn, queries| queries::announcement::claim(conn, &due, mail_id, now))
    }

    /// What became of a claimed attempt.
    pub async fn finish_recipient(
        &self,
        of: DueRecipient,
        outcome: MailOutcome,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        run!(self, write, |conn, queries| queries::announcement::finish(conn, &of, &outcome, now))
    }

    /// At start: attempts a process that is gone was making are not made again. Answers how many.
    pub async fn give_up_interrupted_recipients(&self, now: Timestamp) -> Result<usize, StoreError> {
        run!(self, write, |conn, queries| queries::announcement::give_up_interrupted(conn, now))
    }

    /// Whoever was not mailed yet is not mailed.
    pub async fn stop_announcement(&self, of: AnnouncementId, now: Timestamp) -> Result<(), StoreError> {
        run!(self, write, |conn, queries| queries::announcement::stop(conn, of, now))
    }
}
