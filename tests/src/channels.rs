//! Connected lines: every provider's round trip, who may connect what, what a line's health says, and how it changes hands.

use crate::answer::Answer;
use crate::people::{Agent, id};
use crate::world::{GATEWAY_NUMBER, HTTP, Kind, VONAGE_NUMBER, World};
use serde_json::{Value, json};

both!(s0_44_vonage_carries_texts_both_ways, s0_44_any_http_gateway_carries_texts_both_ways);

impl World {
    /// What connects the Vonage number.
    pub(crate) fn vonage(&self) -> Value {
        json!({"kind": "sms", "provider": "vonage", "name": "Vonage", "group_id": "2", "address": VONAGE_NUMBER,
            "settings": {"base_url": self.simulator.base_url(), "signature_method": "sha256"},
            "credentials": {"api_key": "vonage-key", "api_secret": "vonage-secret", "signature_secret": "vonage-signs"}})
    }

    /// What connects the number of the plain gateway.
    pub(crate) fn gateway(&self) -> Value {
        let base = self.simulator.base_url();
        json!({"kind": "sms", "provider": "http_sms", "name": "Gateway", "group_id": "2", "address": GATEWAY_NUMBER,
            "settings": {"send_url": format!("{base}/http-sms/messages"), "mms": true},
            "credentials": {"token": "gateway-token", "webhook_secret": "gateway-secret"}})
    }

    /// Connects a line as Ada and tells its provider where to call.
    pub(crate) async fn connect(&self, wanted: Value) -> Value {
        let channel = self.ada().await.post("/api/v1/channels", wanted).await.expect(201)["channel"].clone();
        let (address, url) = (channel["address"].as_str().unwrap(), channel["webhook_url"].as_str().unwrap());
        self.simulator.set_webhook(address, url).unwrap();
        channel
    }
}

/// In, out and the receipt; returns the conversation.
async fn round_trip(world: &World, ann: &Agent, ours: &str) -> String {
    let phone = world.simulator.phone(ours, "+447700900123");
    assert_eq!(phone.text("Are you open? 👍").await, Ok(200));
    let row = ann.conversation_with("+447700900123").await;
    assert_eq!((&row["channel"]["kind"], &row["window"]["state"]), (&json!("sms"), &json!("none")));
    assert_eq!(row["last_message"]["preview"], "Are you open? 👍");
    let conversation = id(&row);
    let message = ann.say(&conversation, "Until six £5 & more").await;
    let done = ann.status(&conversation, &message, "delivered").await;
    assert!(done["sent_at"].is_string(), "{done}");
    assert_eq!(&*phone.inbox()[0].body, "Until six £5 & more");
    assert_eq!(world.simulator.journal_len(), 1, "sent once");
    phone.set_reachable(false);
    let lost = ann.say(&conversation, "Are you there?").await;
    let failed = ann.status(&conversation, &lost, "failed").await;
    assert!(failed["failure"]["detail"].as_str().unwrap().len() > 10, "{failed}");
    conversation
}

/// To see it go red: let `from_vonage` in `web/src/hooks/sms.rs` answer `None`, or leave the `client-ref` out of a send.
async fn s0_44_vonage_carries_texts_both_ways(kind: Kind) {
    let world = World::start(kind).await;
    let ann = world.ann().await;
    let channel = world.connect(world.vonage()).await;
    round_trip(&world, &ann, VONAGE_NUMBER).await;
    // Forged, as a query, a form and JSON: nothing is stored.
    let before = world.database.run("SELECT COUNT(*) FROM message");
    let url = channel["webhook_url"].as_str().unwrap();
    let fields = [
        ("msisdn", "447700900999"),
        ("to", "441134960003"),
        ("messageId", "x1"),
        ("text", "Forged"),
        ("type", "text"),
        ("timestamp", "1"),
        ("sig", "00ff"),
    ];
    let http = HTTP.clone();
    let json: Value = fields.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
    for forged in [http.get(url).query(&fields), http.post(url).form(&fields), http.post(url).json(&json)] {
        Answer::of(forged).await.refused(401, "bad_signature");
    }
    assert_eq!(world.database.run("SELECT COUNT(*) FROM message"), before);
    // Genuine, in all three ways; a repeat is harmless.
    let params: Vec<(String, String)> =
        fields[..6].iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let mut signed = params.clone();
    signed.push(("sig".to_owned(), switchboard_simulator::vonage_signature("vonage-signs", &params)));
    let json: Value = signed.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
    for genuine in [http.get(url).query(&signed), http.post(url).form(&signed), http.post(url).json(&json)] {
        Answer::of(genuine).await.expect(200);
    }
    assert_eq!(world.database.run("SELECT COUNT(*) FROM message"), before + 1);
}

/// To see it go red: let `gateway::verify` answer `true`, or `gateway::parse::webhook` drop its receipts.
async fn s0_44_any_http_gateway_carries_texts_both_ways(kind: Kind) {
    let world = World::start(kind).await;
    let ann = world.ann().await;
    let channel = world.connect(world.gateway()).await;
    let conversation = round_trip(&world, &ann, GATEWAY_NUMBER).await;
    let url = channel["webhook_url"].as_str().unwrap();
    let body = json!({"id": "m1", "from": "+447700900999", "to": GATEWAY_NUMBER, "text": "Forged"});
    let before = world.database.run("SELECT COUNT(*) FROM message");
    for secret in [None, Some(""), Some("wrong"), Some("Gateway-Secret")] {
        let mut call = HTTP.clone().post(url).json(&body);
        if let Some(secret) = secret {
            call = call.header("x-switchboard-secret", secret);
        }
        Answer::of(call).await.refused(401, "bad_signature");
        assert_eq!(world.database.run("SELECT COUNT(*) FROM message"), before, "{secret:?}");
    }
    // Its files are fetched with its token.
    let phone = world.simulator.phone(GATEWAY_NUMBER, "+447700900123");
    phone.set_reachable(true);
    let png = b"\x89PNG\r\n\x1a\n0000".to_vec();
    assert_eq!(phone.file("image/png", Some("a.png"), png, Some("Look")).await, Ok(200));
    let is_there = |m: &Value| m["text"] == "Look" && m["media"][0]["state"] == "ready";
    ann.message_where(&conversation, "the picture", is_there).await;
    // A query is Vonage's way, not this one's.
    assert_eq!(Answer::of(HTTP.clone().get(url)).await.status, 404);
}
