//! One-time secrets: invitations, temporary passwords, resets.

use super::{Store, run};
use crate::error::StoreError;
use crate::records::{LinkState, NewLink, NewMail, Purpose};
use switchboard_engine::ids::UserId;
use switchboard_engine::time::Timestamp;

impl Store {
    /// Hands out a new secret by mail; older ones for the same end are worthless. With a hash the user gets a temporary password.
    pub async fn replace_link(
        &self,
        user: UserId,
        link: NewLink,
        mail: NewMail,
        hash: Option<String>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        run!(self, write, |conn, queries| queries::links::replace(conn, user, &link, &mail, hash, now))
    }

    /// Whose link this is and what it is worth; `None` when it never was one.
    pub async fn look_at_link(
        &self,
        token_hash: Vec<u8>,
        purpose: Purpose,
        now: Timestamp,
    ) -> Result<Option<(UserId, LinkState)>, StoreError> {
        run!(self, read, |conn, queries| queries::links::look(conn, &token_hash, purpose, now))
    }

    /// Opens a link, once: sets the password and ends every session, whose hashes it answers.
    pub async fn accept_link(
        &self,
        token_hash: Vec<u8>,
        purpose: Purpose,
        password_hash: String,
        now: Timestamp,
    ) -> Result<Option<(UserId, LinkState, Vec<Vec<u8>>)>, StoreError> {
        run!(self, write, |conn, queries| queries::links::accept(
            conn,
            &token_hash,
            purpose,
            &password_hash,
            now
        ))
    }

    /// Uses up a temporary password; `None` when the user has none.
    pub async fn take_temporary_password(
        &self,
        user: UserId,
        now: Timestamp,
    ) -> Result<Option<LinkState>, StoreError> {
        run!(self, write, |conn, queries| queries::links::take_temporary(conn, user, now))
    }

    /// Forgets links that expired before this moment.
    pub async fn forget_links(&self, before: Timestamp) -> Result<usize, StoreError> {
        run!(self, write, |conn, queries| queries::links::forget(conn, before))
    }
}
