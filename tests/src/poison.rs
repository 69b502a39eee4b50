//! A message on which the program itself breaks: put aside for a person after three tries; its conversation and everybody else go on.

use crate::people::id;
use crate::provider::text;
use crate::world::{Kind, World};
use serde_json::json;

both!(a_poison_message_is_put_aside_and_nothing_else_suffers, a_poison_reply_fails_alone);

/// The engine of a test build panics on this text (feature `sabotage` of switchboard-actors).
const POISON: &str = "[sabotage: panic]";

/// To see it go red: take `catch_unwind` out of `decide` in `actors/src/conversation.rs`, or the quarantine out of `Intake::receive`.
async fn a_poison_message_is_put_aside_and_nothing_else_suffers(kind: Kind) {
    let world = World::start(kind).await;
    let ann = world.ann().await;
    let mut socket = ann.listen().await;
    world.call_back(&text("447700900123", "wamid.1", "Hello")).await;
    world.call_back(&text("447700900124", "wamid.2", "Hello")).await;
    let conversation = id(&ann.conversation_with("+447700900123").await);
    let neighbour = id(&ann.conversation_with("+447700900124").await);
    // Thanked for: it is kept, and the provider must not bring it for days.
    world.call_back(&text("447700900123", "wamid.poison", POISON)).await;
    assert_eq!(world.database.run("SELECT COUNT(*) FROM quarantine"), 1);
    world.call_back(&text("447700900124", "wamid.3", "Still fine")).await;
    world.call_back(&text("447700900123", "wamid.4", "Me too")).await;
    let texts = |messages: Vec<serde_json::Value>| {
        messages.iter().map(|m| m["text"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(texts(ann.messages(&conversation).await), ["Hello", "Me too"]);
    assert_eq!(texts(ann.messages(&neighbour).await), ["Hello", "Still fine"]);
    socket.until("the next message", |f| f["d"]["message"]["text"] == "Me too").await;
    let numbers: Vec<i64> =
        socket.entries().into_iter().filter(|(c, ..)| *c == conversation).map(|(_, seq, _)| seq).collect();
    assert_eq!(numbers, [1, 2, 3], "no number was used up");
    // The first message of a stranger, too.
    world.call_back(&text("447700900125", "wamid.5", POISON)).await;
    assert_eq!(world.database.run("SELECT COUNT(*) FROM quarantine"), 2);
    world.call_back(&text("447700900125", "wamid.6", "A better one")).await;
    let row = ann.conversation_with("+447700900125").await;
    assert_eq!((&row["inbound_count"], &row["seq"]), (&json!(1), &json!(2)));
}

async fn a_poison_reply_fails_alone(kind: Kind) {
    let world = World::start(kind).await;
    let ann = world.ann().await;
    world.phone("+447700900123").text("Hello").await.unwrap();
    let conversation = id(&ann.conversation_with("+447700900123").await);
    let mut socket = ann.listen().await;
    ann.write(&conversation, "c1", POISON).await.refused(500, "quarantined");
    let over_socket =
        json!({"t": "message.send", "conversation_id": conversation, "client_id": "c2", "text": POISON});
    assert_eq!(socket.ask(over_socket).await["code"], "quarantined");
    let message = ann.say(&conversation, "Better").await;
    ann.status(&conversation, &message, "delivered").await;
    assert_eq!(ann.messages(&conversation).await.len(), 2);
}
