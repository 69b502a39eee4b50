//! The recorder behind /metrics and the log's subscriber: both once per process.

use crate::config::LogFormat;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use std::io::IsTerminal;
use std::sync::OnceLock;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::util::SubscriberInitExt;

/// Seconds, from a tenth of a millisecond to ten seconds.
const BUCKETS: [f64; 14] =
    [0.0001, 0.0003, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];

static RECORDER: OnceLock<PrometheusHandle> = OnceLock::new();

/// The process's recorder, installed by the first caller.
pub fn recorder() -> PrometheusHandle {
    RECORDER
        .get_or_init(|| {
            let seconds = Matcher::Suffix("_seconds".to_owned());
            let builder = PrometheusBuilder::new();
            let builder = builder.set_buckets_for_metric(seconds, &BUCKETS).unwrap_or_default();
            let recorder = builder.build_recorder();
            let handle = recorder.handle();
            if metrics::set_global_recorder(recorder).is_err() {
                tracing::warn!("another metrics recorder is in place; /metrics stays empty");
            }
            switchboard_actors::telemetry::describe();
            switchboard_actors::telemetry::register();
            handle
        })
        .clone()
}

/// Sends the log to standard error. A second call changes nothing.
pub fn log(format: LogFormat, filter: &str) {
    let filter = EnvFilter::try_new(filter).unwrap_or_else(|_| EnvFilter::new("info"));
    let colours = std::io::stderr().is_terminal();
    let builder =
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(colours);
    let _ = match format {
        LogFormat::Readable => builder.finish().try_init(),
        LogFormat::Json => builder.json().flatten_event(true).finish().try_init(),
    };
}
