//! `/hooks/whatsapp/{channel_id}`: Meta's Cloud API, and 360dialog, which speaks the same with other proofs.

use super::{line, not_genuine, single, spend, store};
use crate::api::shapes;
use crate::error::ApiError;
use crate::limits;
use actix_web::http::header::HeaderMap;
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use switchboard_actors::roster::Line;
use switchboard_engine::channel::{ChannelKind, Provider};
use switchboard_engine::channels::whatsapp::{parse, signature};

/// Header that 360dialog sends back to us as we asked it to, unless the channel's setting `webhook_header` names another.
const STATIC_HEADER: &str = "x-switchboard-secret";

/// Meta's handshake when the callback URL is registered.
#[utoipa::path(tag = "callbacks", params(("channel_id" = String, Path)), responses(
    (status = 200, description = "the challenge, as plain text", body = String),
    (status = 403, body = shapes::ErrorAnswer, description = "the verify token is not this channel's"),
    (status = 404, body = shapes::ErrorAnswer),
))]
#[get("/hooks/whatsapp/{channel_id}")]
pub(crate) async fn verify_whatsapp_hook(request: HttpRequest) -> Result<HttpResponse, ApiError> {
    let (site, line) = line(&request, ChannelKind::Whatsapp)?;
    let token = line.credential("verify_token").unwrap_or_default();
    match signature::handshake(request.query_string(), token) {
        Some(challenge) => Ok(HttpResponse::Ok()
            .content_type("text/plain; charset=utf-8")
            .insert_header(("x-content-type-options", "nosniff"))
            .body(challenge)),
        None => {
            spend(&site, &request, Some(line.channel.id));
            let detail = "The verify token is not this channel's.";
            Err(ApiError::new(actix_web::http::StatusCode::FORBIDDEN, "verify_token_wrong", detail))
        }
    }
}

/// Messages and receipts. Signed: `X-Hub-Signature-256` (Cloud API), the agreed static header or `x-360dialog-signature` (360dialog).
#[utoipa::path(tag = "callbacks", params(("channel_id" = String, Path)),
    request_body(content = serde_json::Value, description = "as the provider sends it, at most 3 MB"),
    responses(
        (status = 200, description = "everything in it is stored durably"),
        (status = 400, body = shapes::ErrorAnswer, description = "malformed_body: not a WhatsApp webhook"),
        (status = 401, body = shapes::ErrorAnswer, description = "bad_signature: nothing was stored"),
        (status = 404, body = shapes::ErrorAnswer),
        (status = 413, body = shapes::ErrorAnswer),
        (status = 429, body = shapes::ErrorAnswer, description = "rate_limited: too many without a genuine signature"),
        (status = 503, body = shapes::ErrorAnswer, description = "overloaded or storage_full: send it again after Retry-After"),
    ))]
#[post("/hooks/whatsapp/{channel_id}")]
pub(crate) async fn receive_whatsapp_hook(
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, ApiError> {
    let (site, line) = line(&request, ChannelKind::Whatsapp)?;
    let raw = limits::whole(&request, &mut payload.into_inner(), limits::HOOK).await?;
    if !is_genuine(&line, request.headers(), &raw) {
        return Err(not_genuine(&site, &request, &line));
    }
    store(&site, &line, parse::webhook(&raw), HttpResponse::Ok().finish()).await
}

/// Over the bytes as received. Without a secret nobody is believed.
fn is_genuine(line: &Line, headers: &HeaderMap, raw: &[u8]) -> bool {
    match line.channel.provider {
        Provider::CloudApi => line
            .credential("app_secret")
            .is_some_and(|secret| signature::verify(secret, single(headers, "x-hub-signature-256"), raw)),
        Provider::Dialog360 => {
            let Some(secret) = line.credential("webhook_secret") else { return false };
            let name = line.setting("webhook_header").unwrap_or(STATIC_HEADER);
            match single(headers, name) {
                Some(given) => signature::verify_static_header(secret, Some(given)),
                None => signature::verify_dialog360(secret, single(headers, "x-360dialog-signature"), raw),
            }
        }
        Provider::Twilio | Provider::Vonage | Provider::HttpSms | Provider::Widget => false,
    }
}
