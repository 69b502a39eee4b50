//! [`Site`]: what every request may need, shared by all workers.

use crate::bearer::{self, Tokens};
use crate::config::{Config, Limits};
use crate::login_limits::LoginLimits;
use crate::origin::Origins;
use crate::password::Passwords;
use crate::proxies::{Proxies, household};
use crate::quota::Quota;
use crate::session::Sessions;
use crate::setup_token::SetupToken;
use actix_web::{HttpRequest, web};
use metrics_exporter_prometheus::PrometheusHandle;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use switchboard_actors::Actors;
use switchboard_actors::clock::Clock;
use switchboard_actors::roster::Roster;
use switchboard_engine::ids::{ChannelId, UserId};
use switchboard_engine::time::Timestamp;

/// How many files one visitor, and one address of the network, may upload in which time.
const VISITOR_UPLOADS: (u32, Duration) = (30, Duration::from_mins(10));

const LINK_TRIES: (u32, Duration) = (30, Duration::from_mins(10));
const RESET_MAILS: (u32, Duration) = (3, Duration::from_hours(1));
const CODE_TRIES: (u32, Duration) = (8, Duration::from_mins(15));

pub struct Site {
    pub actors: Actors,
    pub sessions: Sessions,
    pub login_limits: LoginLimits,
    pub passwords: Passwords,
    pub origins: Origins,
    pub setup: SetupToken,
    /// Files of visitors.
    pub visitor_uploads: Quota<String>,
    pub quotas: Quotas,
    /// Who is believed about where a request comes from.
    pub proxies: Proxies,
    /// How many tries of forbidden things of one user the audit log takes.
    pub denials: Denials,
    /// One-time links, and whoever asks for one, per address of the network.
    pub link_tries: Quota<IpAddr>,
    /// Mails with a link to a new password, per account.
    pub reset_mails: Quota<String>,
    /// Codes of a second factor, per user: whoever tries them has the password already.
    pub code_tries: Quota<UserId>,
    pub tokens: Tokens,
    /// Calls of other programs, per token.
    pub token_calls: Quota<i64>,
    /// One at a time gives a group its name: the roster is read before, and again after.
    pub naming: tokio::sync::Mutex<()>,
    pub demo: bool,
    pub metrics: PrometheusHandle,
    /// Wall-clock time: the demo's pushed clock must not sign anybody out.
    pub wall: Clock,
    draining: AtomicBool,
    busy: AtomicUsize,
}

impl Site {
    pub fn new(
        actors: Actors,
        origins: Origins,
        setup: SetupToken,
        metrics: PrometheusHandle,
        config: &Config,
    ) -> Self {
        let limits = config.limits;
        Self {
            sessions: Sessions::default(),
            login_limits: LoginLimits::new(limits.sign_ins),
            quotas: Quotas::new(limits),
            proxies: config.trusted_proxies.clone(),
            passwords: Passwords::default(),
            visitor_uploads: Quota::new(VISITOR_UPLOADS.0, VISITOR_UPLOADS.1),
            denials: Denials::default(),
            link_tries: Quota::new(LINK_TRIES.0, LINK_TRIES.1),
            reset_mails: Quota::new(RESET_MAILS.0, RESET_MAILS.1),
            code_tries: Quota::new(CODE_TRIES.0, CODE_TRIES.1),
            tokens: Tokens::default(),
            token_calls: Quota::new(bearer::PER_MINUTE, Duration::from_mins(1)),
            naming: tokio::sync::Mutex::default(),
            wall: Clock::default(),
            draining: AtomicBool::new(false),
            busy: AtomicUsize::new(0),
            actors,
            origins,
            setup,
            demo: config.demo,
            metrics,
        }
    }

    pub fn roster(&self) -> Arc<Roster> {
        self.actors.roster.get()
    }

    pub fn now(&self) -> Timestamp {
        self.wall.now()
    }

    /// Whether new users get a temporary password instead of a link.
    pub fn temporary_passwords(&self) -> bool {
        self.roster().settings().temporary_passwords
    }

    /// Where a request comes from, as far as it can be believed.
    pub fn source(&self, request: &HttpRequest) -> Option<IpAddr> {
        request.peer_addr().map(|peer| self.proxies.source(peer.ip(), request.headers()))
    }

    /// From here on readiness says no.
    pub fn begin_draining(&self) {
        self.draining.store(true, Ordering::Release);
    }

    pub fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Acquire)
    }

    /// Whether no request runs and no socket is open.
    pub fn is_idle(&self) -> bool {
        self.busy.load(Ordering::Acquire) == 0
    }
}

/// What may be done how often in a minute, as the settings say.
pub struct Quotas {
    /// Calls of the API.
    pub api: Quota<Asker>,
    /// Loads of the widget and its files.
    pub widget: Quota<IpAddr>,
    /// Visitors nobody has seen before.
    pub visitors: Quota<IpAddr>,
    /// Messages of a visitor.
    pub visitor_messages: Quota<String>,
    /// Callbacks that are not genuine; without a channel those for channels that are not there.
    pub bad_callbacks: Quota<(Option<ChannelId>, IpAddr)>,
}

/// Who calls the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Asker {
    User(UserId),
    /// Somebody who is not signed in.
    Address(IpAddr),
}

impl Asker {
    pub fn at(address: IpAddr) -> Self {
        Self::Address(household(address))
    }
}

impl Quotas {
    fn new(limits: Limits) -> Self {
        Self {
            api: Quota::per_minute(limits.api),
            widget: Quota::per_minute(limits.widget),
            visitors: Quota::per_minute(limits.visitors),
            visitor_messages: Quota::per_minute(limits.visitor_messages),
            bad_callbacks: Quota::per_minute(limits.bad_callbacks),
        }
    }
}

/// So that one user who knocks without end does not fill the audit log: the first so many of a minute are written.
#[derive(Default)]
pub struct Denials(Mutex<HashMap<UserId, (Instant, u32)>>);

impl Denials {
    const PER_MINUTE: u32 = 60;

    /// Whether this one is written.
    pub fn take(&self, user: UserId) -> bool {
        let mut users = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let (since, count) = users.entry(user).or_insert((now, 0));
        if now.duration_since(*since) > Duration::from_mins(1) {
            (*since, *count) = (now, 0);
        }
        *count += 1;
        *count <= Self::PER_MINUTE
    }
}

/// A request that runs, or a socket that is open: an orderly end waits for it.
pub struct Busy(web::Data<Site>);

impl Busy {
    pub fn with(site: &web::Data<Site>) -> Self {
        site.busy.fetch_add(1, Ordering::AcqRel);
        Self(site.clone())
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.busy.fetch_sub(1, Ordering::AcqRel);
    }
}
