//! Announcements by mail: one text to every contact who wants mail, one mail at a time.
//!
//! Who gets it is settled in the commit that makes it; whether somebody still wants it is asked again in the commit that claims their mail.
//! What a crash interrupts is marked as unknown and not sent again: two of the same are worse than a doubt that everybody can see.

use crate::Actors;
use crate::mailer::{Circular, LEASE};
use crate::trouble::Trouble;
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use switchboard_engine::consent::{ConsentSource, ConsentState, EmailConsent};
use switchboard_engine::ids::{AnnouncementId, ContactId};
use switchboard_engine::token;
use switchboard_schema::{
    Announcement, Audit, AuditActor, AuditOutcome, AuditTarget, ClaimedRecipient, DueRecipient, MailOutcome,
    StoreError,
};
use tokio::sync::{Mutex, Notify};

/// Between two mails: mail servers shut out whoever pours.
const PACE: Duration = Duration::from_secs(1);
/// How long until waiting mails are looked for when nobody says that there are some.
const LOOK: Duration = Duration::from_secs(2);

/// The part of an announcement that lives.
#[derive(Clone, Default)]
pub struct Announcer(Arc<Inner>);

#[derive(Default)]
struct Inner {
    wake: Notify,
    halted: AtomicBool,
    /// Held while a mail is handed over, until what became of it is stored.
    under_way: Mutex<()>,
}

impl Announcer {
    /// Takes up nothing new, and gives the mail under way its time.
    pub(crate) async fn settle(&self, most: Duration) {
        self.0.halted.store(true, Ordering::Release);
        self.0.wake.notify_one();
        let _ = tokio::time::timeout(most, self.0.under_way.lock()).await;
    }

    fn is_halted(&self) -> bool {
        self.0.halted.load(Ordering::Acquire)
    }
}

/// Works until its thread ends.
pub(crate) async fn run(actors: Actors) {
    let core = &actors.core;
    while let Err(error) = core.store.give_up_interrupted_recipients(core.clock.now()).await {
        tracing::debug!(%error, "mails that were under way could not be looked for");
        tokio::time::sleep(LOOK).await;
    }
    while !actors.announcer.is_halted() {
        match actors.mail_next().await {
            Ok(true) => tokio::time::sleep(PACE).await,
            Ok(false) => {
                let _ = tokio::time::timeout(LOOK, actors.announcer.0.wake.notified()).await;
            }
            Err(error) => {
                tracing::debug!(%error, "mails of announcements could not be read");
                tokio::time::sleep(LOOK).await;
            }
        }
    }
}

impl Actors {
    /// Stores an announcement with everybody it is for and begins to send it. False: it was stored before, by the same call.
    pub async fn announce(&self, new: Announcement) -> Result<(Announcement, bool), Trouble> {
        let made = self.core.store.create_announcement(new).await?;
        self.announcer.0.wake.notify_one();
        Ok(made)
    }

    /// One mail, to somebody of the team; the answer is the mail server's.
    pub async fn mail_sample(&self, to: &str, to_name: &str, subject: &str, text: &str) -> MailOutcome {
        // A link like the others, to nobody.
        let nobody = (AnnouncementId(0), ContactId(0));
        let sample = Circular {
            to: to.to_owned(),
            to_name: to_name.to_owned(),
            subject: subject.to_owned(),
            text: text.to_owned(),
            business: self.business_name(),
            unsubscribe: self.unsubscribe_url(nobody.0, nobody.1),
        };
        self.mailer.post(self.core.ids.next(), &sample, self.core.clock.now(), i64::MAX).await
    }

    /// Sends the next mail that is due. False when there is none.
    async fn mail_next(&self) -> Result<bool, StoreError> {
        let (store, clock) = (&self.core.store, &self.core.clock);
        let Some(due) = store.next_recipient(clock.now()).await? else { return Ok(false) };
        let _turn = self.announcer.0.under_way.lock().await;
        if self.announcer.is_halted() {
            return Ok(false);
        }
        let mail_id = due.mail_id.unwrap_or_else(|| self.core.ids.next());
        let claimed = store.claim_recipient(due.clone(), mail_id, clock.now()).await?;
        let ClaimedRecipient::Ours { to, to_name, subject, body } = claimed else { return Ok(true) };
        let circular = Circular {
            to,
            to_name: to_name.unwrap_or_default(),
            subject,
            text: body,
            business: self.business_name(),
            unsubscribe: self.unsubscribe_url(due.announcement_id, due.contact_id),
        };
        let posted = self.mailer.post(mail_id, &circular, clock.now(), due.attempt);
        let late = || MailOutcome::Failed { detail: "The mail server took too long to answer.".to_owned() };
        let outcome = tokio::time::timeout(LEASE, posted).await.unwrap_or_else(|_| late());
        self.keep(&due, outcome).await;
        Ok(true)
    }

    /// What became of a mail is worth waiting for a database that is away.
    async fn keep(&self, due: &DueRecipient, outcome: MailOutcome) {
        let (announcement, contact) = (due.announcement_id, due.contact_id);
        if !matches!(outcome, MailOutcome::Sent { .. }) {
            tracing::warn!(announcement.id = %announcement, contact.id = %contact, "a mail of an announcement did not leave");
        }
        loop {
            let now = self.core.clock.now();
            match self.core.store.finish_recipient(due.clone(), outcome.clone(), now).await {
                Ok(()) => return,
                Err(error) if self.announcer.is_halted() => {
                    tracing::error!(%error, announcement.id = %announcement, contact.id = %contact, "what became of a mail could not be stored");
                    return;
                }
                Err(_) => tokio::time::sleep(LOOK).await,
            }
        }
    }

    fn business_name(&self) -> String {
        self.roster.get().business.as_ref().map(|business| business.name.clone()).unwrap_or_default()
    }

    /// Where one recipient of one announcement says: no more mail.
    fn unsubscribe_url(&self, announcement: AnnouncementId, contact: ContactId) -> String {
        let proof = token::sign(&self.key, &claim(announcement, contact));
        format!("{}/unsubscribe/{announcement}-{contact}-{proof}", self.public_url)
    }

    /// Whom a link was made for; `None` for anything we did not make.
    pub fn reader_of(&self, link: &str) -> Option<(AnnouncementId, ContactId)> {
        let (announcement, rest) = link.split_once('-')?;
        let (contact, proof) = rest.split_once('-')?;
        let (announcement, contact) = (announcement.parse().ok()?, contact.parse().ok()?);
        let claim = claim(announcement, contact);
        let proves = |key: &[u8; 32]| token::verify(key, &claim, proof);
        let genuine = proves(&self.key) || self.previous_key.as_ref().is_some_and(proves);
        genuine.then_some((announcement, contact))
    }

    /// Somebody wants no more mail. Saying it again, or after one was erased, changes nothing.
    pub async fn unsubscribe(&self, announcement: AnnouncementId, contact: ContactId) -> Result<(), Trouble> {
        let said = EmailConsent {
            state: ConsentState::OptedOut,
            source: ConsentSource::Link,
            evidence: Some(format!("Link in e-mail {announcement}")),
            at: self.core.clock.now(),
        };
        let at = said.at;
        if !self.core.store.set_email_consent(contact, said).await? {
            return Ok(());
        }
        tracing::info!(contact.id = %contact, announcement.id = %announcement, "a contact wants no more mail");
        if let Some(business_id) = self.core.store.contact_business(contact).await? {
            self.record(Audit {
                id: self.core.ids.next(),
                business_id,
                at,
                actor: AuditActor::Nobody,
                action: "email.unsubscribed".to_owned(),
                target: Some(AuditTarget { kind: "contact".to_owned(), id: contact.to_string() }),
                group_id: None,
                outcome: AuditOutcome::Done,
                detail: json!({ "announcement": announcement }),
                ip: None,
            })
            .await;
        }
        Ok(())
    }
}

fn claim(announcement: AnnouncementId, contact: ContactId) -> String {
    format!("unsubscribe|{announcement}|{contact}")
}
