//! What is read, by whom, and who is told.

use crate::people::{Agent, id};
use crate::world::{Kind, PATIENCE, World};
use serde_json::{Value, json};
use switchboard_simulator::{Simulator, Tick};

both!(
    s2_17_every_reader_has_their_own_place,
    s2_17_what_is_marked_unread_stays_so_until_it_is_opened,
    s2_19_an_admin_reads_without_a_trace,
);

const NUMBER: &str = "+447700900123";

async fn s2_17_every_reader_has_their_own_place(kind: Kind) {
    let world = World::start(kind).await;
    let (ada, ann) = (world.ada().await, world.ann().await);
    let phone = world.phone(NUMBER);
    for text in ["one", "two", "three"] {
        phone.text(text).await.unwrap();
    }
    let conversation = id(&ann.conversation_with(NUMBER).await);
    ann.message_where(&conversation, "three", |m| m["text"] == "three").await;
    let path = format!("/api/v1/conversations/{conversation}");
    let (mut tab, mut of_ada) = (ann.listen().await, ada.listen().await);
    let read = |who: &Agent, body| {
        let (who, path) = (who.clone(), format!("{path}/read"));
        async move { who.post(&path, body).await.expect(200)["read"].clone() }
    };
    let state = read(&ann, json!({"upto": 3})).await;
    assert_eq!((&state["last_read_seq"], &state["read_inbound_count"]), (&json!(3), &json!(2)));
    assert_eq!(read(&ann, json!({"upto": 2})).await["last_read_seq"], 3, "never back");
    assert_eq!(
        read(&ann, json!({"upto": 99})).await,
        json!({"last_read_seq": 4, "read_inbound_count": 3, "forced_unread": false})
    );
    assert_eq!(read(&ann, json!({"unread": true})).await["forced_unread"], true);
    tab.until("the other tab's mark", |f| {
        f["t"] == "conversation.read_state" && f["d"]["forced_unread"] == true
    })
    .await;
    assert!(
        of_ada.settle().await.iter().all(|frame| frame["t"] != "conversation.read_state"),
        "a place is private"
    );
    let of = ada.get(&path).await.expect(200)["read"].clone();
    assert_eq!(of["last_read_seq"], 0);
}

async fn read_state(who: &Agent, conversation: &str) -> Value {
    who.get(&format!("/api/v1/conversations/{conversation}")).await.expect(200)["read"].clone()
}

/// To see it go red: let `Receive` or a read of the timeline take `forced_unread` back.
async fn s2_17_what_is_marked_unread_stays_so_until_it_is_opened(kind: Kind) {
    let world = World::start(kind).await;
    let ann = world.ann().await;
    let phone = world.phone(NUMBER);
    phone.text("Hello").await.unwrap();
    let conversation = id(&ann.conversation_with(NUMBER).await);
    ann.post(&format!("/api/v1/conversations/{conversation}/attend"), json!({})).await.expect(200);
    let (mut one, mut two) = (ann.listen().await, ann.listen().await);
    let mark = |mark: Value| {
        let mut frame = json!({"t": "read.mark", "conversation_id": conversation});
        frame.as_object_mut().unwrap().extend(mark.as_object().unwrap().clone());
        frame
    };
    let told = |state: &'static str, is: bool| {
        move |frame: &Value| frame["t"] == "conversation.read_state" && frame["d"][state] == is
    };
    one.ask(mark(json!({"upto": 99}))).await;
    for tab in [&mut one, &mut two] {
        tab.until("it is read", told("forced_unread", false)).await;
    }
    let blue = |_: &Simulator| phone.thread()[0].tick == Tick::Read;
    assert!(world.simulator.wait_until(PATIENCE, blue).await, "the customer sees blue ticks");
    let state = one.ask(mark(json!({"unread": true}))).await["d"].clone();
    assert_eq!(state["forced_unread"], true);
    for tab in [&mut one, &mut two] {
        tab.until("it is unread in both tabs", told("forced_unread", true)).await;
    }
    assert_eq!(phone.thread()[0].tick, Tick::Read, "what the provider was told is not taken back");
    // Neither news nor a look at the thread takes it back; opening it does.
    phone.text("Anybody?").await.unwrap();
    ann.message_where(&conversation, "the news", |m| m["text"] == "Anybody?").await;
    let state = read_state(&ann, &conversation).await;
    assert_eq!((&state["forced_unread"], &state["read_inbound_count"]), (&json!(true), &json!(1)));
    let rows = ann.get("/api/v1/conversations?view=mine&group_id=2").await.expect(200);
    assert_eq!(rows["conversations"][0]["read"]["forced_unread"], true);
    two.ask(mark(json!({"upto": 99}))).await;
    let state = one.until("it is read in the first", told("forced_unread", false)).await["d"].clone();
    assert_eq!(state["read_inbound_count"], 2);
    assert_eq!(read_state(&ann, &conversation).await["forced_unread"], false);
}

/// To see it go red: leave `is_assigned_to` out of `Read::tell_provider`.
async fn s2_19_an_admin_reads_without_a_trace(kind: Kind) {
    let world = World::start(kind).await;
    let (ada, bob) = (world.ada().await, world.bob().await);
    let phone = world.phone(NUMBER);
    let mut visitor = world.visitor(None).await;
    let chat = visitor.say("Hello from the website").await;
    phone.text("One").await.unwrap();
    phone.text("Two").await.unwrap();
    let talk = id(&bob.conversation_with(NUMBER).await);
    bob.message_where(&talk, "both", |m| m["text"] == "Two").await;
    let unread = async |who: &Agent, of: &str| {
        let row = who.get(&format!("/api/v1/conversations/{of}")).await.expect(200);
        let number = |value: &Value| value.as_i64().unwrap();
        number(&row["conversation"]["inbound_count"]) - number(&row["read"]["read_inbound_count"])
    };
    for (of, waiting) in [(&talk, 2), (&chat, 1)] {
        bob.post(&format!("/api/v1/conversations/{of}/attend"), json!({})).await.expect(200);
        let mut of_bob = bob.listen().await;
        let mut of_ada = ada.listen().await;
        // Ada opens it, scrolls to its beginning and to its end again.
        of_ada.send(json!({"t": "viewing", "conversation_id": of})).await;
        ada.timeline(of).await;
        of_ada.ask(json!({"t": "read.mark", "conversation_id": of, "upto": 1})).await;
        of_ada.ask(json!({"t": "read.mark", "conversation_id": of, "upto": 99})).await;
        assert_eq!((unread(&ada, of).await, unread(&bob, of).await), (0, waiting));
        let told = of_bob.settle().await.iter().any(|frame| frame["t"] == "conversation.read_state");
        assert!(!told, "her place is her own");
        let of = of.as_str();
        let row = bob.get("/api/v1/conversations?view=mine&group_id=2").await.expect(200);
        let rows = row["conversations"].as_array().unwrap();
        let row = rows.iter().find(|row| row["conversation"]["id"] == of).unwrap();
        assert_eq!(row["read"]["read_inbound_count"], 0, "his badge stays");
    }
    visitor.socket.settle().await;
    let mut numbered = visitor.socket.frames.iter().filter(|frame| frame["seq"].is_i64());
    assert!(numbered.all(|frame| frame["t"] == "message.created"), "the visitor learns nothing");
    // Bob's own look is what the customer hears of; all that Ada did was before it.
    assert!(phone.thread().iter().all(|message| message.tick < Tick::Read));
    bob.post(&format!("/api/v1/conversations/{talk}/read"), json!({"upto": 99})).await.expect(200);
    let blue = |_: &Simulator| phone.thread().iter().all(|message| message.tick == Tick::Read);
    assert!(world.simulator.wait_until(PATIENCE, blue).await, "the customer sees blue ticks");
}
