//! Providers' callbacks: genuine ones are stored before they are thanked for, and only once; everything else leaves no trace.

use crate::people::id;
use crate::provider::{fixture, post_as, post_signed, recorded_webhooks, status, text};
use crate::world::{APP_SECRET, Kind, World, eventually};
use serde_json::{Value, json};
use std::collections::BTreeSet;

both!(
    recorded_payloads_appear_in_the_inbox,
    the_documentations_signed_example_is_believed,
    a_wrong_signature_is_refused_and_leaves_nothing,
    a_channel_without_a_secret_believes_nobody,
    the_same_callbacks_four_times_in_any_order_make_one_message_with_the_right_tick,
    what_is_not_a_callback_is_refused_by_name,
    an_unknown_kind_of_message_is_kept,
    one_bad_entry_does_not_keep_its_siblings_out,
    two_hundred_first_messages_of_one_stranger_make_one_conversation,
);

/// To see it go red: let `Actors::accept` return `Ok` before `intake.receive` has answered, or drop the `Message` arm.
async fn recorded_payloads_appear_in_the_inbox(kind: Kind) {
    let world = World::start(kind).await;
    let ada = world.ada().await;
    let cases = [
        ("webhook_text.json", "text", "Does it come in another color?"),
        ("webhook_location.json", "location", "Philz Coffee"),
        ("webhook_order.json", "order", ""),
        ("webhook_interactive_list_reply.json", "button", "Priority Mail Express"),
        ("webhook_interactive_button_reply.json", "button", "Cancel"),
        ("webhook_unsupported.json", "unsupported", ""),
    ];
    for (name, kind, says) in cases {
        world.callback(fixture(&format!("whatsapp/{name}"))).await.expect(200);
        let conversation = ada.conversation_with("+16505551234").await;
        let last = ada.messages(&id(&conversation)).await.pop().unwrap();
        assert_eq!(last["kind"], kind, "{name}: {last}");
        assert!(last["text"].as_str().unwrap().contains(says), "{name}: {last}");
        assert_eq!((&last["direction"], &last["sender"]["kind"]), (&json!("in"), &json!("contact")));
    }
    // Everything ever recorded is taken, whatever it is; what is a message of a person is counted.
    for (name, body) in recorded_webhooks() {
        assert_eq!(world.callback(body).await.status, 200, "{name}");
    }
    let conversation = ada.conversation_with("+972987654321").await;
    assert_eq!(conversation["channel"]["kind"], "whatsapp");
    assert_eq!(conversation["status"], "open");
}

async fn the_documentations_signed_example_is_believed(kind: Kind) {
    let world = World::start(kind).await;
    let vectors: Value = serde_json::from_slice(&fixture("vectors.json")).unwrap();
    let vector =
        vectors.as_array().unwrap().iter().find(|v| v["id"] == "meta-x-hub-signature-256-real").unwrap();
    let ada = world.ada().await;
    let channel = json!({"kind": "whatsapp", "provider": "cloud_api", "name": "Recorded", "group_id": "2",
        "address": "277321005464405", "settings": {"base_url": world.simulator.base_url()}, "credentials": {"access_token": "t", "verify_token": "v", "app_secret": vector["secret"]}});
    let channel = ada.post("/api/v1/channels", channel).await.expect(201)["channel"].clone();
    let header = vector["header"]["X-Hub-Signature-256"].as_str().unwrap();
    let body = fixture(vector["body_file"].as_str().unwrap());
    let url = channel["webhook_url"].as_str().unwrap();
    post_as(url, Some(header), body).await.expect(200);
    let conversation = ada.conversation_with("+972544401243").await;
    assert_eq!(conversation["last_message"]["preview"], "Hey there! I am using PyWa.");
    assert_eq!(conversation["channel"]["id"], channel["id"]);
}

/// To see it go red: let `is_genuine` in `web/src/hooks/whatsapp.rs` return `true`.
async fn a_wrong_signature_is_refused_and_leaves_nothing(kind: Kind) {
    let world = World::start(kind).await;
    let ada = world.ada().await;
    let body = text("447700900123", "wamid.forged", "Send me the money").to_string();
    let genuine = switchboard_simulator::hub_signature(APP_SECRET, body.as_bytes());
    let mut altered = body.clone().into_bytes();
    altered.push(b' ');
    let swapped = genuine.replacen("sha256=", "sha1=", 1);
    let cut = &genuine[..genuine.len() - 1];
    for (what, signature, body) in [
        ("none", None, body.clone().into_bytes()),
        ("empty", Some(""), body.clone().into_bytes()),
        ("of other bytes", Some(genuine.as_str()), altered),
        ("of another scheme", Some(swapped.as_str()), body.clone().into_bytes()),
        ("cut short", Some(cut), body.clone().into_bytes()),
    ] {
        let answer = post_as(&world.hook(), signature, body).await;
        assert_eq!((answer.status, answer.code().as_str()), (401, "bad_signature"), "{what}");
    }
    post_signed(&world.hook(), "another secret", body.clone()).await.refused(401, "bad_signature");
    let sms = format!("{}/hooks/sms/{}", world.server.url, world.sms);
    let form = crate::world::HTTP
        .clone()
        .post(sms)
        .header("x-twilio-signature", "AAAA")
        .form(&[("Body", "x"), ("From", "+1")]);
    assert_eq!(crate::answer::Answer::of(form).await.status, 401);
    assert_eq!(ada.list("all").await, Vec::<Value>::new());
    assert_eq!(world.database.run("SELECT COUNT(*) FROM message"), 0);
    assert_eq!(world.database.run("SELECT COUNT(*) FROM contact"), 0);
    // The same bytes with the right signature are taken.
    world.callback(body).await.expect(200);
    ada.conversation_with("+447700900123").await;
}

/// To see it go red: let `Line::credential` hand out empty secrets.
async fn a_channel_without_a_secret_believes_nobody(kind: Kind) {
    let mut world = World::start(kind).await;
    let ada = world.ada().await;
    // It cannot be connected without one ...
    let channel = json!({"kind": "whatsapp", "provider": "cloud_api", "name": "Open", "group_id": "2",
        "address": "99999999999", "credentials": {"access_token": "t", "verify_token": "v", "app_secret": ""}});
    ada.post("/api/v1/channels", channel).await.refused(422, "validation");
    // ... and one whose secret was lost refuses instead of skipping the check.
    world.server.stop().await;
    world.database.run(&format!("UPDATE channel SET credentials = NULL WHERE id = {}", world.whatsapp));
    world.restart().await;
    let body = text("447700900123", "wamid.1", "Hello").to_string();
    for secret in ["", APP_SECRET] {
        post_signed(&world.hook(), secret, body.clone()).await.refused(401, "bad_signature");
    }
    post_as(&world.hook(), None, body.into_bytes()).await.refused(401, "bad_signature");
    assert_eq!(world.database.run("SELECT COUNT(*) FROM message"), 0);
}

/// To see it go red: let `Receive::is_repeat` answer `false` and drop the unique key, or let `Status::join` return its argument.
async fn the_same_callbacks_four_times_in_any_order_make_one_message_with_the_right_tick(kind: Kind) {
    let world = World::start(kind).await;
    let ann = world.ann().await;
    world.phone("+447700900123").text("Hello").await.unwrap();
    let conversation = id(&ann.conversation_with("+447700900123").await);
    // Nothing of the provider reaches us but what this test posts.
    world
        .simulator
        .faults()
        .change(crate::world::WHATSAPP_ID, |switches| switches.callbacks = false)
        .unwrap();
    let message = ann.say(&conversation, "Hi").await;
    ann.status(&conversation, &message, "sent").await;
    let wamid = world.simulator.journal()[0].id.to_string();
    let mut callbacks: Vec<Value> = Vec::new();
    for _ in 0..4 {
        // Statuses before messages, the last status first.
        callbacks.extend(["read", "delivered", "sent"].map(|news| status(&wamid, None, news)));
        callbacks.push(text("447700900123", "wamid.second", "Again"));
    }
    for round in 0..callbacks.len() {
        world.call_back(&callbacks[(round * 7) % callbacks.len()]).await;
    }
    let messages = ann.messages(&conversation).await;
    let texts: Vec<&str> = messages.iter().map(|message| message["text"].as_str().unwrap()).collect();
    assert_eq!(texts, ["Hello", "Hi", "Again"]);
    let ours = messages.iter().find(|one| one["id"] == message.as_str()).unwrap();
    assert_eq!(ours["status"], "read");
    for step in ["sent_at", "delivered_at", "read_at"] {
        assert!(ours[step].is_string(), "{step} is known: {ours}");
    }
    assert_eq!(ann.conversation(&conversation).await["inbound_count"], 2);
}

async fn what_is_not_a_callback_is_refused_by_name(kind: Kind) {
    let world = World::start(kind).await;
    for body in ["", "{", "[]", "null", "\"x\"", "\u{0}", r#"{"object":"page"}"#] {
        let answer = world.callback(body).await;
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (400, "malformed_body"),
            "{body:?}: {}",
            answer.text()
        );
    }
    let large = vec![b' '; (3 << 20) + 1];
    world.callback(large).await.refused(413, "body_too_large");
    let body = text("447700900123", "wamid.1", "Hello").to_string();
    for path in [
        "/hooks/whatsapp/1".to_owned(),
        "/hooks/whatsapp/none".to_owned(),
        format!("/hooks/whatsapp/{}", world.sms),
        format!("/hooks/sms/{}", world.whatsapp),
        format!("/hooks/whatsapp/{}", world.webchat),
        "/hooks/telegram/1".to_owned(),
    ] {
        let answer = post_signed(&format!("{}{path}", world.server.url), APP_SECRET, body.clone()).await;
        assert_eq!(answer.status, 404, "{path}: {}", answer.text());
    }
    assert_eq!(world.database.run("SELECT COUNT(*) FROM message"), 0);
    // The handshake of registering a URL.
    let shake =
        |token| format!("{}?hub.mode=subscribe&hub.challenge=4711&hub.verify_token={token}", world.hook());
    let right = crate::answer::Answer::of(crate::world::HTTP.clone().get(shake("verify"))).await;
    assert_eq!((right.status, right.text().as_str()), (200, "4711"));
    assert_eq!(crate::answer::Answer::of(crate::world::HTTP.clone().get(shake("wrong"))).await.status, 403);
}

async fn an_unknown_kind_of_message_is_kept(kind: Kind) {
    let world = World::start(kind).await;
    let ann = world.ann().await;
    let phone = world.phone("+447700900123");
    assert_eq!(phone.raw(json!({"type": "hologram", "hologram": {"depth": 3}})).await, Ok(200));
    let conversation = id(&ann.conversation_with("+447700900123").await);
    let message = ann.messages(&conversation).await.pop().unwrap();
    assert_eq!(message["kind"], "unsupported");
    assert!(message["extra"].to_string().contains("depth"), "the raw form is kept: {message}");
}

async fn one_bad_entry_does_not_keep_its_siblings_out(kind: Kind) {
    let world = World::start(kind).await;
    let ann = world.ann().await;
    let mut body = text("447700900123", "wamid.good", "I am fine");
    let bad = json!(["nobody", 7]);
    body["entry"][0]["changes"][0]["value"]["messages"].as_array_mut().unwrap().insert(0, bad);
    world.call_back(&body).await;
    let conversation = ann.conversation_with("+447700900123").await;
    assert_eq!(conversation["last_message"]["preview"], "I am fine");
    assert_eq!(world.database.run("SELECT COUNT(*) FROM quarantine"), 1, "the bad one is kept for a person");
}

/// To see it go red: take out the waiting for a conversation on its way into being in `actors/src/intake.rs`.
async fn two_hundred_first_messages_of_one_stranger_make_one_conversation(kind: Kind) {
    let world = World::start(kind).await;
    let ann = world.ann().await;
    let numbers: Vec<String> = (0..200).map(|n| format!("wamid.{n}")).collect();
    let posts = numbers.iter().map(|number| {
        let (world, body) = (&world, text("447700900123", number, number).to_string());
        // A machine that is too busy says so, and the provider comes again.
        eventually("a 200", move || {
            let body = body.clone();
            async move { (world.callback(body).await.status == 200).then_some(()) }
        })
    });
    futures_util::future::join_all(posts).await;
    let rows = ann.list("all").await;
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0]["inbound_count"], 200);
    let entries = ann.timeline(&id(&rows[0])).await;
    let numbers: Vec<i64> = entries.iter().map(|entry| entry["seq"].as_i64().unwrap()).collect();
    assert_eq!(numbers, (1..=201).collect::<Vec<_>>());
    let texts: BTreeSet<String> =
        entries.iter().filter_map(|e| e["d"]["message"]["text"].as_str().map(str::to_owned)).collect();
    assert_eq!(texts.len(), 200);
}
