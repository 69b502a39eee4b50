//! Somebody who listens to webhooks: a small HTTP server that writes down what it gets and answers as a test likes.

use serde_json::Value;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// One delivery as it came.
#[derive(Clone, Debug)]
pub(crate) struct Hit {
    pub(crate) headers: HashMap<String, String>,
    pub(crate) body: String,
    /// What it was answered.
    pub(crate) answer: u16,
}

impl Hit {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(String::as_str).unwrap_or_default()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect("a delivery is JSON")
    }

    /// The text of the message it tells of, if it does.
    pub(crate) fn text(&self) -> Option<String> {
        Some(self.json()["data"]["message"]["text"].as_str()?.to_owned())
    }
}

type Answers = Box<dyn Fn(&Hit) -> u16 + Send>;

pub(crate) struct Receiver {
    pub(crate) url: String,
    hits: Arc<Mutex<Vec<Hit>>>,
    answers: Arc<Mutex<Answers>>,
    server: JoinHandle<()>,
}

impl Receiver {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let url = format!("http://{}/hook", listener.local_addr().expect("an address"));
        let hits: Arc<Mutex<Vec<Hit>>> = Arc::default();
        let always: Answers = Box::new(|_| 204);
        let answers = Arc::new(Mutex::new(always));
        let (kept, decided) = (hits.clone(), answers.clone());
        let server = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, kept.clone(), decided.clone()));
            }
        });
        Self { url, hits, answers, server }
    }

    /// From here on deliveries are answered with what this says; 0 cuts the connection.
    pub(crate) fn answer(&self, with: impl Fn(&Hit) -> u16 + Send + 'static) {
        *self.answers.lock().unwrap() = Box::new(with);
    }

    pub(crate) fn hits(&self) -> Vec<Hit> {
        self.hits.lock().unwrap().clone()
    }

    /// Texts of the messages that were taken, in the order they came.
    pub(crate) fn texts(&self) -> Vec<String> {
        self.hits().iter().filter(|hit| (200..300).contains(&hit.answer)).filter_map(Hit::text).collect()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn serve(mut stream: TcpStream, hits: Arc<Mutex<Vec<Hit>>>, answers: Arc<Mutex<Answers>>) {
    let mut bytes = Vec::new();
    while let Some(mut hit) = request(&mut stream, &mut bytes).await {
        hit.answer = (answers.lock().unwrap())(&hit);
        let status = hit.answer;
        hits.lock().unwrap().push(hit);
        if status == 0 {
            return;
        }
        let head =
            format!("HTTP/1.1 {status} Answer\r\ncontent-length: 0\r\nlocation: http://127.0.0.1:1/\r\n\r\n");
        if stream.write_all(head.as_bytes()).await.is_err() {
            return;
        }
    }
}

/// Reads one request; what came after it stays in `bytes`.
async fn request(stream: &mut TcpStream, bytes: &mut Vec<u8>) -> Option<Hit> {
    loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
            let headers: HashMap<String, String> = head
                .lines()
                .skip(1)
                .filter_map(|line| line.split_once(": "))
                .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
                .collect();
            let length: usize = headers.get("content-length").map_or(0, |text| text.parse().unwrap());
            if bytes.len() >= end + 4 + length {
                let body = String::from_utf8(bytes[end + 4..end + 4 + length].to_vec()).unwrap();
                bytes.drain(..end + 4 + length);
                return Some(Hit { headers, body, answer: 0 });
            }
        }
        if stream.read_buf(bytes).await.ok()? == 0 {
            return None;
        }
    }
}
