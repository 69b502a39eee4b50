//! `kill_loop`: kill -9 at random moments under load, start again on the same data. Providers repeat, agents resume; nothing may be lost.

use super::{Scene, go_on, judge, settle, until};
use crate::agents::{Agent, all_ready};
use crate::console;
use crate::error::{Result, fail};
use crate::options::Rate;
use crate::oracle::Demands;
use crate::providers::{Load, Providers};
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use std::time::Duration;
use tokio::sync::watch;

/// Shortest time between being ready and the next kill.
const SHORTEST: f64 = 0.2;
/// Marks for the time to be ready again, in milliseconds.
const READY_P95: f64 = 2_000.0;
const READY_MAX: f64 = 5_000.0;

pub(super) async fn run(scene: &mut Scene<'_>) -> Result<()> {
    let options = scene.options;
    let mut stage = scene.stage(None).await?;
    let run = scene.run()?;
    let shake = watch::Sender::new(0);
    let count = options.agents.unwrap_or(2);
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
        rate: options.rate.unwrap_or(Rate::Max),
    };
    let providers = Providers::start(&run, &load);
    run.measure();
    let mut random = SmallRng::seed_from_u64(scene.seed);
    let mut ready = run.tally.borrow().ack.clone();
    let mut first_ack = ready.clone();
    for kill in 1..=options.kills {
        let longest = options.life.as_secs_f64().max(SHORTEST + 0.01);
        let life = Duration::from_secs_f64(random.random_range(SHORTEST..longest));
        go_on(&run, "alive", life).await?;
        let acked = run.tally.borrow().acked;
        stage.server.kill().await?;
        let killed = run.clock.now();
        let took = stage.server.restart().await?;
        ready.saturating_record(took.as_micros() as u64);
        let serving = until(Duration::from_secs(20), || run.tally.borrow().acked > acked + 64).await;
        if !serving {
            fail!("no message was acknowledged within 20 s after kill {kill}");
        }
        first_ack.saturating_record(run.clock.now() - killed);
        console::note(&format!(
            "kill {kill} of {}: {acked} acknowledged before, ready in {:.0} ms, work goes on after {:.0} ms",
            options.kills,
            took.as_secs_f64() * 1e3,
            (run.clock.now() - killed) as f64 / 1e3
        ));
    }
    go_on(&run, "alive", Duration::from_secs_f64(SHORTEST)).await?;
    run.stop_measuring();
    // Every agent must be back before the last messages are counted.
    all_ready(&agents, Duration::from_secs(20)).await;
    let connections: u32 = agents.iter().map(|agent| agent.state.connections.get()).sum();
    settle(&run, providers, agents, scene.report).await?;
    let report = &mut *scene.report;
    report.add("kills", f64::from(options.kills), "");
    for (name, quantile) in [("p50", 0.5), ("p95", 0.95), ("max", 1.0)] {
        report.add(&format!("ready again {name}"), ready.value_at_quantile(quantile) as f64 / 1e3, "ms");
    }
    report.add(
        "acknowledging again p95, from the kill",
        first_ack.value_at_quantile(0.95) as f64 / 1e3,
        "ms",
    );
    report.add("agents' connections", f64::from(connections), "");
    report.traffic(&run);
    let (p95, max) = (ready.value_at_quantile(0.95) as f64 / 1e3, ready.max() as f64 / 1e3);
    report
        .demand(p95 <= READY_P95, format!("ready again p95 {p95:.0} ms, at most {READY_P95:.0} are allowed"));
    report.demand(
        max <= READY_MAX,
        format!("ready again at worst {max:.0} ms, at most {READY_MAX:.0} are allowed"),
    );
    let demands = Demands { ordered: true, complete_streams: true, ticks: false };
    judge(&run, &mut stage, demands, scene.report).await
}
