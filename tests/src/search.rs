//! Searching contacts, conversations and messages, and filtering lists: over HTTP, a moment after the commit.

use crate::groups::png;
use crate::people::{Agent, id};
use crate::provider::text;
use crate::world::{Kind, World, eventually_or, promptly};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

both!(
    s2_21_a_contact_is_found_by_name_and_number,
    s2_21_a_list_is_filtered,
    s2_21_nobody_finds_what_they_may_not_see,
    s2_21_a_list_of_viewers_holds_for_searches_and_counts,
    s2_21_a_question_that_cannot_be_asked_says_why,
    s2_21_operators_are_words_like_others,
    s4_08_a_contact_leads_to_their_open_conversation,
    h_09_a_conversation_is_found_by_its_number,
    s4_21_the_all_list_pages_without_repeats_while_messages_arrive,
    the_index_survives_a_restart_and_can_be_made_anew,
);

timed!(s2_21_messages_are_found_a_second_after_the_commit);

async fn search(who: &Agent, query: &str) -> Value {
    let url = reqwest::Url::parse_with_params(&format!("{}/api/v1/search", who.url), pairs(query)).unwrap();
    let path = format!("{}?{}", url.path(), url.query().unwrap());
    who.get(&path).await.expect(200)
}

/// "q=…&group_id=2", with whatever a person may type.
fn pairs(query: &str) -> Vec<(&str, &str)> {
    query.split('&').filter_map(|pair| pair.split_once('=')).collect()
}

fn names(found: &Value) -> Vec<String> {
    let contacts = found["contacts"].as_array().unwrap().iter();
    contacts.map(|hit| hit["contact"]["name"].as_str().unwrap().to_owned()).collect()
}

fn numbers(rows: &Value) -> Vec<i64> {
    rows.as_array().unwrap().iter().map(|row| row["conversation"]["number"].as_i64().unwrap()).collect()
}

/// Waits until a search satisfies a condition: the index follows the log.
async fn found(who: &Agent, query: &str, is: impl Fn(&Value) -> bool) -> Value {
    eventually_or(query, || async {
        let answer = search(who, query).await;
        if is(&answer) { Ok(answer) } else { Err(answer.to_string()) }
    })
    .await
}

/// José Núñez on +447400123456, whose name a colleague corrected, and somebody else.
async fn jose(world: &World) -> Agent {
    let ann = world.ann().await;
    world.phone("+447700900123").text("Somebody else").await.unwrap();
    world.phone("+447400123456").text("¿Dónde está mi pedido 4711?").await.unwrap();
    ann.conversation_with("+447400123456").await;
    world.database.run("UPDATE contact SET display_name = 'José Núñez' WHERE phone = '+447400123456'");
    found(&ann, "q=jose&in=contacts", |answer| !names(answer).is_empty()).await;
    ann
}

async fn s2_21_a_contact_is_found_by_name_and_number(kind: Kind) {
    let world = World::start(kind).await;
    let ann = jose(&world).await;
    for q in
        ["jose", "nune", "JOSÉ NÚÑ", "uñez", "07400 123", "7400123", "+4474001234", "123456", "0044 7400"]
    {
        let answer = search(&ann, &format!("q={q}")).await;
        assert_eq!(names(&answer), ["José Núñez"], "{q}: {answer}");
        assert_eq!(answer["conversations"][0]["conversation"]["contact"]["name"], "José Núñez", "{q}");
    }
    for q in ["zz", "josef", "7400124"] {
        let answer = search(&ann, &format!("q={q}")).await;
        assert_eq!(answer, json!({"contacts": [], "conversations": [], "messages": []}), "{q}");
    }
    // A correction is found within a moment, and the old name no longer.
    world.database.run("UPDATE contact SET display_name = 'Zoë Núñez' WHERE phone = '+447400123456'");
    found(&ann, "q=zoe", |answer| names(answer) == ["Zoë Núñez"]).await;
    assert_eq!(names(&search(&ann, "q=jose").await), Vec::<String>::new());
}

async fn s2_21_a_list_is_filtered(kind: Kind) {
    let world = World::start(kind).await;
    let ann = jose(&world).await;
    let list = async |query: &str| {
        let path = format!("/api/v1/conversations?group_id=2&{query}");
        numbers(&ann.get(&path).await.expect(200)["conversations"])
    };
    assert_eq!(list("view=team").await.len(), 2);
    let only = list("view=team&q=nune").await;
    assert_eq!(only.len(), 1);
    for query in ["view=unassigned&q=07400%20123", "view=all&q=jos%C3%A9"] {
        assert_eq!(list(query).await, only, "{query}");
    }
    assert_eq!(list(&format!("view=team&q=%23{}", only[0])).await, only);
    for query in ["view=mine&q=jose", "view=closed&q=jose", "view=team&q=zz"] {
        assert_eq!(list(query).await, Vec::<i64>::new(), "{query}");
    }
    let conversation = id(&search(&ann, "q=jose").await["conversations"][0]["conversation"]);
    ann.post(&format!("/api/v1/conversations/{conversation}/attend"), json!({})).await.expect(200);
    assert_eq!(list("view=mine&q=jose").await, only);
    ann.get("/api/v1/conversations?q=j").await.refused(422, "validation");
}

/// To see it go red: leave the condition on groups out of `visible`.
async fn s2_21_nobody_finds_what_they_may_not_see(kind: Kind) {
    let world = World::start(kind).await;
    let ann = jose(&world).await;
    let (ada, cat) = (world.ada().await, world.cat().await);
    let has_all = |answer: &Value| !answer["messages"].as_array().unwrap().is_empty();
    let conversation = found(&ann, "q=pedido", has_all).await["messages"][0].clone();
    found(&ada, "q=pedido", has_all).await;
    let number = conversation["number"].to_string();
    for q in ["pedido", "jose", "4711", &number, &format!("#{number}")] {
        for asked in [format!("q={q}"), format!("q={q}&in=messages"), format!("q={q}&group_id=3")] {
            let answer = search(&cat, &asked).await;
            assert_eq!((&answer["conversations"], &answer["messages"]), (&json!([]), &json!([])), "{asked}");
        }
    }
    // Contacts belong to the business; their conversations to the group.
    let answer = search(&cat, "q=jose").await;
    assert_eq!((names(&answer).len(), &answer["contacts"][0]["open_conversation_id"]), (1, &Value::Null));
    cat.get("/api/v1/search?q=jose&group_id=2").await.refused(404, "not_found");
    cat.get("/api/v1/search?q=jose&group_id=99").await.refused(404, "not_found");
}

/// To see it go red: leave `conversation_visibility` out of `visible`.
async fn s2_21_a_list_of_viewers_holds_for_searches_and_counts(kind: Kind) {
    let world = World::start(kind).await;
    let ann = jose(&world).await;
    let (ada, bob) = (world.ada().await, world.bob().await);
    let first = ann.conversation_with("+447400123456").await;
    let access = format!("/api/v1/contacts/{}/access", id(&first["contact"]));
    ada.put(&access, json!({"visible_to": [ann.id]})).await.expect(200);
    ada.post(&format!("/api/v1/conversations/{}/close", id(&first)), json!({})).await.expect(200);
    world.phone("+447400123456").text("Un secreto").await.unwrap();
    let secret = |answer: &Value| answer["messages"].as_array().unwrap().len() == 1;
    let hit = found(&ann, "q=secreto", secret).await["messages"][0].clone();
    let number = hit["number"].as_i64().unwrap();
    assert_eq!(numbers(&search(&ann, &format!("q=#{number}")).await["conversations"]), [number]);
    for (who, opens) in [(&ann, 1), (&bob, 0), (&ada, 0)] {
        assert_eq!(search(who, "q=secreto").await["messages"].as_array().unwrap().len(), opens);
        let answer = search(who, "q=jose&group_id=2").await;
        let open = usize::from(answer["contacts"][0]["open_conversation_id"] != Value::Null);
        assert_eq!((names(&answer), open), (vec!["José Núñez".to_owned()], opens));
        assert_eq!(numbers(&answer["conversations"]).len(), 1 + opens, "the first one was everybody's");
        let path = "/api/v1/conversations?view=team&group_id=2&q=jose";
        assert_eq!(numbers(&who.get(path).await.expect(200)["conversations"]).len(), opens);
        let counts = who.get("/api/v1/inbox/counts?group_id=2").await.expect(200);
        assert_eq!(counts["counts"]["team"], 1 + opens);
    }
}

async fn s2_21_a_question_that_cannot_be_asked_says_why(kind: Kind) {
    let world = World::start(kind).await;
    let ann = world.ann().await;
    let long = "x".repeat(201);
    for query in ["q=j", "q=", "", "q=%20%20j%20%20", &format!("q={long}")] {
        let answer = ann.get(&format!("/api/v1/search?{query}")).await;
        answer.refused(422, "validation");
        assert!(answer.json()["error"]["fields"]["q"].as_str().unwrap().contains("characters"), "{query}");
    }
    ann.get("/api/v1/search?q=jo&limit=0").await.refused(422, "validation");
    assert_eq!(search(&ann, "q=!!").await["messages"], json!([]));
}

/// To see it go red: leave out the quotes around words in `fts.rs`, and what is no letter or digit in `Query::parse`.
async fn s2_21_operators_are_words_like_others(kind: Kind) {
    let world = World::start(kind).await;
    let ann = jose(&world).await;
    found(&ann, "q=pedido", |answer| !answer["messages"].as_array().unwrap().is_empty()).await;
    for q in [
        "pedido\" OR \"zz",
        "pedido OR zz",
        "NOT zz",
        "zz NEAR(pedido)",
        "' | pedido zz",
        "pedido & !zz",
        "zz:* | pedido:*",
        "words:pedido",
        "{words}:pedido zz",
        "'; DROP TABLE message; --",
        "\\",
        "((((",
        "^pedido zz",
        "§2",
        "%_%__",
        "pedido\u{0}zz",
        "\u{202e}zz",
        "*",
        "**",
        "\"\"",
        "''",
        "$1",
        "?1",
        "zz OR 1=1",
    ] {
        for place in ["search?", "conversations?view=all&"] {
            let url = format!("{}/api/v1/{place}", ann.url);
            let url = reqwest::Url::parse_with_params(&url, [("q", q)]).unwrap();
            let answer = ann.get(&format!("{}?{}", url.path(), url.query().unwrap())).await;
            assert!([200, 422].contains(&answer.status), "{q}: {} {}", answer.status, answer.text());
            if let Some(messages) = answer.json()["messages"].as_array() {
                assert!(messages.is_empty(), "{q}: {messages:?}");
            }
        }
    }
    // What looks like an operator between words that are there is no operator either.
    assert_eq!(search(&ann, "q=(pedido) -mi").await["messages"].as_array().unwrap().len(), 1);
}

async fn s2_21_messages_are_found_a_second_after_the_commit(kind: Kind) {
    let world = World::start(kind).await;
    let ann = world.ann().await;
    let phone = world.phone("+447700900123");
    phone.text("Hello").await.unwrap();
    let conversation = id(&ann.conversation_with("+447700900123").await);
    ann.say(&conversation, "Your Crème brûlée is on its way, dear customer").await;
    let committed = Instant::now();
    let messages = |answer: &Value| answer["messages"].as_array().unwrap().clone();
    let hit = found(&ann, "q=creme%20br".replace("%20", " ").as_str(), |a| messages(a).len() == 1).await;
    promptly("finding what was said", committed.elapsed(), Duration::from_secs(1));
    let hit = &messages(&hit)[0];
    assert_eq!(
        (&hit["conversation_id"], &hit["contact_name"]),
        (&json!(conversation), &json!("+447700900123"))
    );
    let hits: Vec<&str> = hit["snippet"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|p| p["hit"] == true)
        .filter_map(|p| p["text"].as_str())
        .collect();
    assert_eq!(hits, ["Crème", "brûlée"]);
    // Files are found by their names, newest messages first.
    let media = id(&ann.upload("Invoice-Brûlée.png", "image/png", png()).await.expect(201)["media"]);
    let body = json!({"client_id": "file", "text": "Here", "media_ids": [media]});
    ann.post(&format!("/api/v1/conversations/{conversation}/messages"), body).await.expect(201);
    let both = messages(&found(&ann, "q=brulee", |answer| messages(answer).len() == 2).await);
    assert!(both[0]["seq"].as_i64() > both[1]["seq"].as_i64());
    assert_eq!(both[0]["snippet"][0], json!({"text": "Here", "hit": false}));
    assert_eq!(messages(&search(&ann, "q=brulee&in=contacts").await).len(), 0);
    assert_eq!(messages(&search(&ann, "q=brulee&limit=1").await).len(), 1);
}

async fn s4_08_a_contact_leads_to_their_open_conversation(kind: Kind) {
    let world = World::start(kind).await;
    let ann = jose(&world).await;
    let answer = search(&ann, "q=jose&group_id=2&in=contacts").await;
    let open = answer["contacts"][0]["open_conversation_id"].as_str().unwrap().to_owned();
    assert_eq!(ann.conversation(&open).await["contact"]["phone"], "+447400123456");
    let ada = world.ada().await;
    ada.post(&format!("/api/v1/conversations/{open}/close"), json!({})).await.expect(200);
    let answer = search(&ann, "q=jose&group_id=2").await;
    assert_eq!(answer["contacts"][0]["open_conversation_id"], Value::Null);
    assert_eq!(answer["conversations"][0]["conversation"]["id"], open.as_str(), "closed ones are found, too");
    // Whoever never wrote is a contact as well, and finding them makes no conversation.
    world.database.run(
        "INSERT INTO contact (id, business_id, kind, display_name, name_is_placeholder, phone, status, created_at, updated_at) \
         VALUES (9, 1, 'contact', 'Ngô Thị Hằng', FALSE, '+84901234567', 'active', 0, 0)",
    );
    let before = world.database.run("SELECT COUNT(*) FROM conversation");
    let answer = found(&ann, "q=thi hang", |answer| names(answer) == ["Ngô Thị Hằng"]).await;
    assert_eq!(
        (&answer["contacts"][0]["open_conversation_id"], &answer["conversations"]),
        (&Value::Null, &json!([]))
    );
    assert_eq!(world.database.run("SELECT COUNT(*) FROM conversation"), before);
}

async fn h_09_a_conversation_is_found_by_its_number(kind: Kind) {
    let world = World::start(kind).await;
    let ann = jose(&world).await;
    let number = ann.conversation_with("+447700900123").await["number"].as_i64().unwrap();
    for q in [format!("#{number}"), format!("{number}")] {
        let answer = search(&ann, &format!("q={q}")).await;
        assert_eq!(numbers(&answer["conversations"]), [number], "{q}");
    }
    assert_eq!(numbers(&search(&ann, "q=#99999").await["conversations"]), Vec::<i64>::new());
}

async fn s4_21_the_all_list_pages_without_repeats_while_messages_arrive(kind: Kind) {
    let world = World::start(kind).await;
    let ada = world.ada().await;
    for n in 0..250 {
        world.call_back(&text(&format!("44770091{n:04}"), &format!("wamid.{n}"), "Hello")).await;
    }
    for row in ada.list("team").await.iter().take(40) {
        ada.post(&format!("/api/v1/conversations/{}/close", id(row)), json!({})).await.expect(200);
    }
    let (mut sizes, mut seen, mut after) = (Vec::new(), std::collections::HashSet::new(), String::new());
    loop {
        let path = format!("/api/v1/conversations?view=all&limit=100{after}");
        let page = ada.get(&path).await.expect(200);
        let rows = page["conversations"].as_array().unwrap();
        sizes.push(rows.len());
        assert!(rows.iter().all(|row| seen.insert(id(&row["conversation"]))), "a row came twice");
        let n = sizes.len();
        world.call_back(&text(&format!("44770092{n:04}"), &format!("wamid.new{n}"), "New")).await;
        let Some(next) = page["meta"]["next"].as_str() else { break };
        after = format!("&after={next}");
    }
    assert_eq!(sizes, [100, 100, 50]);
}

/// To see it go red: forget the cursor in `fts.rs`, or what `reindex` clears.
async fn the_index_survives_a_restart_and_can_be_made_anew(kind: Kind) {
    let mut world = World::start(kind).await;
    let ann = jose(&world).await;
    let is_there = |answer: &Value| answer["messages"].as_array().unwrap().len() == 1;
    found(&ann, "q=pedido", is_there).await;
    world.restart().await;
    assert!(is_there(&search(&ann, "q=pedido").await), "nothing has to be indexed twice");
    world.server.store.reindex().await.unwrap();
    found(&ann, "q=pedido", is_there).await;
    found(&ann, "q=jose", |answer| names(answer) == ["José Núñez"]).await;
}
