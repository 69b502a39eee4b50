//! The way to each channel's connector. Hints only: what a full mailbox does not take, the connector finds in the database.

use crate::connector::{
    Connector, FetchFiles, Halt, InFlight, MarkRead, SyncTemplates, SyncTrouble, Transmit,
};
use crate::pulse::Pulse;
use actix::Addr;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};
use switchboard_engine::conversation::Request;
use switchboard_engine::ids::{ChannelId, ConversationId};
use switchboard_engine::sending::LineHealth;
use switchboard_schema::Synced;

#[derive(Clone, Default)]
pub struct Lines {
    connectors: Arc<RwLock<HashMap<ChannelId, Addr<Connector>>>>,
    pulses: Arc<RwLock<HashMap<ChannelId, Arc<Pulse>>>>,
    /// Channels whose provider has trouble.
    degraded: Arc<RwLock<HashSet<ChannelId>>>,
}

impl Lines {
    pub fn connect(&self, channel: ChannelId, connector: Addr<Connector>, pulse: Arc<Pulse>) {
        self.pulses.write().unwrap_or_else(PoisonError::into_inner).insert(channel, pulse);
        self.connectors.write().unwrap_or_else(PoisonError::into_inner).insert(channel, connector);
    }

    pub fn connector(&self, channel: ChannelId) -> Option<Addr<Connector>> {
        self.connectors.read().unwrap_or_else(PoisonError::into_inner).get(&channel).cloned()
    }

    /// Whether an admin took this line off: nothing new may be sent on it.
    pub fn is_off(&self, channel: ChannelId) -> bool {
        let pulses = self.pulses.read().unwrap_or_else(PoisonError::into_inner);
        pulses.get(&channel).is_some_and(|pulse| pulse.is_off())
    }

    /// How a channel with a provider is.
    pub fn health(&self, channel: ChannelId) -> LineHealth {
        let degraded = self.degraded.read().unwrap_or_else(PoisonError::into_inner).contains(&channel);
        let connected = self.connector(channel).is_some() && !self.is_off(channel);
        match (connected, degraded) {
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

    /// Has a channel's templates read; `None` when it has no connector.
    pub async fn sync_templates(&self, channel: ChannelId) -> Option<Result<Synced, SyncTrouble>> {
        let connector = {
            let connectors = self.connectors.read().unwrap_or_else(PoisonError::into_inner);
            connectors.get(&channel).cloned()
        };
        connector?.send(SyncTemplates).await.ok()
    }

    /// The same, without waiting; what a full mailbox does not take is found by the next reading.
    pub fn hint_templates(&self, channel: ChannelId) {
        let connectors = self.connectors.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(connector) = connectors.get(&channel) {
            let _ = connector.try_send(SyncTemplates);
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
