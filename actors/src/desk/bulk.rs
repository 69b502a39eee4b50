//! The same for many conversations at once, each with an answer of its own. They are asked side by side, so that one flush stores many.

use crate::Actors;
use crate::fanout::Audience;
use crate::trouble::Trouble;
use futures_util::StreamExt;
use futures_util::stream::iter;
use serde::Serialize;
use switchboard_engine::conversation::{Pending, ReadState};
use switchboard_engine::ids::{ConversationId, UserId};
use switchboard_engine::wire::Ephemeral;

/// Conversations asked at a time: as many as fill a commit, few enough to leave room for others.
const AT_A_TIME: usize = 64;

#[derive(Clone, Debug)]
pub enum BulkAction {
    Assign(Vec<UserId>),
    Close(Option<Pending>),
    Read,
    Unread,
}

#[derive(Clone, Debug)]
pub struct BulkItem {
    pub id: ConversationId,
    pub outcome: BulkOutcome,
}

#[derive(Clone, Debug)]
pub enum BulkOutcome {
    Done,
    /// It was like that already.
    Unchanged,
    Refused(Trouble),
}

impl Actors {
    /// Answers in the order of `ids`, which are all different.
    pub async fn bulk(&self, by: UserId, ids: Vec<ConversationId>, action: &BulkAction) -> Vec<BulkItem> {
        let one = |id: ConversationId| async move {
            let (result, read) = self.one_of_bulk(by, id, action).await;
            let outcome = match result {
                Ok(true) => BulkOutcome::Done,
                Ok(false) => BulkOutcome::Unchanged,
                Err(trouble) => BulkOutcome::Refused(trouble),
            };
            (BulkItem { id, outcome }, read)
        };
        let done: Vec<(BulkItem, Option<ReadState>)> = iter(ids).map(one).buffered(AT_A_TIME).collect().await;
        self.tell_read(by, &done);
        for (item, _) in &done {
            if let BulkOutcome::Refused(trouble) = &item.outcome
                && trouble.is_denial()
            {
                self.record_denial(by, "conversations.bulk", item.id).await;
            }
        }
        done.into_iter().map(|(item, _)| item).collect()
    }

    async fn one_of_bulk(
        &self,
        by: UserId,
        id: ConversationId,
        action: &BulkAction,
    ) -> (Result<bool, Trouble>, Option<ReadState>) {
        let read = |upto| async move {
            match self.read_as(by, id, upto, true).await {
                Ok((state, changed)) => (Ok(changed), changed.then_some(state)),
                Err(trouble) => (Err(trouble), None),
            }
        };
        match action {
            BulkAction::Assign(to) => {
                let done = self.assign_from(by, id, to, None, true).await;
                (done.map(|done| done.changed), None)
            }
            BulkAction::Close(pending) => {
                let done = self.close(by, id, None, *pending).await;
                (done.map(|done| done.changed), None)
            }
            BulkAction::Read => read(Some(i64::MAX)).await,
            BulkAction::Unread => read(None).await,
        }
    }

    /// One frame for all, to the user's own tabs.
    fn tell_read(&self, user: UserId, done: &[(BulkItem, Option<ReadState>)]) {
        #[derive(Serialize)]
        struct Batch {
            states: Vec<State>,
        }
        #[derive(Serialize)]
        struct State {
            conversation_id: ConversationId,
            #[serde(flatten)]
            read: ReadState,
        }
        let state = |(item, read): &(BulkItem, Option<ReadState>)| {
            read.map(|read| State { conversation_id: item.id, read })
        };
        let states: Vec<State> = done.iter().filter_map(state).collect();
        if states.is_empty() {
            return;
        }
        let frame = Ephemeral { t: "read.batch", req: None, conversation_id: None, d: Batch { states } };
        if let Ok(text) = serde_json::to_string(&frame) {
            self.core.fanout.whisper(Audience::User(user), &text);
        }
    }
}
