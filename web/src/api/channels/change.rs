//! Changing a line: its name, settings and credentials, and the group it belongs to.

use super::wanted::{credentials_problem, settings_problem};
use super::{ChannelAnswer, ChannelShape, fault, managed, open_group, present};
use crate::api::shapes::{Refusals, WriteRefusals};
use crate::error::ApiError;
use crate::json::Json;
use crate::session::SignedIn;
use crate::site::Site;
use actix_web::{HttpResponse, patch, post, web};
use serde::Deserialize;
use serde_json::{Map, Value};
use switchboard_actors::roster::Line;
use switchboard_engine::channel::health::Sign;
use switchboard_engine::channel::{ChannelKind, Registration};
use switchboard_engine::ids::{ChannelId, GroupId};
use switchboard_engine::text::is_name;
use switchboard_schema::ChannelRecord;
use utoipa::ToSchema;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdateChannelRequest {
    #[serde(default)]
    name: Option<String>,
    /// Only what changes; `null` takes a setting back.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    settings: Option<Map<String, Value>>,
    /// Only what changes. The others stay.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    credentials: Option<Map<String, Value>>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    registration: Option<Registration>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MoveChannelRequest {
    #[schema(value_type = String)]
    group_id: GroupId,
}

/// Changes a channel. New credentials and settings are checked live first; messages that wait leave with what is new.
#[utoipa::path(tag = "channels", params(("id" = String, Path)), request_body = UpdateChannelRequest,
    responses((status = 200, body = ChannelAnswer), Refusals, WriteRefusals))]
#[patch("/channels/{id}")]
pub(crate) async fn update_channel(
    signed_in: SignedIn,
    id: web::Path<String>,
    body: Json<UpdateChannelRequest>,
) -> Result<HttpResponse, ApiError> {
    let line = managed(&signed_in, &id)?;
    let site = &signed_in.site;
    let changed = changed(&line, body.into_inner())?;
    let asks = line.channel.kind != ChannelKind::Webchat && !line.is_like(&named_as(&changed, &line));
    let mut phone = line.phone.clone();
    if asks {
        let found = site.actors.check_line(&changed).await;
        if let Some(problem) = found.fault {
            return Err(fault(problem));
        }
        if let Some(told) = site.actors.register_webhook(&changed).await {
            told.map_err(fault)?;
        }
        phone = found.phone.or(phone);
    }
    let id = line.channel.id;
    save(site, id, |record| {
        record.channel.name.clone_from(&changed.channel.name);
        record.settings.clone_from(&changed.settings);
        record.credentials = Some(site.actors.vault.seal_json("channel", id.0, &changed.credentials));
        record.state.registration = changed.registration;
        record.state.phone = phone;
    })
    .await?;
    if asks {
        site.actors.turn_line(&present(site, id)?, Sign::Checked).await?;
    }
    tracing::info!(channel.id = %id, user.id = %signed_in.user.id, "a channel was changed");
    Ok(HttpResponse::Ok().json(ChannelShape::answer(&*present(site, id)?, site)))
}

/// The same line under the name of another: a name is nothing a provider must be asked about.
fn named_as(line: &Line, other: &Line) -> Line {
    let mut line = line.clone();
    line.channel.name.clone_from(&other.channel.name);
    line
}

fn changed(line: &Line, body: UpdateChannelRequest) -> Result<Line, ApiError> {
    let mut changed = line.clone();
    let provider = line.channel.provider;
    if let Some(name) = body.name {
        let name = name.trim();
        if !is_name(name, 100) {
            return Err(ApiError::invalid("name", "must be one line of 1 to 100 characters"));
        }
        name.clone_into(&mut changed.channel.name);
    }
    if let Some(news) = body.settings {
        let settings = merged(&line.settings, news);
        if let Some(problem) = settings_problem(provider, &settings) {
            return Err(ApiError::invalid("settings", problem));
        }
        changed.settings = Value::Object(settings);
    }
    if let Some(news) = body.credentials {
        let credentials = merged(&line.credentials, news);
        if let Some(problem) = credentials_problem(provider, &credentials) {
            return Err(ApiError::invalid("credentials", problem));
        }
        changed.credentials = Value::Object(credentials);
    }
    changed.registration = body.registration.unwrap_or(line.registration);
    Ok(changed)
}

fn merged(old: &Value, news: Map<String, Value>) -> Map<String, Value> {
    let mut all = old.as_object().cloned().unwrap_or_default();
    for (name, value) in news {
        if value.is_null() {
            all.remove(&name);
        } else {
            all.insert(name, value);
        }
    }
    all
}

/// Writes a change onto the newest stored form of a line, and has everything that lives take it up.
pub(super) async fn save(
    site: &Site,
    id: ChannelId,
    edit: impl FnOnce(&mut ChannelRecord),
) -> Result<(), ApiError> {
    let store = &site.actors.core.store;
    let mut record = store.channel(id).await?.ok_or_else(ApiError::not_found)?;
    edit(&mut record);
    if !store.update_channel(record, site.now()).await? {
        return Err(ApiError::not_found());
    }
    site.actors.reload().await?;
    Ok(())
}

/// Hands a channel to another group: its old conversations stay, the next message begins one there.
#[utoipa::path(tag = "channels", params(("id" = String, Path)), request_body = MoveChannelRequest,
    responses((status = 200, body = ChannelAnswer), Refusals, WriteRefusals))]
#[post("/channels/{id}/move")]
pub(crate) async fn move_channel(
    signed_in: SignedIn,
    id: web::Path<String>,
    body: Json<MoveChannelRequest>,
) -> Result<HttpResponse, ApiError> {
    let line = managed(&signed_in, &id)?;
    let SignedIn { site, user, .. } = &signed_in;
    let group = body.group_id;
    open_group(&signed_in, group)?;
    let id = line.channel.id;
    save(site, id, |record| record.channel.group_id = group).await?;
    tracing::info!(channel.id = %id, group.id = %group, user.id = %user.id, "a channel was moved");
    Ok(HttpResponse::Ok().json(ChannelShape::answer(&*present(site, id)?, site)))
}
