//! The end of a process, in order and without warning: what was acknowledged is there when it is back.

use crate::people::{Agent, id};
use crate::process::Process;
use crate::provider::{post_signed, text};
use crate::world::{APP_SECRET, HTTP, Kind, World, eventually_or, free_port};
use futures_util::future::join_all;
use serde_json::json;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

both!(
    a_restart_keeps_everything,
    d_18_an_orderly_end_sends_sockets_away_with_a_hint,
    d_18_a_restart_under_load_shows_no_error_to_a_client_that_tries_again,
    d_06_a_killed_process_keeps_what_it_acknowledged_and_sends_nothing_twice,
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
async fn d_18_an_orderly_end_sends_sockets_away_with_a_hint(kind: Kind) {
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
    assert!(HTTP.get(format!("{url}/health/live")).send().await.is_err(), "nobody answers any more");
    assert_eq!(
        world.database.run(&format!("SELECT inbound_count FROM conversation WHERE id = {conversation}")),
        1
    );
}

/// Tries until it is answered for good: nobody there and "try later" are no answer.
async fn insist(request: impl Fn() -> reqwest::RequestBuilder) -> u16 {
    eventually_or("an answer for good", || async {
        match request().send().await {
            Err(error) => Err(error.to_string()),
            Ok(answer) if answer.status() == 503 => Err("busy".to_owned()),
            Ok(answer) => Ok(answer.status().as_u16()),
        }
    })
    .await
}

/// A provider and an agent's browser that go on until they are told to stop; the answers they got for good.
async fn traffic(url: &str, hook: &str, cookie: &str, name: &str, stop: &AtomicBool) -> Vec<(String, u16)> {
    let mut answers = Vec::new();
    for n in 0.. {
        if stop.load(Ordering::Acquire) {
            break;
        }
        let wamid = format!("wamid.{name}.{n}");
        let body = text("447700900123", &wamid, &wamid).to_string();
        let signature = switchboard_simulator::hub_signature(APP_SECRET, body.as_bytes());
        let posted = insist(|| {
            let request = HTTP.post(hook).header("content-type", "application/json");
            request.header("x-hub-signature-256", &signature).body(body.clone())
        });
        answers.push((wamid, posted.await));
        let listed =
            insist(|| HTTP.get(format!("{url}/api/v1/conversations?view=all")).header("cookie", cookie));
        answers.push(("the list".to_owned(), listed.await));
    }
    answers
}

/// To see it go red: leave out `drain` in `Running::stop`, or let a request that runs be cut off by `shutdown_timeout(0)` and a 500.
async fn d_18_a_restart_under_load_shows_no_error_to_a_client_that_tries_again(kind: Kind) {
    let mut world = World::start(kind).await;
    world.server.stop().await;
    let port = free_port();
    let launch = || Process::launch_at(port, &world.database, world.folder.path(), None);
    let mut process = launch();
    process.ready().await;
    let url = process.url.clone();
    let hook = format!("{url}/hooks/whatsapp/{}", world.whatsapp);
    let ann = Agent::sign_in(&url, "ann@team.test").await;
    let stop = AtomicBool::new(false);
    let names = ["a", "b", "c", "d"];
    let load = join_all(names.map(|name| traffic(&url, &hook, &ann.cookie, name, &stop)));
    let restarts = async {
        for _ in 0..2 {
            let mut socket = ann.listen().await;
            socket.until("traffic", |frame| frame["t"] == "message.created").await;
            let started = Instant::now();
            process.terminate();
            socket.until("the hint", |frame| frame["t"] == "server.draining").await;
            assert_eq!(socket.closed().await, Some(1012), "told to come back");
            assert_eq!(process.ended().await, Some(0), "it ends by itself");
            assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
            process = launch();
            process.ready().await;
            // Back where it was: nothing in between is missing.
            let mut back = ann.connect().await;
            let resumed = back.ask(json!({"t": "resume", "cursor": socket.cursor()})).await;
            assert_eq!(resumed["t"], "resumed", "{resumed}");
            back.until("traffic again", |frame| frame["t"] == "message.created").await;
            let both = socket.entries().into_iter().chain(back.entries());
            let mut seen: Vec<i64> = both.map(|(_, seq, _)| seq).collect();
            seen.sort_unstable();
            let whole: Vec<i64> = (seen[0]..seen[0] + seen.len() as i64).collect();
            assert_eq!(seen, whole, "the sockets missed nothing, and got nothing twice");
        }
        stop.store(true, Ordering::Release);
    };
    let (answers, ()) = tokio::join!(load, restarts);
    let answers: Vec<(String, u16)> = answers.into_iter().flatten().collect();
    assert!(answers.len() > 40, "{}", answers.len());
    let errors: Vec<&(String, u16)> = answers.iter().filter(|(_, status)| *status != 200).collect();
    assert_eq!(errors, Vec::<&(String, u16)>::new(), "no error is seen");
    let messages = ann.list("all").await[0]["inbound_count"].as_i64().unwrap();
    let posted = answers.iter().filter(|(what, _)| what.starts_with("wamid.")).count();
    assert_eq!(messages, posted as i64, "each once");
}

/// Whatever was on its way to the provider when the process died is there once or, if nobody can know, shown as unknown; never twice.
async fn nothing_left_twice(world: &World) {
    eventually_or("every answer to be settled", || async {
        let waiting =
            "SELECT COUNT(*) FROM message WHERE direction = 'out' AND status IN ('queued', 'sending')";
        let waiting = world.database.run(waiting);
        if waiting == 0 { Ok(()) } else { Err(format!("{waiting} waiting")) }
    })
    .await;
    let mut left: Vec<String> = world.simulator.journal().iter().map(|sent| sent.body.to_string()).collect();
    left.sort();
    let all = left.len();
    assert!(all > 0, "nothing left");
    left.dedup();
    assert_eq!(left.len(), all, "sent twice");
}

/// To see it go red: start the process with `SABOTAGE=ack_early`, which acknowledges before it commits.
async fn d_06_a_killed_process_keeps_what_it_acknowledged_and_sends_nothing_twice(kind: Kind) {
    let mut world = World::start(kind).await;
    let hook_of = world.whatsapp.clone();
    world.generous_provider();
    world.call_back(&text("447700900120", "wamid.before", "wamid.before")).await;
    let conversation = id(&world.ann().await.conversation_with("+447700900120").await);
    world.server.stop().await;
    let (mut acknowledged, mut answered) = (vec!["wamid.before".to_owned()], Vec::new());
    let mut sent = 0;
    for round in 0..3 {
        let mut process = Process::start(&world.database, world.folder.path()).await;
        let hook = format!("{}/hooks/whatsapp/{hook_of}", process.url);
        world.simulator.set_webhook(crate::world::WHATSAPP_ID, &hook).unwrap();
        let ann = Agent::sign_in(&process.url, "ann@team.test").await;
        // Several at a time, until the process is killed in the middle of it.
        let deadline = Instant::now() + Duration::from_millis(150 + 100 * round);
        while Instant::now() < deadline {
            let posts = (0..8).map(|n| {
                let id = format!("wamid.{}", sent + n);
                let body = text(&format!("44770090012{}", n % 4), &id, &id).to_string();
                let request = HTTP.post(&hook).header("content-type", "application/json");
                let request = request.header(
                    "x-hub-signature-256",
                    switchboard_simulator::hub_signature(APP_SECRET, body.as_bytes()),
                );
                async move { request.body(body).send().await.is_ok_and(|a| a.status() == 200).then_some(id) }
            });
            let batch = join_all(posts);
            // And the team writes.
            let word = format!("answer-{sent}");
            let body = json!({"client_id": word, "text": word});
            let path = format!("/api/v1/conversations/{conversation}/messages");
            let writes = async {
                let answer = ann.request("POST", &path).json(&body).send().await;
                answer.is_ok_and(|answer| answer.status() == 201).then(|| word.clone())
            };
            let kill = async {
                if Instant::now() + Duration::from_millis(30) > deadline {
                    process.kill();
                }
            };
            let (answers, written, ()) = futures_util::future::join3(batch, writes, kill).await;
            answered.extend(written);
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
        world.whole_log(&row);
        kept.extend(
            entries.iter().filter_map(|entry| entry["d"]["message"]["text"].as_str().map(str::to_owned)),
        );
    }
    let mut unique = kept.clone();
    unique.sort();
    unique.dedup();
    assert_eq!(unique.len(), kept.len(), "nothing twice");
    assert!(!answered.is_empty());
    let lost: Vec<&String> =
        acknowledged.iter().chain(&answered).filter(|id| unique.binary_search(id).is_err()).collect();
    assert_eq!(lost, Vec::<&String>::new(), "acknowledged means stored");
    nothing_left_twice(&world).await;
    // What was not acknowledged comes again and makes nothing double.
    let hook = format!("{}/hooks/whatsapp/{hook_of}", process.url);
    for n in 0..sent {
        let id = format!("wamid.{n}");
        let from = format!("44770090012{}", (n % 8) % 4);
        post_signed(&hook, APP_SECRET, text(&from, &id, &id).to_string()).await.expect(200);
    }
    let total: i64 = ann.list("all").await.iter().map(|row| row["inbound_count"].as_i64().unwrap()).sum();
    assert_eq!(total, sent + 1);
}
