//! The way out of a mail: a page with a button, because programs that look mails over open every link in them; and the button's call,
//! which mail programs make by themselves, too (RFC 8058). Whose link it is nobody learns from either.

use crate::error::ApiError;
use crate::openapi::escape;
use crate::session::site;
use crate::site::{Asker, Site};
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, RETRY_AFTER};
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use std::time::Instant;
use switchboard_engine::ids::{AnnouncementId, ContactId};

const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:32rem;margin:12vh auto;padding:0 1.25rem;\
    color:#18181b;background:#fff}h1{font-size:1.25rem}button{font:inherit;font-weight:600;padding:.625rem 1.25rem;border:0;\
    border-radius:.5rem;background:#0f766e;color:#fff;cursor:pointer}button:focus-visible{outline:3px solid #0f766e;outline-offset:3px}\
    @media(prefers-color-scheme:dark){body{color:#f4f4f5;background:#18181b}button{background:#2dd4bf;color:#042f2e}\
    button:focus-visible{outline-color:#2dd4bf}}";

/// Asks whether its reader wants no more mail; opening it changes nothing.
#[utoipa::path(tag = "contacts", params(("link" = String, Path)), responses(
    (status = 200, content_type = "text/html", body = String),
    (status = 404, content_type = "text/html", body = String),
    (status = 429, content_type = "text/html", body = String, description = "too often, with Retry-After"),
))]
#[get("/unsubscribe/{link}")]
pub(crate) async fn ask_unsubscribe(
    request: HttpRequest,
    link: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let site = site(&request)?;
    if let Err(closed) = reader(&site, &request, &link) {
        return Ok(closed.page());
    }
    let business = business(&site);
    let body = format!(
        "<p>{business} will send you no more e-mails like the one you came from.</p>\
         <form method=\"post\"><button type=\"submit\">Unsubscribe</button></form>"
    );
    Ok(page(StatusCode::OK, &format!("No more e-mails from {business}?"), &body))
}

/// Whoever has the link gets no more mail; a second time changes nothing. The body does not matter.
#[utoipa::path(tag = "contacts", params(("link" = String, Path)), responses(
    (status = 200, content_type = "text/html", body = String),
    (status = 404, content_type = "text/html", body = String),
    (status = 429, content_type = "text/html", body = String, description = "too often, with Retry-After"),
))]
#[post("/unsubscribe/{link}")]
pub(crate) async fn unsubscribe(
    request: HttpRequest,
    link: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let site = site(&request)?;
    let (announcement, contact) = match reader(&site, &request, &link) {
        Ok(reader) => reader,
        Err(closed) => return Ok(closed.page()),
    };
    site.actors.unsubscribe(announcement, contact).await?;
    let body = format!(
        "<p>{} sends you no more e-mails like that one. You can close this page.</p>",
        business(&site)
    );
    Ok(page(StatusCode::OK, "You are unsubscribed", &body))
}

/// Why nothing comes of a link.
enum Closed {
    NoSuchLink,
    /// Seconds until the next try.
    TooOften(u64),
}

impl Closed {
    fn page(self) -> HttpResponse {
        match self {
            Self::NoSuchLink => no_such_link(),
            Self::TooOften(seconds) => too_often(seconds),
        }
    }
}

/// Whose link it is.
fn reader(site: &Site, request: &HttpRequest, link: &str) -> Result<(AnnouncementId, ContactId), Closed> {
    knock(site, request).map_err(Closed::TooOften)?;
    site.actors.reader_of(link).ok_or(Closed::NoSuchLink)
}

/// As often as any stranger may call. Mail providers press many people's buttons from one address, so no tighter.
fn knock(site: &Site, request: &HttpRequest) -> Result<(), u64> {
    let Some(from) = site.source(request) else { return Ok(()) };
    site.quotas.api.take(Asker::at(from), Instant::now())
}

fn business(site: &Site) -> String {
    site.roster().business.as_ref().map(|business| escape(&business.name)).unwrap_or_default()
}

fn no_such_link() -> HttpResponse {
    let body = "<p>There is no such link. Was it copied whole? Answer the e-mail instead.</p>";
    page(StatusCode::NOT_FOUND, "This link does not work", body)
}

fn too_often(seconds: u64) -> HttpResponse {
    let body = format!("<p>Try again in {seconds} seconds.</p>");
    let mut page = page(StatusCode::TOO_MANY_REQUESTS, "Too many tries", &body);
    page.headers_mut().insert(RETRY_AFTER, seconds.into());
    page
}

/// `title` is text already fit for a page.
fn page(status: StatusCode, title: &str, body: &str) -> HttpResponse {
    HttpResponse::build(status)
        .content_type("text/html; charset=utf-8")
        .insert_header((CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header(("x-robots-tag", "noindex"))
        .body(format!(
            "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
             <meta name=\"color-scheme\" content=\"light dark\"><title>{title}</title><style>{STYLE}</style></head>\
             <body><main><h1>{title}</h1>{body}</main></body></html>"
        ))
}
