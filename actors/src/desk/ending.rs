//! How a conversation rests and ends: snoozed, closed, reopened, deleted, restored.

use crate::Actors;
use crate::conversation::{Done, Wish};
use crate::trouble::Trouble;
use futures_util::future::join_all;
use std::time::Duration;
use switchboard_engine::conversation::{Pending, Refusal};
use switchboard_engine::ids::{ConversationId, UserId};
use switchboard_engine::text::readable;
use switchboard_engine::time::Timestamp;

/// Sleepers woken in one go; whoever is left is found two seconds later.
const SLEEPERS: usize = 500;

impl Actors {
    pub async fn close(
        &self,
        by: UserId,
        conversation: ConversationId,
        note: Option<String>,
        pending: Option<Pending>,
    ) -> Result<Done, Trouble> {
        let user = self.user(by)?;
        let wish = Wish::Close { by: user.member(), note: note.map(readable), pending };
        self.directory.ask(conversation, Some(user.viewer()), wish).await
    }

    pub async fn reopen(&self, by: UserId, conversation: ConversationId) -> Result<Done, Trouble> {
        let user = self.user(by)?;
        let done = self.directory.ask(conversation, Some(user.viewer()), Wish::Reopen(user.member())).await;
        self.unnamed(by, done).await
    }

    /// An open conversation stands in the way; which one, only whoever sees it is told.
    async fn unnamed(&self, by: UserId, done: Result<Done, Trouble>) -> Result<Done, Trouble> {
        match done {
            Err(Trouble::Refused(Refusal::OpenConversationExists { id: Some(id) })) => {
                let id = self.look(by, id).await.ok().map(|open| open.id);
                Err(Refusal::OpenConversationExists { id }.into())
            }
            done => done,
        }
    }

    /// Hides it from everybody, for thirty days not for good.
    pub async fn delete(&self, by: UserId, conversation: ConversationId) -> Result<Done, Trouble> {
        let user = self.user(by)?;
        let allowed = self.roster.get().settings().allow_conversation_delete;
        let wish = Wish::Delete(user.member(), allowed);
        let done = self.directory.ask(conversation, Some(user.viewer()), wish).await?;
        self.presence.forget(conversation);
        Ok(done)
    }

    pub async fn restore(&self, by: UserId, conversation: ConversationId) -> Result<Done, Trouble> {
        let user = self.user(by)?;
        let allowed = self.roster.get().settings().allow_conversation_delete;
        let wish = Wish::Restore(user.member(), allowed);
        let done = self.directory.ask(conversation, Some(user.viewer()), wish).await;
        self.unnamed(by, done).await
    }

    pub async fn snooze(
        &self,
        by: UserId,
        conversation: ConversationId,
        until: Timestamp,
    ) -> Result<Done, Trouble> {
        let user = self.user(by)?;
        self.directory.ask(conversation, Some(user.viewer()), Wish::Snooze(user.member(), until)).await
    }

    pub async fn unsnooze(&self, by: UserId, conversation: ConversationId) -> Result<Done, Trouble> {
        let user = self.user(by)?;
        self.directory.ask(conversation, Some(user.viewer()), Wish::Unsnooze(user.member())).await
    }

    /// Wakes whoever slept long enough; one look at the database for all of them, so that a restart forgets none.
    pub(crate) async fn wake_sleepers(&self) {
        let due = match self.core.store.due_sleepers(self.core.clock.now(), SLEEPERS).await {
            Ok(due) => due,
            Err(error) => return tracing::warn!(%error, "who is due to wake could not be read"),
        };
        let wakes = due.into_iter().map(|id| self.directory.ask(id, None, Wish::Wake));
        for trouble in join_all(wakes).await.into_iter().filter_map(Result::err) {
            tracing::warn!(%trouble, "a snoozed conversation could not be woken; the next look tries again");
        }
    }

    /// How long after a close a customer goes on with the same conversation.
    pub(crate) fn reopen_within(&self) -> Duration {
        Duration::from_secs(u64::from(self.roster.get().settings().reopen_within_hours) * 3_600)
    }
}
