//! Sockets under load: cut again and again, or stalled beside many others.

use crate::people::{Agent, id};
use crate::provider::text;
use crate::world::{Kind, PATIENCE, World};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

both!(d_04_cut_a_hundred_times_a_client_holds_what_the_server_holds);

/// What a client makes of what it hears, as the protocol tells clients to.
#[derive(Default)]
struct Client {
    rows: BTreeMap<String, Value>,
    /// By conversation and number.
    messages: BTreeMap<(String, i64), Value>,
    cursor: String,
    /// Times everything was read again.
    resyncs: usize,
}

impl Client {
    fn hear(&mut self, frame: &Value) {
        if let Some(cursor) = frame["cursor"].as_str().or(frame["d"]["cursor"].as_str()) {
            cursor.clone_into(&mut self.cursor);
        }
        let (Some(conversation), Some(seq)) = (frame["conversation_id"].as_str(), frame["seq"].as_i64())
        else {
            return;
        };
        let conversation = conversation.to_owned();
        let known = self.rows.get(&conversation).and_then(|row| row["seq"].as_i64()).unwrap_or(0);
        if frame["row"]["seq"].as_i64() >= Some(known) {
            self.rows.insert(conversation.clone(), frame["row"].clone());
        }
        match frame["t"].as_str() {
            Some("message.created") => {
                self.messages.entry((conversation, seq)).or_insert_with(|| frame["d"]["message"].clone());
            }
            Some("message.status") => {
                let about = self.messages.values_mut().find(|one| one["id"] == frame["d"]["message_id"]);
                if let Some(message) = about {
                    message["status"] = frame["d"]["status"].clone();
                }
            }
            _ => {}
        }
    }

    /// Reads everything, as after `resync`.
    async fn read(&mut self, agent: &Agent) {
        self.resyncs += 1;
        (self.rows, self.messages) = server(agent).await;
    }

    /// What a person sees of it.
    fn shown(&self) -> (BTreeMap<String, Value>, Vec<Value>) {
        shown((&self.rows, &self.messages))
    }
}

type Rows = BTreeMap<String, Value>;
type Messages = BTreeMap<(String, i64), Value>;

async fn server(agent: &Agent) -> (Rows, Messages) {
    let rows: Rows = agent.list("all").await.into_iter().map(|row| (id(&row), row)).collect();
    let mut messages = BTreeMap::new();
    for conversation in rows.keys() {
        for message in agent.messages(conversation).await {
            messages.insert((conversation.clone(), message["seq"].as_i64().unwrap()), message);
        }
    }
    (rows, messages)
}

/// A window belongs to a pair of numbers: what is closed shows the one it had when it was.
fn shown((rows, messages): (&Rows, &Messages)) -> (Rows, Vec<Value>) {
    let mut rows = rows.clone();
    for row in rows.values_mut().filter(|row| row["status"] != "open") {
        row["window"] = Value::Null;
    }
    let fields = ["id", "seq", "text", "direction", "status", "sender"];
    let message = |one: &Value| fields.iter().map(|field| one[*field].clone()).collect();
    (rows, messages.values().map(message).collect())
}

/// To see it go red: let `Local::missed` leave out its first frame, or `AgentSession::resume` release before its replay.
async fn d_04_cut_a_hundred_times_a_client_holds_what_the_server_holds(kind: Kind) {
    let world = World::start(kind).await;
    let (ada, ann, bob) = (world.ada().await, world.ann().await, world.bob().await);
    let mut client = Client::default();
    let mut socket = ann.listen().await;
    for round in 0..100 {
        let load = load(&world, &ada, &bob, round);
        let cutting = async {
            for _ in 0..rand::random_range(0..6) {
                let soon = Duration::from_millis(rand::random_range(1..15));
                let _ = tokio::time::timeout(soon, socket.next()).await;
            }
            socket.frames.iter().for_each(|frame| client.hear(frame));
            let cursor = client.cursor.clone();
            socket.cut();
            let mut back = ann.connect().await;
            back.frames.clear();
            let answer = back.ask(json!({"t": "resume", "cursor": cursor})).await;
            if answer["t"] == "resync" {
                client.read(&ann).await;
            }
            back
        };
        ((), socket) = futures_util::future::join(load, cutting).await;
    }
    let begun = Instant::now();
    let mut heard = 0;
    loop {
        socket.settle().await;
        socket.frames.iter().skip(heard).for_each(|frame| client.hear(frame));
        heard = socket.frames.len();
        let (rows, messages) = server(&ann).await;
        let (held, there) = (client.shown(), shown((&rows, &messages)));
        if held == there {
            break;
        }
        assert!(begun.elapsed() < PATIENCE, "{held:#?}\nis held, and there is {there:#?}");
    }
    assert!(client.messages.len() > 200, "{} messages are no load", client.messages.len());
}

/// A few customers write, Bob answers, conversations come and go.
async fn load(world: &World, ada: &Agent, bob: &Agent, round: usize) {
    for n in 0..rand::random_range(1..5) {
        let from = format!("44770090010{}", (round + n) % 4);
        world.call_back(&text(&from, &format!("wamid.{round}.{n}"), &format!("Question {round}.{n}"))).await;
        if n == 1 {
            let conversation = id(&bob.conversation_with(&format!("+{from}")).await);
            bob.write(&conversation, &format!("b{round}"), "Answer").await;
            if round.is_multiple_of(5) {
                let path = format!("/api/v1/conversations/{conversation}/close");
                ada.post(&path, json!({"pending": "send"})).await;
            }
        }
    }
}
