//! A defect on request, in test builds only: the rules panic on a certain text.

use switchboard_engine::conversation::Command;

const POISON: &str = "[sabotage: panic]";

pub(super) fn strike(command: &Command) {
    let text = match command {
        Command::Receive(receive) => &receive.content.text,
        Command::Reply(reply) => &reply.text,
        _ => return,
    };
    assert!(!text.contains(POISON), "sabotaged");
}
