//! `idle`: what the server costs when nothing happens: its memory alone, and per visitor's socket that is merely open.

use super::{Scene, effort, go_on, until};
use crate::error::{Result, fail};
use crate::process::Process;
use crate::run::{Phase, Run};
use crate::stage::Stage;
use crate::visitors::Visitor;
use std::rc::Rc;
use std::time::Duration;
use tokio::sync::watch;

/// Sockets opened at once: more would measure the queue of connections.
const AT_ONCE: usize = 128;
/// Memory that moves by less than this within half a second has settled.
const STILL: u64 = 64 << 10;

pub(super) async fn run(scene: &mut Scene<'_>) -> Result<()> {
    let options = scene.options;
    let mut stage = scene.stage(None).await?;
    let widget = stage.widget().await?;
    let run = scene.run()?;
    if options.url.is_none() {
        // Signing in has left its marks in memory: a password hash takes megabytes.
        stage.server.kill().await?;
        stage.server.restart().await?;
    }
    let Some(process) = stage.server.process() else {
        fail!("idle needs the server's process: give --pid with --url")
    };
    go_on(&run, "idle", options.warm_up).await?;
    let alone = settled(process).await?;
    rehearse(scene, &stage, &widget, process).await?;
    let empty = settled(process).await?;
    let count = options.sockets.unwrap_or(5000);
    let started = run.clock.now();
    let visitors = open(&run, &stage, &widget, count).await?;
    let opened = (run.clock.now() - started) as f64 / 1e6;
    let full = settled(process).await?;
    let before = effort(&stage);
    go_on(&run, "idle", options.duration).await?;
    let after = effort(&stage);
    let still = visitors.iter().filter(|visitor| visitor.state.ready_at.get() > 0).count();
    close(&run, visitors).await;
    let mib = |bytes: u64| bytes as f64 / f64::from(1 << 20);
    let each = (full as f64 - empty as f64) / 1024.0 / count.max(1) as f64;
    let report = &mut *scene.report;
    report.add("idle server memory", mib(alone), "MiB");
    report.add("after the first sockets came and went", mib(empty), "MiB");
    report.add("visitors' sockets", count as f64, "");
    report.add("memory with them", mib(full), "MiB");
    report.add("memory per visitor's socket", each, "KiB");
    report.add("sockets opened", count as f64 / opened.max(1e-6), "/s");
    report.effort(&before, &after);
    report.demand(still == count, format!("{still} of {count} idle sockets stayed open"));
    Ok(())
}

/// A first batch of sockets comes and goes, so that what is allocated once is not charged to the others.
async fn rehearse(scene: &Scene<'_>, stage: &Stage, widget: &str, process: Process) -> Result<()> {
    let run = Rc::new(Run::new(scene.seed, &scene.folder.join("rehearsal"))?);
    let before = process.sockets()?;
    let visitors = open(&run, stage, widget, AT_ONCE).await?;
    close(&run, visitors).await;
    until(Duration::from_secs(10), || process.sockets().is_ok_and(|sockets| sockets <= before)).await;
    Ok(())
}

async fn open(run: &Rc<Run>, stage: &Stage, widget: &str, count: usize) -> Result<Vec<Visitor>> {
    let shake = watch::Sender::new(0);
    let mut visitors: Vec<Visitor> = Vec::with_capacity(count);
    while visitors.len() < count {
        let from = visitors.len();
        let upto = count.min(from + AT_ONCE);
        visitors.extend(
            (from..upto).map(|nth| Visitor::start(run, stage.visitor_door(nth), widget, &shake, None)),
        );
        let ready = || visitors.iter().skip(from).all(|visitor| visitor.state.ready_at.get() > 0);
        if !until(Duration::from_secs(20), ready).await {
            let why = visitors.iter().rev().find_map(|visitor| visitor.state.refused.borrow().clone());
            fail!("visitor {} could not be connected: {}", visitors.len(), why.unwrap_or_default());
        }
    }
    Ok(visitors)
}

async fn close(run: &Rc<Run>, visitors: Vec<Visitor>) {
    run.enter(Phase::Over);
    for visitor in visitors {
        visitor.finish().await;
    }
}

/// Resident bytes once they do not move any more, or after ten seconds.
async fn settled(process: Process) -> Result<u64> {
    let mut before = process.sample()?.rss;
    for _ in 0..20 {
        tokio::time::sleep(Duration::from_millis(500)).await;
        let now = process.sample()?.rss;
        if now.abs_diff(before) < STILL {
            return Ok(now);
        }
        before = now;
    }
    Ok(before)
}
