//! What the team has among itself: notes, drafts, read marks, lists, and the same for many conversations at once.

use crate::people::{Agent, id};
use crate::provider::text;
use crate::world::{Kind, World};
use serde_json::{Value, json};
use std::time::Instant;

both!(
    h_08_notes_stay_inside,
    h_08_a_mention_reaches_whoever_may_see_it,
    s2_27_drafts_follow_their_author,
    h_31_a_late_look_is_told_before_sending,
    s2_20_an_admin_changes_what_is_unread_for_somebody_else,
    s2_18_many_are_read_with_one_frame,
    s2_25_many_are_assigned_at_once,
    s2_25_five_hundred_are_closed_at_once,
    h_26_lists_are_narrowed,
    s2_02_inboxes_of_others_are_for_admins,
    s4_21_the_list_of_all_pages_while_messages_arrive,
);

const NUMBER: &str = "+447700900123";

fn at(conversation: &str, what: &str) -> String {
    format!("/api/v1/conversations/{conversation}/{what}")
}

/// To see it go red: let `visitor_entry` make a frame of an internal message.
async fn h_08_notes_stay_inside(kind: Kind) {
    let world = World::start(kind).await;
    let (ann, bob, cat) = (world.ann().await, world.bob().await, world.cat().await);
    let mut visitor = world.visitor(None).await;
    let conversation = visitor.say("Hello").await;
    let before = ann.conversation(&conversation).await;
    let mut of_bob = bob.listen().await;
    let body = json!({"client_id": "n1", "text": "She is a friend of the boss"});
    let note = ann.post(&at(&conversation, "notes"), body.clone()).await.expect(201)["message"].clone();
    assert_eq!(
        (&note["kind"], &note["direction"], &note["sender"]["name"], &note["status"]),
        (&json!("note"), &json!("internal"), &json!("Ann Tester"), &Value::Null)
    );
    let heard = of_bob.until("the note", |frame| frame["t"] == "message.created").await;
    assert_eq!(heard["d"]["message"]["id"], note["id"]);
    // The customer waits as before, nobody has taken it, and the list shows the customer's words.
    let after = ann.conversation(&conversation).await;
    for same in ["waiting_since", "assignees", "last_message", "last_activity_at", "inbound_count"] {
        assert_eq!(before[same], after[same], "{same}");
    }
    let again = ann.post(&at(&conversation, "notes"), body).await.expect(200)["message"].clone();
    assert_eq!(again["id"], note["id"]);
    let other = json!({"client_id": "n1", "text": "Other words"});
    ann.post(&at(&conversation, "notes"), other).await.refused(409, "client_id_reused");
    cat.post(&at(&conversation, "notes"), json!({"client_id": "x", "text": "Hm"}))
        .await
        .refused(404, "not_found");
    // The visitor hears the answer and never the note, not even on a fresh panel or after a lost connection.
    ann.say(&conversation, "How can I help?").await;
    visitor.socket.until("the answer", |f| f["d"]["message"]["text"] == "How can I help?").await;
    let seen = |frames: &[Value]| frames.iter().any(|frame| frame.to_string().contains("friend of the boss"));
    assert!(!seen(visitor.socket.settle().await));
    let fresh = world.visitor(Some(&visitor.token)).await;
    assert_eq!(fresh.history(), ["Hello", "How can I help?"]);
    let cursor = of_bob.cursor();
    let back = world.visitor_since(Some(&visitor.token), Some(&cursor)).await;
    assert!(!back.hello.to_string().contains("friend of the boss"));
    // Nor does a provider.
    world.phone(NUMBER).text("Hello").await.unwrap();
    let whatsapp = id(&ann.conversation_with(NUMBER).await);
    ann.post(&at(&whatsapp, "notes"), json!({"client_id": "n2", "text": "Quiet"})).await.expect(201);
    let reply = ann.say(&whatsapp, "Loud").await;
    ann.status(&whatsapp, &reply, "delivered").await;
    assert_eq!(world.simulator.journal_len(), 1);
}

async fn h_08_a_mention_reaches_whoever_may_see_it(kind: Kind) {
    let world = World::start(kind).await;
    let (ann, bob, cat) = (world.ann().await, world.bob().await, world.cat().await);
    world.call_back(&text("447700900123", "wamid.1", "Hello")).await;
    let row = ann.conversation_with(NUMBER).await;
    let conversation = id(&row);
    let (mut of_ann, mut of_bob) = (ann.listen().await, bob.listen().await);
    let ask = json!({"t": "note.add", "conversation_id": conversation, "client_id": "n1", "text": "@Bob?", "mentions": [bob.id]});
    let ack = of_ann.ask(ask).await;
    assert_eq!(ack["t"], "ack", "{ack}");
    let told = of_bob.until("the mention", |frame| frame["t"] == "note.mentioned").await;
    assert_eq!((&told["d"]["message_id"], &told["d"]["number"]), (&ack["d"]["message_id"], &row["number"]));
    assert_eq!(told["d"]["by"], json!({"id": ann.id, "name": "Ann Tester"}));
    assert!(of_ann.settle().await.iter().all(|frame| frame["t"] != "note.mentioned"));
    let stored = ann.messages(&conversation).await.pop().unwrap();
    assert_eq!(stored["extra"]["mentions"], json!([bob.id]));
    let body = json!({"client_id": "n2", "text": "@Cat?", "mentions": [cat.id]});
    ann.post(&at(&conversation, "notes"), body).await.refused(422, "not_member");
}

async fn s2_27_drafts_follow_their_author(kind: Kind) {
    let mut world = World::start(kind).await;
    let (ann, bob) = (world.ann().await, world.bob().await);
    world.call_back(&text("447700900123", "wamid.1", "Hello")).await;
    let conversation = id(&ann.conversation_with(NUMBER).await);
    let draft = at(&conversation, "draft");
    let (mut tab, mut of_bob) = (ann.listen().await, bob.listen().await);
    ann.put(&draft, json!({"text": "Dear Jo", "tab": "t1"})).await.expect(200);
    let heard = tab.until("the draft", |frame| frame["t"] == "draft.changed").await;
    assert_eq!((&heard["d"]["draft"]["text"], &heard["d"]["tab"]), (&json!("Dear Jo"), &json!("t1")));
    assert!(of_bob.settle().await.iter().all(|frame| frame["t"] != "draft.changed"));
    world.restart().await;
    let (ann, cat) = (world.ann().await, world.cat().await);
    assert_eq!(ann.get(&draft).await.expect(200)["draft"]["text"], "Dear Jo");
    cat.get(&draft).await.refused(404, "not_found");
    ann.put(&draft, json!({"text": "x".repeat(10_001)})).await.refused(422, "validation");
    ann.delete(&draft).await.expect(200);
    assert_eq!(ann.get(&draft).await.expect(200)["draft"], Value::Null);
}

async fn h_31_a_late_look_is_told_before_sending(kind: Kind) {
    let world = World::start(kind).await;
    let (ann, bob) = (world.ann().await, world.bob().await);
    let mut visitor = world.visitor(None).await;
    let conversation = visitor.say("Hello").await;
    let seen = ann.conversation(&conversation).await["seq"].clone();
    ann.say(&conversation, "Hi").await;
    let send = |client_id: &str, text: &str, seen: &Value| {
        let body = json!({"client_id": client_id, "text": text, "expected_seq": seen});
        let (bob, path) = (bob.clone(), at(&conversation, "messages"));
        async move { bob.post(&path, body).await }
    };
    let refused = send("b1", "Can I help?", &seen).await;
    refused.refused(409, "newer_messages");
    assert_eq!(refused.json()["error"]["count"], 1);
    assert!(refused.json()["error"]["detail"].as_str().unwrap().contains("1 new message"));
    let newest = bob.conversation(&conversation).await["seq"].clone();
    send("b1", "Can I help?", &newest).await.expect(201);
    // His own word is none he has to review, and a repeat is a repeat.
    send("b2", "Well?", &newest).await.expect(201);
    send("b1", "Can I help?", &seen).await.expect(200);
}

async fn s2_20_an_admin_changes_what_is_unread_for_somebody_else(kind: Kind) {
    let world = World::start(kind).await;
    let (ada, ann, bob) = (world.ada().await, world.ann().await, world.bob().await);
    let phone = world.phone(NUMBER);
    phone.text("Hello").await.unwrap();
    let conversation = id(&ann.conversation_with(NUMBER).await);
    bob.post(&at(&conversation, "attend"), json!({})).await.expect(200);
    let read = at(&conversation, "read");
    // S2-19: an admin who only looks changes nothing for Bob, and the customer hears of nobody.
    ada.post(&read, json!({"upto": 99})).await.expect(200);
    let of_bob = |agent: &Agent| {
        let (agent, path) = (agent.clone(), format!("/api/v1/conversations/{conversation}"));
        async move { agent.get(&path).await.expect(200)["read"].clone() }
    };
    assert_eq!(of_bob(&bob).await["read_inbound_count"], 0);
    let ask = json!({"upto": 99, "user_id": bob.id});
    let refused = ada.post(&read, ask.clone()).await;
    refused.refused(409, "confirm_required");
    assert_eq!(refused.json()["error"]["affected_user"], json!(bob.id));
    assert_eq!(of_bob(&bob).await["read_inbound_count"], 0);
    ann.post(&read, ask).await.refused(403, "forbidden");
    let mut tab = bob.listen().await;
    let sure = json!({"upto": 99, "user_id": bob.id, "confirm": true});
    let state = ada.post(&read, sure).await.expect(200)["read"].clone();
    assert_eq!((&state["read_inbound_count"], &state["forced_unread"]), (&json!(1), &json!(false)));
    let heard = tab.until("his mark", |frame| frame["t"] == "conversation.read_state").await;
    assert_eq!(
        (&heard["d"]["by"]["name"], &heard["d"]["read_inbound_count"]),
        (&json!("Ada Tester"), &json!(1))
    );
    assert!(phone.thread().iter().all(|bubble| bubble.tick < switchboard_simulator::Tick::Read));
    let log = ada.get("/api/v1/audit?action=conversation.read_for").await.expect(200);
    let line = &log["entries"][0];
    assert_eq!((&line["target"]["id"], &line["detail"]["user"]), (&json!(conversation), &json!(bob.id)));
    let back = json!({"unread": true, "user_id": bob.id, "confirm": true});
    assert_eq!(ada.post(&read, back).await.expect(200)["read"]["forced_unread"], true);
}

/// So many conversations, oldest first.
async fn many(world: &World, by: &Agent, count: usize) -> Vec<String> {
    for chunk in (0..count).collect::<Vec<_>>().chunks(50) {
        let calls = chunk.iter().map(|n| async move {
            let (from, wamid) = (format!("44770091{n:04}"), format!("wamid.many{n}"));
            world.call_back(&text(&from, &wamid, "Hello")).await;
        });
        futures_util::future::join_all(calls).await;
    }
    let mut ids: Vec<String> = Vec::new();
    let mut after = String::new();
    loop {
        let path = format!("/api/v1/conversations?view=all&group_id=2&limit=200{after}");
        let page = by.get(&path).await.expect(200);
        ids.extend(page["conversations"].as_array().unwrap().iter().map(|row| id(&row["conversation"])));
        let Some(next) = page["meta"]["next"].as_str() else { break };
        after = format!("&after={next}");
    }
    assert_eq!(ids.len(), count);
    ids
}

fn outcomes(answer: &Value) -> Vec<String> {
    let results = answer["results"].as_array().unwrap().iter();
    results.map(|one| one["code"].as_str().or(one["outcome"].as_str()).unwrap().to_owned()).collect()
}

async fn s2_18_many_are_read_with_one_frame(kind: Kind) {
    let world = World::start(kind).await;
    let ann = world.ann().await;
    let ids = many(&world, &ann, 50).await;
    let mut tab = ann.listen().await;
    let body = json!({"ids": ids, "action": "read"});
    let answer = ann.post("/api/v1/conversations/bulk", body.clone()).await.expect(200);
    assert!(outcomes(&answer).iter().all(|outcome| outcome == "done"));
    let batch = tab.until("the batch", |frame| frame["t"] == "read.batch").await;
    assert_eq!(batch["d"]["states"].as_array().unwrap().len(), 50);
    assert!(batch["d"]["states"].as_array().unwrap().iter().all(|one| one["read_inbound_count"] == 1));
    assert!(tab.settle().await.iter().all(|frame| frame["t"] != "conversation.read_state"));
    let again = ann.post("/api/v1/conversations/bulk", body).await.expect(200);
    assert!(outcomes(&again).iter().all(|outcome| outcome == "unchanged"));
    let unread = json!({"ids": [ids[0], "999"], "action": "unread"});
    let answer = ann.post("/api/v1/conversations/bulk", unread).await.expect(200);
    assert_eq!(outcomes(&answer), ["done", "not_found"]);
    let none = json!({"ids": [], "action": "read"});
    ann.post("/api/v1/conversations/bulk", none).await.refused(422, "validation");
}

async fn s2_25_many_are_assigned_at_once(kind: Kind) {
    let world = World::start(kind).await;
    let (ada, ann, bob) = (world.ada().await, world.ann().await, world.bob().await);
    let ids = many(&world, &ann, 4).await;
    ada.post(&at(&ids[0], "close"), json!({})).await.expect(200);
    bob.post(&at(&ids[1], "attend"), json!({})).await.expect(200);
    ada.put(&at(&ids[2], "assignees"), json!({"user_ids": [ann.id]})).await.expect(200);
    let body = json!({"ids": ids, "action": "assign", "user_ids": [ann.id]});
    // Ann may take what is free or hers; what is Bob's only an admin takes from him.
    let answer = ann.post("/api/v1/conversations/bulk", body.clone()).await.expect(200);
    assert_eq!(outcomes(&answer), ["conversation_closed", "forbidden", "unchanged", "done"]);
    let answer = ada.post("/api/v1/conversations/bulk", body).await.expect(200);
    assert_eq!(outcomes(&answer), ["conversation_closed", "done", "unchanged", "unchanged"]);
    assert_eq!((ann.list("mine").await.len(), bob.list("mine").await.len()), (3, 0));
    let nobody = json!({"ids": ids, "action": "assign"});
    ada.post("/api/v1/conversations/bulk", nobody).await.refused(422, "validation");
}

async fn s2_25_five_hundred_are_closed_at_once(kind: Kind) {
    let world = World::start(kind).await;
    let ada = world.ada().await;
    let count = if kind == Kind::Sqlite { 500 } else { 120 };
    let ids = many(&world, &ada, count).await;
    let began = Instant::now();
    let body = json!({"ids": ids, "action": "close"});
    let answer = ada.post("/api/v1/conversations/bulk", body).await.expect(200);
    eprintln!("{count} closed in {:?} on {kind:?}", began.elapsed());
    assert!(outcomes(&answer).iter().all(|outcome| outcome == "done"));
    let counts = ada.get("/api/v1/inbox/counts?group_id=2").await.expect(200)["counts"].clone();
    assert_eq!((&counts["closed"], &counts["team"]), (&json!(count), &json!(0)));
    let mut too_many = ids;
    too_many.resize(501, "1".to_owned());
    let body = json!({"ids": too_many, "action": "close"});
    ada.post("/api/v1/conversations/bulk", body).await.refused(422, "validation");
}

async fn h_26_lists_are_narrowed(kind: Kind) {
    let world = World::start(kind).await;
    let ann = world.ann().await;
    world.phone(NUMBER).text("Hello").await.unwrap();
    let whatsapp = id(&ann.conversation_with(NUMBER).await);
    world.sms_phone("+447700900124").text("Hello").await.unwrap();
    let sms = id(&ann.conversation_with("+447700900124").await);
    ann.post(&at(&sms, "attend"), json!({})).await.expect(200);
    ann.post(&at(&sms, "close"), json!({})).await.expect(200);
    let ask = |query: String| {
        let (ann, path) = (ann.clone(), format!("/api/v1/conversations?view=all&group_id=2&{query}"));
        async move {
            let rows = ann.get(&path).await.expect(200)["conversations"].as_array().unwrap().clone();
            rows.iter().map(|row| id(&row["conversation"])).collect::<Vec<_>>()
        }
    };
    let at_sms = ann.conversation(&sms).await["last_activity_at"].as_str().unwrap().to_owned();
    assert_eq!(ask(format!("channel_id={}", world.whatsapp)).await, [whatsapp.as_str()]);
    assert_eq!(ask("channel_kind=sms".to_owned()).await, [sms.as_str()]);
    assert_eq!(ask(format!("assignee_id={}", ann.id)).await, [sms.as_str()]);
    assert_eq!(ask("status=open".to_owned()).await, [whatsapp.as_str()]);
    assert_eq!(ask(format!("from={at_sms}")).await, [sms.as_str()]);
    assert_eq!(ask(format!("to={at_sms}")).await, [whatsapp.as_str()]);
    for wrong in ["channel_kind=fax", "status=deleted", "from=yesterday", "assignee_id=ann"] {
        let path = format!("/api/v1/conversations?view=all&{wrong}");
        ann.get(&path).await.refused(422, "validation");
    }
}

async fn s2_02_inboxes_of_others_are_for_admins(kind: Kind) {
    let world = World::start(kind).await;
    let (ada, ann, bob) = (world.ada().await, world.ann().await, world.bob().await);
    let ids = many(&world, &ann, 2).await;
    bob.post(&at(&ids[0], "attend"), json!({})).await.expect(200);
    let of_bob = format!("/api/v1/conversations?view=user&user_id={}&group_id=2", bob.id);
    let rows = ada.get(&of_bob).await.expect(200)["conversations"].as_array().unwrap().clone();
    assert_eq!(rows.iter().map(|row| id(&row["conversation"])).collect::<Vec<_>>(), [ids[0].clone()]);
    ann.get(&of_bob).await.refused(403, "forbidden");
    assert_eq!(bob.get(&of_bob).await.expect(200)["conversations"].as_array().unwrap().len(), 1);
    ada.get("/api/v1/conversations?view=user").await.refused(422, "validation");
}

async fn s4_21_the_list_of_all_pages_while_messages_arrive(kind: Kind) {
    let world = World::start(kind).await;
    let ada = world.ada().await;
    let ids = many(&world, &ada, 250).await;
    let close = json!({"ids": ids[..60], "action": "close"});
    ada.post("/api/v1/conversations/bulk", close).await.expect(200);
    let (mut seen, mut after, mut pages) = (Vec::new(), String::new(), Vec::new());
    loop {
        let path = format!("/api/v1/conversations?view=all&group_id=2&limit=100{after}");
        let page = ada.get(&path).await.expect(200);
        let rows = page["conversations"].as_array().unwrap();
        pages.push(rows.len());
        seen.extend(rows.iter().map(|row| id(&row["conversation"])));
        world
            .call_back(&text(
                &format!("4477009300{:02}", pages.len()),
                &format!("wamid.new{}", pages.len()),
                "New",
            ))
            .await;
        let Some(next) = page["meta"]["next"].as_str() else { break };
        after = format!("&after={next}");
    }
    assert_eq!(pages, [100, 100, 50]);
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 250);
}
