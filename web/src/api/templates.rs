//! Registered templates: the page of those who run them, and the picker of those who send them.

use super::conversation_id;
use super::shapes::{ErrorAnswer, Refusals, WriteRefusals};
use crate::error::ApiError;
use crate::json::Json;
use crate::session::SignedIn;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, get, post, put, web};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use switchboard_actors::connector::SyncTrouble;
use switchboard_actors::roster::Line;
use switchboard_actors::templates::Sendable;
use switchboard_engine::channel::ChannelKind;
use switchboard_engine::ids::{ChannelId, ContactId, GroupId, MediaId, TemplateId};
use switchboard_engine::message::MediaState;
use switchboard_engine::permission::Operation;
use switchboard_engine::template::mapping::{Mapping, Slot};
use switchboard_engine::template::{Facts, Hindrance, Quality, Template, TemplateStatus, placeholder};
use switchboard_engine::time::Timestamp;
use switchboard_schema::{SavedReply, Uploader};
use utoipa::{IntoParams, ToSchema};

#[derive(Serialize, ToSchema)]
#[schema(as = Template)]
pub struct TemplateShape {
    #[schema(value_type = String)]
    id: TemplateId,
    #[schema(value_type = String)]
    channel_id: ChannelId,
    name: String,
    #[schema(example = "en_GB")]
    language: String,
    #[schema(example = "utility")]
    category: String,
    #[schema(value_type = String, example = "approved")]
    status: TemplateStatus,
    #[schema(value_type = String, example = "green")]
    quality: Quality,
    /// As the provider has them.
    #[schema(value_type = Vec<Object>)]
    components: serde_json::Value,
    variables: Vec<VariableShape>,
    #[schema(value_type = MappingShape)]
    mapping: Mapping,
    invoice_only: bool,
    sendable: bool,
    /// Why it cannot be sent: `not_approved`, `unmapped`, `invoice_only`, `unsupported`, `removed`.
    reason: Option<&'static str>,
    #[schema(value_type = String)]
    synced_at: Timestamp,
}

#[derive(Serialize, ToSchema)]
#[schema(as = TemplateVariable)]
pub struct VariableShape {
    #[schema(example = "1")]
    key: String,
    /// `header`, `body` or `button`
    place: &'static str,
    /// Its source, for people.
    label: String,
}

/// Sources by variable: a text such as `contact.first_name`, or `{"source","fallback"}`.
#[derive(ToSchema)]
#[schema(as = TemplateMapping)]
#[expect(dead_code, reason = "described here, written and read by the engine")]
pub struct MappingShape {
    header_media_id: Option<String>,
    #[schema(value_type = Object)]
    vars: serde_json::Value,
    #[schema(value_type = Object)]
    buttons: serde_json::Value,
}

#[derive(Serialize, ToSchema)]
pub struct TemplatesAnswer {
    templates: Vec<TemplateShape>,
}

#[derive(Serialize, ToSchema)]
pub struct TemplateAnswer {
    template: TemplateShape,
}

#[derive(Serialize, ToSchema)]
pub struct SyncAnswer {
    created: usize,
    updated: usize,
    removed: usize,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MapTemplateRequest {
    /// An upload of yours, for a header that is a picture, a video or a document.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    header_media_id: Option<MediaId>,
    /// By key: the body's variables and `header`. `contact.first_name`, `contact.last_name`, `contact.full_name`, `contact.company`,
    /// `business.name`, `agent.first_name`, `reference.KEY`, `text:…`, or `{"source","fallback"}`.
    #[serde(default)]
    #[schema(value_type = Object)]
    vars: BTreeMap<String, Slot>,
    /// By index of the button.
    #[serde(default)]
    #[schema(value_type = Object)]
    buttons: BTreeMap<String, Slot>,
    /// Offered where an invoice is sent and nowhere else.
    #[serde(default)]
    invoice_only: bool,
}

impl TemplateShape {
    fn of(template: Template) -> Self {
        let reason = template.hindrance().map(Hindrance::as_str);
        let variables = template.parts().variables().into_iter();
        let variables = variables.map(|variable| VariableShape {
            place: variable.place.as_str(),
            label: template.mapping.slot(&variable).map(label).unwrap_or_default(),
            key: variable.key,
        });
        Self {
            variables: variables.collect(),
            id: template.id,
            channel_id: template.channel_id,
            name: template.name,
            language: template.language,
            category: template.category,
            status: template.status,
            quality: template.quality,
            components: template.components,
            mapping: template.mapping,
            invoice_only: template.invoice_only,
            sendable: reason.is_none(),
            reason,
            synced_at: template.synced_at,
        }
    }
}

/// "contact.first_name" -> "contact first name"; a fixed text is itself.
fn label(slot: &Slot) -> String {
    let source = slot.source.to_string();
    match source.strip_prefix("text:") {
        Some(text) => text.to_owned(),
        None => source.trim_start_matches("reference.").replace(['.', '_'], " "),
    }
}

/// Templates of a group's WhatsApp channels. For those who run them.
#[utoipa::path(tag = "templates", params(("id" = String, Path)), responses(
    (status = 200, body = TemplatesAnswer),
    (status = 403, body = ErrorAnswer, description = "forbidden: agents send templates, they do not run them"),
    Refusals,
))]
#[get("/groups/{id}/templates")]
pub(crate) async fn list_templates(
    signed_in: SignedIn,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let group = group_of(&signed_in, &id)?;
    may_manage(&signed_in, group)?;
    let templates = signed_in.site.actors.templates_of(group).await?;
    let templates = templates.into_iter().map(TemplateShape::of).collect();
    Ok(HttpResponse::Ok().json(TemplatesAnswer { templates }))
}

/// Reads a channel's templates from its provider now.
#[utoipa::path(tag = "templates", params(("id" = String, Path)), responses(
    (status = 200, body = SyncAnswer),
    (status = 502, body = ErrorAnswer, description = "provider_failed: the provider's own words in `detail`"),
    Refusals, WriteRefusals,
))]
#[post("/channels/{id}/templates/sync")]
pub(crate) async fn sync_templates(
    signed_in: SignedIn,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let id: ChannelId = id.parse().map_err(|_| ApiError::not_found())?;
    let line = signed_in.site.roster().channels.get(&id).cloned().ok_or_else(ApiError::not_found)?;
    on_line(&signed_in, &line)?;
    if line.channel.kind != ChannelKind::Whatsapp {
        return Err(ApiError::invalid("id", "is not a WhatsApp channel; only those have templates"));
    }
    let synced = signed_in.site.actors.sync_templates(id).await.map_err(refused)?;
    let (created, updated, removed) = (synced.created, synced.updated, synced.removed);
    tracing::info!(channel.id = %id, user.id = %signed_in.user.id, created, updated, removed, "templates were read");
    Ok(HttpResponse::Ok().json(SyncAnswer { created, updated, removed }))
}

fn refused(trouble: SyncTrouble) -> ApiError {
    match trouble {
        SyncTrouble::NoAccount => {
            let detail =
                "the channel needs it to read its templates: the WhatsApp business account's id, digits only";
            ApiError::invalid("waba_id", detail)
        }
        SyncTrouble::NoTemplates => ApiError::new(
            StatusCode::CONFLICT,
            "channel_not_connected",
            "This channel is not connected, so its templates cannot be read.",
        ),
        SyncTrouble::Provider(detail) => ApiError::new(StatusCode::BAD_GATEWAY, "provider_failed", detail),
        SyncTrouble::Store(error) => error.into(),
    }
}

/// Says where a template's variables get their values. Only a template that is mapped can be sent.
#[utoipa::path(tag = "templates", params(("id" = String, Path)), request_body = MapTemplateRequest, responses(
    (status = 200, body = TemplateAnswer), Refusals, WriteRefusals,
))]
#[put("/templates/{id}/mapping")]
pub(crate) async fn map_template(
    signed_in: SignedIn,
    id: web::Path<String>,
    body: Json<MapTemplateRequest>,
) -> Result<HttpResponse, ApiError> {
    let actors = &signed_in.site.actors;
    let id: TemplateId = id.parse().map_err(|_| ApiError::not_found())?;
    let (template, line) = actors.template(id).await?;
    on_line(&signed_in, &line)?;
    let MapTemplateRequest { header_media_id, vars, buttons, invoice_only } = body.into_inner();
    let mapping = Mapping { header_media_id, vars, buttons };
    let parts = template.parts();
    let strangers = mapping.strangers(&parts);
    if !strangers.is_empty() {
        let known: Vec<String> = parts.variables().into_iter().map(|one| one.key).collect();
        let detail = format!("{} is not a variable; there are: {}", strangers.join(", "), known.join(", "));
        return Err(ApiError::invalid("vars", detail));
    }
    check_header(&signed_in, line.channel.group_id, &template, &mapping).await?;
    let (store, now) = (&actors.core.store, signed_in.site.now());
    let before = template.mapping.header_media_id.filter(|file| Some(*file) != mapping.header_media_id);
    if let Some(file) = mapping.header_media_id {
        store.keep_in_library(vec![file], line.channel.group_id).await?;
    }
    store.set_template_mapping(id, mapping.clone(), invoice_only, now).await?;
    if let Some(file) = before {
        store.leave_library(vec![file], now).await?;
    }
    tracing::info!(template.id = %id, user.id = %signed_in.user.id, "a template was mapped");
    let template = Template { mapping, invoice_only, ..template };
    actors.tell_template(&line, &template);
    Ok(HttpResponse::Ok().json(TemplateAnswer { template: TemplateShape::of(template) }))
}

/// A header's file is one's own upload or in the group's library already, and of the kind the template shows.
async fn check_header(
    signed_in: &SignedIn,
    group: GroupId,
    template: &Template,
    mapping: &Mapping,
) -> Result<(), ApiError> {
    let Some(id) = mapping.header_media_id else { return Ok(()) };
    let wrong = |detail: &str| Err(ApiError::invalid("header_media_id", detail));
    let Some(kind) = template.parts().header_media() else {
        return wrong("must be left out: this template's header shows no file");
    };
    let file = signed_in.site.actors.core.store.file(id).await?;
    let owned = [Some(Uploader::User(signed_in.user.id)), Some(Uploader::Library(group))];
    match file.filter(|file| {
        file.message.is_none() && file.media.state == MediaState::Ready && owned.contains(&file.uploader)
    }) {
        None => wrong("is not among your uploads"),
        Some(file) if file.media.kind != kind => {
            wrong(&format!("is of kind {}; this header shows {}", file.media.kind.as_str(), kind.as_str()))
        }
        Some(_) => Ok(()),
    }
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PickQuery {
    /// Looks into names and texts.
    #[serde(default)]
    q: String,
}

#[derive(Serialize, ToSchema)]
pub struct PickAnswer {
    /// Registered with WhatsApp: may be sent at any time.
    registered: Vec<Pick>,
    /// Saved replies; empty while only registered templates may be sent.
    saved: Vec<Pick>,
}

/// What an agent sees of a template: enough to send it, nothing of how it is run.
#[derive(Serialize, ToSchema)]
pub struct Pick {
    id: String,
    name: String,
    language: Option<String>,
    /// Known values filled in; unknown ones stay `{{key}}` or `[key]`.
    preview: String,
    vars: Vec<PickVariable>,
}

#[derive(Serialize, ToSchema)]
pub struct PickVariable {
    key: String,
    label: String,
    /// `null`: must be typed.
    value: Option<String>,
}

impl Pick {
    fn registered(template: &Template, facts: &Facts) -> Self {
        let variables = template.parts().variables();
        let vars = variables.into_iter().map(|variable| {
            let slot = template.mapping.slot(&variable);
            PickVariable {
                label: slot.map(label).unwrap_or_default(),
                value: slot.and_then(|slot| slot.value(facts)),
                key: variable.key,
            }
        });
        Self {
            id: template.id.to_string(),
            name: template.name.clone(),
            language: Some(template.language.clone()),
            preview: template.preview(facts),
            vars: vars.collect(),
        }
    }

    fn saved(reply: &SavedReply, facts: &Facts) -> Self {
        let vars = placeholder::of_text(&reply.body, facts).into_iter().map(|one| PickVariable {
            key: one.key.to_owned(),
            label: one.label.to_owned(),
            value: one.value,
        });
        Self {
            id: reply.id.to_string(),
            name: reply.name.clone(),
            language: None,
            preview: placeholder::resolve(&reply.body, facts),
            vars: vars.collect(),
        }
    }
}

/// Templates and saved replies that can be sent in a conversation right now.
#[utoipa::path(tag = "templates", params(("id" = String, Path), PickQuery), responses((status = 200, body = PickAnswer), Refusals))]
#[get("/conversations/{id}/sendable-templates")]
pub(crate) async fn pick_template(
    signed_in: SignedIn,
    id: web::Path<String>,
    query: web::Query<PickQuery>,
) -> Result<HttpResponse, ApiError> {
    let id = conversation_id(&id)?;
    let sendable = signed_in.site.actors.sendable(signed_in.user.id, id, &query.q).await?;
    let Sendable { registered, saved, facts, .. } = sendable;
    let answer = PickAnswer {
        registered: registered.iter().map(|template| Pick::registered(template, &facts)).collect(),
        saved: saved.iter().map(|reply| Pick::saved(reply, &facts)).collect(),
    };
    Ok(HttpResponse::Ok().json(answer))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct StartQuery {
    /// Whom the conversation would be with, if they are known already.
    #[serde(default)]
    #[param(value_type = Option<String>)]
    contact_id: Option<ContactId>,
    /// Looks into names and texts.
    #[serde(default)]
    q: String,
}

/// Templates that could begin a conversation on a channel; nothing else can on WhatsApp.
#[utoipa::path(tag = "templates", params(("id" = String, Path), StartQuery), responses((status = 200, body = PickAnswer), Refusals))]
#[get("/channels/{id}/sendable-templates")]
pub(crate) async fn pick_first_template(
    signed_in: SignedIn,
    id: web::Path<String>,
    query: web::Query<StartQuery>,
) -> Result<HttpResponse, ApiError> {
    let id: ChannelId = id.parse().map_err(|_| ApiError::not_found())?;
    let actors = &signed_in.site.actors;
    let (registered, facts) = actors.sendable_on(signed_in.user.id, id, query.contact_id, &query.q).await?;
    let registered = registered.iter().map(|template| Pick::registered(template, &facts)).collect();
    Ok(HttpResponse::Ok().json(PickAnswer { registered, saved: Vec::new() }))
}

/// A group this user may see.
pub(super) fn group_of(signed_in: &SignedIn, id: &str) -> Result<GroupId, ApiError> {
    let group: GroupId = id.parse().map_err(|_| ApiError::not_found())?;
    let roster = signed_in.site.roster();
    let known =
        roster.groups.iter().any(|one| one.id == group && one.business_id == signed_in.user.business_id);
    if known && signed_in.user.sees(group) { Ok(group) } else { Err(ApiError::not_found()) }
}

/// Templates and saved replies are run by admins and by admins of the group.
pub(super) fn may_manage(signed_in: &SignedIn, group: GroupId) -> Result<(), ApiError> {
    Ok(signed_in.user.may(Operation::ManageTemplates, group)?)
}

/// Nobody learns of a channel of a group they do not see.
fn on_line(signed_in: &SignedIn, line: &Line) -> Result<(), ApiError> {
    let group = line.channel.group_id;
    if line.channel.business_id != signed_in.user.business_id || !signed_in.user.sees(group) {
        return Err(ApiError::not_found());
    }
    may_manage(signed_in, group)
}
