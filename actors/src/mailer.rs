//! The mailer: takes mails from their table to a mail server, or to a folder where there is none.
//!
//! A mail is claimed durably before each attempt; what fails for a while is tried again, longer and longer, what fails for good says so in
//! its row. Letters are sealed at rest, because they may hold a link that opens an account, and dropped once they left. After a crash in
//! the middle a mail may arrive twice, with the same message id.

use crate::clock::Ids;
use crate::core::Core;
use crate::telemetry::MAILS;
use crate::vault::Vault;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use switchboard_engine::ids::UserId;
use switchboard_engine::time::Timestamp;
use switchboard_schema::{DueMail, MailOutcome, NewMail, StoreError};
use tokio::sync::Notify;

mod circular;
mod draft;
mod letter;
mod transport;

pub use circular::Circular;
pub use letter::Letter;
use transport::{Failure, Transport};
pub use transport::{check, is_deliverable};

/// How the waiting mails are looked at when nobody says that there is a new one.
const LOOK: Duration = Duration::from_secs(2);
/// Mails taken up at once.
const AT_ONCE: i64 = 16;
/// Nobody else tries within this time; longer than an attempt may take.
pub(crate) const LEASE: Duration = Duration::from_mins(2);
/// Pauses after attempts that may go better later. After the last one it is over.
const PAUSES: [Duration; 5] = [
    Duration::from_secs(10),
    Duration::from_mins(1),
    Duration::from_mins(5),
    Duration::from_mins(20),
    Duration::from_hours(1),
];

/// Where mails go.
#[derive(Clone, Default)]
pub struct MailSettings {
    /// `smtp://…` or `smtps://…`; without it mails are written to a folder.
    pub smtp_url: Option<String>,
    /// Who writes: `Bean & Leaf <inbox@bean.example>`.
    pub from: Option<String>,
}

#[derive(Clone)]
pub struct Mailer(Arc<Inner>);

struct Inner {
    vault: Vault,
    ids: Arc<Ids>,
    transport: Transport,
    wake: Notify,
}

impl Mailer {
    /// The error is a sentence about the settings.
    pub fn new(
        settings: &MailSettings,
        data_dir: &Path,
        vault: Vault,
        ids: Arc<Ids>,
    ) -> Result<Self, String> {
        let transport = Transport::new(settings, data_dir)?;
        Ok(Self(Arc::new(Inner { vault, ids, transport, wake: Notify::new() })))
    }

    /// A letter as it waits in the database, sealed.
    pub fn seal(&self, kind: &'static str, user: Option<UserId>, letter: &Letter) -> NewMail {
        let id = self.0.ids.next();
        NewMail { id, user, kind, letter: self.0.vault.seal_json("mail", id, &letter.to_json()) }
    }

    /// There is a new mail: look at once.
    pub fn wake(&self) {
        self.0.wake.notify_one();
    }

    /// The folder mails are written to, when there is no mail server.
    pub fn folder(&self) -> Option<&Path> {
        self.0.transport.folder()
    }

    /// Who writes, as readers see it.
    pub fn from(&self) -> String {
        self.0.transport.from()
    }

    /// Tries once to hand over a mail to one of many; how often that was tried before says whether it is tried again.
    pub(crate) async fn post(
        &self,
        id: i64,
        circular: &Circular,
        now: Timestamp,
        attempts: i64,
    ) -> MailOutcome {
        let outcome = judge(self.0.transport.send(id, circular.draft()).await, attempts, now);
        count(&outcome);
        outcome
    }

    /// Works until its thread ends.
    pub(crate) async fn run(self, core: Core) {
        loop {
            match self.round(&core).await {
                Ok(0) => {
                    let _ = tokio::time::timeout(LOOK, self.0.wake.notified()).await;
                }
                Ok(_) => {}
                Err(error) => {
                    tracing::debug!(%error, "waiting mails could not be read");
                    tokio::time::sleep(LOOK).await;
                }
            }
        }
    }

    /// Tries what is due; answers how many mails that were.
    async fn round(&self, core: &Core) -> Result<usize, StoreError> {
        let now = core.clock.now();
        let due = core.store.due_mails(now, AT_ONCE).await?;
        let count = due.len();
        for mail in due {
            if core.store.claim_mail(mail.clone(), core.clock.now().plus(LEASE)).await? {
                let outcome = self.attempt(core, &mail).await;
                note(&mail, &outcome);
                core.store.finish_mail(mail.id, outcome, core.clock.now()).await?;
            }
        }
        Ok(count)
    }

    async fn attempt(&self, core: &Core, mail: &DueMail) -> MailOutcome {
        let opened = self.0.vault.open_json("mail", mail.id, &mail.letter);
        let Some(letter) = opened.as_ref().and_then(Letter::from_json) else {
            let detail = "The letter cannot be opened any more: was the secret key changed?".to_owned();
            return MailOutcome::Failed { detail };
        };
        judge(self.0.transport.send(mail.id, letter.draft()).await, mail.attempt, core.clock.now())
    }
}

/// What an attempt, after so many others, means for its mail.
fn judge(sent: Result<Option<String>, Failure>, attempts: i64, now: Timestamp) -> MailOutcome {
    match sent {
        Ok(detail) => MailOutcome::Sent { detail },
        Err(Failure { detail, for_good: false }) => {
            let attempts = usize::try_from(attempts).unwrap_or(usize::MAX);
            match PAUSES.get(attempts) {
                Some(pause) => MailOutcome::Again { due_at: now.plus(*pause), detail },
                None => MailOutcome::Failed { detail },
            }
        }
        Err(Failure { detail, for_good: true }) => MailOutcome::Failed { detail },
    }
}

fn count(outcome: &MailOutcome) -> &'static str {
    let result = match outcome {
        MailOutcome::Sent { .. } => "sent",
        MailOutcome::Again { .. } => "again",
        MailOutcome::Failed { .. } => "failed",
    };
    metrics::counter!(MAILS, "outcome" => result).increment(1);
    result
}

/// What a mail server says may hold addresses, so the log gets none of it: the admin reads it beside the invitation.
fn note(mail: &DueMail, outcome: &MailOutcome) {
    let result = count(outcome);
    if result == "sent" {
        tracing::debug!(mail.id = mail.id, kind = mail.kind, "a mail left");
    } else {
        tracing::warn!(
            mail.id = mail.id,
            kind = mail.kind,
            result,
            attempt = mail.attempt + 1,
            "a mail did not leave"
        );
    }
}
