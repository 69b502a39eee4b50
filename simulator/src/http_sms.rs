//! An SMS gateway as small providers have them: JSON over HTTP with a bearer token; callbacks carry a shared secret in a header.

use std::sync::Arc;
use std::time::Duration;

use actix_web::web::{self, Data, Json, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::account::{AccountState, SendFault};
use crate::callbacks::Payload;
use crate::cloud_api::bearer;
use crate::config::Account;
use crate::phone::digits;
use crate::phone::handset::Handset;
use crate::sms::{self, News, Text};
use crate::whatsapp::HANGING;
use crate::whatsapp::inbound::Act;
use crate::world::World;

/// The header in which callbacks carry the secret.
const SECRET_HEADER: &str = "X-Switchboard-Secret";

pub(crate) fn routes(cfg: &mut ServiceConfig) {
    cfg.route("/http-sms/messages", web::post().to(send))
        .route("/http-sms/account", web::get().to(account))
        .route("/http-sms/files/{id}", web::get().to(file));
}

fn find(world: &World, request: &HttpRequest, from: Option<&str>) -> Option<Arc<AccountState>> {
    let given = bearer(request)?;
    let fits = |account: &&Arc<AccountState>| {
        matches!(&account.config, Account::HttpSms { token, number, .. }
            if account.takes(token, given) && from.is_none_or(|from| digits(from) == digits(number)))
    };
    world.accounts().iter().find(fits).cloned()
}

fn refused() -> HttpResponse {
    HttpResponse::Unauthorized().json(json!({ "error": { "message": "Unknown token" } }))
}

#[derive(Deserialize)]
struct Send {
    to: String,
    from: String,
    #[serde(default)]
    text: String,
    #[serde(default)]
    reference: String,
    #[serde(default)]
    media: Vec<String>,
}

async fn send(world: Data<World>, request: HttpRequest, send: Json<Send>) -> HttpResponse {
    let Some(account) = find(&world, &request, Some(&send.from)) else { return refused() };
    let world = world.into_inner();
    let switches = account.switches();
    if switches.answer_delay_ms > 0 {
        tokio::time::sleep(Duration::from_millis(switches.answer_delay_ms)).await;
    }
    let fault = account.next_send(&switches);
    match fault {
        _ if switches.down => return HttpResponse::ServiceUnavailable().finish(),
        SendFault::Throttle => return HttpResponse::TooManyRequests().finish(),
        SendFault::Fail => return HttpResponse::InternalServerError().finish(),
        SendFault::None | SendFault::Hang => {}
    }
    if !(7..=15).contains(&digits(&send.to).len()) {
        return HttpResponse::UnprocessableEntity()
            .json(json!({ "error": { "message": "No such number." } }));
    }
    let text = Text { to: &send.to, body: &send.text, reference: &send.reference, media: send.media.len() };
    let receipt = |id: &str, news: News| {
        let status = match news {
            News::Sent => "sent",
            News::Delivered => "delivered",
            News::Failed => "undelivered",
        };
        let mut body = json!({ "id": id, "reference": send.reference, "status": status,
            "from": account.config.number(), "to": send.to });
        if let (News::Failed, Some(body)) = (news, body.as_object_mut()) {
            body.insert("error".to_owned(), "The phone is off".into());
            body.insert("error_code".to_owned(), "absent".into());
        }
        callback(&account, &body)
    };
    let Some(accepted) = sms::accept(&world, &account, &switches, &text, receipt) else {
        return HttpResponse::UnprocessableEntity().json(json!({ "error": { "message": "Unsubscribed." } }));
    };
    if fault == SendFault::Hang {
        tokio::time::sleep(HANGING).await;
        return HttpResponse::GatewayTimeout().finish();
    }
    if let Some(told) = accepted.first_receipt {
        let _ = tokio::time::timeout(world.callback_timeout, told).await;
    }
    HttpResponse::Accepted().json(json!({ "id": accepted.id, "status": "accepted" }))
}

/// Says whether a token is good.
async fn account(world: Data<World>, request: HttpRequest) -> HttpResponse {
    match find(&world, &request, None) {
        None => refused(),
        Some(account) if account.switches().down => HttpResponse::ServiceUnavailable().finish(),
        Some(account) => {
            HttpResponse::Ok().json(json!({ "number": account.config.number(), "status": "active" }))
        }
    }
}

async fn file(world: Data<World>, request: HttpRequest, id: web::Path<String>) -> HttpResponse {
    let Some(account) = find(&world, &request, None) else { return refused() };
    match world.shelf.get(&id).filter(|media| media.account == account.key) {
        Some(media) => HttpResponse::Ok().content_type(media.mime_type.as_str()).body(media.bytes.clone()),
        None => HttpResponse::NotFound().finish(),
    }
}

/// A customer's text or file.
pub(crate) fn inbound(
    world: &World,
    account: &AccountState,
    handset: &mut Handset,
    id: &str,
    act: &Act,
) -> Payload {
    let body = sms::said(world, handset, act);
    let media: Vec<String> = match act {
        Act::File { media, .. } => vec![format!("{}/http-sms/files/{}", world.base_url, media.id)],
        _ => Vec::new(),
    };
    let message = json!({ "id": id, "from": format!("+{}", handset.number), "to": account.config.number(),
        "text": body, "media": media });
    callback(account, &message)
}

fn callback(account: &AccountState, body: &Value) -> Payload {
    let secret = match &account.config {
        Account::HttpSms { webhook_secret, .. } => webhook_secret.clone(),
        _ => String::new(),
    };
    let headers =
        vec![(SECRET_HEADER.to_owned(), secret), ("Content-Type".to_owned(), "application/json".to_owned())];
    Payload::Ready { url: account.webhook().url.clone(), headers, body: body.to_string() }
}
