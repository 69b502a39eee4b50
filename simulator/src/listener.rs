//! The simulator's own HTTP server, on threads of its own: a busy product cannot slow the outside world down.

use std::io;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::{Server, ServerHandle};
use actix_web::web::{self, Data};
use actix_web::{App, HttpResponse, HttpServer};
use serde_json::json;
use tokio::runtime::Runtime;

use crate::world::World;
use crate::{cloud_api, dialog360, http_sms, twilio, vonage};

/// JSON sends stay far below this; media uploads are streamed and have limits of their own.
const LARGEST_BODY: usize = 1 << 20;

pub(crate) fn server(world: Arc<World>, listener: TcpListener) -> io::Result<Server> {
    let server = HttpServer::new(move || {
        App::new()
            .app_data(Data::from(Arc::clone(&world)))
            .app_data(web::PayloadConfig::new(LARGEST_BODY))
            .configure(twilio::routes)
            .configure(vonage::routes)
            .configure(http_sms::routes)
            .configure(cloud_api::routes)
            .configure(dialog360::routes)
            .default_service(web::to(unknown))
    });
    Ok(server.workers(2).disable_signals().shutdown_timeout(0).listen(listener)?.run())
}

async fn unknown() -> HttpResponse {
    HttpResponse::NotFound().json(json!({ "error": {
        "message": "Unknown path components", "type": "OAuthException", "code": 2500,
    } }))
}

/// Keeps the server and its runtime alive; dropping it ends both without waiting in the caller's runtime.
pub(crate) struct Engine {
    runtime: Option<Runtime>,
    handle: ServerHandle,
}

impl Engine {
    pub(crate) fn new(runtime: Runtime, handle: ServerHandle) -> Self {
        Self { runtime: Some(runtime), handle }
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        let Some(runtime) = self.runtime.take() else { return };
        let stopping = self.handle.stop(false);
        // A runtime must not be waited for inside another runtime, so an own thread does it.
        std::thread::spawn(move || {
            runtime.block_on(async {
                let _ = tokio::time::timeout(Duration::from_secs(2), stopping).await;
            });
            runtime.shutdown_background();
        });
    }
}
