//! The end of a process, in order and without warning: what was acknowledged is there when it is back.

use crate::people::{Agent, id};
use crate::process::Process;
use crate::provider::{post_signed, text};
use crate::world::{APP_SECRET, Kind, PATIENCE, World};
use serde_json::json;
use std::time::{Duration, Instant};

both!(
    a_restart_keeps_everything,
    an_orderly_end_sends_sockets_away_with_a_hint,
    a_killed_process_keeps_what_it_acknowledged,
);

async fn a_restart_keeps_everything(kind: Kind) {
    let mut world = World::start(kind).await;
    let ann = world.ann().await;
    let phone = world.phone("+447700900123");
    phone.file("image/png", None, crate::groups::png(), Some("Look")).await.unwrap();
    let conversation = id(&ann.conversation_with("+447700900123").await);
    let path = format!("/api/v1/conversations/{conversation}");
    ann.message_where(&conversation, "a file", |m| m["media"][0]["state"] == "ready").await;
    let message = ann.say(&conversation, "Thanks").await;
    ann.status(&conversation, &message, "delivered").await;
    ann.post(&format!("{path}/read"), json!({"upto": 99})).await.expect(200);
    let mut visitor = world.visitor(None).await;
    let chat = visitor.say("Hello").await;
    let before = (
        ann.get(&path).await.expect(200),
        ann.timeline(&conversation).await,
        ann.timeline(&chat).await,
        ann.list("all").await,
    );
    for _ in 0..2 {
        world.restart().await;
        // The cookie and the visitor's token are still good.
        let after = (
            ann.get(&path).await.expect(200),
            ann.timeline(&conversation).await,
            ann.timeline(&chat).await,
            ann.list("all").await,
        );
        assert_eq!(before, after);
    }
    assert_eq!(world.visitor(Some(&visitor.token)).await.history(), ["Hello"]);
    let media = id(&before.1.iter().find_map(|e| e["d"]["message"]["media"].get(0)).unwrap().clone());
    assert!(ann.get(&format!("/api/v1/media/{media}")).await.bytes == crate::groups::png());
    assert_eq!(phone.text("Still here?").await, Ok(200));
    let row = ann.conversation(&conversation).await;
    assert_eq!(row["last_message"]["preview"], "Still here?");
    assert_eq!(world.simulator.journal_len(), 1, "nothing was sent twice");
}

/// To see it go red: leave out `drain` in `Running::stop`.
async fn an_orderly_end_sends_sockets_away_with_a_hint(kind: Kind) {
    let world = World::start(kind).await;
    let ann = world.ann().await;
    world.call_back(&text("447700900123", "wamid.1", "Hello")).await;
    let conversation = id(&ann.conversation_with("+447700900123").await);
    let mut sockets = Vec::new();
    for _ in 0..20 {
        sockets.push(ann.listen().await);
    }
    let mut visitor = world.visitor(None).await;
    let url = world.server.url.clone();
    let mut server = world.server;
    let started = Instant::now();
    let ending = async {
        server.stop().await;
        started.elapsed()
    };
    let hints = async {
        let mut hints = Vec::new();
        for socket in &mut sockets {
            let code = socket.closed().await;
            let draining = socket.frames.iter().find(|frame| frame["t"] == "server.draining").cloned();
            hints.push((code, draining.and_then(|frame| frame["d"]["reconnect_after_ms"].as_u64())));
        }
        hints
    };
    let (took, hints, of_visitor) = tokio::join!(ending, hints, visitor.socket.closed());
    assert!(took < Duration::from_secs(10), "{took:?}");
    assert_eq!(of_visitor, Some(1012));
    let mut waits = Vec::new();
    for (code, hint) in hints {
        assert_eq!(code, Some(1012));
        waits.push(hint.expect("a hint when to come back"));
    }
    waits.dedup();
    assert!(waits.len() > 1, "not all at the same moment: {waits:?}");
    assert!(waits.iter().all(|wait| *wait <= 30_000), "{waits:?}");
    assert!(
        crate::world::HTTP.get(format!("{url}/health/live")).send().await.is_err(),
        "nobody answers any more"
    );
    assert_eq!(
        world.database.run(&format!("SELECT inbound_count FROM conversation WHERE id = {conversation}")),
        1
    );
}

/// To see it go red: start the process with `SABOTAGE=ack_early`, which acknowledges before it commits.
async fn a_killed_process_keeps_what_it_acknowledged(kind: Kind) {
    let mut world = World::start(kind).await;
    let hook_of = world.whatsapp.clone();
    world.server.stop().await;
    let mut acknowledged = Vec::new();
    let mut sent = 0;
    for round in 0..3 {
        let mut process = Process::start(&world.database, world.folder.path()).await;
        let hook = format!("{}/hooks/whatsapp/{hook_of}", process.url);
        // Several at a time, until the process is killed in the middle of it.
        let deadline = Instant::now() + Duration::from_millis(150 + 100 * round);
        while Instant::now() < deadline {
            let posts = (0..8).map(|n| {
                let id = format!("wamid.{}", sent + n);
                let body = text(&format!("44770090012{}", n % 4), &id, &id).to_string();
                let request = crate::world::HTTP.post(&hook).header("content-type", "application/json");
                let request = request.header(
                    "x-hub-signature-256",
                    switchboard_simulator::hub_signature(APP_SECRET, body.as_bytes()),
                );
                async move { request.body(body).send().await.is_ok_and(|a| a.status() == 200).then_some(id) }
            });
            let batch = futures_util::future::join_all(posts);
            let kill = async {
                if Instant::now() + Duration::from_millis(30) > deadline {
                    process.kill();
                }
            };
            let (answers, ()) = futures_util::future::join(batch, kill).await;
            acknowledged.extend(answers.into_iter().flatten());
            sent += 8;
        }
        process.kill();
        process.ended().await;
    }
    assert!(acknowledged.len() > 20, "{}", acknowledged.len());
    let process = Process::start(&world.database, world.folder.path()).await;
    let ann = Agent::sign_in(&process.url, "ann@team.test").await;
    let mut kept = Vec::new();
    for row in ann.list("all").await {
        let entries = ann.timeline(&id(&row)).await;
        let numbers: Vec<i64> = entries.iter().map(|entry| entry["seq"].as_i64().unwrap()).collect();
        assert_eq!(numbers, (1..=row["seq"].as_i64().unwrap()).collect::<Vec<_>>(), "no holes");
        kept.extend(
            entries.iter().filter_map(|entry| entry["d"]["message"]["text"].as_str().map(str::to_owned)),
        );
    }
    let mut unique = kept.clone();
    unique.sort();
    unique.dedup();
    assert_eq!(unique.len(), kept.len(), "nothing twice");
    let lost: Vec<&String> = acknowledged.iter().filter(|id| unique.binary_search(id).is_err()).collect();
    assert_eq!(lost, Vec::<&String>::new(), "acknowledged means stored");
    // What was not acknowledged comes again and makes nothing double.
    let hook = format!("{}/hooks/whatsapp/{hook_of}", process.url);
    for n in 0..sent {
        let id = format!("wamid.{n}");
        let from = format!("44770090012{}", (n % 8) % 4);
        post_signed(&hook, APP_SECRET, text(&from, &id, &id).to_string()).await.expect(200);
    }
    let total: i64 = ann.list("all").await.iter().map(|row| row["inbound_count"].as_i64().unwrap()).sum();
    assert_eq!(total, sent);
    // And asked politely, it ends by itself with exit code 0.
    let mut process = process;
    let started = Instant::now();
    process.terminate();
    assert_eq!(process.ended().await, Some(0));
    assert!(started.elapsed() < Duration::from_secs(10).min(PATIENCE));
}
