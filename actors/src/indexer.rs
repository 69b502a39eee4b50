//! What happens beside the commits: proves the counts of the lists once, then keeps the search index a moment behind the log, off the path of commits. It gives way: while the journal has work, it rests longer than
//! it works. What it had not done when the program ended is done by the next.

use std::sync::Arc;
use std::time::{Duration, Instant};
use switchboard_schema::{Store, StoreError};
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};

/// Messages gather this long, so that one step takes many.
const GATHER: Duration = Duration::from_millis(100);
/// Contacts also change without the journal: it looks this often in any case.
const LOOK: Duration = Duration::from_millis(500);
/// Rest after a step, in times the step took, while commits wait.
const GIVE_WAY: u32 = 4;
/// After an error.
const BACK_OFF: Duration = Duration::from_secs(1);

/// Runs until it is aborted.
pub(crate) async fn run(store: Store, news: Arc<Notify>) {
    while let Err(error) = store.check_index().await {
        complain(&error);
        sleep(BACK_OFF).await;
    }
    mend_counts(&store).await;
    loop {
        let started = Instant::now();
        match store.index_step().await {
            Ok(true) => {
                let took = started.elapsed();
                metrics::histogram!(crate::telemetry::INDEX_SECONDS).record(took.as_secs_f64());
                if store.waiting() > 0 {
                    sleep(took * GIVE_WAY).await;
                }
            }
            Ok(false) => {
                let _ = timeout(LOOK, news.notified()).await;
                sleep(GATHER).await;
            }
            Err(error) => {
                complain(&error);
                sleep(BACK_OFF).await;
            }
        }
    }
}

/// Nothing but a change behind the program's back makes counts wrong; then they are counted once more.
async fn mend_counts(store: &Store) {
    match store.wrong_counts().await {
        Ok(0) => {}
        Ok(wrong) => {
            tracing::warn!(wrong, "counts of lists were wrong; counting anew");
            if let Err(error) = store.rebuild_counts().await {
                tracing::error!(%error, "the counts of the lists could not be mended");
            }
        }
        Err(error) => tracing::error!(%error, "the counts of the lists could not be proved"),
    }
}

fn complain(error: &StoreError) {
    tracing::warn!(%error, "the search index could not be brought up to date; trying again");
}
