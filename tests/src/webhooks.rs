//! Webhooks out: signed, in the order of each conversation, tried again, and never to somebody who may not know.

use crate::people::{Agent, id};
use crate::process::Process;
use crate::provider::{post_signed, text};
use crate::receiver::{Hit, Receiver};
use crate::world::{APP_SECRET, Kind, Server, World, eventually, eventually_or};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use switchboard_engine::webhook::signature;
use switchboard_web::config::Config;

both!(
    d_17_deliveries_are_signed_and_in_order,
    d_17_a_receiver_that_was_away_misses_nothing,
    d_17_a_receiver_that_stays_away_is_given_up,
    d_17_a_kill_loses_no_delivery,
    d_17_what_is_hidden_or_deleted_is_not_told,
    d_17_webhooks_are_for_admins_and_the_internet,
);

const WEBHOOKS: &str = "/api/v1/webhooks";

/// A webhook for new messages and ends; answers its id and its secret.
async fn subscribe(by: &Agent, to: &Receiver) -> (String, String) {
    let wanted = json!({"url": to.url, "events": ["message.created", "conversation.closed"]});
    let made = by.post(WEBHOOKS, wanted).await.expect(201);
    (id(&made["webhook"]), made["secret"].as_str().unwrap().to_owned())
}

/// Waits until so many texts were taken.
async fn taken(receiver: &Receiver, count: usize) -> Vec<String> {
    eventually_or(&format!("{count} messages"), || async {
        let texts = receiver.texts();
        if texts.len() >= count { Ok(texts) } else { Err(format!("{:?}", receiver.hits())) }
    })
    .await
}

async fn deliveries(by: &Agent, webhook: &str) -> Vec<Value> {
    let log = by.get(&format!("{WEBHOOKS}/{webhook}/deliveries")).await.expect(200);
    log["deliveries"].as_array().unwrap().clone()
}

async fn webhook(by: &Agent, wanted: &str) -> Value {
    let all = by.get(WEBHOOKS).await.expect(200);
    all["webhooks"].as_array().unwrap().iter().find(|one| one["id"] == wanted).unwrap().clone()
}

#[track_caller]
fn verify(hit: &Hit, secrets: &[&str]) {
    let at = hit.header("webhook-timestamp").parse().unwrap();
    let wanted = signature(secrets, hit.header("webhook-id"), at, hit.body.as_bytes()).unwrap();
    assert_eq!(hit.header("webhook-signature"), wanted);
}

/// To see it go red: sign another body, or order `due` by nothing.
async fn d_17_deliveries_are_signed_and_in_order(kind: Kind) {
    let world = World::start(kind).await;
    let (ada, receiver) = (world.ada().await, Receiver::start().await);
    world.phone("+447700900120").text("Before").await.unwrap();
    let (hook, secret) = subscribe(&ada, &receiver).await;
    let phones = ["+447700900121", "+447700900122"].map(|number| world.phone(number));
    let mut wanted = Vec::new();
    for n in 0..10 {
        for (phone, name) in phones.iter().zip(["a", "b"]) {
            wanted.push(format!("{name}{n}"));
            phone.text(&format!("{name}{n}")).await.unwrap();
        }
    }
    let texts = taken(&receiver, 20).await;
    for name in ["a", "b"] {
        let own = |all: &[String]| all.iter().filter(|t| t.starts_with(name)).cloned().collect::<Vec<_>>();
        assert_eq!(own(&texts), own(&wanted), "in order, once, and nothing from before");
    }
    let hits = receiver.hits();
    let ids: BTreeSet<&str> = hits.iter().map(|hit| hit.header("webhook-id")).collect();
    assert_eq!(ids.len(), hits.len());
    for hit in &hits {
        verify(hit, &[&secret]);
        assert_eq!(hit.header("content-type"), "application/json");
    }
    let body = hits[0].json();
    assert_eq!((&body["type"], &body["data"]["seq"]), (&json!("message.created"), &json!(2)));
    assert!(body["timestamp"].is_string() && body["data"]["conversation_id"].is_string());
    assert_eq!(body["data"]["conversation"]["contact"]["phone"], "+447700900121");
    assert_eq!(body["data"]["message"]["direction"], "in");

    // A ping, and a secret that is changed without a gap.
    let ping = ada.post(&format!("{WEBHOOKS}/{hook}/ping"), json!({})).await.expect(202);
    let sent = eventually("the ping", || async {
        receiver.hits().into_iter().find(|hit| hit.json()["type"] == "ping")
    })
    .await;
    verify(&sent, &[&secret]);
    eventually("its line in the log", || async {
        let log = deliveries(&ada, &hook).await;
        log.into_iter().find(|one| one["id"] == ping["delivery"]["id"] && one["state"] == "delivered")
    })
    .await;
    let renewed = ada.post(&format!("{WEBHOOKS}/{hook}/secret"), json!({})).await.expect(200);
    let renewed = renewed["secret"].as_str().unwrap();
    assert_ne!(renewed, secret);
    phones[0].text("With both").await.unwrap();
    taken(&receiver, 21).await;
    verify(receiver.hits().last().unwrap(), &[renewed, &secret]);
    world.server.clock.set_ahead(Duration::from_hours(25));
    phones[0].text("With the new one").await.unwrap();
    taken(&receiver, 22).await;
    verify(receiver.hits().last().unwrap(), &[renewed]);
    for hidden in [renewed, &secret] {
        assert!(!world.dump().contains(hidden), "sealed at rest");
        assert!(!ada.get(WEBHOOKS).await.text().contains(hidden), "shown once");
    }
}

/// To see it go red: leave out `earlier` in `due`, or `follow` without the position.
async fn d_17_a_receiver_that_was_away_misses_nothing(kind: Kind) {
    let mut world = World::start(kind).await;
    let (ada, receiver) = (world.ada().await, Receiver::start().await);
    let (hook, _) = subscribe(&ada, &receiver).await;
    // One conversation's message is refused twice; the other goes on meanwhile.
    receiver.answer(|hit| if hit.text().as_deref() == Some("a0") { 500 } else { 200 });
    let (first, second) = (world.phone("+447700900121"), world.phone("+447700900122"));
    for n in 0..3 {
        first.text(&format!("a{n}")).await.unwrap();
    }
    second.text("b0").await.unwrap();
    assert_eq!(taken(&receiver, 1).await, ["b0"]);
    let tries = |texts: &[Hit]| texts.iter().filter(|hit| hit.text().as_deref() == Some("a0")).count();
    let tried = |count: usize| {
        let receiver = &receiver;
        async move {
            let what = format!("attempt {count}");
            eventually(&what, || async { (tries(&receiver.hits()) >= count).then_some(()) }).await;
        }
    };
    tried(1).await;
    let waiting = eventually("the failure in the log", || async {
        let log = deliveries(&ada, &hook).await;
        log.into_iter().find(|one| one["attempts"] == 1 && one["state"] == "queued")
    })
    .await;
    assert_eq!((&waiting["answer"], &waiting["problem"]), (&json!(500), &json!("HTTP 500")));
    world.server.clock.set_ahead(Duration::from_secs(11));
    tried(2).await;
    // It goes on after a restart of the server; then the receiver is well again.
    world.restart().await;
    receiver.answer(|_| 200);
    world.server.clock.set_ahead(Duration::from_mins(2));
    assert_eq!(taken(&receiver, 4).await, ["b0", "a0", "a1", "a2"]);
    let same: BTreeSet<String> = receiver
        .hits()
        .iter()
        .filter(|hit| hit.text().as_deref() == Some("a0"))
        .map(|hit| hit.header("webhook-id").to_owned())
        .collect();
    assert_eq!(same.len(), 1, "every attempt under the same id");
    eventually("a healthy webhook", || async {
        let now = webhook(&ada, &hook).await;
        (now["failing_since"].is_null() && now["waiting"] == 0).then_some(())
    })
    .await;
    // Once more, by hand.
    let done = deliveries(&ada, &hook).await.pop().unwrap();
    let again = format!("{WEBHOOKS}/{hook}/deliveries/{}/resend", id(&done));
    ada.post(&again, json!({})).await.expect(202);
    assert_eq!(taken(&receiver, 5).await.len(), 5);
    ada.post(&format!("{WEBHOOKS}/{hook}/deliveries/1/resend"), json!({})).await.refused(404, "not_found");
}

async fn d_17_a_receiver_that_stays_away_is_given_up(kind: Kind) {
    let world = World::start(kind).await;
    let (ada, receiver) = (world.ada().await, Receiver::start().await);
    let (hook, _) = subscribe(&ada, &receiver).await;
    // A redirect is not followed: it counts as a failure.
    receiver.answer(|_| 302);
    let phone = world.phone("+447700900121");
    phone.text("First").await.unwrap();
    eventually("the failure", || async { webhook(&ada, &hook).await["failing_since"].as_str().map(drop) })
        .await;
    world.server.clock.set_ahead(Duration::from_hours(25));
    let off = eventually("the end", || async {
        let now = webhook(&ada, &hook).await;
        (now["enabled"] == false).then_some(now)
    })
    .await;
    assert_eq!(off["reason"], "Nothing could be delivered for 24 hours.");
    ada.post(&format!("{WEBHOOKS}/{hook}/ping"), json!({})).await.refused(409, "webhook_disabled");
    receiver.answer(|_| 200);
    phone.text("While it was off").await.unwrap();
    let on = ada.patch(&format!("{WEBHOOKS}/{hook}"), json!({"enabled": true})).await.expect(200);
    assert_eq!((&on["webhook"]["enabled"], &on["webhook"]["reason"]), (&json!(true), &Value::Null));
    world.server.clock.set_ahead(Duration::from_hours(26));
    assert_eq!(taken(&receiver, 2).await, ["First", "While it was off"]);
    // Whoever says that nobody lives here any more is believed at once.
    receiver.answer(|_| 410);
    phone.text("Last").await.unwrap();
    let gone = eventually("the end", || async {
        let now = webhook(&ada, &hook).await;
        (now["enabled"] == false).then_some(now)
    })
    .await;
    assert_eq!(gone["reason"], "The receiver answered 410 Gone.");
    assert_eq!(ada.delete(&format!("{WEBHOOKS}/{hook}")).await.status, 204);
    assert_eq!(ada.get(WEBHOOKS).await.expect(200)["webhooks"], json!([]));
}

/// To see it go red: mark deliveries as delivered before they are sent.
async fn d_17_a_kill_loses_no_delivery(kind: Kind) {
    static TAKES: AtomicBool = AtomicBool::new(true);
    let mut world = World::start(kind).await;
    let (ada, receiver) = (world.ada().await, Receiver::start().await);
    subscribe(&ada, &receiver).await;
    let channel = world.whatsapp.clone();
    world.server.stop().await;
    // It takes every other delivery and hangs up on the rest, so that something is always under way.
    receiver.answer(|_| if TAKES.fetch_xor(true, Ordering::Relaxed) { 200 } else { 0 });
    let mut acknowledged = BTreeSet::new();
    for round in 0..3 {
        let mut process = Process::start(&world.database, world.folder.path()).await;
        let hook = format!("{}/hooks/whatsapp/{channel}", process.url);
        for n in 0..20 {
            let name = format!("wamid.{round}.{n}");
            let body = text(&format!("44770090012{}", n % 5), &name, &name).to_string();
            assert_eq!(post_signed(&hook, APP_SECRET, body).await.status, 200);
            acknowledged.insert(name);
        }
        process.kill();
        assert_eq!(process.ended().await, None);
    }
    receiver.answer(|_| 200);
    world.server = Server::start(world.config()).await;
    world.server.clock.set_ahead(Duration::from_hours(1));
    eventually_or("every delivery", || async {
        let got: BTreeSet<String> = receiver.texts().into_iter().collect();
        let missing: Vec<&String> = acknowledged.difference(&got).collect();
        if missing.is_empty() { Ok(()) } else { Err(format!("missing {missing:?}")) }
    })
    .await;
    // What came twice came under the same id.
    let hits = receiver.hits();
    let ids: BTreeSet<&str> = hits.iter().map(|hit| hit.header("webhook-id")).collect();
    assert_eq!(ids.len(), acknowledged.len());
}

async fn d_17_what_is_hidden_or_deleted_is_not_told(kind: Kind) {
    let world = World::start(kind).await;
    let (ada, ann, receiver) = (world.ada().await, world.ann().await, Receiver::start().await);
    let phone = world.phone("+447700900121");
    phone.text("Before").await.unwrap();
    let before = ann.conversation_with("+447700900121").await;
    let access = format!("/api/v1/contacts/{}/access", id(&before["contact"]));
    ada.put(&access, json!({"visible_to": [ann.id]})).await.expect(200);
    ada.post(&format!("/api/v1/conversations/{}/close", id(&before)), json!({})).await.expect(200);
    let (hook, _) = subscribe(&ada, &receiver).await;
    phone.text("For Ann only").await.unwrap();
    // Deleted while the receiver was away: nothing is told of it any more.
    let other = world.phone("+447700900122");
    receiver.answer(|_| 503);
    other.text("Deleted").await.unwrap();
    let deleted = id(&ada.conversation_with("+447700900122").await);
    eventually("a failed attempt", || async { receiver.hits().pop() }).await;
    assert_eq!(ada.delete(&format!("/api/v1/conversations/{deleted}")).await.status, 200);
    receiver.answer(|_| 200);
    world.server.clock.set_ahead(Duration::from_secs(11));
    world.phone("+447700900123").text("For all").await.unwrap();
    assert_eq!(taken(&receiver, 1).await, ["For all"]);
    let log = eventually("a settled log", || async {
        let log = deliveries(&ada, &hook).await;
        log.iter().all(|one| one["state"] != "queued").then_some(log)
    })
    .await;
    let dropped: BTreeSet<&str> = log
        .iter()
        .filter(|one| one["state"] == "dropped")
        .filter_map(|one| one["problem"].as_str())
        .collect();
    assert_eq!(dropped, BTreeSet::from(["deleted", "hidden"]));
    assert!(!receiver.hits().iter().any(|hit| hit.body.contains("For Ann only")));
}

/// To see it go red: leave out `check_url` in `Courier::post`.
async fn d_17_webhooks_are_for_admins_and_the_internet(kind: Kind) {
    let mut world = World::start(kind).await;
    let (ada, ann, receiver) = (world.ada().await, world.ann().await, Receiver::start().await);
    let wanted = json!({"url": receiver.url, "events": ["message.created"]});
    ann.get(WEBHOOKS).await.refused(403, "forbidden");
    ann.post(WEBHOOKS, wanted.clone()).await.refused(403, "forbidden");
    for (body, field) in [
        (json!({"url": "nonsense", "events": ["message.created"]}), "url"),
        (json!({"url": receiver.url, "events": []}), "events"),
        (json!({"url": receiver.url, "events": ["typing"]}), "events"),
    ] {
        let answer = ada.post(WEBHOOKS, body).await;
        answer.refused(422, "validation");
        assert!(answer.json()["error"]["fields"][field].is_string(), "{}", answer.text());
    }
    let (hook, _) = subscribe(&ada, &receiver).await;
    // The same server as it is when nobody allowed it more: what leads inside is not taken, and what was taken is not called.
    world.server.stop().await;
    world.server = Server::start(Config { webhooks_inside: false, ..world.config() }).await;
    for url in [receiver.url.as_str(), "https://127.0.0.1/", "https://[::1]/", "https://192.168.0.7/x"] {
        let body = json!({"url": url, "events": ["message.created"]});
        ada.post(WEBHOOKS, body).await.refused(422, "validation");
    }
    world.phone("+447700900121").text("Not there").await.unwrap();
    let failed = eventually("a failed delivery", || async {
        deliveries(&ada, &hook).await.into_iter().find(|one| one["attempts"] == 1)
    })
    .await;
    assert_eq!(failed["problem"], "it may not go to this address");
    assert!(receiver.hits().is_empty());
    let log = ada.get("/api/v1/audit?action=open_settings").await.expect(200).to_string();
    assert!(
        log.contains("\"webhook\":\"created\"") && !log.contains("/hook\""),
        "the host, not the path: {log}"
    );
}
