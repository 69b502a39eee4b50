//! Note: words for the team only. It reaches no provider and no customer, answers nobody and takes nothing: the customer still waits.

use super::client_id::check_client_id;
use super::{Candidate, Change, ConversationStatus, EventKind, Outcome, Refusal};
use crate::ids::{ChannelId, MessageId};
use crate::message::{Direction, Message, MessageKind, Sender};
use crate::permission::Operation;
use crate::text::is_blank;
use crate::user::Member;

/// Longest note, in characters.
const LONGEST: usize = 10_000;

#[derive(Clone, Debug, PartialEq)]
pub struct Note {
    pub message_id: MessageId,
    pub by: Member,
    /// Made by the browser; the same id again is the same note.
    pub client_id: String,
    pub text: String,
    /// Colleagues whose attention is asked.
    pub mentions: Vec<Candidate>,
}

impl Note {
    pub(super) fn decide(&self, outcome: &mut Outcome) -> Result<(), Refusal> {
        if outcome.next.status == ConversationStatus::Deleted || outcome.next.is_unborn() {
            return Err(Refusal::ConversationClosed);
        }
        outcome.next.require(Operation::WriteNote, &self.by)?;
        self.check()?;
        let message = self.message(outcome);
        outcome.record(EventKind::Message(Box::new(message.clone())));
        outcome.changes.push(Change::InsertMessage(Box::new(message)));
        Ok(())
    }

    fn check(&self) -> Result<(), Refusal> {
        let invalid = |field, detail: String| Err(Refusal::Invalid { field, detail });
        check_client_id(&self.client_id)?;
        let length = self.text.chars().count();
        if is_blank(&self.text) || length > LONGEST {
            return invalid("text", format!("must have 1 to {LONGEST} characters, not {length}"));
        }
        match self.mentions.iter().find(|mentioned| !mentioned.eligible) {
            Some(stranger) => Err(Refusal::NotMember { user: stranger.user.id }),
            None => Ok(()),
        }
    }

    fn message(&self, outcome: &Outcome) -> Message {
        let state = &outcome.next;
        let mut mentions: Vec<String> = self.mentions.iter().map(|one| one.user.id.to_string()).collect();
        mentions.dedup();
        Message {
            id: self.message_id,
            conversation_id: state.id,
            seq: state.last_seq + 1,
            // Of no line at all; the column wants one.
            channel_id: state.reply_route().map_or(ChannelId(0), |route| route.channel_id),
            direction: Direction::Internal,
            kind: MessageKind::Note,
            sender: Sender::User(self.by.id),
            sender_name: Some(self.by.name.clone()),
            text: self.text.clone(),
            media: Vec::new(),
            extra: (!mentions.is_empty()).then(|| serde_json::json!({ "mentions": mentions })),
            client_id: Some(self.client_id.clone()),
            provider_message_id: None,
            reply_to: None,
            status: None,
            failure: None,
            hold: None,
            attempt: 0,
            at: outcome.now(),
            sent_at: None,
            delivered_at: None,
            read_at: None,
        }
    }
}
