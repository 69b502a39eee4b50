//! `seed`, and what the scenarios on a full database share: filling it, waiting for the search index, asking at a rate, judging.

use super::Scene;
use crate::asks::{Questions, Times, ask};
use crate::client::api::Api;
use crate::client::http::Connection;
use crate::console;
use crate::error::{Result, fail};
use crate::hook::News;
use crate::marker::{Kind, Marker};
use crate::options::Rate;
use crate::seed::{self, Size};
use crate::stage::Stage;
use serde::Deserialize;
use std::time::{Duration, Instant};

/// How long the index may take for a database that has none.
const INDEXING: Duration = Duration::from_mins(30);
/// A message must be found this soon after it was acknowledged.
const FRESH: Duration = Duration::from_secs(1);
/// Messages whose way into the index is timed.
const FRESH_TRIES: u32 = 10;

pub(super) async fn run(scene: &mut Scene<'_>) -> Result<()> {
    let mut stage = fill(scene).await?;
    fresh(scene, &mut stage).await
}

/// A server on a database that holds what the options ask for.
pub(super) async fn fill(scene: &mut Scene<'_>) -> Result<Stage> {
    let mut stage = scene.stage(None).await?;
    let size = Size { conversations: scene.options.conversations, messages: scene.options.filled_with() };
    stage.server.kill().await?;
    console::note(&format!("writing {} conversations, {} messages", size.conversations, size.messages));
    let started = Instant::now();
    let messages = seed::fill(&stage.database, size, scene.seed).await?;
    let took = started.elapsed().as_secs_f64();
    scene.report.add("conversations", size.conversations as f64, "");
    scene.report.add("messages", messages as f64, "");
    scene.report.add("messages written", messages as f64 / took.max(1e-6), "/s");
    let up = stage.server.restart().await?;
    scene.report.add("ready after", up.as_secs_f64() * 1e3, "ms");
    console::note("waiting for the search index");
    let indexing = find_new(scene, &mut stage, 0, INDEXING).await?;
    scene.report.add("messages indexed", messages as f64 / indexing.as_secs_f64().max(1e-6), "/s");
    Ok(stage)
}

/// How long a new message takes until it is found.
pub(super) async fn fresh(scene: &mut Scene<'_>, stage: &mut Stage) -> Result<()> {
    let mut slowest = Duration::ZERO;
    for nth in 1..=FRESH_TRIES {
        slowest = slowest.max(find_new(scene, stage, nth, INDEXING).await?);
    }
    scene.report.add("a new message is found after, at worst", slowest.as_secs_f64() * 1e3, "ms");
    let sentence = format!("a new message was found after {slowest:?}, not within {FRESH:?}");
    scene.report.demand(slowest <= FRESH, sentence);
    Ok(())
}

#[derive(Deserialize)]
struct Found {
    messages: Vec<serde::de::IgnoredAny>,
}

async fn find_new(scene: &Scene<'_>, stage: &mut Stage, nth: u32, patience: Duration) -> Result<Duration> {
    let marker =
        Marker { run: scene.seed as u16, kind: Kind::Inbound, number: nth, sender: 900_000 + nth, nth: 1 };
    let request = stage.hook.request(&[News::Message(marker)]);
    let mut connection = Connection::open(stage.server.site.to).await?;
    let status = connection.exchange(&request).await?;
    if status != 200 {
        fail!("a callback was answered {status}");
    }
    let started = Instant::now();
    let path = format!("/api/v1/search?in=messages&q={marker}");
    loop {
        let found: Found = stage.admin.get(&path).await?;
        if !found.messages.is_empty() {
            return Ok(started.elapsed());
        }
        if started.elapsed() > patience {
            fail!("a message could not be found after {patience:?}");
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Asks at the rate asked for, warm-up first, and holds every kind of question to `p99`.
pub(super) async fn measure(
    scene: &mut Scene<'_>,
    askers: &[Api],
    usual_rate: f64,
    p99: Duration,
    mut questions: impl FnMut() -> Questions,
) -> Result<()> {
    let rate = match scene.options.rate {
        Some(Rate::Fixed(rate)) => rate,
        Some(Rate::Max) => fail!("--rate max: latencies are measured at a fixed rate"),
        None => usual_rate,
    };
    let count = scene.options.connections.max(1);
    let lanes = || askers.iter().cycle().take(count).map(Api::again).collect::<Vec<_>>();
    console::note("warming up");
    ask(lanes(), rate, scene.options.warm_up, questions()).await?;
    console::note("measuring");
    let times: Times = ask(lanes(), rate, scene.options.duration, questions()).await?;
    scene.report.add("asked", rate, "/s");
    for (kind, histogram) in &times {
        for (label, quantile) in [("p50", 0.5), ("p99", 0.99)] {
            let name = format!("{kind} {label}");
            scene.report.add(&name, histogram.value_at_quantile(quantile) as f64 / 1e3, "ms");
        }
        let reached = Duration::from_micros(histogram.value_at_quantile(0.99));
        scene.report.demand(reached <= p99, format!("{kind}: p99 is {reached:?}, not {p99:?}"));
    }
    if times.is_empty() {
        fail!("nothing was asked: --duration is too short");
    }
    Ok(())
}
