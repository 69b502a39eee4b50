//! What the page shows, as one JSON document. Load tests make thousands of phones, so both lengths are bounded.

use serde_json::{Value, json};

use crate::account::AccountState;
use crate::clock::micros;
use crate::config::Provider;
use crate::lock::lock;
use crate::phone::handset::{Handset, Tick};
use crate::simulator::Simulator;

const PHONES: usize = 24;
const MESSAGES: usize = 100;
const TEMPLATES: usize = 50;
const CARE_WINDOW_MS: u64 = 24 * 3_600_000;

pub(super) fn state(sim: &Simulator) -> Value {
    let now_ms = micros(sim.now()) / 1_000;
    let accounts: Vec<Value> = sim
        .world
        .accounts()
        .iter()
        .map(|account| {
            let provider = account.provider();
            let mut phones = Vec::new();
            account.each_phone(|handset| {
                if handset.owned || !handset.thread.is_empty() {
                    let last = handset.thread.last().map_or(0, |message| message.at_ms);
                    phones.push((last, handset.number.to_string()));
                }
            });
            let total = phones.len();
            if total > PHONES {
                phones.sort_unstable_by(|a, b| b.cmp(a));
                phones.truncate(PHONES);
            }
            // A steady order: phones must not jump about while somebody types on one.
            phones.sort_unstable_by(|(_, a), (_, b)| a.cmp(b));
            let shown: Vec<Value> = phones
                .iter()
                .filter_map(|(_, number)| {
                    account.with_known_phone(number, |phone| view(phone, provider, now_ms))
                })
                .collect();
            json!({
                "key": account.key, "provider": provider, "number": account.config.number(),
                "switches": *account.switches(), "phones": shown, "phones_total": total,
                "templates": templates(account),
            })
        })
        .collect();
    json!({
        "now_ms": now_ms,
        "offset_seconds": sim.clock_offset().as_secs(),
        "accounts": accounts,
        "callbacks": sim.callbacks(),
        "accepted": sim.journal_len(),
    })
}

/// What the page lets a person approve or pause.
fn templates(account: &AccountState) -> Vec<Value> {
    if !matches!(account.provider(), Provider::CloudApi | Provider::Dialog360) {
        return Vec::new();
    }
    let all = lock(&account.templates).list(None, None);
    let shown = all.iter().take(TEMPLATES);
    shown
        .map(|one| json!({ "name": one["name"], "language": one["language"], "status": one["status"] }))
        .collect()
}

fn view(handset: &Handset, provider: Provider, now_ms: u64) -> Value {
    let visible =
        handset.thread.iter().filter(|message| message.from_customer || message.tick != Tick::Failed);
    let unread =
        visible.clone().filter(|message| !message.from_customer && message.tick < Tick::Read).count();
    let skipped = visible.clone().count().saturating_sub(MESSAGES);
    let thread: Vec<_> = visible.skip(skipped).collect();
    let window_ends_ms = match provider {
        sms if sms.is_sms() => None,
        _ => Some(handset.last_inbound.map_or(0, |at| at / 1_000 + CARE_WINDOW_MS)),
    };
    json!({
        "number": format!("+{}", handset.number), "name": handset.name,
        "reachable": handset.reachable, "auto_read": handset.auto_read, "opted_out": handset.opted_out,
        "typing": handset.typing_until / 1_000 > now_ms, "unread": unread,
        "window_ends_ms": window_ends_ms, "thread": thread,
    })
}
