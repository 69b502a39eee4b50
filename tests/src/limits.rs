//! Limits on abuse: each door has one, per person or per address, and says when to come back; and whose address it is.

use crate::answer::Answer;
use crate::people::sign_in;
use crate::provider::{post_signed, text};
use crate::world::{APP_SECRET, HTTP, Kind, PASSWORD, UNLIMITED, World};
use serde_json::{Value, json};
use switchboard_web::config::Limits;

both!(
    d_12_the_21st_message_of_a_visitor_in_a_minute_waits,
    d_12_new_visitors_of_one_address_are_limited,
    d_12_the_api_is_limited_per_user,
    d_12_the_widget_is_limited_per_address,
    d_12_callbacks_without_a_signature_are_limited_and_genuine_ones_are_not,
    d_12_behind_a_proxy_everybody_has_limits_of_their_own,
);

#[track_caller]
fn waits(answer: &Answer) {
    answer.refused(429, "rate_limited");
    let seconds: u64 = answer.header("retry-after").parse().expect("Retry-After is a number");
    assert!((1..=60).contains(&seconds), "{seconds}");
}

/// To see it go red: leave out `door.message` in `visitor_session.rs`, or key the quota by socket.
async fn d_12_the_21st_message_of_a_visitor_in_a_minute_waits(kind: Kind) {
    let world = World::start_with(kind, |config| config.limits = Limits::default()).await;
    let ann = world.ann().await;
    let mut visitor = world.visitor(None).await;
    for n in 1..=20 {
        let answer = visitor.write(&format!("v{n}"), "Hello").await;
        assert_eq!(answer["t"], "ack", "message {n}: {answer}");
    }
    let mut again = world.visitor(Some(&visitor.token)).await;
    for socket in [&mut visitor, &mut again] {
        let refused = socket.write("v21", "One too many").await;
        assert_eq!((&refused["t"], &refused["code"]), (&json!("error"), &json!("rate_limited")), "{refused}");
        let seconds = refused["retry_after"].as_u64().expect("when to come back");
        assert!((1..=60).contains(&seconds), "{seconds}");
    }
    let row = ann.list("all").await.pop().unwrap();
    assert_eq!(row["inbound_count"], 20, "what was refused was not stored");
    let mut other = world.visitor(None).await;
    other.say("I am not that one").await;
}

async fn d_12_new_visitors_of_one_address_are_limited(kind: Kind) {
    let limits = Limits { visitors: 2, ..UNLIMITED };
    let world = World::start_with(kind, |config| config.limits = limits).await;
    let first = world.visitor(None).await;
    world.visitor(None).await;
    let start = |token: Option<&str>| json!({"t": "session.start", "d": {"widget_key": world.widget_key, "token": token}});
    let mut third = world.panel().await;
    let refused = third.ask(start(None)).await;
    assert_eq!(refused["code"], "rate_limited", "{refused}");
    assert!((1..=60).contains(&refused["retry_after"].as_u64().unwrap()));
    assert_eq!(third.closed().await, Some(4009), "the panel comes back later, it is not refused for good");
    let mut known = world.panel().await;
    assert_eq!(known.ask(start(Some(&first.token))).await["t"], "hello", "who was here before may come");
}

async fn d_12_the_api_is_limited_per_user(kind: Kind) {
    let limits = Limits { api: 30, ..UNLIMITED };
    let world = World::start_with(kind, |config| config.limits = limits).await;
    let (ann, bob) = (world.ann().await, world.bob().await);
    for _ in 0..30 {
        ann.get("/api/v1/session").await.expect(200);
    }
    waits(&ann.get("/api/v1/session").await);
    waits(&ann.post("/api/v1/conversations/bulk", json!({})).await);
    // Signed in twice is one person; a colleague is another, from the same address.
    bob.get("/api/v1/session").await.expect(200);
    // Strangers have a limit per address, of their own.
    let mut last = None;
    for _ in 0..31 {
        last = Some(Answer::of(HTTP.get(format!("{}/api/v1/setup", world.server.url))).await);
    }
    waits(&last.unwrap());
    bob.get("/api/v1/session").await.expect(200);
}

async fn d_12_the_widget_is_limited_per_address(kind: Kind) {
    let limits = Limits { widget: 5, ..UNLIMITED };
    let world = World::start_with(kind, |config| config.limits = limits).await;
    let load = |path: String| async move { Answer::of(HTTP.get(path)).await };
    let url = &world.server.url;
    for n in 0..5 {
        let path = if n % 2 == 0 { "w/no-such-key.js" } else { "widget/v1/frame/no-such-key" };
        assert_eq!(load(format!("{url}/{path}")).await.status, 404);
    }
    for path in ["w/no-such-key.js", "widget/v1/frame/no-such-key", "widget/v1/transcript"] {
        waits(&load(format!("{url}/{path}")).await);
    }
    assert_eq!(load(format!("{url}/health/live")).await.status, 200);
}

/// To see it go red: leave out `spend` in `not_genuine`, or in the other direction `take` in `fair`.
async fn d_12_callbacks_without_a_signature_are_limited_and_genuine_ones_are_not(kind: Kind) {
    let limits = Limits { bad_callbacks: 5, ..UNLIMITED };
    let world = World::start_with(kind, |config| config.limits = limits).await;
    for n in 0..20 {
        world.call_back(&text("447700900123", &format!("wamid.{n}"), "Hello")).await;
    }
    let body = || text("447700900123", "wamid.forged", "Hello").to_string();
    for _ in 0..5 {
        post_signed(&world.hook(), "wrong", body()).await.refused(401, "bad_signature");
    }
    waits(&post_signed(&world.hook(), "wrong", body()).await);
    // A secret that is wrong for one channel does not silence the provider's others.
    let sms = format!("{}/hooks/sms/{}", world.server.url, world.sms);
    assert_eq!(Answer::of(HTTP.post(&sms).body("Body=x")).await.status, 401);
    world.sms_phone("+447700900124").text("Still heard").await.unwrap();
    // Nor is anybody listened to who guesses addresses.
    let unknown = format!("{}/hooks/whatsapp/999", world.server.url);
    for _ in 0..5 {
        assert_eq!(post_signed(&unknown, APP_SECRET, body()).await.status, 404);
    }
    waits(&post_signed(&unknown, APP_SECRET, body()).await);
    assert_eq!(world.database.run("SELECT COUNT(*) FROM message"), 21);
}

async fn sign_in_from(world: &World, address: &str, password: &str) -> Answer {
    let url = &world.server.url;
    let request = HTTP.post(format!("{url}/api/v1/session")).header("origin", url);
    let body = json!({"email": "ann@team.test", "password": password});
    Answer::of(request.header("x-forwarded-for", address).json(&body)).await
}

/// To see it go red: take the peer instead of `source` in `Site`, or the first instead of the last name of the header.
async fn d_12_behind_a_proxy_everybody_has_limits_of_their_own(kind: Kind) {
    let world = World::start_with(kind, |config| {
        config.trusted_proxies = "127.0.0.0/8, 10.0.0.1".parse().unwrap();
    })
    .await;
    let ada = world.ada().await;
    for n in 0..5 {
        // What the guesser writes in front of the proxy's own word moves nothing.
        let claimed = format!("198.51.100.{n}, 203.0.113.7, 10.0.0.1");
        sign_in_from(&world, &claimed, "wrong-password").await.refused(401, "login_failed");
    }
    sign_in_from(&world, "198.51.100.9, 203.0.113.7", PASSWORD).await.refused(429, "rate_limited");
    sign_in_from(&world, "203.0.113.8", PASSWORD).await.expect(201);
    // And that address is what is written down.
    let log = ada.get("/api/v1/audit?action=sign_in").await.expect(200);
    let tried: Vec<&Value> = log["entries"].as_array().unwrap().iter().collect();
    assert_eq!(tried.len(), 5, "{log}");
    assert!(tried.iter().all(|line| line["ip"] == "203.0.113.7"), "{log}");
    let log = ada.get("/api/v1/audit?action=signed_in").await.expect(200);
    assert_eq!(log["entries"][0]["ip"], "203.0.113.8");
    // Nobody is believed who was not named.
    let open = World::start(kind).await;
    for n in 0..5 {
        let claimed = format!("203.0.113.{n}");
        sign_in_from(&open, &claimed, "wrong-password").await.refused(401, "login_failed");
    }
    sign_in_from(&open, "203.0.113.99", PASSWORD).await.refused(429, "rate_limited");
    sign_in(&open.server.url, "bob@team.test", PASSWORD).await.expect(201);
}
