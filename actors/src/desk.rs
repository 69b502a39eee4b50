//! The desk: what a user of the team can do, from REST and from their socket alike. Every call asks anew who they are and what they may see.

mod assigning;
mod bulk;
mod drafts;
mod ending;
mod files;
mod reading;
mod starting;

pub use bulk::{BulkAction, BulkItem, BulkOutcome};
pub use starting::{Prospect, Recipient, Start};

use crate::Actors;
use crate::conversation::{Done, ReplyWish, TemplateWish, Wish};
use crate::fanout::Audience;
use crate::roster::Colleague;
use crate::trouble::Trouble;
use std::sync::Arc;
use switchboard_engine::conversation::{
    Actor, Conversation, Refusal, Release, UnassignReason, check_client_id,
};
use switchboard_engine::ids::{BusinessId, ChannelId, ConversationId, GroupId, MediaId, MessageId, UserId};
use switchboard_engine::message::Media;
use switchboard_engine::text::readable;
use switchboard_engine::wire::{Ephemeral, TemplateAsk};
use switchboard_schema::{FileRecord, NewUpload, Uploader};

/// What a user wants to say.
#[derive(Clone, Debug)]
pub struct Draft {
    pub client_id: String,
    pub text: String,
    pub media_ids: Vec<MediaId>,
    /// The newest `seq` the user has seen; what others wrote later stops the send.
    pub expected_seq: Option<i64>,
    /// A registered template instead.
    pub template: Option<TemplateAsk>,
    /// `None`: where the customer wrote last.
    pub channel_id: Option<ChannelId>,
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
        check_client_id(&draft.client_id)?;
        let user = self.user(by)?;
        let plain = draft.template.is_none() && draft.media_ids.is_empty();
        let draft = if plain {
            draft
        } else {
            let group = self.directory.look(to, Some(user.viewer())).await?.group_id;
            self.with_files(&user, group, draft).await?
        };
        let wish = self.reply(&user, draft, false);
        self.directory.ask(to, Some(user.viewer()), wish).await
    }

    fn reply(&self, user: &Colleague, draft: Draft, starts: bool) -> Wish {
        let template = draft.template.map(|ask| {
            let roster = self.roster.get();
            let business_name = roster.business.as_ref().map(|business| business.name.clone());
            Box::new(TemplateWish {
                ask,
                business_name: business_name.unwrap_or_default(),
                agent_first_name: user.first_name.clone(),
            })
        });
        Wish::Reply(Box::new(ReplyWish {
            message_id: MessageId(self.core.ids.next()),
            by: user.member(),
            client_id: draft.client_id,
            text: readable(draft.text),
            media_ids: draft.media_ids,
            template,
            attends: self.roster.get().settings().auto_attend_on_reply,
            expected_seq: draft.expected_seq,
            channel_id: draft.channel_id,
            starts,
        }))
    }

    /// Files of a group's library are sent as copies of the sender's own; a template brings the file of its header.
    async fn with_files(&self, user: &Colleague, group: GroupId, mut draft: Draft) -> Result<Draft, Trouble> {
        if let Some(ask) = &draft.template {
            let twice = [("text", !draft.text.is_empty()), ("media_ids", !draft.media_ids.is_empty())];
            if let Some((field, _)) = twice.into_iter().find(|(_, given)| *given) {
                let detail = "a template has its own; leave this out".to_owned();
                return Err(Refusal::Invalid { field, detail }.into());
            }
            let template = self.core.store.template(ask.id).await?;
            draft.media_ids.extend(template.and_then(|template| template.mapping.header_media_id));
        }
        for id in &mut draft.media_ids {
            let file = self.core.store.file(*id).await?;
            if let Some(file) = file.filter(|file| file.uploader == Some(Uploader::Library(group))) {
                *id = self.copy_for(user, file).await?;
            }
        }
        Ok(draft)
    }

    /// A copy of a stored file, as if this user had uploaded it.
    async fn copy_for(&self, user: &Colleague, file: FileRecord) -> Result<MediaId, Trouble> {
        let id = MediaId(self.core.ids.next());
        self.files.copy(file.media.id, id).await.map_err(|error| {
            tracing::warn!(%error, media.id = %file.media.id, "a file of the library could not be copied");
            Trouble::Busy
        })?;
        let upload = NewUpload {
            media: Media { id, ..file.media },
            business_id: user.business_id,
            uploader: Uploader::User(user.id),
            sha256: file.sha256.unwrap_or_default(),
            storage_key: id.to_string(),
            at: self.core.clock.now(),
        };
        self.core.store.create_upload(upload).await?;
        Ok(id)
    }

    /// Words for colleagues only.
    pub async fn add_note(
        &self,
        by: UserId,
        conversation: ConversationId,
        note: NoteDraft,
    ) -> Result<Done, Trouble> {
        check_client_id(&note.client_id)?;
        let user = self.user(by)?;
        let state = self.directory.look(conversation, Some(user.viewer())).await?;
        let wish = Wish::Note {
            message_id: MessageId(self.core.ids.next()),
            by: user.member(),
            client_id: note.client_id,
            text: readable(note.text),
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
        let roster = self.roster.get();
        for (id, group, list) in self.core.store.restricted_conversations(business).await? {
            if list.iter().any(|id| roster.is_present(*id, group)) {
                continue;
            }
            tracing::warn!(conversation.id = %id, "everybody who could see this conversation is gone: its group sees it");
            self.directory.ask(id, None, Wish::Reveal).await?;
        }
        Ok(())
    }
}
