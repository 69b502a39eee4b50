//! [`Json`]: a body of JSON. What does not fit is refused with its path in `fields` and what belongs there.

use crate::error::{ApiError, unsupported};
use crate::limits;
use actix_web::dev::{Decompress, Payload};
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use bytes::Bytes;
use futures_util::future::LocalBoxFuture;
use serde::de::DeserializeOwned;
use std::ops::Deref;
use switchboard_engine::json::{Misfit, Unread, read};

/// The body of a request.
#[derive(Debug)]
pub struct Json<T>(T);

/// A body that may be left out; `null` is the same as none.
#[derive(Debug)]
pub struct OptionalJson<T>(Option<T>);

impl<T> Json<T> {
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> Deref for Json<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: Default> OptionalJson<T> {
    pub fn into_inner(self) -> T {
        self.0.unwrap_or_default()
    }
}

impl<T: DeserializeOwned + 'static> FromRequest for Json<T> {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move { parsed(&body(&request, payload).await?).map(Self) })
    }
}

impl<T: DeserializeOwned + 'static> FromRequest for OptionalJson<T> {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let body = body(&request, payload).await?;
            if body.is_empty() { Ok(Self(None)) } else { parsed(&body).map(Self) }
        })
    }
}

async fn body(request: &HttpRequest, payload: Payload) -> Result<Bytes, ApiError> {
    if !is_json(request) {
        return Err(unsupported("application/json"));
    }
    let mut plain = Decompress::from_headers(payload, request.headers());
    limits::whole(request, &mut plain, limits::JSON).await
}

/// `application/json`, or a kind of it like `application/problem+json`.
fn is_json(request: &HttpRequest) -> bool {
    let Ok(Some(kind)) = request.mime_type() else { return false };
    kind.subtype() == "json" || kind.suffix().is_some_and(|suffix| suffix == "json")
}

fn parsed<T: DeserializeOwned>(body: &[u8]) -> Result<T, ApiError> {
    read(body).map_err(|unread| match unread {
        Unread::Malformed(problem) => ApiError::malformed(&problem),
        Unread::Misfit(Misfit { field, detail }) if field.is_empty() => ApiError::invalid("body", detail),
        Unread::Misfit(Misfit { field, detail }) => ApiError::invalid(field, detail),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;
    use serde_json::Value;

    async fn optional(body: &'static str) -> Result<Value, ApiError> {
        let request = TestRequest::default().insert_header(("content-type", "application/json"));
        let (request, mut payload) = request.set_payload(body).to_http_parts();
        OptionalJson::<bool>::from_request(&request, &mut payload).await.map(|body| body.into_inner().into())
    }

    #[actix_web::test]
    async fn what_is_there_is_read_even_where_nothing_would_do() {
        for (body, read) in [("", false), ("null", false), ("true", true)] {
            assert_eq!(optional(body).await.unwrap(), read, "{body}");
        }
        for (body, code) in [("{}", "validation"), ("tru", "malformed_json"), (" ", "malformed_json")] {
            assert_eq!(optional(body).await.unwrap_err().code, code, "{body}");
        }
    }

    #[actix_web::test]
    async fn only_json_is_read() {
        for (kind, status) in [
            ("application/json; charset=utf-8", 200),
            ("application/merge-patch+json", 200),
            ("text/json", 200),
            ("text/plain", 415),
            ("application/jsonl", 415),
        ] {
            let request = TestRequest::default().insert_header(("content-type", kind)).set_payload("1");
            let (request, mut payload) = request.to_http_parts();
            let read = Json::<u8>::from_request(&request, &mut payload).await;
            assert_eq!(read.err().map_or(200, |error| error.status.as_u16()), status, "{kind}");
        }
    }
}
