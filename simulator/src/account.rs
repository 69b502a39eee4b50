//! One provider account while the simulator runs: its switches, its customers' phones, its templates.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, RwLock};

use tokio::sync::mpsc::UnboundedSender;

use crate::callbacks::Callback;
use crate::config::{Account, Provider};
use crate::faults::Switches;
use crate::limits::Pace;
use crate::lock::{lock, read, write};
use crate::phone::handset::Handset;
use crate::template::Templates;

pub(crate) struct AccountState {
    pub(crate) key: Arc<str>,
    pub(crate) config: Account,
    pub(crate) templates: Mutex<Templates>,
    switches: RwLock<Arc<Switches>>,
    webhook: RwLock<Arc<Webhook>>,
    /// A token that took the place of the configured one.
    token: RwLock<Option<String>>,
    sends: AtomicU64,
    pace: Mutex<Pace>,
    phones: Mutex<HashMap<Arc<str>, Handset>>,
    lanes: Vec<UnboundedSender<Callback>>,
    hasher: RandomState,
}

/// Where callbacks go. 360dialog lets its customer change this through the API.
#[derive(Clone, Debug)]
pub(crate) struct Webhook {
    pub(crate) url: String,
    pub(crate) headers: Vec<(String, String)>,
}

/// What the n-th send meets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SendFault {
    None,
    Throttle,
    Fail,
    Hang,
}

impl AccountState {
    pub(crate) fn new(config: Account, lanes: Vec<UnboundedSender<Callback>>) -> Self {
        let headers = match &config {
            Account::Dialog360 { webhook_headers, .. } => webhook_headers.clone(),
            _ => Vec::new(),
        };
        let webhook = Webhook { url: config.webhook_url().to_owned(), headers };
        Self {
            key: config.key().into(),
            templates: Mutex::new(Templates::samples()),
            switches: RwLock::new(Arc::new(Switches::healthy(config.provider()))),
            webhook: RwLock::new(Arc::new(webhook)),
            token: RwLock::new(None),
            sends: AtomicU64::new(0),
            pace: Mutex::new(Pace::default()),
            phones: Mutex::new(HashMap::new()),
            lanes,
            hasher: RandomState::new(),
            config,
        }
    }

    pub(crate) fn provider(&self) -> Provider {
        self.config.provider()
    }

    /// Whether this is the credential its requests must carry.
    pub(crate) fn takes(&self, configured: &str, given: &str) -> bool {
        read(&self.token).as_deref().unwrap_or(configured) == given
    }

    pub(crate) fn set_token(&self, token: &str) {
        *write(&self.token) = Some(token.to_owned());
    }

    pub(crate) fn switches(&self) -> Arc<Switches> {
        Arc::clone(&read(&self.switches))
    }

    pub(crate) fn set_switches(&self, switches: Switches) {
        *write(&self.switches) = Arc::new(switches);
    }

    pub(crate) fn webhook(&self) -> Arc<Webhook> {
        Arc::clone(&read(&self.webhook))
    }

    pub(crate) fn set_webhook(&self, webhook: Webhook) {
        *write(&self.webhook) = Arc::new(webhook);
    }

    /// Counts a send and says which fault it meets.
    pub(crate) fn next_send(&self, switches: &Switches) -> SendFault {
        let nth = self.sends.fetch_add(1, Ordering::Relaxed) + 1;
        let due = |every: u32| every > 0 && nth.is_multiple_of(u64::from(every));
        if due(switches.throttle_every) {
            SendFault::Throttle
        } else if due(switches.fail_every) {
            SendFault::Fail
        } else if due(switches.hang_every) {
            SendFault::Hang
        } else {
            SendFault::None
        }
    }

    /// Whether the number's throughput allows one more send now.
    pub(crate) fn admit(&self, now: u64, switches: &Switches) -> bool {
        let rate = u64::from(switches.messages_per_second);
        rate == 0 || lock(&self.pace).admit(now, 1_000_000 / rate, rate)
    }

    /// Runs `f` on the customer's phone, which is made if this number was never seen.
    pub(crate) fn with_phone<R>(&self, digits: &str, f: impl FnOnce(&mut Handset) -> R) -> R {
        let mut phones = lock(&self.phones);
        if let Some(handset) = phones.get_mut(digits) {
            return f(handset);
        }
        let number: Arc<str> = digits.into();
        f(phones.entry(Arc::clone(&number)).or_insert_with(|| Handset::new(number)))
    }

    pub(crate) fn with_known_phone<R>(&self, digits: &str, f: impl FnOnce(&mut Handset) -> R) -> Option<R> {
        lock(&self.phones).get_mut(digits).map(f)
    }

    /// Runs `f` on every phone; for the page and for rare lookups.
    pub(crate) fn each_phone(&self, mut f: impl FnMut(&mut Handset)) {
        for handset in lock(&self.phones).values_mut() {
            f(handset);
        }
    }

    /// Callbacks about one customer share a lane, so they keep their order; with batching or reordering on, all do.
    pub(crate) fn lane(&self, digits: &str, switches: &Switches) -> Option<&UnboundedSender<Callback>> {
        if switches.reorder || switches.batch > 1 || self.lanes.is_empty() {
            return self.lanes.first();
        }
        self.lanes.get(self.hasher.hash_one(digits) as usize % self.lanes.len())
    }
}
