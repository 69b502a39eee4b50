//! Accounts of the team: what a person may set, how they were let in, what guards their sign-in, and the mails that tell them.

use super::{NewUser, User, UserStatus};
use switchboard_engine::ids::{GroupId, UserId};
use switchboard_engine::time::Timestamp;
use switchboard_engine::user::Role;

/// A user with everything an admin, or they themselves, may see of the account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    pub user: User,
    pub mobile: Option<String>,
    pub notify_enabled: bool,
    pub email_on_assignment: bool,
    pub second_factor: bool,
    /// Groups they are a member of, with their role there.
    pub groups: Vec<(GroupId, Role)>,
    /// `None` once they have accepted.
    pub invitation: Option<Invitation>,
}

/// How far the newest invitation of somebody has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    pub state: MailState,
    pub detail: Option<String>,
    pub expires_at: Timestamp,
}

/// Somebody new, with their groups and their invitation; stored together or not at all.
#[derive(Clone, Debug)]
pub struct NewAccount {
    pub user: NewUser,
    /// E.164.
    pub mobile: Option<String>,
    pub groups: Vec<(GroupId, Role)>,
    pub link: NewLink,
    pub mail: NewMail,
}

/// What to change of a user; `None` leaves as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserChange {
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub mobile: Edit<String>,
    pub role: Option<Role>,
    pub status: Option<UserStatus>,
    pub locale: Edit<String>,
    pub time_zone: Edit<String>,
    pub notify_enabled: Option<bool>,
    pub email_on_assignment: Option<bool>,
}

/// What becomes of a value that may be absent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Edit<T> {
    #[default]
    Keep,
    Clear,
    Set(T),
}

impl<T> Edit<T> {
    /// A new value, or none.
    pub fn to(value: Option<T>) -> Self {
        value.map_or(Self::Clear, Self::Set)
    }

    /// What is to be written, if anything is.
    pub fn write<'a, R>(&'a self, to: impl FnOnce(Option<&'a T>) -> R) -> Option<R> {
        match self {
            Self::Keep => None,
            Self::Clear => Some(to(None)),
            Self::Set(value) => Some(to(Some(value))),
        }
    }

    /// The same with another value, or none instead of it.
    pub fn map(&self, to: impl FnOnce(Option<&T>) -> Option<T>) -> Self {
        self.write(to).map_or(Self::Keep, Self::to)
    }
}

/// To whom a mark belongs that somebody else wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// `email` or `phone`.
    pub kind: String,
    /// `user` or `contact`.
    pub owner_kind: String,
    /// A deactivated user or an archived contact.
    pub archived: bool,
}

/// What a one-time secret is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// A link to set the first password.
    Invitation,
    /// A password somebody else made, good for one sign-in.
    TemporaryPassword,
    /// A link to set a new password.
    Reset,
}

impl Purpose {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Invitation => "invitation",
            Self::TemporaryPassword => "temporary_password",
            Self::Reset => "reset",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Invitation, Self::TemporaryPassword, Self::Reset]
            .into_iter()
            .find(|purpose| purpose.as_str() == text)
    }
}

/// A one-time secret, by its hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewLink {
    pub id: i64,
    pub purpose: Purpose,
    pub token_hash: Vec<u8>,
    pub expires_at: Timestamp,
}

/// What became of a one-time secret that somebody shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkState {
    Good,
    Used,
    /// Too late, replaced by a newer one, or its owner was deactivated.
    Expired,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MailState {
    Queued,
    Sent,
    Failed,
}

impl MailState {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sent => "sent",
            Self::Failed => "failed",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Queued, Self::Sent, Self::Failed].into_iter().find(|state| state.as_str() == text)
    }
}

/// A mail to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewMail {
    pub id: i64,
    /// Whom it concerns.
    pub user: Option<UserId>,
    pub kind: &'static str,
    /// Sealed: it may hold a secret.
    pub letter: Vec<u8>,
}

/// A mail that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DueMail {
    pub id: i64,
    pub kind: String,
    pub letter: Vec<u8>,
    /// Attempts claimed so far.
    pub attempt: i64,
    pub due_at: Timestamp,
}

/// How an attempt to send ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MailOutcome {
    Sent { detail: Option<String> },
    Again { due_at: Timestamp, detail: String },
    Failed { detail: String },
}

/// Somebody's authenticator app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecondFactor {
    /// Sealed.
    pub secret: Vec<u8>,
    /// A code was shown once; from there on signing in needs one.
    pub confirmed: bool,
    pub last_step: i64,
}
