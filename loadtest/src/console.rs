//! What people see: notes and progress on stderr, the final table on stdout. The only module that prints.
#![expect(clippy::print_stdout, reason = "this is the module that prints")]

use crate::run::Run;
use std::io::{IsTerminal, Write};
use std::rc::Rc;
use std::time::{Duration, Instant};
use tokio::task::{JoinHandle, spawn_local};

/// One line for whoever watches.
pub fn note(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// The result.
pub fn show(text: &str) {
    println!("{text}");
}

/// A bar on the terminal that moves with time; silent elsewhere. Ends when dropped.
pub struct Progress {
    task: Option<JoinHandle<()>>,
}

const CELLS: usize = 30;

impl Progress {
    pub fn start(run: &Rc<Run>, doing: &'static str, lasts: Duration) -> Self {
        if !std::io::stderr().is_terminal() {
            if lasts >= Duration::from_secs(2) {
                note(&format!("{doing}: {:.0} s", lasts.as_secs_f64()));
            }
            return Self { task: None };
        }
        let run = run.clone();
        let task = spawn_local(async move {
            let started = Instant::now();
            let mut tick = tokio::time::interval(Duration::from_millis(250));
            let mut before = run.tally.borrow().acked;
            loop {
                tick.tick().await;
                let acked = run.tally.borrow().acked;
                let share = started.elapsed().as_secs_f64() / lasts.as_secs_f64().max(0.001);
                let full = ((share * CELLS as f64) as usize).min(CELLS);
                let bar = "█".repeat(full) + &"░".repeat(CELLS - full);
                let rate = (acked - before) * 4;
                before = acked;
                let _ = write!(std::io::stderr(), "\r{doing:<10} {bar} {acked:>9} acknowledged {rate:>7}/s ");
            }
        });
        Self { task: Some(task) }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(task) = self.task.take() {
            task.abort();
            let _ = write!(std::io::stderr(), "\r{:<78}\r", "");
        }
    }
}
