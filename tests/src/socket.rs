//! A websocket client that keeps every frame it got, in order, and answers with what a test waits for.

use crate::world::PATIENCE;
use futures_util::{SinkExt, StreamExt};
use serde_json::Value;
use std::time::Instant;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

pub(crate) struct Socket {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
    /// Every JSON frame so far.
    pub(crate) frames: Vec<Value>,
    /// Frames before this one were asked for already.
    read: usize,
    pub(crate) hello: Value,
    pub(crate) close_code: Option<u16>,
    /// When the server said so. The connection itself ends a moment later.
    pub(crate) told_to_close: Option<Instant>,
    asked: u32,
}

impl Socket {
    /// Opens a socket; the error is the HTTP status it was refused with.
    pub(crate) async fn open(
        url: &str,
        path: &str,
        origin: Option<&str>,
        cookie: Option<&str>,
    ) -> Result<Self, u16> {
        let url = format!("{}{path}", url.replacen("http", "ws", 1));
        let mut request = url.into_client_request().unwrap();
        for (name, value) in [("origin", origin), ("cookie", cookie)] {
            if let Some(value) = value {
                request.headers_mut().insert(name, value.parse().unwrap());
            }
        }
        match connect_async(request).await {
            Ok((stream, _)) => Ok(Self {
                stream,
                frames: Vec::new(),
                read: 0,
                hello: Value::Null,
                close_code: None,
                told_to_close: None,
                asked: 0,
            }),
            Err(Error::Http(response)) => Err(response.status().as_u16()),
            Err(error) => panic!("{error}"),
        }
    }

    pub(crate) async fn send(&mut self, frame: Value) {
        self.send_raw(Message::text(frame.to_string())).await;
    }

    pub(crate) async fn send_raw(&mut self, message: Message) {
        // A server that is closing already says so in what we read next.
        let _ = self.stream.send(message).await;
    }

    /// Sends a command and waits for its answer: `ack`, `error`, `hello` or `resync` with our `req`.
    pub(crate) async fn ask(&mut self, mut frame: Value) -> Value {
        self.asked += 1;
        let req = format!("r{}", self.asked);
        frame["req"] = req.as_str().into();
        let from = self.frames.len();
        self.send(frame.clone()).await;
        self.since(from, &format!("the answer to {frame}"), |answer| answer["req"] == req.as_str()).await
    }

    /// The next frame, among those not asked for yet, that satisfies a condition; frames before it are skipped.
    pub(crate) async fn until(&mut self, what: &str, is: impl Fn(&Value) -> bool) -> Value {
        let from = self.read;
        let found = self.since(from, what, is).await;
        self.read = self.frames.iter().rposition(|frame| *frame == found).map_or(self.read, |at| at + 1);
        found
    }

    /// The first frame from position `from` on that satisfies a condition.
    async fn since(&mut self, from: usize, what: &str, is: impl Fn(&Value) -> bool) -> Value {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        let mut at = from;
        loop {
            while let Some(frame) = self.frames.get(at) {
                if is(frame) {
                    return frame.clone();
                }
                at += 1;
            }
            let more = tokio::time::timeout_at(deadline, self.read_one()).await;
            assert_eq!(
                more,
                Ok(true),
                "waited for {what}; close code {:?}, frames {:#?}",
                self.close_code,
                self.frames
            );
        }
    }

    /// Reads one message; false when the socket is over.
    async fn read_one(&mut self) -> bool {
        match self.stream.next().await {
            Some(Ok(Message::Text(text))) => {
                self.frames.push(serde_json::from_str(&text).expect("a frame is JSON"));
                true
            }
            Some(Ok(Message::Close(frame))) => {
                self.close_code = frame.map(|frame| frame.code.into());
                self.told_to_close = Some(Instant::now());
                true
            }
            Some(Ok(_)) => true,
            Some(Err(_)) | None => false,
        }
    }

    /// Reads one message, whatever it is; false when the socket is over.
    pub(crate) async fn next(&mut self) -> bool {
        tokio::time::timeout(PATIENCE, self.read_one()).await.expect("a message")
    }

    /// Reads to the end of the socket and answers its close code.
    pub(crate) async fn closed(&mut self) -> Option<u16> {
        let end = async { while self.read_one().await {} };
        tokio::time::timeout(PATIENCE, end).await.expect("the server closes the socket");
        self.close_code
    }

    /// Everything up to the answer of a ping: what the server sent before is here then.
    pub(crate) async fn settle(&mut self) -> &[Value] {
        self.ask(serde_json::json!({"t": "ping"})).await;
        &self.frames
    }

    /// The last cursor seen.
    pub(crate) fn cursor(&self) -> String {
        let mut cursors =
            self.frames.iter().filter_map(|frame| frame["cursor"].as_str().or(frame["d"]["cursor"].as_str()));
        cursors.next_back().unwrap_or_default().to_owned()
    }

    /// Numbered frames, as (conversation, seq, type).
    pub(crate) fn entries(&self) -> Vec<(String, i64, String)> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let numbered = self.frames.iter().filter(|frame| frame["seq"].is_i64());
        numbered
            .map(|f| (text(&f["conversation_id"]), f["seq"].as_i64().unwrap_or(0), text(&f["t"])))
            .collect()
    }

    /// Goes away without a word, as a lost connection does.
    pub(crate) fn cut(self) {
        drop(self);
    }
}
