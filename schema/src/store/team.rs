//! The business, its people, their groups and their sessions.

use super::{Store, run};
use crate::error::StoreError;
use crate::records::{Business, Group, NewUser, Session, SetUp, User};
use switchboard_engine::ids::{BusinessId, GroupId, UserId};
use switchboard_engine::time::Timestamp;

impl Store {
    /// Creates the business, its first admin and its first group, or nothing: [`crate::Constraint::AlreadySetUp`] when there is one.
    pub async fn create_business(&self, set_up: SetUp) -> Result<(), StoreError> {
        run!(self, write, |conn, queries| queries::team::set_up(conn, &set_up))
    }

    /// The business of this installation, `None` before set-up.
    pub async fn business(&self) -> Result<Option<Business>, StoreError> {
        run!(self, read, |conn, queries| queries::team::business(conn))
    }

    /// Adds a person; [`crate::Constraint::Identity`] when their address belongs to somebody.
    pub async fn create_user(
        &self,
        business: BusinessId,
        user: NewUser,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        run!(self, write, |conn, queries| queries::team::create_user(conn, business, &user, now))
    }

    /// The user with this address and their password hash. Upper and lower case are the same.
    pub async fn find_user_by_email(
        &self,
        email: String,
    ) -> Result<Option<(User, Option<String>)>, StoreError> {
        run!(self, read, |conn, queries| queries::team::user_by_email(conn, &email))
    }

    /// Unknown ids are left out.
    pub async fn users_by_ids(&self, ids: Vec<UserId>) -> Result<Vec<User>, StoreError> {
        run!(self, read, |conn, queries| queries::team::users_by_ids(conn, ids))
    }

    /// Everybody, by name.
    pub async fn users(&self, business: BusinessId) -> Result<Vec<User>, StoreError> {
        run!(self, read, |conn, queries| queries::team::all_users(conn, business))
    }

    /// False when there is no such user.
    pub async fn set_password(
        &self,
        user: UserId,
        hash: String,
        must_change: bool,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        run!(self, write, |conn, queries| queries::team::set_password(conn, user, &hash, must_change, now))
    }

    /// Notes that a user was here.
    pub async fn set_user_seen(&self, user: UserId, now: Timestamp) -> Result<(), StoreError> {
        run!(self, write, |conn, queries| queries::team::seen(conn, user, now))
    }

    /// Adds a group behind the others.
    pub async fn create_group(
        &self,
        business: BusinessId,
        group: Group,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        run!(self, write, |conn, queries| queries::team::create_group(conn, business, &group, now))
    }

    /// Does nothing when they are a member already.
    pub async fn add_member(&self, group: GroupId, user: UserId, now: Timestamp) -> Result<(), StoreError> {
        run!(self, write, |conn, queries| queries::team::add_member(conn, group, user, now))
    }

    /// False when they were not a member.
    pub async fn remove_member(&self, group: GroupId, user: UserId) -> Result<bool, StoreError> {
        run!(self, write, |conn, queries| queries::team::remove_member(conn, group, user))
    }

    /// Signs a browser in.
    pub async fn create_session(&self, session: Session) -> Result<(), StoreError> {
        run!(self, write, |conn, queries| queries::team::create_session(conn, &session))
    }

    /// The session and its user, while it has not expired and the user is active.
    pub async fn find_session(
        &self,
        token_hash: Vec<u8>,
        now: Timestamp,
    ) -> Result<Option<(Session, User)>, StoreError> {
        run!(self, read, |conn, queries| queries::team::session(conn, token_hash, now))
    }

    /// Notes that a session was used, and until when it is good now. A write: call it once a minute, not once a request.
    pub async fn touch_session(
        &self,
        token_hash: Vec<u8>,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Result<(), StoreError> {
        run!(self, write, |conn, queries| queries::team::touch_session(conn, &token_hash, now, expires_at))
    }

    /// Signs a browser out.
    pub async fn delete_session(&self, token_hash: Vec<u8>) -> Result<(), StoreError> {
        run!(self, write, |conn, queries| queries::team::delete_session(conn, &token_hash))
    }

    /// Signs a user out everywhere; answers how many sessions that were.
    pub async fn delete_sessions_of(&self, user: UserId) -> Result<usize, StoreError> {
        run!(self, write, |conn, queries| queries::team::delete_sessions_of(conn, user))
    }

    /// Clears out sessions past their time; answers their hashes, because sockets hang on them.
    pub async fn end_expired_sessions(&self, now: Timestamp) -> Result<Vec<Vec<u8>>, StoreError> {
        // Asked often, and nearly always in vain: the writer is left alone then.
        if run!(self, read, |conn, queries| queries::team::expired_sessions(conn, now))?.is_empty() {
            return Ok(Vec::new());
        }
        run!(self, write, |conn, queries| queries::team::end_expired_sessions(conn, now))
    }
}
