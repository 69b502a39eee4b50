//! A webchat visitor at their panel.

use crate::socket::Socket;
use crate::world::World;
use serde_json::{Value, json};

pub(crate) struct Visitor {
    pub(crate) socket: Socket,
    pub(crate) token: String,
    pub(crate) id: String,
    /// The answer to `session.start`.
    pub(crate) hello: Value,
    said: u32,
}

impl World {
    /// Opens the panel, with the token of an earlier visit or without.
    pub(crate) async fn visitor(&self, token: Option<&str>) -> Visitor {
        self.visitor_since(token, None).await
    }

    /// The same, with the last cursor seen.
    pub(crate) async fn visitor_since(&self, token: Option<&str>, cursor: Option<&str>) -> Visitor {
        self.open_panel(&self.widget_key, token, cursor).await
    }

    /// Opens the panel of another widget of this server.
    pub(crate) async fn visitor_of(&self, widget_key: &str) -> Visitor {
        self.open_panel(widget_key, None, None).await
    }

    async fn open_panel(&self, widget_key: &str, token: Option<&str>, cursor: Option<&str>) -> Visitor {
        let mut socket = self.panel().await;
        let start = json!({"widget_key": widget_key, "token": token, "cursor": cursor});
        let answer = socket.ask(json!({"t": "session.start", "d": start})).await;
        assert_eq!(answer["t"], "hello", "{answer}");
        let hello = answer["d"].clone();
        let text = |name: &str| hello[name].as_str().unwrap().to_owned();
        Visitor { socket, token: text("token"), id: text("visitor_id"), hello, said: 0 }
    }

    /// A socket without a session, from a page of any shop.
    pub(crate) async fn panel(&self) -> Socket {
        Socket::open(&self.server.url, "/ws/visitor", Some(&self.server.url), None).await.expect("a socket")
    }
}

impl Visitor {
    /// Writes, and returns the conversation's id.
    pub(crate) async fn say(&mut self, text: &str) -> String {
        self.said += 1;
        let client_id = format!("v-{}-{}", self.said, rand::random::<u32>());
        let ack = self.write(&client_id, text).await;
        assert_eq!(ack["t"], "ack", "{ack}");
        ack["d"]["conversation_id"].as_str().unwrap().to_owned()
    }

    /// Writes under a given id; the answer is that of the server.
    pub(crate) async fn write(&mut self, client_id: &str, text: &str) -> Value {
        self.socket.ask(json!({"t": "message.send", "d": {"client_id": client_id, "text": text}})).await
    }

    /// Says how far this browser has got, or shown.
    pub(crate) async fn report(&mut self, what: &str, upto: i64) {
        self.socket.send(json!({"t": what, "d": {"upto": upto}})).await;
    }

    /// Texts of the messages the panel was given at its start.
    pub(crate) fn history(&self) -> Vec<String> {
        let entries = self.hello["entries"].as_array().unwrap().iter();
        entries.filter_map(|entry| entry["d"]["message"]["text"].as_str().map(str::to_owned)).collect()
    }
}
