//! Everything the provider endpoints, the phones and the page share.

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::watch;

use crate::account::AccountState;
use crate::callbacks::Counters;
use crate::clock::Clock;
use crate::faults::NoSuchAccount;
use crate::journal::Journal;
use crate::media::Shelf;

pub(crate) struct World {
    pub(crate) clock: Clock,
    pub(crate) journal: Journal,
    pub(crate) shelf: Shelf,
    pub(crate) client: reqwest::Client,
    /// The simulator's own runtime: connections to the product must outlive the caller's runtime.
    pub(crate) runtime: Handle,
    pub(crate) base_url: String,
    pub(crate) callback_timeout: Duration,
    pub(crate) counters: Counters,
    accounts: Vec<Arc<AccountState>>,
    revision: watch::Sender<u64>,
}

impl World {
    pub(crate) fn new(
        accounts: Vec<Arc<AccountState>>,
        client: reqwest::Client,
        runtime: Handle,
        base_url: String,
        callback_timeout: Duration,
    ) -> Self {
        Self {
            clock: Clock::new(),
            journal: Journal::default(),
            shelf: Shelf::default(),
            client,
            runtime,
            base_url,
            callback_timeout,
            counters: Counters::default(),
            accounts,
            revision: watch::Sender::new(0),
        }
    }

    pub(crate) fn accounts(&self) -> &[Arc<AccountState>] {
        &self.accounts
    }

    pub(crate) fn account(&self, key: &str) -> Result<&Arc<AccountState>, NoSuchAccount> {
        self.accounts.iter().find(|account| &*account.key == key).ok_or_else(|| NoSuchAccount(key.to_owned()))
    }

    /// Tells the page and whoever waits for a condition that something is different.
    pub(crate) fn changed(&self) {
        self.revision.send_modify(|revision| *revision += 1);
    }

    pub(crate) fn watch(&self) -> watch::Receiver<u64> {
        self.revision.subscribe()
    }
}
