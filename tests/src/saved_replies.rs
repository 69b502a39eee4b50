//! Saved replies: texts with placeholders that a group keeps; no provider knows of them.

use crate::answer::Answer;
use crate::people::{Agent, id};
use crate::provider::text;
use crate::world::{Kind, World};
use serde_json::{Value, json};

both!(
    s2_05_saved_replies_are_found_filled_and_never_sent_with_a_gap,
    s2_05_only_who_runs_templates_changes_saved_replies,
    s2_05_a_replys_file_is_sent_as_often_as_one_likes,
    s2_15_saved_replies_wait_for_an_open_window,
);

pub(crate) const PNG: &[u8] =
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89";

async fn save(by: &Agent, name: &str, body: &str, media_ids: &[&str]) -> Answer {
    by.post("/api/v1/groups/2/replies", json!({"name": name, "body": body, "media_ids": media_ids})).await
}

async fn saved(by: &Agent, q: &str) -> Vec<Value> {
    let answer = by.get(&format!("/api/v1/groups/2/replies?q={q}")).await.expect(200);
    answer["replies"].as_array().unwrap().clone()
}

async fn picked(by: &Agent, conversation: &str, q: &str) -> Vec<Value> {
    let path = format!("/api/v1/conversations/{conversation}/sendable-templates?q={q}");
    by.get(&path).await.expect(200)["saved"].as_array().unwrap().clone()
}

/// To see it go red: drop the look at placeholders in `Reply::check`.
async fn s2_05_saved_replies_are_found_filled_and_never_sent_with_a_gap(kind: Kind) {
    let world = World::start(kind).await;
    let (ada, ann) = (world.ada().await, world.ann().await);
    let money =
        "Hi [contact-firstname], [agent-firstname] from [business-name] here: your money is on its way.";
    save(&ada, "Refund", money, &[]).await.expect(201);
    save(&ada, "Company", "Is [contact-company] still your employer?", &[]).await.expect(201);
    save(&ada, "Plain", "We open at 9. Refunds take a day.", &[]).await.expect(201);
    let names = |list: &[Value]| -> Vec<String> {
        list.iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(&saved(&ann, "").await), ["Company", "Plain", "Refund"]);
    assert_eq!(names(&saved(&ann, "REFUND").await), ["Plain", "Refund"], "by name and by text");
    assert_eq!(names(&saved(&ann, "nothing").await), Vec::<String>::new());

    let phone = world.phone("+447700900123");
    assert_eq!(phone.text("Where is my money?").await, Ok(200));
    let conversation = id(&ann.conversation_with("+447700900123").await);
    let picks = picked(&ann, &conversation, "refund").await;
    assert_eq!(names(&picks), ["Plain", "Refund"]);
    let refund = &picks[1];
    let text = "Hi there, Ann from Bean & Leaf here: your money is on its way.";
    assert_eq!((&refund["preview"], &refund["language"]), (&json!(text), &Value::Null));
    assert_eq!(
        refund["vars"],
        json!([{"key": "contact-firstname", "label": "Contact's first name", "value": "there"},
            {"key": "business-name", "label": "Business name", "value": "Bean & Leaf"},
            {"key": "agent-firstname", "label": "Agent's first name", "value": "Ann"}])
    );
    ann.write(&conversation, "c1", text).await.expect(201);

    let company = picked(&ann, &conversation, "company").await;
    assert_eq!(company[0]["vars"][0]["value"], Value::Null);
    let gap = company[0]["preview"].as_str().unwrap();
    assert_eq!(gap, "Is [contact-company] still your employer?");
    let refused = ann.write(&conversation, "c2", gap).await;
    refused.refused(422, "template_vars_missing");
    assert_eq!(refused.json()["error"]["vars"], json!(["contact-company"]));
    let mut socket = ann.listen().await;
    let send = json!({"t": "message.send", "conversation_id": conversation, "client_id": "c3", "text": gap});
    assert_eq!(socket.ask(send).await["code"], "template_vars_missing", "the socket is no way around");
    // Brackets of one's own are nobody's business.
    ann.write(&conversation, "c4", "See [1] and [Sic] [contact-shoesize]").await.expect(201);
}

async fn s2_05_only_who_runs_templates_changes_saved_replies(kind: Kind) {
    let world = World::start(kind).await;
    let (ada, ann, cat) = (world.ada().await, world.ann().await, world.cat().await);
    save(&ann, "Mine", "Hello", &[]).await.refused(403, "forbidden");
    let unknown = save(&ada, "Typo", "Hi [contact-fristname] [link]", &[]).await;
    unknown.refused(422, "placeholder_unknown");
    assert_eq!(unknown.json()["error"]["placeholders"], json!(["contact-fristname", "link"]));
    assert!(unknown.text().contains("[contact-firstname]"), "says which there are: {}", unknown.text());
    for (name, body, field) in
        [(" ", "Hello", "name"), ("Empty", " ", "body"), ("Long", &"x".repeat(4_097), "body")]
    {
        let answer = save(&ada, name, body, &[]).await;
        answer.refused(422, "validation");
        assert!(answer.json()["error"]["fields"][field].is_string(), "{}", answer.text());
    }
    let reply = save(&ada, "Hours", "We open at 9.", &[]).await.expect(201)["reply"].clone();
    assert_eq!((&reply["group_id"], &reply["media"]), (&json!("2"), &json!([])));
    let twice = save(&ada, "Hours", "Again", &[]).await;
    twice.refused(422, "validation");
    assert!(twice.json()["error"]["fields"]["name"].is_string(), "{}", twice.text());
    let path = format!("/api/v1/replies/{}", id(&reply));
    let other = json!({"name": "Hours", "body": "We open at 10.", "media_ids": []});
    ann.put(&path, other.clone()).await.refused(403, "forbidden");
    ann.delete(&path).await.refused(403, "forbidden");
    assert!(!matches!(cat.put(&path, other.clone()).await.status, 200..=299));
    assert!(!matches!(cat.delete(&path).await.status, 200..=299));
    cat.get("/api/v1/groups/2/replies").await.refused(404, "not_found");
    assert_eq!(ada.put(&path, other).await.expect(200)["reply"]["body"], "We open at 10.");
    assert_eq!(saved(&ann, "").await[0]["body"], "We open at 10.");
    assert_eq!(ada.delete(&path).await.status, 204);
    assert_eq!(saved(&ann, "").await, Vec::<Value>::new());
    ada.delete(&path).await.refused(404, "not_found");
}

async fn s2_05_a_replys_file_is_sent_as_often_as_one_likes(kind: Kind) {
    let world = World::start(kind).await;
    let (ada, ann) = (world.ada().await, world.ann().await);
    let file = |by: Agent| async move {
        id(&by.upload("map.png", "image/png", PNG.to_vec()).await.expect(201)["media"])
    };
    let (own, foreign) = (file(ada.clone()).await, file(ann.clone()).await);
    save(&ada, "Map", "Here we are.", &[&foreign]).await.refused(422, "validation");
    let reply = save(&ada, "Map", "Here we are.", &[&own]).await.expect(201)["reply"].clone();
    assert_eq!(reply["media"][0]["id"], own.as_str());
    assert_eq!(saved(&ann, "map").await[0]["media"][0]["file_name"], "map.png");
    assert_eq!(ann.get(&format!("/api/v1/media/{own}")).await.status, 200);
    let phone = world.phone("+447700900123");
    assert_eq!(phone.text("Where are you?").await, Ok(200));
    let conversation = id(&ann.conversation_with("+447700900123").await);
    for client_id in ["c1", "c2"] {
        let body = json!({"client_id": client_id, "text": "Here we are.", "media_ids": [own]});
        let path = format!("/api/v1/conversations/{conversation}/messages");
        let message = ann.post(&path, body.clone()).await.expect(201)["message"].clone();
        assert_eq!(
            ann.post(&path, body).await.expect(200)["message"]["id"],
            message["id"],
            "a repeat is harmless"
        );
        ann.status(&conversation, &id(&message), "delivered").await;
    }
    let shown: Vec<usize> =
        phone.inbox().iter().filter_map(|one| one.media.as_ref().map(|media| media.size)).collect();
    assert_eq!(shown, [PNG.len(), PNG.len()]);
    // Gone from the library, still in the messages.
    assert_eq!(ada.delete(&format!("/api/v1/replies/{}", id(&reply))).await.status, 204);
    ann.get(&format!("/api/v1/media/{own}")).await.refused(404, "not_found");
    let sent = ann.messages(&conversation).await.pop().unwrap();
    assert_eq!(ann.get(&format!("/api/v1/media/{}", id(&sent["media"][0]))).await.bytes, PNG);
}

async fn s2_15_saved_replies_wait_for_an_open_window(kind: Kind) {
    let world = World::start(kind).await;
    let (ada, ann) = (world.ada().await, world.ann().await);
    save(&ada, "Hours", "We open at 9.", &[]).await.expect(201);
    let mut old = text("447700900123", "wamid.long-ago", "Hello");
    let message = &mut old["entry"][0]["changes"][0]["value"]["messages"][0];
    let at: u64 = message["timestamp"].as_str().unwrap().parse().unwrap();
    message["timestamp"] = (at - 25 * 3_600).to_string().into();
    world.call_back(&old).await;
    let conversation = id(&ann.conversation_with("+447700900123").await);
    assert_eq!(picked(&ann, &conversation, "").await, Vec::<Value>::new());
    assert_eq!(
        ann.write(&conversation, "c1", "We open at 9.").await.code(),
        "window_closed",
        "forced is refused, too"
    );
    assert_eq!(world.phone("+447700900123").text("Hello?").await, Ok(200));
    assert_eq!(picked(&ann, &conversation, "").await.len(), 1);
    ann.write(&conversation, "c1", "We open at 9.").await.expect(201);
    // A channel without a window always takes them.
    let mut visitor = world.visitor(None).await;
    let chat = visitor.say("Hi").await;
    assert_eq!(picked(&ann, &chat, "").await.len(), 1);
}
