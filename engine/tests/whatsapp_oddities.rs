//! WhatsApp payloads that no example shows but that arrive: groups, people without number, cut texts, unknown types, broken parts.

#![expect(clippy::unwrap_used, reason = "a test that panics is a test that fails")]

use serde_json::{Value, json};
use switchboard_engine::channels::whatsapp::parse;
use switchboard_engine::channels::{Event, InboundMessage};
use switchboard_engine::message::MessageKind;
use switchboard_engine::receipt::Status;

#[test]
fn group_messages_and_their_statuses_are_ignored() {
    let ignored = Event::Ignored { reason: "whatsapp_group" };
    let group = json!({"from": "16505551234", "group_id": "Y2FwaV9ncm91", "id": "wamid.1", "type": "text", "text": {"body": "hi"}});
    assert_eq!(events(&json!({"messages": [group]})), std::slice::from_ref(&ignored));
    let status =
        json!({"id": "wamid.1", "status": "read", "recipient_type": "group", "recipient_id": "Y2FwaV9ncm91"});
    assert_eq!(events(&json!({"statuses": [status]})), [ignored]);
}

#[test]
fn a_sender_is_found_by_user_id_then_phone_and_strangers_stay_apart() {
    let contacts = json!([
        {"wa_id": "16505551234", "user_id": "US.1", "profile": {"name": "Ann"}},
        {"wa_id": "", "user_id": "US.2", "profile": {"username": "@bob"}},
    ]);
    let from = |who: Value| {
        let mut message = json!({"id": "wamid.1", "type": "text", "text": {"body": "hi"}});
        message.as_object_mut().unwrap().extend(who.as_object().unwrap().clone());
        let message = only_message(&json!({"contacts": contacts, "messages": [message]}));
        let marks: Vec<String> = message.from.iter().map(|i| i.value().to_owned()).collect();
        (marks, message.reply_address, message.profile_name)
    };
    let ann = (
        vec!["US.1".to_owned(), "+16505551234".to_owned()],
        "16505551234".to_owned(),
        Some("Ann".to_owned()),
    );
    assert_eq!(from(json!({"from": "16505551234"})), ann);
    assert_eq!(from(json!({"from": 16_505_551_234_u64, "from_user_id": "US.1"})), ann);
    let bob = (vec!["US.2".to_owned()], "US.2".to_owned(), Some("@bob".to_owned()));
    assert_eq!(from(json!({"from": "", "from_user_id": "US.2"})), bob);
    assert_eq!(from(json!({"from_user_id": "US.2"})), bob);
    let stranger = (vec!["+447400123456".to_owned()], "447400123456".to_owned(), None);
    assert_eq!(from(json!({"from": "447400123456"})), stranger);
}

#[test]
fn nobody_is_not_a_sender() {
    for from in [json!(""), json!("  "), json!("\u{0} \u{0}"), Value::Null, json!({})] {
        let message = json!({"id": "wamid.1", "from": from, "type": "text", "text": {"body": "hi"}});
        let events = events(&json!({"contacts": [{"wa_id": "", "user_id": ""}], "messages": [message]}));
        assert!(matches!(&events[..], [Event::Malformed { .. }]), "{from}: {events:?}");
    }
}

#[test]
fn an_unknown_type_is_kept_whole() {
    let message = with_type("poll_creation", &json!({"question": "Tea?"}));
    assert_eq!(message.content.kind, MessageKind::Unsupported);
    assert_eq!(message.content.text, "Unsupported message (poll_creation)");
    assert_eq!(message.content.extra.unwrap()["raw"]["poll_creation"]["question"], "Tea?");
}

#[test]
fn a_known_type_in_an_unknown_form_is_kept_whole() {
    for (kind, body) in [
        ("text", json!({})),
        ("text", json!({"body": 7})),
        ("image", json!({"caption": "no id"})),
        ("location", json!("nowhere")),
        ("contacts", json!({})),
        ("interactive", json!({"type": "call_permission_reply", "call_permission_reply": {}})),
        ("reaction", json!({"emoji": "👍"})),
        ("order", Value::Null),
        ("system", json!({})),
        ("edit", json!({"original_message_id": "wamid.0"})),
        ("revoke", json!([])),
    ] {
        let message = with_type(kind, &body);
        assert_eq!(message.content.kind, MessageKind::Unsupported, "{kind} {body}");
        assert_eq!(message.content.extra.unwrap()["raw"][kind], body, "{kind} {body}");
    }
}

#[test]
fn readable_texts() {
    let text = |kind: &str, body: Value| with_type(kind, &body).content.text;
    assert_eq!(text("location", json!({"latitude": 51.5, "longitude": -0.12})), "51.5, -0.12");
    assert_eq!(text("contacts", json!([{}, {"name": {"formatted_name": "Jo"}}])), "Contact card\nJo");
    assert_eq!(text("reaction", json!({"message_id": "wamid.0", "emoji": ""})), "Reaction removed");
    let flow = json!({"type": "nfm_reply", "nfm_reply": {"body": "Sent", "response_json": "not json"}});
    assert_eq!(text("interactive", flow), "Sent");
    let order = json!({"text": "Quick please", "product_items": [{"quantity": 1, "product_retailer_id": "x", "item_price": 2.5, "currency": "GBP"}]});
    assert_eq!(text("order", order), "Order: 1 item\nQuick please\n1 × x at 2.5 GBP");
    assert_eq!(text("system", json!({"type": "user_changed_user_id"})), "user changed user id");
    let edit =
        json!({"original_message_id": "wamid.0", "message": {"type": "text", "text": {"body": "new"}}});
    assert_eq!(text("edit", edit), "Edited: new");
}

#[test]
fn texts_that_no_database_takes_are_mended() {
    let body = br#"{"entry":[{"changes":[{"field":"messages","value":{
        "contacts":[{"wa_id":"16505551234","profile":{"name":"Cut \ud83d"}}],
        "messages":[{"id":"wamid.1","from":"16505551234","type":"text","text":{"body":"a\u0000b \ud83d\ude00 \ude00"}}]
    }}]}]}"#;
    let delivery = parse::webhook(body).unwrap();
    let Event::Message(message) = &delivery.events[0].event else { panic!("{delivery:?}") };
    assert_eq!(message.content.text, "ab 😀 \u{fffd}");
    assert_eq!(message.profile_name.as_deref(), Some("Cut \u{fffd}"));
}

#[test]
fn statuses() {
    let status = |status: &str| {
        let update = json!({"id": "wamid.1", "status": status, "timestamp": 1_749_416_383, "biz_opaque_callback_data": "42"});
        events(&json!({"statuses": [update]})).remove(0)
    };
    let Event::Status(played) = status("played") else { panic!() };
    assert_eq!((played.status, played.our_message_id.as_deref()), (Status::Read, Some("42")));
    assert_eq!(status("deleted"), Event::Ignored { reason: "whatsapp_status_deleted" });
    assert!(matches!(status("warned"), Event::Malformed { .. }));
    let Event::Status(failed) = status("failed") else { panic!() };
    assert_eq!(failed.failure.unwrap().code, "unknown");
}

#[test]
fn broken_parts_do_not_take_their_siblings_along() {
    let good = |id: &str| json!({"id": id, "from": "16505551234", "type": "text", "text": {"body": "hi"}});
    let change = |value: Value| json!({"field": "messages", "value": value});
    let body = json!({"entry": [
        7,
        {"id": "no changes"},
        {"changes": [
            ["messages", {"messages": []}],
            {"field": "messages"},
            change(json!(null)),
            change(json!({"messages": [good("1"), ["a list", "16505551234"], good("2"), {"from": "1"}, null, good("3")], "metadata": 3, "contacts": "none"})),
            change(json!({"messages": {"not": "a list"}, "statuses": [1, {"id": "4", "status": "sent"}]})),
        ]},
        {"changes": [change(json!({"messages": [good("5")]}))]},
    ]});
    let delivery = parse::webhook(body.to_string().as_bytes()).unwrap();
    let understood: Vec<&str> = delivery
        .events
        .iter()
        .filter_map(|addressed| match &addressed.event {
            Event::Message(message) => Some(message.provider_message_id.as_str()),
            Event::Status(update) => Some(update.provider_message_id.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(understood, ["1", "2", "3", "4", "5"]);
    let malformed = delivery.events.iter().filter(|a| matches!(a.event, Event::Malformed { .. })).count();
    assert_eq!(malformed, 10, "{delivery:#?}");
}

#[test]
fn what_is_no_webhook_is_refused() {
    for body in ["", "null", "[]", "{}", r#"{"entry":{}}"#, r#"{"entry":[}"#, "[[]]", "\u{0}"] {
        assert!(parse::webhook(body.as_bytes()).is_err(), "{body:?}");
    }
    assert_eq!(parse::webhook(br#"{"entry":[]}"#).unwrap().events, []);
}

fn with_type(kind: &str, body: &Value) -> InboundMessage {
    only_message(&json!({"messages": [{"id": "wamid.1", "from": "16505551234", "type": kind, kind: body}]}))
}

fn only_message(value: &Value) -> InboundMessage {
    match events(value).remove(0) {
        Event::Message(message) => message,
        other => panic!("{other:?}"),
    }
}

fn events(value: &Value) -> Vec<Event> {
    let body = json!({"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [{"field": "messages", "value": value}]}]});
    let delivery = parse::webhook(body.to_string().as_bytes()).unwrap();
    delivery.events.into_iter().map(|addressed| addressed.event).collect()
}
