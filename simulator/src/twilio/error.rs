//! Twilio's error envelope and the codes a sender meets.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use serde_json::json;

#[derive(Clone, Debug)]
pub(super) struct TwilioError {
    status: u16,
    code: u32,
    message: String,
}

/// A constant error: the message needs no details.
pub(super) struct Fixed {
    status: u16,
    code: u32,
    message: &'static str,
}

impl Fixed {
    pub(super) fn answer(&self) -> HttpResponse {
        TwilioError::new(self.status, self.code, self.message).answer()
    }
}

impl TwilioError {
    pub(super) const AUTHENTICATE: Fixed = Fixed { status: 401, code: 20_003, message: "Authenticate" };
    pub(super) const TOO_MANY: Fixed = Fixed { status: 429, code: 20_429, message: "Too Many Requests" };
    pub(super) const INTERNAL: Fixed = Fixed { status: 500, code: 20_500, message: "Internal Server Error" };
    pub(super) const UNAVAILABLE: Fixed = Fixed { status: 503, code: 20_503, message: "Service Unavailable" };

    pub(super) fn new(status: u16, code: u32, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into() }
    }

    pub(super) fn bad_request(code: u32, message: impl Into<String>) -> Self {
        Self::new(400, code, message)
    }

    pub(super) fn not_found(path: &str) -> Self {
        Self::new(404, 20_404, format!("The requested resource {path} was not found"))
    }

    pub(super) fn answer(&self) -> HttpResponse {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        HttpResponse::build(status).json(json!({
            "code": self.code,
            "message": self.message,
            "more_info": format!("https://www.twilio.com/docs/errors/{}", self.code),
            "status": self.status,
        }))
    }
}
