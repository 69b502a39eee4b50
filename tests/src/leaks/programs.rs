//! What goes out to programs: calls with a token and deliveries of webhooks. Both are somebody's, and bring what that person may see.

use super::oracle::{Receipt, Way, Who};
use super::scene::Scene;
use crate::people::Agent;
use crate::receiver::Receiver;
use crate::world::eventually_or;
use serde_json::{Value, json};
use switchboard_engine::webhook;

/// One person's webhook.
pub(super) struct Listener {
    who: usize,
    receiver: Receiver,
    /// Deliveries judged so far.
    judged: usize,
}

impl Listener {
    /// Everything there is to be told.
    pub(super) async fn of(who: usize, agent: &Agent) -> Self {
        let receiver = Receiver::start().await;
        let events: Vec<&str> = webhook::events().collect();
        let wanted = json!({"url": receiver.url, "events": events});
        agent.post("/api/v1/webhooks", wanted).await.expect(201);
        Self { who, receiver, judged: 0 }
    }
}

/// A token with every scope.
pub(super) async fn token(agent: &Agent) -> String {
    let scopes = ["conversations:write", "messages:write", "contacts:write", "team:read", "audit:read"];
    let made = agent.post("/api/v1/tokens", json!({"name": "Program", "scopes": scopes})).await.expect(201);
    made["secret"].as_str().unwrap_or_else(|| panic!("{made}")).to_owned()
}

impl Scene {
    /// Broadcasts have reached everybody, and every webhook has told what there is.
    pub(super) async fn programs_rest(&self) {
        let waits = "SELECT 'broadcast ' || id FROM broadcast WHERE state = 'sending' \
            UNION ALL SELECT 'delivery ' || id FROM webhook_delivery WHERE state = 'queued' \
              AND webhook_id IN (SELECT id FROM webhook WHERE enabled) \
            UNION ALL SELECT 'webhook ' || id FROM webhook WHERE enabled AND position < (SELECT MAX(position) FROM event)";
        eventually_or("programs to have heard everything", || async {
            let left = self.world.database.texts(waits);
            if left.is_empty() { Ok(()) } else { Err(format!("{left:?}")) }
        })
        .await;
    }

    /// What webhooks told since the last time.
    pub(super) fn deliveries(&mut self) -> Vec<Receipt> {
        let mut receipts = Vec::new();
        for listener in &mut self.listeners {
            let hits = listener.receiver.hits();
            receipts.extend(hits.iter().skip(listener.judged).map(|hit| Receipt {
                who: Who::Person(listener.who),
                way: Way::Webhook,
                how: "a delivery".to_owned(),
                asked: String::new(),
                text: hit.body.clone(),
                moving: true,
            }));
            listener.judged = hits.len();
        }
        receipts
    }
}

/// A broadcast to one contact, in whichever group its line is now. Whoever sends it knows the words; the answers say nothing else.
pub(super) async fn announce(agent: &Agent, body: &Value) {
    for group in ["2", "3"] {
        agent.post(&format!("/api/v1/groups/{group}/broadcasts"), body.clone()).await;
    }
}
