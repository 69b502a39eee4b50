//! Broadcasts: one text to many contacts, each of whom gets it once or is skipped for a reason.

use super::messages::TemplateRequest;
use super::shapes::{ErrorAnswer, Refusals, WriteRefusals};
use super::templates::group_of;
use crate::error::ApiError;
use crate::json::Json;
use crate::session::SignedIn;
use actix_web::{HttpResponse, get, post, web};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use switchboard_actors::trouble::Trouble;
use switchboard_engine::channel::ChannelKind;
use switchboard_engine::conversation::Refusal;
use switchboard_engine::ids::{BroadcastId, ChannelId, ContactId, GroupId, TemplateId, UserId};
use switchboard_engine::permission::Operation;
use switchboard_engine::template::placeholder;
use switchboard_engine::time::Timestamp;
use switchboard_schema::{Broadcast, BroadcastState, Constraint, Reached, StoreError};
use utoipa::ToSchema;

const MAX_NAME: usize = 100;
const MAX_CLIENT_ID: usize = 64;
const MOST_RECIPIENTS: usize = 10_000;
/// How many a list brings.
const LIST: i64 = 200;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SendBroadcast)]
pub struct SendBroadcastRequest {
    /// Your own id of this broadcast: sending it again is harmless.
    client_id: String,
    /// What the team reads above the text.
    name: String,
    /// A WhatsApp or SMS channel of the group.
    #[schema(value_type = String)]
    channel_id: ChannelId,
    /// With placeholders such as `[contact-firstname]`, filled in for each contact.
    #[serde(default)]
    text: Option<String>,
    /// A registered template instead; WhatsApp takes nothing else from customers who have not written within 24 hours.
    #[serde(default)]
    template: Option<TemplateRequest>,
    /// Everybody it goes to, each once; 1 to 10,000.
    #[schema(value_type = Vec<String>)]
    contact_ids: BTreeSet<ContactId>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Broadcast)]
pub struct BroadcastShape {
    #[schema(value_type = String)]
    id: BroadcastId,
    #[schema(value_type = String)]
    group_id: GroupId,
    #[schema(value_type = String)]
    channel_id: ChannelId,
    name: String,
    /// Empty for a template.
    text: String,
    #[schema(value_type = Option<String>)]
    template_id: Option<TemplateId>,
    /// `sending`, `done` or `cancelled`.
    state: &'static str,
    #[schema(value_type = String)]
    created_by: UserId,
    #[schema(value_type = String)]
    created_at: Timestamp,
    #[schema(value_type = Option<String>)]
    finished_at: Option<Timestamp>,
}

/// Where its recipients stand.
#[derive(Serialize, ToSchema)]
pub struct Recipients {
    total: i64,
    /// Not reached yet.
    pending: i64,
    /// By the status of their message: `queued`, `sent`, `delivered`, `read`, `failed`, `unknown`, `cancelled`.
    messages: BTreeMap<String, i64>,
    /// By why they get none: `opted_out`, `contact_archived`, `window_closed`, `cancelled` ...
    skipped: BTreeMap<String, i64>,
}

#[derive(Serialize, ToSchema)]
pub struct BroadcastAnswer {
    broadcast: BroadcastShape,
    recipients: Recipients,
}

#[derive(Serialize, ToSchema)]
pub struct BroadcastsAnswer {
    broadcasts: Vec<BroadcastShape>,
}

impl From<Broadcast> for BroadcastShape {
    fn from(of: Broadcast) -> Self {
        Self {
            id: of.id,
            group_id: of.group_id,
            channel_id: of.channel_id,
            name: of.name,
            text: of.text,
            template_id: of.template,
            state: of.state.as_str(),
            created_by: of.created_by,
            created_at: of.created_at,
            finished_at: of.finished_at,
        }
    }
}

impl From<Reached> for Recipients {
    fn from(Reached { messages, skipped, pending, total }: Reached) -> Self {
        Self { total, pending, messages, skipped }
    }
}

/// A group's broadcasts, newest first, at most 200.
#[utoipa::path(tag = "broadcasts", params(("id" = String, Path)), responses((status = 200, body = BroadcastsAnswer), Refusals))]
#[get("/groups/{id}/broadcasts")]
pub(crate) async fn list_broadcasts(
    signed_in: SignedIn,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let group = group_of(&signed_in, &id)?;
    let all = signed_in.site.actors.core.store.broadcasts(group, LIST).await?;
    let broadcasts = all.into_iter().map(BroadcastShape::from).collect();
    Ok(HttpResponse::Ok().json(BroadcastsAnswer { broadcasts }))
}

/// Sends one text to many contacts. It begins no conversation: a contact who answers gets one, with the broadcast as its first message; where
/// one is open the text appears in it and moves nothing. What each contact gets passes the same rules as any message. While its channel is
/// disconnected it waits.
#[utoipa::path(tag = "broadcasts", params(("id" = String, Path)), request_body = SendBroadcastRequest, responses(
    (status = 200, body = BroadcastAnswer, description = "This `client_id` was sent before"),
    (status = 201, body = BroadcastAnswer),
    (status = 409, body = ErrorAnswer, description = "client_id_reused"),
    (status = 422, body = ErrorAnswer, description = "validation: `client_id`, `name`, `channel_id`, `text`, `template`, `contact_ids`"),
    Refusals, WriteRefusals,
))]
#[post("/groups/{id}/broadcasts")]
pub(crate) async fn send_broadcast(
    signed_in: SignedIn,
    id: web::Path<String>,
    body: Json<SendBroadcastRequest>,
) -> Result<HttpResponse, ApiError> {
    let group = group_of(&signed_in, &id)?;
    let (new, to) = checked(&signed_in, group, body.into_inner()).await?;
    let store = &signed_in.site.actors.core.store;
    match store.create_broadcast(new.clone(), to).await {
        Ok(()) => {
            signed_in.site.actors.broadcasts.notify_one();
            tracing::info!(broadcast.id = %new.id, user.id = %signed_in.user.id, "a broadcast began");
            Ok(HttpResponse::Created().json(answer(&signed_in, new).await?))
        }
        Err(StoreError::Conflict { constraint: Constraint::Broadcast }) => {
            let first = store.broadcast_by_client_id(group, new.client_id.clone()).await?;
            let first = first.ok_or_else(ApiError::not_found)?;
            let content = |of: &Broadcast| (of.name.clone(), of.text.clone(), of.template, of.channel_id);
            if content(&first) != content(&new) {
                return Err(Trouble::Refused(Refusal::ClientIdReused).into());
            }
            Ok(HttpResponse::Ok().json(answer(&signed_in, first).await?))
        }
        Err(error) => Err(error.into()),
    }
}

/// A broadcast and where its recipients stand.
#[utoipa::path(tag = "broadcasts", params(("id" = String, Path)), responses((status = 200, body = BroadcastAnswer), Refusals))]
#[get("/broadcasts/{id}")]
pub(crate) async fn get_broadcast(
    signed_in: SignedIn,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let broadcast = find(&signed_in, &id).await?;
    Ok(HttpResponse::Ok().json(answer(&signed_in, broadcast).await?))
}

/// Stops a broadcast: whoever has not got it by now will not. What waits for its provider already still goes out.
#[utoipa::path(tag = "broadcasts", params(("id" = String, Path)), responses((status = 200, body = BroadcastAnswer), Refusals, WriteRefusals))]
#[post("/broadcasts/{id}/cancel")]
pub(crate) async fn cancel_broadcast(
    signed_in: SignedIn,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let broadcast = find(&signed_in, &id).await?;
    let store = &signed_in.site.actors.core.store;
    store.finish_broadcast(broadcast.id, BroadcastState::Cancelled, signed_in.site.now()).await?;
    let now = store.broadcast(broadcast.id).await?.ok_or_else(ApiError::not_found)?;
    Ok(HttpResponse::Ok().json(answer(&signed_in, now).await?))
}

/// One of a group this user may send broadcasts in.
async fn find(signed_in: &SignedIn, id: &str) -> Result<Broadcast, ApiError> {
    let id: BroadcastId = id.parse().map_err(|_| ApiError::not_found())?;
    let found = signed_in.site.actors.core.store.broadcast(id).await?.ok_or_else(ApiError::not_found)?;
    if found.business_id != signed_in.user.business_id || !signed_in.user.sees(found.group_id) {
        return Err(ApiError::not_found());
    }
    signed_in.user.may(Operation::SendBroadcast, found.group_id)?;
    Ok(found)
}

async fn answer(signed_in: &SignedIn, broadcast: Broadcast) -> Result<BroadcastAnswer, ApiError> {
    let reached = signed_in.site.actors.core.store.broadcast_reached(broadcast.id).await?;
    Ok(BroadcastAnswer { broadcast: broadcast.into(), recipients: reached.into() })
}

async fn checked(
    signed_in: &SignedIn,
    group: GroupId,
    body: SendBroadcastRequest,
) -> Result<(Broadcast, Vec<ContactId>), ApiError> {
    let mut wrong = BTreeMap::new();
    let name = body.name.trim().to_owned();
    if name.is_empty() || name.chars().count() > MAX_NAME {
        wrong.insert("name", format!("must have 1 to {MAX_NAME} characters"));
    }
    if body.client_id.is_empty() || body.client_id.len() > MAX_CLIENT_ID {
        wrong.insert("client_id", format!("must have 1 to {MAX_CLIENT_ID} characters"));
    }
    let kind = kind_of(signed_in, group, body.channel_id);
    if let Err(detail) = kind {
        wrong.insert("channel_id", detail.to_owned());
    }
    let text = body.text.unwrap_or_default();
    content(&text, body.template.as_ref(), kind.ok(), &mut wrong);
    if let Some(template) = &body.template
        && let Err(detail) = registered(signed_in, template.id(), body.channel_id).await?
    {
        wrong.insert("template", detail.to_owned());
    }
    if let Err(detail) = audience(signed_in, &body.contact_ids).await? {
        wrong.insert("contact_ids", detail);
    }
    if !wrong.is_empty() {
        return Err(ApiError::invalid_fields(wrong));
    }
    let (template, vars) = body.template.map(TemplateRequest::into_parts).unzip();
    let user = &signed_in.user;
    let broadcast = Broadcast {
        id: BroadcastId(signed_in.site.actors.core.ids.next()),
        business_id: user.business_id,
        group_id: group,
        channel_id: body.channel_id,
        name,
        text,
        template,
        vars: vars.unwrap_or_default(),
        client_id: body.client_id,
        state: BroadcastState::Sending,
        created_by: user.id,
        created_by_name: user.first_name.clone(),
        created_at: signed_in.site.now(),
        finished_at: None,
    };
    Ok((broadcast, body.contact_ids.into_iter().collect()))
}

/// What a line of this group is, if it can be written to first.
fn kind_of(signed_in: &SignedIn, group: GroupId, channel: ChannelId) -> Result<ChannelKind, &'static str> {
    let roster = signed_in.site.roster();
    if roster.group(signed_in.user.business_id, group).is_some_and(|group| group.archived) {
        return Err("is of an archived group: restore the group first");
    }
    let line = roster.channels.get(&channel).filter(|line| line.channel.group_id == group);
    match line.map(|line| line.channel.kind) {
        None => Err("is no channel of this group"),
        Some(ChannelKind::Webchat) => {
            Err("is a widget: only a visitor can begin there. Choose WhatsApp or SMS")
        }
        Some(kind) => Ok(kind),
    }
}

fn content(
    text: &str,
    template: Option<&TemplateRequest>,
    kind: Option<ChannelKind>,
    wrong: &mut BTreeMap<&'static str, String>,
) {
    match (switchboard_engine::text::is_blank(text), template) {
        (true, None) => wrong.insert("text", "write something, or choose a template".to_owned()),
        (false, Some(_)) => wrong.insert("text", "a template has its own; leave this out".to_owned()),
        _ => None,
    };
    let unknown = placeholder::unknown(text);
    if !unknown.is_empty() {
        wrong.insert("text", format!("has placeholders that do not exist: {}", unknown.join(", ")));
    }
    if let Some(max) = kind.map(ChannelKind::max_text).filter(|max| text.chars().count() > *max) {
        wrong.insert("text", format!("must have at most {max} characters on this channel"));
    }
}

/// Whether a template can be sent to many on this line.
async fn registered(
    signed_in: &SignedIn,
    template: TemplateId,
    channel: ChannelId,
) -> Result<Result<(), &'static str>, ApiError> {
    let found = signed_in.site.actors.core.store.template(template).await?;
    Ok(match found.filter(|found| found.channel_id == channel) {
        None => Err("is not registered on this channel"),
        Some(found) if found.mapping.header_media_id.is_some() => {
            Err("has a file above its text, which broadcasts do not send")
        }
        Some(_) => Ok(()),
    })
}

/// Everybody must be there, and not be hidden from the sender.
async fn audience(signed_in: &SignedIn, to: &BTreeSet<ContactId>) -> Result<Result<(), String>, ApiError> {
    if to.is_empty() || to.len() > MOST_RECIPIENTS {
        return Ok(Err(format!("must name 1 to {MOST_RECIPIENTS} contacts")));
    }
    let (store, user) = (&signed_in.site.actors.core.store, &signed_in.user);
    let known = store.visible_contacts(user.business_id, user.id, to.iter().copied().collect()).await?;
    let stranger = to.iter().find(|id| !known.contains(id));
    Ok(stranger.map_or(Ok(()), |id| Err(format!("{id} is no contact of yours"))))
}
