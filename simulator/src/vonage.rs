//! Vonage's SMS API: sends, balance and numbers, signed callbacks. Every answer to a send is HTTP 200; the verdict is inside.

use std::sync::Arc;
use std::time::Duration;

use actix_web::web::{self, Bytes, Data, Query, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Value, json};

use crate::account::{AccountState, SendFault};
use crate::callbacks::Payload;
use crate::config::Account;
use crate::phone::digits;
use crate::phone::handset::Handset;
use crate::signature::vonage_signature;
use crate::sms::{self, News, Text};
use crate::twilio::basic;
use crate::whatsapp::HANGING;
use crate::whatsapp::inbound::Act;
use crate::world::World;

type Params = Vec<(String, String)>;

pub(crate) fn routes(cfg: &mut ServiceConfig) {
    cfg.route("/sms/json", web::post().to(send))
        .route("/account/get-balance", web::get().to(balance))
        .route("/account/numbers", web::get().to(numbers));
}

fn holds(account: &AccountState, key: &str, secret: &str) -> bool {
    matches!(&account.config, Account::Vonage { api_key, api_secret, .. } if api_key == key && api_secret == secret)
}

fn value<'a>(params: &'a Params, name: &str) -> &'a str {
    params.iter().find(|(field, _)| field == name).map_or("", |(_, value)| value.as_str())
}

fn verdict(status: &str, words: &str) -> HttpResponse {
    HttpResponse::Ok()
        .json(json!({ "message-count": "1", "messages": [{ "status": status, "error-text": words }] }))
}

async fn send(world: Data<World>, body: Bytes) -> HttpResponse {
    let form: Params = form_urlencoded::parse(&body).into_owned().collect();
    let mine: Vec<_> = world
        .accounts()
        .iter()
        .filter(|account| holds(account, value(&form, "api_key"), value(&form, "api_secret")))
        .collect();
    if mine.is_empty() {
        return verdict("4", "Bad Credentials");
    }
    let from = digits(value(&form, "from"));
    let Some(account) = mine.into_iter().find(|account| digits(account.config.number()) == from).cloned()
    else {
        return verdict("15", "Illegal Sender Address - rejected");
    };
    let world = world.into_inner();
    let switches = account.switches();
    if switches.answer_delay_ms > 0 {
        tokio::time::sleep(Duration::from_millis(switches.answer_delay_ms)).await;
    }
    let fault = account.next_send(&switches);
    match fault {
        _ if switches.down => return HttpResponse::ServiceUnavailable().finish(),
        SendFault::Throttle => return verdict("1", "Throughput Rate Exceeded"),
        SendFault::Fail => return verdict("5", "Internal Error"),
        SendFault::None | SendFault::Hang => {}
    }
    let to = value(&form, "to");
    if !(7..=15).contains(&to.len()) || to != digits(to) {
        return verdict("3", "Invalid value for parameter: to");
    }
    if value(&form, "text").is_empty() {
        return verdict("2", "Missing Message Body");
    }
    let reference = value(&form, "client-ref");
    let callback = Some(value(&form, "callback")).filter(|url| !url.is_empty()).map(str::to_owned);
    let text = Text { to, body: value(&form, "text"), reference, media: 0 };
    let receipts = Receipts { account: &account, url: callback, to, reference };
    let Some(accepted) =
        sms::accept(&world, &account, &switches, &text, |id, news| receipts.payload(&world, id, news))
    else {
        return verdict("7", "Number barred.");
    };
    if fault == SendFault::Hang {
        tokio::time::sleep(HANGING).await;
        return HttpResponse::GatewayTimeout().finish();
    }
    if let Some(told) = accepted.first_receipt {
        let _ = tokio::time::timeout(world.callback_timeout, told).await;
    }
    HttpResponse::Ok().json(json!({ "message-count": "1", "messages": [{
        "to": to, "message-id": accepted.id, "status": "0", "remaining-balance": "38.07243628",
        "message-price": "0.04120000", "network": "23420",
    }] }))
}

struct Receipts<'a> {
    account: &'a AccountState,
    url: Option<String>,
    to: &'a str,
    reference: &'a str,
}

impl Receipts<'_> {
    fn payload(&self, world: &World, id: &str, news: News) -> Payload {
        let (status, code) = match news {
            News::Sent => ("accepted", "0"),
            News::Delivered => ("delivered", "0"),
            News::Failed => ("failed", "3"),
        };
        let url = self.url.clone().unwrap_or_else(|| self.account.webhook().url.clone());
        signed(
            world,
            self.account,
            url,
            &[
                ("msisdn", self.to),
                ("to", &digits(self.account.config.number())),
                ("network-code", "23420"),
                ("messageId", id),
                ("price", "0.04120000"),
                ("status", status),
                ("scts", "2001011400"),
                ("err-code", code),
                ("client-ref", self.reference),
            ],
        )
    }
}

/// A customer's text as a form.
pub(crate) fn inbound(
    world: &World,
    account: &AccountState,
    handset: &mut Handset,
    id: &str,
    act: &Act,
) -> Payload {
    let body = sms::said(world, handset, act);
    let number = handset.number.to_string();
    let keyword = body.split_whitespace().next().unwrap_or_default().to_uppercase();
    let kind = if body.is_ascii() { "text" } else { "unicode" };
    let url = account.webhook().url.clone();
    signed(
        world,
        account,
        url,
        &[
            ("msisdn", &number),
            ("to", &digits(account.config.number())),
            ("messageId", id),
            ("text", body),
            ("type", kind),
            ("keyword", &keyword),
        ],
    )
}

fn signed(world: &World, account: &AccountState, url: String, fields: &[(&str, &str)]) -> Payload {
    let Account::Vonage { api_key, signature_secret, .. } = &account.config else {
        return Payload::Ready { url, headers: Vec::new(), body: String::new() };
    };
    let mut params: Params =
        fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    params.push(("api-key".to_owned(), api_key.clone()));
    params.push(("message-timestamp".to_owned(), world.clock.plain()));
    params.push(("timestamp".to_owned(), world.clock.seconds().to_string()));
    params.push(("nonce".to_owned(), hex::encode(rand::random::<[u8; 16]>())));
    params.push(("sig".to_owned(), vonage_signature(signature_secret, &params)));
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(&params).finish();
    let headers = vec![
        ("Content-Type".to_owned(), "application/x-www-form-urlencoded; charset=UTF-8".to_owned()),
        ("User-Agent".to_owned(), "Vonage/MessagingHUB/v1.0".to_owned()),
    ];
    Payload::Ready { url, headers, body }
}

fn mine(world: &World, request: &HttpRequest, query: &Params) -> Vec<Arc<AccountState>> {
    let basic = basic(request);
    let (key, secret) = match &basic {
        Some((key, secret)) => (key.as_str(), secret.as_str()),
        None => (value(query, "api_key"), value(query, "api_secret")),
    };
    world.accounts().iter().filter(|account| holds(account, key, secret)).cloned().collect()
}

fn refused() -> HttpResponse {
    HttpResponse::Unauthorized()
        .json(json!({ "error-code": "401", "error-code-label": "authentication failed" }))
}

async fn balance(world: Data<World>, request: HttpRequest, query: Query<Params>) -> HttpResponse {
    match mine(&world, &request, &query).first() {
        None => refused(),
        Some(account) if account.switches().down => HttpResponse::ServiceUnavailable().finish(),
        Some(_) => HttpResponse::Ok().json(json!({ "value": 38.072_436_28, "autoReload": false })),
    }
}

async fn numbers(world: Data<World>, request: HttpRequest, query: Query<Params>) -> HttpResponse {
    let mine = mine(&world, &request, &query);
    if mine.is_empty() {
        return refused();
    }
    let pattern = value(&query, "pattern");
    let numbers: Vec<Value> = mine
        .iter()
        .map(|account| digits(account.config.number()))
        .filter(|number| number.contains(pattern))
        .map(|number| json!({ "country": "GB", "msisdn": number, "type": "mobile-lvn", "features": ["SMS"] }))
        .collect();
    HttpResponse::Ok().json(json!({ "count": numbers.len(), "numbers": numbers }))
}
