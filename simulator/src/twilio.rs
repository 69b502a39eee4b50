//! Twilio's Programmable Messaging API, as far as a shared inbox uses it.

use std::sync::Arc;
use std::time::Duration;

use actix_web::web::{self, Bytes, Data, Path, Query, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use crate::account::{AccountState, SendFault};
use crate::config::Account;
use crate::media::Ticket;
use crate::refused::Refused;
use crate::whatsapp::HANGING;
use crate::world::World;

mod accept;
mod error;
pub(crate) mod inbound;
mod resource;
pub(crate) mod segments;

use error::TwilioError;

pub(crate) fn routes(cfg: &mut ServiceConfig) {
    cfg.route("/2010-04-01/Accounts/{sid}.json", web::get().to(account_resource))
        .route("/2010-04-01/Accounts/{sid}/IncomingPhoneNumbers.json", web::get().to(incoming_numbers))
        .route("/2010-04-01/Accounts/{sid}/Messages.json", web::post().to(create))
        .route("/2010-04-01/Accounts/{sid}/Messages.json", web::get().to(list))
        .route("/2010-04-01/Accounts/{sid}/Messages/{message}.json", web::get().to(fetch))
        .route("/2010-04-01/Accounts/{sid}/Messages/{message}/Media.json", web::get().to(media_list))
        .route("/2010-04-01/Accounts/{sid}/Messages/{message}/Media/{media}", web::get().to(media))
        .route("/twilio-storage", web::get().to(storage));
}

/// The numbers of the account whose sid and token the request carries.
async fn enter(world: &World, request: &HttpRequest, sid: &str) -> Result<Vec<Arc<AccountState>>, Refused> {
    let (user, password) = basic(request).ok_or_else(|| TwilioError::AUTHENTICATE.answer())?;
    let mine = |account: &&Arc<AccountState>| match &account.config {
        Account::Twilio { account_sid, auth_token, .. } => {
            *account_sid == sid && *account_sid == user && *auth_token == password
        }
        _ => false,
    };
    let numbers: Vec<_> = world.accounts().iter().filter(mine).cloned().collect();
    let Some(first) = numbers.first() else { return Err(TwilioError::AUTHENTICATE.answer().into()) };
    let switches = first.switches();
    if switches.answer_delay_ms > 0 {
        tokio::time::sleep(Duration::from_millis(switches.answer_delay_ms)).await;
    }
    if switches.down {
        return Err(TwilioError::UNAVAILABLE.answer().into());
    }
    Ok(numbers)
}

pub(crate) fn basic(request: &HttpRequest) -> Option<(String, String)> {
    let header = request.headers().get("Authorization")?.to_str().ok()?;
    let decoded = STANDARD.decode(header.strip_prefix("Basic ")?).ok()?;
    let text = String::from_utf8(decoded).ok()?;
    text.split_once(':').map(|(user, password)| (user.to_owned(), password.to_owned()))
}

async fn create(
    world: Data<World>,
    request: HttpRequest,
    sid: Path<String>,
    body: Bytes,
) -> Result<HttpResponse, Refused> {
    let numbers = enter(&world, &request, &sid).await?;
    let world = world.into_inner();
    let form: Vec<(String, String)> = form_urlencoded::parse(&body).into_owned().collect();
    let account = accept::sender(&numbers, &form).map_err(|error| error.answer())?;
    let switches = account.switches();
    let fault = account.next_send(&switches);
    match fault {
        SendFault::Throttle => return Err(TwilioError::TOO_MANY.answer().into()),
        SendFault::Fail => return Err(TwilioError::INTERNAL.answer().into()),
        SendFault::None | SendFault::Hang => {}
    }
    let accepted = accept::accept(&world, &account, &switches, &form).map_err(|error| error.answer())?;
    if fault == SendFault::Hang {
        tokio::time::sleep(HANGING).await;
        return Err(HttpResponse::GatewayTimeout().finish().into());
    }
    if let Some(told) = accepted.first_status {
        // Bounded: the product may well wait for this answer before it answers the callback.
        let _ = tokio::time::timeout(world.callback_timeout, told).await;
    }
    Ok(HttpResponse::Created().json(accepted.answer))
}

async fn account_resource(
    world: Data<World>,
    request: HttpRequest,
    sid: Path<String>,
) -> Result<HttpResponse, Refused> {
    enter(&world, &request, &sid).await?;
    Ok(HttpResponse::Ok().json(json!({
        "sid": *sid, "friendly_name": "Simulated account", "status": "active", "type": "Full",
        "uri": format!("/2010-04-01/Accounts/{sid}.json"),
    })))
}

#[derive(serde::Deserialize)]
struct Number {
    #[serde(rename = "PhoneNumber")]
    phone_number: Option<String>,
}

/// The account's numbers, or the one asked for.
async fn incoming_numbers(
    world: Data<World>,
    request: HttpRequest,
    sid: Path<String>,
    wanted: Query<Number>,
) -> Result<HttpResponse, Refused> {
    let numbers = enter(&world, &request, &sid).await?;
    let shown: Vec<_> = numbers
        .iter()
        .map(|account| account.config.number())
        .filter(|number| wanted.phone_number.as_deref().is_none_or(|wanted| wanted == *number))
        .map(|number| {
            json!({ "account_sid": *sid, "phone_number": number, "friendly_name": number,
                "capabilities": { "sms": true, "mms": true, "voice": false } })
        })
        .collect();
    Ok(HttpResponse::Ok().json(json!({ "incoming_phone_numbers": shown, "page": 0, "page_size": 50 })))
}

async fn fetch(
    world: Data<World>,
    request: HttpRequest,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Refused> {
    let (sid, id) = path.into_inner();
    let numbers = enter(&world, &request, &sid).await?;
    let found = resource::find(&numbers, |message| *message.id == *id);
    found.into_iter().next().map(|message| HttpResponse::Ok().json(message)).ok_or_else(|| {
        TwilioError::not_found(&format!("/2010-04-01/Accounts/{sid}/Messages/{id}.json")).answer().into()
    })
}

#[derive(serde::Deserialize)]
struct Filter {
    #[serde(rename = "To")]
    to: Option<String>,
    #[serde(rename = "From")]
    from: Option<String>,
    #[serde(rename = "PageSize")]
    page_size: Option<usize>,
}

/// Newest first, one page: a product looks here for sends it never got an answer to.
async fn list(
    world: Data<World>,
    request: HttpRequest,
    sid: Path<String>,
    filter: Query<Filter>,
) -> Result<HttpResponse, Refused> {
    let numbers = enter(&world, &request, &sid).await?;
    let page_size = filter.page_size.unwrap_or(50).clamp(1, 1000);
    let mut messages = resource::find(&numbers, |_| true);
    let matches = |wanted: &Option<String>, value: &serde_json::Value| {
        wanted.as_deref().is_none_or(|wanted| value == wanted)
    };
    messages.retain(|message| matches(&filter.to, &message["to"]) && matches(&filter.from, &message["from"]));
    messages.truncate(page_size);
    let uri = format!("/2010-04-01/Accounts/{sid}/Messages.json?PageSize={page_size}&Page=0");
    Ok(HttpResponse::Ok().json(json!({
        "messages": messages, "page": 0, "page_size": page_size, "start": 0,
        "end": messages.len().saturating_sub(1), "first_page_uri": uri, "uri": uri,
        "next_page_uri": null, "previous_page_uri": null,
    })))
}

async fn media_list(
    world: Data<World>,
    request: HttpRequest,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Refused> {
    let (sid, id) = path.into_inner();
    let numbers = enter(&world, &request, &sid).await?;
    let files = resource::media_of(&world, &numbers, &sid, &id);
    let uri = format!("/2010-04-01/Accounts/{sid}/Messages/{id}/Media.json");
    Ok(HttpResponse::Ok().json(json!({
        "media_list": files, "page": 0, "page_size": 50, "start": 0, "end": 0,
        "first_page_uri": uri, "uri": uri, "next_page_uri": null, "previous_page_uri": null,
    })))
}

/// Redirects to storage, where no credentials are wanted but the URL is short-lived.
async fn media(
    world: Data<World>,
    request: HttpRequest,
    path: Path<(String, String, String)>,
) -> Result<HttpResponse, Refused> {
    let (sid, _, media) = path.into_inner();
    let numbers = enter(&world, &request, &sid).await?;
    let owned =
        world.shelf.get(&media).is_some_and(|media| numbers.iter().any(|one| one.key == media.account));
    if !owned {
        return Err(TwilioError::not_found(request.path()).answer().into());
    }
    let location = format!("{}/twilio-storage?{}", world.base_url, world.shelf.ticket(&media, &world.clock));
    Ok(HttpResponse::TemporaryRedirect().insert_header(("Location", location)).finish())
}

async fn storage(world: Data<World>, ticket: Query<Ticket>) -> HttpResponse {
    world.shelf.redeem(&ticket, &world.clock).map_or_else(
        || HttpResponse::Forbidden().finish(),
        |media| HttpResponse::Ok().content_type(media.mime_type.as_str()).body(media.bytes.clone()),
    )
}
