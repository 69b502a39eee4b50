//! The server as a process of its own, where its death matters: this very test program, started again as the binary's `serve`.

use crate::world::{eventually, free_port};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use switchboard_schema::testing::TestDatabase;
use switchboard_web::config::{Command as Verb, Config};
use tokio::runtime::Builder;

/// Address, database and folder of the server to be; set by [`Process::start`] only.
const ASKED: &str = "SWITCHBOARD_TEST_SERVER";

/// Whether it logs everything; set by [`Process::start_logging`] only.
const LOGGING: &str = "SWITCHBOARD_TEST_LOGGING";

/// A running server; killed when dropped.
pub(crate) struct Process {
    pub(crate) url: String,
    child: Child,
}

impl Process {
    pub(crate) async fn start(database: &TestDatabase, folder: &Path) -> Self {
        Self::start_logging(database, folder, None).await
    }

    /// The same; with a file for everything it logs.
    pub(crate) async fn start_logging(database: &TestDatabase, folder: &Path, log: Option<&Path>) -> Self {
        let mut process = Self::launch(database, folder, log);
        process.ready().await;
        process
    }

    /// Starts one and does not wait for it.
    pub(crate) fn launch(database: &TestDatabase, folder: &Path, log: Option<&Path>) -> Self {
        Self::launch_at(free_port(), database, folder, log)
    }

    /// The same, at a port that its clients know already.
    pub(crate) fn launch_at(port: u16, database: &TestDatabase, folder: &Path, log: Option<&Path>) -> Self {
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        let mut command = Command::new(std::env::current_exe().expect("a test has a program"));
        command.args(["--exact", "process::serve_if_asked", "--nocapture", "--test-threads", "1"]);
        command.env(ASKED, format!("{address}|{}|{}", database.url(), folder.display()));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        if let Some(log) = log {
            let file = std::fs::File::create(log).expect("a file for the log");
            command.env(LOGGING, "1").stdout(file.try_clone().expect("a file")).stderr(file);
        }
        let url = format!("http://{address}");
        Self { url, child: command.spawn().expect("the test program starts again") }
    }

    pub(crate) async fn ready(&mut self) {
        let (child, url) = (&mut self.child, format!("{}/health/ready", self.url));
        eventually("the process to be ready", || {
            let ended = child.try_wait().expect("a child can be waited for");
            assert_eq!(ended, None, "it ended instead of serving");
            let answer = crate::world::HTTP.get(&url).send();
            async move { (answer.await.ok()?.status() == 200).then_some(()) }
        })
        .await;
    }

    /// Without warning.
    pub(crate) fn kill(&mut self) {
        let _ = self.child.kill();
    }

    /// SIGTERM, as an operator does.
    pub(crate) fn terminate(&self) {
        #[expect(unsafe_code, reason = "the standard library can only send SIGKILL")]
        // SAFETY: the child has not been waited for, so its id is its own.
        unsafe {
            libc::kill(self.child.id().cast_signed(), libc::SIGTERM);
        }
    }

    /// The most memory it has ever held, in bytes.
    pub(crate) fn peak_memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("it runs");
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a peak");
        line.trim().trim_end_matches(" kB").parse::<u64>().expect("a number") << 10
    }

    /// Waits for its end and answers its exit code, `None` after a signal.
    pub(crate) async fn ended(&mut self) -> Option<i32> {
        let child = &mut self.child;
        let status = eventually("the process to end", || {
            let ended = child.try_wait().expect("a child can be waited for");
            async move { ended }
        });
        status.await.code()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Not a test, but what [`Process`] starts: does nothing unless asked.
#[test]
fn serve_if_asked() {
    let Ok(asked) = std::env::var(ASKED) else { return };
    let parts: Vec<&str> = asked.split('|').collect();
    if std::env::var_os(LOGGING).is_some() {
        switchboard_web::telemetry::log(switchboard_web::config::LogFormat::Json, "trace");
    }
    let [address, database_url, folder] = parts[..] else { panic!("{asked}") };
    let _ = rustls::crypto::ring::default_provider().install_default();
    let database = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let config = Config {
        listen: address.parse().unwrap(),
        database_url: database_url.to_owned(),
        data_dir: PathBuf::from(folder),
        ..crate::world::settings(database.handle().clone())
    };
    let code = actix::System::new().block_on(switchboard_web::commands::run(Verb::Serve, config));
    let clean = format!("{code:?}") == format!("{:?}", std::process::ExitCode::SUCCESS);
    std::process::exit(i32::from(!clean));
}
