//! [`ask`]: GET requests at a fixed rate, each timed from the moment it was meant to be sent.

use crate::client::api::Api;
use crate::clock::Clock;
use crate::error::{Result, fail};
use crate::pacer::Pacer;
use hdrhistogram::Histogram;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;
use tokio::task::spawn_local;

/// Latencies in microseconds, by the kind of question.
pub type Times = BTreeMap<&'static str, Histogram<u64>>;

/// Questions in turn: their kind and their path.
pub type Questions = Box<dyn FnMut() -> (&'static str, String)>;

/// Asks for a while over as many connections as there are `askers`. A question that is not answered 200 ends the run.
pub async fn ask(askers: Vec<Api>, rate: f64, lasts: Duration, questions: Questions) -> Result<Times> {
    let clock = Clock::default();
    let (pacer, lanes) = Pacer::start(clock, rate, askers.len());
    let questions = Rc::new(RefCell::new(questions));
    let times = Rc::new(RefCell::new(Times::new()));
    let until = clock.now() + lasts.as_micros() as u64;
    let mut tasks = Vec::new();
    for (mut api, mut lane) in askers.into_iter().zip(lanes) {
        let (questions, times) = (questions.clone(), times.clone());
        tasks.push(spawn_local(async move {
            while let Some(due) = lane.recv().await {
                if due > until {
                    break;
                }
                let (kind, path) = {
                    let mut next = questions.borrow_mut();
                    next()
                };
                let (status, answer) = api.call("GET", &path, None).await?;
                if status != 200 {
                    fail!("GET {path} was answered {status} {}", String::from_utf8_lossy(&answer));
                }
                let took = clock.now().saturating_sub(due).max(1);
                let mut times = times.borrow_mut();
                let histogram = times.entry(kind).or_insert_with(|| {
                    #[expect(clippy::expect_used, reason = "constants that are known to be good")]
                    Histogram::new_with_bounds(1, 600_000_000, 3).expect("bounds")
                });
                histogram.saturating_record(took);
            }
            Ok(())
        }));
    }
    for task in tasks {
        task.await??;
    }
    drop(pacer);
    Ok(Rc::try_unwrap(times).map(RefCell::into_inner).unwrap_or_default())
}
