//! The page's API, mounted in a product's app.

use actix_web::{App, HttpServer};
use serde_json::{Value, json};
use switchboard_simulator::{Simulator, configure};

use crate::product::{CUSTOMER, NUMBER_ID, SMS, client, send, text_to, world};

fn mount(sim: &Simulator) -> String {
    let sim = sim.clone();
    let server = HttpServer::new(move || App::new().configure(|cfg| configure(cfg, sim.clone())))
        .workers(1)
        .disable_signals()
        .bind("127.0.0.1:0")
        .unwrap();
    let url = format!("http://{}/simulator", server.addrs()[0]);
    tokio::spawn(server.run());
    url
}

async fn post(page: &str, path: &str, body: Value) -> (u16, Value) {
    let response = client().post(format!("{page}/api/{path}")).json(&body).send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap_or_default())
}

async fn state(page: &str) -> Value {
    client().get(format!("{page}/api/state")).send().await.unwrap().json().await.unwrap()
}

#[tokio::test]
async fn pages_and_files_are_served_without_anything_inline() {
    let (_, sim) = world().await;
    let page = mount(&sim);
    for path in ["", "/", "/shop"] {
        let response = client().get(format!("{page}{path}")).send().await.unwrap();
        assert_eq!(response.status(), 200, "{path}");
        assert!(
            response.headers()["content-security-policy"].to_str().unwrap().contains("default-src 'none'")
        );
        let html = response.text().await.unwrap();
        assert!(!html.contains("style=") && !html.contains("onclick") && !html.contains("<script>"));
    }
    for path in ["simulator.js", "phone.js", "controls.js", "simulator.css", "shop.css"] {
        assert_eq!(client().get(format!("{page}/{path}")).send().await.unwrap().status(), 200, "{path}");
    }
    let shop = client().get(format!("{page}/shop")).send().await.unwrap().text().await.unwrap();
    assert!(shop.contains(r#"<script async src="/w/demo-widget.js"></script>"#));
}

#[tokio::test]
async fn a_person_can_add_a_phone_write_tap_read_and_push_the_clock() {
    let (product, sim) = world().await;
    let page = mount(&sim);
    let whose = json!({ "account": NUMBER_ID, "number": CUSTOMER });
    let with = |more: Value| {
        let mut body = whose.clone();
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    assert_eq!(
        post(&page, "phones", with(json!({ "name": "Jo Brown" }))).await,
        (201, json!({ "number": CUSTOMER }))
    );
    assert_eq!(
        post(&page, "phones", json!({ "account": NUMBER_ID, "number": "12", "name": "" })).await.0,
        422
    );
    assert_eq!(post(&page, "phones", json!({ "account": "9", "number": CUSTOMER, "name": "" })).await.0, 404);
    product.answer_with(&[503]);
    assert_eq!(
        post(&page, "text", with(json!({ "body": "Hello" }))).await,
        (200, json!({ "product_status": 503 }))
    );
    send(&sim, text_to(CUSTOMER, "Hi Jo")).await;

    let shown = state(&page).await;
    let phone = &shown["accounts"][0]["phones"][0];
    assert_eq!((&phone["name"], &phone["unread"]), (&json!("Jo Brown"), &json!(1)));
    assert_eq!(phone["thread"][1]["body"], "Hi Jo");
    assert_eq!(post(&page, "look", whose.clone()).await, (200, json!({ "read": 1 })));
    let liked = with(json!({ "message_id": phone["thread"][1]["id"], "emoji": "👍" }));
    assert_eq!(post(&page, "react", liked).await.0, 200);
    assert_eq!(state(&page).await["accounts"][0]["phones"][0]["thread"][1]["reaction"], "👍");

    let file =
        client().post(format!("{page}/api/file?account={NUMBER_ID}&number=%2B447700900123&name=a.png"));
    let file = file.header("Content-Type", "image/png").body("png");
    assert_eq!(file.try_clone().unwrap().send().await.unwrap().status(), 403);
    assert_eq!(file.header("X-Simulator", "1").send().await.unwrap().status(), 200);
    let shown = state(&page).await;
    let id = shown["accounts"][0]["phones"][0]["thread"][2]["media"]["id"].as_str().unwrap().to_owned();
    let media = client().get(format!("{page}/api/media/{id}")).send().await.unwrap();
    assert_eq!(media.headers()["content-type"], "image/png");

    assert_eq!(post(&page, "settings", with(json!({ "reachable": false, "auto_read": true }))).await.0, 204);
    assert_eq!(post(&page, "clock", json!({ "advance_seconds": 90_000 })).await.1["offset_seconds"], 90_000);
    assert_eq!(sim.clock_offset().as_secs(), 90_000);
    assert_eq!(post(&page, "clock", json!({ "advance_seconds": 90_000_000 })).await.0, 422);
    let mut switches = state(&page).await["accounts"][2]["switches"].clone();
    switches["down"] = true.into();
    assert_eq!(post(&page, "switches", json!({ "account": SMS, "switches": switches })).await.0, 204);
    assert!(sim.faults().get(SMS).unwrap().down);
}

#[tokio::test]
async fn open_pages_are_told_about_changes() {
    let (_, sim) = world().await;
    let page = mount(&sim);
    let mut events = client().get(format!("{page}/api/events")).send().await.unwrap();
    assert_eq!(events.headers()["content-type"], "text/event-stream");
    let first = events.chunk().await.unwrap().unwrap();
    assert!(first.starts_with(b"event: changed\n"));
    sim.phone(SMS, CUSTOMER).text("Hello").await.unwrap();
    let second = events.chunk().await.unwrap().unwrap();
    assert!(second.starts_with(b"event: changed\n"));
}
