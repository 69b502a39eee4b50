//! Message and media resources as Twilio's REST API shows them.

use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use actix_web::http::header::HttpDate;
use serde_json::{Value, json};

use super::inbound::account_sid;
use super::segments::segments;
use crate::account::AccountState;
use crate::phone::handset::{Message, Tick};
use crate::world::World;

pub(super) fn resource(
    account: &AccountState,
    customer: &str,
    message: &Message,
    status: &str,
    media: usize,
) -> Value {
    let date = rfc2822(message.at_ms);
    let (business, customer) = (account.config.number().to_owned(), format!("+{customer}"));
    let (from, to) = if message.from_customer { (customer, business) } else { (business, customer) };
    let path = format!("/2010-04-01/Accounts/{}/Messages/{}", account_sid(account), message.id);
    json!({
        "account_sid": account_sid(account),
        "api_version": "2010-04-01",
        "body": message.body,
        "date_created": date,
        "date_sent": date,
        "date_updated": date,
        "direction": if message.from_customer { "inbound" } else { "outbound-api" },
        "error_code": null,
        "error_message": null,
        "from": from,
        "messaging_service_sid": null,
        "num_media": media.to_string(),
        "num_segments": segments(&message.body).to_string(),
        "price": null,
        "price_unit": "USD",
        "sid": message.id,
        "status": status,
        "subresource_uris": { "media": format!("{path}/Media.json") },
        "to": to,
        "uri": format!("{path}.json"),
    })
}

/// Messages of these numbers that `wanted` picks, newest first.
pub(super) fn find(numbers: &[Arc<AccountState>], wanted: impl Fn(&Message) -> bool) -> Vec<Value> {
    let mut found = Vec::new();
    for account in numbers {
        account.each_phone(|handset| {
            for message in handset.thread.iter().filter(|message| wanted(message)) {
                let status = match (message.from_customer, message.tick) {
                    (true, _) => "received",
                    (false, Tick::Failed) => "undelivered",
                    (false, _) => "delivered",
                };
                let media = usize::from(message.media.is_some());
                found.push((message.at_ms, resource(account, &handset.number, message, status, media)));
            }
        });
    }
    found.sort_by_key(|(at_ms, _)| std::cmp::Reverse(*at_ms));
    found.into_iter().map(|(_, message)| message).collect()
}

/// The files of one message.
pub(super) fn media_of(
    world: &World,
    numbers: &[Arc<AccountState>],
    sid: &str,
    message_id: &str,
) -> Vec<Value> {
    let mut files = Vec::new();
    for account in numbers {
        account.each_phone(|handset| {
            if let Some(media) = handset.message_mut(message_id).and_then(|message| message.media.clone()) {
                files.push(json!({
                    "account_sid": sid,
                    "content_type": media.mime_type,
                    "date_created": world.clock.rfc2822(),
                    "date_updated": world.clock.rfc2822(),
                    "parent_sid": message_id,
                    "sid": media.id,
                    "uri": format!("/2010-04-01/Accounts/{sid}/Messages/{message_id}/Media/{}.json", media.id),
                }));
            }
        });
    }
    files
}

fn rfc2822(at_ms: u64) -> String {
    HttpDate::from(UNIX_EPOCH + Duration::from_millis(at_ms)).to_string().replace("GMT", "+0000")
}
