//! Who waits for an answer, what counts as one, and which receipts are believed.

use crate::people::{Agent, id};
use crate::provider::failed;
use crate::sending::{hold_outside_hours, hours_from_the_day_after_tomorrow};
use crate::world::{Kind, WHATSAPP_ID, World, eventually, eventually_or};
use serde_json::{Value, json};

both!(
    h_31_an_answer_that_was_taken_back_or_failed_is_none,
    h_31_who_waited_when_it_was_closed_waits_when_it_is_back,
    h_07_a_widget_says_nothing_of_another_line,
    s2_08_everything_a_visitor_has_seen_is_seen,
    s2_03_a_client_id_stands_for_one_message_only,
    s0_38_nothing_is_opened_in_an_archived_group,
);

const NUMBER: &str = "+447700900123";

fn at(conversation: &str, what: &str) -> String {
    format!("/api/v1/conversations/{conversation}/{what}")
}

/// Since when the customer waits; the list of those who wait says the same.
async fn waits(by: &Agent, conversation: &str) -> Value {
    let since = by.conversation(conversation).await["waiting_since"].clone();
    let pending = by.list("pending").await.iter().any(|row| id(row) == conversation);
    assert_eq!(pending, since.is_string(), "{since}");
    since
}

/// To see it go red: let `Outcome::unsettles` be false.
async fn h_31_an_answer_that_was_taken_back_or_failed_is_none(kind: Kind) {
    let world = World::start(kind).await;
    let ann = world.ann().await;
    world.phone(NUMBER).text("Hello").await.unwrap();
    let conversation = id(&ann.conversation_with(NUMBER).await);
    let since = waits(&ann, &conversation).await;
    assert!(since.is_string());
    world.simulator.faults().change(WHATSAPP_ID, |faults| faults.callbacks = false).unwrap();
    let lost = ann.say(&conversation, "Lost").await;
    ann.status(&conversation, &lost, "sent").await;
    assert_eq!(waits(&ann, &conversation).await, Value::Null);
    let wamid = world.simulator.journal()[0].id.to_string();
    world.call_back(&failed(&wamid, 131_026)).await;
    ann.status(&conversation, &lost, "failed").await;
    assert_eq!(waits(&ann, &conversation).await, since, "since they wrote");
    ann.post(&format!("/api/v1/messages/{lost}/retry"), json!({})).await.expect(200);
    ann.status(&conversation, &lost, "sent").await;
    assert_eq!(waits(&ann, &conversation).await, Value::Null);

    let (hours, _) = hours_from_the_day_after_tomorrow(&world);
    hold_outside_hours(&world, hours).await;
    world.sms_phone("+447700900124").text("Hello").await.unwrap();
    let conversation = id(&ann.conversation_with("+447700900124").await);
    let since = waits(&ann, &conversation).await;
    let held = ann.write(&conversation, "c1", "In the morning").await.expect(202)["message"].clone();
    assert_eq!(waits(&ann, &conversation).await, Value::Null);
    ann.post(&format!("/api/v1/messages/{}/cancel", id(&held)), json!({})).await.expect(200);
    assert_eq!(waits(&ann, &conversation).await, since);
}

async fn h_31_who_waited_when_it_was_closed_waits_when_it_is_back(kind: Kind) {
    let world = World::start(kind).await;
    let (ada, ann) = (world.ada().await, world.ann().await);
    world.phone(NUMBER).text("Hello").await.unwrap();
    let conversation = id(&ann.conversation_with(NUMBER).await);
    let since = waits(&ann, &conversation).await;
    ada.post(&at(&conversation, "close"), json!({})).await.expect(200);
    assert_eq!(waits(&ann, &conversation).await, Value::Null);
    ada.post(&at(&conversation, "reopen"), json!({})).await.expect(200);
    assert_eq!(waits(&ann, &conversation).await, since);
    ada.delete(&format!("/api/v1/conversations/{conversation}")).await.expect(200);
    ada.post(&at(&conversation, "restore"), json!({})).await.expect(200);
    assert_eq!(waits(&ann, &conversation).await, since);
    let answer = ada.say(&conversation, "Here we are").await;
    ada.status(&conversation, &answer, "delivered").await;
    ada.post(&at(&conversation, "close"), json!({})).await.expect(200);
    ada.post(&at(&conversation, "reopen"), json!({})).await.expect(200);
    assert_eq!(waits(&ann, &conversation).await, Value::Null, "they were answered");
}

/// A visitor whose number the team knows gets an SMS that is held: the widget was never shown it. To see it go red: leave the channel out of
/// `Acknowledge::decide`.
async fn h_07_a_widget_says_nothing_of_another_line(kind: Kind) {
    let mut world = World::start(kind).await;
    let ann = world.ann().await;
    let mut visitor = world.visitor(None).await;
    let conversation = visitor.say("Hello").await;
    let contact = id(&ann.conversation(&conversation).await["contact"]);
    let token = visitor.token.clone();
    world.server.stop().await;
    world.database.run(&format!(
        "INSERT INTO identity (business_id, kind, value, owner_kind, owner_id, verified, created_at) \
           VALUES (1, 'phone', '{NUMBER}', 'contact', {contact}, FALSE, 0); \
         UPDATE contact SET phone = '{NUMBER}' WHERE id = {contact}"
    ));
    world.restart().await;
    let (hours, opens) = hours_from_the_day_after_tomorrow(&world);
    hold_outside_hours(&world, hours).await;
    let body = json!({"client_id": "c1", "text": "By SMS", "channel_id": world.sms});
    let held = id(&ann.post(&at(&conversation, "messages"), body).await.expect(202)["message"]);
    let shown = ann.say(&conversation, "On the page").await;
    let mut visitor = world.visitor(Some(&token)).await;
    visitor.report("message.seen", i64::MAX / 2).await;
    ann.status(&conversation, &shown, "read").await;
    let sms = ann.message_where(&conversation, "the SMS", |one| one["id"] == held.as_str()).await;
    assert_eq!((&sms["status"], &sms["hold_reason"]), (&json!("queued"), &json!("business_hours")));
    world.server.clock.set_ahead(opens.since(world.server.clock.now()));
    let ann = world.ann().await;
    ann.status(&conversation, &held, "delivered").await;
    assert_eq!(world.sms_phone(NUMBER).inbox().len(), 1);
}

/// More than the conversation has in mind. To see it go red: let `forgotten` find nothing.
async fn s2_08_everything_a_visitor_has_seen_is_seen(kind: Kind) {
    let world = World::start(kind).await;
    let ann = world.ann().await;
    let mut visitor = world.visitor(None).await;
    let conversation = visitor.say("Hello").await;
    let token = visitor.token.clone();
    drop(visitor);
    for n in 0..70 {
        ann.say(&conversation, &format!("Answer {n}")).await;
    }
    let mut visitor = world.visitor(Some(&token)).await;
    visitor.report("message.seen", i64::MAX / 2).await;
    eventually_or("blue ticks everywhere", || async {
        let messages = ann.messages(&conversation).await;
        let left = messages.iter().filter(|one| one["direction"] == "out" && one["status"] != "read").count();
        if left == 0 { Ok(()) } else { Err(format!("{left} without")) }
    })
    .await;
}

/// To see it go red: let `is_the_same` compare texts only.
async fn s2_03_a_client_id_stands_for_one_message_only(kind: Kind) {
    let world = World::start(kind).await;
    let (ann, bob) = (world.ann().await, world.bob().await);
    let mut visitor = world.visitor(None).await;
    let conversation = visitor.say("Hello").await;
    let path = at(&conversation, "messages");
    let file = async || {
        let upload = ann.upload("list.txt", "text/plain", b"one, two".to_vec()).await;
        id(&upload.expect(201)["media"])
    };
    let body = json!({"client_id": "c1", "text": "The list", "media_ids": [file().await]});
    let first = id(&ann.post(&path, body.clone()).await.expect(201)["message"]);
    assert_eq!(id(&ann.post(&path, body.clone()).await.expect(200)["message"]), first, "the same again");
    let other = json!({"client_id": "c1", "text": "The list"});
    ann.post(&path, other.clone()).await.refused(409, "client_id_reused");
    let more = json!({"client_id": "c1", "text": "The list", "media_ids": [file().await, file().await]});
    ann.post(&path, more).await.refused(409, "client_id_reused");
    bob.post(&path, other).await.refused(409, "client_id_reused");
    assert_eq!(ann.messages(&conversation).await.len(), 2);
}

/// To see it go red: leave out `require_group`.
async fn s0_38_nothing_is_opened_in_an_archived_group(kind: Kind) {
    let world = World::start(kind).await;
    let (ada, ann) = (world.ada().await, world.ann().await);
    let group = id(&ada.post("/api/v1/groups", json!({"name": "Autumn"})).await.expect(201)["group"]);
    let moved = |to: &str| json!({"group_id": to});
    let line = format!("/api/v1/channels/{}/move", world.sms);
    ada.post(&line, moved(&group)).await.expect(200);
    let everywhere = |view: &'static str| {
        let (ada, group) = (ada.clone(), group.clone());
        async move {
            let path = format!("/api/v1/conversations?view={view}&group_id={group}");
            ada.get(&path).await.expect(200)["conversations"].as_array().unwrap().clone()
        }
    };
    let mut begun = Vec::new();
    for number in ["+447700900121", "+447700900122"] {
        world.sms_phone(number).text("Hello").await.unwrap();
        let rows = eventually("one more", || async {
            let rows = everywhere("team").await;
            (rows.len() == 1).then_some(rows)
        })
        .await;
        begun.push(id(&rows[0]["conversation"]));
        if begun.len() == 1 {
            ada.post(&at(&begun[0], "close"), json!({})).await.expect(200);
        }
    }
    ada.delete(&format!("/api/v1/conversations/{}", begun[1])).await.expect(200);
    ada.post(&line, moved("2")).await.expect(200);
    ada.post(&format!("/api/v1/groups/{group}/archive"), json!({})).await.expect(200);
    ada.post(&at(&begun[0], "reopen"), json!({})).await.refused(409, "group_archived");
    ada.post(&at(&begun[1], "restore"), json!({})).await.refused(409, "group_archived");
    ada.post(&format!("/api/v1/groups/{group}/restore"), json!({})).await.expect(200);
    ada.post(&at(&begun[0], "reopen"), json!({})).await.expect(200);
    ada.post(&at(&begun[1], "restore"), json!({})).await.expect(200);
    assert_eq!(ann.list("team").await.len(), 0);
}
