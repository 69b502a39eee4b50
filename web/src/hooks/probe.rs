//! `/hooks/probe/{nonce}`: what this server calls at its own public address, to see whether providers' callbacks would arrive.

use crate::api::shapes;
use crate::error::ApiError;
use crate::session::site;
use actix_web::{HttpRequest, HttpResponse, get, web};

/// Answers with a proof only this installation can make; it says nothing else.
#[utoipa::path(tag = "callbacks", params(("nonce" = String, Path, description = "32 hex digits")), responses(
    (status = 200, description = "the proof", content_type = "text/plain", body = String),
    (status = 404, body = shapes::ErrorAnswer),
))]
#[get("/hooks/probe/{nonce}")]
pub(crate) async fn answer_probe(
    request: HttpRequest,
    nonce: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let site = site(&request)?;
    if nonce.len() != 32 || !nonce.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(ApiError::not_found());
    }
    Ok(HttpResponse::Ok()
        .content_type("text/plain; charset=utf-8")
        .insert_header(("x-content-type-options", "nosniff"))
        .insert_header(("cache-control", "no-store"))
        .body(site.actors.callback_proof(&nonce)))
}
