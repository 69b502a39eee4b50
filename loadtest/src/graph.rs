//! [`Graph`]: a WhatsApp that takes agents' replies. It remembers how often it accepted each, and tells the scenario what it accepted.
//!
//! Small on purpose and independent of the simulator the product is developed with: two judges see more than one.

use crate::error::{Result, fail};
use crate::marker::Marker;
use serde::Deserialize;
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot};
use tokio::task::{JoinHandle, spawn_local};

/// One reply that was accepted.
pub struct Accepted {
    pub marker: Marker,
    /// The id we gave it.
    pub id: String,
    /// The product waits for our answer until this is used or dropped.
    pub answer: oneshot::Sender<()>,
}

pub struct Graph {
    pub base_url: String,
    /// Times each message was accepted, by number.
    pub accepted: Rc<RefCell<HashMap<u32, u32>>>,
    task: JoinHandle<()>,
}

#[derive(Deserialize)]
struct Send {
    text: Option<Text>,
}

#[derive(Deserialize)]
struct Text {
    body: String,
}

impl Graph {
    /// Listens on a free port. What it accepts is handed to the receiver before the product is answered.
    pub async fn start() -> Result<(Self, mpsc::UnboundedReceiver<Accepted>)> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let base_url = format!("http://{}", listener.local_addr()?);
        let accepted: Rc<RefCell<HashMap<u32, u32>>> = Rc::default();
        let (told, news) = mpsc::unbounded_channel();
        let counts = accepted.clone();
        let task = spawn_local(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (counts, told) = (counts.clone(), told.clone());
                spawn_local(async move {
                    let _ = serve(stream, &counts, &told).await;
                });
            }
        });
        Ok((Self { base_url, accepted, task }, news))
    }
}

impl Drop for Graph {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(
    mut stream: TcpStream,
    counts: &RefCell<HashMap<u32, u32>>,
    told: &mpsc::UnboundedSender<Accepted>,
) -> Result<()> {
    stream.set_nodelay(true)?;
    let mut buffer = Vec::new();
    loop {
        let Some((body, length)) = request(&buffer)? else {
            if stream.read_buf(&mut buffer).await? == 0 {
                return Ok(());
            }
            continue;
        };
        let answer = take(buffer.get(body..length).unwrap_or_default(), counts, told).await;
        buffer.drain(..length);
        let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json";
        let response = format!("{head}\r\nContent-Length: {}\r\n\r\n{answer}", answer.len());
        stream.write_all(response.as_bytes()).await?;
    }
}

/// Where the body begins and the request ends, once it is complete.
fn request(bytes: &[u8]) -> Result<Option<(usize, usize)>> {
    let Some(end) = memchr::memmem::find(bytes, b"\r\n\r\n") else { return Ok(None) };
    let head = String::from_utf8_lossy(bytes.get(..end).unwrap_or_default()).to_ascii_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
    let length: usize = match length.map(|length| length.trim().parse()) {
        Some(Ok(length)) => length,
        Some(Err(error)) => return Err(error.into()),
        None if head.starts_with("get") => 0,
        None => fail!("a request without a length"),
    };
    let whole = end + 4 + length;
    Ok((bytes.len() >= whole).then_some((end + 4, whole)))
}

async fn take(
    body: &[u8],
    counts: &RefCell<HashMap<u32, u32>>,
    told: &mpsc::UnboundedSender<Accepted>,
) -> String {
    let send: Option<Send> = serde_json::from_slice(body).ok();
    let marker = send.and_then(|send| Marker::read(send.text?.body.as_bytes()));
    let Some(marker) = marker else { return r#"{"success":true}"#.to_owned() };
    *counts.borrow_mut().entry(marker.number).or_default() += 1;
    let id = crate::hook::provider_id(&marker);
    let (answer, go) = oneshot::channel();
    let _ = told.send(Accepted { marker, id: id.clone(), answer });
    let _ = go.await;
    format!(
        r#"{{"messaging_product":"whatsapp","contacts":[{{"input":"1","wa_id":"1"}}],"messages":[{{"id":"{id}"}}]}}"#
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::http::Connection;
    use crate::marker::Kind;
    use tokio::task::LocalSet;

    #[tokio::test]
    async fn a_reply_is_accepted_counted_and_told_before_it_is_answered() {
        let talk = async {
            let (graph, mut news) = Graph::start().await.unwrap();
            let marker = Marker { run: 1, kind: Kind::Reply, number: 3, sender: 0, nth: 1 };
            let body = format!(r#"{{"type":"text","text":{{"body":"{}"}}}}"#, marker.text(60));
            let to = graph.base_url.strip_prefix("http://").unwrap().parse().unwrap();
            let request =
                format!("POST /v23.0/1/messages HTTP/1.1\r\nContent-Length: {}\r\n\r\n{body}", body.len());
            let posted = spawn_local(async move {
                let mut connection = Connection::open(to).await.unwrap();
                let status = connection.exchange(request.as_bytes()).await.unwrap();
                (status, String::from_utf8(connection.body().to_vec()).unwrap())
            });
            let accepted = news.recv().await.unwrap();
            assert_eq!(accepted.marker, marker);
            assert!(!posted.is_finished());
            accepted.answer.send(()).unwrap();
            let (status, body) = posted.await.unwrap();
            assert_eq!(status, 200);
            assert!(body.contains(&accepted.id), "{body}");
            assert_eq!(graph.accepted.borrow().get(&3), Some(&1));
        };
        LocalSet::new().run_until(talk).await;
    }
}
