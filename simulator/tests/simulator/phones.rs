//! What customers do: inbound webhooks compared with recorded ones.

use serde_json::{Value, json};
use switchboard_simulator::PhoneError;

use crate::product::{CUSTOMER, Call, NUMBER_ID, SMS, fixture, same_shape, send, statuses, text_to, world};

#[tokio::test]
async fn inbound_webhooks_look_like_recorded_ones_and_are_signed_over_escapes() {
    let (product, sim) = world().await;
    let phone = sim.phone(NUMBER_ID, CUSTOMER).named("Zoë Müller");
    phone.text("Grüße 👍 and/or").await.unwrap();
    let call = &product.calls()[0];
    assert!(call.hub_signed());
    assert!(call.body.is_ascii());
    assert!(String::from_utf8_lossy(&call.body).contains(r"Gr\u00fc\u00dfe \ud83d\udc4d and\/or"));
    same_shape(&call.json(), &fixture("whatsapp/webhook_text.json"), &[]);
    let value = &call.values()[0];
    assert_eq!(value["contacts"][0]["profile"]["name"], "Zoë Müller");
    assert_eq!(value["messages"][0]["from"], "447700900123");

    phone.file("image/jpeg", None, &b"x"[..], Some("Taj Mahal")).await.unwrap();
    phone.file("application/pdf", Some("filename.pdf"), &b"x"[..], Some("caption")).await.unwrap();
    phone.location(37.4, -122.1, "Philz Coffee").await.unwrap();
    let names = ["webhook_image", "webhook_document", "webhook_location"];
    let base = "/entry/changes/value";
    let but: Vec<String> = [
        "contacts/user_id",
        "contacts/parent_user_id",
        "messages/context",
        "messages/location/address",
        "messages/location/url",
    ]
    .iter()
    .map(|path| format!("{base}/{path}"))
    .collect();
    let but: Vec<&str> = but.iter().map(String::as_str).collect();
    for (call, name) in product.calls()[1..].iter().zip(names) {
        same_shape(&call.json(), &fixture(&format!("whatsapp/{name}.json")), &but);
    }
}

#[tokio::test]
async fn reactions_quotes_and_quick_replies_refer_to_messages() {
    let (product, sim) = world().await;
    let phone = sim.phone(NUMBER_ID, CUSTOMER);
    let parameters: Vec<Value> =
        ["Jo", "Monday", "10:00"].iter().map(|text| json!({ "type": "text", "text": text })).collect();
    let (status, answer) = send(
        &sim,
        json!({
            "messaging_product": "whatsapp", "to": CUSTOMER, "type": "template",
            "template": { "name": "appointment_reminder", "language": { "code": "en_GB" }, "components": [
                { "type": "body", "parameters": parameters },
                { "type": "button", "sub_type": "quick_reply", "index": "1",
                  "parameters": [{ "type": "payload", "payload": "move-it" }] },
            ] },
        }),
    )
    .await;
    assert_eq!(status, 200, "{answer}");
    let id = phone.inbox()[0].id.clone();
    phone.tap(&id, "move-it").await.unwrap();
    phone.react(&id, "👍").await.unwrap();
    phone.react(&id, "").await.unwrap();
    phone.reply(&id, "About that").await.unwrap();
    let messages: Vec<Value> = product
        .calls()
        .iter()
        .flat_map(Call::values)
        .map(|value| value["messages"][0].clone())
        .filter(|message| !message.is_null())
        .collect();
    let recorded = &fixture("whatsapp/webhook_button_quick_reply.json")["entry"][0]["changes"][0]["value"]["messages"]
        [0];
    same_shape(&messages[0], recorded, &[]);
    assert_eq!(messages[0]["button"], json!({ "payload": "move-it", "text": "Change it" }));
    assert_eq!(messages[1]["reaction"], json!({ "message_id": &*id, "emoji": "👍" }));
    assert_eq!(messages[2]["reaction"], json!({ "message_id": &*id }));
    assert_eq!(messages[3]["context"]["id"], *id);
    assert_eq!(phone.tap(&id, "nothing").await, Err(PhoneError::NotFound));
    assert_eq!(sim.phone(SMS, CUSTOMER).react(&id, "👍").await, Err(PhoneError::Unsupported));
}

#[tokio::test]
async fn customers_may_hide_their_number_behind_a_username() {
    let (product, sim) = world().await;
    let phone =
        sim.phone(NUMBER_ID, CUSTOMER).with_user_id("US.13491208655302741918").hiding_number("@pablo");
    phone.text("Hi").await.unwrap();
    let value = &product.calls()[0].values()[0];
    assert_eq!(value["contacts"][0]["wa_id"], "");
    assert_eq!(value["contacts"][0]["user_id"], "US.13491208655302741918");
    assert_eq!(value["messages"][0]["from"], "");
    assert_eq!(value["messages"][0]["from_user_id"], "US.13491208655302741918");

    let (status, _) = send(&sim, text_to("US.13491208655302741918", "Hello Pablo")).await;
    assert_eq!(status, 200);
    assert_eq!(phone.inbox().len(), 1);
    let delivered = product.status("delivered").await;
    assert_eq!(delivered["recipient_user_id"], "US.13491208655302741918");
    assert_eq!(delivered["recipient_id"], "");
}

#[tokio::test]
async fn any_message_type_can_be_sent_raw() {
    let (product, sim) = world().await;
    let phone = sim.phone(NUMBER_ID, CUSTOMER);
    phone.raw(json!({ "type": "unsupported", "errors": [{ "code": 131_051 }] })).await.unwrap();
    let message = &product.calls()[0].values()[0]["messages"][0];
    assert_eq!((&message["type"], &message["from"]), (&json!("unsupported"), &json!("447700900123")));
    assert_eq!(phone.raw(json!([])).await, Err(PhoneError::Unsupported));
}

#[tokio::test]
async fn phones_that_read_at_once_say_so() {
    let (product, sim) = world().await;
    let phone = sim.phone(NUMBER_ID, CUSTOMER);
    phone.text("Hi").await.unwrap();
    phone.set_auto_read(true);
    send(&sim, text_to(CUSTOMER, "Hello")).await;
    product.status("read").await;
    let order: Vec<Value> =
        product.calls().iter().flat_map(statuses).map(|one| one["status"].clone()).collect();
    assert_eq!(order, ["sent", "delivered", "read"]);
}
