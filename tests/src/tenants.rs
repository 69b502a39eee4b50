//! Two businesses in one database: nothing of the one can be read, changed or even noticed by an admin of the other, whatever is called. The
//! calls come from the OpenAPI document, so that a new one is tried by itself; one with a new kind of id fails here until there is such an id.

use crate::answer::Answer;
use crate::people::{Agent, id};
use crate::state::LOGS;
use crate::tidy::read;
use crate::world::{Kind, World, eventually};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

both!(d_07_no_call_reaches_another_business);

/// Words that stand in the other business's data only.
const SECRETS: [&str; 7] =
    ["Sesame", "447700900777", "Vault reply", "Tester of Two", "Second & Co", "secret-draft", "two@two.test"];

/// Calls whose ids are proofs of their own, for whoever has them; each has tests elsewhere.
const CAPABILITIES: [(&str, &str); 10] = [
    ("/unsubscribe/{link}", "signed, from a mail"),
    ("/files/{id}/{proof}", "a signed link"),
    ("/hooks/probe/{nonce}", "a number of our own"),
    ("/hooks/sms/{channel_id}", "signed by the provider"),
    ("/hooks/whatsapp/{channel_id}", "signed by the provider"),
    ("/w/{key}.js", "a widget's public key"),
    ("/widget/assets/{file}", "files of the program"),
    ("/widget/v1/frame/{key}", "a widget's public key"),
    ("/widget/v1/media/{id}", "shown to the token's visitor"),
    ("/api/v1/me/sessions/{id}", "asked of one's own list only"),
];

/// Not one field, but all of them.
const ALL: &str = "*";

/// One id per noun.
type Ids = BTreeMap<&'static str, String>;

/// A photo of the group, a token and a webhook with something delivered.
async fn for_programs(ada: &Agent) -> (String, String, String, String) {
    let file = ada.upload("a.png", "image/png", crate::groups::png()).await.expect(201);
    let photo = json!({"media_id": id(&file["media"]), "name": "Sesame"});
    let photo = id(&ada.post("/api/v1/groups/2/photos", photo).await.expect(201)["photo"]);
    let token = json!({"name": "Sesame", "scopes": ["conversations:read"]});
    let token = id(&ada.post("/api/v1/tokens", token).await.expect(201)["token"]);
    let webhook = json!({"url": "http://127.0.0.1:9/", "events": ["message.created"]});
    let webhook = id(&ada.post("/api/v1/webhooks", webhook).await.expect(201)["webhook"]);
    let path = format!("/api/v1/webhooks/{webhook}");
    assert!((200..300).contains(&ada.post(&format!("{path}/ping"), json!({})).await.status));
    let listed = ada.get(&format!("{path}/deliveries")).await.expect(200);
    let delivery = id(&listed["deliveries"][0]);
    // Nothing more leaves by it.
    ada.patch(&path, json!({"enabled": false})).await.expect(200);
    (photo, token, webhook, delivery)
}

/// A broadcast to somebody who wants none: it is over, and nothing moves by it later.
async fn skipped_broadcast(ada: &Agent, channel: &str, contact: &str) -> String {
    let never = json!({"channel_kind": "sms", "state": "opted_out"});
    ada.put(&format!("/api/v1/contacts/{contact}/consent"), never).await.expect(200);
    let body = json!({"client_id": "b1", "name": "Sesame", "text": "Sesame", "channel_id": channel, "contact_ids": [contact]});
    let broadcast = id(&ada.post("/api/v1/groups/2/broadcasts", body).await.expect(201)["broadcast"]);
    eventually("the end of the broadcast", || async {
        let now = ada.get(&format!("/api/v1/broadcasts/{broadcast}")).await.expect(200);
        (now["broadcast"]["state"] == "done").then_some(())
    })
    .await;
    broadcast
}

/// A mail that went to the contact.
async fn announced(world: &World, ada: &Agent, contact: &str) -> String {
    world.database.run(&format!("UPDATE contact SET email = 'two@two.test' WHERE id = {contact}"));
    let body = json!({"client_id": "a1", "subject": "Sesame", "text": "Open Sesame"});
    let path = format!("/api/v1/channels/{}/announcements", world.whatsapp);
    let announcement = id(&ada.post(&path, body).await.expect(201)["announcement"]);
    // Nothing moves by itself afterwards.
    world.mail("two@two.test", 1).await;
    eventually("it to be noted as sent", || async {
        let sent = world.database.run("SELECT count(*) FROM email_recipient WHERE state = 'sent'");
        (sent == 1).then_some(())
    })
    .await;
    announcement
}

/// Business 2 is "Sales" of the stage with everything that happened there; Ada and "Support" stay business 1.
async fn two(world: &mut World) -> (Ids, Ids) {
    let (ada, ann) = (world.ada().await, world.ann().await);
    let phone = world.phone("+447700900777");
    phone.file("image/png", None, crate::groups::png(), Some("Open Sesame")).await.unwrap();
    let row = ann.conversation_with("+447700900777").await;
    let (conversation, contact) = (id(&row), id(&row["contact"]));
    let path = format!("/api/v1/conversations/{conversation}");
    let with_file = ann.message_where(&conversation, "the file", |m| m["media"][0]["state"] == "ready").await;
    ann.post(&format!("{path}/notes"), json!({"client_id": "n1", "text": "Sesame note"})).await.expect(201);
    ann.put(&format!("{path}/draft"), json!({"text": "secret-draft", "tab": "t"})).await.expect(200);
    let reply = json!({"name": "Vault reply", "body": "Sesame"});
    let reply = id(&ada.post("/api/v1/groups/2/replies", reply).await.expect(201)["reply"]);
    let templates = format!("/api/v1/channels/{}/templates/sync", world.whatsapp);
    ada.post(&templates, json!({})).await.expect(200);
    let templates = ada.get("/api/v1/groups/2/templates").await.expect(200);
    let template = id(&templates["templates"][0]);
    let (photo, token, webhook, delivery) = for_programs(&ada).await;
    let broadcast = skipped_broadcast(&ada, &world.sms, &contact).await;
    let announcement = announced(world, &ada, &contact).await;
    let theirs = Ids::from([
        ("conversations", conversation),
        ("contacts", contact),
        ("messages", id(&with_file)),
        ("media", id(&with_file["media"][0])),
        ("replies", reply),
        ("templates", template),
        ("photos", photo),
        ("broadcasts", broadcast),
        ("tokens", token),
        ("webhooks", webhook),
        ("deliveries", delivery),
        ("announcements", announcement),
        ("groups", "2".to_owned()),
        ("users", ann.id.clone()),
        ("channels", world.whatsapp.clone()),
    ]);
    world.server.stop().await;
    for sql in [
        "INSERT INTO business (id, name, country, time_zone, currency, settings, created_at, updated_at) \
            SELECT 2, 'Second & Co', country, time_zone, currency, settings, created_at, updated_at FROM business",
        "UPDATE user_account SET business_id = 2, last_name = 'Tester of Two' WHERE id IN (11, 12)",
        "DELETE FROM group_member WHERE group_id = 2 AND user_id = 10",
        "UPDATE team_group SET business_id = 2, name = 'Second & Co Sales' WHERE id = 2",
    ] {
        world.database.run(sql);
    }
    for table in [
        "channel",
        "contact",
        "identity",
        "conversation",
        "media",
        "template",
        "saved_reply",
        "audit",
        "api_token",
        "webhook",
        "photo",
        "broadcast",
        "email_announcement",
    ] {
        world.database.run(&format!("UPDATE {table} SET business_id = 2"));
    }
    world.restart().await;
    let ours = of_business_1(world).await;
    (theirs, ours)
}

async fn of_business_1(world: &World) -> Ids {
    let ada = world.ada().await;
    let widget = json!({"kind": "webchat", "provider": "widget", "name": "W", "group_id": "3"});
    let widget = ada.post("/api/v1/channels", widget).await.expect(201)["channel"].clone();
    let mut visitor = world.visitor_of(widget["address"].as_str().unwrap()).await;
    let conversation = visitor.say("Hello").await;
    let row = ada.conversation(&conversation).await;
    let message = id(&ada.messages(&conversation).await[0]);
    let reply = ada.post("/api/v1/groups/3/replies", json!({"name": "Ours", "body": "Ours"})).await;
    let file = ada.upload("a.png", "image/png", crate::groups::png()).await.expect(201);
    Ids::from([
        ("conversations", conversation),
        ("contacts", id(&row["contact"])),
        ("messages", message),
        ("media", id(&file["media"])),
        ("replies", id(&reply.expect(201)["reply"])),
        ("groups", "3".to_owned()),
        ("users", "13".to_owned()),
        ("channels", id(&widget)),
    ])
}

/// Which noun an id in a query or a body is one of; `None`: it is no id of ours.
fn noun(field: &str, call: &Call) -> Option<&'static str> {
    Some(match field {
        "group_id" => "groups",
        "channel_id" => "channels",
        "contact_id" | "contact_ids" => "contacts",
        "conversation_id" | "ids" => "conversations",
        "media_ids" | "media_id" | "header_media_id" => "media",
        "user_id" | "user_ids" | "assignee_id" | "actor_id" | "mentions" | "visible_to" | "hand_over_to" => {
            "users"
        }
        "client_id" => return None,
        id if id == "template_id"
            || id == "id" && call.fields(&call.body).iter().any(|one| one == "template") =>
        {
            "templates"
        }
        other if other == "id" || other.ends_with("_id") || other.ends_with("_ids") => {
            panic!("{} {}: which id is {other}?", call.method, call.path)
        }
        _ => return None,
    })
}

/// One call of the document.
struct Call {
    method: String,
    path: String,
    query: Vec<String>,
    body: Value,
    /// All schemas, by name.
    schemas: Value,
}

fn calls() -> Vec<Call> {
    let document: Value = serde_json::from_str(&read("docs/openapi.json")).unwrap();
    let mut calls = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
            let query = parameters.iter().filter(|one| one["in"] == "query");
            calls.push(Call {
                method: method.to_uppercase(),
                path: path.clone(),
                query: query.map(|one| one["name"].as_str().unwrap().to_owned()).collect(),
                body: operation["requestBody"]["content"]["application/json"]["schema"].clone(),
                schemas: document["components"]["schemas"].clone(),
            });
        }
    }
    calls
}

impl Call {
    /// The address with ids by noun in it; a noun without one stops the test.
    fn address(&self, ids: &Ids) -> String {
        let mut before = "";
        let parts = self.path.split('/').map(|part| {
            let noun = match part {
                "{user_id}" => "users",
                "{delivery_id}" => "deliveries",
                "{id}" => before,
                _ => {
                    before = part;
                    return part.to_owned();
                }
            };
            let id = ids.get(noun);
            id.unwrap_or_else(|| panic!("{} {}: no id of {noun} to try", self.method, self.path)).clone()
        });
        parts.collect::<Vec<_>>().join("/")
    }

    /// A body that makes sense, with the ids of `own`; of the optional fields only `focus`, with what stands in `other`; or [`ALL`].
    fn sample(&self, schema: &Value, own: &Ids, other: &Ids, focus: Option<&str>) -> Value {
        if let Some(name) = schema["$ref"].as_str() {
            let name = name.rsplit('/').next().unwrap();
            return self.sample(&self.schemas[name], own, other, focus);
        }
        if let Some(first) = schema["oneOf"].get(0).or(schema["allOf"].get(0)) {
            return self.sample(first, own, other, focus);
        }
        let Some(properties) = schema["properties"].as_object() else { return json!({}) };
        let required =
            |name: &str| schema["required"].as_array().is_some_and(|all| all.contains(&json!(name)));
        let mut body = Map::new();
        for (name, property) in properties {
            let focused = [Some(name.as_str()), Some(ALL)].contains(&focus) || self.holds(property, focus);
            if !required(name) && !focused {
                continue;
            }
            let ids = if focus == Some(name) { other } else { own };
            body.insert(name.clone(), self.value(name, property, own, other, ids, focus));
        }
        Value::Object(body)
    }

    #[expect(clippy::too_many_arguments, reason = "a walk over a schema")]
    fn value(
        &self,
        name: &str,
        schema: &Value,
        own: &Ids,
        other: &Ids,
        ids: &Ids,
        focus: Option<&str>,
    ) -> Value {
        let kind = |wanted: &str| {
            schema["type"] == wanted
                || schema["type"].as_array().is_some_and(|all| all.contains(&json!(wanted)))
        };
        if let Some(noun) = noun(name, self) {
            let id = json!(ids.get(noun).cloned().unwrap_or_else(|| "999".to_owned()));
            return if kind("array") { json!([id]) } else { id };
        }
        if kind("array") && schema["items"]["type"] == "string" {
            return json!(["https://shop.test"]);
        }
        if kind("array") {
            return json!([self.sample(&schema["items"], own, other, focus)]);
        }
        if kind("object") || !schema["$ref"].is_null() || !schema["oneOf"].is_null() {
            return self.sample(schema, own, other, focus);
        }
        if kind("boolean") || kind("integer") {
            return if kind("boolean") { json!(true) } else { json!(1) };
        }
        json!(match name {
            "kind" => "webchat",
            "provider" => "widget",
            "registration" => "unknown",
            "role" => "agent",
            "state" => "opted_out",
            "channel_kind" => "sms",
            "action" => "mark_read",
            "pending" => "cancel",
            "email" => "new@team.test",
            "phone" | "mobile" => "+447700900700",
            "until" => "2030-01-01T00:00:00Z",
            other => other,
        })
    }

    /// Whether a field of that name stands somewhere inside.
    fn holds(&self, schema: &Value, focus: Option<&str>) -> bool {
        let Some(focus) = focus else { return false };
        self.fields(schema).iter().any(|name| name == focus)
    }

    /// Every field's name in a schema, at any depth.
    fn fields(&self, schema: &Value) -> Vec<String> {
        if let Some(name) = schema["$ref"].as_str() {
            return self.fields(&self.schemas[name.rsplit('/').next().unwrap()]);
        }
        let mut names = Vec::new();
        for part in ["oneOf", "allOf"] {
            let parts = schema[part].as_array().cloned().unwrap_or_default();
            names.extend(parts.iter().flat_map(|one| self.fields(one)));
        }
        names.extend(if schema["items"].is_null() { Vec::new() } else { self.fields(&schema["items"]) });
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            names.push(name.clone());
            names.extend(self.fields(property));
        }
        names
    }

    /// The fields of query and body that are ids of ours.
    fn id_fields(&self) -> Vec<String> {
        let mut all = self.query.clone();
        all.extend(self.fields(&self.body));
        all.retain(|name| noun(name, self).is_some());
        all.dedup();
        all
    }

    async fn make(&self, agent: &Agent, address: &str, body: &Value) -> Answer {
        let request = agent.request(&self.method, address);
        let multipart = self.path.ends_with("/media") && self.method == "POST";
        Answer::of(if self.method == "GET" || multipart { request } else { request.json(body) }).await
    }
}

#[track_caller]
fn tells_nothing(call: &str, answer: &Answer) {
    let text = answer.text();
    for secret in SECRETS {
        assert!(!text.contains(secret), "{call} tells {secret}: {text}");
    }
    assert!(answer.status < 500, "{call}: {text}");
}

/// To see it go red: let `Roster::group` ignore the business, or `admit` let a path's group pass unasked.
async fn d_07_no_call_reaches_another_business(kind: Kind) {
    let mut world = World::start(kind).await;
    let (theirs, ours) = two(&mut world).await;
    let nowhere: Ids = theirs.keys().map(|noun| (*noun, "999".to_owned())).collect();
    let ada = world.ada().await;
    let before = world.sums(&LOGS);
    let (mut by_path, mut by_field, mut open, mut found) = (0, 0, Vec::new(), Vec::new());
    for call in calls() {
        if CAPABILITIES.iter().any(|(path, _)| *path == call.path) {
            continue;
        }
        let name = format!("{} {}", call.method, call.path);
        let in_path = call.path.contains('{');
        if in_path {
            let body = call.sample(&call.body, &ours, &ours, Some(ALL));
            let needed = if call.query.contains(&"format".to_owned()) { "?format=txt" } else { "" };
            let answer = call.make(&ada, &format!("{}{needed}", call.address(&theirs)), &body).await;
            tells_nothing(&name, &answer);
            if (answer.status, answer.code().as_str()) != (404, "not_found") {
                found.push(format!("{name} {body}: {}", answer.text()));
            }
            by_path += 1;
        }
        for field in call.id_fields() {
            // Elsewhere all is Ada's own; what is not hers must be as if it were nowhere.
            let Some(own) = (!in_path || own_path(&call, &ours)).then_some(&ours) else { continue };
            let mut answers = Vec::new();
            for ids in [&theirs, &nowhere] {
                let mut address = call.address(own);
                let noun = noun(&field, &call).unwrap();
                if call.query.contains(&field) {
                    let others = if call.query.contains(&"q".to_owned()) { "&q=Sesame" } else { "" };
                    address = format!("{address}?{field}={}{others}", ids[noun]);
                }
                let body = call.sample(&call.body, own, ids, Some(&field));
                let answer = call.make(&ada, &address, &body).await;
                tells_nothing(&name, &answer);
                let text = answer.text().replace(&ids[noun], "ID");
                answers.push((answer.status, text, body));
            }
            if (answers[0].0, &answers[0].1) != (answers[1].0, &answers[1].1) {
                found.push(format!("{name} {field}: {answers:#?}"));
            }
            if answers[0].0 < 300 {
                open.push(format!("{name} {field}"));
            }
            by_field += 1;
        }
    }
    assert_eq!(found, Vec::<String>::new(), "not 404");
    assert!(by_path >= 45 && by_field >= 20, "{by_path} {by_field}");
    // Lists, asked for what is not there, are empty; nothing else is answered with success.
    let lists = |one: &&String| !one.starts_with("GET ");
    assert_eq!(open.iter().filter(lists).collect::<Vec<_>>(), Vec::<&String>::new());
    assert_eq!(world.changed(&before, &LOGS), vec![], "nothing changed anywhere");
    // And what needs no id shows one's own only.
    for call in calls().into_iter().filter(|call| call.method == "GET" && call.path.starts_with("/api/v1")) {
        if !call.path.contains('{') {
            let address = format!("{}?q=Sesame&group_id=3&view=all", call.path);
            for address in [call.path.clone(), address] {
                tells_nothing(&address, &call.make(&ada, &address, &Value::Null).await);
            }
        }
    }
}

fn own_path(call: &Call, ours: &Ids) -> bool {
    !call.path.contains("/templates/{id}") || ours.contains_key("templates")
}
