//! What the team does around sending: retry, take back, consent by hand, hours; and the composer's state.

use crate::Actors;
use crate::conversation::{Done, Wish, around, lines_of};
use crate::trouble::Trouble;
use switchboard_engine::business_hours::Schedule;
use switchboard_engine::consent::Consent;
use switchboard_engine::conversation::{Conversation, ConversationStatus, SetConsent};
use switchboard_engine::ids::{BusinessId, ContactId, ConversationId, GroupId, MessageId, UserId};
use switchboard_engine::sending::{Composer, Line};

/// Held messages looked at when hours change.
const MOST_HELD: usize = 100_000;

impl Actors {
    /// Where a message of the team is. `NotFound` for everything else.
    async fn conversation_with(&self, message: MessageId) -> Result<ConversationId, Trouble> {
        let found = self.core.store.outbound(message).await?;
        found.map(|(conversation, _)| conversation).ok_or(Trouble::NotFound)
    }

    /// Sends a message again that failed; `confirmed` when the person knows that it may arrive twice.
    pub async fn retry(&self, by: UserId, message_id: MessageId, confirmed: bool) -> Result<Done, Trouble> {
        let user = self.user(by)?;
        let conversation = self.conversation_with(message_id).await?;
        let wish = Wish::Retry { by: user.member(), message_id, confirmed };
        self.directory.ask(conversation, Some(user.viewer()), wish).await
    }

    /// Takes a message back that has not left.
    pub async fn cancel(&self, by: UserId, message_id: MessageId) -> Result<Done, Trouble> {
        let user = self.user(by)?;
        let conversation = self.conversation_with(message_id).await?;
        let wish = Wish::Cancel { by: user.member(), message_id };
        self.directory.ask(conversation, Some(user.viewer()), wish).await
    }

    /// Stores what somebody of the team, or the provider (`None`), says a contact said. Their open conversations show it.
    pub async fn set_consent(
        &self,
        by: Option<UserId>,
        contact: ContactId,
        consent: Consent,
    ) -> Result<(), Trouble> {
        let user = by.map(|by| self.user(by)).transpose()?;
        let open = self.core.store.open_conversations_of(contact).await?;
        let mut told = false;
        for id in open {
            let by = user.as_ref().map(crate::roster::Colleague::member);
            let wish = Wish::SetConsent(SetConsent { by, consent: consent.clone() });
            let viewer = user.as_ref().map(crate::roster::Colleague::viewer);
            match self.directory.ask(id, viewer, wish).await {
                Ok(_) => told = true,
                Err(Trouble::NotFound) => {}
                Err(trouble) => return Err(trouble),
            }
        }
        if !told {
            self.core.store.set_consent(contact, consent).await?;
        }
        Ok(())
    }

    /// What a composer shows for this conversation.
    pub async fn composer(&self, conversation: &Conversation) -> Result<Composer, Trouble> {
        let mut lines = Vec::new();
        for route in lines_of(&self.core, conversation).await? {
            let around = around(&self.core, conversation, &route).await?;
            lines.push(Line { route, around });
        }
        let open = conversation.status == ConversationStatus::Open;
        Ok(Composer::of(open, &lines, self.core.clock.now()))
    }

    /// Sets the hours of a group, or of the business; `None` forgets them. What is held is planned anew.
    pub async fn set_hours(
        &self,
        business: BusinessId,
        group: Option<GroupId>,
        schedule: Option<Schedule>,
    ) -> Result<(), Trouble> {
        self.core.store.set_hours(business, group, schedule, self.core.clock.now()).await?;
        self.reload().await?;
        self.plan_anew().await
    }

    /// Asks the gate again about everything that is held: hours or settings are others now.
    pub async fn plan_anew(&self) -> Result<(), Trouble> {
        let for_ever = switchboard_engine::time::Timestamp(i64::MAX);
        for held in self.core.store.held_until(for_ever, MOST_HELD).await? {
            let wish = Wish::Reconsider { message_id: held.message_id };
            match self.directory.ask(held.conversation_id, None, wish).await {
                Ok(_) | Err(Trouble::NotFound) => {}
                Err(trouble) => return Err(trouble),
            }
        }
        self.core.wheel.notify_one();
        Ok(())
    }
}
