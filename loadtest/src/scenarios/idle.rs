//! `idle`: what the server costs when nothing happens: its memory alone, and per visitor's socket that is merely open.

use super::{Scene, effort, go_on, until};
use crate::error::{Result, fail};
use crate::run::Phase;
use crate::stage::NOWHERE;
use crate::visitors::Visitor;
use std::time::Duration;
use tokio::sync::watch;

/// Sockets opened at once: more would measure the queue of connections.
const AT_ONCE: usize = 128;

pub(super) async fn run(scene: &mut Scene<'_>) -> Result<()> {
    let options = scene.options;
    let mut stage = scene.stage(NOWHERE).await?;
    let widget = stage.widget().await?;
    let run = scene.run()?;
    let Some(process) = stage.server.process() else {
        fail!("idle needs the server's process: give --pid with --url")
    };
    go_on(&run, "idle", options.warm_up).await?;
    let alone = process.sample()?;
    let shake = watch::Sender::new(0);
    let count = options.sockets.unwrap_or(5000);
    let started = run.clock.now();
    let mut visitors: Vec<Visitor> = Vec::with_capacity(count);
    while visitors.len() < count {
        let upto = count.min(visitors.len() + AT_ONCE);
        visitors.extend(
            (visitors.len()..upto)
                .map(|nth| Visitor::start(&run, stage.visitor_door(nth), &widget, &shake, None)),
        );
        let open = until(Duration::from_secs(20), || {
            visitors.iter().rev().take(AT_ONCE).all(|v| v.state.ready_at.get() > 0)
        });
        if !open.await {
            let why = visitors.iter().rev().find_map(|visitor| visitor.state.refused.borrow().clone());
            fail!("visitor {} could not be connected: {}", visitors.len(), why.unwrap_or_default());
        }
    }
    let opened = (run.clock.now() - started) as f64 / 1e6;
    go_on(&run, "settling", options.warm_up).await?;
    let full = process.sample()?;
    let before = effort(&stage);
    go_on(&run, "idle", options.duration).await?;
    let after = effort(&stage);
    let still = visitors.iter().filter(|visitor| visitor.state.ready_at.get() > 0).count();
    run.enter(Phase::Over);
    for visitor in visitors {
        visitor.finish().await;
    }
    let kib = |bytes: u64| bytes as f64 / 1024.0;
    let report = &mut *scene.report;
    report.add("idle server memory", kib(alone.rss) / 1024.0, "MiB");
    report.add("visitors' sockets", count as f64, "");
    report.add("memory with them", kib(full.rss) / 1024.0, "MiB");
    report.add(
        "memory per visitor's socket",
        kib(full.rss.saturating_sub(alone.rss)) / count.max(1) as f64,
        "KiB",
    );
    report.add("sockets opened", count as f64 / opened.max(1e-6), "/s");
    report.effort(&before, &after);
    report.demand(still == count, format!("{still} of {count} idle sockets stayed open"));
    Ok(())
}
