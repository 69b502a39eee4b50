//! [`ApiError`]: the one shape of every refusal over HTTP, `{"error":{"code","detail","fields"?}}`. Logged once, here, when it is our fault.

use actix_web::error::{PathError, PayloadError, QueryPayloadError};
use actix_web::http::header::RETRY_AFTER;
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse, ResponseError};
use serde::Serialize;
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use switchboard_actors::trouble::Trouble;
use switchboard_engine::conversation::Refusal;
use switchboard_engine::permission::Denied;
use switchboard_schema::{Constraint, StoreError, Taken};

/// What is wrong, by field.
pub type Fields = BTreeMap<Cow<'static, str>, String>;

#[derive(Debug)]
pub struct ApiError {
    pub status: StatusCode,
    pub code: &'static str,
    pub detail: Cow<'static, str>,
    /// Input fields that are wrong, and how.
    pub fields: Fields,
    /// Seconds after which another try makes sense.
    pub retry_after: Option<u64>,
    /// What a client can act on, beside the code.
    pub facts: Map<String, Value>,
}

#[derive(Serialize)]
struct Envelope<'a> {
    error: Body<'a>,
}

#[derive(Serialize)]
struct Body<'a> {
    code: &'a str,
    detail: &'a str,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    fields: &'a Fields,
    #[serde(flatten)]
    facts: &'a Map<String, Value>,
}

impl ApiError {
    pub fn new(status: StatusCode, code: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self {
            status,
            code,
            detail: detail.into(),
            fields: BTreeMap::new(),
            retry_after: None,
            facts: Map::new(),
        }
    }

    pub fn not_found() -> Self {
        Trouble::NotFound.into()
    }

    pub fn not_signed_in() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "not_signed_in", "Sign in first.")
    }

    pub fn forbidden() -> Self {
        Trouble::Refused(Refusal::Forbidden).into()
    }

    /// 409 of something that needs a second, knowing click; `facts` say what it would do.
    pub fn confirm_required(detail: impl Into<Cow<'static, str>>, facts: Value) -> Self {
        let facts = facts.as_object().cloned().unwrap_or_default();
        Self { facts, ..Self::new(StatusCode::CONFLICT, "confirm_required", detail) }
    }

    /// A mark belongs to somebody else.
    pub fn identifier_in_use(taken: &Taken) -> Self {
        let what = if taken.kind == "email" { "e-mail address" } else { "number" };
        let whose = match (taken.owner_kind.as_str(), taken.archived) {
            ("user", false) => "a user",
            ("user", true) => "a deactivated user",
            (_, false) => "a contact",
            (_, true) => "an archived contact",
        };
        let facts = [
            ("kind", Value::from(taken.kind.clone())),
            ("owner_kind", Value::from(taken.owner_kind.clone())),
            ("archived", Value::from(taken.archived)),
        ];
        let facts = facts.into_iter().map(|(name, fact)| (name.to_owned(), fact)).collect();
        let detail = format!("This {what} belongs to {whose} already.");
        Self { facts, ..Self::new(StatusCode::CONFLICT, "identifier_in_use", detail) }
    }

    pub fn password_change_required() -> Self {
        let detail = "Choose a password of your own first.";
        Self::new(StatusCode::FORBIDDEN, "password_change_required", detail)
    }

    /// Input a person can mend; `field` names what is wrong.
    pub fn invalid(field: impl Into<Cow<'static, str>>, detail: impl Into<String>) -> Self {
        let (field, detail) = (field.into(), detail.into());
        let mut error =
            Self::new(StatusCode::UNPROCESSABLE_ENTITY, "validation", format!("{field}: {detail}"));
        error.fields.insert(field, detail);
        error
    }

    /// A body that is no JSON.
    pub fn malformed(problem: &str) -> Self {
        let detail = format!("The body is not JSON: {problem}");
        Self::new(StatusCode::BAD_REQUEST, "malformed_json", detail)
    }

    /// The state of things does not allow it.
    pub fn conflict(code: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::CONFLICT, code, detail)
    }

    /// Several such fields at once.
    pub fn invalid_fields(fields: impl IntoIterator<Item = (impl Into<Cow<'static, str>>, String)>) -> Self {
        let fields: Fields = fields.into_iter().map(|(field, detail)| (field.into(), detail)).collect();
        let list: Vec<String> = fields.iter().map(|(field, detail)| format!("{field}: {detail}")).collect();
        Self { fields, ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, "validation", list.join("; ")) }
    }

    pub fn rate_limited(seconds: u64) -> Self {
        let detail = format!("Too many attempts. Try again in {seconds} seconds.");
        Self {
            retry_after: Some(seconds),
            ..Self::new(StatusCode::TOO_MANY_REQUESTS, "rate_limited", detail)
        }
    }

    pub fn busy() -> Self {
        Trouble::Busy.into()
    }

    /// Something only a defect or a broken machine explains.
    pub fn internal(problem: impl fmt::Display) -> Self {
        tracing::error!(%problem, "a request failed through no fault of its own");
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "Something went wrong here. Nothing was lost.",
        )
    }

    /// The body did not arrive in time.
    pub fn too_slow() -> Self {
        Self::new(
            StatusCode::REQUEST_TIMEOUT,
            "request_timeout",
            "The request's body did not arrive in time.",
        )
    }

    pub fn too_large(limit: usize) -> Self {
        let detail = format!("The body may have at most {limit} bytes.");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", detail)
    }

    pub fn response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status);
        if let Some(seconds) = self.retry_after {
            response.insert_header((RETRY_AFTER, seconds));
        }
        response.json(Envelope {
            error: Body { code: self.code, detail: &self.detail, fields: &self.fields, facts: &self.facts },
        })
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.detail)
    }
}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse {
        self.response()
    }
}

impl From<Trouble> for ApiError {
    fn from(trouble: Trouble) -> Self {
        let (code, detail, facts) = (trouble.code(), trouble.to_string(), trouble.facts());
        let status = match &trouble {
            Trouble::Refused(Refusal::Invalid { field, detail }) => {
                return Self::invalid(*field, detail.clone());
            }
            Trouble::Refused(refusal) => status_of(refusal),
            Trouble::NotFound => StatusCode::NOT_FOUND,
            Trouble::Quarantined => StatusCode::INTERNAL_SERVER_ERROR,
            Trouble::Busy | Trouble::Again | Trouble::StorageFull => {
                let error = Self::new(StatusCode::SERVICE_UNAVAILABLE, code, detail);
                return Self { retry_after: Some(1), ..error };
            }
        };
        Self { facts, ..Self::new(status, code, detail) }
    }
}

impl From<Denied> for ApiError {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::Forbidden => Self::forbidden(),
            Denied::NotAssignee => Trouble::Refused(Refusal::NotAssignee).into(),
            Denied::Hidden => Self::not_found(),
        }
    }
}

fn status_of(refusal: &Refusal) -> StatusCode {
    match refusal {
        Refusal::NotAssignee | Refusal::Forbidden => StatusCode::FORBIDDEN,
        Refusal::NotMember { .. }
        | Refusal::Invalid { .. }
        | Refusal::TemplateNotApproved { .. }
        | Refusal::TemplateVarsMissing { .. }
        | Refusal::TemplateVarInvalid { .. }
        | Refusal::WindowClosed { .. }
        | Refusal::OptedOut { .. }
        | Refusal::ConsentRequired => StatusCode::UNPROCESSABLE_ENTITY,
        Refusal::MediaTooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
        Refusal::MediaTypeUnsupported { .. } => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        Refusal::AlreadyAssigned { .. }
        | Refusal::ConversationClosed
        | Refusal::OpenConversationExists { .. }
        | Refusal::ClientIdReused
        | Refusal::ChannelNotConnected
        | Refusal::StaleVersion
        | Refusal::ContactArchived
        | Refusal::GroupArchived
        | Refusal::AlreadySent { .. }
        | Refusal::NotFailed { .. }
        | Refusal::OutcomeUnknown
        | Refusal::ConfirmRequired(_)
        | Refusal::NewerMessages { .. }
        | Refusal::RestoreExpired
        | Refusal::IdentifierInUse { .. } => StatusCode::CONFLICT,
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Conflict { constraint: Constraint::Identity } => {
                Self::invalid("email", "is already in use")
            }
            StoreError::Conflict { constraint: Constraint::ChannelAddress } => {
                Self::new(StatusCode::CONFLICT, "channel_in_use", "This number is connected already.")
            }
            StoreError::Conflict { constraint: Constraint::GroupName } => Self::new(
                StatusCode::CONFLICT,
                "group_exists",
                "A group of this name exists already. Choose another name.",
            ),
            StoreError::Conflict { constraint: Constraint::LastAdmin } => Self::new(
                StatusCode::CONFLICT,
                "last_admin",
                "This is the last active admin. Make somebody else an admin first.",
            ),
            StoreError::Conflict { constraint: Constraint::ReplyName } => {
                Self::invalid("name", "is the name of another saved reply of this group")
            }
            other => Trouble::from(other).into(),
        }
    }
}

/// The content type we want instead.
pub fn unsupported(wanted: &'static str) -> ApiError {
    let detail = format!("This needs Content-Type: {wanted}.");
    ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", detail)
}

/// A body that broke off or took too long.
pub fn bad_body(problem: &PayloadError) -> ApiError {
    match problem {
        PayloadError::Io(error) | PayloadError::Incomplete(Some(error))
            if error.kind() == std::io::ErrorKind::TimedOut =>
        {
            ApiError::too_slow()
        }
        PayloadError::Overflow => {
            ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", "The body is too large.")
        }
        other => ApiError::new(
            StatusCode::BAD_REQUEST,
            "malformed_body",
            format!("The body could not be read: {other}"),
        ),
    }
}

/// An id in a path that cannot be one is the same as one that does not exist.
pub fn bad_path(_: PathError, _: &HttpRequest) -> actix_web::Error {
    ApiError::not_found().into()
}

pub fn bad_query(error: QueryPayloadError, _: &HttpRequest) -> actix_web::Error {
    let QueryPayloadError::Deserialize(problem) = &error else {
        return ApiError::new(StatusCode::BAD_REQUEST, "validation", "The query could not be read.").into();
    };
    ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "validation", format!("query: {problem}")).into()
}

/// Answers what no route takes.
pub async fn no_route(request: HttpRequest) -> HttpResponse {
    no_such_route(&request).response()
}

/// 404, or 405 where another method would do.
pub fn no_such_route(request: &HttpRequest) -> ApiError {
    if request.resource_map().has_resource(request.path()) {
        return ApiError::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "method_not_allowed",
            "This address takes other methods.",
        );
    }
    let detail =
        if *request.method() == Method::GET { "There is no such page." } else { "There is no such address." };
    ApiError::new(StatusCode::NOT_FOUND, "not_found", detail)
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::body::to_bytes;

    #[actix_web::test]
    async fn every_error_has_the_documented_shape() {
        let response = ApiError::invalid("email", "is missing").response();
        assert_eq!(response.status(), 422);
        let body = to_bytes(response.into_body()).await.unwrap();
        let wanted =
            r#"{"error":{"code":"validation","detail":"email: is missing","fields":{"email":"is missing"}}}"#;
        assert_eq!(std::str::from_utf8(&body).unwrap(), wanted);
        let busy = ApiError::busy().response();
        assert_eq!(
            (busy.status().as_u16(), busy.headers().get(RETRY_AFTER).unwrap().to_str().unwrap()),
            (503, "1")
        );
    }

    #[test]
    fn refusals_have_fitting_statuses() {
        let cases = [
            (Refusal::NotAssignee, 403),
            (Refusal::ClientIdReused, 409),
            (Refusal::WindowClosed { closed_at: None }, 422),
            (Refusal::OptedOut { kind: switchboard_engine::channel::ChannelKind::Sms }, 422),
            (Refusal::ConsentRequired, 422),
            (Refusal::ContactArchived, 409),
            (Refusal::GroupArchived, 409),
            (Refusal::ChannelNotConnected, 409),
            (Refusal::MediaTooLarge { kind: switchboard_engine::message::MediaKind::Image, max: 1 }, 413),
            (Refusal::MediaTypeUnsupported { detail: "no".to_owned() }, 415),
            (Refusal::Invalid { field: "text", detail: "is empty".to_owned() }, 422),
        ];
        for (refusal, status) in cases {
            let code = refusal.code();
            let error = ApiError::from(Trouble::from(refusal));
            assert_eq!((error.status.as_u16(), error.code), (status, code));
        }
    }
}
