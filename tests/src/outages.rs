//! A database that goes away and a disk that is full: nothing is promised that is not kept, reading goes on where it can, and all is well
//! again by itself.

use crate::answer::Answer;
use crate::people::id;
use crate::provider::text;
use crate::world::{HTTP, Kind, World, eventually, eventually_or, run};
use serde_json::json;
use switchboard_schema::testing::TestDatabase;

#[test]
fn while_postgres_is_away_nothing_is_acknowledged_and_all_returns_by_itself() {
    run(postgres_away());
}

#[test]
fn a_full_disk_refuses_writes_serves_reads_and_recovers() {
    run(full_disk());
}

both!(readiness_says_what_is_wrong);

async fn ready(url: &str) -> Answer {
    Answer::of(HTTP.get(format!("{url}/health/ready"))).await
}

/// To see it go red: let `Journal::failed` answer `Ok`, or `store` in `web/src/hooks.rs` thank on trouble.
async fn postgres_away() {
    let database = tokio::task::spawn_blocking(|| TestDatabase::own_postgres(false)).await.unwrap();
    let world = World::start_on(database).await;
    let ann = world.ann().await;
    world.call_back(&text("447700900123", "wamid.before", "Before")).await;
    let conversation = id(&ann.conversation_with("+447700900123").await);
    let mut socket = ann.listen().await;
    let mut visitor = world.visitor(None).await;
    tokio::task::block_in_place(|| world.database.cluster().stop());
    let during = text("447700900123", "wamid.during", "During").to_string();
    let refused = world.callback(during.clone()).await;
    refused.refused(503, "overloaded");
    assert!(refused.header("retry-after").parse::<u64>().is_ok(), "the provider is told when to come back");
    ann.write(&conversation, "c1", "Anyone?").await.refused(503, "overloaded");
    assert_eq!(visitor.write("v1", "Anyone?").await["code"], "overloaded");
    let over_socket = json!({"t": "conversation.attend", "conversation_id": conversation});
    assert_eq!(
        socket.ask(over_socket.clone()).await["code"],
        "overloaded",
        "the socket stays open and says so"
    );
    eventually("not ready", || async { (ready(&world.server.url).await.status == 503).then_some(()) }).await;
    assert_eq!(Answer::of(HTTP.get(format!("{}/health/live", world.server.url))).await.status, 200);
    let signing_in = crate::people::sign_in(&world.server.url, "bob@team.test", crate::world::PASSWORD).await;
    assert_eq!(signing_in.status, 503, "{}", signing_in.text());
    tokio::task::block_in_place(|| world.database.cluster().start_again());
    eventually("ready again", || async { (ready(&world.server.url).await.status == 200).then_some(()) })
        .await;
    // The provider comes back, as it was told.
    eventually_or("the callback to be taken", || async {
        let answer = world.callback(during.clone()).await;
        if answer.status == 200 { Ok(()) } else { Err(answer.text()) }
    })
    .await;
    socket.until("the message, on the same socket", |f| f["d"]["message"]["text"] == "During").await;
    assert_eq!(socket.ask(over_socket).await["t"], "ack");
    assert_eq!(ann.write(&conversation, "c1", "Anyone?").await.status, 201);
    assert_eq!(visitor.write("v1", "Anyone?").await["t"], "ack");
    let texts: Vec<String> =
        ann.messages(&conversation).await.iter().map(|m| m["text"].as_str().unwrap().to_owned()).collect();
    assert_eq!(texts, ["Before", "During", "Anyone?"], "what was refused left nothing behind");
}

async fn full_disk() {
    let world = World::start(Kind::Sqlite).await;
    let ann = world.ann().await;
    world.call_back(&text("447700900123", "wamid.before", "Before")).await;
    let conversation = id(&ann.conversation_with("+447700900123").await);
    let mut socket = ann.listen().await;
    let mut visitor = world.visitor(None).await;
    // As many pages as there are: every write that needs another one meets a full disk.
    world.server.store.limit_pages(1).await.unwrap();
    let mut stored = 0;
    let refused = loop {
        let body = text("447700900123", &format!("wamid.{stored}"), &"x".repeat(3_000)).to_string();
        let answer = world.callback(body).await;
        if answer.status != 200 {
            break answer;
        }
        stored += 1;
        assert!(stored < 1_000, "the disk is never full");
    };
    refused.refused(503, "storage_full");
    let large = "x".repeat(4_000);
    ann.write(&conversation, "c1", &large).await.refused(503, "storage_full");
    assert_eq!(visitor.write("v1", &large).await["code"], "storage_full");
    let over_socket =
        json!({"t": "message.send", "conversation_id": conversation, "client_id": "c1", "text": large});
    assert_eq!(socket.ask(over_socket).await["code"], "storage_full");
    // Reading goes on.
    assert_eq!(ann.messages(&conversation).await.len(), 1 + stored);
    assert_eq!(ann.list("team").await.len(), 1);
    assert_eq!(Answer::of(HTTP.get(format!("{}/health/live", world.server.url))).await.status, 200);
    world.server.store.limit_pages(1_000_000).await.unwrap();
    assert_eq!(ann.write(&conversation, "c1", &large).await.status, 201, "without a restart");
    let again = text("447700900123", &format!("wamid.{stored}"), "After");
    world.call_back(&again).await;
    assert_eq!(visitor.write("v1", &large).await["t"], "ack");
    assert_eq!(ready(&world.server.url).await.status, 200);
    let entries = ann.timeline(&conversation).await;
    let numbers: Vec<i64> = entries.iter().map(|entry| entry["seq"].as_i64().unwrap()).collect();
    assert!(numbers.is_sorted(), "{numbers:?}");
    assert_eq!(ann.messages(&conversation).await.len(), 3 + stored);
    assert_eq!(
        world.database.run("SELECT COUNT(*) FROM pragma_integrity_check WHERE integrity_check = 'ok'"),
        1
    );
}

async fn readiness_says_what_is_wrong(kind: Kind) {
    let world = World::start(kind).await;
    let answer = ready(&world.server.url).await.expect(200);
    assert_eq!(answer, json!({"ready": true, "reasons": []}));
    let live = Answer::of(HTTP.get(format!("{}/health/live", world.server.url))).await;
    assert_eq!((live.status, live.text().as_str()), (200, "ok"));
    let metrics = Answer::of(HTTP.get(format!("{}/metrics", world.server.url))).await;
    assert_eq!(metrics.status, 200);
    world.call_back(&text("447700900123", "wamid.1", "Hello")).await;
    let metrics = Answer::of(HTTP.get(format!("{}/metrics", world.server.url))).await.text();
    for name in
        ["switchboard_inbound_messages_total", "switchboard_hooks_total", "switchboard_commit_seconds"]
    {
        assert!(metrics.contains(name), "{name}");
    }
    for private in ["447700900123", "Hello", "ann@team.test", "wamid.1"] {
        assert!(!metrics.contains(private), "{private} is nobody's business");
    }
}
