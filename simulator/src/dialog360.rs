//! 360dialog: the Cloud API's messages behind a `D360-API-KEY`, without version or number in the paths.

#![expect(
    clippy::indexing_slicing,
    reason = "indexing JSON gives null, or adds to an object; it cannot panic here"
)]

use std::sync::Arc;

use actix_multipart::Multipart;
use actix_web::web::{self, Bytes, Data, Json, Path, Query, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::account::{AccountState, Webhook};
use crate::cloud_api;
use crate::config::Account;
use crate::lock::lock;
use crate::media::Ticket;
use crate::refused::Refused;
use crate::whatsapp::error::GraphError;
use crate::whatsapp::{self, files};
use crate::world::World;

/// Where Meta keeps the files. The product must put its own base URL in place of this host.
const STORAGE: &str = "https://lookaside.fbsbx.com";

pub(crate) fn routes(cfg: &mut ServiceConfig) {
    cfg.route("/messages", web::post().to(messages))
        .route("/media", web::post().to(upload))
        .route("/v1/configs/webhook", web::get().to(webhook))
        .route("/v1/configs/webhook", web::post().to(set_webhook))
        .route("/v1/configs/templates", web::get().to(templates))
        .route("/v1/configs/templates", web::post().to(create_template))
        .route("/v1/configs/templates/{name}", web::delete().to(delete_template))
        .route("/whatsapp_business/attachments/", web::get().to(download))
        .route(r"/{media_id:\d+}", web::get().to(media))
        .route(r"/{media_id:\d+}", web::delete().to(delete_media));
}

fn api_key(request: &HttpRequest) -> Option<&str> {
    request.headers().get("D360-API-KEY")?.to_str().ok()
}

fn holds(account: &AccountState, key: &str) -> bool {
    matches!(&account.config, Account::Dialog360 { api_key, .. } if api_key == key)
}

fn find(world: &World, request: &HttpRequest) -> Result<Arc<AccountState>, Refused> {
    let found = api_key(request).and_then(|key| world.accounts().iter().find(|account| holds(account, key)));
    found.cloned().ok_or_else(|| {
        HttpResponse::Unauthorized()
            .json(json!({
                "meta": { "success": false, "http_code": 401, "developer_message": "Invalid api_key" },
            }))
            .into()
    })
}

async fn enter(world: &World, request: &HttpRequest) -> Result<Arc<AccountState>, Refused> {
    let account = find(world, request)?;
    whatsapp::enter(&account).await.map_or(Ok(account), |down| Err(down.into()))
}

async fn messages(world: Data<World>, request: HttpRequest, body: Bytes) -> Result<HttpResponse, Refused> {
    let account = find(&world, &request)?;
    Ok(whatsapp::messages(&world.into_inner(), &account, &body).await)
}

async fn upload(world: Data<World>, request: HttpRequest, form: Multipart) -> Result<HttpResponse, Refused> {
    let account = enter(&world, &request).await?;
    Ok(files::upload(&world, &account, form).await)
}

async fn media(world: Data<World>, request: HttpRequest, id: Path<String>) -> Result<HttpResponse, Refused> {
    let account = enter(&world, &request).await?;
    let media = world.shelf.get(&id).filter(|media| media.account == account.key);
    let media = media.filter(|_| !account.switches().files_gone);
    let media = media.ok_or_else(|| GraphError::no_such_object(&id))?;
    Ok(files::describe(&world, &media, STORAGE))
}

async fn delete_media(
    world: Data<World>,
    request: HttpRequest,
    id: Path<String>,
) -> Result<HttpResponse, Refused> {
    let account = enter(&world, &request).await?;
    let media = world.shelf.get(&id).filter(|media| media.account == account.key);
    media.ok_or_else(|| GraphError::no_such_object(&id))?;
    world.shelf.remove(&id);
    Ok(HttpResponse::Ok().json(json!({ "success": true })))
}

/// Serves both APIs: a Cloud API URL points here directly, a 360dialog one after the change of host.
async fn download(world: Data<World>, request: HttpRequest, ticket: Query<Ticket>) -> HttpResponse {
    let (token, key) = (cloud_api::bearer(&request), api_key(&request));
    files::download(&world, &ticket, |media| {
        world.account(&media.account).is_ok_and(|account| {
            token.is_some_and(|token| cloud_api::holds(account, token))
                || key.is_some_and(|key| holds(account, key))
        })
    })
}

fn shown(webhook: &Webhook) -> Value {
    let headers: Map<String, Value> =
        webhook.headers.iter().map(|(name, value)| (name.clone(), value.as_str().into())).collect();
    json!({ "url": webhook.url, "headers": headers })
}

async fn webhook(world: Data<World>, request: HttpRequest) -> Result<HttpResponse, Refused> {
    let account = enter(&world, &request).await?;
    Ok(HttpResponse::Ok().json(shown(&account.webhook())))
}

#[derive(Deserialize)]
struct NewWebhook {
    url: String,
    #[serde(default)]
    headers: Map<String, Value>,
}

async fn set_webhook(
    world: Data<World>,
    request: HttpRequest,
    new: Json<NewWebhook>,
) -> Result<HttpResponse, Refused> {
    let account = enter(&world, &request).await?;
    let NewWebhook { url, headers } = new.into_inner();
    let text = |value: Value| value.as_str().unwrap_or_default().to_owned();
    let headers = headers.into_iter().map(|(name, value)| (name, text(value))).collect();
    let webhook = Webhook { url, headers };
    let answer = shown(&webhook);
    account.set_webhook(webhook);
    Ok(HttpResponse::Ok().json(answer))
}

#[derive(Deserialize)]
struct Page {
    limit: Option<usize>,
    offset: Option<usize>,
}

async fn templates(
    world: Data<World>,
    request: HttpRequest,
    page: Query<Page>,
) -> Result<HttpResponse, Refused> {
    let account = enter(&world, &request).await?;
    let all = lock(&account.templates).list(None, None);
    let (limit, offset) = (page.limit.unwrap_or(1000), page.offset.unwrap_or(0));
    let shown: Vec<Value> = all.iter().skip(offset).take(limit).map(in_their_words).collect();
    Ok(HttpResponse::Ok().json(json!({
        "count": shown.len(), "limit": limit, "offset": offset, "total": all.len(), "sort": ["id"], "filters": {},
        "waba_templates": shown,
    })))
}

/// 360dialog writes states in lower case and adds a namespace.
fn in_their_words(template: &Value) -> Value {
    let mut template = template.clone();
    template["status"] = template["status"].as_str().unwrap_or_default().to_lowercase().into();
    template["namespace"] = "simulated_namespace".into();
    template["rejected_reason"] = "NONE".into();
    template
}

async fn create_template(
    world: Data<World>,
    request: HttpRequest,
    template: Json<Value>,
) -> Result<HttpResponse, Refused> {
    let account = enter(&world, &request).await?;
    let created = lock(&account.templates).create(template.into_inner());
    let created = created.map_err(|error| error.answer())?;
    let world = world.into_inner();
    files::review_template(&world, &account, created["id"].as_str().unwrap_or_default());
    Ok(HttpResponse::Created().json(in_their_words(&created)))
}

async fn delete_template(
    world: Data<World>,
    request: HttpRequest,
    name: Path<String>,
) -> Result<HttpResponse, Refused> {
    let account = enter(&world, &request).await?;
    if lock(&account.templates).delete(&name) {
        return Ok(HttpResponse::Ok().json(json!({ "meta": { "success": true, "http_code": 200 } })));
    }
    Err(HttpResponse::NotFound()
        .json(json!({
            "meta": { "success": false, "http_code": 404, "developer_message": "Template not found" },
        }))
        .into())
}
