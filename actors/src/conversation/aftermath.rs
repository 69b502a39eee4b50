//! What single users hear after a commit, beside the numbered frames everybody gets: their read states, their lists, their mentions.

use super::Done;
use crate::core::Core;
use crate::fanout::Audience;
use serde::Serialize;
use std::collections::BTreeSet;
use switchboard_engine::conversation::{Command, Conversation, Note, ReadState, Shelf};
use switchboard_engine::ids::{MessageId, UserId};
use switchboard_engine::user::Member;
use switchboard_engine::wire::Ephemeral;

/// Whispers in the order people read them: what happened to the conversation has left already.
pub(super) fn tell(core: &Core, before: &Conversation, command: &Command, done: &Done, quietly: bool) {
    let next = &done.conversation;
    tell_lists(core, before, next);
    if !quietly {
        for (user, state) in &done.reads {
            tell_reader(core, next, *user, *state, command);
        }
    }
    if let (Command::Note(note), Some(message)) = (command, &done.message) {
        tell_mentioned(core, next, note, message.id, message.seq);
    }
}

#[derive(Serialize)]
struct Person<'a> {
    id: UserId,
    name: &'a str,
}

impl<'a> Person<'a> {
    fn of(member: &'a Member) -> Self {
        Self { id: member.id, name: &member.name }
    }
}

/// A read state concerns one user: all their tabs, nobody else.
fn tell_reader(core: &Core, of: &Conversation, user: UserId, state: ReadState, command: &Command) {
    #[derive(Serialize)]
    struct Read<'a> {
        #[serde(flatten)]
        state: ReadState,
        /// Somebody else did it.
        #[serde(skip_serializing_if = "Option::is_none")]
        by: Option<Person<'a>>,
    }
    let by = match command {
        Command::ReadFor(read) => Some(Person::of(&read.by)),
        _ => None,
    };
    let d = Read { state, by };
    let frame = Ephemeral { t: "conversation.read_state", req: None, conversation_id: Some(of.id), d };
    whisper(core, of, user, &frame);
}

#[derive(Serialize)]
struct OnList {
    list: Shelf,
}

/// Each assignee's own lists: what left one, what entered one.
fn tell_lists(core: &Core, before: &Conversation, next: &Conversation) {
    let moved = before.assignees != next.assignees
        || before.status != next.status
        || before.life != next.life
        || (before.inbound_count == 0) != (next.inbound_count == 0);
    if !moved {
        return;
    }
    let people: BTreeSet<UserId> =
        before.assignees.iter().chain(&next.assignees).map(|assignee| assignee.user_id).collect();
    let conversation_id = Some(next.id);
    for user in people {
        let (was, is) = (before.shelf(user), next.shelf(user));
        if was == is {
            continue;
        }
        if let Some(list) = was {
            let d = OnList { list };
            whisper(core, next, user, &Ephemeral { t: "inbox.removed", req: None, conversation_id, d });
        }
        if let Some(list) = is {
            let d = OnList { list };
            whisper(core, next, user, &Ephemeral { t: "inbox.added", req: None, conversation_id, d });
        }
    }
}

fn tell_mentioned(core: &Core, state: &Conversation, note: &Note, message_id: MessageId, seq: i64) {
    #[derive(Serialize)]
    struct Mention<'a> {
        message_id: MessageId,
        seq: i64,
        number: i64,
        by: Person<'a>,
    }
    let people: BTreeSet<UserId> = note.mentions.iter().map(|one| one.user.id).collect();
    for user in people.into_iter().filter(|user| *user != note.by.id) {
        let d = Mention { message_id, seq, number: state.number, by: Person::of(&note.by) };
        let frame = Ephemeral { t: "note.mentioned", req: None, conversation_id: Some(state.id), d };
        whisper(core, state, user, &frame);
    }
}

/// Whoever was taken out of it because they may no longer see it hears of their group, not of the conversation.
fn whisper<D: Serialize>(core: &Core, of: &Conversation, user: UserId, frame: &Ephemeral<'_, D>) {
    if let Ok(text) = serde_json::to_string(frame) {
        core.fanout.whisper(Audience::reader(user, of), &text);
    }
}
