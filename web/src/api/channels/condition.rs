//! Looking after a line: a live check, taking it off and putting it back.

use super::connect::CheckAnswer;
use super::{ChannelAnswer, ChannelShape, fault, managed, present};
use crate::api::shapes::{Refusals, WriteRefusals};
use crate::error::ApiError;
use crate::session::SignedIn;
use actix_web::{HttpResponse, post, web};
use switchboard_actors::probe::Fault;
use switchboard_engine::channel::health::Sign;
use switchboard_engine::receipt::Failure;

/// Asks the provider now. What it says shows in the channel's health.
#[utoipa::path(tag = "channels", params(("id" = String, Path)), responses((status = 200, body = CheckAnswer), Refusals, WriteRefusals))]
#[post("/channels/{id}/check")]
pub(crate) async fn check_channel(
    signed_in: SignedIn,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let line = managed(&signed_in, &id)?;
    let actors = &signed_in.site.actors;
    let found = actors.check_line(&line).await;
    match &found.fault {
        None => actors.turn_line(&line, Sign::Checked).await?,
        Some(Fault::Refused { field, cure }) => {
            let reason =
                Failure { code: "channel_auth_failed".to_owned(), detail: format!("{field}: {cure}") };
            actors.turn_line(&line, Sign::CredentialsRefused(reason)).await?;
        }
        // Whatever ails the provider says nothing of the line.
        Some(Fault::Unreachable { .. }) => {}
    }
    Ok(HttpResponse::Ok().json(CheckAnswer::of(found)))
}

/// Takes a channel off: nothing is sent on it, what waits goes on waiting, what its provider still delivers is kept.
#[utoipa::path(tag = "channels", params(("id" = String, Path)), responses((status = 200, body = ChannelAnswer), Refusals, WriteRefusals))]
#[post("/channels/{id}/disconnect")]
pub(crate) async fn disconnect_channel(
    signed_in: SignedIn,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let line = managed(&signed_in, &id)?;
    signed_in.site.actors.turn_line(&line, Sign::Disconnect).await?;
    tracing::info!(channel.id = %line.channel.id, user.id = %signed_in.user.id, "a channel was disconnected");
    Ok(HttpResponse::Ok().json(ChannelShape::answer(&line, &signed_in.site)))
}

/// Puts a channel back, after a live check. Messages that waited leave.
#[utoipa::path(tag = "channels", params(("id" = String, Path)), responses((status = 200, body = ChannelAnswer), Refusals, WriteRefusals))]
#[post("/channels/{id}/reconnect")]
pub(crate) async fn reconnect_channel(
    signed_in: SignedIn,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let line = managed(&signed_in, &id)?;
    let actors = &signed_in.site.actors;
    let found = actors.check_line(&line).await;
    if let Some(problem) = found.fault {
        return Err(fault(problem));
    }
    if let Some(told) = actors.register_webhook(&line).await {
        told.map_err(fault)?;
    }
    actors.turn_line(&line, Sign::Reconnect).await?;
    actors.turn_line(&line, Sign::Checked).await?;
    actors.wake_line(&line);
    tracing::info!(channel.id = %line.channel.id, user.id = %signed_in.user.id, "a channel was connected again");
    Ok(HttpResponse::Ok()
        .json(ChannelShape::answer(&*present(&signed_in.site, line.channel.id)?, &signed_in.site)))
}
