//! The way to each channel's connector. Hints only: what a full mailbox does not take, the connector finds in the database.

use crate::connector::{Connector, FetchFiles, Halt, InFlight, MarkRead, Transmit};
use actix::Addr;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};
use switchboard_engine::conversation::Request;
use switchboard_engine::ids::{ChannelId, ConversationId};
use switchboard_engine::sending::LineHealth;

#[derive(Clone, Default)]
pub struct Lines {
    connectors: Arc<RwLock<HashMap<ChannelId, Addr<Connector>>>>,
    /// Channels whose provider has trouble.
    degraded: Arc<RwLock<HashSet<ChannelId>>>,
}

impl Lines {
    pub fn connect(&self, channel: ChannelId, connector: Addr<Connector>) {
        self.connectors.write().unwrap_or_else(PoisonError::into_inner).insert(channel, connector);
    }

    pub fn is_connected(&self, channel: ChannelId) -> bool {
        self.connectors.read().unwrap_or_else(PoisonError::into_inner).contains_key(&channel)
    }

    /// How a channel with a provider is.
    pub fn health(&self, channel: ChannelId) -> LineHealth {
        let degraded = self.degraded.read().unwrap_or_else(PoisonError::into_inner).contains(&channel);
        match (self.is_connected(channel), degraded) {
            (false, _) => LineHealth::Disconnected,
            (true, true) => LineHealth::Degraded,
            (true, false) => LineHealth::Connected,
        }
    }

    /// The connector's word on its provider; true when that is news.
    pub fn set_degraded(&self, channel: ChannelId, degraded: bool) -> bool {
        let mut channels = self.degraded.write().unwrap_or_else(PoisonError::into_inner);
        if degraded { channels.insert(channel) } else { channels.remove(&channel) }
    }

    /// Hands requests of a committed outcome on.
    pub fn hand_on(&self, conversation_id: ConversationId, requests: &[Request]) {
        if requests.is_empty() {
            return;
        }
        let connectors = self.connectors.read().unwrap_or_else(PoisonError::into_inner);
        for request in requests {
            let (Request::Transmit { channel_id, .. }
            | Request::FetchMedia { channel_id, .. }
            | Request::MarkRead { channel_id, .. }) = request;
            let Some(connector) = connectors.get(channel_id) else { continue };
            let taken = match request {
                Request::Transmit { message_id, .. } => {
                    connector.try_send(Transmit { conversation_id, message_id: *message_id }).is_ok()
                }
                Request::FetchMedia { message_id, .. } => {
                    connector.try_send(FetchFiles { message_id: *message_id }).is_ok()
                }
                Request::MarkRead { provider_message_id, .. } => {
                    connector.try_send(MarkRead { provider_message_id: provider_message_id.clone() }).is_ok()
                }
            };
            if !taken {
                tracing::debug!(channel.id = %channel_id, "a connector is busy; it will find the work by itself");
            }
        }
    }

    /// Stops taking up new sends.
    pub fn halt(&self) {
        for connector in self.connectors.read().unwrap_or_else(PoisonError::into_inner).values() {
            let _ = connector.try_send(Halt);
        }
    }

    /// Waits until the sends under way have ended, at most this long: what ends in the middle is shown as unknown.
    pub async fn settle(&self, at_most: Duration) {
        let connectors: Vec<Addr<Connector>> =
            self.connectors.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect();
        let deadline = Instant::now() + at_most;
        for connector in connectors {
            while Instant::now() < deadline && connector.send(InFlight).await.is_ok_and(|count| count > 0) {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        }
    }
}
