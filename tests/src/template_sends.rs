//! Sending registered templates: with the window open or closed, checked when they are chosen and again when they leave.

use crate::people::{Agent, id};
use crate::templates::{CUSTOMER, body, usual};
use crate::world::{Kind, WHATSAPP_ID, World, eventually};
use serde_json::{Value, json};

both!(
    s4_11_a_template_reopens_nothing_and_a_reply_does,
    s4_11_a_template_paused_after_the_pick_is_refused,
    s4_11_a_template_paused_while_it_waits_is_not_sent,
    s4_11_what_whatsapp_no_longer_knows_is_read_again,
    s4_11_a_repeat_is_the_first_message,
    s4_13_a_template_goes_over_the_socket_too,
    s4_14_the_businesss_language_comes_first,
    s4_15_no_value_is_missing_empty_or_broken,
    s4_19_an_order_update_is_filled_from_its_reference,
);

/// The usual templates, and Ann before a conversation whose customer wrote 25 hours ago.
async fn stale(kind: Kind) -> (World, Agent, String) {
    let world = World::start(kind).await;
    let ann = world.ann().await;
    world.provide(usual()).await;
    let conversation = world.stale(&ann).await;
    (world, ann, conversation)
}

/// The id of "welcome", as somebody picks it.
async fn welcome(ann: &Agent, conversation: &str) -> Value {
    ann.pick(conversation, "").await["registered"][0]["id"].clone()
}

/// The id of "order_update", mapped to the customer's name and the order's reference.
async fn order_update(world: &World) -> Value {
    let mapping = json!({"vars": {"1": "contact.first_name", "2": "reference.ref"}});
    world.map("order_update", mapping).await.expect(200);
    world.template("order_update").await["id"].clone()
}

/// To see it go red: let `Reply::check` look at the window for templates too, or let a send move `last_inbound_at`.
async fn s4_11_a_template_reopens_nothing_and_a_reply_does(kind: Kind) {
    let (world, ann, conversation) = stale(kind).await;
    let refused = ann.write(&conversation, "c0", "Hello?").await;
    assert_eq!(refused.code(), "window_closed");
    let welcome = welcome(&ann, &conversation).await;
    let message =
        ann.send_template(&conversation, "c1", json!({"id": welcome})).await.expect(201)["message"].clone();
    assert_eq!((&message["kind"], &message["text"]), (&json!("template"), &json!("Welcome to Bean & Leaf!")));
    ann.status(&conversation, &id(&message), "delivered").await;
    assert_eq!(&*world.phone(CUSTOMER).inbox()[0].body, "Welcome to Bean & Leaf!");
    let row = ann.conversation(&conversation).await;
    assert_eq!(row["window"]["state"], "closed", "s4_12: only the customer opens it");
    assert_eq!(row["last_message"]["preview"], "Welcome to Bean & Leaf!");
    assert_eq!(row["assignees"][0]["user_id"], ann.id.as_str(), "whoever sends attends");
    assert_eq!(ann.write(&conversation, "c2", "Hello?").await.code(), "window_closed");
    assert_eq!(world.phone(CUSTOMER).text("Hi!").await, Ok(200));
    let open = eventually("an open window", || async {
        let row = ann.conversation(&conversation).await;
        (row["window"]["state"] == "open").then_some(row)
    })
    .await;
    assert_eq!(id(&open), conversation);
    ann.write(&conversation, "c3", "Good to hear you.").await.expect(201);
}

async fn s4_11_a_template_paused_after_the_pick_is_refused(kind: Kind) {
    let (world, ann, conversation) = stale(kind).await;
    let welcome = welcome(&ann, &conversation).await;
    let mut socket = world.ada().await.listen().await;
    for (status, told) in
        [("PAUSED", "paused"), ("DISABLED", "disabled"), ("REJECTED", "rejected"), ("PENDING", "pending")]
    {
        world.simulator.set_template_status(WHATSAPP_ID, "welcome", "en_GB", status).unwrap();
        socket.until(told, |f| f["t"] == "template.updated" && f["d"]["template"]["status"] == told).await;
        let refused = ann.send_template(&conversation, "c1", json!({"id": welcome})).await;
        refused.refused(422, "template_not_approved");
        assert_eq!(refused.json()["error"]["status"], told);
    }
    assert_eq!(world.sent(), []);
    assert_eq!(ann.messages(&conversation).await.len(), 1, "only what the customer wrote");
}

/// To see it go red: drop the look at the status in `template_of` of `actors/src/connector/transmit.rs`.
async fn s4_11_a_template_paused_while_it_waits_is_not_sent(kind: Kind) {
    let (world, ann, conversation) = stale(kind).await;
    let welcome = welcome(&ann, &conversation).await;
    world.simulator.faults().change(WHATSAPP_ID, |switches| switches.down = true).unwrap();
    let message =
        ann.send_template(&conversation, "c1", json!({"id": welcome})).await.expect(201)["message"].clone();
    assert_eq!(message["status"], "queued");
    let mut socket = world.ada().await.listen().await;
    world.simulator.set_template_status(WHATSAPP_ID, "welcome", "en_GB", "PAUSED").unwrap();
    socket.until("the pause", |frame| frame["t"] == "template.updated").await;
    world.simulator.faults().change(WHATSAPP_ID, |switches| switches.down = false).unwrap();
    let failed = ann.status(&conversation, &id(&message), "failed").await;
    assert_eq!(failed["failure"]["code"], "template_not_approved", "{failed}");
    assert_eq!(world.sent(), []);
}

/// Nobody told us; WhatsApp's refusal does, and the list is read again by itself.
async fn s4_11_what_whatsapp_no_longer_knows_is_read_again(kind: Kind) {
    let (world, ann, conversation) = stale(kind).await;
    let welcome = welcome(&ann, &conversation).await;
    world.simulator.delete_template(WHATSAPP_ID, "welcome").unwrap();
    let message =
        ann.send_template(&conversation, "c1", json!({"id": welcome})).await.expect(201)["message"].clone();
    let failed = ann.status(&conversation, &id(&message), "failed").await;
    assert_eq!(failed["failure"]["code"], "132001", "{failed}");
    eventually("the list to be read", || async {
        (world.template("welcome").await["status"] == "removed").then_some(())
    })
    .await;
}

async fn s4_11_a_repeat_is_the_first_message(kind: Kind) {
    let (world, ann, conversation) = stale(kind).await;
    let order = order_update(&world).await;
    let ask = json!({"id": order, "vars": {"2": "A-17"}});
    let first = ann.send_template(&conversation, "c1", ask.clone()).await.expect(201)["message"].clone();
    assert_eq!(
        ann.send_template(&conversation, "c1", ask.clone()).await.expect(200)["message"]["id"],
        first["id"]
    );
    let other = json!({"id": order, "vars": {"2": "B-18"}});
    ann.send_template(&conversation, "c1", other).await.refused(409, "client_id_reused");
    let mut socket = world.ada().await.listen().await;
    world.simulator.set_template_status(WHATSAPP_ID, "order_update", "en_GB", "PAUSED").unwrap();
    socket.until("the pause", |frame| frame["t"] == "template.updated").await;
    // What was accepted stays accepted, whatever became of the template.
    assert_eq!(ann.send_template(&conversation, "c1", ask).await.expect(200)["message"]["id"], first["id"]);
    ann.status(&conversation, &id(&first), "delivered").await;
    assert_eq!(world.sent(), [("template".to_owned(), "Hello there, your order A-17 has news.".to_owned())]);
}

async fn s4_13_a_template_goes_over_the_socket_too(kind: Kind) {
    let world = World::start(kind).await;
    let ann = world.ann().await;
    world.provide(usual()).await;
    // Open or closed makes no difference to a template.
    let conversation = world.fresh(&ann).await;
    let welcome = welcome(&ann, &conversation).await;
    let mut socket = ann.listen().await;
    let send = |template: Value| json!({"t": "message.send", "conversation_id": conversation, "client_id": "s1", "template": template});
    let refused = socket.ask(send(json!({"id": "12345"}))).await;
    assert_eq!((&refused["t"], &refused["code"]), (&json!("error"), &json!("validation")));
    let ack = socket.ask(send(json!({"id": welcome}))).await;
    assert_eq!(ack["t"], "ack", "{ack}");
    let created = socket.until("the bubble", |frame| frame["t"] == "message.created").await;
    let message = &created["d"]["message"];
    assert_eq!((&message["id"], &message["kind"]), (&ack["d"]["message_id"], &json!("template")));
    assert_eq!(message["extra"]["template"]["name"], "welcome");
    // A template brings its own text and files.
    let both = json!({"client_id": "s2", "text": "and this", "template": {"id": welcome}});
    let answer = ann.post(&format!("/api/v1/conversations/{conversation}/messages"), both).await;
    assert!(answer.json()["error"]["fields"]["text"].is_string(), "{}", answer.text());
}

async fn s4_14_the_businesss_language_comes_first(kind: Kind) {
    let world = World::start(kind).await;
    let ann = world.ann().await;
    let languages = ["de", "en_US", "en_GB"];
    let mut all: Vec<Value> = languages.iter().map(|language| body("welcome", language, "Hi")).collect();
    all.push(body("bye", "de", "Tschüss"));
    world.provide(all).await;
    let conversation = world.fresh(&ann).await;
    let picks = ann.pick(&conversation, "").await;
    let seen: Vec<(&str, &str)> = picks["registered"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["name"].as_str().unwrap(), one["language"].as_str().unwrap()))
        .collect();
    assert_eq!(seen, [("bye", "de"), ("welcome", "en_GB"), ("welcome", "en_US"), ("welcome", "de")]);
}

async fn s4_15_no_value_is_missing_empty_or_broken(kind: Kind) {
    let (world, ann, conversation) = stale(kind).await;
    let order = order_update(&world).await;
    let send = |vars: Value| ann.send_template(&conversation, "c1", json!({"id": order, "vars": vars}));
    for (vars, missing) in [
        (json!({}), json!(["2"])),
        (json!({"2": "  "}), json!(["2"])),
        (json!({"1": "", "2": ""}), json!(["1", "2"])),
    ] {
        let answer = send(vars).await;
        answer.refused(422, "template_vars_missing");
        assert_eq!(answer.json()["error"]["vars"], missing);
    }
    for broken in ["A\n17", "A\t17", "A    17", &"x".repeat(1_100)] {
        let answer = send(json!({"2": broken})).await;
        answer.refused(422, "template_var_invalid");
        assert_eq!(answer.json()["error"]["var"], "2");
    }
    send(json!({"3": "x"})).await.refused(422, "validation");
    assert_eq!(world.sent(), []);
    // The contact has no name yet: a number never greets anybody.
    let message = send(json!({"2": "A-17"})).await.expect(201)["message"].clone();
    assert_eq!(message["text"], "Hello there, your order A-17 has news.");
    ann.status(&conversation, &id(&message), "delivered").await;
    assert_eq!(&*world.phone(CUSTOMER).inbox()[0].body, "Hello there, your order A-17 has news.");
}

async fn s4_19_an_order_update_is_filled_from_its_reference(kind: Kind) {
    let world = World::start(kind).await;
    let ann = world.ann().await;
    world.provide(vec![body("order_update", "en_GB", "Order {{1}}: {{2}}")]).await;
    world
        .map("order_update", json!({"vars": {"1": "reference.ref", "2": "reference.status"}}))
        .await
        .expect(200);
    let conversation = world.stale(&ann).await;
    let order = ann.pick(&conversation, "").await["registered"][0]["id"].clone();
    let reference = json!({"ref": "A-17", "status": "Shipped"});
    let ask = json!({"id": order, "reference": reference});
    let message = ann.send_template(&conversation, "c1", ask).await.expect(201)["message"].clone();
    assert_eq!(message["text"], "Order A-17: Shipped");
    assert_eq!(message["extra"]["template"]["category"], "utility");
    ann.status(&conversation, &id(&message), "delivered").await;
    assert_eq!(world.sent(), [("template".to_owned(), "Order A-17: Shipped".to_owned())]);
}
