//! A socket somebody listens to all the time: every frame is kept with what the world was doing when it came.

use super::oracle::{Receipt, Way, Who};
use crate::world::PATIENCE;
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

type Stream = WebSocketStream<MaybeTlsStream<TcpStream>>;

pub(super) struct Ear {
    sink: SplitSink<Stream, Message>,
    heard: Arc<Heard>,
    count: watch::Receiver<usize>,
    asked: u32,
    listening: tokio::task::JoinHandle<()>,
}

struct Heard {
    frames: Mutex<Vec<Frame>>,
    /// Whether somebody's rights are being changed right now.
    moving: Arc<AtomicBool>,
    over: AtomicBool,
}

#[derive(Clone)]
struct Frame {
    text: String,
    moving: bool,
    at: Instant,
}

impl Heard {
    /// The first frame from `at` on that is such; `at` moves behind what was looked at.
    fn find(&self, at: &mut usize, is: impl Fn(&str) -> bool) -> Option<(String, Instant)> {
        let frames = self.frames.lock().unwrap();
        let found = frames.iter().skip(*at).find(|frame| is(&frame.text));
        *at = frames.len();
        found.map(|frame| (frame.text.clone(), frame.at))
    }
}

impl Ear {
    pub(super) async fn open(url: &str, path: &str, cookie: Option<&str>, moving: &Arc<AtomicBool>) -> Self {
        let mut request = format!("{}{path}", url.replacen("http", "ws", 1)).into_client_request().unwrap();
        request.headers_mut().insert("origin", url.parse().unwrap());
        if let Some(cookie) = cookie {
            request.headers_mut().insert("cookie", cookie.parse().unwrap());
        }
        let (stream, _) = connect_async(request).await.expect("a socket");
        let (sink, stream) = stream.split();
        let (told, count) = watch::channel(0);
        let heard = Arc::new(Heard {
            frames: Mutex::default(),
            moving: moving.clone(),
            over: AtomicBool::new(false),
        });
        let listening = tokio::spawn(listen(stream, heard.clone(), told));
        Self { sink, heard, count, asked: 0, listening }
    }

    /// Sends a command and waits for its answer; `None` when the socket is over.
    pub(super) async fn ask(&mut self, mut frame: Value) -> Option<Value> {
        self.asked += 1;
        let req = format!("r{}", self.asked);
        frame["req"] = req.as_str().into();
        let from = self.len();
        self.send(&frame).await;
        let mark = format!("\"req\":\"{req}\"");
        let (text, _) =
            self.wait(from, &format!("the answer to {frame}"), |text| text.contains(&mark)).await?;
        serde_json::from_str(&text).ok()
    }

    pub(super) async fn send(&mut self, frame: &Value) {
        // Whether it still stands, what is read says.
        let _ = self.sink.send(Message::text(frame.to_string())).await;
    }

    /// Everything that was sent before is heard when this returns.
    pub(super) async fn settle(&mut self) {
        self.ask(json!({"t": "ping"})).await;
    }

    pub(super) fn len(&self) -> usize {
        self.heard.frames.lock().unwrap().len()
    }

    /// The first frame from `from` on that is such, and when it came; `None` when the socket is over without one.
    pub(super) async fn wait(
        &mut self,
        from: usize,
        what: &str,
        is: impl Fn(&str) -> bool,
    ) -> Option<(String, Instant)> {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        let mut at = from;
        loop {
            self.count.borrow_and_update();
            let over = self.heard.over.load(Ordering::Acquire);
            let found = self.heard.find(&mut at, &is);
            if found.is_some() {
                return found;
            }
            if over {
                return None;
            }
            let more = tokio::time::timeout_at(deadline, self.count.changed()).await;
            assert!(more.is_ok(), "waited for {what}");
        }
    }

    /// Waits for the end of the socket.
    pub(super) async fn ended(&mut self) {
        let from = self.len();
        self.wait(from, "the end of a socket", |_| false).await;
    }

    /// The newest cursor.
    pub(super) fn cursor(&self) -> Option<String> {
        let frames = self.heard.frames.lock().unwrap();
        frames.iter().rev().find_map(|frame| {
            let (_, rest) = frame.text.rsplit_once("\"cursor\":\"")?;
            rest.split('"').next().map(str::to_owned)
        })
    }

    /// Takes what was heard so far.
    pub(super) fn receipts(&self, who: Who) -> Vec<Receipt> {
        let frames = std::mem::take(&mut *self.heard.frames.lock().unwrap());
        let receipt = |Frame { text, moving, .. }| Receipt {
            who,
            way: Way::Frame,
            how: String::new(),
            asked: String::new(),
            text,
            moving,
        };
        frames.into_iter().map(receipt).collect()
    }
}

/// Goes away without a word, as a lost connection does.
impl Drop for Ear {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

async fn listen(mut stream: SplitStream<Stream>, heard: Arc<Heard>, told: watch::Sender<usize>) {
    while let Some(Ok(message)) = stream.next().await {
        let text = match message {
            Message::Text(text) => text,
            Message::Close(_) => break,
            _ => continue,
        };
        let moving = heard.moving.load(Ordering::Acquire);
        let frame = Frame { text: text.to_string(), moving, at: Instant::now() };
        heard.frames.lock().unwrap().push(frame);
        told.send_modify(|count| *count += 1);
    }
    heard.over.store(true, Ordering::Release);
    told.send_modify(|count| *count += 1);
}
