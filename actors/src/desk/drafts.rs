//! Drafts: what a user has begun to write, the same on all their tabs, and nobody else's.

use crate::Actors;
use crate::fanout::Audience;
use crate::trouble::Trouble;
use serde_json::json;
use switchboard_engine::conversation::Refusal;
use switchboard_engine::ids::{ConversationId, UserId};
use switchboard_engine::text::readable;
use switchboard_engine::wire::Ephemeral;
use switchboard_schema::Draft;

/// Longest draft, in characters; longer than any message.
const LONGEST: usize = 10_000;

impl Actors {
    pub async fn draft(&self, by: UserId, conversation: ConversationId) -> Result<Option<Draft>, Trouble> {
        self.look(by, conversation).await?;
        Ok(self.core.store.draft(conversation, by).await?)
    }

    /// Keeps a draft; an empty one is none. `tab` comes back in the frame, so that the tab that wrote it knows its own.
    pub async fn set_draft(
        &self,
        by: UserId,
        conversation: ConversationId,
        text: String,
        tab: Option<&str>,
    ) -> Result<Option<Draft>, Trouble> {
        let seen = self.look(by, conversation).await?;
        let text = readable(text);
        let length = text.chars().count();
        if length > LONGEST {
            let detail = format!("is {length} characters long; a draft takes {LONGEST}");
            return Err(Refusal::Invalid { field: "text", detail }.into());
        }
        let draft = (!text.trim().is_empty()).then(|| Draft { text, updated_at: self.core.clock.now() });
        let store = &self.core.store;
        match &draft {
            Some(draft) => store.set_draft(conversation, by, draft.clone()).await?,
            // None before and none now: nothing to tell.
            None if !store.delete_draft(conversation, by).await? => return Ok(None),
            None => {}
        }
        let shown = draft.as_ref().map(|draft| json!({"text": draft.text, "updated_at": draft.updated_at}));
        let d = json!({"draft": shown, "tab": tab});
        let frame = Ephemeral { t: "draft.changed", req: None, conversation_id: Some(conversation), d };
        if let Ok(text) = serde_json::to_string(&frame) {
            self.core.fanout.whisper(Audience::reader(by, &seen), &text);
        }
        Ok(draft)
    }
}
