//! The pulse of a line: when something last came and went, and whether its provider still lets us in.
//!
//! Kept in memory by whoever sees it happen, without a lock on the way of a message; written down by a regular duty, never per message.

use crate::Actors;
use crate::fanout::Audience;
use crate::roster::Line;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use switchboard_engine::channel::health::{Condition, Sign, warnings};
use switchboard_engine::channel::{ChannelKind, ChannelStatus};
use switchboard_engine::ids::{ChannelId, GroupId};
use switchboard_engine::receipt::Failure;
use switchboard_engine::time::Timestamp;
use switchboard_engine::wire::Ephemeral;
use switchboard_schema::{ChannelRecord, ChannelTimes, StoreError};

/// Shared by everything that has to do with one line; outlives changes of its settings.
#[derive(Debug)]
pub struct Pulse {
    inbound: AtomicI64,
    outbound: AtomicI64,
    callback: AtomicI64,
    /// Mirrors the condition for those who only ask whether to send.
    off: AtomicBool,
    /// The provider refuses us: the next send that works is news.
    unwell: AtomicBool,
    condition: Mutex<Condition>,
    /// Whether a provider must call before the line counts as connected; our own widget needs nobody.
    awaits_call: bool,
    /// Times to be written; a condition to be written and told.
    moved: AtomicBool,
    turned: AtomicBool,
}

/// No time yet.
const NEVER: i64 = 0;

impl Pulse {
    pub fn new(kind: ChannelKind, condition: Condition, times: ChannelTimes) -> Self {
        let time = |at: Option<Timestamp>| AtomicI64::new(at.map_or(NEVER, |at| at.0));
        Self {
            inbound: time(times.inbound),
            outbound: time(times.outbound),
            callback: time(times.callback),
            off: AtomicBool::new(condition.status == ChannelStatus::Disconnected),
            unwell: AtomicBool::new(condition.status == ChannelStatus::Degraded),
            condition: Mutex::new(condition),
            awaits_call: kind != ChannelKind::Webchat,
            moved: AtomicBool::new(false),
            turned: AtomicBool::new(false),
        }
    }

    pub fn of(record: &ChannelRecord) -> Self {
        let condition = Condition { status: record.status, reason: record.state.reason.clone() };
        Self::new(record.channel.kind, condition, record.state.times)
    }

    /// A genuine callback came.
    pub fn called(&self, now: Timestamp) {
        if self.callback.swap(now.0, Ordering::Relaxed) == NEVER {
            self.sign(Sign::Callback);
        }
        self.moved.store(true, Ordering::Release);
    }

    /// A customer's message is stored.
    pub fn received(&self, now: Timestamp) {
        self.inbound.store(now.0, Ordering::Relaxed);
        self.moved.store(true, Ordering::Release);
    }

    /// The provider took a message.
    pub fn sent(&self, now: Timestamp) {
        self.outbound.store(now.0, Ordering::Relaxed);
        self.moved.store(true, Ordering::Release);
        if self.unwell.load(Ordering::Acquire) {
            self.sign(Sign::Sent);
        }
    }

    /// The provider refuses our credentials.
    pub fn refused(&self, failure: &Failure) {
        self.sign(Sign::CredentialsRefused(failure.clone()));
    }

    /// Takes a sign in; false when it changed nothing.
    pub fn sign(&self, sign: Sign) -> bool {
        let called = !self.awaits_call || self.callback.load(Ordering::Relaxed) != NEVER;
        let mut condition = self.lock();
        let after = condition.clone().after(sign, called);
        if *condition == after {
            return false;
        }
        self.off.store(after.status == ChannelStatus::Disconnected, Ordering::Release);
        self.unwell.store(after.status == ChannelStatus::Degraded, Ordering::Release);
        *condition = after;
        self.turned.store(true, Ordering::Release);
        true
    }

    /// Whether an admin took the line off.
    pub fn is_off(&self) -> bool {
        self.off.load(Ordering::Acquire)
    }

    pub fn condition(&self) -> Condition {
        self.lock().clone()
    }

    pub fn times(&self) -> ChannelTimes {
        let time = |at: &AtomicI64| Some(at.load(Ordering::Relaxed)).filter(|at| *at != NEVER).map(Timestamp);
        ChannelTimes {
            inbound: time(&self.inbound),
            outbound: time(&self.outbound),
            callback: time(&self.callback),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Condition> {
        self.condition.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The pulse of every line ever loaded: one each, however often and by whomever the roster is read anew.
#[derive(Debug, Default)]
pub struct Pulses(Mutex<HashMap<ChannelId, Arc<Pulse>>>);

impl Pulses {
    pub fn of(&self, record: &ChannelRecord) -> Arc<Pulse> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.entry(record.channel.id).or_insert_with(|| Arc::new(Pulse::of(record))).clone()
    }
}

/// How a line is doing, as admins are told.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Health {
    pub state: ChannelStatus,
    pub reason: Option<String>,
    pub detail: Option<String>,
    pub last_inbound_at: Option<Timestamp>,
    pub last_outbound_at: Option<Timestamp>,
    pub last_callback_at: Option<Timestamp>,
    pub warnings: Vec<&'static str>,
}

impl Health {
    pub fn of(line: &Line) -> Self {
        let (condition, times) = (line.pulse.condition(), line.pulse.times());
        let (reason, detail) = condition.reason.map(|reason| (reason.code, reason.detail)).unzip();
        let number = line.phone.as_deref().unwrap_or(&line.channel.address);
        Self {
            state: condition.status,
            reason,
            detail,
            last_inbound_at: times.inbound,
            last_outbound_at: times.outbound,
            last_callback_at: times.callback,
            warnings: warnings(line.channel.provider, number, line.registration),
        }
    }
}

#[derive(serde::Serialize)]
struct HealthFrame {
    channel_id: ChannelId,
    group_id: GroupId,
    health: Health,
}

impl Actors {
    /// Writes down what changed and tells admins of new conditions. With `all` also the times, which may wait.
    pub(crate) async fn tend_lines(&self, all: bool) {
        let roster = self.roster.get();
        for line in roster.channels.values() {
            let turned = line.pulse.turned.swap(false, Ordering::AcqRel);
            let moved = (all || turned) && line.pulse.moved.swap(false, Ordering::AcqRel);
            if !(turned || moved) {
                continue;
            }
            if let Err(error) = self.write_pulse(line).await {
                // The next round tries again.
                line.pulse.turned.fetch_or(turned, Ordering::AcqRel);
                line.pulse.moved.fetch_or(moved, Ordering::AcqRel);
                tracing::warn!(%error, channel.id = %line.channel.id, "how a line is doing could not be written");
            } else if turned {
                self.tell_health(line);
            }
        }
    }

    /// Seals anew what the secret key before this one sealed. Before anything reads it.
    pub(crate) async fn reseal_channels(&self) -> Result<(), StoreError> {
        let mut renewed = 0;
        for row in self.core.store.channels().await? {
            let Some(old) = row.credentials else { continue };
            if let Some(new) = self.vault.reseal("channel", row.channel.id.0, &old) {
                self.core.store.reseal_channel(row.channel.id, old, new).await?;
                renewed += 1;
            }
        }
        if renewed > 0 {
            tracing::info!(channels = renewed, "credentials were sealed anew with the present secret key");
        }
        Ok(())
    }

    async fn write_pulse(&self, line: &Line) -> Result<(), StoreError> {
        let (condition, times) = (line.pulse.condition(), line.pulse.times());
        self.core.store.set_channel_condition(line.channel.id, condition, times).await
    }

    /// Tells admins, and admins of the group.
    fn tell_health(&self, line: &Arc<Line>) {
        let channel = &line.channel;
        let d = HealthFrame { channel_id: channel.id, group_id: channel.group_id, health: Health::of(line) };
        let frame = Ephemeral { t: "channel.health", req: None, conversation_id: None, d };
        let Ok(text) = serde_json::to_string(&frame) else { return };
        let roster = self.roster.get();
        let ours =
            roster.users.values().filter(|user| user.active && user.business_id == channel.business_id);
        for user in ours.filter(|user| user.runs_channels_of(channel.group_id)) {
            self.core.fanout.whisper(Audience::User(user.id), &text);
        }
    }

    /// An admin takes a line off or puts it back; told at once.
    pub async fn turn_line(&self, line: &Arc<Line>, sign: Sign) -> Result<(), StoreError> {
        let before = line.pulse.condition();
        if !line.pulse.sign(sign) {
            return Ok(());
        }
        line.pulse.turned.store(false, Ordering::Release);
        if let Err(error) = self.write_pulse(line).await {
            // What is not durable did not happen.
            line.pulse.restore(before);
            return Err(error);
        }
        self.tell_health(line);
        Ok(())
    }
}

impl Pulse {
    fn restore(&self, condition: Condition) {
        self.off.store(condition.status == ChannelStatus::Disconnected, Ordering::Release);
        self.unwell.store(condition.status == ChannelStatus::Degraded, Ordering::Release);
        *self.lock() = condition;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_is_refused_recovers_with_the_next_send() {
        let pulse = Pulse::new(ChannelKind::Sms, Condition::new(ChannelKind::Sms), ChannelTimes::default());
        assert_eq!(pulse.condition().status, ChannelStatus::Connecting);
        pulse.called(Timestamp(5));
        assert_eq!(pulse.condition().status, ChannelStatus::Connected);
        let failure = Failure { code: "channel_auth_failed".to_owned(), detail: "No.".to_owned() };
        pulse.refused(&failure);
        assert_eq!(pulse.condition(), Condition { status: ChannelStatus::Degraded, reason: Some(failure) });
        pulse.called(Timestamp(6));
        assert_eq!(pulse.condition().status, ChannelStatus::Degraded, "it can still call");
        pulse.sent(Timestamp(7));
        assert_eq!(pulse.condition().status, ChannelStatus::Connected);
        assert!(pulse.sign(Sign::Disconnect) && pulse.is_off());
        pulse.called(Timestamp(8));
        assert!(pulse.is_off());
        assert!(pulse.sign(Sign::Reconnect) && !pulse.is_off());
        let seen = pulse.times();
        assert_eq!(
            (seen.callback, seen.outbound, seen.inbound),
            (Some(Timestamp(8)), Some(Timestamp(7)), None)
        );
    }

    #[test]
    fn our_own_widget_is_connected_again_without_a_call() {
        let kind = ChannelKind::Webchat;
        let pulse = Pulse::new(kind, Condition::new(kind), ChannelTimes::default());
        assert!(pulse.sign(Sign::Disconnect) && pulse.is_off());
        assert!(pulse.sign(Sign::Reconnect) && !pulse.is_off());
        assert_eq!(pulse.condition(), Condition::new(kind));
    }
}
