//! [`Pacer`]: the moments at which an open loop sends, kept by a thread of its own: the runtime's timers are too coarse.

use crate::clock::Clock;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// Stops when dropped.
pub struct Pacer {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Pacer {
    /// Tells `lanes` in turn when to send, `rate` times a second altogether. Each is told the intended moment.
    pub fn start(clock: Clock, rate: f64, lanes: usize) -> (Self, Vec<UnboundedReceiver<u64>>) {
        let (senders, receivers): (Vec<_>, Vec<_>) = (0..lanes).map(|_| unbounded_channel()).unzip();
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = stop.clone();
        let thread = std::thread::spawn(move || pace(clock, rate, &senders, &stopped));
        (Self { stop, thread: Some(thread) }, receivers)
    }
}

impl Drop for Pacer {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            let _ = thread.join();
        }
    }
}

fn pace(clock: Clock, rate: f64, lanes: &[UnboundedSender<u64>], stopped: &AtomicBool) {
    let start = clock.now() + 1_000;
    for (nth, lane) in lanes.iter().cycle().enumerate() {
        let due = start + (nth as f64 * 1e6 / rate) as u64;
        loop {
            if stopped.load(Ordering::Relaxed) {
                return;
            }
            let now = clock.now();
            if now >= due {
                break;
            }
            std::thread::park_timeout(Duration::from_micros(due - now));
        }
        if lane.send(due).is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn lanes_are_told_in_turn_and_evenly() {
        let clock = Clock::default();
        let (pacer, mut lanes) = Pacer::start(clock, 1000.0, 2);
        let mut moments = Vec::new();
        for _ in 0..3 {
            for lane in &mut lanes {
                moments.push(lane.recv().await.unwrap());
            }
        }
        assert!(moments.windows(2).all(|pair| pair[1] - pair[0] == 1000), "{moments:?}");
        assert!(clock.now() >= moments[5]);
        drop(pacer);
    }
}
