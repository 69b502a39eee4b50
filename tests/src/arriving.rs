//! Where a customer's words appear first, and whose they become.

use crate::people::{Agent, id};
use crate::provider::text;
use crate::world::{Kind, World, eventually, promptly};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

both!(s4_05_a_first_message_is_unassigned_and_waits, h_25_an_answer_comes_to_whoever_has_the_conversation,);

timed!(s0_19_every_channel_arrives_in_the_team_inbox);

const NUMBER: &str = "+447700900123";

async fn counts(who: &Agent) -> Value {
    who.get("/api/v1/inbox/counts?group_id=2").await.expect(200)["counts"].clone()
}

fn ids(rows: &[Value]) -> Vec<String> {
    rows.iter().map(id).collect()
}

async fn s0_19_every_channel_arrives_in_the_team_inbox(kind: Kind) {
    let world = World::start(kind).await;
    let (ann, bob) = (world.ann().await, world.bob().await);
    let mut of_ann = ann.listen().await;
    let mut visitor = world.visitor(None).await;
    let mut arrived = Vec::new();
    let mut slowest = Duration::ZERO;
    for words in ["By WhatsApp", "By SMS", "From the website"] {
        match words {
            "By WhatsApp" => assert_eq!(world.phone(NUMBER).text(words).await, Ok(200)),
            "By SMS" => assert_eq!(world.sms_phone("+447700900456").text(words).await, Ok(200)),
            _ => drop(visitor.say(words).await),
        }
        let accepted = Instant::now();
        let frame = of_ann.until(words, |frame| frame["d"]["message"]["text"] == words).await;
        slowest = slowest.max(accepted.elapsed());
        arrived.push(frame["conversation_id"].as_str().unwrap().to_owned());
    }
    promptly("the slowest of three after the provider's 200", slowest, Duration::from_secs(1));
    arrived.reverse();
    assert_eq!(ids(&ann.list("team").await), arrived, "newest activity first");
    assert_eq!(counts(&ann).await["team"], 3);
    // The oldest one speaks again; another is given to Bob and stays where everybody sees it.
    assert_eq!(world.phone(NUMBER).text("Hello?").await, Ok(200));
    let give = format!("/api/v1/conversations/{}/assignees", arrived[1]);
    ann.put(&give, json!({"user_ids": [bob.id]})).await.expect(200);
    let order = [&arrived[2], &arrived[0], &arrived[1]].map(String::clone);
    let team = ids(&bob.list("team").await);
    assert_eq!(team[0], order[0]);
    assert_eq!(team.len(), 3);
    assert_eq!(ids(&bob.list("mine").await), [arrived[1].clone()]);
    assert_eq!(team, ids(&ann.list("team").await), "everybody sees one order");
}

async fn s4_05_a_first_message_is_unassigned_and_waits(kind: Kind) {
    let world = World::start(kind).await;
    let ann = world.ann().await;
    assert_eq!(counts(&ann).await["unassigned"], 0);
    let mut of_ann = ann.listen().await;
    let phone = world.sms_phone(NUMBER);
    phone.text("Are you open?").await.unwrap();
    let frame = of_ann.until("the first message", |f| f["t"] == "message.created").await;
    let first = frame["d"]["message"]["at"].clone();
    assert_eq!((&frame["row"]["assignees"], &frame["row"]["waiting_since"]), (&json!([]), &first));
    of_ann.until("the count", |f| f["t"] == "counts.updated" && f["d"]["counts"]["unassigned"] == 1).await;
    let row = ann.list("unassigned").await.pop().unwrap();
    assert_eq!((&row["id"], counts(&ann).await["unassigned"].clone()), (&frame["conversation_id"], json!(1)));
    // They wait since the first word that nobody answered, whatever they add.
    phone.text("Hello?").await.unwrap();
    let conversation = id(&row);
    ann.message_where(&conversation, "the second", |m| m["text"] == "Hello?").await;
    assert_eq!(ann.conversation(&conversation).await["waiting_since"], first);
    ann.say(&conversation, "We are").await;
    assert_eq!(ann.conversation(&conversation).await["waiting_since"], Value::Null);
    assert_eq!(counts(&ann).await["unassigned"], 0, "whoever answers has it");
    phone.text("Until when?").await.unwrap();
    let third = ann.message_where(&conversation, "the third", |m| m["text"] == "Until when?").await;
    assert_eq!(ann.conversation(&conversation).await["waiting_since"], third["at"]);
}

/// Several people answer on one number; nobody's inbox is a post office for the others.
async fn h_25_an_answer_comes_to_whoever_has_the_conversation(kind: Kind) {
    let world = World::start(kind).await;
    let (ada, ann, bob) = (world.ada().await, world.ann().await, world.bob().await);
    let team = [&ada, &ann, &bob];
    let mine = async || {
        let mut lengths = Vec::new();
        for who in team {
            lengths.push(who.list("mine").await.len());
        }
        lengths
    };
    world.call_back(&text("447700900123", "wamid.1", "Hello")).await;
    let conversation = id(&ann.conversation_with(NUMBER).await);
    assert_eq!(mine().await, [0, 0, 0], "an unknown number is nobody's, the admin's least of all");
    assert_eq!(ids(&bob.list("unassigned").await), std::slice::from_ref(&conversation));
    ann.say(&conversation, "Hi").await;
    world.call_back(&text("447700900123", "wamid.2", "A question")).await;
    assert_eq!(mine().await, [0, 1, 0], "to whoever wrote to them last");
    let assignees = format!("/api/v1/conversations/{conversation}/assignees");
    ann.put(&assignees, json!({"user_ids": [bob.id]})).await.expect(200);
    let mut of_bob = bob.listen().await;
    world.call_back(&text("447700900123", "wamid.3", "Another question")).await;
    let frame = of_bob.until("the answer", |f| f["t"] == "message.created").await;
    assert_eq!(frame["row"]["assignees"][0]["user_id"], json!(bob.id));
    assert_eq!(mine().await, [0, 0, 1], "to whom it was given since");
    // Once it is closed and over, the next word is everybody's again.
    bob.post(&format!("/api/v1/conversations/{conversation}/close"), json!({"pending": "send"}))
        .await
        .expect(200);
    world.call_back(&text("447700900123", "wamid.4", "Something else")).await;
    let next = eventually("the next conversation", || async { ann.list("unassigned").await.pop() }).await;
    assert_ne!(id(&next), conversation);
    assert_eq!(mine().await, [0, 0, 0]);
}
