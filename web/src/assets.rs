//! The agent app: its page for every address of its own, its files for ever.

use crate::edge::APP_POLICY;
use crate::error::{ApiError, no_such_route};
use actix_web::http::header::{
    ACCEPT, ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, ETAG, IF_NONE_MATCH,
    VARY,
};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse};
use switchboard_ui::Asset;

const FOR_EVER: &str = "public, max-age=31536000, immutable";
const ASK_AGAIN: &str = "no-cache";

/// Everything no other route takes: a file, a page of the app, or nothing.
pub async fn app_or_nothing(request: HttpRequest) -> Result<HttpResponse, ApiError> {
    let path = request.path();
    let looks = matches!(*request.method(), Method::GET | Method::HEAD);
    let elsewhere = ["/api/", "/ws/", "/hooks/", "/health/", "/widget/", "/w/", "/files/", "/simulator"];
    if !looks || elsewhere.iter().any(|prefix| path.starts_with(prefix)) {
        return Err(no_such_route(&request));
    }
    let file = path.trim_start_matches('/');
    if file != "index.html"
        && let Some(asset) = switchboard_ui::get(file)
    {
        return Ok(serve(&request, &asset));
    }
    // A page of the app has no dot in its last part; a missing file does.
    let is_page = !file.rsplit('/').next().unwrap_or_default().contains('.') || file == "index.html";
    if is_page && wants_page(&request) { Ok(page(&request)) } else { Err(ApiError::not_found()) }
}

fn wants_page(request: &HttpRequest) -> bool {
    let accept = request.headers().get(ACCEPT).and_then(|accept| accept.to_str().ok());
    accept.is_none_or(|accept| accept.contains("text/html") || accept.contains("*/*"))
}

fn page(request: &HttpRequest) -> HttpResponse {
    match switchboard_ui::get("index.html") {
        Some(index) => {
            let mut response = serve(request, &index);
            let policy = actix_web::http::header::HeaderValue::from_static(APP_POLICY);
            response.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
            response
        }
        None => HttpResponse::build(StatusCode::SERVICE_UNAVAILABLE)
            .content_type("text/html; charset=utf-8")
            .insert_header((CACHE_CONTROL, "no-store"))
            .insert_header((
                CONTENT_SECURITY_POLICY,
                "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
            ))
            .body(switchboard_ui::help_page().unwrap_or_default()),
    }
}

/// A file as the browser wants it: compressed if it can, nothing if it has it.
pub fn serve(request: &HttpRequest, asset: &Asset) -> HttpResponse {
    let header = |name| request.headers().get(name).and_then(|value| value.to_str().ok());
    let caching = if asset.immutable { FOR_EVER } else { ASK_AGAIN };
    if header(IF_NONE_MATCH).is_some_and(|tags| tags.split(',').any(|tag| tag.trim() == asset.etag)) {
        return HttpResponse::NotModified()
            .insert_header((CACHE_CONTROL, caching))
            .insert_header((ETAG, asset.etag))
            .finish();
    }
    let mut response = HttpResponse::Ok();
    response
        .content_type(asset.content_type)
        .insert_header((CACHE_CONTROL, caching))
        .insert_header((ETAG, asset.etag));
    let takes_brotli = header(ACCEPT_ENCODING)
        .is_some_and(|list| list.split(',').any(|one| one.trim().split(';').next() == Some("br")));
    if let Some(small) = asset.brotli {
        response.insert_header((VARY, "accept-encoding"));
        if takes_brotli {
            response.insert_header((CONTENT_ENCODING, "br"));
            return response.body(small);
        }
    }
    match &asset.body {
        std::borrow::Cow::Borrowed(body) => response.body(*body),
        std::borrow::Cow::Owned(body) => response.body(body.clone()),
    }
}
