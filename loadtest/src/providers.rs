//! The provider's side: connections that post callbacks and, like a provider, post again whatever was not acknowledged.
//!
//! A customer belongs to one connection, which waits for each acknowledgement: so the order sent is the order to be found.

use crate::client::http::Connection;
use crate::error::Error;
use crate::hook::{Hook, News};
use crate::marker::Kind;
use crate::options::Rate;
use crate::pacer::Pacer;
use crate::run::{Phase, Run};
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::{JoinHandle, spawn_local};

/// What to send.
#[derive(Clone)]
pub struct Load {
    pub hook: Hook,
    pub to: SocketAddr,
    pub connections: usize,
    pub senders: u32,
    pub rate: Rate,
}

/// Senders at work; they end when the run drains.
pub struct Providers {
    lanes: Vec<JoinHandle<()>>,
    _pacer: Option<Pacer>,
}

impl Providers {
    pub fn start(run: &Rc<Run>, load: &Load) -> Self {
        let count = load.connections.clamp(1, load.senders.max(1) as usize);
        let lanes = (0..count).map(|nth| Lane::new(run, load, nth, count));
        match load.rate {
            Rate::Max => Self { lanes: lanes.map(|lane| spawn_local(lane.closed())).collect(), _pacer: None },
            Rate::Fixed(rate) => {
                let (pacer, moments) = Pacer::start(run.clock, rate, count);
                let lanes = lanes.zip(moments).map(|(lane, due)| spawn_local(lane.open(due))).collect();
                Self { lanes, _pacer: Some(pacer) }
            }
        }
    }

    /// Waits until everything begun is acknowledged or given up. Enter [`Phase::Draining`] first.
    pub async fn finish(self) {
        for lane in self.lanes {
            let _ = lane.await;
        }
    }
}

/// One connection and its customers.
struct Lane {
    run: Rc<Run>,
    hook: Hook,
    line: Postman,
    senders: Vec<u32>,
    random: SmallRng,
}

impl Lane {
    fn new(run: &Rc<Run>, load: &Load, nth: usize, count: usize) -> Self {
        Self {
            run: run.clone(),
            hook: load.hook.clone(),
            line: Postman::new(run, load.to),
            senders: (nth as u32..load.senders).step_by(count).collect(),
            random: SmallRng::seed_from_u64(run.seed ^ (nth as u64) << 32),
        }
    }

    async fn closed(mut self) {
        while self.run.phase() == Phase::Loading {
            self.send(self.run.clock.now()).await;
        }
    }

    async fn open(mut self, mut due: UnboundedReceiver<u64>) {
        let mut phase = self.run.watch();
        loop {
            let moment = tokio::select! {
                biased;
                _ = phase.wait_for(|phase| *phase > Phase::Loading) => return,
                moment = due.recv() => moment,
            };
            let Some(moment) = moment else { return };
            self.send(moment).await;
        }
    }

    async fn send(&mut self, at: u64) {
        let chosen = self.random.random_range(0..self.senders.len().max(1));
        let Some(sender) = self.senders.get(chosen) else { return };
        let marker = self.run.intend(Kind::Inbound, *sender, at);
        let request = self.hook.request(&[News::Message(marker)]);
        if self.line.deliver(&request).await {
            self.run.acknowledged(marker.number);
        }
    }
}

/// Brings one request at a time to the server, again and again until it says 2xx.
pub struct Postman {
    run: Rc<Run>,
    to: SocketAddr,
    connection: Option<Connection>,
}

/// Pause before the first repetition; doubles up to [`LONGEST_PAUSE`].
const PAUSE: Duration = Duration::from_millis(4);
const LONGEST_PAUSE: Duration = Duration::from_millis(64);
/// How long a callback is repeated.
const PATIENCE: u64 = 30_000_000;

impl Postman {
    pub fn new(run: &Rc<Run>, to: SocketAddr) -> Self {
        Self { run: run.clone(), to, connection: None }
    }

    /// False when the run is over first.
    pub async fn deliver(&mut self, request: &[u8]) -> bool {
        let give_up = self.run.clock.now() + PATIENCE;
        let mut pause = PAUSE;
        loop {
            match self.attempt(request).await {
                Some(200..=299) => return true,
                Some(429 | 500..=599) => self.run.tally.borrow_mut().refusals += 1,
                Some(status) => {
                    self.run.fail(Error(format!("a callback was answered {status} {}", self.answer())));
                    return false;
                }
                None if self.run.believes_silence.get() => {
                    tokio::time::sleep(LONGEST_PAUSE).await;
                    return true;
                }
                None => {}
            }
            if self.run.phase() == Phase::Over || self.run.clock.now() > give_up {
                self.run.tally.borrow_mut().given_up += 1;
                return false;
            }
            self.run.tally.borrow_mut().repeats += 1;
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// `None` when there was no answer.
    async fn attempt(&mut self, request: &[u8]) -> Option<u16> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => Connection::open(self.to).await.ok()?,
        };
        let status = connection.exchange(request).await.ok()?;
        self.connection = Some(connection).filter(|connection| !connection.closes());
        Some(status)
    }

    fn answer(&self) -> String {
        self.connection
            .as_ref()
            .map(|open| String::from_utf8_lossy(open.body()).into_owned())
            .unwrap_or_default()
    }
}
