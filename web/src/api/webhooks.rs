//! Webhooks: where other programs hear what happens, and how their deliveries fare.

pub(crate) mod deliveries;

use super::shapes::{ErrorAnswer, Refusals, WriteRefusals};
use crate::audit::Note;
use crate::error::ApiError;
use crate::json::Json;
use crate::session::SignedIn;
use actix_web::{HttpMessage, HttpRequest, HttpResponse, delete, get, patch, post, web};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use switchboard_actors::roster::Colleague;
use switchboard_actors::webhooks::{MOST, check_url};
use switchboard_engine::ids::UserId;
use switchboard_engine::time::Timestamp;
use switchboard_engine::webhook;
use switchboard_schema::{AuditTarget, Webhook};
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub struct WebhooksAnswer {
    webhooks: Vec<WebhookShape>,
    /// All there are to choose from
    events: Vec<&'static str>,
}

#[derive(Serialize, ToSchema)]
pub struct WebhookAnswer {
    webhook: WebhookShape,
}

#[derive(Serialize, ToSchema)]
pub struct NewWebhookAnswer {
    webhook: WebhookShape,
    /// Shown this once; verify deliveries with it
    #[schema(example = "whsec_…")]
    secret: String,
}

#[derive(Serialize, ToSchema)]
pub struct SecretAnswer {
    /// Shown this once; for a day deliveries carry signatures of the one before, too
    secret: String,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Webhook)]
pub struct WebhookShape {
    id: String,
    url: String,
    events: Vec<String>,
    enabled: bool,
    /// Why it was switched off, when nobody did it
    reason: Option<String>,
    /// Nothing has arrived since
    #[schema(value_type = Option<String>, format = DateTime)]
    failing_since: Option<Timestamp>,
    /// Deliveries that still wait
    waiting: i64,
    /// It hears of what they may see.
    #[schema(value_type = String)]
    user_id: UserId,
    user_name: String,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateWebhookRequest {
    #[schema(example = "https://hooks.example.com/switchboard")]
    url: String,
    #[schema(example = json!(["message.created", "conversation.closed"]))]
    events: Vec<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeWebhookRequest {
    #[serde(default)]
    url: Option<String>,
    #[serde(default)]
    events: Option<Vec<String>>,
    /// Switched on again it goes on where it stopped: nothing that happened meanwhile is left out.
    #[serde(default)]
    enabled: Option<bool>,
}

impl WebhookShape {
    async fn of(signed_in: &SignedIn, webhook: Webhook) -> Result<Self, ApiError> {
        let site = &signed_in.site;
        let waiting = site.actors.core.store.count_waiting_deliveries(webhook.id).await?;
        let roster = site.roster();
        let user_name = roster.users.get(&webhook.user_id).map(Colleague::name).unwrap_or_default();
        Ok(Self {
            id: webhook.id.to_string(),
            url: webhook.url,
            events: webhook.events,
            enabled: webhook.enabled,
            reason: webhook.reason,
            failing_since: webhook.failing_since,
            waiting,
            user_id: webhook.user_id,
            user_name,
            created_at: webhook.created_at,
        })
    }
}

/// The webhook a path names.
async fn named(signed_in: &SignedIn, id: &str) -> Result<Webhook, ApiError> {
    let id = id.parse().map_err(|_| ApiError::not_found())?;
    Ok(signed_in.site.actors.webhook(signed_in.user.business_id, id).await?)
}

/// The webhooks of the business.
#[utoipa::path(tag = "programs", responses((status = 200, body = WebhooksAnswer), Refusals))]
#[get("/webhooks")]
pub(crate) async fn list_webhooks(signed_in: SignedIn) -> Result<HttpResponse, ApiError> {
    let all = signed_in.site.actors.core.store.webhooks().await?;
    let mut webhooks = Vec::with_capacity(all.len());
    for one in all.into_iter().filter(|one| one.business_id == signed_in.user.business_id) {
        webhooks.push(WebhookShape::of(&signed_in, one).await?);
    }
    Ok(HttpResponse::Ok().json(WebhooksAnswer { webhooks, events: webhook::events().collect() }))
}

/// Tells an address of everything that happens from here on and that you may see.
#[utoipa::path(tag = "programs", request_body = CreateWebhookRequest, responses(
    (status = 201, body = NewWebhookAnswer),
    (status = 409, body = ErrorAnswer, description = "too_many_webhooks"),
    Refusals, WriteRefusals,
))]
#[post("/webhooks")]
pub(crate) async fn create_webhook(
    request: HttpRequest,
    signed_in: SignedIn,
    body: Json<CreateWebhookRequest>,
) -> Result<HttpResponse, ApiError> {
    let CreateWebhookRequest { url, events } = body.into_inner();
    let (site, business_id) = (&signed_in.site, signed_in.user.business_id);
    let all = site.actors.core.store.webhooks().await?;
    if all.iter().filter(|one| one.business_id == business_id).count() >= MOST {
        let detail = format!("There may be {MOST} webhooks. Delete one first.");
        return Err(ApiError::conflict("too_many_webhooks", detail));
    }
    let webhook = Webhook {
        id: site.actors.core.ids.next(),
        business_id,
        user_id: signed_in.user.id,
        url,
        events,
        secret: Vec::new(),
        enabled: true,
        reason: None,
        position: 0,
        failing_since: None,
        created_at: site.now(),
    };
    let (webhook, secret) = site.actors.create_webhook(checked(&signed_in, webhook)?).await?;
    request.extensions_mut().insert(note("created", &webhook));
    let webhook = WebhookShape::of(&signed_in, webhook).await?;
    Ok(HttpResponse::Created().json(NewWebhookAnswer { webhook, secret }))
}

/// Changes what is named, leaves the rest. From then on it hears of what you may see.
#[utoipa::path(tag = "programs", params(("id" = String, Path)), request_body = ChangeWebhookRequest, responses(
    (status = 200, body = WebhookAnswer), Refusals, WriteRefusals,
))]
#[patch("/webhooks/{id}")]
pub(crate) async fn change_webhook(
    request: HttpRequest,
    signed_in: SignedIn,
    id: web::Path<String>,
    body: Json<ChangeWebhookRequest>,
) -> Result<HttpResponse, ApiError> {
    let mut webhook = named(&signed_in, &id).await?;
    let ChangeWebhookRequest { url, events, enabled } = body.into_inner();
    // From here on it hears of what whoever changed it may see: they may have sent it elsewhere.
    webhook.user_id = signed_in.user.id;
    webhook.url = url.unwrap_or(webhook.url);
    webhook.events = events.unwrap_or(webhook.events);
    if let Some(enabled) = enabled {
        if enabled && !webhook.enabled {
            webhook.failing_since = None;
        }
        (webhook.enabled, webhook.reason) = (enabled, None);
    }
    let webhook = checked(&signed_in, webhook)?;
    signed_in.site.actors.change_webhook(webhook.clone()).await?;
    request.extensions_mut().insert(note("changed", &webhook));
    let webhook = WebhookShape::of(&signed_in, webhook).await?;
    Ok(HttpResponse::Ok().json(WebhookAnswer { webhook }))
}

/// Ends a webhook; what waits is not delivered.
#[utoipa::path(tag = "programs", params(("id" = String, Path)), responses((status = 204), Refusals, WriteRefusals))]
#[delete("/webhooks/{id}")]
pub(crate) async fn delete_webhook(
    request: HttpRequest,
    signed_in: SignedIn,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let webhook = named(&signed_in, &id).await?;
    signed_in.site.actors.delete_webhook(webhook.id).await?;
    request.extensions_mut().insert(note("deleted", &webhook));
    Ok(HttpResponse::NoContent().finish())
}

/// Gives a webhook a new secret, shown this once. For a day deliveries are signed with both.
#[utoipa::path(tag = "programs", params(("id" = String, Path)), responses((status = 200, body = SecretAnswer), Refusals, WriteRefusals))]
#[post("/webhooks/{id}/secret")]
pub(crate) async fn renew_secret(
    request: HttpRequest,
    signed_in: SignedIn,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let webhook = named(&signed_in, &id).await?;
    request.extensions_mut().insert(note("secret_renewed", &webhook));
    let secret = signed_in.site.actors.renew_webhook_secret(webhook).await?;
    Ok(HttpResponse::Ok().json(SecretAnswer { secret }))
}

/// An address may itself be a secret: the audit log gets the host only.
fn note(what: &str, webhook: &Webhook) -> Note {
    let host = webhook.url.split('/').nth(2).unwrap_or_default();
    let target = AuditTarget { kind: "webhook".to_owned(), id: webhook.id.to_string() };
    let detail = json!({"webhook": what, "host": host, "events": webhook.events, "enabled": webhook.enabled});
    Note { target: Some(target), detail, ..Note::default() }
}

fn checked(signed_in: &SignedIn, mut webhook: Webhook) -> Result<Webhook, ApiError> {
    let mut wrong = BTreeMap::new();
    match check_url(&webhook.url, signed_in.site.actors.webhooks.may_go_inside()) {
        Ok(url) => webhook.url = url,
        Err(problem) => {
            wrong.insert("url", problem.to_owned());
        }
    }
    let known: BTreeSet<&str> = webhook::events().collect();
    if let Some(unknown) = webhook.events.iter().find(|event| !known.contains(event.as_str())) {
        wrong.insert("events", format!("{unknown:?} is no event"));
    } else if webhook.events.is_empty() {
        wrong.insert("events", "must name at least one".to_owned());
    }
    webhook.events.sort_unstable();
    webhook.events.dedup();
    if wrong.is_empty() { Ok(webhook) } else { Err(ApiError::invalid_fields(wrong)) }
}
