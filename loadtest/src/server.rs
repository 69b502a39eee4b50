//! [`Server`]: the program under test, as a child process that can be killed and started again on the same data.

use crate::client::api::{Api, Site};
use crate::error::{Context, Result, fail};
use crate::process::Process;
use std::fs::OpenOptions;
use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How to start it.
#[derive(Clone, Debug)]
pub struct Launch {
    pub binary: PathBuf,
    /// Database (unless elsewhere), key and log.
    pub folder: PathBuf,
    /// `None`: an SQLite file in the folder.
    pub database_url: Option<String>,
    pub sabotage: Option<String>,
}

/// Killed when dropped.
pub struct Server {
    launch: Option<Launch>,
    child: Option<Child>,
    /// Of a server that is not ours.
    pid: Option<u32>,
    pub site: Site,
}

/// Longest time a start may take.
const PATIENCE: Duration = Duration::from_secs(30);

impl Server {
    /// Starts it on a free port and waits until it is ready.
    pub async fn start(launch: Launch) -> Result<Self> {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let site = Site::of(&format!("http://127.0.0.1:{port}"))?;
        std::fs::create_dir_all(&launch.folder)?;
        let mut server = Self { launch: Some(launch), child: None, pid: None, site };
        server.restart().await?;
        Ok(server)
    }

    /// Uses one that runs already.
    pub fn attach(url: &str, pid: Option<u32>) -> Result<Self> {
        Ok(Self { launch: None, child: None, pid, site: Site::of(url)? })
    }

    pub fn process(&self) -> Option<Process> {
        self.child.as_ref().map(Child::id).or(self.pid).map(Process)
    }

    /// The SQLite file, if it is ours.
    pub fn sqlite(&self) -> Option<PathBuf> {
        let launch = self.launch.as_ref().filter(|launch| launch.database_url.is_none())?;
        Some(launch.folder.join("switchboard.db"))
    }

    /// kill -9; the old process is gone when this returns, so its port and locks are free.
    pub async fn kill(&mut self) -> Result<()> {
        let Some(mut child) = self.child.take() else { fail!("only a server of our own can be killed") };
        tokio::task::spawn_blocking(move || child.kill().and_then(|()| child.wait()))
            .await?
            .context("kill")?;
        Ok(())
    }

    /// Starts it (again) and answers how long it took to be ready.
    pub async fn restart(&mut self) -> Result<Duration> {
        let Some(launch) = &self.launch else { fail!("only a server of our own can be started") };
        let log = OpenOptions::new().create(true).append(true).open(launch.folder.join("server.log"))?;
        let mut command = Command::new(&launch.binary);
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("SWITCHBOARD_") {
                command.env_remove(name);
            }
        }
        command.args(["--demo", "--log", "warn"]).env("SWITCHBOARD_DATA_DIR", &launch.folder);
        command.env("SWITCHBOARD_LISTEN", self.site.host()).env("SWITCHBOARD_PUBLIC_URL", &self.site.origin);
        // One machine plays all the world here.
        for limit in ["API", "WIDGET", "VISITORS", "VISITOR_MESSAGES"] {
            command.env(format!("SWITCHBOARD_LIMIT_{limit}"), "0");
        }
        match &launch.database_url {
            Some(url) => command.env("DATABASE_URL", url),
            None => command.env_remove("DATABASE_URL"),
        };
        match &launch.sabotage {
            Some(name) => command.env("SABOTAGE", name),
            None => command.env_remove("SABOTAGE"),
        };
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        let started = Instant::now();
        self.child = Some(command.spawn().context(launch.binary.display())?);
        self.ready(started).await
    }

    async fn ready(&mut self, started: Instant) -> Result<Duration> {
        loop {
            let asked = Api::anonymous(&self.site).call("GET", "/health/ready", None).await;
            if matches!(asked, Ok((200, _))) {
                return Ok(started.elapsed());
            }
            let ended = self.child.as_mut().and_then(|child| child.try_wait().ok().flatten());
            if ended.is_some() || started.elapsed() > PATIENCE {
                let what = ended.map_or("is not ready".to_owned(), |status| format!("ended with {status}"));
                fail!("the server {what}: {}", self.last_words());
            }
            tokio::time::sleep(Duration::from_millis(3)).await;
        }
    }

    fn last_words(&self) -> String {
        let log = self.launch.as_ref().map(|launch| launch.folder.join("server.log"));
        let text = log.and_then(|log| std::fs::read_to_string(log).ok()).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines.get(lines.len().saturating_sub(12)..).unwrap_or_default().join("\n")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
