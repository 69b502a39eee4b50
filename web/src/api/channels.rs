//! Channels: the connected lines. Their secrets go in and never come out.

pub mod change;
pub mod condition;
pub mod connect;
mod wanted;
pub mod widget;

use super::shapes::Refusals;
use crate::error::ApiError;
use crate::session::SignedIn;
use crate::site::Site;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, get, web};
use serde::Serialize;
use serde_json::{Value, json};
use std::sync::Arc;
use switchboard_actors::probe::Fault;
use switchboard_actors::pulse::Health;
use switchboard_actors::roster::Line;
use switchboard_engine::channel::{ChannelKind, Provider, Registration};
use switchboard_engine::ids::{ChannelId, GroupId};
use switchboard_engine::permission::Operation;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
#[schema(as = Channel)]
pub struct ChannelShape {
    #[schema(value_type = String)]
    id: ChannelId,
    #[schema(value_type = String)]
    kind: ChannelKind,
    #[schema(value_type = String)]
    provider: Provider,
    name: String,
    #[schema(value_type = String)]
    group_id: GroupId,
    /// For webchat its widget key.
    address: String,
    /// The number customers see, where there is one.
    phone: Option<String>,
    #[schema(example = "connected")]
    status: &'static str,
    /// US 10-digit numbers: `unknown`, `pending` or `registered`
    #[schema(value_type = String)]
    registration: Registration,
    /// Whether it takes files (SMS lines).
    mms: bool,
    /// What the provider must call; `null` for webchat, and for those who may not change it.
    webhook_url: Option<String>,
    /// Empty for those who may not change it.
    #[schema(value_type = Object)]
    settings: Value,
    /// How it is doing; `null` for those who may not change it.
    #[schema(value_type = Option<Object>)]
    health: Option<Health>,
    /// What an admin still has to do.
    checklist: Vec<Item>,
    /// The tag a web page needs; webchat only.
    snippet: Option<String>,
}

/// One thing to be done outside, and whether it is done.
#[derive(Serialize, ToSchema)]
#[schema(as = ChecklistItem)]
pub struct Item {
    /// `first_callback`, `profile_logo`
    code: &'static str,
    done: bool,
}

#[derive(Serialize, ToSchema)]
pub struct ChannelsAnswer {
    channels: Vec<ChannelShape>,
}

#[derive(Serialize, ToSchema)]
pub struct ChannelAnswer {
    channel: ChannelShape,
}

impl ChannelShape {
    /// As somebody sees it who may configure it, or only answer on it.
    fn of(line: &Line, public_url: &str, manages: bool) -> Self {
        let channel = &line.channel;
        let (kind, provider) = (channel.kind, channel.provider);
        let health = Health::of(line);
        let snippet = (manages && kind == ChannelKind::Webchat)
            .then(|| format!("<script async src=\"{public_url}/w/{}.js\"></script>", channel.address));
        Self {
            id: channel.id,
            kind,
            provider,
            name: channel.name.clone(),
            group_id: channel.group_id,
            address: channel.address.clone(),
            phone: number(line),
            status: health.state.as_str(),
            registration: line.registration,
            mms: matches!(provider, Provider::Twilio | Provider::HttpSms) && line.flag("mms"),
            webhook_url: webhook_url(public_url, kind, channel.id).filter(|_| manages),
            settings: if manages { line.settings.clone() } else { json!({}) },
            checklist: if manages { checklist(line, &health) } else { Vec::new() },
            health: manages.then_some(health),
            snippet,
        }
    }

    fn answer(line: &Line, site: &Site) -> ChannelAnswer {
        ChannelAnswer { channel: Self::of(line, &site.actors.public_url, true) }
    }
}

fn number(line: &Line) -> Option<String> {
    line.phone
        .clone()
        .or_else(|| Some(line.channel.address.clone()).filter(|address| address.starts_with('+')))
}

fn checklist(line: &Line, health: &Health) -> Vec<Item> {
    match line.channel.kind {
        ChannelKind::Webchat => Vec::new(),
        ChannelKind::Sms => vec![called(health)],
        // The provider's API does not show every account its picture: a person ticks it off.
        ChannelKind::Whatsapp => {
            vec![called(health), Item { code: "profile_logo", done: line.flag("profile_logo_done") }]
        }
    }
}

fn called(health: &Health) -> Item {
    Item { code: "first_callback", done: health.last_callback_at.is_some() }
}

/// Where the provider of a channel must send its callbacks.
pub fn webhook_url(public_url: &str, kind: ChannelKind, id: ChannelId) -> Option<String> {
    match kind {
        ChannelKind::Webchat => None,
        ChannelKind::Whatsapp => Some(format!("{public_url}/hooks/whatsapp/{id}")),
        ChannelKind::Sms => Some(format!("{public_url}/hooks/sms/{id}")),
    }
}

/// The line of a path, for somebody who may change it. Who may not know of it gets 404, who may not change it 403.
fn managed(signed_in: &SignedIn, id: &str) -> Result<Arc<Line>, ApiError> {
    let roster = signed_in.site.roster();
    let id: ChannelId = id.parse().map_err(|_| ApiError::not_found())?;
    let line = roster.channels.get(&id).ok_or_else(ApiError::not_found)?;
    let (user, channel) = (&signed_in.user, &line.channel);
    if channel.business_id != user.business_id || !user.sees(channel.group_id) {
        return Err(ApiError::not_found());
    }
    user.may(Operation::ManageChannels, channel.group_id)?;
    Ok(line.clone())
}

/// A group of this business that may get a line, if this user may give it one.
fn open_group(signed_in: &SignedIn, group: GroupId) -> Result<(), ApiError> {
    signed_in.user.may(Operation::ManageChannels, group)?;
    let known = signed_in.site.roster();
    match known.group(signed_in.user.business_id, group) {
        Some(known) if !known.archived => Ok(()),
        _ => Err(ApiError::invalid("group_id", "is not an open group of this business")),
    }
}

/// The line as it is after a change.
fn present(site: &Site, id: ChannelId) -> Result<Arc<Line>, ApiError> {
    site.roster().channels.get(&id).cloned().ok_or_else(ApiError::not_found)
}

/// What a failed live check is over HTTP: it names the input and the cure.
fn fault(fault: Fault) -> ApiError {
    match fault {
        Fault::Refused { field, cure } => {
            let detail = format!("{field}: {cure}");
            let mut error = ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "channel_auth_failed", detail);
            error.fields.insert(field.into(), cure);
            error
        }
        Fault::Unreachable { detail } => ApiError {
            retry_after: Some(5),
            ..ApiError::new(StatusCode::BAD_GATEWAY, "provider_unreachable", detail)
        },
    }
}

fn in_use() -> ApiError {
    let detail = "address: this number is connected already. Move that channel to the other group instead.";
    let mut error = ApiError::new(StatusCode::CONFLICT, "channel_in_use", detail);
    error.fields.insert("address".into(), "is connected already".to_owned());
    error
}

/// Channels of the groups this user may see; how they are set up only where they may change it.
#[utoipa::path(tag = "channels", responses((status = 200, body = ChannelsAnswer), Refusals))]
#[get("/channels")]
pub(crate) async fn list_channels(signed_in: SignedIn) -> Result<HttpResponse, ApiError> {
    let SignedIn { site, user, .. } = signed_in;
    let roster = site.roster();
    let mut lines: Vec<&Arc<Line>> = roster
        .channels
        .values()
        .filter(|line| line.channel.business_id == user.business_id && user.sees(line.channel.group_id))
        .collect();
    lines.sort_by_key(|line| line.channel.id);
    let shape = |line: &&Arc<Line>| {
        ChannelShape::of(line, &site.actors.public_url, user.runs_channels_of(line.channel.group_id))
    };
    Ok(HttpResponse::Ok().json(ChannelsAnswer { channels: lines.iter().map(shape).collect() }))
}

/// One channel, for those who may change it.
#[utoipa::path(tag = "channels", params(("id" = String, Path)), responses((status = 200, body = ChannelAnswer), Refusals))]
#[get("/channels/{id}")]
pub(crate) async fn find_channel(
    signed_in: SignedIn,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let line = managed(&signed_in, &id)?;
    Ok(HttpResponse::Ok().json(ChannelShape::answer(&line, &signed_in.site)))
}
