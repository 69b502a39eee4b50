//! Whether the process lives, whether it can work, and its numbers.

use crate::error::ApiError;
use crate::proxies::is_forwarded;
use crate::session::site;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, get};
use serde::Serialize;
use std::time::Duration;
use switchboard_actors::telemetry;
use utoipa::ToSchema;

/// How long readiness may take to find out.
const PATIENCE: Duration = Duration::from_secs(1);

#[derive(Serialize, ToSchema)]
pub struct Readiness {
    ready: bool,
    /// Why not: `starting`, `draining`, `database`.
    reasons: Vec<Reason>,
}

#[derive(Serialize, ToSchema)]
pub struct Reason {
    check: &'static str,
    detail: String,
}

/// The process answers. Never touches the database.
#[utoipa::path(tag = "health", responses((status = 200, body = String, description = "`ok`")))]
#[get("/health/live")]
pub(crate) async fn is_live() -> &'static str {
    "ok"
}

/// The process can store something right now.
#[utoipa::path(tag = "health", responses((status = 200, body = Readiness), (status = 503, body = Readiness)))]
#[get("/health/ready")]
pub(crate) async fn is_ready(request: HttpRequest) -> Result<HttpResponse, ApiError> {
    let site = site(&request)?;
    let mut reasons = Vec::new();
    if site.is_draining() {
        reasons.push(Reason { check: "draining", detail: "the server is shutting down".to_owned() });
    }
    match tokio::time::timeout(PATIENCE, site.actors.core.store.write_probe(site.now())).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => reasons.push(Reason { check: "database", detail: error.to_string() }),
        Err(_) => reasons.push(Reason { check: "database", detail: "no commit within a second".to_owned() }),
    }
    let ready = reasons.is_empty();
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    Ok(HttpResponse::build(status).json(Readiness { ready, reasons }))
}

/// Before there is anything that could be ready.
pub(crate) fn starting() -> HttpResponse {
    let detail = "the server starts; the database may have to be brought up to date first".to_owned();
    let reasons = vec![Reason { check: "starting", detail }];
    HttpResponse::ServiceUnavailable().json(Readiness { ready: false, reasons })
}

/// Prometheus' numbers, for this machine only.
#[utoipa::path(tag = "health", responses((status = 200, body = String), (status = 404, description = "not from another machine")))]
#[get("/metrics")]
pub(crate) async fn metrics_text(request: HttpRequest) -> Result<HttpResponse, ApiError> {
    let site = site(&request)?;
    let source = site.source(&request).filter(std::net::IpAddr::is_loopback);
    // Behind a proxy on this machine that nobody told us of, everybody comes from this machine.
    if source.is_none() || is_forwarded(&request) {
        return Err(ApiError::not_found());
    }
    metrics::gauge!(telemetry::MAILBOXES).set(site.actors.directory.waiting() as f64);
    let text = site.metrics.render();
    Ok(HttpResponse::Ok().content_type("text/plain; version=0.0.4; charset=utf-8").body(text))
}
