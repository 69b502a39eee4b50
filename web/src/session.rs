//! Login sessions: an opaque random cookie, a row with its hash, and [`SignedIn`], which a handler asks for when it needs to know who.

use crate::bearer::Grant;
use crate::error::ApiError;
use crate::site::Site;
use actix_web::cookie::time::Duration as CookieDuration;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures_util::future::LocalBoxFuture;
use rand::Rng;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use switchboard_actors::roster::Colleague;
use switchboard_engine::ids::UserId;
use switchboard_engine::time::Timestamp;
use switchboard_schema::{Session, StoreError};

/// A session that is not used for this long is over.
const IDLE: Duration = Duration::from_hours(12);
/// And after this long in any case.
const LONGEST: Duration = Duration::from_hours(14 * 24);
/// How often use is noted in the database.
const TOUCH: Duration = Duration::from_mins(1);
/// How long a look-up is believed. Signing out here forgets at once.
const BELIEVED: Duration = Duration::from_secs(1);
/// Look-ups remembered before the table is started afresh.
const REMEMBERED: usize = 10_000;

type TokenHash = [u8; 32];

/// Look-ups of the last second, so that a burst of calls asks the database once.
#[derive(Default)]
pub struct Sessions {
    recent: Mutex<HashMap<TokenHash, (Instant, Caller)>>,
}

/// Whose browser a request comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caller {
    pub user: UserId,
    /// Names the session to the sockets that hang on it.
    pub session: i64,
    /// Somebody else chose their password: nothing else is theirs to do before they chose one.
    pub must_change_password: bool,
    token_hash: TokenHash,
}

impl Caller {
    /// A program that acts for a user: there is no session anything could hang on.
    pub(crate) fn of_token(user: UserId, token_hash: TokenHash) -> Self {
        Self { user, session: 0, must_change_password: false, token_hash }
    }

    /// The hash of the cookie, by which the database knows the session.
    pub fn token_hash(&self) -> Vec<u8> {
        self.token_hash.to_vec()
    }
}

impl Sessions {
    /// Signs a browser in; answers the cookie to set.
    pub async fn begin(
        site: &Site,
        user: UserId,
        user_agent: Option<&str>,
    ) -> Result<Cookie<'static>, StoreError> {
        let mut random = [0; 32];
        rand::rng().fill_bytes(&mut random);
        let token = URL_SAFE_NO_PAD.encode(random);
        let now = site.now();
        let session = Session {
            token_hash: Sha256::digest(&token).to_vec(),
            user_id: user,
            created_at: now,
            last_used_at: now,
            expires_at: now.plus(IDLE),
            user_agent: user_agent.map(|text| text.chars().take(200).collect()),
        };
        site.actors.core.store.create_session(session).await?;
        Ok(cookie(site, token, LONGEST))
    }

    /// Ends a session: its sockets close, its cookie is worthless.
    pub async fn end(site: &Site, caller: &Caller) -> Result<(), StoreError> {
        site.actors.core.store.delete_session(caller.token_hash.to_vec()).await?;
        site.sessions.forget(&caller.token_hash);
        site.actors.end_session(caller.session);
        Ok(())
    }

    /// Forgets sessions that are gone from the database: their sockets close.
    pub fn ended(site: &Site, token_hashes: Vec<Vec<u8>>) {
        for token_hash in token_hashes {
            let Ok(token_hash) = TokenHash::try_from(token_hash) else { continue };
            site.sessions.forget(&token_hash);
            site.actors.end_session(session_id(&token_hash));
        }
    }

    /// The user of this session changed: the next call looks again.
    pub fn refresh(site: &Site, caller: &Caller) {
        site.sessions.forget(&caller.token_hash);
    }

    async fn look_up(&self, site: &Site, token: &str) -> Result<Option<Caller>, StoreError> {
        let token_hash: TokenHash = Sha256::digest(token).into();
        if let Some(caller) = self.remembered(&token_hash) {
            return Ok(Some(caller));
        }
        let (store, now) = (&site.actors.core.store, site.now());
        let Some((session, user)) = store.find_session(token_hash.to_vec(), now).await? else {
            return Ok(None);
        };
        if now.since(session.created_at) >= LONGEST {
            store.delete_session(token_hash.to_vec()).await?;
            Self::ended(site, vec![token_hash.to_vec()]);
            return Ok(None);
        }
        if now.since(session.last_used_at) >= TOUCH {
            store.touch_session(token_hash.to_vec(), now, expiry(session.created_at, now)).await?;
            store.set_user_seen(user.id, now).await?;
        }
        let (session, must_change_password) = (session_id(&token_hash), user.must_change_password);
        let caller = Caller { user: user.id, session, must_change_password, token_hash };
        self.remember(caller);
        Ok(Some(caller))
    }

    fn remembered(&self, token_hash: &TokenHash) -> Option<Caller> {
        let recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        recent.get(token_hash).filter(|(at, _)| at.elapsed() < BELIEVED).map(|(_, caller)| *caller)
    }

    fn remember(&self, caller: Caller) {
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        if recent.len() >= REMEMBERED {
            recent.clear();
        }
        recent.insert(caller.token_hash, (Instant::now(), caller));
    }

    fn forget(&self, token_hash: &TokenHash) {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner).remove(token_hash);
    }
}

fn expiry(created_at: Timestamp, now: Timestamp) -> Timestamp {
    now.plus(IDLE).min(created_at.plus(LONGEST))
}

/// What sockets know a session by: the head of a hash that only its holder could have made.
pub fn session_id(token_hash: &TokenHash) -> i64 {
    let (head, _) = token_hash.split_first_chunk().unwrap_or((&[0; 8], &[]));
    i64::from_be_bytes(*head)
}

fn cookie_name(site: &Site) -> &'static str {
    if site.origins.is_secure() { "__Host-sid" } else { "sid" }
}

fn cookie(site: &Site, token: String, age: Duration) -> Cookie<'static> {
    Cookie::build(cookie_name(site), token)
        .path("/")
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(site.origins.is_secure())
        .max_age(CookieDuration::try_from(age).unwrap_or(CookieDuration::ZERO))
        .finish()
}

/// Takes the cookie out of the browser.
pub fn no_cookie(site: &Site) -> Cookie<'static> {
    cookie(site, String::new(), Duration::ZERO)
}

/// A request of somebody who is signed in and active, and uses a password of their own.
#[derive(Clone)]
pub struct SignedIn {
    pub site: web::Data<Site>,
    pub caller: Caller,
    pub user: Colleague,
    /// Set when it is a program that acts for them.
    pub grant: Option<Arc<Grant>>,
}

impl SignedIn {
    /// The same, but they may still have to choose their password: for the permission check, which knows the few calls that lead there.
    pub async fn at_all(request: &HttpRequest) -> Result<Self, ApiError> {
        let site = site(request)?;
        let cookie = request.cookie(cookie_name(&site)).ok_or_else(ApiError::not_signed_in)?;
        let found = site.sessions.look_up(&site, cookie.value()).await?;
        let caller = found.ok_or_else(ApiError::not_signed_in)?;
        let user = site.actors.user(caller.user).map_err(|_| ApiError::not_signed_in())?;
        Ok(Self { site, caller, user, grant: None })
    }
}

impl FromRequest for SignedIn {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            // The permission check has looked already.
            if let Some(known) = request.extensions().get::<Self>() {
                return Ok(known.clone());
            }
            let signed_in = Self::at_all(&request).await?;
            if signed_in.caller.must_change_password {
                return Err(ApiError::password_change_required());
            }
            Ok(signed_in)
        })
    }
}

/// The site a request came to.
pub fn site(request: &HttpRequest) -> Result<web::Data<Site>, ApiError> {
    request
        .app_data::<web::Data<Site>>()
        .cloned()
        .ok_or_else(|| ApiError::internal("the application has no site"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn use_keeps_a_session_alive_but_not_for_ever() {
        let created = Timestamp(0);
        assert_eq!(expiry(created, created), created.plus(IDLE));
        let late = created.plus(LONGEST).minus(Duration::from_mins(1));
        assert_eq!(expiry(created, late), created.plus(LONGEST));
    }

    #[test]
    fn a_session_is_named_by_its_hash() {
        let mut hash = [0; 32];
        hash[7] = 5;
        assert_eq!(session_id(&hash), 5);
    }
}
