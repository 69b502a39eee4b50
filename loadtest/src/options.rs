//! The command line.

use clap::{Parser, ValueEnum};
use serde::Serialize;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

/// Loads a Switchboard server on this machine and proves that nothing was lost, doubled or disordered.
#[derive(Clone, Debug, Parser)]
#[command(name = "loadtest", version)]
pub struct Options {
    /// What to do.
    pub scenario: Scenario,
    /// The server to start, with demo data in a temporary directory.
    #[arg(long, default_value = "target/release/switchboard")]
    pub server_bin: PathBuf,
    /// A server that runs already (loopback only); it must have the demo users, see --admin.
    #[arg(long, conflicts_with = "server_bin")]
    pub url: Option<String>,
    /// Its process, for CPU and memory.
    #[arg(long, requires = "url")]
    pub pid: Option<u32>,
    /// `sqlite`, `postgres` (a throw-away cluster) or a postgres:// URL.
    #[arg(long, default_value = "sqlite")]
    pub database: String,
    /// How long to measure, after warming up.
    #[arg(long, default_value = "10s", value_parser = seconds)]
    pub duration: Duration,
    /// How long to load before measuring.
    #[arg(long, default_value = "2s", value_parser = seconds)]
    pub warm_up: Duration,
    /// Messages per second in open loop, or `max`: every connection sends the next one when the last was acknowledged.
    #[arg(long)]
    pub rate: Option<Rate>,
    /// Connections of the provider.
    #[arg(long, default_value_t = 32)]
    pub connections: usize,
    /// Agents' sockets.
    #[arg(long)]
    pub agents: Option<usize>,
    /// Customers, each with a conversation.
    #[arg(long, default_value_t = 1000)]
    pub senders: u32,
    /// `idle`, `reconnect_herd`, `slow_readers`: how many sockets.
    #[arg(long)]
    pub sockets: Option<usize>,
    /// `kill_loop`: how often.
    #[arg(long, default_value_t = 20)]
    pub kills: u32,
    /// `kill_loop`: longest time between a start and the next kill.
    #[arg(long, default_value = "2s", value_parser = seconds)]
    pub life: Duration,
    /// `webhook_chaos`: how many messages of customers, 5,000 without. `seed` and those who need a full database: how many it holds, a
    /// million without.
    #[arg(long)]
    pub messages: Option<u32>,
    /// `seed` and those who need a full database: how many conversations it holds.
    #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(i64).range(1..=10_000_000))]
    pub conversations: i64,
    /// `baseline`: appends in flight, one measurement each.
    #[arg(long, value_delimiter = ',', default_value = "1,64,1000")]
    pub in_flight: Vec<usize>,
    /// `inbound_storm`: measures the bare group commit of the same rows right after, and prints the ratio.
    #[arg(long)]
    pub with_baseline: bool,
    /// Starts the server with SABOTAGE=<name> (it must be built for that); the run then passes only if the oracle notices.
    /// `believe_silence` needs no special server: the harness takes an unanswered callback for acknowledged.
    #[arg(long)]
    pub sabotage: Option<String>,
    /// Writes all figures as JSON.
    #[arg(long)]
    pub report: Option<PathBuf>,
    /// Prints what changed against an earlier report.
    #[arg(long)]
    pub compare: Option<PathBuf>,
    /// Makes a run repeatable: same senders, same chaos, same moments of death.
    #[arg(long)]
    pub seed: Option<u64>,
    /// Where journals and server logs go; a temporary directory, kept only after a violation, unless given.
    #[arg(long)]
    pub keep: Option<PathBuf>,
    /// An admin of the server.
    #[arg(long, default_value = "ada@demo.test")]
    pub admin: String,
    /// More users whose sockets listen, comma separated.
    #[arg(long, value_delimiter = ',', default_value = "ann@demo.test,bob@demo.test")]
    pub users: Vec<String>,
    /// Their password.
    #[arg(long, env = "LOADTEST_PASSWORD", default_value = "switchboard-demo")]
    pub password: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize)]
#[value(rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum Scenario {
    /// Provider callbacks as fast as they are acknowledged, or at a rate; agents listen.
    InboundStorm,
    /// Sockets of agents and visitors drop and come back at once while messages flow.
    ReconnectHerd,
    /// Bare group commit of the same rows, without a server.
    Baseline,
    /// kill -9 at random moments under load.
    KillLoop,
    /// Sockets that stop reading.
    SlowReaders,
    /// Memory of an idle server and of idle visitor sockets.
    Idle,
    /// Every callback one to four times, shuffled, news before their message.
    WebhookChaos,
    /// Fills a database, and times how fast it is written and indexed. With --keep the data stays.
    Seed,
    /// Pages of every list, and counts, on a full database.
    InboxLists,
    /// Searches on a full database.
    SearchLoad,
}

impl Scenario {
    pub fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }
}

const BELIEVE_SILENCE: &str = "believe_silence";

/// How fast messages come in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Rate {
    /// Closed loop.
    Max,
    /// Open loop, messages per second.
    Fixed(f64),
}

impl FromStr for Rate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.parse::<f64>() {
            Ok(rate) if rate > 0.0 && rate <= 1e6 => Ok(Self::Fixed(rate)),
            _ if text == "max" => Ok(Self::Max),
            _ => Err("a number of messages per second, or max".to_owned()),
        }
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Max => f.write_str("max"),
            Self::Fixed(rate) => rate.fmt(f),
        }
    }
}

impl Options {
    /// The fault the server is to have.
    pub fn server_sabotage(&self) -> Option<String> {
        self.sabotage.clone().filter(|name| name != BELIEVE_SILENCE)
    }

    /// Whether the harness itself is to lie.
    pub fn believes_silence(&self) -> bool {
        self.sabotage.as_deref() == Some(BELIEVE_SILENCE)
    }

    /// Messages of `webhook_chaos`.
    pub fn chaos(&self) -> u32 {
        self.messages.unwrap_or(5_000)
    }

    /// Messages of a full database.
    pub fn filled_with(&self) -> i64 {
        self.messages.map_or(1_000_000, i64::from)
    }

    /// The command that repeats this run.
    pub fn replay(&self, seed: u64) -> String {
        let (scenario, seconds) = (self.scenario.name(), self.duration.as_secs_f64());
        let Self { database, connections, senders, kills, life, conversations, .. } = self;
        let mut words = vec![
            format!("loadtest {scenario} --database {database} --seed {seed} --duration {seconds}s"),
            format!("--connections {connections} --senders {senders}"),
        ];
        words.extend(self.rate.map(|rate| format!("--rate {rate}")));
        words.extend(self.agents.map(|agents| format!("--agents {agents}")));
        words.extend(self.sockets.map(|sockets| format!("--sockets {sockets}")));
        match self.scenario {
            Scenario::KillLoop => words.push(format!("--kills {kills} --life {}s", life.as_secs_f64())),
            Scenario::WebhookChaos => words.push(format!("--messages {}", self.chaos())),
            Scenario::Seed | Scenario::InboxLists | Scenario::SearchLoad => {
                words.push(format!("--conversations {conversations} --messages {}", self.filled_with()));
            }
            _ => {}
        }
        words.extend(self.sabotage.as_ref().map(|sabotage| format!("--sabotage {sabotage}")));
        words.join(" ")
    }
}

/// "10s", "500ms", "2m" or bare seconds; at most an hour, because runs are bounded.
fn seconds(text: &str) -> Result<Duration, String> {
    let (digits, unit) = [("ms", 0.001), ("s", 1.0), ("m", 60.0)]
        .into_iter()
        .find_map(|(suffix, unit)| text.strip_suffix(suffix).map(|digits| (digits, unit)))
        .unwrap_or((text, 1.0));
    match digits.parse::<f64>().map(|count| count * unit) {
        Ok(seconds) if (0.0..=3600.0).contains(&seconds) => Ok(Duration::from_secs_f64(seconds)),
        _ => Err("a time up to an hour: 10s, 500ms, 2m".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        <Options as clap::CommandFactory>::command().debug_assert();
        let options =
            Options::try_parse_from(["loadtest", "kill_loop", "--rate", "500", "--life", "800ms"]).unwrap();
        assert_eq!((options.rate, options.life), (Some(Rate::Fixed(500.0)), Duration::from_millis(800)));
        let replay = options.replay(5);
        assert!(
            replay.contains("kill_loop") && replay.contains("--seed 5 ") && replay.contains("--life 0.8s")
        );
        let words: Vec<&str> = replay.split(' ').collect();
        assert!(Options::try_parse_from(words).is_ok(), "{replay}");
        for bad in [["--rate", "0"], ["--rate", "fast"], ["--duration", "2h"]] {
            assert!(Options::try_parse_from(["loadtest", "idle", bad[0], bad[1]]).is_err());
        }
    }
}
