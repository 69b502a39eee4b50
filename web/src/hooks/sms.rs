//! `/hooks/sms/{channel_id}`: Twilio, for customers' messages and for receipts of ours.

use super::{line, not_genuine, single, store};
use crate::api::shapes;
use crate::error::ApiError;
use crate::limits;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::{HttpRequest, HttpResponse, post, web};
use switchboard_engine::channel::ChannelKind;
use switchboard_engine::channels::sms::{parse, signature};

/// Twilio reads an answer as instructions; this one says: nothing to do.
const NOTHING_TO_DO: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response/>";

/// A form of Twilio's, signed with `X-Twilio-Signature` over our public URL.
#[utoipa::path(tag = "callbacks", params(("channel_id" = String, Path)),
    request_body(content = String, content_type = "application/x-www-form-urlencoded", description = "as Twilio sends it"),
    responses(
        (status = 200, description = "stored durably; an empty TwiML response", content_type = "text/xml", body = String),
        (status = 400, body = shapes::ErrorAnswer, description = "malformed_body"),
        (status = 401, body = shapes::ErrorAnswer, description = "bad_signature: nothing was stored"),
        (status = 404, body = shapes::ErrorAnswer),
        (status = 413, body = shapes::ErrorAnswer),
        (status = 503, body = shapes::ErrorAnswer, description = "overloaded or storage_full: send it again after Retry-After"),
    ))]
#[post("/hooks/sms/{channel_id}")]
pub(crate) async fn receive_sms_hook(
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, ApiError> {
    let (site, line) = line(&request, ChannelKind::Sms)?;
    let raw = limits::whole(&request, &mut payload.into_inner(), limits::HOOK).await?;
    let header = single(request.headers(), "x-twilio-signature");
    // From configuration, not from `Host`: whoever calls chooses that one.
    let target = request.uri().path_and_query().map_or("", |target| target.as_str());
    let url = format!("{}{target}", site.actors.public_url);
    let content_type = single(request.headers(), CONTENT_TYPE.as_str()).unwrap_or_default();
    let token = line.credential("auth_token").unwrap_or_default();
    if !signature::verify(token, header, &url, &raw, content_type) {
        return Err(not_genuine(ChannelKind::Sms));
    }
    let thanks = HttpResponse::Ok().content_type("text/xml; charset=utf-8").body(NOTHING_TO_DO);
    store(&site, &line, parse::webhook(&raw, request.query_string()), thanks).await
}
