//! [`Agent`]: a colleague's browser tab. Listens, remembers its cursor, comes back when cut and resumes.

use crate::client::frame::{Entry, Kind, Scanner};
use crate::client::socket::{Door, Frame, Socket};
use crate::journal::{Client, Line};
use crate::run::{Phase, Run};
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::io;
use std::rc::Rc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::{JoinHandle, spawn_local};

/// What others may see and ask of an agent while it runs.
#[derive(Default)]
pub struct State {
    /// Times the connection was made.
    pub connections: Cell<u32>,
    /// When the present connection was up to date, by the run's clock; 0 while it is not.
    pub ready_at: Cell<u64>,
    /// Close codes seen.
    pub closes: RefCell<Vec<u16>>,
    /// Latest reason why a connection was not made.
    pub refused: RefCell<Option<String>>,
}

pub struct Agent {
    pub index: u32,
    pub state: Rc<State>,
    task: JoinHandle<()>,
}

/// Increase it and every agent drops its connection and comes back at once.
pub type Shake = watch::Sender<u32>;

impl Agent {
    pub fn start(run: &Rc<Run>, door: Door, shake: &Shake) -> Self {
        let index = run.client(Client::Agent);
        let state = Rc::new(State::default());
        let tab = Tab {
            run: run.clone(),
            index,
            door,
            state: state.clone(),
            cursor: String::new(),
            known: HashMap::new(),
            scanner: Scanner::default(),
        };
        let task = spawn_local(tab.live(shake.subscribe()));
        Self { index, state, task }
    }

    /// Waits for its end; enter [`Phase::Over`] first.
    pub async fn finish(self) {
        let _ = self.task.await;
    }
}

/// Waits until each of them is connected and up to date, at most `patience`.
pub async fn all_ready(agents: &[Agent], patience: Duration) -> bool {
    let ready = async {
        let mut tick = tokio::time::interval(Duration::from_millis(2));
        while agents.iter().any(|agent| agent.state.ready_at.get() == 0) {
            tick.tick().await;
        }
    };
    tokio::time::timeout(patience, ready).await.is_ok()
}

struct Tab {
    run: Rc<Run>,
    index: u32,
    door: Door,
    state: Rc<State>,
    /// Of the last frame handled; empty before the first hello.
    cursor: String,
    /// Newest number held per conversation.
    known: HashMap<i64, i64>,
    scanner: Scanner,
}

/// Pause after a failed attempt to connect.
const PAUSE: Duration = Duration::from_millis(20);

impl Tab {
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
            self.run.journal(self.index, &Line::Closed);
        }
    }

    /// From the handshake until the connection ends.
    async fn connection(&mut self) -> io::Result<()> {
        let mut socket = Socket::open(&self.door).await?;
        let hello = socket.text().await?;
        self.state.connections.set(self.state.connections.get() + 1);
        self.run.journal(self.index, &Line::Connected);
        let returning = !self.cursor.is_empty();
        if returning {
            socket.say(&format!(r#"{{"t":"resume","req":"r","cursor":"{}"}}"#, self.cursor)).await?;
        } else {
            self.remember(hello.as_bytes());
            // Any other first frame than `resume` starts the live stream.
            socket.say(r#"{"t":"ping","req":"p"}"#).await?;
            self.state.ready_at.set(self.run.clock.now());
        }
        loop {
            while let Some(frame) = socket.take()? {
                match frame {
                    Frame::Text(at) => self.frame(socket.payload(&at), &hello),
                    Frame::Ping(at) => socket.pong(&at).await?,
                    Frame::Pong => {}
                    Frame::Close(code) => {
                        self.state.closes.borrow_mut().push(code);
                        return Ok(());
                    }
                }
            }
            socket.fill().await?;
        }
    }

    fn frame(&mut self, frame: &[u8], hello: &str) {
        match Scanner::kind(frame) {
            Kind::Entry(kind) => {
                if let Some(entry) = self.scanner.entry(kind, frame) {
                    self.entry(entry);
                    self.remember(frame);
                }
            }
            Kind::Resumed => {
                self.run.journal(self.index, &Line::Resumed);
                self.remember(frame);
                self.state.ready_at.set(self.run.clock.now());
            }
            Kind::Resync => {
                self.run.journal(self.index, &Line::Resync);
                self.run.excuse(self.index);
                self.remember(hello.as_bytes());
                self.state.ready_at.set(self.run.clock.now());
            }
            Kind::Hello | Kind::Draining | Kind::Other => {}
        }
    }

    fn entry(&mut self, entry: Entry) {
        self.run.journal(self.index, &Line::Received(entry));
        let known = self.known.entry(entry.conversation).or_default();
        if entry.seq <= *known {
            return;
        }
        *known = entry.seq;
        if let Some(marker) = entry.marker.filter(|marker| marker.run == self.run.id) {
            self.run.heard(self.index, &marker);
        }
    }

    fn remember(&mut self, frame: &[u8]) {
        if let Some(cursor) = self.scanner.cursor(frame) {
            self.cursor.clear();
            self.cursor.push_str(cursor);
        }
    }
}
