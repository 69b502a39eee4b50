//! Other programs: `Authorization: Bearer sbt_…`. A token acts for whoever made it, as far as its scopes go and no further than they
//! may themselves. It opens the REST API only; no cookie is looked at beside it, so no other site's page can borrow it.

use crate::error::ApiError;
use crate::session::{Caller, SignedIn, site};
use crate::site::Site;
use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use actix_web::http::header::{AUTHORIZATION, HeaderMap};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::Rng;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use switchboard_engine::permission::{Route, Scope};
use switchboard_engine::time::Timestamp;
use switchboard_schema::{ApiToken, StoreError};

/// How a token begins, so that scanners of source code know one when they see it.
const PREFIX: &str = "sbt_";
/// Characters of it that are shown afterwards.
const HINT: usize = 4;
/// Calls of one token within a minute.
pub const PER_MINUTE: u32 = 600;
/// How often use is noted in the database.
const TOUCH: Duration = Duration::from_mins(1);
/// How long a look-up is believed. Revoking forgets at once.
const BELIEVED: Duration = Duration::from_secs(5);
const REMEMBERED: usize = 10_000;

type TokenHash = [u8; 32];

/// A token as a request presents it.
#[derive(Debug)]
pub struct Grant {
    pub id: i64,
    pub name: String,
    scopes: Vec<Scope>,
}

impl Grant {
    /// The scope it lacks for a route; `Some(None)` where no scope would do.
    pub fn lacks(&self, route: &Route) -> Option<Option<Scope>> {
        match Scope::needed(route) {
            Some(scope) if self.scopes.contains(&scope) => None,
            other => Some(other),
        }
    }
}

/// Look-ups of the last seconds.
#[derive(Default)]
pub struct Tokens {
    recent: Mutex<Recent>,
}

#[derive(Default)]
struct Recent {
    known: HashMap<TokenHash, (Instant, ApiToken)>,
    /// Counts revocations: what was looked up before one is not remembered after it.
    revoked: u64,
}

/// A new token: what its owner copies, its hash and its hint.
pub fn fresh() -> (String, Vec<u8>, String) {
    let mut random = [0; 32];
    rand::rng().fill_bytes(&mut random);
    let token = format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(random));
    let hint = token.get(token.len() - HINT..).unwrap_or_default().to_owned();
    let hash = Sha256::digest(&token).to_vec();
    (token, hash, hint)
}

/// Whether a request comes with a token instead of a cookie. A proxy in front may ask browsers for a password of its own: that is `Basic`.
pub fn is_presented(headers: &HeaderMap) -> bool {
    let scheme = |header: &[u8]| header.get(..7).is_some_and(|start| start.eq_ignore_ascii_case(b"bearer "));
    headers.get_all(AUTHORIZATION).any(|header| scheme(header.as_bytes()))
}

fn presented(request: &HttpRequest) -> Option<&str> {
    let mut all = request.headers().get_all(AUTHORIZATION);
    let only = all.next()?.to_str().ok()?;
    let (scheme, token) = only.split_once(' ')?;
    let right = scheme.eq_ignore_ascii_case("bearer") && token.starts_with(PREFIX) && all.next().is_none();
    right.then_some(token)
}

impl Tokens {
    async fn look_up(&self, site: &Site, hash: TokenHash) -> Result<Option<ApiToken>, StoreError> {
        let now = site.now();
        if let Some(token) = self.remembered(&hash, now) {
            return Ok(Some(token));
        }
        let before = self.lock().revoked;
        let store = &site.actors.core.store;
        let Some(token) = store.api_token(hash.to_vec(), now).await? else { return Ok(None) };
        if token.last_used_at.is_none_or(|at| now.since(at) >= TOUCH) {
            store.touch_api_token(token.id, now).await?;
        }
        let mut recent = self.lock();
        if recent.revoked == before {
            if recent.known.len() >= REMEMBERED {
                recent.known.clear();
            }
            recent.known.insert(hash, (Instant::now(), token.clone()));
        }
        Ok(Some(token))
    }

    fn remembered(&self, hash: &TokenHash, now: Timestamp) -> Option<ApiToken> {
        let recent = self.lock();
        let (at, token) = recent.known.get(hash)?;
        let good = at.elapsed() < BELIEVED && token.expires_at.is_none_or(|end| now < end);
        good.then(|| token.clone())
    }

    /// The next call with this token looks again.
    pub fn forget(&self, hash: &[u8]) {
        let mut recent = self.lock();
        recent.revoked += 1;
        if let Ok(hash) = TokenHash::try_from(hash) {
            recent.known.remove(&hash);
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Recent> {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Who asks, when it is a program.
pub async fn signed_in(request: &HttpRequest) -> Result<SignedIn, ApiError> {
    let site = site(request)?;
    let hash: TokenHash = match presented(request) {
        Some(token) => Sha256::digest(token).into(),
        None => return Err(no_token()),
    };
    let token = site.tokens.look_up(&site, hash).await?.ok_or_else(no_token)?;
    let user = site.actors.user(token.user_id).map_err(|_| no_token())?;
    site.token_calls.take(token.id, Instant::now()).map_err(ApiError::rate_limited)?;
    // A scope that exists no more opens nothing.
    let scopes = token.scopes.iter().filter_map(|scope| Scope::parse(scope)).collect();
    let grant = Grant { id: token.id, name: token.name, scopes };
    Ok(SignedIn { caller: Caller::of_token(user.id, hash), grant: Some(Arc::new(grant)), site, user })
}

fn no_token() -> ApiError {
    let detail = "This token is unknown, revoked or expired.";
    ApiError::new(StatusCode::UNAUTHORIZED, "not_signed_in", detail)
}

/// The refusal of a token that may not.
pub fn out_of_scope(scope: Option<Scope>) -> ApiError {
    let Some(scope) = scope else {
        let detail = "Only a person who is signed in can do this, no token.";
        return ApiError::new(StatusCode::FORBIDDEN, "not_for_tokens", detail);
    };
    let mut error =
        ApiError::new(StatusCode::FORBIDDEN, "scope_missing", format!("The token needs the scope {scope}."));
    error.facts.insert("scope".to_owned(), scope.to_string().into());
    error
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    #[test]
    fn only_one_bearer_of_ours_is_a_token() {
        let of = |headers: &[&str]| {
            let mut request = TestRequest::default();
            for header in headers {
                request = request.append_header((AUTHORIZATION, *header));
            }
            presented(&request.to_http_request()).map(str::to_owned)
        };
        assert_eq!(of(&["Bearer sbt_x"]).as_deref(), Some("sbt_x"));
        assert_eq!(of(&["bearer sbt_x"]).as_deref(), Some("sbt_x"));
        for bad in [
            &[][..],
            &["sbt_x"],
            &["Basic sbt_x"],
            &["Bearer x"],
            &["Bearer "],
            &["Bearer sbt_x", "Bearer sbt_x"],
        ] {
            assert_eq!(of(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn a_new_token_is_known_by_its_hash_and_its_end() {
        let (token, hash, hint) = fresh();
        assert!(token.starts_with(PREFIX) && token.len() == 47 && token.ends_with(&hint) && hint.len() == 4);
        assert_eq!(hash, Sha256::digest(&token).to_vec());
        assert_ne!(fresh().0, token);
    }
}
