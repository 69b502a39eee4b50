//! [`Report`]: all figures of a run as a table for people and as JSON for later comparison.

use crate::error::{Context, Result};
use crate::options::Options;
use crate::oracle::{Counted, Violation};
use crate::process::{Host, Sample};
use crate::run::Run;
use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

#[derive(Debug, Serialize)]
pub struct Report {
    pub scenario: String,
    pub version: &'static str,
    /// Debug builds measure nothing.
    pub harness_build: &'static str,
    pub database: String,
    pub seed: u64,
    pub settings: serde_json::Value,
    pub host: Host,
    pub figures: Vec<Figure>,
    pub violations: Vec<String>,
    pub violation_count: usize,
    /// "I1 lost" and how often.
    pub violation_kinds: BTreeMap<String, usize>,
    /// Figures that missed their mark, as sentences.
    pub missed: Vec<String>,
    /// Whether a planted fault was noticed.
    pub sabotage: Option<String>,
    /// How to run this again.
    pub replay: String,
    pub passed: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Figure {
    pub name: String,
    pub value: f64,
    pub unit: String,
}

/// Violations listed of each kind; the rest is counted.
const LISTED: usize = 5;
/// What differs by more than this between two runs is more than noise.
const SPREAD: f64 = 0.20;
const WIDTH: usize = 78;

impl Report {
    pub fn new(options: &Options, seed: u64, host: Host) -> Self {
        let settings = serde_json::json!({
            "duration_s": options.duration.as_secs_f64(), "warm_up_s": options.warm_up.as_secs_f64(),
            "rate": options.rate.map(|rate| rate.to_string()), "connections": options.connections,
            "agents": options.agents, "senders": options.senders, "sockets": options.sockets,
            "kills": options.kills, "life_s": options.life.as_secs_f64(), "messages": options.messages,
            "server": options.url.clone().unwrap_or_else(|| options.server_bin.display().to_string()),
            "sabotage": options.sabotage,
        });
        Self {
            scenario: options.scenario.name(),
            version: env!("CARGO_PKG_VERSION"),
            harness_build: if cfg!(debug_assertions) { "debug" } else { "release" },
            database: options.database.split('@').next_back().unwrap_or_default().to_owned(),
            seed,
            settings,
            host,
            figures: Vec::new(),
            violations: Vec::new(),
            violation_count: 0,
            violation_kinds: BTreeMap::new(),
            missed: Vec::new(),
            sabotage: None,
            replay: options.replay(seed),
            passed: true,
        }
    }

    pub fn add(&mut self, name: &str, value: f64, unit: &str) {
        self.figures.push(Figure { name: name.to_owned(), value, unit: unit.to_owned() });
    }

    /// p50, p99, p99.9 and the largest of latencies in microseconds.
    pub fn latency(&mut self, name: &str, histogram: &Histogram<u64>) {
        if histogram.is_empty() {
            return;
        }
        for (label, quantile) in [("p50", 0.5), ("p99", 0.99), ("p99.9", 0.999), ("max", 1.0)] {
            self.add(&format!("{name} {label}"), histogram.value_at_quantile(quantile) as f64 / 1e3, "ms");
        }
    }

    /// Throughput, latencies and repetitions of a run.
    pub fn traffic(&mut self, run: &Run) {
        let tally = run.tally.borrow();
        self.add("acknowledged", tally.acked_in_window as f64 / run.measured_seconds().max(1e-6), "msg/s");
        self.latency("callback to acknowledgement", &tally.ack);
        self.latency("callback to agent's socket", &tally.socket);
        self.add("sent late by, p99", tally.late.value_at_quantile(0.99) as f64 / 1e3, "ms");
        self.add("repeated callbacks", tally.repeats as f64, "");
        self.add("answers 'try later'", tally.refusals as f64, "");
        if tally.given_up > 0 {
            self.add("callbacks given up", tally.given_up as f64, "");
        }
    }

    /// CPU of server, harness and database between two samples.
    pub fn effort(&mut self, before: &Effort, after: &Effort) {
        if let (Some(from), Some(to)) = (&before.server, &after.server) {
            self.add("server CPU", from.cores_until(to), "cores");
            self.add("server memory", to.rss as f64 / f64::from(1 << 20), "MiB");
        }
        if let (Some(from), Some(to)) = (&before.database, &after.database) {
            self.add("database CPU", from.cores_until(to), "cores");
        }
        if let (Some(from), Some(to)) = (&before.own, &after.own) {
            self.add("load generator CPU", from.cores_until(to), "cores");
        }
    }

    pub fn verdict(&mut self, violations: &[Violation], counted: &Counted) {
        self.add("messages sent", counted.intended as f64, "");
        self.add("messages acknowledged", counted.acknowledged as f64, "");
        self.add("messages stored", counted.stored as f64, "");
        self.add("frames received", counted.received as f64, "");
        self.add("conversations read back", counted.conversations as f64, "");
        self.add("frames repeated after a resume", counted.repeats_after_resume as f64, "");
        self.add("resyncs", counted.resyncs as f64, "");
        for violation in violations {
            self.violation(violation);
        }
    }

    /// A promise that was broken. The first few of each kind are listed, all are counted.
    pub fn violation(&mut self, violation: &Violation) {
        let kind =
            self.violation_kinds.entry(format!("{} {}", violation.invariant, violation.kind)).or_default();
        *kind += 1;
        if *kind <= LISTED {
            self.violations.push(violation.to_string());
        }
        self.violation_count += 1;
        self.passed = false;
    }

    /// A mark that must be met.
    pub fn demand(&mut self, met: bool, sentence: String) {
        if !met {
            self.missed.push(sentence);
            self.passed = false;
        }
    }

    /// A planted fault turns the verdict round: it must be noticed.
    pub fn sabotage(&mut self, name: &str, caught: bool) {
        let verdict = if caught { "caught, as it must be" } else { "NOT caught" };
        self.sabotage = Some(format!("{name} was {verdict}"));
        self.passed = caught;
    }

    /// For a terminal of 80 columns.
    pub fn table(&self) -> String {
        let rule = "─".repeat(WIDTH);
        let mut text =
            format!("\n{} · {} · {} build\n{rule}\n", self.scenario, self.database, self.harness_build);
        for Figure { name, value, unit } in &self.figures {
            let _ = writeln!(text, "{name:<44}{:>18} {unit}", human(*value, unit));
        }
        let Host { cpu, cores, load_before, .. } = &self.host;
        let _ = writeln!(text, "{rule}\n{cores} cores, load before {load_before:.2}, {cpu}");
        if *load_before > 0.3 {
            text.push_str("The host was busy before the run: repeat it before quoting its figures.\n");
        }
        for sentence in &self.missed {
            let _ = writeln!(text, "MISSED     {sentence}");
        }
        for violation in &self.violations {
            let _ = writeln!(text, "VIOLATION  {violation}");
        }
        for (kind, count) in &self.violation_kinds {
            let _ = writeln!(text, "IN ALL     {count} times {kind}");
        }
        if let Some(sentence) = &self.sabotage {
            let _ = writeln!(text, "SABOTAGE   {sentence}");
        }
        let verdict = if self.passed { "PASSED" } else { "FAILED" };
        let _ = write!(text, "{verdict}     again: {}", self.replay);
        text
    }

    pub fn write(&self, path: &Path) -> Result<()> {
        std::fs::write(path, serde_json::to_string_pretty(self)? + "\n").context(path.display())
    }

    /// What changed against an earlier report.
    pub fn compare(&self, path: &Path) -> Result<String> {
        #[derive(Deserialize)]
        struct Earlier {
            scenario: String,
            figures: Vec<Figure>,
        }
        let earlier: Earlier = serde_json::from_str(&std::fs::read_to_string(path).context(path.display())?)?;
        let mut text = format!("\nagainst {} ({})\n", path.display(), earlier.scenario);
        for Figure { name, value, unit } in &self.figures {
            let Some(old) = earlier.figures.iter().find(|old| old.name == *name) else { continue };
            let change = if old.value == 0.0 { 0.0 } else { value / old.value - 1.0 };
            let mark = if change.abs() > SPREAD { " !" } else { "" };
            let (was, is) = (human(old.value, unit), human(*value, unit));
            let _ = writeln!(text, "{name:<34}{was:>13} →{is:>13} {unit:<7}{:+.0} %{mark}", change * 100.0);
        }
        Ok(text)
    }
}

/// 14,512 or 0.83: three digits matter.
fn human(value: f64, unit: &str) -> String {
    let whole = value.fract() == 0.0 && unit != "ms";
    let digits = match value.abs() {
        _ if whole => 0,
        size if size >= 1000.0 => 0,
        size if size >= 100.0 => 1,
        size if size >= 1.0 => 2,
        _ => 3,
    };
    let plain = format!("{value:.digits$}");
    let (number, rest) =
        plain.split_once('.').map_or((plain.as_str(), String::new()), |(n, r)| (n, format!(".{r}")));
    let (sign, number) = number.strip_prefix('-').map_or(("", number), |number| ("-", number));
    let mut grouped = sign.to_owned();
    for (at, digit) in number.chars().enumerate() {
        if at > 0 && (number.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped + &rest
}

/// CPU and memory of everybody at one moment.
#[derive(Clone, Debug, Default)]
pub struct Effort {
    pub server: Option<Sample>,
    pub database: Option<Sample>,
    pub own: Option<Sample>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[test]
    fn figures_are_readable() {
        for (value, unit, text) in [
            (14512.4, "msg/s", "14,512"),
            (1_234_567.0, "", "1,234,567"),
            (123.0, "", "123"),
            (0.8314, "ms", "0.831"),
            (999.94, "ms", "999.9"),
            (2.0, "ms", "2.00"),
            (0.0, "", "0"),
        ] {
            assert_eq!(human(value, unit), text);
        }
    }

    #[test]
    fn a_report_fits_the_terminal_and_compares() {
        let options = Options::parse_from(["loadtest", "inbound_storm"]);
        let mut report = Report::new(&options, 7, Host::now());
        report.add("acknowledged", 1000.0, "msg/s");
        report.demand(false, "too slow".to_owned());
        let lines = report.table();
        let figures = lines.lines().take_while(|line| !line.contains("cores, load"));
        assert!(figures.clone().all(|line| line.chars().count() <= 80), "{lines}");
        assert!(lines.contains("FAILED") && lines.contains("--seed 7"));
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("old.json");
        report.write(&path).unwrap();
        report.figures[0].value = 700.0;
        let text = report.compare(&path).unwrap();
        assert!(text.contains("-30 % !"), "{text}");
    }
}
