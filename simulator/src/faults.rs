//! Everything about an account that can be changed while it runs: faults, and how its provider behaves.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::config::Provider;
use crate::world::World;

/// The switches of one account. `Default` is a healthy WhatsApp account; see [`Switches::healthy`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "they are independent switches, shown as such on the page")]
pub struct Switches {
    /// Every request of the product is answered 503.
    pub down: bool,
    /// Every n-th send is refused with 429; 0 = never.
    pub throttle_every: u32,
    /// Every n-th send is refused with 500; 0 = never.
    pub fail_every: u32,
    /// Every n-th send is accepted and reaches the phone, but the HTTP answer never comes; 0 = never.
    pub hang_every: u32,
    /// Added to every HTTP answer.
    pub answer_delay_ms: u64,
    /// Added to every callback.
    pub callback_delay_ms: u64,
    /// Extra identical copies of every callback.
    pub duplicates: u32,
    /// Callbacks are gathered for a moment and sent shuffled, statuses before messages.
    pub reorder: bool,
    /// The first status callback is delivered before the send itself is answered.
    pub status_first: bool,
    /// Only `sent` (or `failed`) is ever reported.
    pub no_receipts: bool,
    /// Files are answered 404 when the product asks for them.
    pub files_gone: bool,

    /// Off: no status callbacks at all, nothing is queued; for load tests.
    pub callbacks: bool,
    /// Off: phones keep no threads, only the journal grows; for load tests.
    pub threads: bool,
    /// Customers read everything the moment it arrives.
    pub read_at_once: bool,
    /// WhatsApp joins up to this many callbacks in one POST.
    pub batch: u32,
    /// How often WhatsApp repeats a callback the product did not answer with 2xx.
    pub redeliveries: u32,
    /// WhatsApp refuses undeliverable sends in the answer instead of in a later `failed` status.
    pub refuse_at_once: bool,
    /// Only numbers that have a phone here exist.
    pub strict_users: bool,
    /// Enforce the 24-hour customer care window.
    pub care_window: bool,
    /// Enforce one message per 6 seconds to one customer with bursts of 45 (131056).
    pub pair_limit: bool,
    /// Throughput of the number (130429, 20429); 0 = unlimited.
    pub messages_per_second: u32,
    /// Twilio adds `OptOutType` to inbound callbacks.
    pub advanced_opt_out: bool,
}

impl Default for Switches {
    fn default() -> Self {
        Self {
            down: false,
            throttle_every: 0,
            fail_every: 0,
            hang_every: 0,
            answer_delay_ms: 0,
            callback_delay_ms: 0,
            duplicates: 0,
            reorder: false,
            status_first: false,
            no_receipts: false,
            files_gone: false,
            callbacks: true,
            threads: true,
            read_at_once: false,
            batch: 1,
            redeliveries: 8,
            refuse_at_once: false,
            strict_users: false,
            care_window: true,
            pair_limit: true,
            messages_per_second: 80,
            advanced_opt_out: false,
        }
    }
}

impl Switches {
    /// What an account of this provider starts with. SMS providers queue instead of refusing, so they have no throughput limit.
    pub fn healthy(provider: Provider) -> Self {
        match provider {
            Provider::CloudApi | Provider::Dialog360 => Self::default(),
            Provider::Twilio | Provider::Vonage | Provider::HttpSms => {
                Self { messages_per_second: 0, ..Self::default() }
            }
        }
    }

    /// A bottomless sink: no callbacks, no threads, no limits. The journal still records every send.
    pub fn sink() -> Self {
        Self {
            callbacks: false,
            threads: false,
            care_window: false,
            pair_limit: false,
            messages_per_second: 0,
            ..Self::default()
        }
    }
}

/// The handle to switch accounts at run time.
#[derive(Clone)]
pub struct Faults {
    pub(crate) world: Arc<World>,
}

impl Faults {
    pub fn get(&self, account_key: &str) -> Result<Switches, NoSuchAccount> {
        Ok(Switches::clone(&self.world.account(account_key)?.switches()))
    }

    pub fn set(&self, account_key: &str, switches: Switches) -> Result<(), NoSuchAccount> {
        self.world.account(account_key)?.set_switches(switches);
        self.world.changed();
        Ok(())
    }

    /// `faults.change("1066…", |s| s.hang_every = 1)`.
    pub fn change(&self, account_key: &str, edit: impl FnOnce(&mut Switches)) -> Result<(), NoSuchAccount> {
        let mut switches = self.get(account_key)?;
        edit(&mut switches);
        self.set(account_key, switches)
    }

    /// Makes every account healthy again.
    pub fn clear(&self) {
        for account in self.world.accounts() {
            account.set_switches(Switches::healthy(account.provider()));
        }
        self.world.changed();
    }
}

/// The key names no account of this simulator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoSuchAccount(pub String);

impl fmt::Display for NoSuchAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the simulator has no account {}", self.0)
    }
}

impl std::error::Error for NoSuchAccount {}
