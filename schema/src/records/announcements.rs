//! Mail to contacts: who can be mailed, what was announced, and how far each recipient's mail is.

use switchboard_engine::consent::EmailConsent;
use switchboard_engine::ids::{AnnouncementId, BusinessId, ChannelId, ContactId, UserId};
use switchboard_engine::time::Timestamp;

/// A contact that can be mailed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmailContact {
    pub id: ContactId,
    /// `None` while nobody has given them a real one.
    pub name: Option<String>,
    pub email: String,
    pub consent: Option<EmailConsent>,
}

/// How many contacts have an address, by what they want.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EmailAudience {
    /// Those a mail goes to.
    pub recipients: i64,
    pub opted_out: i64,
}

/// A mail to everybody who wants mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Announcement {
    pub id: AnnouncementId,
    pub business_id: BusinessId,
    /// The line it tells people about.
    pub channel_id: ChannelId,
    /// The browser's own: asked twice, it is mailed once.
    pub client_id: String,
    pub subject: String,
    pub body: String,
    pub created_by: UserId,
    pub created_at: Timestamp,
    pub stopped_at: Option<Timestamp>,
}

/// How far the mail to somebody is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RecipientState {
    Queued,
    /// Handed over at this moment.
    Sending,
    Sent,
    Failed,
    /// Not sent, on purpose.
    Skipped,
    /// The program ended while it was handed over: it may have arrived, so it is not sent again.
    Unknown,
}

impl RecipientState {
    pub const ALL: [Self; 6] =
        [Self::Queued, Self::Sending, Self::Sent, Self::Failed, Self::Skipped, Self::Unknown];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sending => "sending",
            Self::Sent => "sent",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
            Self::Unknown => "unknown",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

/// Why somebody is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SkipReason {
    OptedOut,
    /// Archived or erased meanwhile, or without an address.
    Gone,
    /// An admin stopped it.
    Stopped,
}

impl SkipReason {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OptedOut => "opted_out",
            Self::Gone => "gone",
            Self::Stopped => "stopped",
        }
    }
}

/// How many recipients of an announcement are in which state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RecipientCounts {
    pub queued: i64,
    pub sending: i64,
    pub sent: i64,
    pub failed: i64,
    pub skipped: i64,
    pub unknown: i64,
}

impl RecipientCounts {
    /// Where the number of a state stands.
    pub fn of(&mut self, state: RecipientState) -> &mut i64 {
        match state {
            RecipientState::Queued => &mut self.queued,
            RecipientState::Sending => &mut self.sending,
            RecipientState::Sent => &mut self.sent,
            RecipientState::Failed => &mut self.failed,
            RecipientState::Skipped => &mut self.skipped,
            RecipientState::Unknown => &mut self.unknown,
        }
    }
}

/// One recipient, for people to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipient {
    pub contact_id: ContactId,
    pub name: String,
    pub email: Option<String>,
    pub state: RecipientState,
    /// Why skipped.
    pub reason: Option<String>,
    /// What the mail server said.
    pub detail: Option<String>,
    pub at: Timestamp,
}

/// A recipient whose turn has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DueRecipient {
    pub announcement_id: AnnouncementId,
    pub contact_id: ContactId,
    /// What the mail is called, once it was tried.
    pub mail_id: Option<i64>,
    /// Attempts claimed so far.
    pub attempt: i64,
}

/// What came of claiming a recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClaimedRecipient {
    /// It is not what it was.
    Changed,
    /// It will not be sent, and says why.
    Skipped,
    /// Somebody must send it, and say what became of it.
    Ours { to: String, to_name: Option<String>, subject: String, body: String },
}
