//! The signature vectors of `tests/fixtures/vectors.json`: ours get their stated verdict, and a single changed byte turns them false.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that panics is a test that fails")]

use serde_json::Value;
use std::path::PathBuf;
use switchboard_engine::channels::sms::vonage::params::Params;
use switchboard_engine::channels::sms::vonage::signature::{Method, verify};
use switchboard_engine::channels::{sms, whatsapp};

/// The body behind `twilio-json-body-sha256`, from the same test of the same library.
const TWILIO_JSON: &[u8] = br#"{"property": "value", "boolean": true}"#;

#[test]
fn whatsapp_and_twilio_vectors() {
    let mut checked = Vec::new();
    for vector in vectors() {
        let id = text(&vector, "id").to_owned();
        let request = match id.as_str() {
            "meta-x-hub-signature-256-real" | "hmac-sha256-test-secret" => Request::whatsapp(&vector),
            id if id.starts_with("twilio-") => Request::twilio(&vector),
            _ => continue,
        };
        assert_eq!(request.verdict(), vector["valid"].as_bool().unwrap(), "{id}");
        for (what, changed) in request.changed_by_one_byte() {
            assert!(!changed.verdict(), "{id}: another {what} passes");
        }
        checked.push(id);
    }
    assert_eq!(checked.len(), 8, "{checked:?}");
}

/// Every way an account can sign; a changed parameter, secret or signature is not believed.
#[test]
fn vonage_vectors() {
    let mut checked = 0;
    for vector in vectors().iter().filter(|vector| text(vector, "id").starts_with("vonage-sig-")) {
        let method = Method::parse(text(vector, "algorithm")).unwrap();
        let read = |params: &Value, sig: &str| {
            let signed =
                [params.to_string().trim_end_matches('}'), &format!(",\"sig\":\"{sig}\"}}")].concat();
            Params::read("", "application/json", signed.as_bytes()).unwrap()
        };
        let (params, secret, sig) = (&vector["params"], text(vector, "secret"), text(vector, "sig"));
        assert!(verify(secret, method, &read(params, sig)), "{vector}");
        assert!(verify(secret, method, &read(params, &sig.to_lowercase())), "{vector}");
        for name in params.as_object().unwrap().keys() {
            let mut changed = params.clone();
            changed[name] = format!("{}x", text(params, name)).into();
            assert!(!verify(secret, method, &read(&changed, sig)), "{name} changed: {vector}");
        }
        assert!(!verify("my_secret_key_for_testinG", method, &read(params, sig)));
        let flipped = sig.replacen(['d', 'D', 'e', 'E'], "0", 1);
        assert!(!verify(secret, method, &read(params, &flipped)), "{flipped}");
        checked += 1;
    }
    assert_eq!(checked, 4);
}

#[test]
fn the_handshake_of_the_documentation() {
    let request = String::from_utf8(file("whatsapp/verify_get_request.http")).unwrap();
    let query = request.split_whitespace().nth(1).unwrap().split_once('?').unwrap().1;
    let challenge = |token| whatsapp::signature::handshake(query, token);
    assert_eq!(challenge("meatyhamhock").as_deref(), Some("1158201444"));
    assert_eq!(challenge("meatyhamhocK"), None);
}

/// A signed request, of either provider.
#[derive(Clone)]
struct Request {
    verify: fn(&Request) -> bool,
    secret: String,
    header: String,
    url: String,
    body: Vec<u8>,
    content_type: &'static str,
}

impl Request {
    fn whatsapp(vector: &Value) -> Self {
        let header = match vector.get("expected") {
            Some(hex) => format!("sha256={}", hex.as_str().unwrap()),
            None => text(&vector["header"], "X-Hub-Signature-256").to_owned(),
        };
        let body = match vector.get("body_file") {
            Some(name) => file(name.as_str().unwrap()),
            None => text(vector, "body").as_bytes().to_vec(),
        };
        Self {
            verify: |r| whatsapp::signature::verify(&r.secret, Some(&r.header), &r.body),
            secret: text(vector, "secret").to_owned(),
            header,
            url: String::new(),
            body,
            content_type: "application/json",
        }
    }

    fn twilio(vector: &Value) -> Self {
        let is_json = text(vector, "id") == "twilio-json-body-sha256";
        Self {
            verify: |r| sms::signature::verify(&r.secret, Some(&r.header), &r.url, &r.body, r.content_type),
            secret: text(vector, "auth_token").to_owned(),
            header: text(&vector["header"], "X-Twilio-Signature").to_owned(),
            url: text(vector, "url").to_owned(),
            body: if is_json { TWILIO_JSON.to_vec() } else { form(&vector["params"]) },
            content_type: if is_json { "application/json" } else { "application/x-www-form-urlencoded" },
        }
    }

    fn verdict(&self) -> bool {
        (self.verify)(self)
    }

    /// Copies of the request, each with one byte of one part changed.
    fn changed_by_one_byte(&self) -> Vec<(&'static str, Self)> {
        let flipped = |bytes: &[u8], at: usize| {
            let mut bytes = bytes.to_vec();
            bytes[at] ^= 1;
            bytes
        };
        let flipped_text = |text: &str, at: usize| String::from_utf8(flipped(text.as_bytes(), at)).unwrap();
        let bodies =
            (0..self.body.len()).map(|at| ("body", Self { body: flipped(&self.body, at), ..self.clone() }));
        let secrets = (0..self.secret.len())
            .map(|at| ("secret", Self { secret: flipped_text(&self.secret, at), ..self.clone() }));
        let urls =
            (0..self.url.len()).map(|at| ("url", Self { url: flipped_text(&self.url, at), ..self.clone() }));
        let headers = (0..self.header.len())
            .map(|at| ("header", Self { header: flipped_text(&self.header, at), ..self.clone() }));
        bodies.chain(secrets).chain(urls).chain(headers).collect()
    }
}

/// The form Twilio would post; a list is a repeated parameter.
fn form(params: &Value) -> Vec<u8> {
    let mut form = form_urlencoded::Serializer::new(String::new());
    for (name, value) in params.as_object().unwrap() {
        match value {
            Value::Array(values) => {
                form.extend_pairs(values.iter().map(|value| (name, value.as_str().unwrap())));
            }
            value => {
                form.append_pair(name, value.as_str().unwrap());
            }
        }
    }
    form.finish().into_bytes()
}

fn text<'a>(object: &'a Value, key: &str) -> &'a str {
    object[key].as_str().unwrap_or_else(|| panic!("no {key} in {object}"))
}

fn vectors() -> Vec<Value> {
    serde_json::from_slice(&file("vectors.json")).unwrap()
}

fn file(name: &str) -> Vec<u8> {
    let directory = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/fixtures"));
    std::fs::read(directory.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}
