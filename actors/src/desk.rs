//! The desk: what a user of the team can do, from REST and from their socket alike. Every call asks anew who they are and what they may see.

use crate::Actors;
use crate::conversation::{Done, Wish};
use crate::fanout::Audience;
use crate::roster::Colleague;
use crate::trouble::Trouble;
use std::sync::Arc;
use switchboard_engine::conversation::{Actor, Conversation, ReadState, Refusal, Release, UnassignReason};
use switchboard_engine::ids::{BusinessId, ChannelId, ConversationId, GroupId, MediaId, MessageId, UserId};
use switchboard_engine::user::Role;
use switchboard_engine::wire::Ephemeral;

/// What a user wants to say.
#[derive(Clone, Debug)]
pub struct Draft {
    pub client_id: String,
    pub text: String,
    pub media_ids: Vec<MediaId>,
    /// `None`: where the customer wrote last.
    pub channel_id: Option<ChannelId>,
}

impl Actors {
    /// The user, if they may still act.
    pub fn user(&self, id: UserId) -> Result<Colleague, Trouble> {
        self.roster.get().users.get(&id).filter(|user| user.active).cloned().ok_or(Trouble::NotFound)
    }

    pub async fn look(&self, by: UserId, conversation: ConversationId) -> Result<Arc<Conversation>, Trouble> {
        let user = self.user(by)?;
        self.directory.look(conversation, Some(user.viewer())).await
    }

    pub async fn send_message(&self, by: UserId, to: ConversationId, draft: Draft) -> Result<Done, Trouble> {
        let user = self.user(by)?;
        let wish = Wish::Reply {
            message_id: MessageId(self.core.ids.next()),
            by: user.member(),
            client_id: draft.client_id,
            text: draft.text,
            media_ids: draft.media_ids,
            channel_id: draft.channel_id,
        };
        self.directory.ask(to, Some(user.viewer()), wish).await
    }

    pub async fn attend(&self, by: UserId, conversation: ConversationId) -> Result<Done, Trouble> {
        let user = self.user(by)?;
        self.directory.ask(conversation, Some(user.viewer()), Wish::Attend(user.member())).await
    }

    pub async fn assign(
        &self,
        by: UserId,
        conversation: ConversationId,
        to: &[UserId],
    ) -> Result<Done, Trouble> {
        let user = self.user(by)?;
        let state = self.directory.look(conversation, Some(user.viewer())).await?;
        let roster = self.roster.get();
        let mut candidates = Vec::with_capacity(to.len());
        for id in to {
            // A stranger and a user of another business are the same to the asker.
            let known = roster.users.get(id).filter(|other| other.business_id == user.business_id);
            let Some(other) = known else { return Err(Refusal::NotMember { user: *id }.into()) };
            let present = other.belongs_to(state.group_id) || (other.id == by && user.role == Role::Admin);
            let sees = other.viewer().sees(state.group_id, state.visible_to.as_deref());
            candidates.push((other.member(), other.active && present && sees));
        }
        let wish = Wish::Assign { by: user.member(), to: candidates };
        self.directory.ask(conversation, Some(user.viewer()), wish).await
    }

    pub async fn unassign(&self, by: UserId, conversation: ConversationId) -> Result<Done, Trouble> {
        let user = self.user(by)?;
        self.directory.ask(conversation, Some(user.viewer()), Wish::Unassign(user.member())).await
    }

    pub async fn close(&self, by: UserId, conversation: ConversationId) -> Result<Done, Trouble> {
        let user = self.user(by)?;
        self.directory.ask(conversation, Some(user.viewer()), Wish::Close(user.member())).await
    }

    pub async fn reopen(&self, by: UserId, conversation: ConversationId) -> Result<Done, Trouble> {
        let user = self.user(by)?;
        self.directory.ask(conversation, Some(user.viewer()), Wish::Reopen(user.member())).await
    }

    /// Marks read up to a number, or with `None` unread.
    pub async fn read(
        &self,
        by: UserId,
        conversation: ConversationId,
        upto: Option<i64>,
    ) -> Result<ReadState, Trouble> {
        let user = self.user(by)?;
        let wish = Wish::Read { by: user.member(), upto };
        let done = self.directory.ask(conversation, Some(user.viewer()), wish).await?;
        match done.reads.first() {
            Some((_, state)) => Ok(*state),
            None => Ok(self.core.store.read_state(conversation, by).await?),
        }
    }

    /// A colleague types; refused silently when they may not see the conversation.
    pub async fn user_types(&self, by: UserId, conversation: ConversationId) {
        if let (Ok(user), Ok(state)) = (self.user(by), self.look(by, conversation).await) {
            self.presence.user_types(&self.core, &state, &user.member());
        }
    }

    pub async fn user_views(&self, by: UserId, conversation: ConversationId) {
        if let (Ok(user), Ok(state)) = (self.user(by), self.look(by, conversation).await) {
            self.presence.viewing(&self.core, &state, &user.member());
        }
    }

    /// Takes somebody out of their open conversations, in one group or in all; answers how many those were.
    pub async fn release(
        &self,
        user: UserId,
        group: Option<GroupId>,
        by: Actor,
        reason: UnassignReason,
    ) -> Result<usize, Trouble> {
        let work = self.core.store.open_work_of(user, group).await?;
        for id in &work {
            let wish = Wish::Release(Release { user, by: by.clone(), reason });
            self.directory.ask(*id, None, wish).await?;
        }
        Ok(work.len())
    }

    /// Tells one user, on all their tabs; never replayed.
    pub fn tell_user(&self, user: UserId, t: &str, d: &serde_json::Value) {
        let frame = Ephemeral { t, req: None, conversation_id: None, d };
        if let Ok(text) = serde_json::to_string(&frame) {
            self.core.fanout.whisper(Audience::User(user), &text);
        }
    }

    /// Shows conversations to their group when nobody on their own list is left.
    pub async fn reveal_orphans(&self, business: BusinessId) -> Result<(), Trouble> {
        for id in self.core.store.orphaned_conversations(business).await? {
            tracing::warn!(conversation.id = %id, "everybody who could see this conversation is gone: its group sees it");
            self.directory.ask(id, None, Wish::Reveal).await?;
        }
        Ok(())
    }
}
