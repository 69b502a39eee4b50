//! Registered templates: read from the provider, mapped by an admin, picked and sent by agents; saved replies beside them.

use crate::answer::Answer;
use crate::people::{Agent, id};
use crate::provider::text;
use crate::world::{Kind, WHATSAPP_ID, World, eventually, free_port, promptly};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use switchboard_simulator::{Account, Config, Simulator};

both!(
    s0_28_a_channel_is_read_when_it_connects,
    s0_28_what_is_gone_at_the_provider_is_removed_not_deleted,
    s0_28_what_the_provider_refuses_is_said,
    s0_14_agents_pick_templates_and_see_nothing_else_of_them,
    h_15_250_templates_in_three_languages_come_in_one_run,
    h_16_only_what_is_mapped_is_offered_and_sent,
    h_16_a_header_shows_the_mapped_file,
);

timed!(s0_28_templates_are_read_and_a_pause_is_live);

pub(crate) const CUSTOMER: &str = "+447700900123";

pub(crate) fn body(name: &str, language: &str, text: &str) -> Value {
    json!({"name": name, "language": language, "category": "UTILITY",
        "components": [{"type": "BODY", "text": text}]})
}

/// Welcome (nothing to fill in) and an order update with two variables.
pub(crate) fn usual() -> Vec<Value> {
    vec![
        body("welcome", "en_GB", "Welcome to Bean & Leaf!"),
        body("order_update", "en_GB", "Hello {{1}}, your order {{2}} has news."),
        json!({"name": "refund", "language": "en_GB", "status": "PENDING",
            "components": [{"type": "BODY", "text": "Your refund is on its way."}]}),
    ]
}

impl World {
    /// The provider holds these templates and the product has read them; answers what the reading changed.
    pub(crate) async fn provide(&self, templates: Vec<Value>) -> Value {
        self.simulator.set_templates(WHATSAPP_ID, templates).unwrap();
        self.read_templates().await
    }

    async fn read_templates(&self) -> Value {
        let path = format!("/api/v1/channels/{}/templates/sync", self.whatsapp);
        self.ada().await.post(&path, json!({})).await.expect(200)
    }

    /// The admin's page.
    async fn templates(&self) -> Vec<Value> {
        let answer = self.ada().await.get("/api/v1/groups/2/templates").await.expect(200);
        // The provider's samples may have been read before a test's own templates took their place.
        let templates = answer["templates"].as_array().unwrap().iter();
        templates.filter(|one| is_ours(one)).cloned().collect()
    }

    pub(crate) async fn template(&self, name: &str) -> Value {
        let all = self.templates().await;
        all.iter().find(|one| one["name"] == name).unwrap_or_else(|| panic!("no {name} in {all:#?}")).clone()
    }

    pub(crate) async fn map(&self, name: &str, mapping: Value) -> Answer {
        let path = format!("/api/v1/templates/{}/mapping", id(&self.template(name).await));
        self.ada().await.put(&path, mapping).await
    }

    /// A conversation whose customer wrote a moment ago.
    pub(crate) async fn fresh(&self, ann: &Agent) -> String {
        assert_eq!(self.phone(CUSTOMER).text("Hello").await, Ok(200));
        id(&ann.conversation_with(CUSTOMER).await)
    }

    /// A conversation whose customer wrote 25 hours ago.
    pub(crate) async fn stale(&self, ann: &Agent) -> String {
        let mut old = text("447700900123", "wamid.long-ago", "Hello");
        let message = &mut old["entry"][0]["changes"][0]["value"]["messages"][0];
        let at: u64 = message["timestamp"].as_str().unwrap().parse().unwrap();
        message["timestamp"] = (at - 25 * 3_600).to_string().into();
        self.call_back(&old).await;
        let conversation = ann.conversation_with(CUSTOMER).await;
        assert_eq!(conversation["window"]["state"], "closed");
        id(&conversation)
    }

    pub(crate) fn sent(&self) -> Vec<(String, String)> {
        let journal = self.simulator.journal();
        journal.iter().map(|one| (one.kind.to_owned(), one.body.to_string())).collect()
    }
}

fn is_ours(template: &Value) -> bool {
    let samples = ["hello_world", "appointment_reminder", "seasonal_offer", "order_update"];
    let name = template["name"].as_str().unwrap();
    template["status"] != "removed" || !samples.contains(&name)
}

impl Agent {
    pub(crate) async fn pick(&self, conversation: &str, q: &str) -> Value {
        self.get(&format!("/api/v1/conversations/{conversation}/sendable-templates?q={q}")).await.expect(200)
    }

    pub(crate) async fn send_template(&self, conversation: &str, client_id: &str, template: Value) -> Answer {
        let body = json!({"client_id": client_id, "template": template});
        self.post(&format!("/api/v1/conversations/{conversation}/messages"), body).await
    }
}

fn names(picks: &Value) -> Vec<&str> {
    picks.as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect()
}

/// To see it go red: drop `tell` in `Actors::template_news`, or have `hindrance` forget the status.
async fn s0_28_templates_are_read_and_a_pause_is_live(kind: Kind) {
    let world = World::start(kind).await;
    let (ada, ann) = (world.ada().await, world.ann().await);
    world.simulator.set_templates(WHATSAPP_ID, usual()).unwrap();
    let path = format!("/api/v1/channels/{}/templates/sync", world.whatsapp);
    // Whoever reads first, the first reading on connecting or this one, finds three.
    ada.post(&path, json!({})).await.expect(200);
    assert_eq!(world.templates().await.len(), 3);
    let welcome = world.template("welcome").await;
    assert_eq!(
        [
            &welcome["language"],
            &welcome["category"],
            &welcome["status"],
            &welcome["quality"],
            &welcome["sendable"]
        ],
        [&json!("en_GB"), &json!("utility"), &json!("approved"), &json!("unknown"), &json!(true)]
    );
    assert_eq!(welcome["components"], json!([{"type": "BODY", "text": "Welcome to Bean & Leaf!"}]));
    assert_eq!(welcome["reason"], Value::Null);
    let refund = world.template("refund").await;
    assert_eq!((&refund["status"], &refund["reason"]), (&json!("pending"), &json!("not_approved")));

    let conversation = world.fresh(&ann).await;
    assert_eq!(names(&ann.pick(&conversation, "").await["registered"]), ["welcome"]);
    let (mut admin, mut agent) = (ada.listen().await, ann.listen().await);
    let started = Instant::now();
    assert!(world.simulator.set_template_status(WHATSAPP_ID, "welcome", "en_GB", "PAUSED").unwrap());
    let seen = admin.until("the pause", |frame| frame["t"] == "template.updated").await;
    let took = started.elapsed();
    promptly("the pause", took, Duration::from_secs(1));
    let told = &seen["d"]["template"];
    assert_eq!(
        (&told["id"], &told["status"], &told["sendable"]),
        (&welcome["id"], &json!("paused"), &json!(false))
    );
    assert_eq!(seen["d"]["channel_id"], world.whatsapp.as_str());
    let hint = agent.until("the hint", |frame| frame["t"] == "template.updated").await;
    assert_eq!(hint["d"], json!({"group_id": "2"}), "agents learn nothing of what is run behind");
    assert_eq!(names(&ann.pick(&conversation, "").await["registered"]), Vec::<&str>::new());
    assert_eq!(world.template("welcome").await["status"], "paused");

    assert!(world.simulator.set_template_quality(WHATSAPP_ID, "welcome", "en_GB", "YELLOW").unwrap());
    let seen = admin
        .until("the quality", |f| f["t"] == "template.updated" && f["d"]["template"]["quality"] == "yellow");
    assert_eq!(seen.await["d"]["template"]["status"], "paused", "a quality is no status");
    world.simulator.set_template_status(WHATSAPP_ID, "welcome", "en_GB", "APPROVED").unwrap();
    admin
        .until("approved again", |f| f["t"] == "template.updated" && f["d"]["template"]["sendable"] == true)
        .await;
    assert_eq!(names(&ann.pick(&conversation, "").await["registered"]), ["welcome"]);
}

/// Nobody presses anything: what 360dialog holds is there soon after the channel is.
async fn s0_28_a_channel_is_read_when_it_connects(kind: Kind) {
    let world = World::start(kind).await;
    let port = free_port();
    let account = Account::Dialog360 {
        phone_number_id: "360360360".to_owned(),
        display_phone_number: "+442079460002".to_owned(),
        api_key: "key".to_owned(),
        webhook_url: format!("{}/hooks/none", world.server.url),
        webhook_headers: Vec::new(),
    };
    let config = Config { accounts: vec![account], ..Config::default() };
    let dialog = Simulator::start(config, SocketAddr::from(([127, 0, 0, 1], port))).await.unwrap();
    // More than two of 360dialog's pages.
    let many = (0..230).map(|n| body(&format!("note_{n:03}"), "de", "Hallo")).collect();
    dialog.set_templates("360360360", many).unwrap();
    let ada = world.ada().await;
    let channel = json!({"kind": "whatsapp", "provider": "dialog360", "name": "Second", "group_id": "3", "address": "360360360",
        "settings": {"base_url": dialog.base_url()}, "credentials": {"api_key": "key", "webhook_secret": "hush"}});
    ada.post("/api/v1/channels", channel).await.expect(201);
    let read = eventually("the templates of the new channel", || async {
        let answer = ada.get("/api/v1/groups/3/templates").await.expect(200);
        let templates = answer["templates"].as_array().unwrap().clone();
        (!templates.is_empty()).then_some(templates)
    })
    .await;
    assert_eq!(read.len(), 230);
    assert!(read.iter().all(|one| one["status"] == "approved" && one["sendable"] == true));
}

async fn s0_28_what_is_gone_at_the_provider_is_removed_not_deleted(kind: Kind) {
    let world = World::start(kind).await;
    let ann = world.ann().await;
    world.provide(usual()).await;
    let conversation = world.fresh(&ann).await;
    let welcome = id(&world.template("welcome").await);
    let sent = ann.send_template(&conversation, "c1", json!({"id": welcome})).await.expect(201);
    ann.status(&conversation, &id(&sent["message"]), "delivered").await;
    assert!(world.simulator.delete_template(WHATSAPP_ID, "welcome").unwrap());
    assert_eq!(world.read_templates().await, json!({"created": 0, "updated": 0, "removed": 1}));
    assert_eq!(world.read_templates().await, json!({"created": 0, "updated": 0, "removed": 0}));
    let gone = world.template("welcome").await;
    assert_eq!(
        (&gone["status"], &gone["reason"], &gone["id"]),
        (&json!("removed"), &json!("removed"), &json!(welcome))
    );
    assert_eq!(names(&ann.pick(&conversation, "").await["registered"]), Vec::<&str>::new());
    let kept = ann.message_where(&conversation, "the message", |message| message["kind"] == "template").await;
    assert_eq!(kept["extra"]["template"]["id"], welcome.as_str());
    // Back again under the same name: the same template, and its messages still refer to it.
    assert_eq!(world.provide(usual()).await["updated"], 1);
    assert_eq!(world.template("welcome").await["id"], welcome.as_str());
}

async fn s0_28_what_the_provider_refuses_is_said(kind: Kind) {
    let world = World::start(kind).await;
    world.provide(usual()).await;
    let ada = world.ada().await;
    let sync = |channel: &str| format!("/api/v1/channels/{channel}/templates/sync");
    world.simulator.faults().change(WHATSAPP_ID, |switches| switches.down = true).unwrap();
    let answer = ada.post(&sync(&world.whatsapp), json!({})).await;
    answer.refused(502, "provider_failed");
    assert!(answer.json()["error"]["detail"].as_str().unwrap().contains("WhatsApp"), "{}", answer.text());
    assert_eq!(world.templates().await.len(), 3, "what was known stays");
    ada.post(&sync(&world.sms), json!({})).await.refused(422, "validation");
    ada.post(&sync("1"), json!({})).await.refused(404, "not_found");
    let nameless = json!({"kind": "whatsapp", "provider": "cloud_api", "name": "No account", "group_id": "2",
        "address": "277321005464405", "settings": {"base_url": world.simulator.base_url()},
        "credentials": {"access_token": "t", "app_secret": "s", "verify_token": "v"}});
    let channel = ada.post("/api/v1/channels", nameless).await.expect(201)["channel"].clone();
    let answer = ada.post(&sync(&id(&channel)), json!({})).await;
    answer.refused(422, "validation");
    assert!(answer.json()["error"]["fields"]["waba_id"].is_string(), "{}", answer.text());
}

/// To see it go red: let `may_manage` say yes, or add a field to `Pick`.
async fn s0_14_agents_pick_templates_and_see_nothing_else_of_them(kind: Kind) {
    let world = World::start(kind).await;
    let (ann, cat) = (world.ann().await, world.cat().await);
    world.provide(usual()).await;
    let welcome = id(&world.template("welcome").await);
    let mapping = format!("/api/v1/templates/{welcome}/mapping");
    let sync = format!("/api/v1/channels/{}/templates/sync", world.whatsapp);
    ann.get("/api/v1/groups/2/templates").await.refused(403, "forbidden");
    ann.post(&sync, json!({})).await.refused(403, "forbidden");
    ann.put(&mapping, json!({"vars": {}})).await.refused(403, "forbidden");
    assert!(!matches!(cat.get("/api/v1/groups/2/templates").await.status, 200..=299));
    assert!(!matches!(cat.post(&sync, json!({})).await.status, 200..=299));
    assert!(!matches!(cat.put(&mapping, json!({"vars": {}})).await.status, 200..=299));
    let conversation = world.fresh(&ann).await;
    let picker = format!("/api/v1/conversations/{conversation}/sendable-templates");
    cat.get(&picker).await.refused(404, "not_found");
    let picks = ann.get(&picker).await.expect(200);
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<BTreeSet<String>>();
    let wanted = ["id", "language", "name", "preview", "vars"].map(str::to_owned);
    assert_eq!(keys(&picks["registered"][0]), BTreeSet::from(wanted));
    assert_eq!(keys(&picks), BTreeSet::from(["registered".to_owned(), "saved".to_owned()]));
    assert_eq!(picks["registered"][0]["preview"], "Welcome to Bean & Leaf!");
    // The same for a conversation that is still to begin.
    let first = format!("/api/v1/channels/{}/sendable-templates", world.whatsapp);
    cat.get(&first).await.refused(404, "not_found");
    assert_eq!(ann.get(&first).await.expect(200), json!({"registered": picks["registered"], "saved": []}));
    let contact = ann.conversation(&conversation).await["contact"]["id"].as_str().unwrap().to_owned();
    assert_eq!(
        names(&ann.get(&format!("{first}?contact_id={contact}&q=wel")).await.expect(200)["registered"]),
        ["welcome"]
    );
    ann.get(&format!("{first}?contact_id=12345")).await.refused(404, "not_found");
}

async fn h_15_250_templates_in_three_languages_come_in_one_run(kind: Kind) {
    let world = World::start(kind).await;
    let ann = world.ann().await;
    let languages = ["de", "en_GB", "pt_BR"];
    let all: Vec<Value> = (0..250)
        .flat_map(|n| languages.map(|language| body(&format!("news_{n:03}"), language, &format!("News {n}"))))
        .collect();
    let mut socket = world.ada().await.listen().await;
    assert_eq!(world.provide(all.clone()).await["created"], 750);
    // One frame for the run, not one for each.
    socket.until("the new list", |frame| frame["t"] == "template.updated").await;
    socket.ask(json!({"t": "ping"})).await;
    let told = socket.frames.iter().filter(|frame| frame["t"] == "template.updated").count();
    assert!(told <= 2, "{told}: the first reading on connecting may add one");
    let templates = world.templates().await;
    assert_eq!(templates.len(), 750);
    let distinct: BTreeSet<&str> = templates.iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert_eq!(distinct.len(), 250);
    let seen: Vec<(&str, &str)> = templates
        .iter()
        .map(|one| (one["name"].as_str().unwrap(), one["language"].as_str().unwrap()))
        .collect();
    assert!(seen.is_sorted(), "grouped by name");
    assert_eq!(world.read_templates().await, json!({"created": 0, "updated": 0, "removed": 0}));
    let conversation = world.fresh(&ann).await;
    let picks = ann.pick(&conversation, "NEWS_249").await;
    assert_eq!(names(&picks["registered"]), ["news_249"; 3]);
    let mut changed = all;
    changed[3]["components"][0]["text"] = "Other news".into();
    changed.truncate(600);
    assert_eq!(world.provide(changed).await, json!({"created": 0, "updated": 1, "removed": 150}));
}

async fn h_16_only_what_is_mapped_is_offered_and_sent(kind: Kind) {
    let world = World::start(kind).await;
    let ann = world.ann().await;
    world.provide(usual()).await;
    let conversation = world.fresh(&ann).await;
    let order = world.template("order_update").await;
    assert_eq!((&order["sendable"], &order["reason"]), (&json!(false), &json!("unmapped")));
    assert_eq!(names(&ann.pick(&conversation, "").await["registered"]), ["welcome"]);
    let ask = json!({"id": order["id"], "vars": {"1": "Jo", "2": "A-17"}});
    let refused = ann.send_template(&conversation, "c1", ask.clone()).await;
    refused.refused(422, "template_not_approved");
    assert_eq!(refused.json()["error"]["status"], "unmapped");

    for (mapping, field) in [
        (json!({"vars": {"1": "contact.first_name", "2": "reference.ref", "3": "business.name"}}), "vars"),
        (json!({"vars": {"1": "contact.first_name"}, "buttons": {"0": "business.name"}}), "vars"),
        (json!({"vars": {"1": "contact.first_name"}, "header_media_id": "7"}), "header_media_id"),
    ] {
        let answer = world.map("order_update", mapping).await;
        answer.refused(422, "validation");
        assert!(answer.json()["error"]["fields"][field].is_string(), "{}", answer.text());
    }
    let answer = world.map("order_update", json!({"vars": {"1": "contact.shoe_size"}})).await;
    answer.refused(422, "validation");
    assert!(answer.text().contains("contact.first_name"), "says what may be written: {}", answer.text());
    assert_eq!(
        names(&ann.pick(&conversation, "").await["registered"]),
        ["welcome"],
        "half mapped is not mapped"
    );

    let mut agent = ann.listen().await;
    let mapping =
        json!({"vars": {"1": {"source": "contact.first_name", "fallback": "friend"}, "2": "reference.ref"}});
    let mapped = world.map("order_update", mapping).await.expect(200)["template"].clone();
    assert_eq!((&mapped["sendable"], &mapped["reason"]), (&json!(true), &Value::Null));
    assert_eq!(mapped["mapping"]["vars"]["2"], "reference.ref");
    agent.until("the hint", |frame| frame["t"] == "template.updated").await;
    let picks = ann.pick(&conversation, "order").await;
    assert_eq!(
        picks["registered"],
        json!([{"id": order["id"], "name": "order_update", "language": "en_GB",
            "preview": "Hello friend, your order {{2}} has news.",
            "vars": [{"key": "1", "label": "contact first name", "value": "friend"},
                {"key": "2", "label": "ref", "value": null}]}])
    );
    // A new wording with a new variable is unmapped until somebody says what goes there.
    let mut reworded = usual();
    reworded[1]["components"][0]["text"] = "Hello {{1}}, {{2}} is {{3}}.".into();
    assert_eq!(world.provide(reworded).await["updated"], 1);
    assert_eq!(world.template("order_update").await["reason"], "unmapped");
    world.provide(usual()).await;
    assert_eq!(world.template("order_update").await["sendable"], true, "the mapping was kept");

    let invoice = json!({"vars": {"1": "contact.first_name", "2": "reference.ref"}, "invoice_only": true});
    let kept = world.map("order_update", invoice).await.expect(200)["template"].clone();
    assert_eq!((&kept["sendable"], &kept["reason"]), (&json!(false), &json!("invoice_only")));
    assert_eq!(names(&ann.pick(&conversation, "").await["registered"]), ["welcome"]);
    let refused = ann.send_template(&conversation, "c1", ask).await;
    assert_eq!(refused.json()["error"]["status"], "invoice_only");
    assert_eq!(world.sent(), []);
}

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89";

async fn h_16_a_header_shows_the_mapped_file(kind: Kind) {
    let world = World::start(kind).await;
    let (ada, ann) = (world.ada().await, world.ann().await);
    let promo = json!({"name": "promo", "language": "en_GB", "category": "UTILITY", "components": [
        {"type": "HEADER", "format": "IMAGE"}, {"type": "BODY", "text": "Look, {{1}}!"}, {"type": "FOOTER", "text": "Bye"},
        {"type": "BUTTONS", "buttons": [{"type": "URL", "text": "Open", "url": "https://shop.example/{{1}}"},
            {"type": "QUICK_REPLY", "text": "Stop"}]}]});
    world.provide(vec![promo]).await;
    let conversation = world.fresh(&ann).await;
    let sources = json!({"1": "contact.first_name"});
    world.map("promo", json!({"vars": sources, "buttons": {"0": "text:sale"}})).await.expect(200);
    assert_eq!(world.template("promo").await["reason"], "unmapped", "a picture is missing");
    let upload = |agent: Agent, name: &'static str, bytes: Vec<u8>| async move {
        id(&agent.upload(name, "image/png", bytes).await.expect(201)["media"])
    };
    let note = upload(ada.clone(), "note.txt", b"words".to_vec()).await;
    let foreign = upload(ann.clone(), "logo.png", PNG.to_vec()).await;
    let logo = upload(ada.clone(), "logo.png", PNG.to_vec()).await;
    let with = |file: &str| json!({"vars": sources, "buttons": {"0": "text:sale"}, "header_media_id": file});
    for wrong in [&note, &foreign] {
        let answer = world.map("promo", with(wrong)).await;
        assert!(answer.json()["error"]["fields"]["header_media_id"].is_string(), "{}", answer.text());
    }
    let mapped = world.map("promo", with(&logo)).await.expect(200)["template"].clone();
    assert_eq!((&mapped["sendable"], &mapped["mapping"]["header_media_id"]), (&json!(true), &json!(logo)));
    assert_eq!(ann.get(&format!("/api/v1/media/{logo}")).await.status, 200, "everybody in the group sees it");
    world.cat().await.get(&format!("/api/v1/media/{logo}")).await.refused(404, "not_found");

    // Twice: the file is the template's, each message has its own.
    for client_id in ["c1", "c2"] {
        let message =
            ann.send_template(&conversation, client_id, json!({"id": mapped["id"]})).await.expect(201);
        let message = &message["message"];
        assert_eq!((&message["kind"], &message["text"]), (&json!("template"), &json!("Look, there!")));
        assert_eq!(message["media"][0]["kind"], "image");
        assert_ne!(message["media"][0]["id"], logo.as_str());
        let shown = &message["extra"]["template"];
        assert_eq!((&shown["header"]["type"], &shown["footer"]), (&json!("image"), &json!("Bye")));
        assert_eq!(
            shown["buttons"],
            json!([{"type": "url", "text": "Open", "url": "https://shop.example/sale"}, {"type": "quick_reply", "text": "Stop"}])
        );
        ann.status(&conversation, &id(message), "delivered").await;
    }
    let inbox = world.phone(CUSTOMER).inbox();
    assert_eq!(inbox.len(), 2);
    for shown in inbox {
        assert_eq!(&*shown.body, "Look, there!\nBye");
        assert_eq!(shown.media.as_ref().map(|media| media.size), Some(PNG.len()));
        assert_eq!(shown.buttons.len(), 1);
    }
}
