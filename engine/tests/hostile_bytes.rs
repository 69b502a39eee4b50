//! Whatever bytes arrive, nothing panics; and of a batch with one corrupted part, all other parts arrive.

#![expect(clippy::unwrap_used, reason = "a test that panics is a test that fails")]

use proptest::prelude::*;
use serde_json::{Value, json};
use std::path::PathBuf;
use switchboard_engine::channels::{Delivery, Event, sms, webchat, whatsapp};
use switchboard_engine::phone;

proptest! {
    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..400), status in 0_u16..700) {
        everything(&bytes, status);
    }

    #[test]
    fn any_text(text in any::<String>(), other in any::<String>()) {
        everything(text.as_bytes(), 400);
        let _ = webchat::content(&text);
        let _ = sms::segments::count(&text);
        let _ = phone::from_digits(&text);
        let _ = whatsapp::signature::handshake(&text, &other);
        let _ = sms::signature::verify("token", Some(&text), &other, text.as_bytes(), &other);
        let _ = sms::signature::verify("token", Some("AAAA"), &format!("https://{text}?{other}"), b"", "");
        let _ = whatsapp::signature::verify(&other, Some(&text), text.as_bytes());
    }

    #[test]
    fn any_number(text in "[-+() .0-9٠-٩０-９x;=:a-z]{0,40}", country in "[A-Za-z]{0,3}") {
        let _ = phone::parse(&text, &country);
    }

    #[test]
    fn changed_payloads(
        at in any::<prop::sample::Index>(),
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0_usize..4), 1..6),
    ) {
        let payloads = payloads();
        let mut bytes = at.get(&payloads).clone();
        for (place, byte, way) in edits {
            if bytes.is_empty() {
                break;
            }
            let place = place.index(bytes.len());
            match way {
                0 => bytes[place] = byte,
                1 => bytes.insert(place, byte),
                2 => { bytes.remove(place); }
                _ => bytes.truncate(place),
            }
        }
        everything(&bytes, 200);
    }

    #[test]
    fn any_json_in_any_place(mut body in batch(), junk in any_json(), place in any::<prop::sample::Index>()) {
        let places = places(&body);
        *body.pointer_mut(place.get(&places[..]).as_str()).unwrap() = junk;
        everything(body.to_string().as_bytes(), 200);
    }

    /// Entry, change or message number `broken` becomes something else; every message outside of it arrives, in order.
    #[test]
    fn siblings_of_a_corrupted_part_arrive(
        mut body in batch(),
        junk in any_json(),
        place in any::<prop::sample::Index>(),
    ) {
        let siblings: Vec<String> =
            places(&body).into_iter().filter(|place| ends_in_number(place)).collect();
        let place = place.get(&siblings[..]).as_str();
        let inside = ids_in(body.pointer(place).unwrap());
        let outside: Vec<String> = ids_in(&body).into_iter().filter(|id| !inside.contains(id)).collect();
        *body.pointer_mut(place).unwrap() = junk;
        let delivery = whatsapp::parse::webhook(body.to_string().as_bytes()).unwrap();
        prop_assert_eq!(ids(&delivery), outside);
    }
}

/// Every function that takes bytes of strangers.
fn everything(bytes: &[u8], status: u16) {
    let _ = whatsapp::parse::webhook(bytes);
    let _ = sms::parse::webhook(bytes, &String::from_utf8_lossy(bytes));
    let _ = whatsapp::outcome::of(status, None, bytes);
    let _ = sms::outcome::of(status, None, bytes);
    for kind in ["application/json", "application/x-www-form-urlencoded"] {
        let _ = sms::gateway::parse::webhook(kind, bytes);
        if let Some(params) = sms::vonage::params::Params::read("", kind, bytes) {
            let _ = sms::vonage::parse::webhook(&params);
            let _ = sms::vonage::signature::verify("key", sms::vonage::signature::Method::Sha256, &params);
        }
    }
    let _ = sms::vonage::outcome::of(status, None, bytes);
    let _ = sms::gateway::outcome::of(&String::from_utf8_lossy(bytes), status, None, bytes);
    let _ = whatsapp::outcome::media_info(bytes);
    let _ = whatsapp::outcome::uploaded_media_id(bytes);
    let _ = phone::parse(&String::from_utf8_lossy(bytes), "GB");
}

fn payloads() -> Vec<Vec<u8>> {
    let directory = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/fixtures/whatsapp"));
    std::fs::read_dir(directory).unwrap().map(|entry| std::fs::read(entry.unwrap().path()).unwrap()).collect()
}

/// A webhook with several entries, changes and messages; the messages' ids count up.
fn batch() -> impl Strategy<Value = Value> {
    let entries = prop::collection::vec(prop::collection::vec(1_usize..4, 1..4), 1..4);
    entries.prop_map(|entries| {
        let mut id = 0;
        let mut message = || {
            id += 1;
            json!({"id": id.to_string(), "from": "16505551234", "timestamp": "1749416383", "type": "text", "text": {"body": "hi"}})
        };
        let entries: Vec<Value> = entries
            .into_iter()
            .map(|changes| {
                let changes: Vec<Value> = changes
                    .into_iter()
                    .map(|count| {
                        let messages: Vec<Value> = (0..count).map(|_| message()).collect();
                        json!({"field": "messages", "value": {"metadata": {"phone_number_id": "1"}, "messages": messages}})
                    })
                    .collect();
                json!({"id": "waba", "changes": changes})
            })
            .collect();
        json!({"object": "whatsapp_business_account", "entry": entries})
    })
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::String),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map("[a-z_]{1,8}", inner, 0..4)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

/// JSON pointers to every value in `body`.
fn places(body: &Value) -> Vec<String> {
    let inner: Vec<(String, &Value)> = match body {
        Value::Object(fields) => fields.iter().map(|(key, value)| (key.clone(), value)).collect(),
        Value::Array(items) => items.iter().enumerate().map(|(i, value)| (i.to_string(), value)).collect(),
        _ => Vec::new(),
    };
    let below = |(key, value): (String, &Value)| {
        let deeper: Vec<String> = places(value).into_iter().map(|place| format!("/{key}{place}")).collect();
        std::iter::once(format!("/{key}")).chain(deeper).collect::<Vec<_>>()
    };
    inner.into_iter().flat_map(below).collect()
}

/// Whether a place is an item of a list: entry, change or message.
fn ends_in_number(place: &str) -> bool {
    place.rsplit('/').next().is_some_and(|last| last.parse::<usize>().is_ok())
}

/// The ids of all messages anywhere in `value`, in order.
fn ids_in(value: &Value) -> Vec<String> {
    match value {
        Value::Object(fields) if fields.contains_key("from") => {
            vec![fields["id"].as_str().unwrap().to_owned()]
        }
        Value::Object(fields) => fields.values().flat_map(ids_in).collect(),
        Value::Array(items) => items.iter().flat_map(ids_in).collect(),
        _ => Vec::new(),
    }
}

fn ids(delivery: &Delivery) -> Vec<String> {
    let id = |event: &Event| match event {
        Event::Message(message) => Some(message.provider_message_id.clone()),
        _ => None,
    };
    delivery.events.iter().filter_map(|addressed| id(&addressed.event)).collect()
}
