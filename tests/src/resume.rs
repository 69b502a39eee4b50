//! Coming back: every missed frame in order, or an honest "read everything again"; never a part.

use crate::people::{Agent, id};
use crate::provider::text;
use crate::socket::Socket;
use crate::world::{Kind, World, eventually_or};
use serde_json::{Value, json};
use std::collections::BTreeMap;

both!(
    a_socket_cut_at_random_misses_nothing,
    a_cursor_that_cannot_be_served_asks_to_read_everything_again,
    who_was_away_too_long_reads_everything_again,
    lists_and_frames_join_without_a_gap,
    frames_outlive_the_process,
    live_frames_never_overtake_a_replay,
    many_sockets_hear_the_same_in_the_same_order,
);

/// Numbers heard per conversation, in the order they were heard.
#[derive(Default)]
struct Heard(BTreeMap<String, Vec<i64>>);

impl Heard {
    fn take(&mut self, frames: &[Value]) {
        for frame in frames.iter().filter(|frame| frame["seq"].is_i64()) {
            let conversation = frame["conversation_id"].as_str().unwrap().to_owned();
            let (heard, seq) = (self.0.entry(conversation).or_default(), frame["seq"].as_i64().unwrap());
            // As every client must: what is not newer is known already.
            if heard.last().is_none_or(|last| seq > *last) {
                heard.push(seq);
            }
        }
    }

    /// Each conversation from its first to its newest event, each once, in order; waits for what is still on its way.
    async fn is_whole(&mut self, agent: &Agent, socket: &mut Socket) {
        loop {
            self.take(&socket.frames);
            let mut all = true;
            for row in agent.list("all").await {
                let heard = self.0.get(&id(&row)).cloned().unwrap_or_default();
                let without_holes: Vec<i64> = (1..=heard.len() as i64).collect();
                assert_eq!(heard, without_holes, "conversation {}", id(&row));
                all &= heard.len() as i64 >= row["seq"].as_i64().unwrap();
            }
            if all {
                return;
            }
            assert!(socket.next().await, "the socket is open");
        }
    }
}

/// To see it go red: let `Local::missed` skip its first frame, or `AgentSession::resume` release before the replay.
async fn a_socket_cut_at_random_misses_nothing(kind: Kind) {
    let world = World::start(kind).await;
    let (ann, bob) = (world.ann().await, world.bob().await);
    let mut heard = Heard::default();
    let mut socket = ann.listen().await;
    let mut said = 0;
    for round in 0..12 {
        // Some of it is heard live, some is missed, some comes while she is coming back.
        let writing = async {
            for _ in 0..rand::random_range(1..8) {
                said += 1;
                let from = format!("44770090010{}", said % 3);
                world.call_back(&text(&from, &format!("wamid.{round}.{said}"), "Hello")).await;
                if said % 4 == 0 {
                    let conversation = id(&bob.conversation_with(&format!("+{from}")).await);
                    bob.say(&conversation, "Hi").await;
                }
            }
        };
        let cutting = async {
            for _ in 0..rand::random_range(0..4) {
                let _ = tokio::time::timeout(
                    std::time::Duration::from_millis(rand::random_range(1..40)),
                    socket.next(),
                )
                .await;
            }
            let cursor = socket.cursor();
            heard.take(&socket.frames);
            socket.cut();
            let mut back = ann.connect().await;
            let resumed = back.ask(json!({"t": "resume", "cursor": cursor})).await;
            assert_eq!(resumed["t"], "resumed", "{resumed}");
            let replayed =
                back.frames.iter().take_while(|f| f["t"] != "resumed").filter(|f| f["seq"].is_i64()).count();
            assert_eq!(resumed["d"]["frames"], replayed, "it says how many there were");
            back
        };
        ((), socket) = futures_util::future::join(writing, cutting).await;
    }
    heard.is_whole(&ann, &mut socket).await;
}

async fn a_cursor_that_cannot_be_served_asks_to_read_everything_again(kind: Kind) {
    let world = World::start(kind).await;
    let ann = world.ann().await;
    let cursor = ann.connect().await.cursor();
    let (epoch, position) = cursor.rsplit_once('.').expect("a cursor is epoch.position");
    let ahead = format!("{epoch}.{}", position.parse::<i64>().unwrap() + 1_000);
    let elsewhere = format!("{}.{position}", "0".repeat(epoch.len()));
    for cursor in ["", "x", "1", ".", "-1", &format!("{epoch}.x"), &format!("{epoch}.-5"), &ahead, &elsewhere]
    {
        let mut socket = ann.connect().await;
        let answer = socket.ask(json!({"t": "resume", "cursor": cursor})).await;
        assert_eq!(answer["t"], "resync", "{cursor:?}");
        assert_eq!(socket.ask(json!({"t": "ping"})).await["t"], "ack", "the socket goes on live");
    }
    // Whoever listened already cannot be brought up to date in order.
    let mut listening = ann.listen().await;
    assert_eq!(listening.ask(json!({"t": "resume", "cursor": cursor})).await["t"], "resync");
}

/// To see it go red: raise `replay::MOST` without end and read only the first page of events.
async fn who_was_away_too_long_reads_everything_again(kind: Kind) {
    let world = World::start(kind).await;
    let ann = world.ann().await;
    world.call_back(&text("447700900123", "wamid.0", "Hello")).await;
    let cursor = ann.connect().await.cursor();
    for batch in 0..51 {
        let message = |n: usize| json!({"from": "447700900123", "id": format!("wamid.{batch}.{n}"), "timestamp": "1767607200", "type": "text", "text": {"body": "x"}});
        let messages: Vec<Value> = (0..100).map(message).collect();
        world
            .call_back(&crate::provider::change(
                json!({"contacts": [{"wa_id": "447700900123"}], "messages": messages}),
            ))
            .await;
    }
    let mut socket = ann.connect().await;
    let answer = socket.ask(json!({"t": "resume", "cursor": cursor})).await;
    // Memory may still have all of it; otherwise it is too much.
    if answer["t"] == "resumed" {
        assert_eq!(answer["d"]["frames"], 5_100);
    } else {
        assert_eq!(answer["t"], "resync", "{answer}");
        assert_eq!(socket.entries(), Vec::new(), "all or nothing");
    }
}

/// To see it go red: read the position after the rows in `AgentSession::open`, or publish before the commit.
async fn lists_and_frames_join_without_a_gap(kind: Kind) {
    let world = World::start(kind).await;
    let ann = world.ann().await;
    world.call_back(&text("447700900123", "wamid.first", "Hello")).await;
    let conversation = id(&ann.conversation_with("+447700900123").await);
    let flood = async {
        for n in 0..150 {
            world.call_back(&text("447700900123", &format!("wamid.{n}"), "More")).await;
        }
    };
    let joining = async {
        let mut joined = Vec::new();
        for _ in 0..8 {
            let socket = ann.listen().await;
            let snapshot = ann.conversation(&conversation).await["seq"].as_i64().unwrap();
            joined.push((socket, snapshot));
        }
        joined
    };
    let ((), joined) = futures_util::future::join(flood, joining).await;
    for (mut socket, snapshot) in joined {
        socket.until("the last message", |frame| frame["seq"] == 152).await;
        let later: Vec<i64> =
            socket.entries().into_iter().map(|(_, seq, _)| seq).filter(|seq| *seq > snapshot).collect();
        assert_eq!(later, (snapshot + 1..=152).collect::<Vec<_>>(), "frames go on where the list ended");
    }
}

async fn frames_outlive_the_process(kind: Kind) {
    let mut world = World::start(kind).await;
    let ann = world.ann().await;
    let cursor = ann.connect().await.cursor();
    for n in 0..20 {
        world.call_back(&text("447700900123", &format!("wamid.{n}"), &format!("number {n}"))).await;
    }
    world.restart().await;
    let mut back = ann.connect().await;
    let answer = back.ask(json!({"t": "resume", "cursor": cursor})).await;
    assert_eq!((&answer["t"], &answer["d"]["frames"]), (&json!("resumed"), &json!(21)), "{answer}");
    Heard::default().is_whole(&ann, &mut back).await;
    let texts: Vec<&str> =
        back.frames.iter().filter_map(|frame| frame["d"]["message"]["text"].as_str()).collect();
    assert_eq!(texts, (0..20).map(|n| format!("number {n}")).collect::<Vec<_>>());
    assert_eq!(back.frames.iter().rfind(|f| f["seq"].is_i64()).unwrap()["row"]["inbound_count"], 20);
}

async fn live_frames_never_overtake_a_replay(kind: Kind) {
    let world = World::start(kind).await;
    let ann = world.ann().await;
    let cursor = ann.connect().await.cursor();
    for n in 0..300 {
        world.call_back(&text("447700900123", &format!("wamid.{n}"), "Hello")).await;
    }
    let flood = async {
        for n in 0..100 {
            world.call_back(&text("447700900123", &format!("wamid.live.{n}"), "Live")).await;
        }
    };
    let returning = async {
        let mut sockets = Vec::new();
        for _ in 0..5 {
            let mut socket = ann.connect().await;
            socket.send(json!({"t": "resume", "req": "back", "cursor": cursor})).await;
            sockets.push(socket);
        }
        sockets
    };
    let ((), sockets) = futures_util::future::join(flood, returning).await;
    for mut socket in sockets {
        socket.until("the last", |frame| frame["seq"] == 401).await;
        let numbers: Vec<i64> = socket.entries().into_iter().map(|(_, seq, _)| seq).collect();
        assert_eq!(numbers, (1..=401).collect::<Vec<_>>());
    }
}

async fn many_sockets_hear_the_same_in_the_same_order(kind: Kind) {
    let world = World::start(kind).await;
    let (ada, ann, bob) = (world.ada().await, world.ann().await, world.bob().await);
    let mut sockets = Vec::new();
    for agent in [&ada, &ann, &bob, &ann, &ada] {
        sockets.push(agent.listen().await);
    }
    world.call_back(&text("447700900123", "wamid.0", "Hello")).await;
    let conversation = id(&ann.conversation_with("+447700900123").await);
    let inbound = (1..60).map(|n| {
        let (world, body) = (&world, text("447700900123", &format!("wamid.{n}"), "Hello"));
        async move { world.call_back(&body).await }
    });
    let outbound = (0..40).map(|n| {
        let (agent, conversation) = (if n % 2 == 0 { &ann } else { &bob }, conversation.clone());
        async move { assert_eq!(agent.write(&conversation, &format!("c{n}"), "Hi").await.status, 201) }
    });
    futures_util::future::join(
        futures_util::future::join_all(inbound),
        futures_util::future::join_all(outbound),
    )
    .await;
    let messages = eventually_or("a hundred messages", || async {
        let count = ann.messages(&conversation).await.len();
        if count == 100 { Ok(count) } else { Err(count.to_string()) }
    })
    .await;
    assert_eq!(messages, 100);
    let newest = ann.conversation(&conversation).await["seq"].as_i64().unwrap();
    for socket in &mut sockets {
        socket
            .until("the newest event", |frame| frame["seq"].as_i64().is_some_and(|seq| seq >= newest))
            .await;
        let numbers: Vec<i64> =
            socket.entries().into_iter().map(|(_, seq, _)| seq).take_while(|seq| *seq <= newest).collect();
        assert_eq!(numbers, (1..=newest).collect::<Vec<_>>());
    }
}
