//! The page with phones on its own, for work on the page: `cargo run -p switchboard-simulator --example phones [address]`.
//!
//! In place of a product, an echo answers every WhatsApp text.

#![expect(clippy::print_stdout, reason = "an example tells where to look")]

use std::io;
use std::time::Duration;

use actix_web::web::{self, Bytes, Data};
use actix_web::{App, HttpResponse, HttpServer};
use serde_json::{Value, json};
use switchboard_simulator::{Account, Config, Simulator, configure};

#[tokio::main]
async fn main() -> io::Result<()> {
    let listen = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:8099".to_owned());
    let accounts = vec![
        Account::CloudApi {
            phone_number_id: "106540352242922".into(),
            waba_id: "419561257915477".into(),
            display_phone_number: "+44 20 7946 0000".into(),
            access_token: "token".into(),
            app_secret: "app-secret".into(),
            verify_token: "verify-me".into(),
            webhook_url: format!("http://{listen}/echo"),
            api_version: "v23.0".into(),
        },
        Account::Twilio {
            account_sid: "ACaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa".into(),
            auth_token: "twilio-token".into(),
            number: "+441134960000".into(),
            webhook_url: format!("http://{listen}/echo"),
        },
    ];
    let config = Config { accounts, callback_timeout: Duration::from_secs(5) };
    let sim = Simulator::start(config, ([127, 0, 0, 1], 0).into()).await?;
    sim.phone("106540352242922", "+447700900123").named("Jo Brown");
    sim.phone("106540352242922", "+447700900456").named("Zoë Müller");
    sim.phone("+441134960000", "+447700900789").named("Sam Lee");
    println!("http://{listen}/simulator (providers at {})", sim.base_url());
    HttpServer::new(move || {
        App::new()
            .app_data(Data::new(sim.clone()))
            .route("/echo", web::post().to(echo))
            .configure(|cfg| configure(cfg, sim.clone()))
    })
    .workers(1)
    .bind(listen)?
    .run()
    .await
}

async fn echo(sim: Data<Simulator>, body: Bytes) -> HttpResponse {
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let message = body.pointer("/entry/0/changes/0/value/messages/0").cloned().unwrap_or_default();
    let text = message.pointer("/text/body").and_then(Value::as_str);
    if let (Some(text), Some(from)) = (text, message.get("from")) {
        let answer = json!({
            "messaging_product": "whatsapp", "to": from, "type": "interactive",
            "interactive": { "type": "button", "body": { "text": format!("You wrote: {text}") }, "action": {
                "buttons": [{ "type": "reply", "reply": { "id": "again", "title": "Say it again" } }],
            } },
        });
        let url = format!("{}/v23.0/106540352242922/messages", sim.base_url());
        tokio::spawn(reqwest::Client::new().post(url).bearer_auth("token").json(&answer).send());
    }
    HttpResponse::Ok().finish()
}
