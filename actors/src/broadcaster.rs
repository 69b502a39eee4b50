//! The broadcaster: takes every broadcast under way to its recipients, a few at a time.
//!
//! Who still waits stands in the database, and that somebody has theirs is written together with their message: whatever ends the program,
//! nobody is forgotten and nobody gets it twice. It follows the channel's own pace by keeping its queue short, so that an answer of the team
//! never waits behind a thousand copies.

use crate::Actors;
use crate::conversation::{AnnounceWish, Announced, Wish};
use crate::roster::Line;
use crate::trouble::Trouble;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use switchboard_engine::channel::ChannelKind;
use switchboard_engine::contact::{Identity, IdentityKind};
use switchboard_engine::conversation::Refusal;
use switchboard_engine::ids::{ContactId, MessageId};
use switchboard_engine::wire::TemplateAsk;
use switchboard_schema::{Broadcast, BroadcastState};

/// Messages of a broadcast that wait for their channel at once.
const AHEAD: usize = 20;
/// Between looks at queues that are full, and for broadcasts begun elsewhere.
const LOOK: Duration = Duration::from_millis(500);
/// After trouble with the database.
const AGAIN: Duration = Duration::from_secs(1);

/// Runs for as long as the program does.
pub(crate) async fn run(actors: Actors) {
    loop {
        let wait = match actors.take_broadcasts_on().await {
            Ok(true) => continue,
            Ok(false) => LOOK,
            Err(trouble) => {
                tracing::warn!(%trouble, "broadcasts could not go on, trying again");
                AGAIN
            }
        };
        let _ = tokio::time::timeout(wait, actors.broadcasts.notified()).await;
    }
}

impl Actors {
    /// True when there was something to do and may be more.
    async fn take_broadcasts_on(&self) -> Result<bool, Trouble> {
        let store = &self.core.store;
        let mut moved = false;
        for broadcast in store.running_broadcasts().await? {
            let room = AHEAD - store.waiting_on(broadcast.channel_id, AHEAD).await?;
            let next = store.next_recipients(broadcast.id, room.max(1)).await?;
            if next.is_empty() {
                let now = self.core.clock.now();
                store.finish_broadcast(broadcast.id, BroadcastState::Done, now).await?;
                tracing::info!(broadcast.id = %broadcast.id, "a broadcast is done");
                continue;
            }
            for contact in next.into_iter().take(room) {
                if !self.reach(&broadcast, contact).await? {
                    break;
                }
                moved = true;
            }
        }
        Ok(moved)
    }

    /// Reaches one contact, or writes down why not. False while the channel is away: that is no reason to forget anybody.
    async fn reach(&self, broadcast: &Broadcast, contact: ContactId) -> Result<bool, Trouble> {
        let reason = match self.try_to_reach(broadcast, contact).await {
            Ok(()) => return Ok(true),
            Err(Trouble::Refused(Refusal::ChannelNotConnected)) => return Ok(false),
            Err(Trouble::Refused(refusal)) => refusal.code(),
            Err(Trouble::NotFound) => "not_found",
            Err(Trouble::Quarantined) => "quarantined",
            Err(trouble) => return Err(trouble),
        };
        self.core.store.skip_recipient(broadcast.id, contact, reason).await?;
        Ok(true)
    }

    async fn try_to_reach(&self, broadcast: &Broadcast, contact: ContactId) -> Result<(), Trouble> {
        let line = self.roster.get().channels.get(&broadcast.channel_id).cloned();
        let line: Arc<Line> = line.ok_or(Refusal::ChannelNotConnected)?;
        let known = self.core.store.contact_with_marks(broadcast.business_id, contact).await?;
        let (_, marks) = known.ok_or(Trouble::NotFound)?;
        let mark = marks.into_iter().find(|mark| mark.kind() == IdentityKind::Phone);
        let mark = mark.ok_or_else(|| {
            let detail = "has no phone number to write to".to_owned();
            Refusal::Invalid { field: "contact_id", detail }
        })?;
        let address = address(&mark, line.channel.kind);
        let wish = Wish::Announce(Box::new(self.copy_of(broadcast)));
        self.intake.begin(&line.channel, &mark, address, None, wish).await?;
        Ok(())
    }

    fn copy_of(&self, of: &Broadcast) -> AnnounceWish {
        let roster = self.roster.get();
        let business_name = roster.business.as_ref().map(|business| business.name.clone());
        let content = match of.template {
            Some(id) => {
                Announced::Template(TemplateAsk { id, vars: of.vars.clone(), reference: BTreeMap::new() })
            }
            None => Announced::Text(of.text.clone()),
        };
        AnnounceWish {
            message_id: MessageId(self.core.ids.next()),
            broadcast: of.id,
            name: of.name.clone(),
            channel_id: of.channel_id,
            content,
            business_name: business_name.unwrap_or_default(),
            agent_first_name: of.created_by_name.clone(),
        }
    }
}

/// The number as the channel's provider wants it.
fn address(mark: &Identity, kind: ChannelKind) -> String {
    match kind {
        ChannelKind::Whatsapp => mark.value().trim_start_matches('+').to_owned(),
        ChannelKind::Sms | ChannelKind::Webchat => mark.value().to_owned(),
    }
}
