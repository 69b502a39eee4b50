//! Broadcasts: one text to many, no conversation before the answer, nobody twice and nobody forgotten.

use crate::answer::Answer;
use crate::people::{Agent, id};
use crate::process::Process;
use crate::world::{Kind, SMS_NUMBER, Server, World, eventually, eventually_or};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;
use switchboard_engine::ids::{ContactId, GroupId};

both!(
    s2_30_a_broadcast_makes_no_conversation_until_the_answer,
    s2_30_an_open_conversation_gets_the_bubble_and_stays_where_it_is,
    s2_30_a_colleague_who_writes_first_finds_the_broadcast,
    s2_30_who_may_not_see_the_contact_sees_no_answer,
    s2_31_who_opted_out_is_skipped,
    a_kill_reaches_everybody_once,
    a_broadcast_waits_for_its_channel,
    a_broadcast_is_checked_before_it_begins,
    a_cancelled_broadcast_reaches_nobody_else,
);

const NUMBERS: [&str; 3] = ["+447700900201", "+447700900202", "+447700900203"];

fn at(group: &str) -> String {
    format!("/api/v1/groups/{group}/broadcasts")
}

/// A contact whose conversation is over; answers its id.
async fn known(world: &World, ada: &Agent, number: &str) -> String {
    world.sms_phone(number).text("Hello").await.unwrap();
    let row = ada.conversation_with(number).await;
    ada.post(&format!("/api/v1/conversations/{}/close", id(&row)), json!({})).await.expect(200);
    id(&row["contact"])
}

async fn all_known(world: &World, ada: &Agent) -> Vec<String> {
    let mut contacts = Vec::new();
    for number in NUMBERS {
        contacts.push(known(world, ada, number).await);
    }
    contacts
}

fn sale(world: &World, to: &[String]) -> Value {
    json!({"client_id": "b1", "name": "Spring sale", "channel_id": world.sms, "contact_ids": to,
        "text": "Hi [contact-firstname], all teas 10 % off at [business-name]"})
}

const TEXT: &str = "Hi there, all teas 10 % off at Bean & Leaf";

async fn send(by: &Agent, body: Value) -> String {
    let begun = by.post(&at("2"), body).await.expect(201);
    id(&begun["broadcast"])
}

/// Waits until nobody is left to be reached; answers where everybody stands.
async fn done(by: &Agent, broadcast: &str) -> Value {
    eventually_or("the end of the broadcast", || async {
        let now = by.get(&format!("/api/v1/broadcasts/{broadcast}")).await.expect(200);
        if now["broadcast"]["state"] == "done" { Ok(now["recipients"].clone()) } else { Err(now.to_string()) }
    })
    .await
}

async fn delivered(by: &Agent, broadcast: &str, count: i64) {
    eventually_or("delivery", || async {
        let now = done(by, broadcast).await;
        if now["messages"] == json!({"delivered": count}) { Ok(()) } else { Err(now.to_string()) }
    })
    .await;
}

/// To see it go red: leave `silent` out of `Arrival`, or let `told` tell of silent conversations.
async fn s2_30_a_broadcast_makes_no_conversation_until_the_answer(kind: Kind) {
    let world = World::start(kind).await;
    let (ada, ann) = (world.ada().await, world.ann().await);
    let contacts = all_known(&world, &ada).await;
    let before = ann.get("/api/v1/inbox/counts").await.expect(200);
    let last_number = ada.list("closed").await.iter().map(|row| row["number"].as_i64().unwrap()).max();
    let mut socket = ann.listen().await;
    let broadcast = send(&ann, sale(&world, &contacts)).await;
    delivered(&ann, &broadcast, 3).await;
    for number in NUMBERS {
        let inbox = world.sms_phone(number).inbox();
        assert_eq!(inbox.iter().map(|sent| &*sent.body).collect::<Vec<_>>(), [TEXT]);
    }
    // Three texts, no conversation: in no list, no count, no search, no frame, at no address.
    assert_eq!((ada.list("all").await.len(), ada.list("team").await.len()), (3, 0));
    assert_eq!(ann.get("/api/v1/inbox/counts").await.expect(200), before);
    let silent = world.server.store.present_conversation_of(GroupId(2), contact(&contacts[0])).await;
    let silent = silent.unwrap().unwrap().to_string();
    for by in [&ada, &ann] {
        for path in ["", "/timeline", "/transcript?format=txt", "/draft"] {
            assert_eq!(by.get(&format!("/api/v1/conversations/{silent}{path}")).await.status, 404, "{path}");
        }
        let text = json!({"client_id": "c1", "text": "Hm"});
        assert_eq!(by.post(&format!("/api/v1/conversations/{silent}/messages"), text).await.status, 404);
        assert_eq!(by.post(&format!("/api/v1/conversations/{silent}/attend"), json!({})).await.status, 404);
    }
    eventually("the index to follow", || async {
        let found = ann.get("/api/v1/search?q=Hello").await.expect(200);
        (found["messages"].as_array().unwrap().len() == 3).then_some(())
    })
    .await;
    assert_eq!(ann.get("/api/v1/search?q=teas").await.expect(200)["messages"], json!([]));
    assert_eq!(socket.settle().await.iter().filter(|frame| frame["seq"].is_i64()).count(), 0);

    world.sms_phone(NUMBERS[0]).text("Which teas?").await.unwrap();
    socket.until("the answer", |frame| frame["d"]["message"]["text"] == "Which teas?").await;
    let told: Vec<Value> =
        socket.frames.iter().filter(|f| f["seq"].is_i64()).map(|f| f["t"].clone()).collect();
    assert_eq!(told, ["conversation.created", "message.created"]);
    let rows = ann.list("team").await;
    assert_eq!((rows.len(), &rows[0]["number"]), (1, &json!(last_number.unwrap() + 1)));
    assert!(rows[0]["previous_conversation_id"].is_string());
    let bubbles = ann.messages(&id(&rows[0])).await;
    let said: Vec<&str> = bubbles.iter().map(|one| one["text"].as_str().unwrap()).collect();
    assert_eq!(said, [TEXT, "Which teas?"]);
    let sender = json!({"kind": "broadcast", "id": broadcast, "name": "Spring sale"});
    assert_eq!((&bubbles[0]["sender"], &bubbles[0]["status"]), (&sender, &json!("delivered")));
    // From here on it is a conversation like any other.
    let reply = ann.say(&id(&rows[0]), "The green ones").await;
    ann.status(&id(&rows[0]), &reply, "delivered").await;
    assert_eq!(world.server.store.wrong_counts().await, Ok(0));
}

fn contact(id: &str) -> ContactId {
    id.parse().unwrap()
}

/// To see it go red: set `last_activity_at`, or `last_message`, in `Announce::append`.
async fn s2_30_an_open_conversation_gets_the_bubble_and_stays_where_it_is(kind: Kind) {
    let world = World::start(kind).await;
    let ann = world.ann().await;
    for number in &NUMBERS[..2] {
        world.sms_phone(number).text("Hello").await.unwrap();
        ann.conversation_with(number).await;
    }
    let page = || async {
        let page = ann.get("/api/v1/conversations?view=team&group_id=2").await.expect(200);
        let rows = page["conversations"].as_array().unwrap().clone();
        let kept = |row: &Value| {
            let of = &row["conversation"];
            json!([
                of["id"],
                of["last_message"],
                of["last_activity_at"],
                of["waiting_since"],
                row["read"],
                row["unread"]
            ])
        };
        rows.iter().map(kept).collect::<Vec<_>>()
    };
    let before = page().await;
    let older = ann.conversation_with(NUMBERS[0]).await;
    let mut socket = ann.listen().await;
    let broadcast = send(&ann, sale(&world, &[id(&older["contact"])])).await;
    delivered(&ann, &broadcast, 1).await;
    socket.until("the bubble", |frame| frame["d"]["message"]["sender"]["kind"] == "broadcast").await;
    assert_eq!(page().await, before);
    let said: Vec<Value> = ann.messages(&id(&older)).await.iter().map(|one| one["text"].clone()).collect();
    assert_eq!(said, ["Hello", TEXT]);
}

async fn s2_30_a_colleague_who_writes_first_finds_the_broadcast(kind: Kind) {
    let world = World::start(kind).await;
    let (ada, bob) = (world.ada().await, world.bob().await);
    let contact = known(&world, &ada, NUMBERS[0]).await;
    let broadcast = send(&ada, sale(&world, std::slice::from_ref(&contact))).await;
    delivered(&ada, &broadcast, 1).await;
    let start = json!({"group_id": "2", "channel_id": world.sms, "client_id": "c1",
        "text": "Did you see our offer?", "contact_id": contact});
    let row = bob.post("/api/v1/conversations", start).await.expect(201)["conversation"].clone();
    let said: Vec<Value> = bob.messages(&id(&row)).await.iter().map(|one| one["text"].clone()).collect();
    assert_eq!(said, [TEXT, "Did you see our offer?"]);
    assert_eq!(row["assignees"][0]["user_id"], json!(bob.id));
}

/// To see it go red: leave `visible_to` out of `begin` in `engine/src/conversation/announce.rs`.
async fn s2_30_who_may_not_see_the_contact_sees_no_answer(kind: Kind) {
    let world = World::start(kind).await;
    let (ada, ann, bob) = (world.ada().await, world.ann().await, world.bob().await);
    let contact = known(&world, &ada, NUMBERS[0]).await;
    let broadcast = send(&ann, sale(&world, std::slice::from_ref(&contact))).await;
    delivered(&ann, &broadcast, 1).await;
    // Bob's from now on; the broadcast was everybody's.
    ada.put(&format!("/api/v1/contacts/{contact}/access"), json!({"visible_to": [bob.id]})).await.expect(200);
    let mut of_ann = ann.listen().await;
    let start = json!({"group_id": "2", "channel_id": world.sms, "client_id": "c1", "text": "Hi", "contact_id": contact});
    assert_eq!(ann.post("/api/v1/conversations", start).await.status, 404);
    world.sms_phone(NUMBERS[0]).text("For Bob").await.unwrap();
    assert_eq!(bob.conversation_with(NUMBERS[0]).await["status"], "open");
    assert_eq!(ann.list("team").await.len(), 0);
    assert_eq!(of_ann.settle().await.iter().filter(|frame| frame["seq"].is_i64()).count(), 0);
    // And who may not see a contact cannot send them a broadcast either.
    let mut again = sale(&world, &[contact]);
    again["client_id"] = "b2".into();
    ann.post(&at("2"), again).await.refused(422, "validation");
}

/// To see it go red: leave `consent.all` out of `may_leave`.
async fn s2_31_who_opted_out_is_skipped(kind: Kind) {
    let world = World::start(kind).await;
    let ada = world.ada().await;
    let contacts = all_known(&world, &ada).await;
    world.sms_phone(NUMBERS[1]).text("STOP").await.unwrap();
    let row = eventually("the stop", || async {
        ada.list("team").await.into_iter().find(|row| row["contact"]["phone"] == NUMBERS[1])
    })
    .await;
    ada.post(&format!("/api/v1/conversations/{}/close", id(&row)), json!({"pending": "send"}))
        .await
        .expect(200);
    let broadcast = send(&ada, sale(&world, &contacts)).await;
    delivered(&ada, &broadcast, 2).await;
    assert_eq!(done(&ada, &broadcast).await["skipped"], json!({"opted_out": 1}));
    assert!(world.sms_phone(NUMBERS[1]).inbox().iter().all(|sent| &*sent.body != TEXT));
}

/// To see it go red: leave `Change::Reach` out of `Announce::append`, and the client's id with it.
async fn a_kill_reaches_everybody_once(kind: Kind) {
    let mut world = World::start(kind).await;
    let ada = world.ada().await;
    world.generous_provider();
    let mut contacts = Vec::new();
    for n in 0..60 {
        contacts.push(known(&world, &ada, &format!("+4477009003{n:02}")).await);
    }
    let mut body = sale(&world, &contacts);
    body["name"] = "Kill".into();
    world.server.stop().await;
    let mut broadcast = String::new();
    for round in 0..4 {
        let mut process = Process::start(&world.database, world.folder.path()).await;
        let ada = Agent::sign_in(&process.url, "ada@team.test").await;
        let sent = ada.post(&at("2"), body.clone()).await;
        broadcast = id(&sent.expect(if round == 0 { 201 } else { 200 })["broadcast"]);
        let so_far = world.simulator.journal_len();
        let more = |sim: &switchboard_simulator::Simulator| sim.journal_len() >= (so_far + 5).min(50);
        assert!(world.simulator.wait_until(Duration::from_secs(30), more).await);
        process.kill();
        assert_eq!(process.ended().await, None);
    }
    world.server = Server::start(world.config()).await;
    let reached = done(&world.ada().await, &broadcast).await;
    let total: i64 = reached["messages"].as_object().unwrap().values().map(|n| n.as_i64().unwrap()).sum();
    assert_eq!((total, &reached["skipped"]), (60, &json!({})), "{reached}");
    // An attempt that the kill cut short is unknown and is not repeated: once at most, and whoever the provider does not have is said.
    let sure = total - reached["messages"]["unknown"].as_i64().unwrap_or(0);
    let numbers =
        || -> Vec<String> { world.simulator.journal().iter().map(|sent| sent.to.to_string()).collect() };
    eventually("the rest", || async { (numbers().len() as i64 >= sure).then_some(()) }).await;
    let all = numbers();
    assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len(), "nobody twice");
}

/// To see it go red: let `Broadcaster::reach` skip whom it could not reach because the channel is off.
async fn a_broadcast_waits_for_its_channel(kind: Kind) {
    let world = World::start(kind).await;
    let ada = world.ada().await;
    let contact = known(&world, &ada, NUMBERS[0]).await;
    world.phone(NUMBERS[1]).text("Hello").await.unwrap();
    let other = id(&ada.conversation_with(NUMBERS[1]).await["contact"]);
    let line = format!("/api/v1/channels/{}", world.sms);
    ada.post(&format!("{line}/disconnect"), json!({})).await.expect(200);
    let waits = send(&ada, sale(&world, &[contact])).await;
    let mut by_whatsapp = sale(&world, &[other]);
    (by_whatsapp["client_id"], by_whatsapp["channel_id"]) = ("b2".into(), json!(world.whatsapp));
    // The younger one is done, so the older one was looked at.
    let younger = send(&ada, by_whatsapp).await;
    delivered(&ada, &younger, 1).await;
    let now = ada.get(&format!("/api/v1/broadcasts/{waits}")).await.expect(200);
    assert_eq!((&now["broadcast"]["state"], &now["recipients"]["pending"]), (&json!("sending"), &json!(1)));
    ada.post(&format!("{line}/reconnect"), json!({})).await.expect(200);
    delivered(&ada, &waits, 1).await;
}

async fn a_broadcast_is_checked_before_it_begins(kind: Kind) {
    let world = World::start(kind).await;
    let (ada, ann, cat) = (world.ada().await, world.ann().await, world.cat().await);
    let contact = known(&world, &ada, NUMBERS[0]).await;
    let good = sale(&world, std::slice::from_ref(&contact));
    let wrong = [
        ("name", json!(" ")),
        ("client_id", json!("")),
        ("text", json!("")),
        ("text", json!("Hi [contact-fristname]")),
        ("text", json!("x".repeat(5_000))),
        ("channel_id", json!(world.webchat)),
        ("channel_id", json!("1")),
        ("template", json!({"id": "1"})),
        ("contact_ids", json!([])),
        ("contact_ids", json!([contact, "1"])),
    ];
    for (field, value) in wrong {
        let mut body = good.clone();
        body[field] = value.clone();
        let answer: Answer = ann.post(&at("2"), body).await;
        answer.refused(422, "validation");
        assert!(answer.json()["error"]["fields"][field].is_string(), "{field} = {value}: {}", answer.text());
    }
    cat.post(&at("2"), good.clone()).await.refused(403, "forbidden");
    let first = send(&ann, good.clone()).await;
    assert_eq!(id(&ann.post(&at("2"), good.clone()).await.expect(200)["broadcast"]), first);
    let mut other = good;
    other["text"] = "Another".into();
    ann.post(&at("2"), other).await.refused(409, "client_id_reused");
    delivered(&ann, &first, 1).await;
    assert_eq!(world.sms_phone(NUMBERS[0]).inbox().len(), 1);
    assert_eq!(cat.get(&format!("/api/v1/broadcasts/{first}")).await.status, 404);
    assert_eq!(cat.post(&format!("/api/v1/broadcasts/{first}/cancel"), json!({})).await.status, 404);
    let listed = ada.get(&at("2")).await.expect(200)["broadcasts"].clone();
    assert_eq!((listed.as_array().unwrap().len(), id(&listed[0])), (1, first));
    // What PostgreSQL cannot hold is left out, as in every other text.
    let mut odd = sale(&world, std::slice::from_ref(&contact));
    (odd["client_id"], odd["name"], odd["text"]) =
        ("b\u{0}3".into(), "Sale\u{0}".into(), "Odd\u{0} words".into());
    let odd = send(&ann, odd).await;
    delivered(&ann, &odd, 1).await;
}

/// Only as many as the channel takes at a time have left the list when it is cancelled.
async fn a_cancelled_broadcast_reaches_nobody_else(kind: Kind) {
    let world = World::start(kind).await;
    let ada = world.ada().await;
    let mut contacts = Vec::new();
    for n in 0..30 {
        contacts.push(known(&world, &ada, &format!("+4477009003{n:02}")).await);
    }
    world.simulator.faults().change(SMS_NUMBER, |switches| switches.down = true).unwrap();
    let broadcast = send(&ada, sale(&world, &contacts)).await;
    let path = format!("/api/v1/broadcasts/{broadcast}");
    eventually_or("twenty in the queue", || async {
        let now = ada.get(&path).await.expect(200)["recipients"].clone();
        if now["pending"] == 10 { Ok(()) } else { Err(now.to_string()) }
    })
    .await;
    let ended = ada.post(&format!("{path}/cancel"), json!({})).await.expect(200);
    assert_eq!(ended["broadcast"]["state"], "cancelled");
    assert_eq!(ended["recipients"]["skipped"], json!({"cancelled": 10}));
    world.simulator.faults().change(SMS_NUMBER, |switches| switches.down = false).unwrap();
    world.server.clock.set_ahead(Duration::from_hours(1));
    eventually("the twenty", || async { (world.simulator.journal_len() == 20).then_some(()) }).await;
    let again = ada.post(&format!("{path}/cancel"), json!({})).await.expect(200);
    assert_eq!(again["broadcast"]["state"], "cancelled");
    assert_eq!(world.simulator.journal_len(), 20);
}
