//! Defects on request, in test builds only: the rules panic on a certain text, and a note with another goes to the whole business.

use crate::fanout::Audience;
use switchboard_engine::conversation::{Command, Conversation, Event, EventKind};

const POISON: &str = "[sabotage: panic]";

pub(super) fn strike(command: &Command) {
    let text = match command {
        Command::Receive(receive) => &receive.content.text,
        Command::Reply(reply) => &reply.text,
        _ => return,
    };
    assert!(!text.contains(POISON), "sabotaged");
}

const LEAK: &str = "[sabotage: leak]";

pub(crate) fn loosen(next: &Conversation, events: &[Event], audience: &mut Audience) {
    let leaks =
        |event: &Event| matches!(&event.kind, EventKind::Message(message) if message.text.contains(LEAK));
    if events.iter().any(leaks) {
        *audience = Audience::Business(next.business_id);
    }
}
