//! What was said before: whoever repeats gets the first answer, and a client id stands for one message only.

use crate::core::Core;
use crate::trouble::Trouble;
use switchboard_engine::conversation::{Command, Conversation, Refusal};
use switchboard_engine::message::{Direction, Message, Sender};

/// Whether a message with this client id exists already.
pub(super) async fn said_before(core: &Core, state: &Conversation, client_id: &str) -> Result<bool, Trouble> {
    Ok(core.store.message_by_client_id(state.id, client_id.to_owned()).await?.is_some())
}

/// A repeated send gets the answer the first one got; the same id with another text is a mistake of the sender.
pub(super) async fn first_answer(
    core: &Core,
    state: &Conversation,
    command: &Command,
) -> Result<Option<Box<Message>>, Trouble> {
    let client_id = match command {
        Command::Reply(reply) => reply.client_id.clone(),
        Command::Note(note) => note.client_id.clone(),
        Command::Announce(announce) => announce.client_id(),
        Command::Receive(receive) => match &receive.client_id {
            Some(client_id) => client_id.clone(),
            None => return Ok(None),
        },
        _ => return Ok(None),
    };
    match core.store.message_by_client_id(state.id, client_id).await? {
        Some(message) if !is_the_same(command, &message) => Err(Refusal::ClientIdReused.into()),
        message => Ok(message.map(Box::new)),
    }
}

/// Whether a command would have made this message.
fn is_the_same(command: &Command, first: &Message) -> bool {
    match command {
        Command::Reply(reply) => {
            // A template brings the file of its header along.
            let files = reply.template.is_some() || first.media.len() == reply.files;
            let by = first.sender == Sender::User(reply.by.id) && first.direction == Direction::Out;
            by && files && first.text == reply.text
        }
        Command::Note(note) => {
            let by = first.sender == Sender::User(note.by.id) && first.direction == Direction::Internal;
            by && first.text == note.text
        }
        Command::Receive(receive) => first.direction == Direction::In && first.text == receive.content.text,
        _ => true,
    }
}
