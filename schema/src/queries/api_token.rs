//! Tokens of other programs.

use super::super::Conn;
use crate::error::StoreError;
use crate::records::ApiToken;
use crate::rows::clean;
use crate::tables::api_token;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use switchboard_engine::ids::{BusinessId, UserId};
use switchboard_engine::time::Timestamp;

#[derive(Queryable, Selectable)]
#[diesel(table_name = api_token)]
struct TokenRow {
    id: i64,
    business_id: i64,
    user_id: i64,
    name: String,
    scopes: String,
    token_hash: Vec<u8>,
    hint: String,
    created_at: i64,
    expires_at: Option<i64>,
    last_used_at: Option<i64>,
    revoked_at: Option<i64>,
}

impl From<TokenRow> for ApiToken {
    fn from(row: TokenRow) -> Self {
        Self {
            id: row.id,
            business_id: BusinessId(row.business_id),
            user_id: UserId(row.user_id),
            name: row.name,
            scopes: row.scopes.split_whitespace().map(str::to_owned).collect(),
            token_hash: row.token_hash,
            hint: row.hint,
            created_at: Timestamp(row.created_at),
            expires_at: row.expires_at.map(Timestamp),
            last_used_at: row.last_used_at.map(Timestamp),
            revoked_at: row.revoked_at.map(Timestamp),
        }
    }
}

/// Those that are not revoked, newest first.
pub(crate) async fn of_business(conn: &mut Conn, of: BusinessId) -> Result<Vec<ApiToken>, StoreError> {
    let rows: Vec<TokenRow> = api_token::table
        .filter(api_token::business_id.eq(of.0).and(api_token::revoked_at.is_null()))
        .order(api_token::id.desc())
        .select(TokenRow::as_select())
        .load(conn)
        .await?;
    Ok(rows.into_iter().map(ApiToken::from).collect())
}

/// One that is good at this moment.
pub(crate) async fn find(
    conn: &mut Conn,
    hash: &[u8],
    now: Timestamp,
) -> Result<Option<ApiToken>, StoreError> {
    let row: Option<TokenRow> = api_token::table
        .filter(api_token::token_hash.eq(hash).and(api_token::revoked_at.is_null()))
        .filter(api_token::expires_at.is_null().or(api_token::expires_at.gt(now.0)))
        .select(TokenRow::as_select())
        .first(conn)
        .await
        .optional()?;
    Ok(row.map(ApiToken::from))
}

pub(crate) async fn create(conn: &mut Conn, token: &ApiToken) -> Result<(), StoreError> {
    diesel::insert_into(api_token::table)
        .values((
            api_token::id.eq(token.id),
            api_token::business_id.eq(token.business_id.0),
            api_token::user_id.eq(token.user_id.0),
            api_token::name.eq(clean(&token.name)),
            api_token::scopes.eq(token.scopes.join(" ")),
            api_token::token_hash.eq(&token.token_hash),
            api_token::hint.eq(&token.hint),
            api_token::created_at.eq(token.created_at.0),
            api_token::expires_at.eq(token.expires_at.map(|at| at.0)),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

pub(crate) async fn touch(conn: &mut Conn, id: i64, at: Timestamp) -> Result<(), StoreError> {
    diesel::update(api_token::table.find(id)).set(api_token::last_used_at.eq(at.0)).execute(conn).await?;
    Ok(())
}

/// The token as it was, or nothing when there is none to revoke.
pub(crate) async fn revoke(
    conn: &mut Conn,
    of: BusinessId,
    id: i64,
    at: Timestamp,
) -> Result<Option<ApiToken>, StoreError> {
    let good = api_token::table
        .filter(api_token::id.eq(id).and(api_token::business_id.eq(of.0)))
        .filter(api_token::revoked_at.is_null());
    let row: Option<TokenRow> = good.select(TokenRow::as_select()).first(conn).await.optional()?;
    if row.is_some() {
        diesel::update(api_token::table.find(id)).set(api_token::revoked_at.eq(at.0)).execute(conn).await?;
    }
    Ok(row.map(ApiToken::from))
}
