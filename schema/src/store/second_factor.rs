//! Authenticator apps and recovery codes.

use super::{Store, run};
use crate::error::StoreError;
use crate::records::SecondFactor;
use switchboard_engine::ids::UserId;
use switchboard_engine::time::Timestamp;

impl Store {
    pub async fn second_factor(&self, user: UserId) -> Result<Option<SecondFactor>, StoreError> {
        run!(self, read, |conn, queries| queries::second_factor::find(conn, user))
    }

    /// Begins with a sealed secret; false when a confirmed one is in use.
    pub async fn begin_second_factor(
        &self,
        user: UserId,
        secret: Vec<u8>,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        run!(self, write, |conn, queries| queries::second_factor::begin(conn, user, &secret, now))
    }

    /// Confirms it with the step of its first code and the hashes of the recovery codes; false when somebody else did.
    pub async fn confirm_second_factor(
        &self,
        user: UserId,
        secret: Vec<u8>,
        step: i64,
        codes: Vec<Vec<u8>>,
    ) -> Result<bool, StoreError> {
        run!(self, write, |conn, queries| queries::second_factor::confirm(conn, user, &secret, step, codes))
    }

    /// Uses up a code's step; false when it was used before.
    pub async fn take_step(&self, user: UserId, step: i64) -> Result<bool, StoreError> {
        run!(self, write, |conn, queries| queries::second_factor::take_step(conn, user, step))
    }

    /// Uses up a recovery code; false when there is none like it.
    pub async fn take_recovery_code(&self, user: UserId, hash: Vec<u8>) -> Result<bool, StoreError> {
        run!(self, write, |conn, queries| queries::second_factor::take_recovery_code(conn, user, hash))
    }

    pub async fn remove_second_factor(&self, user: UserId) -> Result<bool, StoreError> {
        run!(self, write, |conn, queries| queries::second_factor::remove(conn, user))
    }
}
