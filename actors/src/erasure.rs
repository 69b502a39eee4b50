//! Erasing: the content of conversations that ended long enough ago, and everything about a person who asks for it.
//!
//! Bytes go first, then rows, in small steps; that it is done is written last. So what a crash interrupts is simply done again. Whoever holds
//! an old state in memory is refused by the version of the row and reads it anew.

use crate::Actors;
use crate::conversation::Wish;
use crate::fanout::Turn;
use crate::trouble::Trouble;
use serde_json::json;
use std::collections::HashMap;
use std::time::Duration;
use switchboard_engine::conversation::{Pending, RESTORABLE};
use switchboard_engine::ids::{BusinessId, ContactId, ConversationId, MediaId, UserId};
use switchboard_schema::{Audit, AuditActor, AuditOutcome, Ended, StoreError};
use tokio::time::Instant;

/// Between looks for what is due.
const LOOK: Duration = Duration::from_secs(5);
/// Conversations taken up at once.
const AT_ONCE: i64 = 50;
/// Messages of one step.
const STEP: i64 = 200;
/// Before what failed is tried again.
const AGAIN: Duration = Duration::from_mins(10);
/// Rest between steps while commits wait.
const GIVE_WAY: Duration = Duration::from_millis(20);
/// How long the search index is waited for.
const INDEX: Duration = Duration::from_secs(30);

/// What was erased.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Erased {
    pub conversations: usize,
    pub messages: usize,
    pub files: usize,
}

/// Conversations that could not be erased, and when they are tried again. Nothing else waits for them.
#[derive(Default)]
struct Later(HashMap<ConversationId, Instant>);

impl Later {
    /// Those whose time has not come.
    fn waiting(&mut self) -> Vec<ConversationId> {
        let now = Instant::now();
        self.0.retain(|_, until| *until > now);
        self.0.keys().copied().collect()
    }

    fn put_off(&mut self, id: ConversationId) {
        self.0.insert(id, Instant::now() + AGAIN);
    }
}

/// Looks for what is due for as long as the program runs.
pub(crate) async fn run(actors: Actors) {
    let mut later = Later::default();
    loop {
        match actors.erase_what_is_due(&mut later).await {
            Ok(0) => tokio::time::sleep(LOOK).await,
            Ok(_) => {}
            Err(error) => {
                tracing::warn!(%error, "what is due to be erased waits for the next try");
                tokio::time::sleep(LOOK).await;
            }
        }
    }
}

impl Actors {
    async fn erase_what_is_due(&self, later: &mut Later) -> Result<usize, StoreError> {
        let roster = self.roster.get();
        let Some(business) = roster.business.as_ref() else { return Ok(0) };
        let now = self.core.clock.now();
        let days = u64::from(business.settings.retention_days);
        let closed_before = (days > 0).then(|| now.minus(Duration::from_hours(24 * days)));
        let ended = Ended { closed_before, deleted_before: now.minus(RESTORABLE) };
        let due = self.core.store.conversations_to_erase(ended, later.waiting(), AT_ONCE).await?;
        let (mut erased, mut emptied) = (Erased::default(), Vec::with_capacity(due.len()));
        for id in due {
            match self.empty(id, &mut erased).await {
                Ok(()) => emptied.push(id),
                Err(error) => {
                    tracing::warn!(conversation.id = %id, %error, "a conversation could not be erased and is tried again later");
                    later.put_off(id);
                }
            }
        }
        if !emptied.is_empty() {
            self.finish(&emptied, &mut erased).await?;
            self.note_erasure(business.id, erased).await;
        }
        Ok(emptied.len())
    }

    /// Erases everything about a contact but that there was one. Open conversations are closed first, by whoever asks.
    pub async fn erase_contact(&self, by: UserId, contact: ContactId) -> Result<Erased, Trouble> {
        let user = self.user(by)?;
        let store = &self.core.store;
        // Nothing that comes from now on finds its way back: first the marks, then what was said.
        if !store.erase_contact(contact, self.core.clock.now()).await? {
            return Err(Trouble::NotFound);
        }
        self.intake.forget_all();
        let conversations = store.conversations_of_contact(contact).await?;
        for (id, open) in &conversations {
            self.directory.drop_from_memory(*id);
            if *open {
                let wish = Wish::Close { by: user.member(), note: None, pending: Some(Pending::Cancel) };
                self.directory.ask(*id, None, wish).await?;
            }
        }
        let ids: Vec<ConversationId> = conversations.into_iter().map(|(id, _)| id).collect();
        let mut erased = Erased::default();
        for id in &ids {
            self.empty(*id, &mut erased).await?;
        }
        self.finish(&ids, &mut erased).await?;
        // Once more: whoever was answering meanwhile may have written lines and numbers again.
        store.erase_contact(contact, self.core.clock.now()).await?;
        self.intake.forget_all();
        store.settle_erasure().await?;
        Ok(erased)
    }

    /// Bytes and words.
    async fn empty(&self, id: ConversationId, erased: &mut Erased) -> Result<(), StoreError> {
        erased.files += self.remove_files(id).await?;
        erased.messages += self.empty_messages(id).await?;
        Ok(())
    }

    /// The search index, and last of all the mark that it is done.
    async fn finish(&self, conversations: &[ConversationId], erased: &mut Erased) -> Result<(), StoreError> {
        // What the index has read by now it must have written before it is told to forget.
        self.wait_for_index().await?;
        for id in conversations {
            self.core.store.unindex(*id).await?;
            self.core.store.empty_conversation(*id, self.core.clock.now()).await?;
            self.directory.drop_from_memory(*id);
            erased.conversations += 1;
        }
        self.core.fanout.tell(&Turn::Forget);
        self.core.store.settle_erasure().await
    }

    async fn remove_files(&self, of: ConversationId) -> Result<usize, StoreError> {
        let mut removed = 0;
        for key in self.core.store.files_of_conversation(of).await? {
            let Ok(file) = key.parse::<MediaId>() else { continue };
            match tokio::fs::remove_file(self.files.path(file)).await {
                Ok(()) => removed += 1,
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(error) => return Err(StoreError::Unavailable(error.to_string())),
            }
        }
        Ok(removed)
    }

    async fn empty_messages(&self, of: ConversationId) -> Result<usize, StoreError> {
        let (mut after, mut emptied) = (0, 0);
        loop {
            let step = self.core.store.empty_messages(of, after, STEP).await?;
            emptied += step.messages;
            let Some(upto) = step.upto else { return Ok(emptied) };
            after = upto;
            if self.core.store.waiting() > 0 {
                tokio::time::sleep(GIVE_WAY).await;
            }
        }
    }

    async fn wait_for_index(&self) -> Result<(), StoreError> {
        let store = &self.core.store;
        let target = store.index_target().await?;
        let deadline = Instant::now() + INDEX;
        while !store.index_reached(target).await? {
            if Instant::now() > deadline {
                return Err(StoreError::Busy);
            }
            tokio::time::sleep(GIVE_WAY).await;
        }
        Ok(())
    }

    async fn note_erasure(&self, business: BusinessId, erased: Erased) {
        tracing::info!(?erased, "content that had to go was erased");
        let Erased { conversations, messages, files } = erased;
        self.record(Audit {
            id: self.core.ids.next(),
            business_id: business,
            at: self.core.clock.now(),
            actor: AuditActor::System,
            action: "retention.erased".to_owned(),
            target: None,
            group_id: None,
            outcome: AuditOutcome::Done,
            detail: json!({"conversations": conversations, "messages": messages, "files": files}),
            ip: None,
        })
        .await;
    }
}
