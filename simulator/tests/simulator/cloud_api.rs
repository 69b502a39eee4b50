//! Cloud API endpoints: sends, refusals, media, templates, the handshake.

use std::time::Duration;

use serde_json::{Value, json};
use switchboard_simulator::{Simulator, Tick};

use crate::product::{
    CUSTOMER, Call, DEADLINE, NUMBER_ID, client, fixture, same_shape, send, statuses, text_to, world,
};

async fn get(sim: &Simulator, path: &str) -> (u16, Value) {
    let response =
        client().get(format!("{}{path}", sim.base_url())).bearer_auth("token").send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap())
}

#[tokio::test]
async fn a_send_is_answered_like_the_recorded_one_and_reported_in_order() {
    let (product, sim) = world().await;
    let phone = sim.phone(NUMBER_ID, CUSTOMER);
    assert_eq!(phone.text("Hello").await, Ok(200));
    let mut body = text_to(CUSTOMER, "Good morning");
    body["biz_opaque_callback_data"] = "attempt-7".into();
    let (status, answer) = send(&sim, body).await;
    assert_eq!(status, 200);
    same_shape(&answer, &fixture("whatsapp/response_send_message.json"), &[]);
    assert_eq!(answer["contacts"][0], json!({ "input": CUSTOMER, "wa_id": "447700900123" }));

    let delivered = product.status("delivered").await;
    assert_eq!(delivered["id"], answer["messages"][0]["id"]);
    assert_eq!(delivered["recipient_id"], "447700900123");
    assert_eq!(delivered["biz_opaque_callback_data"], "attempt-7");
    assert_eq!(delivered["pricing"]["type"], "free_customer_service");
    let order: Vec<Value> =
        product.calls().iter().flat_map(statuses).map(|one| one["status"].clone()).collect();
    assert_eq!(order, ["sent", "delivered"]);

    let journal = sim.journal();
    assert_eq!(journal.len(), 1);
    assert_eq!((&*journal[0].to, &*journal[0].body), (CUSTOMER, "Good morning"));
    assert_eq!(journal[0].attempt_key.as_deref(), Some("attempt-7"));
    assert_eq!(&*phone.inbox()[0].body, "Good morning");

    assert_eq!(phone.read_all(), 1);
    assert_eq!(product.status("read").await["id"], answer["messages"][0]["id"]);
    assert_eq!(phone.inbox()[0].tick, Tick::Read);
}

#[tokio::test]
async fn wrong_tokens_unknown_numbers_and_bad_bodies_get_metas_errors() {
    let (_, sim) = world().await;
    let url = |id: &str| format!("{}/v23.0/{id}/messages", sim.base_url());
    let post = |id: &str, token: &str| {
        client().post(url(id)).bearer_auth(token).json(&text_to(CUSTOMER, "x")).send()
    };
    let wrong = post(NUMBER_ID, "stolen").await.unwrap();
    assert_eq!(wrong.status(), 401);
    let wrong: Value = wrong.json().await.unwrap();
    same_shape(&wrong, &fixture("whatsapp/error_401.json"), &["/error/error_subcode"]);
    assert_eq!(wrong["error"]["code"], 190);
    let unknown: Value = post("1", "token").await.unwrap().json().await.unwrap();
    assert_eq!((&unknown["error"]["code"], &unknown["error"]["error_subcode"]), (&json!(100), &json!(33)));

    sim.phone(NUMBER_ID, CUSTOMER).text("open the window").await.unwrap();
    for (body, code) in [
        (json!({ "to": CUSTOMER, "type": "text", "text": { "body": "x" } }), 100),
        (json!({ "messaging_product": "whatsapp", "type": "text", "text": { "body": "x" } }), 100),
        (json!({ "messaging_product": "whatsapp", "to": CUSTOMER, "type": "hologram" }), 131_051),
        (json!({ "messaging_product": "whatsapp", "to": CUSTOMER, "type": "image" }), 131_008),
        (text_to(CUSTOMER, ""), 131_008),
        (text_to(CUSTOMER, &"a".repeat(4097)), 131_009),
        (text_to("12", "x"), 131_009),
        (text_to("+1 555 078 3881", "x"), 131_021),
    ] {
        let (status, answer) = send(&sim, body).await;
        assert_eq!((status, &answer["error"]["code"]), (400, &json!(code)), "{answer}");
    }
    assert!(sim.journal().is_empty());
}

#[tokio::test]
async fn the_24_hour_rule_follows_the_pushed_clock() {
    let (product, sim) = world().await;
    let phone = sim.phone(NUMBER_ID, CUSTOMER);
    phone.text("Hello").await.unwrap();
    sim.advance_clock(Duration::from_hours(23));
    assert_eq!(send(&sim, text_to(CUSTOMER, "in time")).await.0, 200);
    sim.advance_clock(Duration::from_hours(2));
    assert_eq!(sim.clock_offset(), Duration::from_hours(25));

    let (status, answer) = send(&sim, text_to(CUSTOMER, "too late")).await;
    assert_eq!(status, 200, "Meta accepts, and fails it in a status");
    let failed = product.status("failed").await;
    assert_eq!(failed["id"], answer["messages"][0]["id"]);
    same_shape(&failed["errors"][0], &fixture("whatsapp/error_object_131047_reengagement.json"), &[]);
    assert_eq!(failed["errors"][0]["code"], 131_047);
    assert_eq!(phone.inbox().len(), 1);
    assert_eq!(sim.journal()[1].undeliverable, Some(131_047));

    sim.faults().change(NUMBER_ID, |switches| switches.refuse_at_once = true).unwrap();
    let (status, answer) = send(&sim, text_to(CUSTOMER, "too late")).await;
    assert_eq!((status, &answer["error"]["code"]), (400, &json!(131_047)));

    phone.text("Still there?").await.unwrap();
    assert_eq!(send(&sim, text_to(CUSTOMER, "Yes")).await.0, 200);
}

#[tokio::test]
async fn numbers_that_are_not_on_whatsapp_fail_with_131026() {
    let (product, sim) = world().await;
    let phone = sim.phone(NUMBER_ID, CUSTOMER);
    phone.text("Hello").await.unwrap();
    phone.set_reachable(false);
    send(&sim, text_to(CUSTOMER, "Anyone?")).await;
    assert_eq!(product.status("failed").await["errors"][0]["code"], 131_026);
}

#[tokio::test]
async fn throughput_and_pair_limits_have_their_own_codes() {
    let (_, sim) = world().await;
    sim.phone(NUMBER_ID, CUSTOMER).text("Hello").await.unwrap();
    sim.faults().change(NUMBER_ID, |switches| switches.messages_per_second = 1).unwrap();
    assert_eq!(send(&sim, text_to(CUSTOMER, "1")).await.0, 200);
    let (status, answer) = send(&sim, text_to(CUSTOMER, "2")).await;
    assert_eq!((status, &answer["error"]["code"]), (429, &json!(130_429)));

    sim.faults().change(NUMBER_ID, |switches| switches.messages_per_second = 0).unwrap();
    let mut refused = None;
    for n in 0..60 {
        let (_, answer) = send(&sim, text_to(CUSTOMER, &n.to_string())).await;
        if let Some(code) = answer["error"]["code"].as_u64() {
            refused = Some((n, code));
            break;
        }
    }
    let (n, code) = refused.unwrap();
    assert_eq!(code, 131_056);
    assert!((44..=46).contains(&n), "burst of 45, the first send counted: {n}");
}

#[tokio::test]
async fn media_goes_up_and_down_with_short_lived_urls() {
    let (product, sim) = world().await;
    let phone = sim.phone(NUMBER_ID, CUSTOMER);
    phone.file("image/jpeg", None, &b"jpeg bytes"[..], Some("look")).await.unwrap();
    let id = product.calls()[0].values()[0]["messages"][0]["image"]["id"].as_str().unwrap().to_owned();
    let (status, described) = get(&sim, &format!("/v23.0/{id}?phone_number_id={NUMBER_ID}")).await;
    assert_eq!(status, 200);
    same_shape(&described, &fixture("whatsapp/response_media_url.json"), &[]);
    let url = described["url"].as_str().unwrap().to_owned();
    assert_eq!(client().get(&url).send().await.unwrap().status(), 401, "the same bearer is needed");
    let file = client().get(&url).bearer_auth("token").send().await.unwrap();
    assert_eq!(file.headers()["content-type"], "image/jpeg");
    assert_eq!(file.bytes().await.unwrap(), "jpeg bytes");
    sim.advance_clock(Duration::from_mins(6));
    assert_eq!(client().get(&url).bearer_auth("token").send().await.unwrap().status(), 404);

    let part = reqwest::multipart::Part::bytes(b"%PDF".to_vec())
        .file_name("a.pdf")
        .mime_str("application/pdf")
        .unwrap();
    let form = reqwest::multipart::Form::new()
        .text("messaging_product", "whatsapp")
        .text("type", "application/pdf")
        .part("file", part);
    let url = format!("{}/v23.0/{NUMBER_ID}/media", sim.base_url());
    let up = client().post(url).bearer_auth("token").multipart(form).send().await.unwrap();
    let up: Value = up.json().await.unwrap();
    same_shape(&up, &fixture("whatsapp/response_media_upload.json"), &[]);
    let (status, _) = send(
        &sim,
        json!({
            "messaging_product": "whatsapp", "to": CUSTOMER, "type": "document",
            "document": { "id": up["id"], "filename": "bill.pdf", "caption": "Your bill" },
        }),
    )
    .await;
    assert_eq!(status, 200);
    assert_eq!(phone.inbox()[0].media.as_ref().unwrap().mime_type, "application/pdf");
    let gone = format!("{}/v23.0/{}", sim.base_url(), up["id"].as_str().unwrap());
    let deleted: Value =
        client().delete(&gone).bearer_auth("token").send().await.unwrap().json().await.unwrap();
    assert_eq!(deleted, fixture("whatsapp/response_success_true.json"));
    assert_eq!(client().get(&gone).bearer_auth("token").send().await.unwrap().status(), 400);
}

#[tokio::test]
async fn linked_media_is_fetched_or_fails_with_131053() {
    let (product, sim) = world().await;
    let phone = sim.phone(NUMBER_ID, CUSTOMER);
    phone.text("Send it").await.unwrap();
    let image = |link: String| json!({ "messaging_product": "whatsapp", "to": CUSTOMER, "type": "image", "image": { "link": link } });
    assert_eq!(send(&sim, image(format!("{}/picture.png", product.url))).await.0, 200);
    product.status("delivered").await;
    assert_eq!(phone.inbox()[0].media.as_ref().unwrap().size, 9);
    assert_eq!(send(&sim, image(format!("{}/missing.png", product.url))).await.0, 200);
    assert_eq!(product.status("failed").await["errors"][0]["code"], 131_053);
    assert_eq!(phone.inbox().len(), 1);
}

#[tokio::test]
async fn templates_are_listed_created_reviewed_rendered_and_checked() {
    let (product, sim) = world().await;
    let waba = "/v23.0/419561257915477/message_templates";
    let (_, listed) = get(&sim, &format!("{waba}?limit=2")).await;
    same_shape(&listed, &fixture("whatsapp/response_templates_list.json"), &["/data/previous_category"]);
    let after = listed["paging"]["cursors"]["after"].as_str().unwrap();
    let (_, rest) = get(&sim, &format!("{waba}?limit=50&after={after}")).await;
    assert_eq!((rest["data"].as_array().unwrap().len(), &rest["paging"]["next"]), (2, &Value::Null));

    let template = |name: &str, texts: &[&str]| {
        let parameters: Vec<Value> =
            texts.iter().map(|text| json!({ "type": "text", "text": text })).collect();
        json!({ "messaging_product": "whatsapp", "to": CUSTOMER, "type": "template", "template": {
            "name": name, "language": { "code": "en_GB" },
            "components": [{ "type": "body", "parameters": parameters }],
        } })
    };
    let (status, answer) = send(&sim, template("order_update", &["Jo", "1042"])).await;
    assert_eq!((status, &answer["messages"][0]["message_status"]), (200, &json!("accepted")));
    let phone = sim.phone(NUMBER_ID, CUSTOMER);
    assert_eq!(&*phone.inbox()[0].body, "Hello Jo, your order 1042 is on its way.");
    assert_eq!(product.status("sent").await["pricing"]["category"], "utility");
    let (_, answer) = send(&sim, template("order_update", &["Jo"])).await;
    assert_eq!(answer["error"]["code"], 132_000);
    let (status, answer) = send(&sim, template("no_such_thing", &[])).await;
    assert_eq!((status, &answer["error"]["code"]), (404, &json!(132_001)));

    let new = json!({ "name": "greeting", "language": "en_GB", "category": "UTILITY",
                      "components": [{ "type": "BODY", "text": "Hi {{1}}" }] });
    let url = format!("{}{waba}", sim.base_url());
    let created = client().post(&url).bearer_auth("token").json(&new).send().await.unwrap();
    let created: Value = created.json().await.unwrap();
    same_shape(&created, &fixture("whatsapp/response_template_create.json"), &[]);
    let calls = product.expect(1, |call| call.values()[0]["event"] == "APPROVED").await;
    let recorded = fixture("whatsapp/webhook_template_status_approved.json");
    same_shape(
        &calls[0].json()["entry"][0]["changes"],
        &recorded["entry"][0]["changes"],
        &["/value/reason", "/value/message_template_category"],
    );
    assert_eq!(send(&sim, template("greeting", &["Jo"])).await.0, 200);
    let removed = client().delete(format!("{url}?name=greeting")).bearer_auth("token").send().await.unwrap();
    assert_eq!(removed.status(), 200);
}

#[tokio::test]
async fn read_and_typing_reach_the_phone() {
    let (product, sim) = world().await;
    let phone = sim.phone(NUMBER_ID, CUSTOMER);
    phone.text("one").await.unwrap();
    phone.text("two").await.unwrap();
    assert!(phone.thread().iter().all(|message| message.tick == Tick::Delivered));
    let mut body = fixture("whatsapp/request_send_typing_indicator_and_read_receipt.json");
    let (status, answer) = send(&sim, body.clone()).await;
    assert_eq!((status, &answer["error"]["code"]), (400, &json!(131_009)), "not a message of ours");
    body["message_id"] = product.calls()[1].values()[0]["messages"][0]["id"].clone();
    let (status, answer) = send(&sim, body).await;
    assert_eq!((status, answer), (200, fixture("whatsapp/response_success_true.json")));
    assert!(phone.sees_typing());
    assert!(phone.thread().iter().all(|message| message.tick == Tick::Read), "earlier ones too");
    sim.advance_clock(Duration::from_secs(26));
    assert!(!phone.sees_typing());
}

#[tokio::test]
async fn recorded_interactive_requests_show_buttons_that_can_be_tapped() {
    let (product, sim) = world().await;
    let phone = sim.phone(NUMBER_ID, CUSTOMER);
    phone.text("Hello").await.unwrap();
    for name in ["whatsapp/request_send_reply_button.json", "whatsapp/request_send_list_message.json"] {
        let mut body = fixture(name);
        body["to"] = CUSTOMER.into();
        for button in body["interactive"]["action"]["buttons"].as_array_mut().into_iter().flatten() {
            let id = button["reply"]["id"].as_str().unwrap().chars().take(10).collect::<String>();
            button["reply"]["title"] = id.into();
        }
        let (status, answer) = send(&sim, body).await;
        assert_eq!(status, 200, "{answer}");
    }
    let inbox = phone.inbox();
    let button = inbox[0].buttons[0].clone();
    phone.tap(&inbox[0].id, &button.id).await.unwrap();
    let row = inbox[1].buttons[0].clone();
    phone.tap(&inbox[1].id, &row.id).await.unwrap();
    let taps: Vec<Value> = product
        .calls()
        .iter()
        .flat_map(Call::values)
        .map(|value| value["messages"][0].clone())
        .filter(|message| message["type"] == "interactive")
        .collect();
    let recorded = fixture("whatsapp/webhook_interactive_button_reply.json");
    same_shape(&taps[0], &recorded["entry"][0]["changes"][0]["value"]["messages"][0], &[]);
    assert_eq!(taps[0]["interactive"]["button_reply"]["id"], button.id);
    assert_eq!(taps[1]["interactive"]["list_reply"]["title"], row.title);
}

#[tokio::test]
async fn the_handshake_asks_for_the_challenge() {
    let (product, sim) = world().await;
    assert_eq!(sim.verify_webhook(NUMBER_ID).await, Ok(true));
    let url = format!("{}/v23.0/419561257915477/subscribed_apps", sim.base_url());
    let subscribe = |token: &str| {
        let body = json!({ "override_callback_uri": format!("{}/hooks/whatsapp", product.url), "verify_token": token });
        client().post(&url).bearer_auth("token").json(&body).send()
    };
    assert_eq!(subscribe("wrong").await.unwrap().status(), 400);
    assert_eq!(subscribe("verify-me").await.unwrap().status(), 200);
    let (_, number) = get(&sim, &format!("/v23.0/{NUMBER_ID}")).await;
    assert_eq!(number["display_phone_number"], "+15550783881");
    let (_, numbers) = get(&sim, "/v23.0/419561257915477/phone_numbers").await;
    assert_eq!(numbers["data"][0]["id"], NUMBER_ID);
    assert!(sim.settle(DEADLINE).await);
}
