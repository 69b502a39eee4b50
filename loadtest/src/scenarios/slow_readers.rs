//! `slow_readers`: sockets that stop reading are closed in time and cost nobody else anything.
//!
//! Closed means closed in the server's process: what it still owes a peer that does not read, that peer never sees.

use super::{Scene, go_on, judge, settle};
use crate::agents::{Agent, all_ready};
use crate::client::socket::Socket;
use crate::error::{Context, Result, fail};
use crate::options::Rate;
use crate::oracle::Demands;
use crate::process::Process;
use crate::providers::{Load, Providers};
use crate::run::Run;
use crate::stage::Stage;
use std::rc::Rc;
use std::time::Duration;
use tokio::sync::watch;

/// Marks: when they must be closed, what the others may suffer, what each may cost.
const CLOSED_WITHIN: f64 = 15.0;
const SUFFER: f64 = 2.0;
const MIB_EACH: f64 = 1.0;
/// Below this a p99 is good whatever it was before.
const GOOD_MS: f64 = 5.0;
/// Size of a slow peer's receive buffer.
const SMALL: u32 = 4096;

pub(super) async fn run(scene: &mut Scene<'_>) -> Result<()> {
    let options = scene.options;
    let mut stage = scene.stage(None).await?;
    let run = scene.run()?;
    let Some(process) = stage.server.process() else {
        fail!("slow_readers needs the server's process: give --pid with --url")
    };
    let shake = watch::Sender::new(0);
    let count = options.agents.unwrap_or(10);
    let agents: Vec<Agent> =
        (0..count).map(|nth| Agent::start(&run, stage.agent_door(nth), &shake)).collect();
    if !all_ready(&agents, Duration::from_secs(10)).await {
        fail!("the agents' sockets could not be opened");
    }
    let load = Load {
        hook: stage.hook.clone(),
        to: stage.server.site.to,
        connections: options.connections,
        senders: options.senders,
        rate: options.rate.unwrap_or(Rate::Fixed(1000.0)),
    };
    let providers = Providers::start(&run, &load);
    go_on(&run, "warming", options.warm_up).await?;
    run.measure();
    go_on(&run, "alone", options.duration).await?;
    let alone = p99(&run);
    let slow = options.sockets.unwrap_or(100);
    let seen = beside(&run, &stage, process, slow, options.duration).await?;
    let with_slow = p99(&run);
    run.stop_measuring();
    let reconnected: u32 = agents.iter().map(|agent| agent.state.connections.get() - 1).sum();
    let cut = stage.metric("switchboard_sockets_cut_total").await.unwrap_or_default();
    settle(&run, providers, agents, scene.report).await?;
    let report = &mut *scene.report;
    report.add("sockets that do not read", slow as f64, "");
    report.add("all of them closed after", seen.closed.unwrap_or(f64::NAN), "s");
    report.add("largest growth of memory", seen.growth_mib, "MiB");
    report.add("cut, by the server's own count", cut, "");
    report.add("others' p99 before", alone, "ms");
    report.add("others' p99 beside them", with_slow, "ms");
    report.add("others that were cut, too", f64::from(reconnected), "");
    report.traffic(&run);
    let closed = seen.closed.is_some_and(|after| after <= CLOSED_WITHIN);
    report.demand(closed, format!("sockets that do not read must be closed within {CLOSED_WITHIN} s"));
    let suffered = format!("others' p99 went from {alone:.2} to {with_slow:.2} ms");
    report.demand(with_slow <= (alone * SUFFER).max(GOOD_MS), suffered);
    let dear = format!("memory grew by {:.1} MiB for {slow} sockets", seen.growth_mib);
    report.demand(seen.growth_mib <= MIB_EACH * slow as f64, dear);
    report.demand(reconnected == 0, format!("{reconnected} sockets that do read were cut"));
    let demands = Demands { ordered: true, complete_streams: true, ticks: false };
    judge(&run, &mut stage, demands, scene.report).await
}

fn p99(run: &Rc<Run>) -> f64 {
    run.tally.borrow().socket.value_at_quantile(0.99) as f64 / 1e3
}

struct Seen {
    /// Seconds from the moment they stopped reading.
    closed: Option<f64>,
    growth_mib: f64,
}

/// Opens sockets, reads no more from them, and watches the server.
async fn beside(
    run: &Rc<Run>,
    stage: &Stage,
    process: Process,
    slow: usize,
    lasts: Duration,
) -> Result<Seen> {
    let (sockets_before, before) = (process.sockets()?, process.sample()?);
    let mut mute = Vec::with_capacity(slow);
    for nth in 0..slow {
        let mut door = stage.agent_door(nth);
        door.receive_buffer = Some(SMALL);
        let mut socket = Socket::open(&door).await.context("a slow socket")?;
        socket.say(r#"{"t":"ping","req":"p"}"#).await?;
        mute.push(socket);
    }
    run.measure_afresh();
    let start = run.clock.now();
    let watched = async {
        let mut seen = Seen { closed: None, growth_mib: 0.0 };
        let mut tick = tokio::time::interval(Duration::from_millis(100));
        loop {
            tick.tick().await;
            let passed = (run.clock.now() - start) as f64 / 1e6;
            let grown = process.sample()?.rss.saturating_sub(before.rss) as f64 / f64::from(1 << 20);
            seen.growth_mib = seen.growth_mib.max(grown);
            if seen.closed.is_none() && process.sockets()? <= sockets_before {
                seen.closed = Some(passed);
            }
            let enough = passed >= lasts.as_secs_f64();
            if enough && seen.closed.is_some() || passed > 2.0 * CLOSED_WITHIN + lasts.as_secs_f64() {
                return Ok(seen);
            }
        }
    };
    let ended = watched.await;
    run.trouble()?;
    drop(mute);
    ended
}
