//! Faults: what goes wrong between a provider and a product.

use std::time::Duration;

use serde_json::{Value, json};
use switchboard_simulator::{PhoneError, Switches};

use crate::product::{
    CUSTOMER, Call, DEADLINE, NUMBER_ID, SID, SMS, client, is_message, send, sms, statuses, text_to, world,
};

fn names(calls: &[Call]) -> Vec<Value> {
    calls.iter().flat_map(statuses).map(|status| status["status"].clone()).collect()
}

#[tokio::test]
async fn what_is_not_accepted_comes_again_with_the_same_bytes() {
    let (product, sim) = world().await;
    product.answer_with(&[503, 500]);
    let phone = sim.phone(NUMBER_ID, CUSTOMER);
    assert_eq!(phone.text("Hello").await, Ok(503));
    let calls = product.expect(3, is_message).await;
    assert!(calls.iter().all(|call| call.body == calls[0].body && call.hub_signed()));
    assert!(sim.settle(DEADLINE).await);
    let counts = sim.callbacks();
    assert_eq!((counts.posted, counts.accepted, counts.refused, counts.given_up), (3, 1, 2, 0));
}

#[tokio::test]
async fn repetition_is_bounded_and_twilio_repeats_only_as_its_url_says() {
    let (product, sim) = world().await;
    sim.faults().change(NUMBER_ID, |switches| switches.redeliveries = 1).unwrap();
    product.answer_with(&[500, 500]);
    assert_eq!(sim.phone(NUMBER_ID, CUSTOMER).text("Hello").await, Ok(500));
    assert!(sim.settle(DEADLINE).await);
    assert_eq!(sim.callbacks().given_up, 1);

    product.answer_with(&[500]);
    assert_eq!(sim.phone(SMS, CUSTOMER).text("Hello").await, Ok(500));
    assert!(sim.settle(DEADLINE).await);
    assert_eq!(sim.callbacks().given_up, 2, "Twilio does not repeat after an answer");

    let callback = format!("{}/hooks/sms?status=1#rc=2&rp=5xx", product.url);
    product.answer_with(&[500, 500]);
    sms(&sim, &[("To", CUSTOMER), ("From", SMS), ("Body", "x"), ("StatusCallback", &callback)]).await;
    let signed_url = format!("{}/hooks/sms?status=1", product.url);
    let sent =
        |call: &Call| call.query == "status=1" && call.field("MessageStatus").as_deref() == Some("sent");
    let calls = product.expect(2, sent).await;
    assert!(calls.iter().all(|call| call.twilio_signed(&signed_url)), "the fragment is not signed");
    assert!(sim.settle(DEADLINE).await);
    assert_eq!(sim.callbacks().given_up, 2);
}

#[tokio::test]
async fn duplicates_are_identical() {
    let (product, sim) = world().await;
    sim.faults().change(NUMBER_ID, |switches| switches.duplicates = 2).unwrap();
    sim.phone(NUMBER_ID, CUSTOMER).text("Hello").await.unwrap();
    let calls = product.expect(3, is_message).await;
    assert!(calls.iter().all(|call| call.body == calls[0].body));
    assert!(sim.settle(DEADLINE).await);
    assert_eq!(product.calls().len(), 3);
}

#[tokio::test]
async fn reordering_puts_statuses_before_messages_and_batching_joins_entries() {
    let (product, sim) = world().await;
    let phone = sim.phone(NUMBER_ID, CUSTOMER);
    phone.text("open").await.unwrap();
    sim.faults()
        .change(NUMBER_ID, |switches| {
            switches.reorder = true;
            switches.batch = 10;
        })
        .unwrap();
    let (_, written) = tokio::join!(send(&sim, text_to(CUSTOMER, "answer")), phone.text("question"));
    assert_eq!(written, Ok(200));
    assert!(sim.settle(DEADLINE).await);
    let values: Vec<Value> = product.calls()[1..].iter().flat_map(Call::values).collect();
    assert_eq!(values.len(), 3);
    assert!(product.calls().len() < 4, "several entries in one POST");
    let first_message = values.iter().position(|value| !value["messages"].is_null()).unwrap();
    let first_status = values.iter().position(|value| !value["statuses"].is_null()).unwrap();
    assert!(first_status < first_message);
}

#[tokio::test]
async fn a_status_can_overtake_the_answer_to_its_send() {
    let (product, sim) = world().await;
    sim.phone(NUMBER_ID, CUSTOMER).text("open").await.unwrap();
    sim.faults().change(NUMBER_ID, |switches| switches.status_first = true).unwrap();
    send(&sim, text_to(CUSTOMER, "answer")).await;
    assert_eq!(names(&product.calls())[0], "sent", "known before the answer arrived");
}

#[tokio::test]
async fn every_nth_send_meets_its_fault() {
    let (_, sim) = world().await;
    sim.phone(NUMBER_ID, CUSTOMER).text("open").await.unwrap();
    sim.faults()
        .change(NUMBER_ID, |switches| {
            switches.throttle_every = 2;
            switches.fail_every = 3;
        })
        .unwrap();
    let mut statuses = Vec::new();
    for n in 1..=6 {
        statuses.push(send(&sim, text_to(CUSTOMER, &n.to_string())).await.0);
    }
    assert_eq!(statuses, [200, 429, 500, 429, 200, 429]);
    assert_eq!(sim.journal_len(), 2);
    sim.faults().clear();
    assert_eq!(send(&sim, text_to(CUSTOMER, "healthy")).await.0, 200);
}

#[tokio::test]
async fn accepted_then_silent_still_reaches_the_phone_and_is_reported() {
    let (product, sim) = world().await;
    let phone = sim.phone(NUMBER_ID, CUSTOMER);
    phone.text("open").await.unwrap();
    sim.faults().change(NUMBER_ID, |switches| switches.hang_every = 1).unwrap();
    let url = format!("{}/v23.0/{NUMBER_ID}/messages", sim.base_url());
    let request = client().post(url).bearer_auth("token").json(&text_to(CUSTOMER, "Hello"));
    let silent = request.timeout(Duration::from_millis(300)).send().await;
    assert!(silent.unwrap_err().is_timeout());
    assert_eq!(phone.inbox().len(), 1);
    assert_eq!(sim.journal_len(), 1);
    product.status("delivered").await;
}

#[tokio::test]
async fn a_provider_can_be_down_slow_or_without_receipts() {
    let (product, sim) = world().await;
    sim.phone(NUMBER_ID, CUSTOMER).text("open").await.unwrap();
    sim.faults().change(NUMBER_ID, |switches| switches.down = true).unwrap();
    sim.faults().change(SMS, |switches| switches.down = true).unwrap();
    let (status, answer) = send(&sim, text_to(CUSTOMER, "x")).await;
    assert_eq!((status, &answer["error"]["code"]), (503, &json!(131_016)));
    assert_eq!(sms(&sim, &[("To", CUSTOMER), ("From", SMS), ("Body", "x")]).await.0, 503);
    let account = client().get(format!("{}/2010-04-01/Accounts/{SID}.json", sim.base_url()));
    assert_eq!(account.basic_auth(SID, Some("twilio-token")).send().await.unwrap().status(), 503);

    sim.faults()
        .change(NUMBER_ID, |switches| {
            switches.down = false;
            switches.no_receipts = true;
            switches.answer_delay_ms = 200;
        })
        .unwrap();
    let started = std::time::Instant::now();
    assert_eq!(send(&sim, text_to(CUSTOMER, "slow")).await.0, 200);
    assert!(started.elapsed() >= Duration::from_millis(200));
    product.status("sent").await;
    assert!(sim.settle(DEADLINE).await);
    assert_eq!(names(&product.calls()), ["sent"]);
}

#[tokio::test]
async fn a_sink_accepts_everything_and_calls_nobody() {
    let (product, sim) = world().await;
    sim.faults().set(NUMBER_ID, Switches::sink()).unwrap();
    for n in 0..200 {
        assert_eq!(send(&sim, text_to(CUSTOMER, &n.to_string())).await.0, 200);
    }
    assert_eq!(sim.journal_len(), 200);
    assert_eq!(sim.journal_since(199)[0].body.as_ref(), "199");
    assert!(product.calls().is_empty());
    sim.clear_journal();
    assert_eq!(sim.journal_len(), 0);
}

#[tokio::test]
async fn a_product_that_is_away_is_reported_to_the_phone() {
    let (_, sim) = world().await;
    let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let hook = json!({ "url": format!("http://{gone}/hooks/d360") });
    let set =
        client().post(format!("{}/v1/configs/webhook", sim.base_url())).header("D360-API-KEY", "d360-key");
    set.json(&hook).send().await.unwrap();
    let phone = sim.phone(crate::product::D360_ID, CUSTOMER);
    assert_eq!(phone.text("Anyone?").await, Err(PhoneError::NoAnswer));
}
