//! What /proc tells of a process and of the host: CPU time, memory, descriptors, load.

use crate::error::{Error, Result};
use serde::Serialize;
use std::fs;
use std::time::{Duration, Instant};

/// Kernel ticks per second; 100 on every Linux we can run on.
const TICKS: u64 = 100;

/// CPU time and memory at one moment.
#[derive(Clone, Copy, Debug)]
pub struct Sample {
    pub at: Instant,
    pub cpu: Duration,
    /// Resident bytes.
    pub rss: u64,
}

/// A process that is watched.
#[derive(Clone, Copy, Debug)]
pub struct Process(pub u32);

impl Process {
    pub fn own() -> Self {
        Self(std::process::id())
    }

    pub fn sample(self) -> Result<Sample> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.0))?;
        // The name may hold anything, blanks and brackets included.
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        let field = |at: usize| fields.get(at).and_then(|text| text.parse::<u64>().ok());
        let (Some(user), Some(system)) = (field(11), field(12)) else {
            return Err(Error(format!("/proc/{}/stat is not as expected", self.0)));
        };
        let cpu = Duration::from_millis((user + system) * 1000 / TICKS);
        Ok(Sample { at: Instant::now(), cpu, rss: self.rss()? })
    }

    /// Resident bytes, exactly; `stat` counts lazily per thread.
    fn rss(self) -> Result<u64> {
        let rollup = fs::read_to_string(format!("/proc/{}/smaps_rollup", self.0));
        let text = match rollup {
            Ok(text) => text,
            Err(_) => fs::read_to_string(format!("/proc/{}/status", self.0))?,
        };
        let line = text.lines().find_map(|line| line.strip_prefix("Rss:").or(line.strip_prefix("VmRSS:")));
        let kib =
            line.and_then(|line| line.split_whitespace().next()).and_then(|kib| kib.parse::<u64>().ok());
        kib.map(|kib| kib * 1024).ok_or_else(|| Error(format!("no memory figure of process {}", self.0)))
    }

    /// How many sockets it holds.
    pub fn sockets(self) -> Result<usize> {
        let entries = fs::read_dir(format!("/proc/{}/fd", self.0))?;
        let links = entries.filter_map(|entry| fs::read_link(entry.ok()?.path()).ok());
        Ok(links.filter(|link| link.to_string_lossy().starts_with("socket:")).count())
    }

    /// CPU time of its children, for database servers.
    pub fn family_cpu(self) -> Duration {
        let own = self.sample().map_or(Duration::ZERO, |sample| sample.cpu);
        let children = fs::read_to_string(format!("/proc/{0}/task/{0}/children", self.0)).unwrap_or_default();
        let pids = children.split_whitespace().filter_map(|pid| pid.parse().ok());
        own + pids.filter_map(|pid| Process(pid).sample().ok()).map(|sample| sample.cpu).sum::<Duration>()
    }
}

impl Sample {
    /// Share of one core between two samples.
    pub fn cores_until(&self, later: &Self) -> f64 {
        let passed = later.at.duration_since(self.at).as_secs_f64();
        later.cpu.saturating_sub(self.cpu).as_secs_f64() / passed.max(0.001)
    }
}

/// The machine, for the report.
#[derive(Clone, Debug, Serialize)]
pub struct Host {
    pub cpu: String,
    pub cores: usize,
    pub memory_mib: u64,
    pub kernel: String,
    /// One minute's load before the run; above 0.3 figures are not to be trusted.
    pub load_before: f64,
}

impl Host {
    pub fn now() -> Self {
        let text = |path: &str| fs::read_to_string(path).unwrap_or_default();
        let value = |text: &str, key: &str| {
            let line = text.lines().find(|line| line.starts_with(key)).unwrap_or_default();
            line.split_once(':').map(|(_, value)| value.trim().to_owned()).unwrap_or_default()
        };
        let memory = value(&text("/proc/meminfo"), "MemTotal");
        let kib: u64 = memory.split(' ').next().and_then(|kib| kib.parse().ok()).unwrap_or_default();
        Self {
            cpu: value(&text("/proc/cpuinfo"), "model name"),
            cores: std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
            memory_mib: kib / 1024,
            kernel: text("/proc/sys/kernel/osrelease").trim().to_owned(),
            load_before: load(),
        }
    }
}

/// One minute's load.
pub fn load() -> f64 {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().and_then(|load| load.parse().ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_very_process_can_be_watched() {
        let before = Process::own().sample().unwrap();
        assert!(before.rss > 1 << 20, "{before:?}");
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        assert!(Process::own().sockets().unwrap() >= 1);
        drop(listener);
        let later = Sample {
            at: before.at + Duration::from_secs(2),
            cpu: before.cpu + Duration::from_secs(1),
            rss: 0,
        };
        assert!((before.cores_until(&later) - 0.5).abs() < 1e-9);
        assert!(Host::now().cores >= 1);
    }
}
