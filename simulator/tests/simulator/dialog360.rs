//! 360dialog endpoints: its own header, its own errors, media behind Meta's host.

use serde_json::{Value, json};

use crate::product::{CUSTOMER, D360_ID, Product, client, fixture, same_shape, text_to, world};
use switchboard_simulator::Simulator;

async fn call(sim: &Simulator, method: reqwest::Method, path: &str, body: Option<Value>) -> (u16, Value) {
    let request =
        client().request(method, format!("{}{path}", sim.base_url())).header("D360-API-KEY", "d360-key");
    let request = if let Some(body) = body { request.json(&body) } else { request };
    let response = request.send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap_or_default())
}

#[tokio::test]
async fn sends_need_the_key_and_callbacks_carry_the_static_header() {
    let (product, sim) = world().await;
    let response = client()
        .post(format!("{}/messages", sim.base_url()))
        .json(&text_to(CUSTOMER, "x"))
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 401);
    let error: Value = response.json().await.unwrap();
    assert_eq!(error["meta"]["developer_message"], "Invalid api_key");

    let phone = sim.phone(D360_ID, CUSTOMER);
    assert_eq!(phone.text("Zoë").await, Ok(200));
    let inbound = &product.calls()[0];
    assert_eq!(inbound.path, "/hooks/d360");
    assert_eq!(inbound.header("X-Switchboard-Secret"), Some("shared"));
    assert_eq!(inbound.header("X-Hub-Signature-256"), None);

    let (status, answer) =
        call(&sim, reqwest::Method::POST, "/messages", Some(text_to(CUSTOMER, "Hi"))).await;
    assert_eq!(status, 200);
    same_shape(&answer, &fixture("whatsapp/response_send_message.json"), &[]);
    product.status("delivered").await;
}

#[tokio::test]
async fn media_urls_point_to_metas_host_and_work_on_the_base_url() {
    let (product, sim) = world().await;
    sim.phone(D360_ID, CUSTOMER).file("application/pdf", Some("a.pdf"), &b"%PDF"[..], None).await.unwrap();
    let id = product.calls()[0].values()[0]["messages"][0]["document"]["id"].as_str().unwrap().to_owned();
    let (_, described) = call(&sim, reqwest::Method::GET, &format!("/{id}"), None).await;
    let url = described["url"].as_str().unwrap();
    let path = url.strip_prefix("https://lookaside.fbsbx.com").unwrap();
    assert!(path.starts_with("/whatsapp_business/attachments/?mid="), "{path}");
    let get = client().get(format!("{}{path}", sim.base_url()));
    assert_eq!(get.try_clone().unwrap().header("D360-API-KEY", "other").send().await.unwrap().status(), 401);
    let file = get.header("D360-API-KEY", "d360-key").send().await.unwrap();
    assert_eq!(file.bytes().await.unwrap(), "%PDF");
}

#[tokio::test]
async fn the_webhook_and_templates_are_configured_through_the_api() {
    let (_, sim) = world().await;
    let other = Product::start();
    let hook = json!({ "url": format!("{}/hooks/d360", other.url), "headers": { "X-Secret": "new" } });
    let (status, answer) = call(&sim, reqwest::Method::POST, "/v1/configs/webhook", Some(hook.clone())).await;
    assert_eq!((status, &answer), (200, &hook));
    assert_eq!(call(&sim, reqwest::Method::GET, "/v1/configs/webhook", None).await, (200, hook));
    sim.phone(D360_ID, CUSTOMER).text("Hello").await.unwrap();
    assert_eq!(other.calls()[0].header("X-Secret"), Some("new"));

    let (_, listed) = call(&sim, reqwest::Method::GET, "/v1/configs/templates", None).await;
    assert_eq!(listed["waba_templates"][0]["status"], "approved");
    let new = json!({ "name": "reject_me", "language": "en_GB", "category": "MARKETING",
                      "components": [{ "type": "BODY", "text": "Hi" }] });
    assert_eq!(call(&sim, reqwest::Method::POST, "/v1/configs/templates", Some(new)).await.0, 201);
    other.expect(1, |call| call.values()[0]["event"] == "REJECTED").await;
    assert_eq!(call(&sim, reqwest::Method::DELETE, "/v1/configs/templates/reject_me", None).await.0, 200);
}
