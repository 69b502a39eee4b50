//! One webhook at work: follows the log, queues, delivers, notes how it went.

use super::{Secrets, Webhooks, check_url};
use crate::connector::breaker::Breaker;
use crate::core::Core;
use crate::publication::told;
use crate::telemetry::WEBHOOK_DELIVERIES;
use futures_util::future::join_all;
use serde_json::json;
use std::time::{Duration, Instant};
use switchboard_engine::time::Timestamp;
use switchboard_engine::webhook;
use switchboard_engine::wire::{ConversationView, webhook_entry};
use switchboard_schema::{Attempt, Delivery, DeliveryState, StoreError, Webhook};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

/// Events of the log taken up at once.
const PAGE: i64 = 500;
/// Deliveries under way at once, each of another conversation.
const AT_ONCE: usize = 4;
/// How long it looks at nothing when nobody says that there is news: retries become due, and the clock may have been pushed.
const LOOK: Duration = Duration::from_secs(1);
/// Rest after taking up a page, in times it took, while commits wait.
const GIVE_WAY: u32 = 4;

pub(super) struct Courier {
    core: Core,
    http: reqwest::Client,
    inside: bool,
    webhook: Webhook,
    secrets: Secrets,
    breaker: Breaker,
}

/// What is to be sent, or why there is nothing to send.
enum Content {
    Body(String),
    /// A word for the log of deliveries.
    Nothing(&'static str),
    /// Its owner may see nothing any more.
    NoOwner,
}

impl Courier {
    pub(super) fn new(core: Core, of: &Webhooks, webhook: Webhook, secrets: Secrets) -> Self {
        let (http, inside) = (of.http.clone(), of.inside);
        Self { core, http, inside, webhook, secrets, breaker: Breaker::default() }
    }

    /// Works until it is aborted, or the webhook is switched off.
    pub(super) async fn run(mut self, mut news: watch::Receiver<u64>) {
        loop {
            news.mark_unchanged();
            match self.round().await {
                Ok(Some(0)) => {
                    let _ = timeout(LOOK, news.changed()).await;
                }
                Ok(Some(_)) => {}
                Ok(None) => return,
                Err(error) => {
                    tracing::warn!(%error, webhook.id = self.webhook.id, "a webhook could not go on, trying again");
                    sleep(LOOK).await;
                }
            }
        }
    }

    /// Takes up what is new and tries what is due; answers how many that were, `None` when the webhook is off.
    async fn round(&mut self) -> Result<Option<usize>, StoreError> {
        let taken = self.follow().await?;
        let room = self.breaker.room(Instant::now(), AT_ONCE);
        if room == 0 {
            return Ok(Some(taken));
        }
        let due = self.core.store.due_deliveries(self.webhook.id, self.core.clock.now(), room as i64).await?;
        let ends = join_all(due.iter().map(|delivery| self.attempt(delivery))).await;
        for (delivery, end) in due.iter().zip(ends) {
            let Some(end) = end? else {
                self.switch_off("Whoever set it up is not active any more.").await?;
                return Ok(None);
            };
            if !self.note(delivery, end).await? {
                return Ok(None);
            }
        }
        Ok(Some(taken + due.len()))
    }

    /// Queues a page of the log.
    async fn follow(&mut self) -> Result<usize, StoreError> {
        let started = Instant::now();
        let page = self.core.store.headings_after(self.webhook.position, PAGE).await?;
        let Some(last) = page.last().map(|heading| heading.position) else { return Ok(0) };
        let now = self.core.clock.now();
        let count = page.len();
        let wanted = page.into_iter().filter(|heading| self.webhook.events.contains(&heading.kind));
        let deliveries = wanted.map(|heading| Delivery {
            id: self.core.ids.next(),
            webhook_id: self.webhook.id,
            event: heading.kind,
            conversation_id: Some(heading.conversation_id),
            position: Some(heading.position),
            state: DeliveryState::Queued,
            attempt: 0,
            due_at: now,
            answer: None,
            problem: None,
            created_at: now,
            finished_at: None,
        });
        self.core.store.follow_webhook(self.webhook.id, deliveries.collect(), last).await?;
        self.webhook.position = last;
        if self.core.store.waiting() > 0 {
            sleep(started.elapsed() * GIVE_WAY).await;
        }
        Ok(count)
    }

    /// Tries once; `None`: there is nobody for whom.
    async fn attempt(&self, delivery: &Delivery) -> Result<Option<Attempt>, StoreError> {
        let body = match self.content(delivery).await? {
            Content::Body(body) => body,
            Content::Nothing(why) => {
                let end = self.ended(DeliveryState::Dropped, None, Some(why.to_owned()));
                return Ok(Some(end));
            }
            Content::NoOwner => return Ok(None),
        };
        let (answer, problem) = match self.post(delivery, body).await {
            Ok(status) if (200..300).contains(&status) => {
                return Ok(Some(self.ended(DeliveryState::Delivered, Some(status), None)));
            }
            Ok(status) => (Some(status), format!("HTTP {status}")),
            Err(problem) => (None, problem.to_owned()),
        };
        let pause = webhook::pause_after(delivery.attempt + 1).filter(|_| delivery.event != webhook::PING);
        let Some(pause) = pause.filter(|_| answer != Some(410)) else {
            return Ok(Some(self.ended(DeliveryState::Failed, answer, Some(problem))));
        };
        let now = self.core.clock.now();
        let state = DeliveryState::Queued;
        Ok(Some(Attempt { state, due_at: now.plus(pause), answer, problem: Some(problem), at: now }))
    }

    fn ended(&self, state: DeliveryState, answer: Option<u16>, problem: Option<String>) -> Attempt {
        let at = self.core.clock.now();
        Attempt { state, due_at: at, answer, problem, at }
    }

    /// Made now, so that nothing is told that was deleted, or is not for the owner's eyes, since it happened.
    async fn content(&self, delivery: &Delivery) -> Result<Content, StoreError> {
        let roster = self.core.roster.get();
        let Some(owner) = roster.users.get(&self.webhook.user_id).filter(|user| user.active) else {
            return Ok(Content::NoOwner);
        };
        let now = self.core.clock.now();
        let (Some(position), Some(id)) = (delivery.position, delivery.conversation_id) else {
            let data = json!({"webhook_id": self.webhook.id.to_string()});
            let ping = json!({"type": webhook::PING, "timestamp": delivery.created_at, "data": data});
            return Ok(Content::Body(ping.to_string()));
        };
        let store = &self.core.store;
        let Some(logged) = store.event_at(position).await?.filter(|logged| logged.conversation_id == id)
        else {
            return Ok(Content::Nothing("gone"));
        };
        let Some(row) = store.conversations(vec![id]).await?.pop() else {
            return Ok(Content::Nothing("gone"));
        };
        if !told(&row, &logged.event) {
            return Ok(Content::Nothing("deleted"));
        }
        if !owner.viewer().sees(row.business_id, row.group_id, row.visible_to.as_deref()) {
            return Ok(Content::Nothing("hidden"));
        }
        Ok(Content::Body(webhook_entry(&logged.event, id, &ConversationView::of(&row, now))))
    }

    /// The answer's status, or a word about why there was none. What the receiver says is not read.
    async fn post(&self, delivery: &Delivery, body: String) -> Result<u16, &'static str> {
        let id = match delivery.position {
            Some(position) => format!("evt_{}_{position}", self.webhook.id),
            None => format!("ping_{}", delivery.id),
        };
        let now = self.core.clock.now();
        let seconds = now.0.div_euclid(1_000_000);
        let signature = webhook::signature(&self.secrets.good_at(now), &id, seconds, body.as_bytes());
        let signature = signature.ok_or("the secret cannot be used")?;
        // Names are looked at when they are resolved; an address in the URL itself never is.
        check_url(&self.webhook.url, self.inside).map_err(|_| "it may not go to this address")?;
        let request = self
            .http
            .post(&self.webhook.url)
            .header("content-type", "application/json")
            .header("webhook-id", id)
            .header("webhook-timestamp", seconds)
            .header("webhook-signature", signature)
            .body(body);
        match request.send().await {
            Ok(response) => Ok(response.status().as_u16()),
            Err(error) if error.is_timeout() => Err("no answer within 10 seconds"),
            Err(error) if error.is_connect() => Err("no connection"),
            Err(_) => Err("the connection broke"),
        }
    }

    /// Writes down how an attempt ended; false when that was the webhook's end.
    async fn note(&mut self, delivery: &Delivery, end: Attempt) -> Result<bool, StoreError> {
        let (state, answer, at) = (end.state, end.answer, end.at);
        let again = state == DeliveryState::Queued;
        let outcome = if again { "again" } else { state.as_str() };
        metrics::counter!(WEBHOOK_DELIVERIES, "outcome" => outcome).increment(1);
        tracing::debug!(webhook.id = self.webhook.id, delivery.id, outcome, ?answer, "a delivery was tried");
        self.core.store.note_attempt(delivery.clone(), end).await?;
        match state {
            DeliveryState::Delivered => {
                self.breaker.works();
                self.arrived().await?;
            }
            DeliveryState::Queued | DeliveryState::Failed if delivery.event != webhook::PING => {
                self.breaker.fails(Instant::now(), false);
                return self.missed(answer, at).await;
            }
            DeliveryState::Dropped | DeliveryState::Queued | DeliveryState::Failed => {}
        }
        Ok(true)
    }

    async fn arrived(&mut self) -> Result<(), StoreError> {
        if self.webhook.failing_since.take().is_some() {
            self.core.store.set_webhook_health(self.webhook.id, None, None).await?;
        }
        Ok(())
    }

    async fn missed(&mut self, answer: Option<u16>, at: Timestamp) -> Result<bool, StoreError> {
        if answer == Some(410) {
            self.switch_off("The receiver answered 410 Gone.").await?;
            return Ok(false);
        }
        let since = *self.webhook.failing_since.get_or_insert(at);
        if at.since(since) >= webhook::GIVE_UP {
            self.switch_off("Nothing could be delivered for 24 hours.").await?;
            return Ok(false);
        }
        if since == at {
            self.core.store.set_webhook_health(self.webhook.id, Some(since), None).await?;
        }
        Ok(true)
    }

    async fn switch_off(&self, reason: &str) -> Result<(), StoreError> {
        tracing::warn!(webhook.id = self.webhook.id, reason, "a webhook was switched off");
        let since = self.webhook.failing_since;
        self.core.store.set_webhook_health(self.webhook.id, since, Some(reason.to_owned())).await
    }
}
