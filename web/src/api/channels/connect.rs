//! Connecting a line: everything is checked live before anything is stored.

use super::wanted::checked;
use super::{ChannelAnswer, ChannelShape, fault, in_use, open_group, present};
use crate::api::shapes::{Refusals, WriteRefusals};
use crate::error::ApiError;
use crate::json::Json;
use crate::session::SignedIn;
use crate::site::Site;
use actix_web::{HttpResponse, post};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::sync::Arc;
use switchboard_actors::probe::{Check, Checked};
use switchboard_actors::pulse::Pulse;
use switchboard_actors::roster::Line;
use switchboard_engine::channel::health::Condition;
use switchboard_engine::channel::{Channel, ChannelKind, Provider, Registration};
use switchboard_engine::ids::{ChannelId, GroupId};
use switchboard_schema::{ChannelRecord, ChannelState, ChannelTimes, Constraint, StoreError};
use utoipa::ToSchema;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateChannelRequest {
    #[schema(value_type = String, example = "whatsapp")]
    pub(super) kind: ChannelKind,
    /// `widget`, `cloud_api`, `dialog360`, `twilio`, `vonage` or `http_sms`
    #[schema(value_type = String, example = "cloud_api")]
    pub(super) provider: Provider,
    pub(super) name: String,
    #[schema(value_type = String)]
    pub(super) group_id: GroupId,
    /// WhatsApp phone number id, our number (E.164); empty for webchat, whose key is made here.
    #[serde(default)]
    pub(super) address: String,
    #[serde(default)]
    #[schema(value_type = Object)]
    pub(super) settings: Map<String, Value>,
    /// `access_token`, `app_secret`, `verify_token` (Cloud API); `api_key`, `webhook_secret` (360dialog); `account_sid`, `auth_token` (Twilio);
    /// `api_key`, `api_secret`, `signature_secret` (Vonage); `token`, `webhook_secret` (HTTP gateway)
    #[serde(default)]
    #[schema(value_type = Object)]
    pub(super) credentials: Map<String, Value>,
    /// US 10-digit numbers: `unknown`, `pending` or `registered`
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub(super) registration: Registration,
}

#[derive(Serialize, ToSchema)]
pub struct CheckAnswer {
    ok: bool,
    #[schema(value_type = Vec<Object>)]
    checks: Vec<Check>,
    /// The number customers see, if the provider told it.
    phone: Option<String>,
    /// What the provider calls the number or account.
    name: Option<String>,
}

impl CheckAnswer {
    pub(super) fn of(found: Checked) -> Self {
        Self { ok: found.fault.is_none(), checks: found.checks, phone: found.phone, name: found.name }
    }
}

/// Looks at everything a channel would need, live at its provider, and stores nothing.
#[utoipa::path(tag = "channels", request_body = CreateChannelRequest, responses(
    (status = 200, body = CheckAnswer, description = "`ok` is false when the provider refuses a credential or cannot be reached"),
    Refusals, WriteRefusals))]
#[post("/channels/check")]
pub(crate) async fn check_new_channel(
    signed_in: SignedIn,
    body: Json<CreateChannelRequest>,
) -> Result<HttpResponse, ApiError> {
    let line = candidate(&signed_in, body.into_inner())?;
    let found = signed_in.site.actors.check_line(&line).await;
    Ok(HttpResponse::Ok().json(CheckAnswer::of(found)))
}

/// Connects a line: admins, and admins of its group. 409 `channel_in_use`, 422 `channel_auth_failed`, 502 `provider_unreachable`.
#[utoipa::path(tag = "channels", request_body = CreateChannelRequest, responses((status = 201, body = ChannelAnswer), Refusals, WriteRefusals))]
#[post("/channels")]
pub(crate) async fn create_channel(
    signed_in: SignedIn,
    body: Json<CreateChannelRequest>,
) -> Result<HttpResponse, ApiError> {
    let line = candidate(&signed_in, body.into_inner())?;
    let SignedIn { site, user, .. } = signed_in;
    let found = site.actors.check_line(&line).await;
    if let Some(problem) = found.fault {
        return Err(fault(problem));
    }
    if let Some(told) = site.actors.register_webhook(&line).await {
        told.map_err(fault)?;
    }
    let id = line.channel.id;
    let kind = line.channel.kind;
    match site.actors.core.store.create_channel(record(&site, line, found.phone)).await {
        Err(StoreError::Conflict { constraint: Constraint::ChannelAddress }) => return Err(in_use()),
        stored => stored?,
    }
    site.actors.reload().await?;
    tracing::info!(channel.id = %id, channel.kind = kind.as_str(), user.id = %user.id, "a channel was connected");
    Ok(HttpResponse::Created().json(ChannelShape::answer(&*present(&site, id)?, &site)))
}

/// The line as it would be, after everything that can be judged without asking anybody outside.
fn candidate(signed_in: &SignedIn, body: CreateChannelRequest) -> Result<Line, ApiError> {
    let group_id = body.group_id;
    open_group(signed_in, group_id)?;
    let SignedIn { site, user, .. } = signed_in;
    let roster = site.roster();
    let CreateChannelRequest { kind, provider, name, address, settings, credentials, registration, .. } =
        checked(body)?;
    if roster.channels.values().any(|line| line.channel.kind == kind && line.channel.address == address) {
        return Err(in_use());
    }
    let id = ChannelId(site.actors.core.ids.next());
    let channel = Channel { id, business_id: user.business_id, group_id, kind, provider, name, address };
    Ok(Line {
        channel,
        settings: Value::Object(settings),
        credentials: Value::Object(credentials),
        phone: None,
        registration,
        pulse: Arc::new(Pulse::new(kind, Condition::new(kind), ChannelTimes::default())),
    })
}

fn record(site: &Site, line: Line, phone: Option<String>) -> ChannelRecord {
    let condition = line.pulse.condition();
    let sealed = site.actors.vault.seal_json("channel", line.channel.id.0, &line.credentials);
    ChannelRecord {
        channel: line.channel,
        status: condition.status,
        credentials: Some(sealed),
        settings: line.settings,
        created_at: site.now(),
        state: ChannelState {
            phone,
            registration: line.registration,
            reason: condition.reason,
            times: ChannelTimes::default(),
        },
    }
}
