//! Tokens of other programs.

use super::{Store, run};
use crate::error::StoreError;
use crate::records::ApiToken;
use switchboard_engine::ids::BusinessId;
use switchboard_engine::time::Timestamp;

impl Store {
    /// Those that are not revoked, newest first.
    pub async fn api_tokens(&self, of: BusinessId) -> Result<Vec<ApiToken>, StoreError> {
        run!(self, read, |conn, queries| queries::api_token::of_business(conn, of))
    }

    /// The token of this hash, if it is good at this moment.
    pub async fn api_token(&self, hash: Vec<u8>, now: Timestamp) -> Result<Option<ApiToken>, StoreError> {
        run!(self, read, |conn, queries| async move { queries::api_token::find(conn, &hash, now).await })
    }

    pub async fn create_api_token(&self, token: ApiToken) -> Result<(), StoreError> {
        run!(self, write, |conn, queries| queries::api_token::create(conn, &token))
    }

    pub async fn touch_api_token(&self, id: i64, now: Timestamp) -> Result<(), StoreError> {
        run!(self, write, |conn, queries| queries::api_token::touch(conn, id, now))
    }

    /// Makes a token worthless; answers what it was, `None` when there is no such token any more.
    pub async fn revoke_api_token(
        &self,
        of: BusinessId,
        id: i64,
        now: Timestamp,
    ) -> Result<Option<ApiToken>, StoreError> {
        run!(self, write, |conn, queries| queries::api_token::revoke(conn, of, id, now))
    }
}
