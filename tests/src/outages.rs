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

both!(d_02_a_full_disk_refuses_writes_serves_reads_and_recovers);

pub(crate) async fn ready(url: &str) -> Answer {
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

/// Makes the disk full, or gives it room again. SQLite is told how many pages there are; PostgreSQL refuses as it does when a file cannot grow.
async fn fill(world: &World, kind: Kind, full: bool) {
    if kind == Kind::Sqlite {
        return world.server.store.limit_pages(if full { 1 } else { 1_000_000 }).await.unwrap();
    }
    let sql = if full {
        "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS \
            $$ BEGIN RAISE 'could not extend file: No space left on device' USING ERRCODE = 'disk_full'; END $$; \
         CREATE TRIGGER full_disk BEFORE INSERT ON message FOR EACH ROW EXECUTE FUNCTION full_disk()"
    } else {
        "DROP FUNCTION full_disk CASCADE"
    };
    world.database.run(sql);
}

/// To see it go red: let `Journal::failed` answer `Ok`, or take `StorageFull` out of `refused` in `web/src/hooks.rs`.
async fn d_02_a_full_disk_refuses_writes_serves_reads_and_recovers(kind: Kind) {
    let world = World::start(kind).await;
    let ann = world.ann().await;
    world.call_back(&text("447700900123", "wamid.before", "Before")).await;
    let conversation = id(&ann.conversation_with("+447700900123").await);
    let mut socket = ann.listen().await;
    let mut visitor = world.visitor(None).await;
    // As many pages as there are: every write that needs another one meets a full disk.
    fill(&world, kind, true).await;
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
    assert!(refused.header("retry-after").parse::<u64>().is_ok(), "the provider is told when to come back");
    // Nothing of what was refused is there: no message, no event, no contact of a stranger.
    let of_stranger = text("447700900555", "wamid.stranger", &"x".repeat(3_000)).to_string();
    world.callback(of_stranger).await.refused(503, "storage_full");
    let rows = |table: &str| world.database.run(&format!("SELECT COUNT(*) FROM {table}"));
    assert_eq!((rows("message"), rows("contact"), rows("conversation")), (1 + stored as i64, 1, 1));
    let seq = world.database.run("SELECT MAX(seq) FROM event");
    assert_eq!(ann.timeline(&conversation).await.len() as i64, seq, "no part of an event either");
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
    fill(&world, kind, false).await;
    assert_eq!(ann.write(&conversation, "c1", &large).await.status, 201, "without a restart");
    let again = text("447700900123", &format!("wamid.{stored}"), "After");
    world.call_back(&again).await;
    assert_eq!(visitor.write("v1", &large).await["t"], "ack");
    assert_eq!(ready(&world.server.url).await.status, 200);
    let entries = ann.timeline(&conversation).await;
    let numbers: Vec<i64> = entries.iter().map(|entry| entry["seq"].as_i64().unwrap()).collect();
    assert!(numbers.is_sorted(), "{numbers:?}");
    assert_eq!(ann.messages(&conversation).await.len(), 3 + stored);
    if kind == Kind::Sqlite {
        let ok = "SELECT COUNT(*) FROM pragma_integrity_check WHERE integrity_check = 'ok'";
        assert_eq!(world.database.run(ok), 1);
    }
}
