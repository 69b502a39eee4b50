//! The handle of a running simulator.

use std::collections::HashSet;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, SystemTime};

use serde_json::Value;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{mpsc, watch};

use crate::account::{AccountState, Webhook};
use crate::callbacks::{CallbackCounts, LANES, run_lane};
use crate::cloud_api::handshake;
use crate::config::{Account, Config};
use crate::faults::{Faults, NoSuchAccount};
use crate::journal::Accepted;
use crate::listener::{Engine, server};
use crate::lock::lock;
use crate::phone::{Phone, digits};
use crate::whatsapp::files::tell_of_template;
use crate::world::World;

/// A running simulator; cheap to clone. Its server ends with the last clone.
#[derive(Clone)]
pub struct Simulator {
    pub(crate) world: Arc<World>,
    faults: Faults,
    _engine: Arc<Engine>,
}

impl Simulator {
    /// Starts the providers on `listen`; port 0 takes a free one.
    pub async fn start(config: Config, listen: SocketAddr) -> io::Result<Self> {
        let mut keys = HashSet::new();
        if let Some(twice) = config.accounts.iter().find(|account| !keys.insert(account.key())) {
            let problem = format!("the account {} is configured twice", twice.key());
            return Err(io::Error::new(io::ErrorKind::InvalidInput, problem));
        }
        // reqwest has no built-in crypto here; a product that installed one already is fine.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client =
            reqwest::Client::builder().pool_max_idle_per_host(256).build().map_err(io::Error::other)?;
        let listener = TcpListener::bind(listen)?;
        let base_url = format!("http://{}", listener.local_addr()?);
        let runtime =
            Builder::new_multi_thread().worker_threads(2).thread_name("simulator").enable_all().build()?;
        let (accounts, lanes) = open_accounts(config.accounts);
        let handle = runtime.handle().clone();
        let world = Arc::new(World::new(accounts, client, handle, base_url, config.callback_timeout));
        for (account, lane) in lanes {
            runtime.spawn(run_lane(Arc::clone(&world), account, lane));
        }
        let engine = Arc::new(serve(runtime, &world, listener)?);
        Ok(Self { faults: Faults { world: Arc::clone(&world) }, world, _engine: engine })
    }

    /// Where the providers answer, for example `http://127.0.0.1:40123`.
    pub fn base_url(&self) -> String {
        self.world.base_url.clone()
    }

    /// The accounts it was started with.
    pub fn accounts(&self) -> Vec<Account> {
        self.world.accounts().iter().map(|account| account.config.clone()).collect()
    }

    /// Every send a provider accepted, in order.
    pub fn journal(&self) -> Vec<Accepted> {
        self.world.journal.since(0)
    }

    /// The journal from this position on; with [`Simulator::journal_len`] a reader follows it cheaply.
    pub fn journal_since(&self, position: usize) -> Vec<Accepted> {
        self.world.journal.since(position)
    }

    pub fn journal_len(&self) -> usize {
        self.world.journal.len()
    }

    /// Forgets what was accepted, so that long load tests do not fill the memory.
    pub fn clear_journal(&self) {
        self.world.journal.clear();
    }

    /// The customer's phone with this number, in any notation. It is made when it does not exist.
    ///
    /// # Panics
    /// When there is no such account. [`Simulator::find_phone`] does not panic.
    #[track_caller]
    pub fn phone(&self, account_key: &str, number: &str) -> Phone {
        match self.find_phone(account_key, number) {
            Ok(phone) => phone,
            Err(error) => panic!("{error}"),
        }
    }

    pub fn find_phone(&self, account_key: &str, number: &str) -> Result<Phone, NoSuchAccount> {
        let account = Arc::clone(self.world.account(account_key)?);
        let digits: Arc<str> = digits(number).into();
        account.with_phone(&digits, |handset| handset.owned = true);
        Ok(Phone { world: Arc::clone(&self.world), account, digits })
    }

    /// The switches of every account.
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// Pushes the simulator's clock forward: webhook timestamps, the 24-hour rule, media URLs, rate limits.
    pub fn advance_clock(&self, by: Duration) {
        self.world.clock.advance(by);
        self.world.changed();
    }

    /// The time in the simulator's world.
    pub fn now(&self) -> SystemTime {
        self.world.clock.now()
    }

    /// How far its clock is ahead of the machine's, so that a product can push its own along.
    pub fn clock_offset(&self) -> Duration {
        self.world.clock.offset()
    }

    /// Follows the offset; wakes whenever somebody pushes the clock, here or on the page.
    pub fn watch_clock(&self) -> watch::Receiver<Duration> {
        self.world.clock.watch()
    }

    /// Makes these the only templates of a WhatsApp account, each `{"name","language","components","status"?,"category"?}`.
    pub fn set_templates(&self, account_key: &str, templates: Vec<Value>) -> Result<(), NoSuchAccount> {
        let account = self.world.account(account_key)?;
        lock(&account.templates).replace(templates);
        self.world.changed();
        Ok(())
    }

    /// Templates of an account as the provider would list them.
    pub fn templates(&self, account_key: &str) -> Result<Vec<Value>, NoSuchAccount> {
        Ok(lock(&self.world.account(account_key)?.templates).list(None, None))
    }

    /// Changes a template's status ("PAUSED", "APPROVED" …) and tells the product; false when there is no such template.
    pub fn set_template_status(
        &self,
        account_key: &str,
        name: &str,
        language: &str,
        status: &str,
    ) -> Result<bool, NoSuchAccount> {
        let account = self.world.account(account_key)?;
        let told = lock(&account.templates).set_status(name, language, status);
        Ok(self.tell_of_template(account, "message_template_status_update", told))
    }

    /// Changes what customers think of a template ("GREEN", "YELLOW", "RED") and tells the product.
    pub fn set_template_quality(
        &self,
        account_key: &str,
        name: &str,
        language: &str,
        score: &str,
    ) -> Result<bool, NoSuchAccount> {
        let account = self.world.account(account_key)?;
        let told = lock(&account.templates).set_quality(name, language, score);
        Ok(self.tell_of_template(account, "message_template_quality_update", told))
    }

    /// Takes a template away in all its languages, as somebody at the provider's console would: nobody is told.
    pub fn delete_template(&self, account_key: &str, name: &str) -> Result<bool, NoSuchAccount> {
        let deleted = lock(&self.world.account(account_key)?.templates).delete(name);
        self.world.changed();
        Ok(deleted)
    }

    fn tell_of_template(
        &self,
        account: &Arc<AccountState>,
        field: &'static str,
        told: Option<Value>,
    ) -> bool {
        let found = told.is_some();
        if let Some(value) = told {
            tell_of_template(&self.world, account, field, value, Duration::ZERO);
        }
        found
    }

    /// What became of callbacks so far.
    pub fn callbacks(&self) -> CallbackCounts {
        self.world.counters.snapshot()
    }

    /// Registers the product's callback URL with an account, as its customer would on the provider's pages.
    pub fn set_webhook(&self, account_key: &str, url: &str) -> Result<(), NoSuchAccount> {
        let account = self.world.account(account_key)?;
        let headers = account.webhook().headers.clone();
        account.set_webhook(Webhook { url: url.to_owned(), headers });
        Ok(())
    }

    /// Gives a Cloud API account or a gateway another token; the one before is worth nothing from here on.
    pub fn set_access_token(&self, account_key: &str, token: &str) -> Result<(), NoSuchAccount> {
        self.world.account(account_key)?.set_token(token);
        Ok(())
    }

    /// Meta's webhook handshake with a Cloud API account's URL: whether the product accepted it.
    pub async fn verify_webhook(&self, account_key: &str) -> Result<bool, NoSuchAccount> {
        let account = self.world.account(account_key)?;
        let Account::CloudApi { verify_token, .. } = &account.config else {
            return Err(NoSuchAccount(account_key.to_owned()));
        };
        Ok(handshake(&self.world, &account.webhook().url, verify_token).await.unwrap_or_default())
    }

    /// Waits until `condition` holds; it is asked again after everything that happens here. False after `deadline`.
    pub async fn wait_until(&self, deadline: Duration, condition: impl Fn(&Self) -> bool) -> bool {
        let mut changes = self.world.watch();
        let waiting = async {
            while !condition(self) {
                if changes.changed().await.is_err() {
                    return;
                }
            }
        };
        let _ = tokio::time::timeout(deadline, waiting).await;
        condition(self)
    }

    /// Waits until no callback is queued, in flight or to be repeated.
    pub async fn settle(&self, deadline: Duration) -> bool {
        self.wait_until(deadline, |sim| sim.world.counters.pending.load(Ordering::SeqCst) == 0).await
    }
}

type Lane = (Arc<AccountState>, mpsc::UnboundedReceiver<crate::callbacks::Callback>);

fn open_accounts(configs: Vec<Account>) -> (Vec<Arc<AccountState>>, Vec<Lane>) {
    let mut accounts = Vec::new();
    let mut lanes = Vec::new();
    for config in configs {
        let (senders, receivers): (Vec<_>, Vec<_>) = (0..LANES).map(|_| mpsc::unbounded_channel()).unzip();
        let account = Arc::new(AccountState::new(config, senders));
        lanes.extend(receivers.into_iter().map(|receiver| (Arc::clone(&account), receiver)));
        accounts.push(account);
    }
    (accounts, lanes)
}

fn serve(runtime: Runtime, world: &Arc<World>, listener: TcpListener) -> io::Result<Engine> {
    let server = {
        let _inside = runtime.enter();
        server(Arc::clone(world), listener)?
    };
    let handle = server.handle();
    runtime.spawn(server);
    Ok(Engine::new(runtime, handle))
}
