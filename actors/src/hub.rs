//! The hub: one actor per web worker; the only thing that crosses to a worker's sockets. Hands out batches, pings, cuts what is stuck.
//!
//! Talks to: its thread's [`crate::fanout::Local`]. Lives as long as its worker.

use crate::fanout::{Fanout, Feed, Turn, text_frame, with_local};
use crate::telemetry::PUBLISH_LAG_SECONDS;
use actix::prelude::*;
use futures_util::stream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

const SWEEP: Duration = Duration::from_secs(1);
const PING: Duration = Duration::from_secs(25);
/// Returning sockets spread over this long, so that a restart is not a stampede.
const SPREAD_MS: u64 = 2_000;

pub struct LocalHub {
    fanout: Fanout,
    lost: Arc<AtomicBool>,
}

impl LocalHub {
    /// Call on the worker's thread, once.
    pub fn start_here(fanout: &Fanout) -> Addr<Self> {
        let feed = fanout.connect();
        with_local(|local| local.begin(&feed));
        let Feed { turns, lost, .. } = feed;
        let fanout = fanout.clone();
        Self::create(|ctx| {
            let turns = stream::unfold(turns, async |mut turns| turns.recv().await.map(|turn| (turn, turns)));
            ctx.add_stream(turns);
            Self { fanout, lost }
        })
    }

    fn recover_if_lost(&self) {
        if self.lost.swap(false, Ordering::AcqRel) {
            tracing::warn!("a worker could not keep up; its sockets resume");
            with_local(|local| local.cut_all(self.fanout.position()));
        }
    }
}

impl Actor for LocalHub {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.run_interval(SWEEP, |hub, _| {
            hub.recover_if_lost();
            with_local(|local| local.sweep());
        });
        ctx.run_interval(PING, |_, _| with_local(|local| local.ping()));
    }
}

impl StreamHandler<Turn> for LocalHub {
    fn handle(&mut self, turn: Turn, _: &mut Self::Context) {
        self.recover_if_lost();
        with_local(|local| match turn {
            Turn::Deliver(batch) => {
                metrics::histogram!(PUBLISH_LAG_SECONDS).record(batch.at.elapsed().as_secs_f64());
                local.deliver(batch);
            }
            Turn::Rescope { user, scope } => local.rescope(user, scope.as_ref()),
            Turn::EndSession { session } => local.end_session(session),
            Turn::Forget => local.forget_recent(),
            Turn::Drain => local.drain(draining),
        });
    }
}

fn draining() -> bytes::Bytes {
    let wait = rand::random_range(0..SPREAD_MS);
    text_frame(format!(r#"{{"t":"server.draining","d":{{"reconnect_after_ms":{wait}}}}}"#).as_bytes())
}
