//! The people of the team at their browsers: REST with a cookie.

use crate::answer::Answer;
use crate::socket::Socket;
use crate::world::{HTTP, PASSWORD, eventually, eventually_or};
use serde_json::{Value, json};

/// Somebody who is signed in.
#[derive(Clone)]
pub(crate) struct Agent {
    pub(crate) url: String,
    pub(crate) cookie: String,
    pub(crate) id: String,
}

impl Agent {
    pub(crate) async fn sign_in(url: &str, email: &str) -> Self {
        let answer = sign_in(url, email, PASSWORD).await;
        let user = answer.expect(201)["user"].clone();
        let cookie = answer.header("set-cookie").split(';').next().unwrap().to_owned();
        assert!(!cookie.is_empty(), "signing in sets a cookie");
        Self { url: url.to_owned(), cookie, id: user["id"].as_str().unwrap().to_owned() }
    }

    pub(crate) fn request(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        let method = method.parse().unwrap();
        HTTP.request(method, format!("{}{path}", self.url))
            .header("cookie", &self.cookie)
            .header("origin", &self.url)
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        Answer::of(self.request("GET", path)).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        Answer::of(self.request("POST", path).json(&body)).await
    }

    pub(crate) async fn put(&self, path: &str, body: Value) -> Answer {
        Answer::of(self.request("PUT", path).json(&body)).await
    }

    pub(crate) async fn patch(&self, path: &str, body: Value) -> Answer {
        Answer::of(self.request("PATCH", path).json(&body)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        Answer::of(self.request("DELETE", path).header("content-type", "application/json")).await
    }

    /// The rows of a list of "Sales", newest activity first.
    pub(crate) async fn list(&self, view: &str) -> Vec<Value> {
        let body =
            self.get(&format!("/api/v1/conversations?view={view}&group_id=2&limit=200")).await.expect(200);
        body["conversations"].as_array().unwrap().iter().map(|row| row["conversation"].clone()).collect()
    }

    /// The conversation with the contact of this number or name, once there is one.
    pub(crate) async fn conversation_with(&self, contact: &str) -> Value {
        eventually(&format!("a conversation with {contact}"), || async {
            let rows = self.list("all").await;
            rows.into_iter()
                .find(|row| row["contact"]["phone"] == contact || row["contact"]["name"] == contact)
        })
        .await
    }

    pub(crate) async fn conversation(&self, id: &str) -> Value {
        self.get(&format!("/api/v1/conversations/{id}")).await.expect(200)["conversation"].clone()
    }

    /// Every message of a conversation, oldest first.
    pub(crate) async fn messages(&self, id: &str) -> Vec<Value> {
        let entries = self.timeline(id).await.into_iter();
        entries
            .filter(|entry| entry["t"] == "message.created")
            .map(|entry| entry["d"]["message"].clone())
            .collect()
    }

    /// Every entry of a conversation, oldest first, page by page.
    pub(crate) async fn timeline(&self, id: &str) -> Vec<Value> {
        let (mut entries, mut after) = (Vec::new(), 0);
        loop {
            let path = format!("/api/v1/conversations/{id}/timeline?after={after}&limit=200");
            let page = self.get(&path).await.expect(200);
            entries.extend(page["entries"].as_array().unwrap().iter().cloned());
            if page["meta"]["more"] != true {
                return entries;
            }
            after = entries.last().unwrap()["seq"].as_i64().unwrap();
        }
    }

    /// Waits until a message of a conversation satisfies a condition, and returns it.
    pub(crate) async fn message_where(&self, id: &str, what: &str, is: impl Fn(&Value) -> bool) -> Value {
        eventually_or(what, || async {
            let mut messages = self.messages(id).await;
            match messages.iter().position(&is) {
                Some(at) => Ok(messages.swap_remove(at)),
                None => Err(format!("{messages:#?}")),
            }
        })
        .await
    }

    /// Writes; the answer is that of the call.
    pub(crate) async fn write(&self, conversation: &str, client_id: &str, text: &str) -> Answer {
        let body = json!({"client_id": client_id, "text": text});
        self.post(&format!("/api/v1/conversations/{conversation}/messages"), body).await
    }

    /// Writes, and returns the message's id.
    pub(crate) async fn say(&self, conversation: &str, text: &str) -> String {
        let client_id = format!("c-{:016x}", rand::random::<u64>());
        let body = self.write(conversation, &client_id, text).await.expect(201);
        body["message"]["id"].as_str().unwrap().to_owned()
    }

    /// Waits until a message has this status.
    pub(crate) async fn status(&self, conversation: &str, message: &str, status: &str) -> Value {
        let what = format!("message {message} to be {status}");
        self.message_where(conversation, &what, |m| m["id"] == message && m["status"] == status).await
    }

    pub(crate) async fn upload(&self, name: &str, mime: &str, bytes: Vec<u8>) -> Answer {
        let part = reqwest::multipart::Part::bytes(bytes).file_name(name.to_owned()).mime_str(mime).unwrap();
        let form = reqwest::multipart::Form::new().part("file", part);
        Answer::of(self.request("POST", "/api/v1/media").multipart(form)).await
    }

    /// Opens a socket that hears everything from here on.
    pub(crate) async fn listen(&self) -> Socket {
        let mut socket = self.connect().await;
        socket.ask(json!({"t": "ping"})).await;
        socket
    }

    /// Opens a socket and reads its `hello`; live frames wait for its first frame.
    pub(crate) async fn connect(&self) -> Socket {
        let mut socket = Socket::open(&self.url, "/ws/agent", Some(&self.url), Some(&self.cookie))
            .await
            .expect("a socket");
        socket.hello = socket.until("hello", |frame| frame["t"] == "hello").await;
        socket
    }
}

/// The call itself, for those who may be refused.
pub(crate) async fn sign_in(url: &str, email: &str, password: &str) -> Answer {
    let request = HTTP.post(format!("{url}/api/v1/session")).header("origin", url);
    Answer::of(request.json(&json!({"email": email, "password": password}))).await
}

/// The id in a JSON object.
pub(crate) fn id(value: &Value) -> String {
    value["id"].as_str().unwrap_or_else(|| panic!("no id in {value}")).to_owned()
}
