//! The edge: what every answer gets (headers, an id, a line in the log) and what every unsafe call of a browser must show (same origin).
//!
//! Providers' callbacks pass untouched: thousands of them arrive per second, and their counters stand in /metrics.

use crate::bearer;
use crate::error::{ApiError, unsupported};
use crate::limits::Paced;
use crate::origin;
use crate::proxies::household;
use crate::session::site;
use crate::site::{Busy, Site};
use actix_web::body::BoxBody;
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::http::{ConnectionType, Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage};
use std::time::Instant;

/// Content security policy of the agent app.
pub const APP_POLICY: &str = "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; \
    media-src 'self' blob:; connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
/// Of everything that is not a page: JSON, files.
const DATA_POLICY: &str = "default-src 'none'; frame-ancestors 'none'; sandbox";

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The middleware.
pub async fn guard(
    mut request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let site = site(request.request())?;
    let _busy = Busy::with(&site);
    if request.path().starts_with("/hooks/") {
        return next.call(request).await;
    }
    let started = Instant::now();
    let id = format!("{:016x}", rand::random::<u64>());
    let checked = check(&request, &site).and_then(|()| widget_load(&request, &site));
    let mut response = match checked {
        Ok(()) => {
            pace(&mut request);
            next.call(request).await?
        }
        Err(refused) => request.into_response(refused.response()),
    };
    let request = response.request().clone();
    dress(response.headers_mut(), request.path(), &id, site.origins.is_secure());
    // A route's template, never the address itself: addresses hold widget keys and proofs.
    let route = request.match_pattern().unwrap_or_else(|| "(none)".to_owned());
    let (status, duration_ms) = (response.status().as_u16(), started.elapsed().as_millis() as u64);
    let method = request.method();
    if status >= 500 {
        tracing::warn!(%method, route, status, duration_ms, request.id = id, "answered {method} {route} with {status}");
    } else if route.starts_with("/api/") || route.starts_with("/ws/") {
        tracing::info!(%method, route, status, duration_ms, request.id = id, "answered {method} {route} with {status}");
    } else {
        tracing::debug!(%method, route, status, duration_ms, request.id = id, "answered {method} {route} with {status}");
    }
    if site.is_draining() {
        response.response_mut().head_mut().set_connection_type(ConnectionType::Close);
    }
    Ok(response)
}

fn is_unsafe(method: &Method) -> bool {
    !matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// Refuses what only another site's page could send.
fn check(request: &ServiceRequest, site: &Site) -> Result<(), ApiError> {
    let path = request.path();
    if *request.method() == Method::TRACE {
        return Err(ApiError::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "method_not_allowed",
            "TRACE is not answered.",
        ));
    }
    if !is_unsafe(request.method()) || !path.starts_with("/api/") {
        return Ok(());
    }
    // A token is sent by a program on purpose; a cookie goes along by itself.
    if !bearer::is_presented(request.headers()) {
        same_origin(request.headers(), site)?;
    }
    let wanted = if path == "/api/v1/media" { "multipart/form-data" } else { "application/json" };
    if request.content_type().eq_ignore_ascii_case(wanted) { Ok(()) } else { Err(unsupported(wanted)) }
}

/// The widget's address is public, and its loads cost work.
fn widget_load(request: &ServiceRequest, site: &Site) -> Result<(), ApiError> {
    let path = request.path();
    if !path.starts_with("/w/") && !path.starts_with("/widget/v1/") {
        return Ok(());
    }
    let Some(from) = site.source(request.request()) else { return Ok(()) };
    site.quotas.widget.take(household(from), Instant::now()).map_err(ApiError::rate_limited)
}

fn same_origin(headers: &HeaderMap, site: &Site) -> Result<(), ApiError> {
    let refused = |detail: &'static str| ApiError::new(StatusCode::FORBIDDEN, "origin_not_allowed", detail);
    let fetch_site = headers.get("sec-fetch-site").map(HeaderValue::as_bytes);
    if fetch_site.is_some_and(|from| from != b"same-origin") {
        return Err(refused("Only this server's own pages can do this."));
    }
    let stated = headers.contains_key(header::ORIGIN);
    match origin::of(headers) {
        Some(origin) if site.origins.is_own(origin) => Ok(()),
        None if !stated && fetch_site.is_some() => Ok(()),
        Some(_) => {
            Err(refused("This page's address is not the server's public URL. Set --public-url to it."))
        }
        None => Err(refused("An Origin header of this server is needed.")),
    }
}

/// Gives a body only so much time.
fn pace(request: &mut ServiceRequest) {
    if is_unsafe(request.method()) {
        let upload = request.path().ends_with("/media");
        let paced = Paced::new(request.take_payload(), upload);
        request.set_payload(Payload::Stream { payload: Box::pin(paced) });
    }
}

fn dress(headers: &mut HeaderMap, path: &str, id: &str, secure: bool) {
    let mut set = |name: HeaderName, value: HeaderValue| {
        if !headers.contains_key(&name) {
            headers.insert(name, value);
        }
    };
    set(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    set(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    set(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(DATA_POLICY));
    if !path.starts_with("/widget/") && !path.starts_with("/w/") {
        set(HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin"));
        set(HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin"));
    }
    if path.starts_with("/api/") || path.starts_with("/health/") || path == "/metrics" {
        set(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    if secure {
        set(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
    }
    if let Ok(id) = HeaderValue::from_str(id) {
        set(REQUEST_ID, id);
    }
}
