//! The scenarios, one per file, and what they share: carrying one out, waiting for the end, judging.

mod baseline;
mod idle;
mod inbound_storm;
mod inbox_lists;
mod kill_loop;
mod reconnect_herd;
mod search_load;
mod slow_readers;
mod stocked;
mod webhook_chaos;

use crate::agents::Agent;
use crate::console::{self, Progress};
use crate::error::{Context, Error, Result};
use crate::journal::Client;
use crate::options::{Options, Scenario};
use crate::oracle::{self, Demands, Evidence};
use crate::process::{Host, Process};
use crate::providers::Providers;
use crate::readback;
use crate::report::{Effort, Report};
use crate::run::{Phase, Run};
use crate::stage::Stage;
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;
use tokio::task::LocalSet;

/// What a scenario works with.
struct Scene<'a> {
    options: &'a Options,
    seed: u64,
    folder: &'a Path,
    report: &'a mut Report,
}

/// Carries a scenario out and shows its report. False when a promise was broken.
pub fn execute(options: &Options) -> Result<bool> {
    let host = Host::now();
    if host.load_before > 0.3 {
        console::note(&format!(
            "the host is busy (load {:.2}): figures will be worse than they are",
            host.load_before
        ));
    }
    let seed = options.seed.unwrap_or_else(|| u64::from(rand::random::<u32>()));
    let folder = Folder::new(options.keep.as_deref())?;
    let mut report = Report::new(options, seed, host);
    let mut scene = Scene { options, seed, folder: folder.path(), report: &mut report };
    let ended = if options.scenario == Scenario::Baseline {
        baseline::run(&mut scene)
    } else {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        LocalSet::new().block_on(&runtime, async {
            tokio::select! {
                ended = perform(&mut scene) => ended,
                _ = tokio::signal::ctrl_c() => Err(Error("interrupted".to_owned())),
            }
        })
    };
    if let Err(error) = ended {
        folder.keep();
        return Err(error);
    }
    if let Some(sabotage) = &options.sabotage {
        let caught = report.violation_count > 0;
        report.sabotage(sabotage, caught);
    }
    console::show(&report.table());
    if let Some(earlier) = &options.compare {
        console::show(&report.compare(earlier)?);
    }
    if let Some(path) = &options.report {
        report.write(path)?;
    }
    if !report.passed {
        folder.keep();
    }
    Ok(report.passed)
}

async fn perform(scene: &mut Scene<'_>) -> Result<()> {
    match scene.options.scenario {
        Scenario::InboundStorm => inbound_storm::run(scene).await,
        Scenario::ReconnectHerd => reconnect_herd::run(scene).await,
        Scenario::KillLoop => kill_loop::run(scene).await,
        Scenario::SlowReaders => slow_readers::run(scene).await,
        Scenario::Idle => idle::run(scene).await,
        Scenario::WebhookChaos => webhook_chaos::run(scene).await,
        Scenario::Seed => stocked::run(scene).await,
        Scenario::InboxLists => inbox_lists::run(scene).await,
        Scenario::SearchLoad => search_load::run(scene).await,
        Scenario::Baseline => Ok(()),
    }
}

impl Scene<'_> {
    async fn stage(&self, provider: Option<&str>) -> Result<Stage> {
        console::note("starting the server");
        Stage::set(self.options, self.folder, provider).await
    }

    fn run(&self) -> Result<Rc<Run>> {
        let run = Run::new(self.seed, &self.folder.join("journal"))?;
        run.believes_silence.set(self.options.believes_silence());
        Ok(Rc::new(run))
    }
}

/// Lets a run go on for a while; ends early when it cannot.
async fn go_on(run: &Rc<Run>, doing: &'static str, lasts: Duration) -> Result<()> {
    let _progress = Progress::start(run, doing, lasts);
    let mut over = run.watch();
    let _ = tokio::time::timeout(lasts, over.wait_for(|phase| *phase == Phase::Over)).await;
    run.trouble()
}

/// Waits for a condition, asked every few milliseconds. False after `patience`.
async fn until(patience: Duration, met: impl Fn() -> bool) -> bool {
    let waiting = async {
        let mut tick = tokio::time::interval(Duration::from_millis(3));
        while !met() {
            tick.tick().await;
        }
    };
    tokio::time::timeout(patience, waiting).await.is_ok()
}

/// How long clients may take to hear of what was acknowledged.
const CATCH_UP: Duration = Duration::from_secs(20);

/// Senders finish, agents catch up, everything closes.
async fn settle(run: &Rc<Run>, providers: Providers, agents: Vec<Agent>, report: &mut Report) -> Result<()> {
    run.enter(Phase::Draining);
    providers.finish().await;
    run.trouble()?;
    let indexes: Vec<u32> = agents.iter().map(|agent| agent.index).collect();
    let acked_at = run.clock.now();
    let caught_up = until(CATCH_UP, || run.all_heard(&indexes)).await;
    if caught_up {
        report.add("agents caught up after the last one", (run.clock.now() - acked_at) as f64 / 1e3, "ms");
    } else {
        console::note("some agents did not hear of everything in time; the oracle will name what is missing");
    }
    close(run, agents).await;
    run.trouble()
}

async fn close(run: &Rc<Run>, agents: Vec<Agent>) {
    run.enter(Phase::Over);
    for agent in agents {
        agent.finish().await;
    }
}

/// Reads everything back and compares.
async fn judge(run: &Rc<Run>, stage: &mut Stage, demands: Demands, report: &mut Report) -> Result<()> {
    console::note("reading everything back");
    let record = run.finish()?;
    let stored = readback::everything(&mut stage.admin).await.context("reading back")?;
    let rows = stage.database.rows().await.context("asking the database")?;
    if rows.is_none() {
        console::note("the database cannot be asked: I2 is judged by API and sockets only");
    }
    let agents = record.streams.iter().filter(|(client, _)| *client == Client::Agent).count();
    report.add("agents' streams compared", agents as f64, "");
    let evidence = Evidence { run: run.id, record, before: stage.before.clone(), stored, rows, demands };
    let (violations, counted) = oracle::judge(&evidence);
    report.verdict(&violations, &counted);
    Ok(())
}

/// CPU and memory of everybody right now.
fn effort(stage: &Stage) -> Effort {
    let database = stage.database.process().and_then(|process| {
        let mut sample = process.sample().ok()?;
        sample.cpu = process.family_cpu();
        Some(sample)
    });
    Effort {
        server: stage.server.process().and_then(|process| process.sample().ok()),
        database,
        own: Process::own().sample().ok(),
    }
}

/// Where journals and logs go.
struct Folder {
    path: PathBuf,
    temporary: Option<tempfile::TempDir>,
}

impl Folder {
    fn new(keep: Option<&Path>) -> Result<Self> {
        if let Some(path) = keep {
            std::fs::create_dir_all(path).context(path.display())?;
            return Ok(Self { path: path.canonicalize()?, temporary: None });
        }
        // PostgreSQL's own user must be able to enter.
        let open = Permissions::from_mode(0o755);
        let folder = tempfile::Builder::new().prefix("loadtest-").permissions(open).tempdir()?;
        Ok(Self { path: folder.path().to_owned(), temporary: Some(folder) })
    }

    fn path(&self) -> &Path {
        &self.path
    }

    /// The journals are evidence.
    fn keep(self) {
        if let Some(folder) = self.temporary {
            console::note(&format!("journals and logs are kept in {}", folder.keep().display()));
        }
    }
}
