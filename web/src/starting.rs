//! What is answered while the program starts: that it lives, and that it is not ready. Bringing a large database up to date takes its time, and
//! whoever watches must be able to tell that from a server that hangs.

use crate::error::ApiError;
use crate::health;
use actix_web::dev::ServerHandle;
use actix_web::http::KeepAlive;
use actix_web::{App, HttpServer, web};
use std::net::TcpListener;
use std::time::Duration;

/// A start that is no longer than this is not worth telling: connections wait in the listener's queue and find the server itself.
const QUICK: Duration = Duration::from_millis(250);

/// Does `work`, and answers on `listener` while it lasts.
pub(crate) async fn during<T>(listener: &TcpListener, work: impl Future<Output = T>) -> T {
    let mut work = std::pin::pin!(work);
    tokio::select! {
        done = &mut work => return done,
        () = tokio::time::sleep(QUICK) => {}
    }
    let porch =
        open(listener).inspect_err(|error| tracing::warn!(%error, "nobody is told that this server starts"));
    let done = work.await;
    if let Ok(handle) = porch {
        handle.stop(true).await;
    }
    done
}

fn open(listener: &TcpListener) -> std::io::Result<ServerHandle> {
    let server = HttpServer::new(|| App::new().service(health::is_live).default_service(web::to(not_yet)))
        .workers(1)
        // Nobody keeps a connection to a server that is about to be replaced.
        .keep_alive(KeepAlive::Disabled)
        .client_request_timeout(Duration::from_secs(1))
        .shutdown_timeout(1)
        .disable_signals()
        .listen(listener.try_clone()?)?
        .run();
    let handle = server.handle();
    actix_web::rt::spawn(server);
    Ok(handle)
}

async fn not_yet(request: actix_web::HttpRequest) -> actix_web::HttpResponse {
    if request.path() == "/health/ready" { health::starting() } else { ApiError::busy().response() }
}
