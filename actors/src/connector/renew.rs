//! A line's settings or credentials changed, or it was put back: the connector goes on with what is new, and loses nothing it had in mind.

use super::{Connection, Connector, Pace};
use actix::prelude::*;
use std::sync::Arc;
use std::time::Instant;

/// What is new. Attempts under way end with what they began with.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Renew(pub Connection);

impl Handler<Renew> for Connector {
    type Result = ();

    fn handle(&mut self, Renew(connection): Renew, ctx: &mut Self::Context) {
        self.pace = Pace::of(&connection.line, Instant::now());
        self.context = Arc::new(connection);
        // The pause was for credentials or an address that may be mended by this.
        self.works();
        self.sweep(ctx);
        self.pump(ctx);
    }
}
