//! What whoever watches a server is told: that it lives, whether it is ready and why not, and its numbers.

use crate::answer::Answer;
use crate::outages::ready;
use crate::process::Process;
use crate::provider::text;
use crate::tidy::read;
use crate::world::{HTTP, Kind, World, eventually};
use serde_json::json;
use std::collections::BTreeSet;

both!(
    d_15_readiness_and_liveness_say_how_it_is,
    d_15_not_ready_while_the_database_is_brought_up_to_date,
    d_15_every_metric_is_there_from_the_start_and_described,
    d_15_numbers_are_for_this_machine_only,
);

async fn d_15_readiness_and_liveness_say_how_it_is(kind: Kind) {
    let world = World::start(kind).await;
    let answer = ready(&world.server.url).await.expect(200);
    assert_eq!(answer, json!({"ready": true, "reasons": []}));
    let live = Answer::of(HTTP.get(format!("{}/health/live", world.server.url))).await;
    assert_eq!((live.status, live.text().as_str()), (200, "ok"));
}

/// To see it go red: call `Actors::start` in `serve::start` without `starting::during`.
async fn d_15_not_ready_while_the_database_is_brought_up_to_date(kind: Kind) {
    let mut world = World::start(kind).await;
    world.server.stop().await;
    let held = tokio::task::block_in_place(|| world.database.hold());
    let mut process = Process::launch(&world.database, world.folder.path(), None);
    let url = process.url.clone();
    let not_ready = eventually("an answer", || async {
        let answer = HTTP.get(format!("{url}/health/ready")).send().await.ok()?;
        Some((answer.status().as_u16(), answer.text().await.ok()?))
    });
    let (status, body) = not_ready.await;
    assert_eq!(status, 503, "{body}");
    assert!(body.contains("\"starting\""), "{body}");
    let live = Answer::of(HTTP.get(format!("{url}/health/live"))).await;
    assert_eq!((live.status, live.text().as_str()), (200, "ok"));
    let hook = Answer::of(HTTP.post(format!("{url}/hooks/whatsapp/{}", world.whatsapp)).body("{}")).await;
    assert_eq!(hook.status, 503, "the provider brings it again");
    assert!(hook.header("retry-after").parse::<u64>().is_ok());
    drop(held);
    process.ready().await;
    let answer = ready(&url).await.expect(200);
    assert_eq!(answer, json!({"ready": true, "reasons": []}));
    process.terminate();
    assert_eq!(process.ended().await, Some(0));
}

/// The names of the metrics in the code.
fn names() -> BTreeSet<String> {
    let source = read("actors/src/telemetry.rs");
    let parts = source.split('"').filter(|part| part.starts_with("switchboard_"));
    parts.map(ToOwned::to_owned).collect()
}

/// To see it go red: leave out a line of `telemetry::register`, or of the table in docs/operations.md.
async fn d_15_every_metric_is_there_from_the_start_and_described(kind: Kind) {
    let world = World::start(kind).await;
    let (names, manual) = (names(), read("docs/operations.md"));
    assert!(names.len() > 20, "{names:?}");
    let url = format!("{}/metrics", world.server.url);
    let metrics = Answer::of(HTTP.get(&url)).await.text();
    for name in &names {
        assert!(metrics.contains(&format!("# TYPE {name} ")), "{name} is not in /metrics:\n{metrics}");
        assert!(metrics.contains(&format!("# HELP {name} ")), "{name} has no help");
        assert!(manual.contains(&format!("`{name}")), "{name} is not in docs/operations.md");
    }
    // What is asked for by purpose: in, out by status, queues, fan-out, sockets.
    for series in [
        "switchboard_inbound_messages_total{channel=\"whatsapp\"}",
        "switchboard_transmissions_total{channel=\"sms\",outcome=\"answered\"}",
        "switchboard_receipts_total{status=\"delivered\"}",
        "switchboard_outbox_depth_messages",
        "switchboard_mailbox_depth_messages",
        "switchboard_publish_lag_seconds_count",
        "switchboard_commit_seconds_count",
        "switchboard_sockets_count{kind=\"agent\"}",
    ] {
        assert!(metrics.contains(series), "{series}:\n{metrics}");
    }
    world.call_back(&text("447700900123", "wamid.1", "Hello")).await;
    let metrics = Answer::of(HTTP.get(&url)).await.text();
    let value = |series: &str| -> f64 {
        let line = metrics.lines().find(|line| line.starts_with(series)).unwrap_or_default();
        line.rsplit(' ').next().unwrap_or_default().parse().unwrap_or_default()
    };
    assert!(value("switchboard_inbound_messages_total{channel=\"whatsapp\"}") >= 1.0);
    assert!(value("switchboard_commit_seconds_count") >= 1.0);
    for private in ["447700900123", "Hello", "ann@team.test", "wamid.1"] {
        assert!(!metrics.contains(private), "{private} is nobody's business");
    }
}

async fn d_15_numbers_are_for_this_machine_only(kind: Kind) {
    let behind_a_proxy = World::start_with(kind, |config| {
        config.trusted_proxies = "127.0.0.1".parse().unwrap();
    })
    .await;
    let plain = World::start(kind).await;
    for world in [&behind_a_proxy, &plain] {
        let url = format!("{}/metrics", world.server.url);
        assert_eq!(Answer::of(HTTP.get(&url)).await.status, 200);
        for (header, value) in [("x-forwarded-for", "203.0.113.7"), ("forwarded", "for=203.0.113.7")] {
            let answer = Answer::of(HTTP.get(&url).header(header, value)).await;
            assert_eq!(answer.status, 404, "{header}");
        }
    }
}
