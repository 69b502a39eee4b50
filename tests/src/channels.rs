//! Connected lines: every provider's round trip, who may connect what, what a line's health says, and how it changes hands.

use crate::answer::Answer;
use crate::people::{Agent, id};
use crate::world::{
    DIALOG_ID, GATEWAY_NUMBER, HTTP, Kind, SMS_NUMBER, Server, VONAGE_NUMBER, WHATSAPP_ID, World,
};
use serde_json::{Value, json};

both!(
    s0_44_vonage_carries_texts_both_ways,
    s0_44_any_http_gateway_carries_texts_both_ways,
    s0_26_a_wrong_key_is_named_and_nothing_is_stored,
    s0_26_dialog360_is_told_where_to_call,
    s0_26_health_follows_callbacks_and_credentials,
    s0_40_one_number_one_group,
    s0_40_a_moved_channel_begins_anew_in_its_new_group,
    s0_45_agents_configure_nothing,
    s0_27_the_logo_is_ticked_off,
    s2_41_us_numbers_warn_until_they_are_registered,
    s0_26_disconnected_loses_nothing,
    s0_26_new_credentials_take_what_waits_with_them,
    s0_26_credentials_survive_a_new_secret_key,
);

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
            "settings": {"send_url": format!("{base}/http-sms/messages"), "check_url": format!("{base}/http-sms/account"),
                "mms": true},
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

impl World {
    fn dialog(&self) -> Value {
        json!({"kind": "whatsapp", "provider": "dialog360", "name": "Dialog", "group_id": "2", "address": DIALOG_ID,
            "settings": {"base_url": self.simulator.base_url()},
            "credentials": {"api_key": "dialog-key", "webhook_secret": "dialog-secret"}})
    }
}

impl Agent {
    async fn channel(&self, id: &str) -> Value {
        self.get(&format!("/api/v1/channels/{id}")).await.expect(200)["channel"].clone()
    }

    async fn change(&self, id: &str, body: Value) -> Answer {
        Answer::of(self.request("PATCH", &format!("/api/v1/channels/{id}")).json(&body)).await
    }

    async fn tell(&self, id: &str, what: &str) -> Answer {
        self.post(&format!("/api/v1/channels/{id}/{what}"), json!({})).await
    }

    /// Waits until a channel's health is in this state.
    async fn health(&self, id: &str, state: &str) -> Value {
        crate::world::eventually_or(&format!("channel {id} to be {state}"), || async {
            let channel = self.channel(id).await;
            let health = channel["health"].clone();
            if health["state"] == state { Ok(health) } else { Err(channel.to_string()) }
        })
        .await
    }
}

/// To see it go red: leave the live check out of `create_channel`.
async fn s0_26_a_wrong_key_is_named_and_nothing_is_stored(kind: Kind) {
    let world = World::start(kind).await;
    let ada = world.ada().await;
    let before = world.database.run("SELECT COUNT(*) FROM channel");
    let with = |mut channel: Value, name: &str, secret: &str| {
        channel["credentials"][name] = secret.into();
        channel
    };
    let cloud = json!({"kind": "whatsapp", "provider": "cloud_api", "name": "Second", "group_id": "2",
        "address": "277321005464405", "settings": {"base_url": world.simulator.base_url()},
        "credentials": {"access_token": "wrong", "app_secret": "s", "verify_token": "v"}});
    for (field, channel) in [
        ("access_token", cloud.clone()),
        ("api_key", with(world.dialog(), "api_key", "wrong")),
        ("api_secret", with(world.vonage(), "api_secret", "wrong")),
        ("token", with(world.gateway(), "token", "wrong")),
    ] {
        let checked = ada.post("/api/v1/channels/check", channel.clone()).await.expect(200);
        assert_eq!(checked["ok"], false, "{field}: {checked}");
        let refused = ada.post("/api/v1/channels", channel).await;
        assert_eq!((refused.status, refused.code().as_str()), (422, "channel_auth_failed"), "{field}");
        let cure = refused.json()["error"]["fields"][field].as_str().unwrap_or_default().to_owned();
        assert!(cure.len() > 40, "{field}: {}", refused.text());
        assert!(!refused.text().contains("wrong"), "the secret is not repeated: {}", refused.text());
    }
    let mut unknown = with(cloud.clone(), "access_token", "t");
    unknown["address"] = "999999999999999".into();
    let refused = ada.post("/api/v1/channels", unknown).await;
    assert!(matches!(refused.status, 422), "{}", refused.text());
    let mut nobody = world.gateway();
    for url in ["send_url", "check_url"] {
        nobody["settings"][url] = format!("http://127.0.0.1:{}/sms", crate::world::free_port()).into();
    }
    ada.post("/api/v1/channels", nobody).await.refused(502, "provider_unreachable");
    assert_eq!(world.database.run("SELECT COUNT(*) FROM channel"), before, "nothing was stored");
    // In order: the check says so, and what it learnt is kept.
    let good = with(cloud, "access_token", "t");
    let checked = ada.post("/api/v1/channels/check", good.clone()).await.expect(200);
    assert_eq!((&checked["ok"], &checked["phone"]), (&json!(true), &json!("+15550783881")), "{checked}");
    let own =
        checked["checks"].as_array().unwrap().iter().find(|check| check["name"] == "callback_url").unwrap();
    assert_eq!(own["ok"], true, "our own address was called: {checked}");
    assert_eq!(world.database.run("SELECT COUNT(*) FROM channel"), before, "a check stores nothing");
    let made = ada.post("/api/v1/channels", good).await.expect(201)["channel"].clone();
    assert_eq!((&made["phone"], &made["status"]), (&json!("+15550783881"), &json!("connecting")));
    assert_eq!(made["health"]["reason"], "waiting_for_callback");
}

/// To see it go red: leave `register_webhook` out of `create_channel`.
async fn s0_26_dialog360_is_told_where_to_call(kind: Kind) {
    let world = World::start(kind).await;
    let ada = world.ada().await;
    let made = ada.post("/api/v1/channels", world.dialog()).await.expect(201)["channel"].clone();
    assert_eq!(made["status"], "connecting");
    let phone = world.simulator.phone(DIALOG_ID, "+447700900321");
    assert_eq!(phone.text("Hello through 360dialog").await, Ok(200), "nobody registered the URL by hand");
    ada.conversation_with("+447700900321").await;
    ada.health(&id(&made), "connected").await;
}

/// To see it go red: let `Pulse::refused` or `Pulse::called` do nothing.
async fn s0_26_health_follows_callbacks_and_credentials(kind: Kind) {
    let mut world = World::start(kind).await;
    let (ada, ann) = (world.ada().await, world.ann().await);
    let (mut of_ada, mut of_ann) = (ada.listen().await, ann.listen().await);
    let waiting = ada.channel(&world.whatsapp).await;
    assert_eq!(
        (&waiting["health"]["state"], &waiting["checklist"][0]["done"]),
        (&json!("connecting"), &json!(false))
    );
    assert_eq!(ada.channel(&world.webchat).await["health"]["state"], "connected");
    let phone = world.phone("+447700900123");
    assert_eq!(phone.text("Hello").await, Ok(200));
    let health = ada.health(&world.whatsapp, "connected").await;
    assert!(health["last_callback_at"].is_string() && health["last_inbound_at"].is_string(), "{health}");
    let told = of_ada
        .until("the news", |f| f["t"] == "channel.health" && f["d"]["health"]["state"] == "connected")
        .await;
    assert_eq!(told["d"]["channel_id"], world.whatsapp.as_str());
    // A key that no longer works is not taken; one the provider no longer takes shows: the message waits, the line says why.
    let conversation = id(&ann.conversation_with("+447700900123").await);
    let typo = ada.change(&world.whatsapp, json!({"credentials": {"access_token": "tokne"}})).await;
    assert_eq!((typo.status, typo.code().as_str()), (422, "channel_auth_failed"));
    world.simulator.set_access_token(WHATSAPP_ID, "new-token").unwrap();
    let message = ann.say(&conversation, "Are you still there?").await;
    let health = ada.health(&world.whatsapp, "degraded").await;
    assert_eq!(health["reason"], "channel_auth_failed", "{health}");
    ann.status(&conversation, &message, "queued").await;
    of_ada
        .until("the bad news", |f| f["t"] == "channel.health" && f["d"]["health"]["state"] == "degraded")
        .await;
    of_ann.settle().await;
    assert!(of_ann.frames.iter().all(|frame| frame["t"] != "channel.health"), "agents are not told");
    // It is remembered over a restart.
    world.restart().await;
    let (ada, ann) = (world.ada().await, world.ann().await);
    ada.health(&world.whatsapp, "degraded").await;
    // The new key: what waited leaves, once.
    ada.change(&world.whatsapp, json!({"credentials": {"access_token": "new-token"}})).await.expect(200);
    ann.status(&conversation, &message, "delivered").await;
    ada.health(&world.whatsapp, "connected").await;
    assert_eq!(world.simulator.journal_len(), 1, "sent once");
}

async fn s0_40_one_number_one_group(kind: Kind) {
    let world = World::start(kind).await;
    let ada = world.ada().await;
    let again = json!({"kind": "whatsapp", "provider": "cloud_api", "name": "Again", "group_id": "3", "address": WHATSAPP_ID,
        "settings": {"base_url": world.simulator.base_url()},
        "credentials": {"access_token": "token", "app_secret": "s", "verify_token": "v"}});
    let refused = ada.post("/api/v1/channels", again).await;
    assert_eq!((refused.status, refused.code().as_str()), (409, "channel_in_use"));
    assert!(refused.json()["error"]["fields"]["address"].is_string(), "{}", refused.text());
    // Two at once: the database decides.
    let (one, two) = tokio::join!(
        ada.post("/api/v1/channels", world.vonage()),
        ada.post("/api/v1/channels", world.vonage())
    );
    let mut answers = [one.status, two.status];
    answers.sort_unstable();
    assert_eq!(answers, [201, 409]);
}

/// To see it go red: let `move_channel` leave `group_id` as it is, or intake remember the old group.
async fn s0_40_a_moved_channel_begins_anew_in_its_new_group(kind: Kind) {
    let world = World::start(kind).await;
    let (ada, ann, cat) = (world.ada().await, world.ann().await, world.cat().await);
    let phone = world.phone("+447700900123");
    assert_eq!(phone.text("To Sales").await, Ok(200));
    let old = id(&ann.conversation_with("+447700900123").await);
    let moved =
        ada.post(&format!("/api/v1/channels/{}/move", world.whatsapp), json!({"group_id": "3"})).await;
    assert_eq!(moved.expect(200)["channel"]["group_id"], "3");
    assert_eq!(phone.text("To Support").await, Ok(200));
    let of_cat = || async {
        let answer = cat.get("/api/v1/conversations?view=all&group_id=3").await.expect(200);
        answer["conversations"].as_array().unwrap().first().map(|row| row["conversation"].clone())
    };
    let new = crate::world::eventually("the conversation in Support", of_cat).await;
    assert_ne!(id(&new), old);
    assert_eq!((&new["last_message"]["preview"], &new["inbound_count"]), (&json!("To Support"), &json!(1)));
    let stays = ann.conversation(&old).await;
    assert_eq!((&stays["group_id"], &stays["inbound_count"]), (&json!("2"), &json!(1)));
    assert_eq!(cat.get(&format!("/api/v1/conversations/{old}")).await.status, 404);
    let nowhere =
        ada.post(&format!("/api/v1/channels/{}/move", world.whatsapp), json!({"group_id": "99"})).await;
    nowhere.refused(422, "validation");
}

/// To see it go red: leave `managed` out of one of the handlers.
async fn s0_45_agents_configure_nothing(kind: Kind) {
    let world = World::start(kind).await;
    let (ann, cat) = (world.ann().await, world.cat().await);
    let before = world.database.run("SELECT COUNT(*) FROM channel");
    let of = |path: &str| format!("/api/v1/channels/{}{path}", world.whatsapp);
    let widget = |path: &str| format!("/api/v1/channels/{}{path}", world.webchat);
    for (method, path, body) in [
        ("POST", "/api/v1/channels".to_owned(), world.vonage()),
        ("POST", "/api/v1/channels/check".to_owned(), world.vonage()),
        ("GET", of(""), Value::Null),
        ("PATCH", of(""), json!({"name": "Mine"})),
        ("POST", of("/move"), json!({"group_id": "2"})),
        ("POST", of("/check"), json!({})),
        ("POST", of("/disconnect"), json!({})),
        ("POST", of("/reconnect"), json!({})),
        ("PUT", widget("/widget"), json!({"colour": "#ff0000"})),
        ("POST", widget("/widget/identity_secret"), json!({})),
    ] {
        let asked = |agent: &Agent| match &body {
            Value::Null => agent.request(method, &path),
            body => agent.request(method, &path).json(body),
        };
        Answer::of(asked(&ann)).await.refused(403, "forbidden");
        let stranger = Answer::of(asked(&cat)).await.status;
        assert_eq!(stranger, 403, "{method} {path} for somebody of another group");
        assert_eq!(
            Answer::of(
                HTTP.request(method.parse().unwrap(), format!("{}{path}", world.server.url))
                    .header("origin", &world.server.url)
                    .json(&body)
            )
            .await
            .status,
            401,
            "{method} {path} without a session"
        );
    }
    assert_eq!(world.database.run("SELECT COUNT(*) FROM channel"), before);
    let list = ann.get("/api/v1/channels").await;
    for secret in [crate::world::APP_SECRET, crate::world::TWILIO_TOKEN, "verify", "/hooks/", "base_url"] {
        assert!(!list.text().contains(secret), "{secret} is nothing for agents: {}", list.text());
    }
    assert_eq!(list.expect(200)["channels"].as_array().unwrap().len(), 3);
    // Nobody is ever shown a stored secret, an admin neither.
    let ada = world.ada().await;
    for path in ["/api/v1/channels".to_owned(), of(""), widget("")] {
        let shown = ada.get(&path).await.text();
        for secret in [crate::world::APP_SECRET, crate::world::TWILIO_TOKEN, "\"token\"", "\"verify\""] {
            assert!(!shown.contains(secret), "{secret}: {shown}");
        }
    }
}

async fn s0_27_the_logo_is_ticked_off(kind: Kind) {
    let world = World::start(kind).await;
    let ada = world.ada().await;
    let logo = |channel: &Value| {
        let list = channel["checklist"].as_array().unwrap().clone();
        list.iter().find(|item| item["code"] == "profile_logo").map(|item| item["done"].clone())
    };
    assert_eq!(logo(&ada.channel(&world.whatsapp).await), Some(json!(false)));
    assert_eq!(logo(&ada.channel(&world.sms).await), None);
    let ticked =
        ada.change(&world.whatsapp, json!({"settings": {"profile_logo_done": true}})).await.expect(200);
    assert_eq!(logo(&ticked["channel"]), Some(json!(true)));
    assert_eq!(ticked["channel"]["settings"]["base_url"], world.simulator.base_url(), "the others stay");
}

async fn s2_41_us_numbers_warn_until_they_are_registered(kind: Kind) {
    let world = World::start(kind).await;
    let ada = world.ada().await;
    let mut wanted = world.gateway();
    wanted["address"] = "+14155552345".into();
    let made = ada.post("/api/v1/channels", wanted).await.expect(201)["channel"].clone();
    let warnings = |channel: &Value| channel["health"]["warnings"].clone();
    assert_eq!(
        (warnings(&made), &made["registration"]),
        (json!(["a2p_10dlc_unregistered"]), &json!("unknown"))
    );
    let changed = |state: &'static str| {
        let (ada, made) = (&ada, &made);
        async move { ada.change(&id(made), json!({"registration": state})).await.expect(200)["channel"].clone() }
    };
    assert_eq!(warnings(&changed("pending").await), json!(["a2p_10dlc_unregistered"]));
    assert_eq!(warnings(&changed("registered").await), json!([]));
    assert_eq!(warnings(&ada.channel(&world.sms).await), json!([]), "a British number needs none");
    ada.change(&id(&made), json!({"registration": "perhaps"})).await.refused(422, "validation");
}

/// To see it go red: let `Pulse::is_off` answer `false`, or refuse callbacks of a line that is off.
async fn s0_26_disconnected_loses_nothing(kind: Kind) {
    let mut world = World::start(kind).await;
    let (ada, ann) = (world.ada().await, world.ann().await);
    let phone = world.phone("+447700900123");
    assert_eq!(phone.text("Hello").await, Ok(200));
    let conversation = id(&ann.conversation_with("+447700900123").await);
    // One message is stuck at a provider that is down when the line is taken off.
    let down = |is| world.simulator.faults().change(WHATSAPP_ID, |switches| switches.down = is).unwrap();
    down(true);
    let stuck = ann.say(&conversation, "I waited").await;
    let tried = "SELECT COUNT(*) FROM outbox WHERE attempt > 0 AND claimed_at IS NULL";
    let refused = || async { (world.database.run(tried) == 1).then_some(()) };
    crate::world::eventually("the first attempt to fail", refused).await;
    let off = ada.tell(&world.whatsapp, "disconnect").await.expect(200)["channel"].clone();
    assert_eq!((&off["status"], &off["health"]["reason"]), (&json!("disconnected"), &json!("disconnected")));
    down(false);
    ann.write(&conversation, "c1", "Not now").await.refused(409, "channel_not_connected");
    assert_eq!(phone.text("Can you hear me?").await, Ok(200), "what arrives is kept");
    ann.message_where(&conversation, "the customer's message", |m| m["text"] == "Can you hear me?").await;
    world.restart().await;
    let (ada, ann) = (world.ada().await, world.ann().await);
    assert_eq!(ada.channel(&world.whatsapp).await["status"], "disconnected");
    ann.write(&conversation, "c2", "Not now either").await.refused(409, "channel_not_connected");
    ann.status(&conversation, &stuck, "queued").await;
    assert_eq!(world.simulator.journal_len(), 0);
    let back = ada.tell(&world.whatsapp, "reconnect").await.expect(200)["channel"].clone();
    assert_eq!(back["status"], "connected");
    ann.status(&conversation, &stuck, "delivered").await;
    let next = ann.say(&conversation, "I am back").await;
    ann.status(&conversation, &next, "delivered").await;
    let said: Vec<String> = phone.inbox().iter().map(|message| message.body.to_string()).collect();
    assert_eq!(said, ["I waited", "I am back"]);
}

async fn s0_26_new_credentials_take_what_waits_with_them(kind: Kind) {
    let world = World::start(kind).await;
    let (ada, ann) = (world.ada().await, world.ann().await);
    let channel = world.connect(world.gateway()).await;
    let phone = world.simulator.phone(GATEWAY_NUMBER, "+447700900123");
    assert_eq!(phone.text("Hello").await, Ok(200));
    let conversation = id(&ann.conversation_with("+447700900123").await);
    world.simulator.set_access_token(GATEWAY_NUMBER, "rotated").unwrap();
    let mut waiting = Vec::new();
    for text in ["one", "two", "three"] {
        waiting.push(ann.say(&conversation, text).await);
    }
    ada.health(&id(&channel), "degraded").await;
    // A name is no reason to ask the provider.
    ada.change(&id(&channel), json!({"name": "The gateway"})).await.expect(200);
    ada.change(&id(&channel), json!({"credentials": {"token": "rotated"}})).await.expect(200);
    for message in &waiting {
        ann.status(&conversation, message, "delivered").await;
    }
    let said: Vec<String> = phone.inbox().iter().map(|message| message.body.to_string()).collect();
    assert_eq!(said, ["one", "two", "three"], "in order and once");
    assert_eq!(phone.text("Still heard?").await, Ok(200), "the other secret stayed");
    let unknown = ada.change(&id(&channel), json!({"credentials": {"password": "x"}})).await;
    unknown.refused(422, "validation");
}

/// To see it go red: leave `reseal_channels` out of the start.
async fn s0_26_credentials_survive_a_new_secret_key(kind: Kind) {
    let mut world = World::start(kind).await;
    let mut visitor = world.visitor(None).await;
    visitor.say("Remember me").await;
    let (token, address) = (visitor.token.clone(), world.server.address);
    let again = |secret_key, previous_key| {
        let mut config = world.config();
        config.listen = address;
        (config.secret_key, config.previous_key) = (secret_key, previous_key);
        config
    };
    let (during, after) = (again([8; 32], Some([7; 32])), again([8; 32], None));
    world.server.stop().await;
    world.server = Server::start(during).await;
    assert_eq!(world.visitor(Some(&token)).await.history(), ["Remember me"], "visitors keep their thread");
    world.server.stop().await;
    // From here on the old key is gone for good.
    world.server = Server::start(after).await;
    let ann = world.ann().await;
    let phone = world.simulator.phone(SMS_NUMBER, "+447700900123");
    assert_eq!(phone.text("Hello").await, Ok(200), "the callback's secret opens");
    let conversation = id(&ann.conversation_with("+447700900123").await);
    let message = ann.say(&conversation, "Hi").await;
    ann.status(&conversation, &message, "delivered").await;
}
