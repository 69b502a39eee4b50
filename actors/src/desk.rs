//! The desk: what a user of the team can do, from REST and from their socket alike. Every call asks anew who they are and what they may see.

mod assigning;
mod bulk;
mod drafts;
mod ending;
mod reading;
mod starting;

pub use bulk::{BulkAction, BulkItem, BulkOutcome};
pub use starting::{Prospect, Recipient, Start};

use crate::Actors;
use crate::conversation::{Done, Wish};
use crate::fanout::Audience;
use crate::roster::Colleague;
use crate::trouble::Trouble;
use std::sync::Arc;
use switchboard_engine::conversation::{Actor, Conversation, Release, UnassignReason};
use switchboard_engine::ids::{BusinessId, ConversationId, GroupId, MediaId, MessageId, UserId};
use switchboard_engine::wire::Ephemeral;

/// What a user wants to say.
#[derive(Clone, Debug)]
pub struct Draft {
    pub client_id: String,
    pub text: String,
    pub media_ids: Vec<MediaId>,
    /// The newest `seq` the user has seen; what others wrote later stops the send.
    pub expected_seq: Option<i64>,
}

/// What a user wants colleagues only to read.
#[derive(Clone, Debug)]
pub struct NoteDraft {
    pub client_id: String,
    pub text: String,
    pub mentions: Vec<UserId>,
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
        let wish = self.reply(&user, draft, false);
        self.directory.ask(to, Some(user.viewer()), wish).await
    }

    fn reply(&self, user: &Colleague, draft: Draft, starts: bool) -> Wish {
        Wish::Reply {
            message_id: MessageId(self.core.ids.next()),
            by: user.member(),
            client_id: draft.client_id,
            text: draft.text,
            media_ids: draft.media_ids,
            attends: self.roster.get().settings().auto_attend_on_reply,
            expected_seq: draft.expected_seq,
            starts,
        }
    }

    /// Words for colleagues only.
    pub async fn add_note(
        &self,
        by: UserId,
        conversation: ConversationId,
        note: NoteDraft,
    ) -> Result<Done, Trouble> {
        let user = self.user(by)?;
        let state = self.directory.look(conversation, Some(user.viewer())).await?;
        let wish = Wish::Note {
            message_id: MessageId(self.core.ids.next()),
            by: user.member(),
            client_id: note.client_id,
            text: note.text,
            mentions: self.readers(&user, &state, &note.mentions)?,
        };
        self.directory.ask(conversation, Some(user.viewer()), wish).await
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
