//! A product under simulation: records every callback byte for byte and answers as told.

use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use actix_web::web::{self, Bytes, Data};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer};
use serde_json::Value;
use switchboard_simulator::{Account, Config, Simulator, hub_signature, twilio_signature};
use tokio::sync::watch;

pub(crate) const DEADLINE: Duration = Duration::from_secs(20);
pub(crate) const NUMBER_ID: &str = "106540352242922";
pub(crate) const D360_ID: &str = "206540352242922";
pub(crate) const SMS: &str = "+441134960000";
pub(crate) const SID: &str = "ACaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
pub(crate) const CUSTOMER: &str = "+447700900123";

#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Call {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(one, _)| one.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(crate) fn form(&self) -> Vec<(String, String)> {
        form_urlencoded::parse(&self.body).into_owned().collect()
    }

    pub(crate) fn field(&self, name: &str) -> Option<String> {
        self.form().into_iter().find(|(one, _)| one == name).map(|(_, value)| value)
    }

    /// Every change value of a WhatsApp callback.
    pub(crate) fn values(&self) -> Vec<Value> {
        let body = self.json();
        let entries = body["entry"].as_array().unwrap().clone();
        let changes = entries.iter().flat_map(|entry| entry["changes"].as_array().unwrap().clone());
        changes.map(|change| change["value"].clone()).collect()
    }

    pub(crate) fn hub_signed(&self) -> bool {
        self.header("X-Hub-Signature-256") == Some(&hub_signature("app-secret", &self.body))
    }

    pub(crate) fn twilio_signed(&self, url: &str) -> bool {
        self.header("X-Twilio-Signature") == Some(&twilio_signature("twilio-token", url, &self.form()))
    }
}

#[derive(Clone)]
pub(crate) struct Product {
    pub(crate) url: String,
    calls: Arc<watch::Sender<Vec<Call>>>,
    answers: Arc<Mutex<Vec<u16>>>,
}

impl Product {
    pub(crate) fn start() -> Self {
        let calls = Arc::new(watch::Sender::new(Vec::new()));
        let answers = Arc::new(Mutex::new(Vec::new()));
        let (seen, told) = (Arc::clone(&calls), Arc::clone(&answers));
        let server = HttpServer::new(move || {
            App::new()
                .app_data(Data::from(Arc::clone(&seen)))
                .app_data(Data::from(Arc::clone(&told)))
                .default_service(web::to(answer))
        })
        .workers(1)
        .disable_signals()
        .bind("127.0.0.1:0")
        .unwrap();
        let url = format!("http://{}", server.addrs()[0]);
        tokio::spawn(server.run());
        Self { url, calls, answers }
    }

    /// The next callbacks are answered with these statuses, then with 200 again.
    pub(crate) fn answer_with(&self, statuses: &[u16]) {
        *self.answers.lock().unwrap() = statuses.iter().rev().copied().collect();
    }

    pub(crate) fn calls(&self) -> Vec<Call> {
        self.calls.borrow().clone()
    }

    /// Waits until as many callbacks match, then answers them.
    pub(crate) async fn expect(&self, count: usize, matches: impl Fn(&Call) -> bool) -> Vec<Call> {
        let mut changes = self.calls.subscribe();
        let enough = changes.wait_for(|calls| calls.iter().filter(|call| matches(call)).count() >= count);
        let found = tokio::time::timeout(DEADLINE, enough).await;
        assert!(found.is_ok(), "callbacks did not come: {:#?}", self.calls());
        drop(found);
        self.calls().into_iter().filter(|call| matches(call)).collect()
    }

    /// Waits for this WhatsApp status of any message.
    pub(crate) async fn status(&self, wanted: &str) -> Value {
        let has = |call: &Call| statuses(call).iter().any(|status| status["status"] == wanted);
        let calls = self.expect(1, has).await;
        statuses(&calls[0]).into_iter().find(|status| status["status"] == wanted).unwrap()
    }
}

async fn answer(
    request: HttpRequest,
    body: Bytes,
    calls: Data<watch::Sender<Vec<Call>>>,
    answers: Data<Mutex<Vec<u16>>>,
) -> HttpResponse {
    if request.path() == "/picture.png" {
        return HttpResponse::Ok().content_type("image/png").body(&b"png bytes"[..]);
    }
    if request.path() == "/missing.png" {
        return HttpResponse::NotFound().finish();
    }
    if let Some(challenge) =
        request.query_string().split('&').find_map(|pair| pair.strip_prefix("hub.challenge="))
    {
        let known = request.query_string().contains("hub.verify_token=verify-me");
        return if known {
            HttpResponse::Ok().body(challenge.to_owned())
        } else {
            HttpResponse::Forbidden().finish()
        };
    }
    let text = |value: &actix_web::http::header::HeaderValue| value.to_str().unwrap_or_default().to_owned();
    let call = Call {
        path: request.path().to_owned(),
        query: request.query_string().to_owned(),
        headers: request.headers().iter().map(|(name, value)| (name.to_string(), text(value))).collect(),
        body: body.to_vec(),
    };
    let status = answers.lock().unwrap().pop().unwrap_or(200);
    calls.send_modify(|calls| calls.push(call));
    HttpResponse::build(status.try_into().unwrap()).finish()
}

/// The statuses one WhatsApp callback carries.
pub(crate) fn statuses(call: &Call) -> Vec<Value> {
    if call.path != "/hooks/whatsapp" && call.path != "/hooks/d360" {
        return Vec::new();
    }
    call.values().iter().flat_map(|value| value["statuses"].as_array().cloned().unwrap_or_default()).collect()
}

pub(crate) fn is_message(call: &Call) -> bool {
    call.path.starts_with("/hooks/") && call.path != "/hooks/sms" && !call.values()[0]["messages"].is_null()
}

/// A product, and a simulator with one account of each provider that calls it.
pub(crate) async fn world() -> (Product, Simulator) {
    let product = Product::start();
    let accounts = vec![
        Account::CloudApi {
            phone_number_id: NUMBER_ID.into(),
            waba_id: "419561257915477".into(),
            display_phone_number: "+15550783881".into(),
            access_token: "token".into(),
            app_secret: "app-secret".into(),
            verify_token: "verify-me".into(),
            webhook_url: format!("{}/hooks/whatsapp", product.url),
            api_version: "v23.0".into(),
        },
        Account::Dialog360 {
            phone_number_id: D360_ID.into(),
            display_phone_number: "+15550783882".into(),
            api_key: "d360-key".into(),
            webhook_url: format!("{}/hooks/d360", product.url),
            webhook_headers: vec![("X-Switchboard-Secret".into(), "shared".into())],
        },
        Account::Twilio {
            account_sid: SID.into(),
            auth_token: "twilio-token".into(),
            number: SMS.into(),
            webhook_url: format!("{}/hooks/sms?channel=3", product.url),
        },
    ];
    let config = Config { accounts, callback_timeout: Duration::from_secs(5) };
    let simulator = Simulator::start(config, ([127, 0, 0, 1], 0).into()).await.unwrap();
    (product, simulator)
}

/// One HTTP client for all tests. It keeps no connections, because each test has a runtime of its own.
pub(crate) fn client() -> &'static reqwest::Client {
    static CLIENT: LazyLock<reqwest::Client> = LazyLock::new(|| {
        let _ = rustls::crypto::ring::default_provider().install_default();
        reqwest::Client::builder().pool_max_idle_per_host(0).build().unwrap()
    });
    &CLIENT
}

pub(crate) async fn send(sim: &Simulator, body: Value) -> (u16, Value) {
    let url = format!("{}/v23.0/{NUMBER_ID}/messages", sim.base_url());
    let response = client().post(url).bearer_auth("token").json(&body).send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap())
}

pub(crate) fn text_to(to: &str, text: &str) -> Value {
    serde_json::json!({
        "messaging_product": "whatsapp", "recipient_type": "individual", "to": to, "type": "text",
        "text": { "body": text },
    })
}

pub(crate) async fn sms(sim: &Simulator, form: &[(&str, &str)]) -> (u16, Value) {
    let url = format!("{}/2010-04-01/Accounts/{SID}/Messages.json", sim.base_url());
    let response = client().post(url).basic_auth(SID, Some("twilio-token")).form(form).send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap())
}

pub(crate) fn fixture(name: &str) -> Value {
    serde_json::from_slice(&fixture_bytes(name)).unwrap()
}

pub(crate) fn fixture_bytes(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/tests/fixtures/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

/// Asserts that `actual` has every key of the recorded payload, with the same JSON types, except for these paths.
pub(crate) fn same_shape(actual: &Value, recorded: &Value, but: &[&str]) {
    compare(actual, recorded, "", but);
}

fn compare(actual: &Value, recorded: &Value, path: &str, but: &[&str]) {
    if but.contains(&path) {
        return;
    }
    match (actual, recorded) {
        (Value::Object(_), Value::Object(keys)) => {
            for (key, value) in keys {
                compare(&actual[key], value, &format!("{path}/{key}"), but);
            }
        }
        (Value::Array(all), Value::Array(recorded)) => {
            if let (Some(one), Some(recorded)) = (all.first(), recorded.first()) {
                compare(one, recorded, path, but);
            }
            assert_eq!(all.is_empty(), recorded.is_empty(), "{path}: {actual}");
        }
        _ => {
            let same = std::mem::discriminant(actual) == std::mem::discriminant(recorded);
            assert!(same, "{path}: {actual} instead of {recorded}");
        }
    }
}
