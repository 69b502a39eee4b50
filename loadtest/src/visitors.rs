//! [`Visitor`]: a webchat panel. Says who it is with its first frame, then idles, writes or listens; comes back with token and cursor.

use crate::client::frame::{Entry, Kind, Scanner};
use crate::client::socket::{Door, Frame, Socket};
use crate::journal::{Client, Line};
use crate::marker;
use crate::run::{Phase, Run};
use serde::Deserialize;
use serde_json::json;
use serde_json::value::RawValue;
use std::cell::{Cell, RefCell};
use std::collections::HashSet;
use std::io::{Error, Result};
use std::rc::Rc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::{JoinHandle, spawn_local};

/// What others may see of a visitor while it runs.
#[derive(Default)]
pub struct State {
    /// When the present connection was up to date, by the run's clock; 0 while it is not.
    pub ready_at: Cell<u64>,
    /// Whether the server could serve its cursor.
    pub resumed: Cell<bool>,
    pub conversation: Cell<i64>,
    /// Numbers of marked messages of agents received, each once.
    pub heard: RefCell<HashSet<u32>>,
    /// Entries received again.
    pub repeats: Cell<u32>,
    pub refused: RefCell<Option<String>>,
}

pub struct Visitor {
    pub state: Rc<State>,
    task: JoinHandle<()>,
}

impl Visitor {
    /// `says`: writes one message once it is connected, which begins its conversation.
    pub fn start(
        run: &Rc<Run>,
        door: Door,
        widget_key: &str,
        shake: &watch::Sender<u32>,
        says: Option<u32>,
    ) -> Self {
        let state = Rc::new(State::default());
        let panel = Panel {
            run: run.clone(),
            index: run.client(Client::Visitor),
            door,
            widget_key: widget_key.to_owned(),
            state: state.clone(),
            token: None,
            cursor: None,
            newest: 0,
            says,
        };
        Self { state, task: spawn_local(panel.live(shake.subscribe())) }
    }

    pub async fn finish(self) {
        let _ = self.task.await;
    }
}

struct Panel {
    run: Rc<Run>,
    index: u32,
    door: Door,
    widget_key: String,
    state: Rc<State>,
    token: Option<String>,
    cursor: Option<String>,
    newest: i64,
    says: Option<u32>,
}

#[derive(Deserialize)]
struct Hello<'a> {
    #[serde(borrow)]
    d: Welcome<'a>,
}

#[derive(Deserialize)]
struct Welcome<'a> {
    token: String,
    conversation_id: Option<String>,
    #[serde(borrow)]
    entries: Vec<&'a RawValue>,
    cursor: String,
    resumed: bool,
}

#[derive(Deserialize)]
struct Ack {
    d: Acked,
}

#[derive(Deserialize)]
struct Acked {
    conversation_id: String,
}

/// Pause after a failed attempt to connect.
const PAUSE: Duration = Duration::from_millis(50);

impl Panel {
    async fn live(mut self, mut shake: watch::Receiver<u32>) {
        let mut over = self.run.watch();
        while self.run.phase() < Phase::Over {
            tokio::select! {
                ended = self.connection() => {
                    self.state.ready_at.set(0);
                    if let Err(error) = ended {
                        *self.state.refused.borrow_mut() = Some(error.to_string());
                    }
                    tokio::time::sleep(PAUSE).await;
                }
                Ok(()) = shake.changed() => self.state.ready_at.set(0),
                _ = over.wait_for(|phase| *phase == Phase::Over) => {}
            }
        }
    }

    async fn connection(&mut self) -> Result<()> {
        let mut socket = Socket::open(&self.door).await?;
        let d = json!({"widget_key": self.widget_key, "token": self.token, "cursor": self.cursor, "name": null, "email": null});
        socket.say(&json!({"t": "session.start", "req": "s", "d": d}).to_string()).await?;
        let hello = socket.text().await?;
        self.welcome(&hello)?;
        if let Some(sender) = self.says {
            self.write(&mut socket, sender).await?;
            self.says = None;
        }
        self.state.ready_at.set(self.run.clock.now());
        let scanner = Scanner::default();
        loop {
            while let Some(frame) = socket.take()? {
                match frame {
                    Frame::Text(at) => self.frame(&scanner, socket.payload(&at)),
                    Frame::Ping(at) => socket.pong(&at).await?,
                    Frame::Pong => {}
                    Frame::Close(code) => return Err(Error::other(format!("closed with {code}"))),
                }
            }
            socket.fill().await?;
        }
    }

    fn welcome(&mut self, hello: &str) -> Result<()> {
        if Scanner::kind(hello.as_bytes()) != Kind::Hello {
            return Err(Error::other(format!("instead of hello: {hello}")));
        }
        let Hello { d } = serde_json::from_str(hello)?;
        self.run.journal(self.index, &Line::Connected);
        if d.resumed {
            self.run.journal(self.index, &Line::Resumed);
        }
        self.state.resumed.set(d.resumed);
        self.token = Some(d.token);
        if let Some(conversation) = d.conversation_id.and_then(|id| id.parse().ok()) {
            self.state.conversation.set(conversation);
        }
        let scanner = Scanner::default();
        for entry in d.entries {
            self.frame(&scanner, entry.get().as_bytes());
        }
        self.cursor = Some(d.cursor);
        Ok(())
    }

    /// One message, and its acknowledgement.
    async fn write(&self, socket: &mut Socket, sender: u32) -> Result<()> {
        let marker = self.run.intend(marker::Kind::Visitor, sender, self.run.clock.now());
        let d = json!({"client_id": marker.to_string(), "text": marker.text(crate::hook::TEXT)});
        socket.say(&json!({"t": "message.send", "req": "m", "d": d}).to_string()).await?;
        loop {
            let answer = socket.text().await?;
            if answer.starts_with(r#"{"t":"ack","req":"m""#) {
                let Ack { d } = serde_json::from_str(&answer)?;
                self.state.conversation.set(d.conversation_id.parse().unwrap_or_default());
                self.run.acknowledged(marker.number);
                return Ok(());
            }
            if answer.starts_with(r#"{"t":"error","#) {
                return Err(Error::other(answer));
            }
        }
    }

    fn frame(&mut self, scanner: &Scanner, frame: &[u8]) {
        let Kind::Entry(kind) = Scanner::kind(frame) else { return };
        let Some(entry) = scanner.entry(kind, frame) else { return };
        self.entry(entry);
        if let Some(cursor) = scanner.cursor(frame) {
            self.cursor = Some(cursor.to_owned());
        }
    }

    fn entry(&mut self, entry: Entry) {
        self.run.journal(self.index, &Line::Received(entry));
        if entry.seq <= self.newest {
            self.state.repeats.set(self.state.repeats.get() + 1);
            return;
        }
        self.newest = entry.seq;
        if let Some(marker) = entry.marker.filter(|marker| marker.kind == marker::Kind::Reply) {
            self.state.heard.borrow_mut().insert(marker.number);
        }
    }
}
