//! Providers' callbacks. 200 is said after everything in a callback is durable, never before; repeats are harmless.
//!
//! The hottest path of the program: no session, no JSON extractor, no log line, no lock but the roster's snapshot.

pub mod probe;
pub mod sms;
pub mod whatsapp;

use crate::error::ApiError;
use crate::proxies::household;
use crate::session::site;
use crate::site::Site;
use actix_web::http::header::HeaderMap;
use actix_web::{HttpRequest, HttpResponse, web};
use std::sync::Arc;
use std::time::Instant;
use switchboard_actors::roster::Line;
use switchboard_actors::telemetry;
use switchboard_actors::trouble::Trouble;
use switchboard_engine::channel::ChannelKind;
use switchboard_engine::channels::{Delivery, ParseError};
use switchboard_engine::ids::ChannelId;

/// How a callback ended, for the counter.
#[derive(Clone, Copy)]
enum Ended {
    Accepted,
    NotGenuine,
    Unknown,
    Malformed,
    Refused,
}

impl Ended {
    fn name(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::NotGenuine => "bad_signature",
            Self::Unknown => "unknown_channel",
            Self::Malformed => "malformed",
            Self::Refused => "busy",
        }
    }

    fn count(self, kind: ChannelKind) {
        metrics::counter!(telemetry::HOOKS, "provider" => kind.as_str(), "answer" => self.name())
            .increment(1);
    }
}

/// The site and the channel a callback is for.
fn line(request: &HttpRequest, kind: ChannelKind) -> Result<(web::Data<Site>, Arc<Line>), ApiError> {
    let site = site(request)?;
    let id = request.match_info().get("channel_id").and_then(|id| id.parse::<ChannelId>().ok());
    let roster = site.roster();
    let line = id.and_then(|id| roster.channels.get(&id)).filter(|line| line.channel.kind == kind).cloned();
    match line {
        Some(line) => {
            fair(&site, request, Some(line.channel.id))?;
            Ok((site, line))
        }
        None => {
            fair(&site, request, None)?;
            Ended::Unknown.count(kind);
            spend(&site, request, None);
            Err(ApiError::not_found())
        }
    }
}

/// Whoever keeps knocking with a wrong signature, or at a channel that is not there, is not even listened to for the rest of the minute.
fn fair(site: &Site, request: &HttpRequest, channel: Option<ChannelId>) -> Result<(), ApiError> {
    let Some(from) = site.source(request) else { return Ok(()) };
    let key = (channel, household(from));
    site.quotas.bad_callbacks.check(&key, Instant::now()).map_err(ApiError::rate_limited)
}

fn spend(site: &Site, request: &HttpRequest, channel: Option<ChannelId>) {
    if let Some(from) = site.source(request) {
        // Whether it was the last one, the next call finds out.
        let _ = site.quotas.bad_callbacks.take((channel, household(from)), Instant::now());
    }
}

/// The header, if there is exactly one and it is text.
fn single<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut all = headers.get_all(name);
    let first = all.next()?;
    if all.next().is_some() { None } else { first.to_str().ok() }
}

fn not_genuine(site: &Site, request: &HttpRequest, line: &Line) -> ApiError {
    Ended::NotGenuine.count(line.channel.kind);
    spend(site, request, Some(line.channel.id));
    let detail = "The signature is missing or wrong, or this channel has no secret to check it with. Nothing was stored.";
    ApiError::new(actix_web::http::StatusCode::UNAUTHORIZED, "bad_signature", detail)
}

/// Stores what a genuine callback said. A provider repeats what is not answered with 200.
async fn store(
    site: &Site,
    line: &Arc<Line>,
    parsed: Result<Delivery, ParseError>,
    thanks: HttpResponse,
) -> Result<HttpResponse, ApiError> {
    let kind = line.channel.kind;
    let delivery = match parsed {
        Ok(delivery) => delivery,
        Err(problem) => {
            Ended::Malformed.count(kind);
            let status = actix_web::http::StatusCode::BAD_REQUEST;
            return Err(ApiError::new(status, "malformed_body", problem.to_string()));
        }
    };
    match site.actors.accept(line, delivery).await {
        Ok(()) => {
            Ended::Accepted.count(kind);
            Ok(thanks)
        }
        // Whatever the reason, it was not stored: the provider must bring it again.
        Err(trouble) => {
            Ended::Refused.count(kind);
            Err(refused(trouble))
        }
    }
}

fn refused(trouble: Trouble) -> ApiError {
    match trouble {
        Trouble::StorageFull => ApiError { retry_after: Some(30), ..trouble.into() },
        Trouble::Busy | Trouble::Again => trouble.into(),
        other => {
            tracing::warn!(trouble = %other, "a callback could not be stored; its provider will repeat it");
            ApiError::busy()
        }
    }
}
