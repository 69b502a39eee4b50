//! Webhooks out: each follows the log at its own place, queues what its owner may see, and delivers it in the order of each conversation.
//!
//! Nothing hangs on memory: how far the log was followed and what still waits are rows, written together. After a crash a delivery may
//! come twice, under the same `webhook-id`; none is missed. One task per webhook, so that a slow receiver keeps nobody else waiting.

mod address;
mod courier;

pub use address::check_url;

use crate::Actors;
use crate::trouble::Trouble;
use courier::Courier;
use rand::Rng;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use switchboard_engine::ids::BusinessId;
use switchboard_engine::time::Timestamp;
use switchboard_engine::webhook;
use switchboard_schema::{Delivery, DeliveryState, StoreError, Webhook};
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::AbortHandle;

/// Where a secret is sealed for.
const TABLE: &str = "webhook";
/// How long the secret before is still used beside a new one.
const OVERLAP: Duration = Duration::from_hours(24);
/// How many webhooks a business may have.
pub const MOST: usize = 20;

/// The handle to all of them.
pub struct Webhooks {
    runtime: Handle,
    http: reqwest::Client,
    /// Whether receivers may be on this machine and its network.
    inside: bool,
    /// Counts up with every commit.
    news: watch::Receiver<u64>,
    tasks: Mutex<HashMap<i64, (Webhook, AbortHandle)>>,
}

/// A secret as it was opened: the one in use, and the one before while it is still good.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Secrets {
    current: String,
    previous: Option<(String, Timestamp)>,
}

impl Secrets {
    fn to_json(&self) -> Value {
        let previous =
            self.previous.as_ref().map(|(secret, until)| json!({"secret": secret, "until": until.0}));
        json!({"secret": self.current, "previous": previous})
    }

    fn from_json(value: &Value) -> Option<Self> {
        let before = value.get("previous").and_then(|before| {
            let until = Timestamp(before.get("until")?.as_i64()?);
            Some((before.get("secret")?.as_str()?.to_owned(), until))
        });
        Some(Self { current: value.get("secret")?.as_str()?.to_owned(), previous: before })
    }

    /// Those to sign with at a moment.
    fn good_at(&self, now: Timestamp) -> Vec<&str> {
        let before =
            self.previous.iter().filter(|(_, until)| now < *until).map(|(secret, _)| secret.as_str());
        std::iter::once(self.current.as_str()).chain(before).collect()
    }
}

impl Webhooks {
    /// The error says why there is no HTTP client.
    pub(crate) fn new(runtime: Handle, inside: bool, news: watch::Receiver<u64>) -> Result<Self, String> {
        let http = address::client(inside).map_err(|error| error.to_string())?;
        Ok(Self { runtime, http, inside, news, tasks: Mutex::default() })
    }

    /// Whether receivers may be on this machine and its network.
    pub fn may_go_inside(&self) -> bool {
        self.inside
    }

    pub(crate) fn halt(&self) {
        for (_, (_, task)) in self.tasks.lock().unwrap_or_else(PoisonError::into_inner).drain() {
            task.abort();
        }
    }
}

impl Actors {
    /// Reads the webhooks anew: new ones begin, changed ones begin again, those that are off or gone end.
    pub async fn reload_webhooks(&self) -> Result<(), StoreError> {
        let wanted = self.core.store.webhooks().await?;
        let mut tasks = self.webhooks.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        tasks.retain(|id, (known, task)| {
            let kept = wanted.iter().any(|now| now.id == *id && is_like(known, now)) && !task.is_finished();
            if !kept {
                task.abort();
            }
            kept
        });
        for webhook in wanted.into_iter().filter(|webhook| webhook.enabled) {
            if tasks.contains_key(&webhook.id) {
                continue;
            }
            let Some(secrets) = self.open_secrets(&webhook) else {
                tracing::error!(
                    webhook.id,
                    "a webhook's secret cannot be opened: was the secret key changed?"
                );
                continue;
            };
            let courier = Courier::new(self.core.clone(), &self.webhooks, webhook.clone(), secrets);
            let task = self.webhooks.runtime.spawn(courier.run(self.webhooks.news.clone())).abort_handle();
            tasks.insert(webhook.id, (webhook, task));
        }
        Ok(())
    }

    /// A webhook of this business.
    pub async fn webhook(&self, of: BusinessId, id: i64) -> Result<Webhook, Trouble> {
        let all = self.core.store.webhooks().await?;
        all.into_iter().find(|one| one.id == id && one.business_id == of).ok_or(Trouble::NotFound)
    }

    /// Stores a new webhook, which hears what happens from here on; answers its secret, which nobody sees again.
    pub async fn create_webhook(&self, mut webhook: Webhook) -> Result<(Webhook, String), Trouble> {
        let secrets = Secrets { current: fresh_secret(), previous: None };
        webhook.secret = self.vault.seal_json(TABLE, webhook.id, &secrets.to_json());
        webhook.position = self.core.store.max_position().await?;
        self.core.store.create_webhook(webhook.clone()).await?;
        self.reload_webhooks().await?;
        Ok((webhook, secrets.current))
    }

    pub async fn change_webhook(&self, webhook: Webhook) -> Result<(), Trouble> {
        if !self.core.store.change_webhook(webhook).await? {
            return Err(Trouble::NotFound);
        }
        Ok(self.reload_webhooks().await?)
    }

    /// Gives a webhook another secret; for a day deliveries are signed with both.
    pub async fn renew_webhook_secret(&self, mut webhook: Webhook) -> Result<String, Trouble> {
        let until = self.core.clock.now().plus(OVERLAP);
        let before = self.open_secrets(&webhook).map(|secrets| (secrets.current, until));
        let secrets = Secrets { current: fresh_secret(), previous: before };
        webhook.secret = self.vault.seal_json(TABLE, webhook.id, &secrets.to_json());
        self.change_webhook(webhook).await?;
        Ok(secrets.current)
    }

    pub async fn delete_webhook(&self, id: i64) -> Result<(), Trouble> {
        if !self.core.store.delete_webhook(id).await? {
            return Err(Trouble::NotFound);
        }
        Ok(self.reload_webhooks().await?)
    }

    /// Queues a delivery that says nothing but hello.
    pub async fn ping_webhook(&self, webhook: &Webhook) -> Result<Delivery, Trouble> {
        let now = self.core.clock.now();
        let delivery = Delivery {
            id: self.core.ids.next(),
            webhook_id: webhook.id,
            event: webhook::PING.to_owned(),
            conversation_id: None,
            position: None,
            state: DeliveryState::Queued,
            attempt: 0,
            due_at: now,
            answer: None,
            problem: None,
            created_at: now,
            finished_at: None,
        };
        self.core.store.queue_delivery(delivery.clone()).await?;
        Ok(delivery)
    }

    fn open_secrets(&self, webhook: &Webhook) -> Option<Secrets> {
        Secrets::from_json(&self.vault.open_json(TABLE, webhook.id, &webhook.secret)?)
    }
}

/// Whether the task of one may go on for the other.
fn is_like(known: &Webhook, now: &Webhook) -> bool {
    now.enabled
        && (known.user_id, &known.url, &known.events, &known.secret)
            == (now.user_id, &now.url, &now.events, &now.secret)
}

fn fresh_secret() -> String {
    let mut key = [0; 32];
    rand::rng().fill_bytes(&mut key);
    webhook::secret(&key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_secret_before_is_good_for_a_day() {
        let secrets =
            Secrets { current: "new".to_owned(), previous: Some(("old".to_owned(), Timestamp(100))) };
        let read = Secrets::from_json(&secrets.to_json()).unwrap();
        assert_eq!(read, secrets);
        assert_eq!(read.good_at(Timestamp(99)), ["new", "old"]);
        assert_eq!(read.good_at(Timestamp(100)), ["new"]);
        let first = Secrets { current: "new".to_owned(), previous: None };
        assert_eq!(Secrets::from_json(&first.to_json()), Some(first));
        assert_eq!(Secrets::from_json(&Value::Null), None);
    }
}
