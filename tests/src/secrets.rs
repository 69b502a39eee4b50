//! Keys of providers go in and never come out: not in the database as they are, the log, an event, an export, an answer or a number.

use crate::answer::Answer;
use crate::people::{Agent, id};
use crate::process::Process;
use crate::world::{DIALOG_ID, GATEWAY_NUMBER, HTTP, Kind, VONAGE_NUMBER, World, eventually};
use serde_json::{Value, json};

both!(d_11_a_planted_key_is_found_nowhere);

/// What is planted: each as no one could write it by chance. Some are refused by their provider, which says so with as many words as it likes.
const PLANTED: [&str; 12] = [
    "planted-access-token-0001",
    "planted-app-secret-0002",
    "planted-verify-token-0003",
    "planted-api-key-0004",
    "planted-webhook-secret-0005",
    "planted-auth-token-0006",
    "planted-api-secret-0007",
    "planted-signature-secret-0008",
    "planted-token-0009",
    "planted-gateway-secret-0010",
    "planted-rotated-token-0011",
    "planted-check-only-0012",
];

/// Connects a channel of every provider with planted keys, on a server that logs everything; their accounts outside know the same ones.
async fn plant(world: &World, ada: &Agent) -> Vec<String> {
    let base_url = world.simulator.base_url();
    let channel = |provider: &str, kind: &str, address: &str, credentials: Value| {
        let settings = match provider {
            "http_sms" => {
                json!({"send_url": format!("{base_url}/http-sms/messages"), "check_url": format!("{base_url}/http-sms/account")})
            }
            "cloud_api" => {
                json!({"base_url": base_url, "accept_any_number": true, "waba_id": "102290129340398"})
            }
            _ => json!({"base_url": base_url}),
        };
        json!({"kind": kind, "provider": provider, "name": provider, "group_id": "2", "address": address,
            "settings": settings, "credentials": credentials})
    };
    let wanted = [
        channel(
            "cloud_api",
            "whatsapp",
            "277321005464405",
            json!({"access_token": PLANTED[0], "app_secret": PLANTED[1], "verify_token": PLANTED[2]}),
        ),
        channel(
            "dialog360",
            "whatsapp",
            DIALOG_ID,
            json!({"api_key": PLANTED[3], "webhook_secret": PLANTED[4]}),
        ),
        channel(
            "twilio",
            "sms",
            "+441134960009",
            json!({"account_sid": "ACbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb", "auth_token": PLANTED[5]}),
        ),
        channel(
            "vonage",
            "sms",
            VONAGE_NUMBER,
            json!({"api_key": PLANTED[3], "api_secret": PLANTED[6], "signature_secret": PLANTED[7]}),
        ),
        channel(
            "http_sms",
            "sms",
            GATEWAY_NUMBER,
            json!({"token": PLANTED[8], "webhook_secret": PLANTED[9]}),
        ),
    ];
    let mut answers = Vec::new();
    // Strange to their providers, who refuse them: what they say of it is an answer, too.
    for channel in &wanted {
        answers.push(ada.post("/api/v1/channels/check", channel.clone()).await.text());
        answers.push(ada.post("/api/v1/channels", channel.clone()).await.text());
    }
    for (channel, secret) in wanted.iter().zip([0, 3, 5, 6, 8]) {
        let address = channel["address"].as_str().unwrap();
        // One of them is nobody's number.
        let _ = world.simulator.set_access_token(address, PLANTED[secret]);
        answers.push(ada.post("/api/v1/channels/check", channel.clone()).await.text());
        answers.push(ada.post("/api/v1/channels", channel.clone()).await.text());
    }
    answers
}

/// Everything an admin can read without naming an id, and each of the channels.
async fn read_all(ada: &Agent) -> Vec<String> {
    let mut answers = Vec::new();
    for path in [
        "channels",
        "audit?limit=200",
        "business",
        "users",
        "groups",
        "session",
        "me",
        "search?q=planted",
        "conversations?view=all",
    ] {
        answers.push(ada.get(&format!("/api/v1/{path}")).await.text());
    }
    let channels = ada.get("/api/v1/channels").await.expect(200);
    for channel in channels["channels"].as_array().unwrap() {
        let path = format!("/api/v1/channels/{}", id(channel));
        answers.push(ada.get(&path).await.text());
        answers.push(ada.post(&format!("{path}/check"), json!({})).await.text());
    }
    answers
}

#[track_caller]
fn clean(what: &str, text: &str, secrets: &[&str]) {
    for secret in secrets {
        if let Some(at) = text.find(secret) {
            let start = text[..at].char_indices().rev().nth(200).map_or(0, |(at, _)| at);
            panic!("{what} holds {secret}: …{}", &text[start..at]);
        }
    }
}

/// To see it go red: derive `Debug` for `Line`, answer `credentials` with a channel, or store one unsealed.
async fn d_11_a_planted_key_is_found_nowhere(kind: Kind) {
    let mut world = World::start(kind).await;
    world.server.stop().await;
    let log = world.folder.path().join("server.log");
    let mut process = Process::start_logging(&world.database, world.folder.path(), Some(&log)).await;
    let ada = Agent::sign_in(&process.url, "ada@team.test").await;
    let mut answers = plant(&world, &ada).await;
    let kept = world.database.run("SELECT COUNT(*) FROM channel WHERE credentials IS NOT NULL");
    assert!(kept >= 4, "a channel with planted keys is connected: {answers:#?}");
    let planted = "SELECT id FROM channel WHERE address = '277321005464405'";
    let line = format!("/api/v1/channels/{}", world.database.run(planted));
    // Used: a message comes in by it and an answer leaves; templates are fetched; a key is changed, to one that is refused, and to a right one.
    let hook = format!("{}/hooks/whatsapp/{}", process.url, world.database.run(planted));
    world.simulator.set_webhook("277321005464405", &hook).unwrap();
    let handshake = format!("{hook}?hub.mode=subscribe&hub.verify_token={}&hub.challenge=1", PLANTED[2]);
    assert_eq!(Answer::of(HTTP.get(handshake)).await.status, 200);
    let wrong = format!("{hook}?hub.mode=subscribe&hub.verify_token={}&hub.challenge=1", PLANTED[11]);
    assert_eq!(Answer::of(HTTP.get(wrong)).await.status, 403);
    answers.push(ada.patch(&line, json!({"credentials": {"app_secret": ""}})).await.text());
    answers.push(ada.post(&format!("{line}/templates/sync"), json!({})).await.text());
    let refused = ada.patch(&line, json!({"credentials": {"access_token": PLANTED[10]}})).await;
    assert!(refused.status >= 400, "the provider does not know it: {}", refused.text());
    answers.push(refused.text());
    world.simulator.set_access_token("277321005464405", PLANTED[10]).unwrap();
    let body = json!({"credentials": {"access_token": PLANTED[10]}});
    answers.push(ada.patch(&line, body).await.expect(200).to_string());
    let mut socket = ada.listen().await;
    let body = crate::provider::text("447700900123", "wamid.1", "Hello").to_string();
    let body = body.replace(crate::world::WHATSAPP_ID, "277321005464405");
    crate::provider::post_signed(&hook, PLANTED[1], body).await.expect(200);
    let conversation = id(&ada.conversation_with("+447700900123").await);
    let message = ada.say(&conversation, "An answer").await;
    eventually("the answer to leave", || async {
        let sent = world.simulator.journal();
        sent.iter().any(|one| *one.body == *"An answer").then_some(())
    })
    .await;
    ada.message_where(&conversation, "a tick", |m| m["id"] == *message && m["status"] != "queued").await;
    for format in ["txt", "pdf"] {
        let path = format!("/api/v1/conversations/{conversation}/transcript?format={format}");
        answers.push(ada.get(&path).await.text());
    }
    // The identity secret of a widget is told once, to whoever makes it, and never again.
    let widget = format!("/api/v1/channels/{}/widget/identity_secret", world.webchat);
    let identity = ada.post(&widget, json!({})).await;
    assert!((200..300).contains(&identity.status), "{}", identity.text());
    let identity = identity.json().to_string();
    let identity = identity.split('"').filter(|part| part.len() >= 32).max_by_key(|part| part.len()).unwrap();
    answers.extend(read_all(&ada).await);
    let frames = socket.settle().await.iter().map(Value::to_string).collect::<String>();
    let metrics = Answer::of(HTTP.get(format!("{}/metrics", process.url))).await.text();
    process.terminate();
    process.ended().await;

    let secrets: Vec<&str> = PLANTED.into_iter().chain([identity]).collect();
    for answer in &answers {
        clean("an answer", answer, &secrets);
    }
    clean("a frame", &frames, &secrets);
    clean("/metrics", &metrics, &secrets);
    let logged = std::fs::read_to_string(&log).unwrap();
    assert!(logged.contains("/api/v1/channels"), "the log was written: {} bytes", logged.len());
    clean("the log", &logged, &secrets);
    let stored = world.dump();
    assert!(stored.contains("277321005464405") && stored.contains("An answer"), "the bytes were read");
    clean("the database", &stored, &secrets);
    for entry in
        std::fs::read_dir(world.folder.path()).unwrap().flatten().filter(|entry| entry.path().is_file())
    {
        let bytes = std::fs::read(entry.path()).unwrap();
        clean(&entry.path().display().to_string(), &String::from_utf8_lossy(&bytes), &secrets);
    }
}
