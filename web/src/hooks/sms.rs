//! `/hooks/sms/{channel_id}`: customers' messages and receipts of ours, from Twilio, Vonage or any HTTP gateway.

use super::{line, not_genuine, single, store};
use crate::api::shapes;
use crate::error::ApiError;
use crate::limits;
use crate::site::Site;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use std::sync::Arc;
use switchboard_actors::roster::Line;
use switchboard_engine::channel::{ChannelKind, Provider};
use switchboard_engine::channels::sms::vonage::params::Params;
use switchboard_engine::channels::sms::vonage::signature::Method;
use switchboard_engine::channels::sms::{gateway, parse, signature, vonage};
use switchboard_engine::channels::{Delivery, ParseError};

/// Twilio reads an answer as instructions; this one says: nothing to do.
const NOTHING_TO_DO: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response/>";
/// Header in which a gateway shows the secret we agreed on, unless the channel's setting `secret_header` names another.
const SECRET_HEADER: &str = "x-switchboard-secret";

/// A message or a receipt. Twilio: a form, signed with `X-Twilio-Signature` over our public URL. Vonage: a form or JSON with `sig`.
/// HTTP gateway: a form or JSON with the agreed secret in a header.
#[utoipa::path(tag = "callbacks", params(("channel_id" = String, Path)),
    request_body(content = String, content_type = "application/x-www-form-urlencoded", description = "as the provider sends it; Vonage and gateways may send JSON"),
    responses(
        (status = 200, description = "stored durably; for Twilio an empty TwiML response", content_type = "text/xml", body = String),
        (status = 400, body = shapes::ErrorAnswer, description = "malformed_body"),
        (status = 401, body = shapes::ErrorAnswer, description = "bad_signature: nothing was stored"),
        (status = 404, body = shapes::ErrorAnswer),
        (status = 413, body = shapes::ErrorAnswer),
        (status = 429, body = shapes::ErrorAnswer, description = "rate_limited: too many without a genuine signature"),
        (status = 503, body = shapes::ErrorAnswer, description = "overloaded or storage_full: send it again after Retry-After"),
    ))]
#[post("/hooks/sms/{channel_id}")]
pub(crate) async fn receive_sms_hook(
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, ApiError> {
    let (site, line) = line(&request, ChannelKind::Sms)?;
    let raw = limits::whole(&request, &mut payload.into_inner(), limits::HOOK).await?;
    receive(&request, &site, &line, &raw).await
}

/// The same as a query, for Vonage accounts that are set to call back with GET.
#[utoipa::path(tag = "callbacks", params(("channel_id" = String, Path)), responses(
    (status = 200, description = "stored durably"),
    (status = 400, body = shapes::ErrorAnswer, description = "malformed_body"),
    (status = 401, body = shapes::ErrorAnswer, description = "bad_signature: nothing was stored"),
    (status = 404, body = shapes::ErrorAnswer),
    (status = 503, body = shapes::ErrorAnswer, description = "overloaded or storage_full: send it again after Retry-After"),
))]
#[get("/hooks/sms/{channel_id}")]
pub(crate) async fn receive_sms_query(request: HttpRequest) -> Result<HttpResponse, ApiError> {
    let (site, line) = line(&request, ChannelKind::Sms)?;
    if line.channel.provider != Provider::Vonage {
        return Err(ApiError::not_found());
    }
    receive(&request, &site, &line, &[]).await
}

async fn receive(
    request: &HttpRequest,
    site: &Site,
    line: &Arc<Line>,
    raw: &[u8],
) -> Result<HttpResponse, ApiError> {
    let parsed = match line.channel.provider {
        Provider::Twilio => from_twilio(request, line, &site.actors.public_url, raw),
        Provider::Vonage => from_vonage(request, line, raw),
        Provider::HttpSms => from_gateway(request, line, raw),
        Provider::Widget | Provider::CloudApi | Provider::Dialog360 => None,
    };
    let parsed = parsed.ok_or_else(|| not_genuine(site, request, line))?;
    let thanks = match line.channel.provider {
        Provider::Twilio => HttpResponse::Ok().content_type("text/xml; charset=utf-8").body(NOTHING_TO_DO),
        _ => HttpResponse::Ok().finish(),
    };
    store(site, line, parsed, thanks).await
}

/// What a callback says; `None` when it is not genuine.
type Proved = Option<Result<Delivery, ParseError>>;

fn from_twilio(request: &HttpRequest, line: &Line, public_url: &str, raw: &[u8]) -> Proved {
    let header = single(request.headers(), "x-twilio-signature");
    // From configuration, not from `Host`: whoever calls chooses that one.
    let target = request.uri().path_and_query().map_or("", |target| target.as_str());
    let url = format!("{public_url}{target}");
    let token = line.credential("auth_token")?;
    let genuine = signature::verify(token, header, &url, raw, content_type(request));
    genuine.then(|| parse::webhook(raw, request.query_string()))
}

fn from_vonage(request: &HttpRequest, line: &Line, raw: &[u8]) -> Proved {
    let params = Params::read(request.query_string(), content_type(request), raw)?;
    let method = line.setting("signature_method").map_or(Some(Method::Md5Hash), Method::parse)?;
    let genuine = vonage::signature::verify(line.credential("signature_secret")?, method, &params);
    genuine.then(|| vonage::parse::webhook(&params))
}

fn from_gateway(request: &HttpRequest, line: &Line, raw: &[u8]) -> Proved {
    let header = line.setting("secret_header").unwrap_or(SECRET_HEADER);
    let genuine = gateway::verify(line.credential("webhook_secret")?, single(request.headers(), header));
    genuine.then(|| gateway::parse::webhook(content_type(request), raw))
}

fn content_type(request: &HttpRequest) -> &str {
    single(request.headers(), CONTENT_TYPE.as_str()).unwrap_or_default()
}
