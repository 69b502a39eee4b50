//! A PostgreSQL server in a temporary folder: works as root (it drops to another user), listens on a unix socket only, dies with its parent.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A running server. Stopped, and its folder removed, when dropped.
pub struct Cluster {
    folder: TempDir,
    orders: mpsc::Sender<Order>,
    keeper: Option<JoinHandle<()>>,
}

enum Order {
    Down(mpsc::Sender<()>),
    Up(mpsc::Sender<()>),
    End,
}

impl Cluster {
    /// # Panics
    /// When PostgreSQL is not installed or does not start.
    pub fn start(durable: bool) -> Self {
        let folder =
            tempfile::Builder::new().prefix("switchboard-pg-").tempdir().expect("a temporary folder");
        give_away(folder.path());
        let data = folder.path().join("data");
        let mut init = command("initdb");
        init.args([
            "-A",
            "trust",
            "-U",
            "postgres",
            "--no-sync",
            "--no-instructions",
            "-E",
            "UTF8",
            "--locale=C",
            "-D",
        ]);
        let made = init.arg(&data).status().expect("initdb starts");
        assert!(made.success(), "initdb failed in {}", data.display());
        let (orders, inbox) = mpsc::channel();
        let (up, ready) = mpsc::channel();
        let path = folder.path().to_owned();
        // The server is told to die with the thread that started it, so that thread must outlive every test.
        let keeper = std::thread::spawn(move || keep(&path, durable, &inbox, &up));
        ready.recv().expect("PostgreSQL starts");
        Self { folder, orders, keeper: Some(keeper) }
    }

    /// A socket's folder as host is written percent-encoded.
    pub(super) fn url(&self, database: &str) -> String {
        let host = self.folder.path().to_string_lossy().replace('/', "%2F");
        format!("postgres://postgres@{host}/{database}")
    }

    /// Runs SQL in a database and answers the first number of the first row, 0 when there is none.
    pub fn run(&self, database: &str, sql: &str) -> i64 {
        self.texts(database, sql).first().and_then(|line| line.trim().parse().ok()).unwrap_or(0)
    }

    /// Runs SQL in a database and answers what it prints, line by line.
    pub(super) fn texts(&self, database: &str, sql: &str) -> Vec<String> {
        let mut psql = command("psql");
        psql.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-U", "postgres", "-h"]);
        psql.arg(self.folder.path()).args(["-d", database, "-c", sql]);
        let output = psql.stdout(Stdio::piped()).stderr(Stdio::piped()).output().expect("psql starts");
        assert!(output.status.success(), "{sql}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect()
    }

    /// Takes a lock in a transaction that ends when the session is killed.
    pub(super) fn hold(&self, database: &str, lock: &str) -> Child {
        let mut psql = command("psql");
        psql.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-U", "postgres", "-h"]);
        psql.arg(self.folder.path()).args(["-d", database]);
        let mut session = psql.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("psql starts");
        let script = format!("BEGIN;\n{lock};\nSELECT 'held';\n");
        session.stdin.as_mut().expect("a pipe").write_all(script.as_bytes()).expect("psql listens");
        let mut said = String::new();
        let mut output = BufReader::new(session.stdout.as_mut().expect("a pipe"));
        output.read_line(&mut said).expect("psql answers");
        assert_eq!(said.trim(), "held", "{lock}");
        session
    }

    /// Every row of a database as SQL; bytes are hex.
    pub(super) fn dump(&self, database: &str) -> String {
        let mut dump = command("pg_dump");
        dump.args(["--inserts", "--data-only", "-U", "postgres", "-h"]).arg(self.folder.path()).arg(database);
        let output = dump.stdout(Stdio::piped()).stderr(Stdio::piped()).output().expect("pg_dump starts");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Kills every connection at once and comes back, as after a crash of the server.
    pub fn restart(&self) {
        self.stop();
        self.start_again();
    }

    /// Kills every connection at once and stays away.
    pub fn stop(&self) {
        self.order(Order::Down);
    }

    /// Comes back after [`Cluster::stop`], with all that was committed.
    pub fn start_again(&self) {
        self.order(Order::Up);
    }

    fn order(&self, order: impl FnOnce(mpsc::Sender<()>) -> Order) {
        let (done, finished) = mpsc::channel();
        self.orders.send(order(done)).expect("the keeper listens");
        finished.recv().expect("the keeper obeys");
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let _ = self.orders.send(Order::End);
        if let Some(keeper) = self.keeper.take() {
            let _ = keeper.join();
        }
    }
}

fn keep(folder: &Path, durable: bool, inbox: &mpsc::Receiver<Order>, up: &mpsc::Sender<()>) {
    let mut server = Some(serve(folder, durable));
    let _ = up.send(());
    while let Ok(order) = inbox.recv() {
        let done = match order {
            Order::Down(done) => {
                server.take().into_iter().for_each(quit);
                done
            }
            Order::Up(done) => {
                server.get_or_insert_with(|| serve(folder, durable));
                done
            }
            Order::End => break,
        };
        let _ = done.send(());
    }
    server.into_iter().for_each(quit);
}

fn serve(folder: &Path, durable: bool) -> Child {
    let mut server = command("postgres");
    server.arg("-D").arg(folder.join("data")).arg("-k").arg(folder);
    server.args(["-c", "listen_addresses=", "-c", "max_connections=100", "-c", "shared_buffers=64MB"]);
    if !durable {
        // Enough for a server that crashes, not for a machine that does: what it acknowledged has left the process.
        server.args(["-c", "fsync=off", "-c", "full_page_writes=off"]);
    }
    #[expect(
        unsafe_code,
        reason = "prctl is async-signal-safe; without it a killed test leaves its server behind"
    )]
    unsafe {
        server.pre_exec(|| {
            libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGQUIT);
            Ok(())
        });
    }
    let child = server.spawn().expect("postgres starts");
    let since = Instant::now();
    while UnixStream::connect(folder.join(".s.PGSQL.5432")).is_err() || !accepts(folder) {
        assert!(since.elapsed() < Duration::from_secs(30), "PostgreSQL did not come up within 30 s");
        std::thread::park_timeout(Duration::from_millis(10));
    }
    child
}

fn accepts(folder: &Path) -> bool {
    command("pg_isready").arg("-q").arg("-h").arg(folder).status().is_ok_and(|status| status.success())
}

/// Immediate shut-down: nothing of a throw-away cluster is worth waiting for.
fn quit(mut server: Child) {
    #[expect(
        unsafe_code,
        reason = "the standard library can only send SIGKILL, which would leave children behind"
    )]
    unsafe {
        libc::kill(server.id().cast_signed(), libc::SIGQUIT);
    }
    let _ = server.wait();
}

/// A PostgreSQL program, run as whoever may run it.
fn command(program: &str) -> Command {
    let mut command = Command::new(binary(program));
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.env("LC_ALL", "C").current_dir("/");
    if let Some((user, group)) = unprivileged() {
        command.gid(group).uid(user);
    }
    command
}

/// From the PATH, or where Debian hides it; the newest version first.
fn binary(program: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    if let Ok(versions) = std::fs::read_dir("/usr/lib/postgresql") {
        let mut versions: Vec<PathBuf> = versions.flatten().map(|entry| entry.path().join("bin")).collect();
        versions.sort();
        folders.extend(versions.into_iter().rev());
    }
    let found = folders.into_iter().map(|folder| folder.join(program)).find(|path| path.is_file());
    found.unwrap_or_else(|| {
        panic!("{program} not found: these tests need PostgreSQL (apt-get install postgresql)")
    })
}

/// User and group PostgreSQL runs as when we are root, whom it refuses.
fn unprivileged() -> Option<(u32, u32)> {
    let root = std::fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0);
    if !root {
        return None;
    }
    let accounts = std::fs::read_to_string("/etc/passwd").expect("/etc/passwd can be read");
    let ids = |name: &str| {
        let line = accounts.lines().find(|line| line.split(':').next() == Some(name))?;
        let mut fields = line.split(':').skip(2);
        Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
    };
    ids("postgres").or_else(|| ids("nobody"))
}

fn give_away(folder: &Path) {
    if let Some((user, group)) = unprivileged() {
        std::os::unix::fs::chown(folder, Some(user), Some(group)).expect("root may give folders away");
    }
}
