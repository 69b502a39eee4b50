//! `webhook_chaos`: every callback comes one to four times, shuffled, several in one request, news of a message before its own answer.
//! One message each, one conversation each, and in the end the right tick.

use super::{Scene, close, judge, until};
use crate::agents::{Agent, all_ready};
use crate::console;
use crate::error::{Context, Result, fail};
use crate::graph::{Accepted, Graph};
use crate::hook::{Hook, News, phone};
use crate::marker::{Kind, Marker};
use crate::oracle::{Demands, Violation};
use crate::providers::Postman;
use crate::readback;
use crate::run::{Phase, Run};
use crate::stage::Stage;
use rand::rngs::SmallRng;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet, VecDeque};
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::task::{JoinHandle, spawn_local};

/// Callbacks are shuffled within so many.
const WINDOW: usize = 1000;
/// Most repetitions of one callback.
const COPIES: u32 = 4;
/// One reply per so many messages of customers.
const REPLIES: u32 = 10;
/// How long ticks may take to show.
const PATIENCE: Duration = Duration::from_secs(20);

pub(super) async fn run(scene: &mut Scene<'_>) -> Result<()> {
    let options = scene.options;
    let (graph, accepted) = Graph::start().await?;
    let mut stage = scene.stage(Some(&graph.base_url)).await?;
    let run = scene.run()?;
    run.measure();
    let shake = watch::Sender::new(0);
    let count = options.agents.unwrap_or(2);
    let agents: Vec<Agent> =
        (0..count).map(|nth| Agent::start(&run, stage.agent_door(nth), &shake)).collect();
    if !all_ready(&agents, Duration::from_secs(10)).await {
        fail!("the agents' sockets could not be opened");
    }
    let senders = options.senders.min(options.chaos() / 5).max(1);
    let chaos = Chaos::start(&run, &stage, options.connections, scene.seed);
    let teller = spawn_local(tell(chaos.clone(), accepted, stage.hook.clone(), scene.seed));
    console::note(&format!(
        "{} messages of {senders} customers, each callback one to {COPIES} times",
        options.chaos()
    ));
    chaos.inbound(options.chaos() / 2, senders);
    chaos.quiet().await?;
    chaos.inbound(options.chaos() - options.chaos() / 2, senders);
    let replies = answer(&run, &mut stage, options.chaos() / REPLIES, senders).await?;
    let sent = until(PATIENCE, || graph.accepted.borrow().len() >= replies).await;
    chaos.quiet().await?;
    let indexes: Vec<u32> = agents.iter().map(|agent| agent.index).collect();
    until(super::CATCH_UP, || run.all_heard(&indexes)).await;
    wait_for_ticks(&mut stage, &run, replies).await?;
    run.stop_measuring();
    run.enter(Phase::Draining);
    close(&run, agents).await;
    teller.abort();
    chaos.finish().await;
    run.trouble()?;
    let report = &mut *scene.report;
    report.add("callbacks posted", f64::from(chaos.posted.get()), "");
    report.add("replies", replies as f64, "");
    report.add("replies the provider accepted", graph.accepted.borrow().len() as f64, "");
    report.add("repeated callbacks", run.tally.borrow().repeats as f64, "");
    report.add("answers 'try later'", run.tally.borrow().refusals as f64, "");
    report.demand(sent, "not every reply reached the provider".to_owned());
    let demands = Demands { ordered: false, complete_streams: true, ticks: true };
    judge(&run, &mut stage, demands, scene.report).await?;
    for (number, times) in graph.accepted.borrow().iter().filter(|(_, times)| **times > 1) {
        let detail = format!("the provider was given reply {number} {times} times");
        scene.report.violation(&Violation { invariant: "I1", kind: "duplicate", detail });
    }
    Ok(())
}

/// What a request's 2xx means.
#[derive(Clone)]
enum Promise {
    Stored(u32),
    Told(u32, &'static str),
}

/// One request and how often it is still to come.
struct Callback {
    request: Vec<u8>,
    promises: Vec<Promise>,
}

/// The queue between those who have news and the connections that post them.
#[derive(Clone)]
struct Chaos {
    run: Rc<Run>,
    hook: Hook,
    to: SocketAddr,
    queue: Rc<RefCell<VecDeque<Rc<Callback>>>>,
    busy: Rc<Cell<usize>>,
    posted: Rc<Cell<u32>>,
    /// Promises already kept: a message is acknowledged once.
    kept: Rc<RefCell<HashSet<(u32, &'static str)>>>,
    random: Rc<RefCell<SmallRng>>,
    wake: Rc<tokio::sync::Notify>,
    posters: Rc<RefCell<Vec<JoinHandle<()>>>>,
}

impl Chaos {
    fn start(run: &Rc<Run>, stage: &Stage, connections: usize, seed: u64) -> Self {
        let chaos = Self {
            run: run.clone(),
            hook: stage.hook.clone(),
            to: stage.server.site.to,
            queue: Rc::default(),
            busy: Rc::default(),
            posted: Rc::default(),
            kept: Rc::default(),
            random: Rc::new(RefCell::new(SmallRng::seed_from_u64(seed))),
            wake: Rc::default(),
            posters: Rc::default(),
        };
        for _ in 0..connections.max(1) {
            let line = Postman::new(run, stage.server.site.to);
            let poster = spawn_local(chaos.clone().post(line));
            chaos.posters.borrow_mut().push(poster);
        }
        chaos
    }

    /// Queues `count` messages of customers.
    fn inbound(&self, count: u32, senders: u32) {
        let mut callbacks = Vec::new();
        let mut left = count;
        while left > 0 {
            let joined = self.random.borrow_mut().random_range(1..=3).min(left);
            left -= joined;
            let markers: Vec<Marker> = (0..joined)
                .map(|_| {
                    let sender = self.random.borrow_mut().random_range(0..senders);
                    self.run.intend(Kind::Inbound, sender, self.run.clock.now())
                })
                .collect();
            let news: Vec<News> = markers.iter().map(|marker| News::Message(*marker)).collect();
            let promises = markers.iter().map(|marker| Promise::Stored(marker.number)).collect();
            callbacks.push(Callback { request: self.hook.request(&news), promises });
        }
        self.enqueue(callbacks);
    }

    /// Multiplies, shuffles within a window, queues.
    fn enqueue(&self, callbacks: Vec<Callback>) {
        let mut random = self.random.borrow_mut();
        let mut copies: Vec<Rc<Callback>> = Vec::new();
        for callback in callbacks {
            let callback = Rc::new(callback);
            let times = random.random_range(1..=COPIES);
            copies.extend((0..times).map(|_| callback.clone()));
        }
        for window in copies.chunks_mut(WINDOW) {
            window.shuffle(&mut *random);
        }
        self.queue.borrow_mut().extend(copies);
        self.wake.notify_waiters();
    }

    async fn post(self, mut line: Postman) {
        while self.run.phase() < Phase::Draining {
            let next = self.queue.borrow_mut().pop_front();
            let Some(callback) = next else {
                self.wake.notified().await;
                continue;
            };
            self.busy.set(self.busy.get() + 1);
            if line.deliver(&callback.request).await {
                callback.promises.iter().for_each(|promise| self.keep(promise));
            }
            self.posted.set(self.posted.get() + 1);
            self.busy.set(self.busy.get() - 1);
        }
    }

    fn keep(&self, promise: &Promise) {
        let key = match promise {
            Promise::Stored(number) => (*number, ""),
            Promise::Told(number, status) => (*number, *status),
        };
        if !self.kept.borrow_mut().insert(key) {
            return;
        }
        match promise {
            Promise::Stored(number) => self.run.acknowledged(*number),
            Promise::Told(number, status) => self.run.told(*number, status),
        }
    }

    /// Waits until everything queued is delivered.
    async fn quiet(&self) -> Result<()> {
        let done =
            || (self.queue.borrow().is_empty() && self.busy.get() == 0) || self.run.phase() == Phase::Over;
        if !until(Duration::from_mins(5), done).await {
            fail!("{} callbacks are still waiting after five minutes", self.queue.borrow().len());
        }
        self.run.trouble()
    }

    async fn finish(&self) {
        self.wake.notify_waiters();
        let posters: Vec<JoinHandle<()>> = self.posters.borrow_mut().drain(..).collect();
        for poster in posters {
            poster.abort();
            let _ = poster.await;
        }
    }
}

/// Turns each accepted reply into news; one in five is told before the product has our answer.
async fn tell(chaos: Chaos, mut accepted: mpsc::UnboundedReceiver<Accepted>, hook: Hook, seed: u64) {
    const FATES: [&[&str]; 6] = [
        &["sent", "delivered", "read"],
        &["sent", "delivered", "read"],
        &["sent", "delivered"],
        &["sent", "failed"],
        &["read"],
        &["delivered", "failed"],
    ];
    let mut random = SmallRng::seed_from_u64(seed ^ 1);
    while let Some(Accepted { marker, id, answer }) = accepted.recv().await {
        let fate = FATES.get(random.random_range(0..FATES.len())).copied().unwrap_or_default();
        let callback = |status: &'static str| Callback {
            request: hook.request(&[News::Status { id: id.clone(), status }]),
            promises: vec![Promise::Told(marker.number, status)],
        };
        let callbacks: Vec<Callback> = fate.iter().map(|status| callback(status)).collect();
        if random.random_range(0..5) == 0 {
            let chaos = chaos.clone();
            spawn_local(async move {
                let mut line = Postman::new(&chaos.run, chaos.to);
                for early in &callbacks {
                    if line.deliver(&early.request).await {
                        early.promises.iter().for_each(|promise| chaos.keep(promise));
                    }
                }
                let _ = answer.send(());
                chaos.enqueue(callbacks);
            });
        } else {
            let _ = answer.send(());
            chaos.enqueue(callbacks);
        }
    }
}

/// Agents answer customers, spread over all conversations. Answers how many replies were acknowledged.
async fn answer(run: &Rc<Run>, stage: &mut Stage, count: u32, senders: u32) -> Result<usize> {
    let homes: HashMap<String, i64> = readback::list(&mut stage.admin)
        .await
        .context("listing conversations")?
        .into_iter()
        .map(|conversation| (conversation.phone, conversation.id))
        .collect();
    let mut replied = 0;
    for nth in 0..count {
        let sender = nth % senders;
        let Some(conversation) = homes.get(&format!("+{}", phone(sender))) else { continue };
        let marker = run.intend(Kind::Reply, sender, run.clock.now());
        let (id, text) = (marker.to_string(), marker.text(crate::hook::TEXT));
        let (status, answer) = Stage::reply(&mut stage.admin, *conversation, &id, &text).await?;
        if status != 201 {
            fail!("a reply was answered {status} {answer}");
        }
        run.acknowledged(marker.number);
        replied += 1;
    }
    Ok(replied)
}

/// Ticks may lag behind their news for a moment: waits until none is a clock any more and none moves.
async fn wait_for_ticks(stage: &mut Stage, run: &Rc<Run>, replies: usize) -> Result<()> {
    let deadline = run.clock.now() + PATIENCE.as_micros() as u64;
    let mut before = Vec::new();
    while run.clock.now() < deadline {
        let stored = readback::everything(&mut stage.admin).await?;
        let ours = |marker: &Marker| marker.run == run.id && marker.kind == Kind::Reply;
        let entries = stored.into_iter().flat_map(|conversation| conversation.entries);
        let ticks: Vec<Option<String>> = entries
            .filter(|entry| entry.marker.as_ref().is_some_and(ours))
            .map(|entry| entry.status)
            .collect();
        let told =
            |tick: &Option<String>| matches!(tick.as_deref(), Some("sent" | "delivered" | "read" | "failed"));
        if ticks.len() >= replies && ticks.iter().all(told) && ticks == before {
            return Ok(());
        }
        before = ticks;
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Ok(())
}
