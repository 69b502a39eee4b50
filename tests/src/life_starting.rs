//! The team writes first: to whom, on what, and never twice.

use crate::people::{Agent, id};
use crate::world::{Kind, SMS_NUMBER, World, eventually};
use futures_util::future::join_all;
use serde_json::{Value, json};

both!(
    s4_09_a_bare_number_becomes_a_conversation,
    s4_08_an_open_conversation_is_written_into,
    s4_09_whatsapp_cannot_be_begun_with_free_text,
    h_14_one_recipient_only,
    h_10_what_cannot_be_begun_is_said,
    h_10_our_own_number_is_no_customer,
    h_11_many_starts_and_the_customer_at_once_make_one,
    s2_02_sent_until_the_customer_answers,
);

const START: &str = "/api/v1/conversations";
const NUMBER: &str = "+447700900123";

fn first(world: &World, to: Value) -> Value {
    let mut body =
        json!({"group_id": "2", "channel_id": world.sms, "client_id": "c1", "text": "Hello from Ann"});
    body.as_object_mut().unwrap().extend(to.as_object().unwrap().clone());
    body
}

async fn s4_09_a_bare_number_becomes_a_conversation(kind: Kind) {
    let world = World::start(kind).await;
    let (ann, bob) = (world.ann().await, world.bob().await);
    let found =
        ann.post("/api/v1/conversations/find", json!({"group_id": "2", "phone": "07700 900123"})).await;
    let found = found.expect(200);
    assert_eq!(found, json!({"contact": null, "conversation": null, "phone": NUMBER}));
    let mut socket = bob.listen().await;
    // As people write it at home: the business's country says where that is.
    let body = first(&world, json!({"phone": "07700 900123"}));
    let begun = ann.post(START, body.clone()).await.expect(201);
    let row = &begun["conversation"];
    assert_eq!((&row["contact"]["phone"], &row["status"]), (&json!(NUMBER), &json!("open")));
    assert_eq!(row["assignees"], json!([{"user_id": ann.id, "name": "Ann Tester", "owner": true}]));
    let message = begun["message"].clone();
    assert_eq!((&message["direction"], &message["text"]), (&json!("out"), &json!("Hello from Ann")));
    socket.until("the new conversation", |frame| frame["t"] == "conversation.created").await;
    ann.status(&id(row), &id(&message), "delivered").await;
    assert_eq!(&*world.sms_phone(NUMBER).inbox()[0].body, "Hello from Ann");
    // The same call again is the same message; the customer's answer comes into the same conversation.
    let again = ann.post(START, body).await.expect(200);
    assert_eq!((id(&again["message"]), id(&again["conversation"])), (id(&message), id(row)));
    world.sms_phone(NUMBER).text("Who is Ann?").await.unwrap();
    ann.message_where(&id(row), "the answer", |one| one["text"] == "Who is Ann?").await;
    assert_eq!(ann.list("all").await.len(), 1);
    let known =
        ann.post("/api/v1/conversations/find", json!({"group_id": "2", "phone": NUMBER})).await.expect(200);
    assert_eq!((id(&known["conversation"]), id(&known["contact"])), (id(row), id(&row["contact"])));
}

async fn s4_08_an_open_conversation_is_written_into(kind: Kind) {
    let world = World::start(kind).await;
    let (ann, bob) = (world.ann().await, world.bob().await);
    world.sms_phone(NUMBER).text("Hello").await.unwrap();
    let row = ann.conversation_with(NUMBER).await;
    let contact = json!({"contact_id": id(&row["contact"])});
    let answer = ann.post(START, first(&world, contact.clone())).await.expect(200);
    assert_eq!(id(&answer["conversation"]), id(&row));
    assert_eq!(ann.messages(&id(&row)).await.len(), 2);
    // Closed, the next start is another conversation, which is its starter's.
    ann.post(&format!("{START}/{}/close", id(&row)), json!({"pending": "send"})).await.expect(200);
    let mut body = first(&world, contact);
    body["client_id"] = "c2".into();
    let next = bob.post(START, body).await.expect(201)["conversation"].clone();
    assert_ne!(id(&next), id(&row));
    assert_eq!(next["previous_conversation_id"], row["id"]);
    assert_eq!(next["assignees"][0]["user_id"], json!(bob.id));
}

async fn s4_09_whatsapp_cannot_be_begun_with_free_text(kind: Kind) {
    let world = World::start(kind).await;
    let ann = world.ann().await;
    let mut body = first(&world, json!({"phone": NUMBER}));
    body["channel_id"] = world.whatsapp.as_str().into();
    let refused = ann.post(START, body).await;
    refused.refused(422, "window_closed");
    assert_eq!(refused.json()["error"]["allowed"], json!(["template"]));
    assert_eq!((world.simulator.journal_len(), ann.list("all").await.len()), (0, 0), "nothing was stored");
    // The number is free for whoever writes there next.
    world.phone(NUMBER).text("Hello").await.unwrap();
    let row = ann.conversation_with(NUMBER).await;
    assert_eq!((&row["inbound_count"], &row["window"]["state"]), (&json!(1), &json!("open")));
}

async fn h_14_one_recipient_only(kind: Kind) {
    let world = World::start(kind).await;
    let ann = world.ann().await;
    for to in [
        json!({"phone": NUMBER, "contact_id": "7"}),
        json!({"phone": [NUMBER, "+447700900124"]}),
        json!({"to": [NUMBER, "+447700900124"]}),
        json!({}),
    ] {
        ann.post(START, first(&world, to)).await.refused(422, "validation");
    }
    assert_eq!(ann.list("all").await.len(), 0);
}

async fn h_10_what_cannot_be_begun_is_said(kind: Kind) {
    let world = World::start(kind).await;
    let (ann, cat) = (world.ann().await, world.cat().await);
    let refused = |body: Value, status, code: &'static str| {
        let ann = ann.clone();
        async move { ann.post(START, body).await.refused(status, code) }
    };
    refused(first(&world, json!({"phone": "12"})), 422, "validation").await;
    refused(first(&world, json!({"phone": "BANK"})), 422, "validation").await;
    refused(first(&world, json!({"contact_id": "999"})), 422, "validation").await;
    let mut webchat = first(&world, json!({"phone": NUMBER}));
    webchat["channel_id"] = world.webchat.as_str().into();
    refused(webchat, 422, "validation").await;
    let mut stranger = first(&world, json!({"phone": NUMBER}));
    stranger["channel_id"] = "999".into();
    refused(stranger, 422, "validation").await;
    // Another group's people do not even learn that the group exists.
    cat.post(START, first(&world, json!({"phone": NUMBER}))).await.refused(404, "not_found");
}

/// To see it go red: give `Intake::begin` a slot of its own, and leave `OpenConversation` out of `deliver`.
async fn h_11_many_starts_and_the_customer_at_once_make_one(kind: Kind) {
    let world = World::start(kind).await;
    let (ann, bob) = (world.ann().await, world.bob().await);
    let rounds = if kind == Kind::Sqlite { 8 } else { 3 };
    for round in 0..rounds {
        let number = format!("+4477009002{round:02}");
        let start = |agent: &Agent, n: usize| {
            let (agent, mut body) = (agent.clone(), first(&world, json!({"phone": number})));
            body["client_id"] = format!("c{n}").into();
            async move { agent.post(START, body).await }
        };
        let starts = join_all((0..6).map(|n| start(if n % 2 == 0 { &ann } else { &bob }, n)));
        let phone = world.sms_phone(&number);
        let (answers, inbound) = futures_util::future::join(starts, phone.text("Hello?")).await;
        inbound.unwrap();
        let ids: Vec<String> = answers.iter().map(|answer| id(&answer.json()["conversation"])).collect();
        assert!(ids.windows(2).all(|pair| pair[0] == pair[1]), "{ids:?}");
        let begun = answers.iter().filter(|answer| answer.status == 201).count();
        assert!(begun <= 1, "{begun} say that they began it");
        eventually("seven messages", || async { (ann.messages(&ids[0]).await.len() == 7).then_some(()) })
            .await;
    }
    assert_eq!(ann.list("all").await.len(), rounds);
}

/// Five lists of one conversation, before and after the customer's first word.
async fn s2_02_sent_until_the_customer_answers(kind: Kind) {
    let world = World::start(kind).await;
    let ann = world.ann().await;
    let row =
        ann.post(START, first(&world, json!({"phone": NUMBER}))).await.expect(201)["conversation"].clone();
    let lengths = || async {
        let mut all = Vec::new();
        for view in ["sent", "mine", "pending", "team", "unassigned"] {
            all.push(ann.list(view).await.len());
        }
        all
    };
    assert_eq!(lengths().await, [1, 0, 0, 1, 0]);
    let counts = ann.get("/api/v1/inbox/counts?group_id=2").await.expect(200)["counts"].clone();
    assert_eq!((&counts["sent"], &counts["mine"]), (&json!(1), &json!(0)));
    let mut socket = ann.listen().await;
    world.sms_phone(NUMBER).text("Yes?").await.unwrap();
    let gone = socket.until("it leaves one list", |frame| frame["t"] == "inbox.removed").await;
    let came = socket.until("and enters another", |frame| frame["t"] == "inbox.added").await;
    assert_eq!((&gone["d"]["list"], &came["d"]["list"]), (&json!("sent"), &json!("mine")));
    assert_eq!(lengths().await, [0, 1, 1, 1, 0]);
    ann.say(&id(&row), "Good to hear from you").await;
    assert_eq!(lengths().await, [0, 1, 0, 1, 0], "H-31: whoever was answered waits no longer");
}

/// To see it go red: leave `is_number_of` out of `Actors::number`.
async fn h_10_our_own_number_is_no_customer(kind: Kind) {
    let world = World::start(kind).await;
    let ann = world.ann().await;
    for written in [SMS_NUMBER, "0113 496 0000", "441134960000"] {
        let find = ann.post(&format!("{START}/find"), json!({"group_id": "2", "phone": written})).await;
        let start = ann.post(START, first(&world, json!({"phone": written}))).await;
        for answer in [find, start] {
            answer.refused(422, "validation");
            let told = answer.json()["error"]["fields"]["phone"].as_str().unwrap_or_default().to_owned();
            assert!(told.contains("your own"), "{written}: {}", answer.text());
        }
    }
    assert_eq!(world.database.run("SELECT COUNT(*) FROM message"), 0);
}
