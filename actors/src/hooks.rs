//! What providers' callbacks say, handed to intake and conversations. `Ok` means that everything in the callback is durable.

use crate::Actors;
use crate::conversation::Wish;
use crate::roster::Line;
use crate::telemetry;
use crate::trouble::Trouble;
use std::sync::Arc;
use switchboard_engine::channel::ChannelKind;
use switchboard_engine::channels::{Addressed, Delivery, Event, Preference, StatusUpdate};
use switchboard_engine::consent::{Consent, ConsentSource, ConsentTopic};
use switchboard_engine::ids::{ConversationId, MessageId};
use switchboard_engine::receipt::Status;

impl Actors {
    /// Takes everything one verified callback on `line` said. On trouble the provider must send it again; repeats are harmless.
    pub async fn accept(&self, line: &Arc<Line>, delivery: Delivery) -> Result<(), Trouble> {
        let mut worst = Ok(());
        let now = self.core.clock.now();
        line.pulse.called(now);
        for Addressed { address, event } in delivery.events {
            let line = self.addressed(line, address.as_deref());
            let result = match (line, event) {
                (_, Event::Ignored { reason }) => {
                    metrics::counter!(telemetry::INBOUND_IGNORED, "reason" => reason).increment(1);
                    Ok(())
                }
                (_, Event::Malformed { reason, raw }) => {
                    self.intake.keep_for_operator("hook".to_owned(), raw, reason).await
                }
                (Some(line), Event::Message(message)) => {
                    let stored = self.intake.receive(&line, message, self.reopen_within()).await;
                    if stored.is_ok() {
                        line.pulse.received(now);
                    }
                    stored
                }
                (Some(line), Event::Status(status)) => self.advance(&line, status).await,
                (Some(line), Event::Template(news)) => self.template_news(&line, news).await,
                (Some(line), Event::Preference(preference)) => self.prefer(&line, preference).await,
                (None, event) => {
                    let error = "for a number that is not connected here".to_owned();
                    self.intake.keep_for_operator("hook".to_owned(), format!("{event:?}"), error).await
                }
            };
            // One event's trouble must not keep its siblings out.
            worst = worst.and(result);
        }
        worst
    }

    /// The line an event is about: the one it came in on, or another of the same business on the same callback URL.
    fn addressed(&self, line: &Arc<Line>, address: Option<&str>) -> Option<Arc<Line>> {
        let Some(address) = address.filter(|address| *address != line.channel.address) else {
            return Some(line.clone());
        };
        let roster = self.roster.get();
        let sibling = roster.channels.values().find(|other| {
            other.channel.kind == line.channel.kind
                && other.channel.address == address
                && other.channel.business_id == line.channel.business_id
        });
        // Numbers differ in writing for SMS, and a test account may stand for any number.
        let lenient = line.flag("accept_any_number") || line.channel.kind == ChannelKind::Sms;
        sibling.cloned().or_else(|| lenient.then(|| line.clone()))
    }

    /// Enters what somebody told their provider about marketing. Of people we never met there is nothing to send to.
    async fn prefer(&self, line: &Line, preference: Preference) -> Result<(), Trouble> {
        let Preference { of, state, detail, at } = preference;
        let Some((contact, _)) = self.core.store.find_contact(line.channel.business_id, of).await? else {
            metrics::counter!(telemetry::INBOUND_IGNORED, "reason" => "preference_of_a_stranger")
                .increment(1);
            return Ok(());
        };
        let (channel_kind, channel_id, topic) =
            (line.channel.kind, Some(line.channel.id), ConsentTopic::Marketing);
        let at = at.unwrap_or_else(|| self.core.clock.now());
        let said = self.core.store.consents(contact.id).await?;
        let same = |one: &&Consent| one.channel_id == channel_id && one.topic == topic;
        // A repeat, or older than what we know.
        if said.iter().filter(same).any(|one| one.at >= at) {
            return Ok(());
        }
        let source = ConsentSource::Provider;
        let consent = Consent { channel_kind, channel_id, topic, state, source, evidence: detail, at };
        self.set_consent(None, contact.id, consent).await
    }

    /// Applies a receipt, or keeps it until the message it is about knows its provider's id.
    async fn advance(&self, line: &Line, update: StatusUpdate) -> Result<(), Trouble> {
        metrics::counter!(telemetry::RECEIPTS, "status" => update.status.as_str()).increment(1);
        if let Some((conversation, message)) = self.find(line, &update).await? {
            return self.tell(conversation, message, update).await;
        }
        let now = self.core.clock.now();
        let (channel, receipt) = (line.channel.id, update.clone().receipt(now));
        // The send's answer may have been stored between our look and the parking; then the store tells, and it is ours to apply.
        let parked =
            self.core.store.park_receipt(channel, update.provider_message_id.clone(), receipt, now).await?;
        match parked {
            Some((conversation, message)) => self.tell(conversation, message.id, update).await,
            None => Ok(()),
        }
    }

    async fn find(
        &self,
        line: &Line,
        update: &StatusUpdate,
    ) -> Result<Option<(ConversationId, MessageId)>, Trouble> {
        let store = &self.core.store;
        let by_provider =
            store.message_by_provider_id(line.channel.id, update.provider_message_id.clone()).await?;
        if let Some((conversation, message)) = by_provider {
            return Ok(Some((conversation, message.id)));
        }
        let Some((id, _)) = update.our_message_id.as_deref().and_then(echoed) else { return Ok(None) };
        let message = store.message(id).await?.filter(|message| message.channel_id == line.channel.id);
        Ok(message.map(|message| (message.conversation_id, message.id)))
    }

    /// Whether this is the end of an attempt that another has followed: only that it arrived after all still counts.
    async fn is_outdated(&self, message: MessageId, update: &StatusUpdate) -> Result<bool, Trouble> {
        let arrived = matches!(update.status, Status::Delivered | Status::Read);
        let Some((_, attempt)) = update.our_message_id.as_deref().and_then(echoed).filter(|_| !arrived)
        else {
            return Ok(false);
        };
        let store = &self.core.store;
        let Some(row) = store.outbox_row(message).await? else { return Ok(false) };
        if row.under_way {
            return Ok(row.attempt > attempt);
        }
        // It waits for its next attempt: a failure is that of the last, and so is anything about the id we know.
        let present = store.message(message).await?.and_then(|message| message.provider_message_id);
        Ok(update.status == Status::Failed || present.as_ref() == Some(&update.provider_message_id))
    }

    async fn tell(
        &self,
        conversation: ConversationId,
        message: MessageId,
        update: StatusUpdate,
    ) -> Result<(), Trouble> {
        if self.is_outdated(message, &update).await? {
            return Ok(());
        }
        // A send whose answer we never got learns its provider's id here.
        let provider_message_id = update.our_message_id.is_some().then(|| update.provider_message_id.clone());
        let receipt = update.receipt(self.core.clock.now());
        let wish = Wish::Advance { message_id: message, receipt, provider_message_id };
        match self.directory.ask(conversation, None, wish).await {
            Ok(_) | Err(Trouble::NotFound) => Ok(()),
            Err(trouble) => Err(trouble),
        }
    }
}

/// Our id as a provider echoes it, and the attempt it was sent with: "42", from the second on "42.2".
fn echoed(text: &str) -> Option<(MessageId, i64)> {
    match text.split_once('.') {
        None => Some((text.parse().ok()?, 1)),
        Some((id, attempt)) => Some((id.parse().ok()?, attempt.parse().ok()?)),
    }
}
