//! `reconnect_herd`: thousands of sockets drop and come back at the same moment while messages flow. All must have missed nothing, soon.

use super::{Scene, close, go_on, judge, until};
use crate::agents::{Agent, all_ready};
use crate::console;
use crate::error::{Result, fail};
use crate::marker::Kind;
use crate::options::Rate;
use crate::oracle::{Demands, Violation};
use crate::providers::{Load, Providers};
use crate::run::{Phase, Run, Tally};
use crate::stage::Stage;
use crate::visitors::Visitor;
use std::rc::Rc;
use std::time::Duration;
use tokio::sync::watch;

/// When the last one must be up to date again, in milliseconds.
const ALL_BACK: f64 = 3_000.0;
/// Visitors who have a conversation and are answered while they are away.
const TALKING: usize = 50;
/// Visitors connected at once before the herd.
const AT_ONCE: usize = 128;

pub(super) async fn run(scene: &mut Scene<'_>) -> Result<()> {
    let options = scene.options;
    let mut stage = scene.stage(None).await?;
    let widget = stage.widget().await?;
    let run = scene.run()?;
    let shake = watch::Sender::new(0);
    let total = options.sockets.unwrap_or(2000);
    let count = options.agents.unwrap_or(100).min(total);
    let agents: Vec<Agent> =
        (0..count).map(|nth| Agent::start(&run, stage.agent_door(nth), &shake)).collect();
    if !all_ready(&agents, Duration::from_secs(20)).await {
        let why = agents.iter().find_map(|agent| agent.state.refused.borrow().clone());
        fail!("the agents' sockets could not be opened: {}", why.unwrap_or_default());
    }
    let visitors = gather(&run, &stage, &widget, &shake, total - count).await?;
    let rate = options.rate.unwrap_or(Rate::Fixed(100.0));
    let (hook, to) = (stage.hook.clone(), stage.server.site.to);
    let load = Load { hook, to, connections: options.connections, senders: options.senders, rate };
    let providers = Providers::start(&run, &load);
    go_on(&run, "warming", options.warm_up).await?;
    run.measure();
    go_on(&run, "quiet", options.warm_up).await?;
    let quiet = run.tally.borrow().socket.clone();
    run.measure_afresh();
    console::note(&format!("{total} sockets drop and come back"));
    let dropped = run.clock.now();
    shake.send_replace(1);
    answer(&run, &mut stage, &visitors).await?;
    let ready = |at: u64| at > dropped;
    let back = until(Duration::from_mins(1), || {
        agents.iter().all(|agent| ready(agent.state.ready_at.get()))
            && visitors.iter().all(|visitor| ready(visitor.state.ready_at.get()))
    });
    let all_back = back.await;
    let times = agents.iter().map(|agent| agent.state.ready_at.get());
    let times = times.chain(visitors.iter().map(|visitor| visitor.state.ready_at.get()));
    let mut herd = Tally::default().ack;
    times.filter(|at| ready(*at)).for_each(|at| herd.saturating_record(at - dropped));
    go_on(&run, "after", options.duration).await?;
    run.stop_measuring();
    let report = &mut *scene.report;
    report.add("sockets", total as f64, "");
    report.add("of them agents", count as f64, "");
    report.latency("up to date again", &herd);
    let last = herd.max() as f64 / 1e3;
    report.add("callback to agent's socket p99, quiet", quiet.value_at_quantile(0.99) as f64 / 1e3, "ms");
    report.demand(all_back, "not every socket came back within a minute".to_owned());
    report.demand(
        last <= ALL_BACK,
        format!("the last socket was up to date after {last:.0} ms, not {ALL_BACK:.0}"),
    );
    finish(scene, &mut stage, &run, Crowd { agents, visitors, providers }).await
}

struct Crowd {
    agents: Vec<Agent>,
    visitors: Vec<Visitor>,
    providers: Providers,
}

/// Waits until everybody has heard everything, then judges.
async fn finish(scene: &mut Scene<'_>, stage: &mut Stage, run: &Rc<Run>, crowd: Crowd) -> Result<()> {
    let Crowd { agents, visitors, providers } = crowd;
    let talking = visitors.len().min(TALKING);
    let heard = || visitors.iter().take(talking).all(|visitor| !visitor.state.heard.borrow().is_empty());
    let answered = until(Duration::from_secs(10), heard).await;
    run.enter(Phase::Draining);
    providers.finish().await;
    run.trouble()?;
    let indexes: Vec<u32> = agents.iter().map(|agent| agent.index).collect();
    until(super::CATCH_UP, || run.all_heard(&indexes)).await;
    close(run, agents).await;
    let resumed = visitors.iter().filter(|visitor| visitor.state.resumed.get()).count();
    let repeats: u32 = visitors.iter().map(|visitor| visitor.state.repeats.get()).sum();
    let deaf =
        visitors.iter().take(talking).filter(|visitor| visitor.state.heard.borrow().is_empty()).count();
    let all = visitors.len();
    for visitor in visitors {
        visitor.finish().await;
    }
    let report = &mut *scene.report;
    report.add("visitors whose cursor was served", resumed as f64, "");
    report.add("visitors' entries received again", f64::from(repeats), "");
    report.demand(
        resumed == all,
        format!("{resumed} of {all} visitors were resumed, the others had to read anew"),
    );
    report.traffic(run);
    let demands = Demands { ordered: true, complete_streams: true, ticks: false };
    judge(run, stage, demands, scene.report).await?;
    if !answered {
        let detail = format!("{deaf} visitors never received the answer sent while they were away");
        scene.report.violation(&Violation { invariant: "I1", kind: "lost", detail });
    }
    Ok(())
}

/// Connects the visitors; the first ones write something.
async fn gather(
    run: &Rc<Run>,
    stage: &Stage,
    widget: &str,
    shake: &watch::Sender<u32>,
    count: usize,
) -> Result<Vec<Visitor>> {
    let mut visitors: Vec<Visitor> = Vec::with_capacity(count);
    while visitors.len() < count {
        let from = visitors.len();
        for nth in from..count.min(from + AT_ONCE) {
            let says = (nth < TALKING).then_some(nth as u32);
            visitors.push(Visitor::start(run, stage.visitor_door(nth), widget, shake, says));
        }
        let open = || visitors.iter().skip(from).all(|visitor| visitor.state.ready_at.get() > 0);
        if !until(Duration::from_secs(20), open).await {
            let why = visitors.iter().rev().find_map(|visitor| visitor.state.refused.borrow().clone());
            fail!("{} visitors could not be connected: {}", visitors.len(), why.unwrap_or_default());
        }
    }
    Ok(visitors)
}

/// An agent answers the visitors who wrote, while they are on their way back.
async fn answer(run: &Rc<Run>, stage: &mut Stage, visitors: &[Visitor]) -> Result<()> {
    for (nth, visitor) in visitors.iter().take(TALKING).enumerate() {
        let marker = run.intend(Kind::Reply, nth as u32, run.clock.now());
        let (text, id) = (marker.text(crate::hook::TEXT), marker.to_string());
        let conversation = visitor.state.conversation.get();
        let (status, answer) = Stage::reply(&mut stage.admin, conversation, &id, &text).await?;
        if status != 201 {
            fail!("a reply to conversation {conversation} was answered {status} {answer}");
        }
        run.acknowledged(marker.number);
    }
    Ok(())
}
