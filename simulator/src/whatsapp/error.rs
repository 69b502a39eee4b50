//! Graph API errors: one envelope in answers, another in `failed` statuses, the same codes in both.

#![expect(
    clippy::indexing_slicing,
    reason = "indexing JSON gives null, or adds to an object; it cannot panic here"
)]

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use serde_json::{Value, json};

use crate::ids::fbtrace_id;

#[derive(Clone, Debug)]
pub(crate) struct GraphError {
    pub(crate) code: u32,
    details: String,
}

impl GraphError {
    pub(crate) fn new(code: u32, details: impl Into<String>) -> Self {
        Self { code, details: details.into() }
    }

    /// The object does not exist, or this token may not see it: Meta does not say which.
    pub(crate) fn no_such_object(id: &str) -> HttpResponse {
        let message = format!(
            "Unsupported request. Object with ID '{id}' does not exist, cannot be loaded due to missing permissions, \
             or does not support this operation"
        );
        HttpResponse::BadRequest().json(json!({ "error": {
            "message": message, "type": "GraphMethodException", "code": 100, "error_subcode": 33,
            "fbtrace_id": fbtrace_id(),
        } }))
    }

    /// The token is wrong, expired or missing.
    pub(crate) fn bad_token() -> HttpResponse {
        HttpResponse::Unauthorized().json(json!({ "error": {
            "message": "Invalid OAuth access token - Cannot parse access token", "type": "OAuthException",
            "code": 190, "fbtrace_id": fbtrace_id(),
        } }))
    }

    pub(crate) fn answer(&self) -> HttpResponse {
        let (status, title) = self.meaning();
        let mut error = json!({
            "message": format!("(#{}) {title}", self.code),
            "type": "OAuthException",
            "code": self.code,
            "error_data": { "messaging_product": "whatsapp", "details": self.details },
            "fbtrace_id": fbtrace_id(),
        });
        if matches!(self.code, 130_429 | 131_000 | 131_016) {
            error["is_transient"] = true.into();
        }
        HttpResponse::build(status).json(json!({ "error": error }))
    }

    /// The element of `statuses[].errors[]`.
    pub(crate) fn in_status(&self) -> Value {
        let (_, title) = self.meaning();
        json!({
            "code": self.code,
            "title": title,
            "message": title,
            "error_data": { "details": self.details },
            "href": "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/",
        })
    }

    fn meaning(&self) -> (StatusCode, &'static str) {
        match self.code {
            130_429 => (StatusCode::TOO_MANY_REQUESTS, "Rate limit hit"),
            131_000 => (StatusCode::INTERNAL_SERVER_ERROR, "Something went wrong"),
            131_008 => (StatusCode::BAD_REQUEST, "Required parameter is missing"),
            131_009 => (StatusCode::BAD_REQUEST, "Parameter value is not valid"),
            131_016 => (StatusCode::SERVICE_UNAVAILABLE, "Service unavailable"),
            131_021 => (StatusCode::BAD_REQUEST, "Recipient cannot be sender"),
            131_026 => (StatusCode::BAD_REQUEST, "Message undeliverable"),
            131_047 => (StatusCode::BAD_REQUEST, "Re-engagement message"),
            131_051 => (StatusCode::BAD_REQUEST, "Unsupported message type"),
            131_053 => (StatusCode::BAD_REQUEST, "Media upload error"),
            131_056 => (StatusCode::BAD_REQUEST, "(Business Account, Consumer Account) pair rate limit hit"),
            132_000 => {
                (StatusCode::BAD_REQUEST, "Number of parameters does not match the expected number of params")
            }
            132_001 => (StatusCode::NOT_FOUND, "Template name does not exist in the translation"),
            132_005 => (StatusCode::BAD_REQUEST, "Translated text too long"),
            132_012 => {
                (StatusCode::BAD_REQUEST, "Parameter format does not match format in the created template")
            }
            132_018 => (StatusCode::BAD_REQUEST, "There was an issue with the parameters in your template"),
            132_015 => (StatusCode::BAD_REQUEST, "Template is Paused"),
            132_016 => (StatusCode::BAD_REQUEST, "Template is Disabled"),
            _ => (StatusCode::BAD_REQUEST, "Invalid parameter"),
        }
    }
}
