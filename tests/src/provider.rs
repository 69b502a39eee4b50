//! A provider's side of a callback, byte by byte: recorded payloads and signatures, posted without the simulator.

use crate::answer::Answer;
use crate::world::{APP_SECRET, WHATSAPP_ID, World};
use serde_json::{Value, json};
use std::path::Path;
use switchboard_simulator::hub_signature;

/// A recorded payload.
pub(crate) fn fixture(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Every recorded WhatsApp webhook, by name.
pub(crate) fn recorded_webhooks() -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/whatsapp");
    let names = std::fs::read_dir(folder)
        .unwrap()
        .flatten()
        .map(|file| file.file_name().to_string_lossy().into_owned());
    let mut names: Vec<String> = names.filter(|name| name.starts_with("webhook_")).collect();
    names.sort();
    names.into_iter().map(|name| (name.clone(), fixture(&format!("whatsapp/{name}")))).collect()
}

/// Posts bytes to a URL with Meta's signature under a secret.
pub(crate) async fn post_signed(url: &str, secret: &str, body: impl Into<Vec<u8>>) -> Answer {
    let body = body.into();
    let signature = hub_signature(secret, &body);
    post_as(url, Some(&signature), body).await
}

/// Posts bytes with any signature header, or none.
pub(crate) async fn post_as(url: &str, signature: Option<&str>, body: Vec<u8>) -> Answer {
    let mut request =
        crate::world::HTTP.clone().post(url).header("content-type", "application/json").body(body);
    if let Some(signature) = signature {
        request = request.header("x-hub-signature-256", signature);
    }
    Answer::of(request).await
}

impl World {
    /// A genuine callback to the WhatsApp channel.
    pub(crate) async fn callback(&self, body: impl Into<Vec<u8>>) -> Answer {
        post_signed(&self.hook(), APP_SECRET, body).await
    }

    /// A genuine callback that must be taken.
    pub(crate) async fn call_back(&self, value: &Value) {
        self.callback(value.to_string()).await.expect(200);
    }
}

/// One change of the field "messages", as Meta wraps it.
pub(crate) fn change(mut value: Value) -> Value {
    value["messaging_product"] = "whatsapp".into();
    value["metadata"] = json!({"display_phone_number": "15550783881", "phone_number_id": WHATSAPP_ID});
    json!({"object": "whatsapp_business_account",
        "entry": [{"id": "102290129340398", "changes": [{"field": "messages", "value": value}]}]})
}

/// A text from a customer (digits only), dated now.
pub(crate) fn text(from: &str, id: &str, body: &str) -> Value {
    change(json!({"contacts": [{"wa_id": from, "profile": {"name": "Jo"}}], "messages": [
        {"from": from, "id": id, "timestamp": now().to_string(), "type": "text", "text": {"body": body}}]}))
}

/// News about a message of ours.
pub(crate) fn status(id: &str, ours: Option<&str>, status: &str) -> Value {
    let mut news =
        json!({"id": id, "status": status, "timestamp": now().to_string(), "recipient_id": "447700900123"});
    if let Some(ours) = ours {
        news["biz_opaque_callback_data"] = ours.into();
    }
    change(json!({"statuses": [news]}))
}

/// News that a message of ours did not arrive.
pub(crate) fn failed(id: &str, code: u32) -> Value {
    change(json!({"statuses": [{"id": id, "status": "failed", "timestamp": now().to_string(),
        "recipient_id": "447700900123", "errors": [{"code": code, "title": "No"}]}]}))
}

fn now() -> u64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs()
}
