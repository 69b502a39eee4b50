//! Meta's Cloud API: paths with a version, Bearer tokens, the webhook handshake.

#![expect(
    clippy::indexing_slicing,
    reason = "indexing JSON gives null, or adds to an object; it cannot panic here"
)]

use std::sync::Arc;

use actix_multipart::Multipart;
use actix_web::web::{self, Bytes, Data, Json, Path, Query, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::account::{AccountState, Webhook};
use crate::config::Account;
use crate::ids::graph_id;
use crate::lock::lock;
use crate::refused::Refused;
use crate::whatsapp::error::GraphError;
use crate::whatsapp::{self, files};
use crate::world::World;

pub(crate) fn routes(cfg: &mut ServiceConfig) {
    cfg.service(
        web::scope(r"/{version:v\d+\.\d+}")
            .route("/{id}/messages", web::post().to(messages))
            .route("/{id}/media", web::post().to(upload))
            .route("/{id}/message_templates", web::get().to(templates))
            .route("/{id}/message_templates", web::post().to(create_template))
            .route("/{id}/message_templates", web::delete().to(delete_template))
            .route("/{id}/phone_numbers", web::get().to(phone_numbers))
            .route("/{id}/subscribed_apps", web::post().to(subscribe))
            .route("/{id}", web::get().to(object))
            .route("/{id}", web::delete().to(delete_object)),
    );
}

type Named = Path<(String, String)>;

/// The account `id` names, if the request's token may use it.
async fn enter(
    world: &World,
    request: &HttpRequest,
    named: impl Fn(&Account) -> bool,
    id: &str,
) -> Result<Arc<AccountState>, Refused> {
    let Some(token) = bearer(request) else { return Err(GraphError::bad_token().into()) };
    let mine: Vec<&Arc<AccountState>> = world.accounts().iter().filter(|one| holds(one, token)).collect();
    if mine.is_empty() {
        return Err(GraphError::bad_token().into());
    }
    let account = mine.into_iter().find(|one| named(&one.config));
    let account = account.cloned().ok_or_else(|| GraphError::no_such_object(id))?;
    whatsapp::enter(&account).await.map_or(Ok(account), |down| Err(down.into()))
}

pub(crate) fn bearer(request: &HttpRequest) -> Option<&str> {
    request.headers().get("Authorization")?.to_str().ok()?.strip_prefix("Bearer ")
}

pub(crate) fn holds(account: &AccountState, token: &str) -> bool {
    matches!(&account.config, Account::CloudApi { access_token, .. } if account.takes(access_token, token))
}

fn is_waba(id: &str) -> impl Fn(&Account) -> bool {
    move |account| matches!(account, Account::CloudApi { waba_id, .. } if waba_id == id)
}

fn is_number(id: &str) -> impl Fn(&Account) -> bool {
    move |account| account.key() == id
}

async fn messages(
    world: Data<World>,
    request: HttpRequest,
    path: Named,
    body: Bytes,
) -> Result<HttpResponse, Refused> {
    // The hot path of load tests: `messages` below applies the switches itself.
    let Some(token) = bearer(&request) else { return Err(GraphError::bad_token().into()) };
    let (_, id) = &*path;
    let Ok(account) = world.account(id) else {
        let known = world.accounts().iter().any(|one| holds(one, token));
        let answer = if known { GraphError::no_such_object(id) } else { GraphError::bad_token() };
        return Err(answer.into());
    };
    if !holds(account, token) {
        return Err(GraphError::bad_token().into());
    }
    let account = Arc::clone(account);
    Ok(whatsapp::messages(&world.into_inner(), &account, &body).await)
}

async fn upload(
    world: Data<World>,
    request: HttpRequest,
    path: Named,
    form: Multipart,
) -> Result<HttpResponse, Refused> {
    let account = enter(&world, &request, is_number(&path.1), &path.1).await?;
    Ok(files::upload(&world, &account, form).await)
}

/// `GET /{version}/{id}`: a media file, or the number itself (products check their settings with it).
async fn object(world: Data<World>, request: HttpRequest, path: Named) -> Result<HttpResponse, Refused> {
    let id = &path.1;
    if let Some(media) = world.shelf.get(id) {
        let account = enter(&world, &request, is_number(&media.account), id).await?;
        if account.switches().files_gone {
            return Err(GraphError::no_such_object(id).into());
        }
        return Ok(files::describe(&world, &media, &world.base_url));
    }
    let account = enter(&world, &request, is_number(id), id).await?;
    Ok(HttpResponse::Ok().json(number(&account)))
}

fn number(account: &AccountState) -> Value {
    json!({
        "id": account.config.key(),
        "display_phone_number": account.config.number(),
        "verified_name": "Simulated business",
        "quality_rating": "GREEN",
        "code_verification_status": "VERIFIED",
        "platform_type": "CLOUD_API",
        "throughput": { "level": "STANDARD" },
    })
}

async fn delete_object(
    world: Data<World>,
    request: HttpRequest,
    path: Named,
) -> Result<HttpResponse, Refused> {
    let id = &path.1;
    let media = world.shelf.get(id).ok_or_else(|| GraphError::no_such_object(id))?;
    enter(&world, &request, is_number(&media.account), id).await?;
    world.shelf.remove(id);
    Ok(HttpResponse::Ok().json(json!({ "success": true })))
}

async fn phone_numbers(
    world: Data<World>,
    request: HttpRequest,
    path: Named,
) -> Result<HttpResponse, Refused> {
    let waba = &path.1;
    enter(&world, &request, is_waba(waba), waba).await?;
    let numbers: Vec<Value> =
        world.accounts().iter().filter(|one| is_waba(waba)(&one.config)).map(|one| number(one)).collect();
    Ok(HttpResponse::Ok().json(json!({ "data": numbers })))
}

#[derive(Deserialize)]
struct TemplateFilter {
    limit: Option<usize>,
    after: Option<String>,
    status: Option<String>,
    name: Option<String>,
}

async fn templates(
    world: Data<World>,
    request: HttpRequest,
    path: Named,
    filter: Query<TemplateFilter>,
) -> Result<HttpResponse, Refused> {
    let account = enter(&world, &request, is_waba(&path.1), &path.1).await?;
    let all = lock(&account.templates).list(filter.status.as_deref(), filter.name.as_deref());
    // The cursor is the position to go on from; clients must treat it as opaque anyway.
    let start = filter.after.as_deref().and_then(|cursor| cursor.parse().ok()).unwrap_or(0_usize);
    let limit = filter.limit.unwrap_or(25).max(1);
    let page: Vec<&Value> = all.iter().skip(start).take(limit).collect();
    let end = start + page.len();
    let mut answer = json!({
        "data": page,
        "paging": { "cursors": { "before": start.to_string(), "after": end.to_string() } },
    });
    if end < all.len() {
        let next = format!("{}{}?limit={limit}&after={end}", world.base_url, request.path());
        answer["paging"]["next"] = next.into();
    }
    Ok(HttpResponse::Ok().json(answer))
}

async fn create_template(
    world: Data<World>,
    request: HttpRequest,
    path: Named,
    template: Json<Value>,
) -> Result<HttpResponse, Refused> {
    let account = enter(&world, &request, is_waba(&path.1), &path.1).await?;
    let created = lock(&account.templates).create(template.into_inner());
    let created = created.map_err(|error| error.answer())?;
    let world = world.into_inner();
    files::review_template(&world, &account, created["id"].as_str().unwrap_or_default());
    Ok(HttpResponse::Ok().json(json!({
        "id": created["id"], "status": "PENDING", "category": created["category"],
    })))
}

#[derive(Deserialize)]
struct TemplateName {
    name: String,
}

async fn delete_template(
    world: Data<World>,
    request: HttpRequest,
    path: Named,
    query: Query<TemplateName>,
) -> Result<HttpResponse, Refused> {
    let account = enter(&world, &request, is_waba(&path.1), &path.1).await?;
    if lock(&account.templates).delete(&query.name) {
        return Ok(HttpResponse::Ok().json(json!({ "success": true })));
    }
    Err(GraphError::new(100, format!("Message template {} does not exist", query.name)).answer().into())
}

/// `POST /{waba}/subscribed_apps` with an override: Meta shakes hands with the new URL before it accepts it.
async fn subscribe(
    world: Data<World>,
    request: HttpRequest,
    path: Named,
    body: Bytes,
) -> Result<HttpResponse, Refused> {
    let account = enter(&world, &request, is_waba(&path.1), &path.1).await?;
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    if let Some(url) = body["override_callback_uri"].as_str() {
        let token = body["verify_token"].as_str().unwrap_or_default();
        if handshake(&world, url, token).await != Some(true) {
            return Err(GraphError::new(100, "Callback verification failed").answer().into());
        }
        account.set_webhook(Webhook { url: url.to_owned(), headers: Vec::new() });
    }
    Ok(HttpResponse::Ok().json(json!({ "success": true })))
}

/// Whether the product echoes a challenge; `None` when it does not answer.
pub(crate) async fn handshake(world: &World, url: &str, verify_token: &str) -> Option<bool> {
    let challenge = graph_id();
    let query = [
        ("hub.mode", "subscribe"),
        ("hub.challenge", challenge.as_str()),
        ("hub.verify_token", verify_token),
    ];
    let request = world.client.get(url).query(&query).timeout(world.callback_timeout);
    let response = request.send().await.ok()?;
    let accepted = response.status().is_success();
    Some(accepted && response.text().await.ok()? == challenge)
}
