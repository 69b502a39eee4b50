//! Twilio endpoints: sends, refusals, opt-outs, media, signed callbacks.

use serde_json::{Value, json};

use crate::product::{CUSTOMER, Call, SID, SMS, client, fixture, same_shape, sms, world};

fn of(status: &'static str) -> impl Fn(&Call) -> bool {
    move |call| call.field("MessageStatus").as_deref() == Some(status)
}

#[tokio::test]
async fn a_text_is_answered_like_the_recorded_one_and_reported_to_its_status_callback() {
    let (product, sim) = world().await;
    let callback = format!("{}/hooks/sms?channel=3&attempt=9", product.url);
    let (status, answer) =
        sms(&sim, &[("To", CUSTOMER), ("From", SMS), ("Body", "Hello! 👍"), ("StatusCallback", &callback)])
            .await;
    assert_eq!(status, 201);
    let but = ["/date_sent", "/messaging_service_sid", "/price_unit"];
    same_shape(&answer, &fixture("twilio/response_message_create.json"), &but);
    assert_eq!((&answer["status"], &answer["num_segments"]), (&json!("queued"), &json!("1")));
    let sid = answer["sid"].as_str().unwrap();
    assert!(sid.starts_with("SM") && sid.len() == 34);

    let calls = product.expect(1, of("delivered")).await;
    assert_eq!(calls[0].field("MessageSid").as_deref(), Some(sid));
    assert!(product.calls().iter().all(|call| call.twilio_signed(&callback)), "{:#?}", product.calls());
    assert_eq!(sim.phone(SMS, CUSTOMER).inbox().len(), 1);
    assert_eq!(sim.journal()[0].attempt_key.as_deref(), Some("channel=3&attempt=9"));

    let url = format!("{}/2010-04-01/Accounts/{SID}/Messages", sim.base_url());
    let get = |url: String| client().get(url).basic_auth(SID, Some("twilio-token")).send();
    let fetched: Value = get(format!("{url}/{sid}.json")).await.unwrap().json().await.unwrap();
    assert_eq!((&fetched["status"], &fetched["body"]), (&json!("delivered"), &json!("Hello! 👍")));
    let listed: Value = get(format!("{url}.json?To=%2B447700900123")).await.unwrap().json().await.unwrap();
    let but = [
        "/next_page_uri",
        "/messages/messaging_service_sid",
        "/messages/price",
        "/messages/subresource_uris/feedback",
    ];
    same_shape(&listed, &fixture("twilio/response_messages_list.json"), &but);
    assert_eq!(get(format!("{url}/SM0.json")).await.unwrap().status(), 404);
}

#[tokio::test]
async fn refusals_have_twilios_codes() {
    let (_, sim) = world().await;
    let long = "a".repeat(1601);
    for (form, status, code) in [
        (vec![("To", "44"), ("From", SMS), ("Body", "x")], 400, 21_211),
        (vec![("To", "+15005550009"), ("From", SMS), ("Body", "x")], 400, 21_614),
        (vec![("From", SMS), ("Body", "x")], 400, 21_604),
        (vec![("To", CUSTOMER), ("Body", "x")], 400, 21_603),
        (vec![("To", CUSTOMER), ("From", "+15550000000"), ("Body", "x")], 400, 21_606),
        (vec![("To", CUSTOMER), ("From", SMS)], 400, 21_602),
        (vec![("To", CUSTOMER), ("From", SMS), ("Body", long.as_str())], 400, 21_617),
    ] {
        let (got, answer) = sms(&sim, &form).await;
        assert_eq!((got, &answer["code"]), (status, &json!(code)), "{answer}");
        same_shape(&answer, &fixture("twilio/error_rest_shape.json"), &[]);
    }
    let url = format!("{}/2010-04-01/Accounts/{SID}/Messages.json", sim.base_url());
    let wrong =
        client().post(url).basic_auth(SID, Some("wrong")).form(&[("To", CUSTOMER)]).send().await.unwrap();
    assert_eq!(wrong.status(), 401);
    assert_eq!(wrong.json::<Value>().await.unwrap()["code"], 20_003);

    sim.faults().change(SMS, |switches| switches.throttle_every = 1).unwrap();
    let (status, answer) = sms(&sim, &[("To", CUSTOMER), ("From", SMS), ("Body", "x")]).await;
    assert_eq!((status, &answer["code"]), (429, &json!(20_429)));
    assert!(sim.journal().is_empty());
}

#[tokio::test]
async fn stop_is_obeyed_until_start() {
    let (product, sim) = world().await;
    let phone = sim.phone(SMS, CUSTOMER);
    let form = [("To", CUSTOMER), ("From", SMS), ("Body", "Sale!")];
    sim.faults().change(SMS, |switches| switches.advanced_opt_out = true).unwrap();
    assert_eq!(phone.text(" stop. ").await, Ok(200));
    let inbound = &product.calls()[0];
    assert!(inbound.twilio_signed(&format!("{}/hooks/sms?channel=3", product.url)));
    assert_eq!(inbound.field("OptOutType").as_deref(), Some("STOP"));
    assert!(phone.opted_out());
    let (status, answer) = sms(&sim, &form).await;
    assert_eq!((status, &answer["code"]), (400, &json!(21_610)));
    phone.text("START").await.unwrap();
    assert_eq!(sms(&sim, &form).await.0, 201);
    assert_eq!(sim.journal().len(), 1, "Twilio's own confirmations are not the business's");
}

#[tokio::test]
async fn unreachable_handsets_end_undelivered() {
    let (product, sim) = world().await;
    sim.phone(SMS, CUSTOMER).set_reachable(false);
    let callback = format!("{}/hooks/sms", product.url);
    sms(&sim, &[("To", CUSTOMER), ("From", SMS), ("Body", "x"), ("StatusCallback", &callback)]).await;
    let calls = product.expect(1, of("undelivered")).await;
    assert_eq!(calls[0].field("ErrorCode").as_deref(), Some("30003"));
    assert!(sim.phone(SMS, CUSTOMER).inbox().is_empty());
}

#[tokio::test]
async fn pictures_travel_both_ways() {
    let (product, sim) = world().await;
    let phone = sim.phone(SMS, CUSTOMER);
    phone.file("image/png", None, &b"inbound"[..], Some("see")).await.unwrap();
    let inbound = product.calls()[0].clone();
    assert_eq!(inbound.field("NumMedia").as_deref(), Some("1"));
    let url = inbound.field("MediaUrl0").unwrap();
    assert_eq!(client().get(&url).send().await.unwrap().status(), 401);
    let file = client().get(&url).basic_auth(SID, Some("twilio-token")).send().await.unwrap();
    assert_eq!(file.bytes().await.unwrap(), "inbound", "through the redirect to storage");

    let (picture, callback) = (format!("{}/picture.png", product.url), format!("{}/hooks/sms", product.url));
    let form =
        [("To", CUSTOMER), ("From", SMS), ("MediaUrl", picture.as_str()), ("StatusCallback", &callback)];
    let (_, answer) = sms(&sim, &form).await;
    product.expect(1, of("delivered")).await;
    assert_eq!(phone.inbox()[0].media.as_ref().unwrap().mime_type, "image/png");
    let path = answer["subresource_uris"]["media"].as_str().unwrap();
    let listed = client().get(format!("{}{path}", sim.base_url())).basic_auth(SID, Some("twilio-token"));
    let listed: Value = listed.send().await.unwrap().json().await.unwrap();
    same_shape(&listed, &fixture("twilio/response_media_list.json"), &[]);

    let missing = format!("{}/missing.png", product.url);
    let form =
        [("To", CUSTOMER), ("From", SMS), ("MediaUrl", missing.as_str()), ("StatusCallback", &callback)];
    sms(&sim, &form).await;
    product.expect(1, of("failed")).await;
}
