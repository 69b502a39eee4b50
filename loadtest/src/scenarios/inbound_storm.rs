//! `inbound_storm`: callbacks as fast as they are acknowledged, or at a fixed rate. Agents listen. Nothing may be lost on the way.

use super::{Scene, baseline, effort, go_on, judge, settle};
use crate::agents::{Agent, all_ready};
use crate::console;
use crate::error::{Result, fail};
use crate::options::Rate;
use crate::oracle::Demands;
use crate::providers::{Load, Providers};
use std::time::Duration;
use tokio::sync::watch;

/// An open loop that falls further behind than this measured something else.
const KEPT_UP: f64 = 0.97;

/// What a provider may wait for its acknowledgement at a fixed rate, 99 times of 100.
const P99: Duration = Duration::from_millis(250);

pub(super) async fn run(scene: &mut Scene<'_>) -> Result<()> {
    let options = scene.options;
    let mut stage = scene.stage(None).await?;
    let run = scene.run()?;
    let shake = watch::Sender::new(0);
    let count = options.agents.unwrap_or(2);
    let agents: Vec<Agent> =
        (0..count).map(|nth| Agent::start(&run, stage.agent_door(nth), &shake)).collect();
    if !all_ready(&agents, Duration::from_secs(10)).await {
        let why = agents.iter().find_map(|agent| agent.state.refused.borrow().clone());
        fail!("an agent's socket could not be opened: {}", why.unwrap_or_default());
    }
    let rate = options.rate.unwrap_or(Rate::Max);
    let load = Load {
        hook: stage.hook.clone(),
        to: stage.server.site.to,
        connections: options.connections,
        senders: options.senders,
        rate,
    };
    let providers = Providers::start(&run, &load);
    go_on(&run, "warming", options.warm_up).await?;
    run.measure();
    let before = effort(&stage);
    go_on(&run, "measuring", options.duration).await?;
    run.stop_measuring();
    let after = effort(&stage);
    settle(&run, providers, agents, scene.report).await?;
    scene.report.traffic(&run);
    scene.report.effort(&before, &after);
    let acked = run.tally.borrow().acked_in_window as f64 / run.measured_seconds();
    if let Rate::Fixed(offered) = rate {
        scene.report.add("offered", offered, "msg/s");
        scene.report.demand(
            acked >= offered * KEPT_UP,
            format!("{acked:.0} of {offered:.0} msg/s were acknowledged"),
        );
        let p99 = Duration::from_micros(run.tally.borrow().ack.value_at_quantile(0.99));
        scene.report.demand(p99 <= P99, format!("an acknowledgement took {p99:?} at p99, {P99:?} allowed"));
    }
    let demands = Demands { ordered: true, complete_streams: true, ticks: false };
    judge(&run, &mut stage, demands, scene.report).await?;
    drop(stage);
    if options.with_baseline {
        console::note("measuring the bare group commit");
        for (in_flight, bare) in baseline::beside(scene).await? {
            scene.report.add(&format!("bare group commit, {in_flight} in flight"), bare, "msg/s");
            scene.report.add(
                &format!("share of that, {in_flight} in flight"),
                acked / bare.max(1.0) * 100.0,
                "%",
            );
        }
    }
    Ok(())
}
