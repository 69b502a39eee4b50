//! Accounts: adding people, changing them, their sessions.

use super::{Store, run};
use crate::error::StoreError;
use crate::records::{Account, NewAccount, Session, Taken, UserChange};
use switchboard_engine::ids::{BusinessId, UserId};
use switchboard_engine::time::Timestamp;

impl Store {
    /// Adds a person with groups and invitation; [`crate::Constraint::Identity`] when a mark belongs to somebody: [`Store::taken`] tells whom.
    pub async fn create_account(
        &self,
        business: BusinessId,
        new: NewAccount,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        run!(self, write, |conn, queries| queries::account::create(conn, business, &new, now))
    }

    /// Who has one of these marks; what `except` has themselves is free.
    pub async fn taken(
        &self,
        business: BusinessId,
        email: Option<String>,
        mobile: Option<String>,
        except: Option<UserId>,
    ) -> Result<Option<Taken>, StoreError> {
        let marks = [("email", email), ("phone", mobile)];
        let marks = marks.into_iter().filter_map(|(kind, value)| Some((kind, value?))).collect();
        run!(self, read, |conn, queries| queries::account::taken(conn, business, marks, except))
    }

    /// Changes a user; false when there is none. [`crate::Constraint::LastAdmin`] when nobody would be left to let others in.
    pub async fn change_user(
        &self,
        business: BusinessId,
        user: UserId,
        change: UserChange,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        run!(self, write, |conn, queries| queries::account::change(conn, business, user, &change, now))
    }

    /// Deactivates a user: they are out of every session at once. Answers the hashes of those; `None` when there is no such user.
    pub async fn deactivate_user(
        &self,
        business: BusinessId,
        user: UserId,
        now: Timestamp,
    ) -> Result<Option<Vec<Vec<u8>>>, StoreError> {
        run!(self, write, |conn, queries| queries::account::deactivate(conn, business, user, now))
    }

    /// Every account, by name.
    pub async fn accounts(&self, business: BusinessId) -> Result<Vec<Account>, StoreError> {
        run!(self, snapshot, |conn, queries| queries::account::accounts(conn, business, None))
    }

    pub async fn account(&self, business: BusinessId, user: UserId) -> Result<Option<Account>, StoreError> {
        let mut found =
            run!(self, snapshot, |conn, queries| queries::account::accounts(conn, business, Some(user)))?;
        Ok(found.pop())
    }

    /// Those of these users who want a mail when a conversation becomes theirs.
    pub async fn who_wants_assignment_mail(&self, users: Vec<UserId>) -> Result<Vec<UserId>, StoreError> {
        run!(self, read, |conn, queries| queries::account::who_wants_assignment_mail(conn, users))
    }

    /// The browsers a user is signed in with, last used first.
    pub async fn sessions_of(&self, user: UserId, now: Timestamp) -> Result<Vec<Session>, StoreError> {
        run!(self, read, |conn, queries| queries::team::sessions_of(conn, user, now))
    }

    /// Sets a password and ends every session but one; answers the hashes of those that ended.
    pub async fn change_password(
        &self,
        user: UserId,
        hash: String,
        keep: Vec<u8>,
        now: Timestamp,
    ) -> Result<Vec<Vec<u8>>, StoreError> {
        run!(self, write, |conn, queries| queries::account::change_password(conn, user, &hash, &keep, now))
    }

    /// Ends every session of a user but one; answers their hashes.
    pub async fn end_other_sessions(&self, user: UserId, keep: Vec<u8>) -> Result<Vec<Vec<u8>>, StoreError> {
        run!(self, write, |conn, queries| queries::account::end_sessions(conn, user, Some(&keep)))
    }
}
