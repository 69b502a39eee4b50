//! [`Cluster`]: a throw-away PostgreSQL with the durability of a real one: fsync stays on, or the figures would mean nothing.

use crate::error::{Context, Result, fail};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Runs until dropped.
pub struct Cluster {
    server: Child,
    folder: PathBuf,
    owner: Option<Owner>,
    binaries: PathBuf,
}

#[derive(Clone, Copy)]
struct Owner {
    user: u32,
    group: u32,
}

impl Cluster {
    /// Makes and starts a cluster in `folder`, which must be empty or absent.
    pub async fn start(folder: &Path) -> Result<Self> {
        let binaries = binaries()?;
        std::fs::create_dir_all(folder)?;
        let owner = owner()?;
        if let Some(Owner { user, group }) = owner {
            std::os::unix::fs::chown(folder, Some(user), Some(group)).context(folder.display())?;
        }
        let data = folder.join("data");
        let mut initdb = command(&binaries, "initdb", owner);
        initdb.args(["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--pgdata"]);
        let made = initdb.arg(&data).stdout(Stdio::null()).output().context("initdb")?;
        if !made.status.success() {
            fail!("initdb: {}", String::from_utf8_lossy(&made.stderr).trim());
        }
        let log = std::fs::File::create(folder.join("log"))?;
        let mut postgres = command(&binaries, "postgres", owner);
        postgres.arg("-D").arg(&data).arg("-k").arg(folder).args(["-c", "listen_addresses="]);
        postgres.args(["-c", "fsync=on", "-c", "synchronous_commit=on", "-c", "shared_buffers=256MB"]);
        postgres.args(["-c", "max_wal_size=4GB", "-c", "max_connections=50"]);
        let server = postgres.stdout(log.try_clone()?).stderr(log).spawn().context("postgres")?;
        let mut cluster = Self { server, folder: folder.to_owned(), owner, binaries };
        cluster.wait().await?;
        Ok(cluster)
    }

    async fn wait(&mut self) -> Result<()> {
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            let mut ask = command(&self.binaries, "pg_isready", self.owner);
            if ask.arg("-q").arg("-h").arg(&self.folder).status().context("pg_isready")?.success() {
                return Ok(());
            }
            if self.server.try_wait()?.is_some() || Instant::now() > deadline {
                let log = std::fs::read_to_string(self.folder.join("log")).unwrap_or_default();
                fail!("PostgreSQL did not start: {}", log.trim());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Over its unix socket, which lies in its folder.
    pub fn url(&self) -> String {
        let folder = self.folder.to_string_lossy().replace('/', "%2F");
        format!("postgres://postgres@{folder}/postgres")
    }

    pub fn pid(&self) -> u32 {
        self.server.id()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let mut stop = command(&self.binaries, "pg_ctl", self.owner);
        stop.args(["stop", "-m", "immediate", "-s", "-D"]).arg(self.folder.join("data"));
        if !stop.status().is_ok_and(|status| status.success()) {
            let _ = self.server.kill();
        }
        let _ = self.server.wait();
    }
}

/// PostgreSQL refuses to run as root, so there it runs as `postgres`, or `nobody`.
fn owner() -> Result<Option<Owner>> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let uid = status.lines().find_map(|line| line.strip_prefix("Uid:")).unwrap_or_default();
    if uid.split_whitespace().nth(1) != Some("0") {
        return Ok(None);
    }
    let users = std::fs::read_to_string("/etc/passwd")?;
    let find = |name: &str| {
        let fields: Vec<&str> = users
            .lines()
            .map(|line| line.split(':').collect())
            .find(|f: &Vec<&str>| f.first() == Some(&name))?;
        let number = |at: usize| fields.get(at).and_then(|text: &&str| text.parse().ok());
        Some(Owner { user: number(2)?, group: number(3)? })
    };
    match find("postgres").or_else(|| find("nobody")) {
        Some(owner) => Ok(Some(owner)),
        None => fail!("PostgreSQL cannot run as root, and there is no user postgres or nobody"),
    }
}

fn command(binaries: &Path, name: &str, owner: Option<Owner>) -> Command {
    let mut command = Command::new(binaries.join(name));
    command.current_dir("/").stdin(Stdio::null());
    if let Some(Owner { user, group }) = owner {
        command.uid(user).gid(group);
    }
    command
}

/// The newest installation with all programs: PATH first, then Debian's place.
fn binaries() -> Result<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut places: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let mut debian: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path().join("bin")))
        .collect();
    debian.sort();
    places.extend(debian.into_iter().rev());
    let whole = |place: &PathBuf| {
        ["initdb", "postgres", "pg_ctl", "pg_isready"].iter().all(|name| place.join(name).is_file())
    };
    match places.into_iter().find(whole) {
        Some(place) => Ok(place),
        None => {
            fail!("no PostgreSQL found in PATH or /usr/lib/postgresql; install it, or use --database sqlite")
        }
    }
}
