//! How conversations rest, end and come back: snoozed, closed, reopened, deleted, restored.

use crate::people::{Agent, id};
use crate::world::{Kind, PATIENCE, SMS_NUMBER, World, eventually};
use serde_json::{Value, json};
use switchboard_engine::time::Timestamp;

both!(
    s0_16_whoever_answers_closes,
    s4_20_closing_asks_about_what_has_not_left,
    s4_22_reopening_makes_it_yours,
    q8_a_customer_who_writes_soon_goes_on,
    q8_a_new_conversation_knows_the_one_before,
    s2_33_a_deleted_conversation_is_gone_for_everybody,
    s2_33_a_business_may_forbid_deleting,
    a_snoozed_conversation_sleeps_until_its_time,
    a_snoozed_conversation_wakes_when_the_customer_writes,
);

const NUMBER: &str = "+447700900123";

fn at(conversation: &str, what: &str) -> String {
    format!("/api/v1/conversations/{conversation}/{what}")
}

async fn begun(world: &World, by: &Agent) -> String {
    world.sms_phone(NUMBER).text("Hello").await.unwrap();
    id(&by.conversation_with(NUMBER).await)
}

async fn s0_16_whoever_answers_closes(kind: Kind) {
    let world = World::start(kind).await;
    let (ada, ann, bob) = (world.ada().await, world.ann().await, world.bob().await);
    let conversation = begun(&world, &ann).await;
    let close = at(&conversation, "close");
    ann.post(&close, json!({})).await.refused(403, "not_assignee");
    let both = json!({"user_ids": [ann.id, bob.id]});
    ada.put(&at(&conversation, "assignees"), both).await.expect(200);
    let mut of_ada = ada.listen().await;
    let row = bob.post(&close, json!({"note": "Sold two"})).await.expect(200)["conversation"].clone();
    assert_eq!((&row["status"], &row["closing_note"]), (&json!("closed"), &json!("Sold two")));
    let told = of_ada.until("the end", |frame| frame["t"] == "conversation.closed").await;
    assert_eq!((&told["d"]["by"]["id"], &told["d"]["note"]), (&json!(bob.id), &json!("Sold two")));
    // Twice is no mistake.
    let again = bob.post(&close, json!({})).await.expect(200)["conversation"].clone();
    assert_eq!((&again["seq"], &again["closing_note"]), (&row["seq"], &json!("Sold two")));
    assert_eq!((ada.list("closed").await.len(), ada.list("team").await.len()), (1, 0));
}

/// The provider is down: what is sent waits. To see it go red: leave `withdraw` out of `facts::unsent`.
async fn s4_20_closing_asks_about_what_has_not_left(kind: Kind) {
    let mut world = World::start(kind).await;
    let ann = world.ann().await;
    let conversation = begun(&world, &ann).await;
    let down = |down: bool| world.simulator.faults().change(SMS_NUMBER, |s| s.down = down).unwrap();
    down(true);
    // One at a time leaves a conversation: whatever becomes of the first, the second waits behind it.
    ann.say(&conversation, "Hello Jo").await;
    let message = ann.say(&conversation, "On my way").await;
    let close = at(&conversation, "close");
    let refused = ann.post(&close, json!({})).await;
    refused.refused(409, "confirm_required");
    assert!(refused.json()["error"]["queued"].as_i64() >= Some(1));
    let row = ann.post(&close, json!({"pending": "cancel"})).await.expect(200)["conversation"].clone();
    assert_eq!(row["status"], "closed");
    assert_eq!(ann.status(&conversation, &message, "cancelled").await["status"], "cancelled");
    // It stays taken back, whatever happens to the server and however well the line is again.
    down(false);
    world.restart().await;
    let ann = world.ann().await;
    ann.post(&at(&conversation, "reopen"), json!({})).await.expect(200);
    let later = ann.say(&conversation, "I am back").await;
    ann.status(&conversation, &later, "delivered").await;
    assert_eq!(ann.status(&conversation, &message, "cancelled").await["status"], "cancelled");
    let thread = world.sms_phone(NUMBER).thread();
    assert!(thread.iter().all(|bubble| &*bubble.body != "On my way"), "it never left");
}

async fn s4_22_reopening_makes_it_yours(kind: Kind) {
    let world = World::start(kind).await;
    let (ann, bob) = (world.ann().await, world.bob().await);
    let first = begun(&world, &ann).await;
    ann.post(&at(&first, "attend"), json!({})).await.expect(200);
    ann.post(&at(&first, "close"), json!({})).await.expect(200);
    let row = bob.post(&at(&first, "reopen"), json!({})).await.expect(200)["conversation"].clone();
    assert_eq!((&row["status"], &row["assignees"][0]["user_id"]), (&json!("open"), &json!(bob.id)));
    bob.post(&at(&first, "close"), json!({})).await.expect(200);
    world.sms_phone(NUMBER).text("Again").await.unwrap();
    let second = eventually("the next conversation", || async { bob.list("team").await.pop() }).await;
    let refused = ann.post(&at(&first, "reopen"), json!({})).await;
    refused.refused(409, "open_conversation_exists");
    assert_eq!(refused.json()["error"]["id"], second["id"], "with the way there");
}

async fn q8_a_customer_who_writes_soon_goes_on(kind: Kind) {
    let world = World::start(kind).await;
    let (ada, ann) = (world.ada().await, world.ann().await);
    let settings = json!({"settings": {"reopen_within_hours": 2}});
    ada.patch("/api/v1/business", settings).await.expect(200);
    let conversation = begun(&world, &ann).await;
    ann.post(&at(&conversation, "attend"), json!({})).await.expect(200);
    ann.post(&at(&conversation, "close"), json!({})).await.expect(200);
    let mut socket = ann.listen().await;
    world.sms_phone(NUMBER).text("One more thing").await.unwrap();
    let back = socket.until("it is open again", |frame| frame["t"] == "conversation.reopened").await;
    assert_eq!(
        (&back["conversation_id"], &back["d"]["by"]["kind"]),
        (&json!(conversation), &json!("contact"))
    );
    let row = ann.conversation(&conversation).await;
    assert_eq!((&row["status"], &row["assignees"][0]["user_id"]), (&json!("open"), &json!(ann.id)));
    assert_eq!(ann.list("all").await.len(), 1);
}

async fn q8_a_new_conversation_knows_the_one_before(kind: Kind) {
    let world = World::start(kind).await;
    let (ada, ann) = (world.ada().await, world.ann().await);
    let first = begun(&world, &ann).await;
    assert_eq!(ann.conversation(&first).await["previous_conversation_id"], Value::Null);
    ada.post(&at(&first, "close"), json!({})).await.expect(200);
    world.sms_phone(NUMBER).text("Another matter").await.unwrap();
    let second = eventually("the next conversation", || async { ann.list("team").await.pop() }).await;
    assert_ne!(second["id"], json!(first));
    assert_eq!(second["previous_conversation_id"], json!(first));
}

/// To see it go red: let `sees` of the conversation's actor look at the list of viewers only.
async fn s2_33_a_deleted_conversation_is_gone_for_everybody(kind: Kind) {
    let world = World::start(kind).await;
    let (ada, ann) = (world.ada().await, world.ann().await);
    world.phone(NUMBER).text("Hello").await.unwrap();
    let conversation = id(&ann.conversation_with(NUMBER).await);
    let message = ann.say(&conversation, "Hi").await;
    ann.status(&conversation, &message, "delivered").await;
    let path = format!("/api/v1/conversations/{conversation}");
    ann.delete(&path).await.refused(403, "forbidden");
    let mut of_ann = ann.listen().await;
    let row = ada.delete(&path).await.expect(200)["conversation"].clone();
    assert_eq!(row["status"], "deleted");
    of_ann.until("the end", |frame| frame["t"] == "conversation.deleted").await;
    let cursor = of_ann.cursor();
    for agent in [&ada, &ann] {
        agent.get(&path).await.refused(404, "not_found");
        agent.get(&at(&conversation, "timeline")).await.refused(404, "not_found");
        agent.write(&conversation, "late", "Still there?").await.refused(404, "not_found");
        for view in ["team", "mine", "all", "closed"] {
            assert_eq!(agent.list(view).await, Vec::<Value>::new(), "{view}");
        }
    }
    assert_eq!(ada.list("deleted").await.len(), 1);
    ann.get("/api/v1/conversations?view=deleted&group_id=2").await.refused(403, "forbidden");
    let counts = ada.get("/api/v1/inbox/counts?group_id=2").await.expect(200)["counts"].clone();
    assert_eq!((&counts["all"], &counts["team"]), (&json!(0), &json!(0)));
    // The customer's next word begins another conversation; news of the old one reaches nobody.
    world.phone(NUMBER).text("Hello?").await.unwrap();
    let second = eventually("the next conversation", || async { ann.list("team").await.pop() }).await;
    assert_eq!(second["previous_conversation_id"], Value::Null);
    world.phone(NUMBER).read_all();
    assert!(world.simulator.settle(PATIENCE).await);
    let after = of_ann.settle().await.iter().skip_while(|frame| frame["t"] != "conversation.deleted").skip(1);
    let about_it =
        after.filter(|frame| frame["conversation_id"] == conversation.as_str() && frame["seq"].is_i64());
    assert_eq!(about_it.count(), 0, "after the end there is nothing");
    // Nor for whoever comes back later.
    let mut back = ann.connect().await;
    back.send(json!({"t": "resume", "cursor": cursor})).await;
    back.settle().await;
    assert!(back.entries().iter().all(|(of, ..)| *of != conversation));
    ann.post(&at(&conversation, "restore"), json!({})).await.refused(404, "not_found");
    ada.post(&at(&conversation, "restore"), json!({})).await.refused(409, "open_conversation_exists");
    ada.post(&at(&id(&second), "close"), json!({})).await.expect(200);
    let row = ada.post(&at(&conversation, "restore"), json!({})).await.expect(200)["conversation"].clone();
    assert_eq!((&row["status"], &row["deleted_at"]), (&json!("open"), &Value::Null));
    assert_eq!(ann.messages(&conversation).await.len(), 2, "with everything that was said");
}

async fn s2_33_a_business_may_forbid_deleting(kind: Kind) {
    let world = World::start(kind).await;
    let (ada, ann) = (world.ada().await, world.ann().await);
    let conversation = begun(&world, &ann).await;
    let settings = json!({"settings": {"allow_conversation_delete": false}});
    ada.patch("/api/v1/business", settings).await.expect(200);
    ada.delete(&format!("/api/v1/conversations/{conversation}")).await.refused(403, "forbidden");
    assert_eq!(ann.conversation(&conversation).await["status"], "open");
    let denied = ada.get("/api/v1/audit?action=delete_conversation").await.expect(200);
    assert_eq!(denied["entries"][0]["outcome"], "denied");
}

fn in_millis(millis: u64) -> Timestamp {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    Timestamp(i64::try_from(now.as_micros()).unwrap()).plus(std::time::Duration::from_millis(millis))
}

async fn a_snoozed_conversation_sleeps_until_its_time(kind: Kind) {
    let mut world = World::start(kind).await;
    let ann = world.ann().await;
    let conversation = begun(&world, &ann).await;
    ann.post(&at(&conversation, "attend"), json!({})).await.expect(200);
    let snooze = at(&conversation, "snooze");
    ann.put(&snooze, json!({"until": in_millis(0)})).await.refused(422, "validation");
    let body = json!({"until": in_millis(3_600_000)});
    let row = ann.put(&snooze, body).await.expect(200)["conversation"].clone();
    assert!(row["snoozed_until"].is_string());
    for view in ["team", "mine", "pending", "unassigned"] {
        assert_eq!(ann.list(view).await.len(), 0, "{view}");
    }
    assert_eq!((ann.list("snoozed").await.len(), ann.list("all").await.len()), (1, 1));
    let counts = ann.get("/api/v1/inbox/counts?group_id=2").await.expect(200)["counts"].clone();
    assert_eq!((&counts["snoozed"], &counts["team"], &counts["mine"]), (&json!(1), &json!(0), &json!(0)));
    ann.delete(&snooze).await.expect(200);
    assert_eq!(ann.list("mine").await.len(), 1);
    // Its time comes while the server is away; the next one wakes it.
    ann.put(&snooze, json!({"until": in_millis(400)})).await.expect(200);
    world.restart().await;
    let ann = world.ann().await;
    eventually("it is awake", || async { ann.list("mine").await.pop() }).await;
    let last = ann.timeline(&conversation).await.pop().unwrap();
    assert_eq!((&last["t"], &last["d"]["reason"]), (&json!("conversation.woken"), &json!("due")));
}

async fn a_snoozed_conversation_wakes_when_the_customer_writes(kind: Kind) {
    let world = World::start(kind).await;
    let ann = world.ann().await;
    let conversation = begun(&world, &ann).await;
    ann.post(&at(&conversation, "attend"), json!({})).await.expect(200);
    let mut socket = ann.listen().await;
    let until = json!(in_millis(3_600_000));
    let ask = json!({"t": "conversation.snooze", "conversation_id": conversation, "until": until});
    assert_eq!(socket.ask(ask).await["t"], "ack");
    socket.until("it leaves her list", |frame| frame["t"] == "inbox.removed").await;
    world.sms_phone(NUMBER).text("Anybody?").await.unwrap();
    let woken = socket.until("it wakes", |frame| frame["t"] == "conversation.woken").await;
    assert_eq!(woken["d"], json!({"by": null, "reason": "message"}));
    socket.until("it is on her list again", |frame| frame["t"] == "inbox.added").await;
    assert_eq!(ann.conversation(&conversation).await["snoozed_until"], Value::Null);
}
