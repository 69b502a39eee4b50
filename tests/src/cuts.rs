//! Sockets under load: cut again and again, or stalled beside many others.

use crate::people::{Agent, id};
use crate::provider::{change, text};
use crate::world::{Kind, PATIENCE, World};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{WebSocketStream, client_async};

both!(
    d_04_cut_a_hundred_times_a_client_holds_what_the_server_holds,
    d_05_one_that_does_not_read_costs_499_others_nothing,
);

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

/// Sockets that do read.
const OTHERS: usize = 499;
/// Messages of a measurement.
const TICKS: usize = 6;

/// Somebody who reads whatever comes and says when the message with a number did.
async fn reader(agent: Agent, told: mpsc::UnboundedSender<(usize, Instant)>) -> JoinHandle<()> {
    let mut stream = dial(&agent, None).await;
    stream.send(Message::text(r#"{"t":"ping","req":"live"}"#)).await.unwrap();
    while let Some(Ok(frame)) = stream.next().await {
        if frame.to_text().is_ok_and(|text| text.contains(r#""req":"live""#)) {
            break;
        }
    }
    tokio::spawn(async move {
        while let Some(Ok(frame)) = stream.next().await {
            let Ok(text) = frame.to_text() else { continue };
            let number = text.split_once(r#""text":"tick "#).and_then(|(_, rest)| rest.split('"').next());
            if let Some(number) = number.and_then(|number| number.parse().ok()) {
                let _ = told.send((number, Instant::now()));
            }
        }
    })
}

/// A socket of an agent, with a receive buffer of this size.
async fn dial(agent: &Agent, buffer: Option<u32>) -> WebSocketStream<TcpStream> {
    let address: SocketAddr = agent.url.trim_start_matches("http://").parse().unwrap();
    let socket = TcpSocket::new_v4().unwrap();
    if let Some(buffer) = buffer {
        socket.set_recv_buffer_size(buffer).unwrap();
    }
    let stream = socket.connect(address).await.unwrap();
    let mut request = format!("ws://{address}/ws/agent").into_client_request().unwrap();
    request.headers_mut().insert("origin", agent.url.parse().unwrap());
    request.headers_mut().insert("cookie", agent.cookie.parse().unwrap());
    client_async(request, stream).await.unwrap().0
}

/// How long messages take until all but one in a hundred of their frames are read.
async fn p99(world: &World, first: usize, heard: &mut mpsc::UnboundedReceiver<(usize, Instant)>) -> Duration {
    let mut took = Vec::with_capacity(TICKS * OTHERS);
    for number in first..first + TICKS {
        let sent = Instant::now();
        world
            .call_back(&text("447700900200", &format!("wamid.tick.{number}"), &format!("tick {number}")))
            .await;
        for _ in 0..OTHERS {
            let next = tokio::time::timeout(PATIENCE, heard.recv()).await;
            let (tick, at) = next.expect("every reader hears every message").unwrap();
            assert_eq!(tick, number, "each hears each once");
            took.push(at - sent);
        }
    }
    took.sort();
    took[took.len() * 99 / 100]
}

/// Measured in turns, the median of each, until they agree: a machine that is busy is so for both. To see it go red: let `Out::push` wait for a queue that is full.
async fn d_05_one_that_does_not_read_costs_499_others_nothing(kind: Kind) {
    let world = World::start(kind).await;
    let ann = world.ann().await;
    let cursor = ann.connect().await.cursor();
    // More than the buffers of a connection hold: whoever asks for it and does not read stalls.
    for batch in 0..14 {
        let message = |n: usize| {
            json!({"from": "447700900123", "id": format!("wamid.{batch}.{n}"),
            "timestamp": "1767607200", "type": "text", "text": {"body": "x".repeat(4_000)}})
        };
        let messages: Vec<Value> = (0..100).map(message).collect();
        let contacts = json!([{"wa_id": "447700900123"}]);
        world.call_back(&change(json!({"contacts": contacts, "messages": messages}))).await;
    }
    let (told, mut heard) = mpsc::unbounded_channel();
    let mut readers = Vec::with_capacity(OTHERS);
    for _ in 0..OTHERS {
        readers.push(reader(ann.clone(), told.clone()).await);
    }
    p99(&world, 0, &mut heard).await;
    let (mut alone, mut beside) = (Vec::new(), Vec::new());
    for turn in 1..=20 {
        alone.push(p99(&world, turn * 2 * TICKS, &mut heard).await);
        let mut stalled = dial(&ann, Some(4_096)).await;
        let resume = json!({"t": "resume", "req": "all", "cursor": cursor});
        stalled.send(Message::text(resume.to_string())).await.unwrap();
        beside.push(p99(&world, (turn * 2 + 1) * TICKS, &mut heard).await);
        let (usual, with_it) = (median(&alone), median(&beside));
        if turn >= 3 && with_it <= usual.mul_f64(1.2) {
            eprintln!(
                "p99 of {OTHERS} on {kind:?}: {usual:?}, beside one that stalls {with_it:?}, {turn} turns"
            );
            assert!(readers.iter().all(|reader| !reader.is_finished()), "nobody else was cut");
            return;
        }
    }
    panic!("others' p99 was {alone:?} and is {beside:?} beside one that stalls");
}

fn median(times: &[Duration]) -> Duration {
    let mut times = times.to_vec();
    times.sort();
    times[times.len() / 2]
}
