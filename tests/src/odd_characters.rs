//! Characters that nobody can read, see or store: cleaned out of messages, refused in names and keys; the same on both databases.

use crate::answer::Answer;
use crate::people::id;
use crate::world::{HTTP, Kind, World};
use reqwest::Method;
use serde_json::{Value, json};
use switchboard_schema::StoreError;

both!(
    d_10_what_nobody_can_read_is_left_out_of_messages,
    d_10_names_and_keys_with_control_characters_are_refused_by_name,
    d_10_questions_with_control_characters_fail_on_no_database,
    d_10_a_gateways_link_with_a_nul_is_taken_once,
    d_10_what_nobody_can_see_is_no_message,
    s1_01_a_visitors_name_is_one_short_line,
);

const NUMBER: &str = "+447700900123";

/// To see it go red: leave `readable` out of `Actors::reply` and `Actors::add_note`.
async fn d_10_what_nobody_can_read_is_left_out_of_messages(kind: Kind) {
    let world = World::start(kind).await;
    let (ada, ann) = (world.ada().await, world.ann().await);
    let phone = world.phone(NUMBER);
    phone.text("Hello").await.unwrap();
    let conversation = id(&ann.conversation_with(NUMBER).await);
    let mut socket = ann.listen().await;
    let at = |what: &str| format!("/api/v1/conversations/{conversation}/{what}");
    let odd = "a\u{0}b\u{7}\r\nc\u{1b}\td";
    for what in ["messages", "notes"] {
        let answer = ann.post(&at(what), json!({"client_id": what, "text": odd})).await.expect(201);
        assert_eq!(answer["message"]["text"], "ab\nc\td", "{what}: answered");
        let pushed = socket.until(what, |frame| frame["d"]["message"]["client_id"] == what).await;
        assert_eq!(pushed["d"]["message"]["text"], "ab\nc\td", "{what}: pushed");
        let again = ann.post(&at(what), json!({"client_id": what, "text": odd})).await;
        assert_eq!(again.status, 200, "{what}: the same again is the same");
    }
    let stored: Vec<Value> =
        ann.messages(&conversation).await.into_iter().map(|message| message["text"].clone()).collect();
    assert_eq!(stored[stored.len() - 2..], ["ab\nc\td", "ab\nc\td"]);
    let draft = ann.put(&at("draft"), json!({"text": odd})).await.expect(200);
    assert_eq!(draft["draft"]["text"], "ab\nc\td");
    let reply = json!({"name": "Odd", "body": odd});
    let saved = ada.post("/api/v1/groups/2/replies", reply).await.expect(201);
    assert_eq!(saved["reply"]["body"], "ab\nc\td");
    let closed = ada.post(&at("close"), json!({"note": odd, "pending": "send"})).await.expect(200);
    assert_eq!(closed["conversation"]["closing_note"], "ab\nc\td");
}

/// To see it go red: let `is_name` or `key_flaw` take any character.
async fn d_10_names_and_keys_with_control_characters_are_refused_by_name(kind: Kind) {
    let world = World::start(kind).await;
    let (ada, ann) = (world.ada().await, world.ann().await);
    world.phone(NUMBER).text("Hello").await.unwrap();
    let conversation = id(&ann.conversation_with(NUMBER).await);
    let of = |rest: &str| format!("/api/v1/conversations/{conversation}/{rest}");
    let start = json!({"group_id": "2", "channel_id": world.sms, "phone": "+447700900777", "client_id": "a\u{0}", "text": "x"});
    let cases = [
        (Method::POST, of("messages"), json!({"client_id": "a\u{0}", "text": "x"}), "client_id"),
        (Method::POST, of("messages"), json!({"client_id": "a\n", "text": "x"}), "client_id"),
        (Method::POST, of("notes"), json!({"client_id": "a\u{0}", "text": "x"}), "client_id"),
        (Method::POST, "/api/v1/conversations".to_owned(), start, "client_id"),
        (Method::POST, "/api/v1/groups/2/replies".to_owned(), json!({"name": "a\u{0}", "body": "x"}), "name"),
        (Method::PATCH, "/api/v1/business".to_owned(), json!({"name": "a\u{0}"}), "name"),
        (Method::PATCH, format!("/api/v1/channels/{}", world.sms), json!({"name": "a\u{7}b"}), "name"),
        (
            Method::POST,
            "/api/v1/session".to_owned(),
            json!({"email": "a\u{0}@b.test", "password": "x"}),
            "email",
        ),
        (Method::POST, "/api/v1/password/forgot".to_owned(), json!({"email": "a\u{0}@b.test"}), "email"),
    ];
    for (method, path, body, field) in cases {
        let answer = Answer::of(ada.request(method.as_str(), &path).json(&body)).await;
        assert_eq!((answer.status, answer.code().as_str()), (422, "validation"), "{body}: {}", answer.text());
        assert!(answer.json()["error"]["fields"][field].is_string(), "{body}: {}", answer.text());
    }
    let mut visitor = world.visitor(None).await;
    let refused = visitor.write("v\u{0}", "Hello").await;
    assert_eq!((&refused["t"], &refused["code"]), (&json!("error"), &json!("validation")), "{refused}");
    assert_eq!(ann.messages(&conversation).await.len(), 1, "nothing was stored");
}

/// To see it go red: leave out the look at `action`, or at "invalid byte sequence" in `schema/src/error.rs`.
async fn d_10_questions_with_control_characters_fail_on_no_database(kind: Kind) {
    let world = World::start(kind).await;
    let ada = world.ada().await;
    let refused = ada.get("/api/v1/audit?action=%00").await;
    refused.refused(422, "validation");
    assert!(refused.json()["error"]["fields"]["action"].is_string(), "{}", refused.text());
    for path in ["search?q=a%00b", "groups/2/replies?q=%00", "conversations?view=all&q=%00"] {
        let answer = ada.get(&format!("/api/v1/{path}")).await;
        assert!(answer.status < 500, "{path}: {}", answer.text());
    }
    // The last net, where nobody looked before.
    let asked = world.server.store.find_user_by_email("a\u{0}@team.test".to_owned()).await;
    match kind {
        Kind::Sqlite => assert!(matches!(asked, Ok(None))),
        Kind::Postgres => assert_eq!(asked.err(), Some(StoreError::UnfitText)),
    }
}

/// To see it go red: leave `readable` out of `links` in the gateway's codec.
async fn d_10_a_gateways_link_with_a_nul_is_taken_once(kind: Kind) {
    let world = World::start(kind).await;
    let channel = world.connect(world.gateway()).await;
    let url = format!("{}/hooks/sms/{}", world.server.url, id(&channel));
    let body = json!({"id": "g1", "from": "+447700900555", "to": world.gateway()["address"], "text": "Look",
        "media": ["http://127.0.0.1:9/a\u{0}b.png"]});
    for _ in 0..2 {
        let answer =
            Answer::of(HTTP.post(&url).header("x-switchboard-secret", "gateway-secret").json(&body)).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
    let ann = world.ann().await;
    let conversation = id(&ann.conversation_with("+447700900555").await);
    assert_eq!(ann.messages(&conversation).await.len(), 1);
}

/// To see it go red: leave `one_line` out of `visitor_writes` and `Contact::unknown`.
async fn s1_01_a_visitors_name_is_one_short_line(kind: Kind) {
    let world = World::start(kind).await;
    let ann = world.ann().await;
    let long = "é".repeat(5_000);
    for (given, kept) in [
        ("Eve\r\nBcc: x", json!("Eve Bcc: x")),
        ("a\u{0}b\u{202e}", json!("ab")),
        (long.as_str(), json!("é".repeat(100))),
        (" \u{200b}\u{7}", Value::Null),
    ] {
        let mut socket = world.panel().await;
        let start = json!({"widget_key": world.widget_key, "name": given});
        assert_eq!(socket.ask(json!({"t": "session.start", "d": start})).await["t"], "hello");
        let said = json!({"t": "message.send", "d": {"client_id": "v1", "text": "Hello"}});
        let ack = socket.ask(said).await;
        assert_eq!(ack["t"], "ack", "{ack}");
        let row = ann.conversation(ack["d"]["conversation_id"].as_str().unwrap()).await;
        assert_eq!(row["contact"]["profile_name"], kept, "{given:?}");
    }
}

/// To see it go red: ask `trim().is_empty()` instead of `is_blank` in `sending/limits.rs`, `note.rs` or `webchat.rs`.
async fn d_10_what_nobody_can_see_is_no_message(kind: Kind) {
    let world = World::start(kind).await;
    let (ada, ann) = (world.ada().await, world.ann().await);
    world.phone(NUMBER).text("Hello").await.unwrap();
    let conversation = id(&ann.conversation_with(NUMBER).await);
    let of = |rest: &str| format!("/api/v1/conversations/{conversation}/{rest}");
    let mut visitor = world.visitor(None).await;
    for nothing in ["\u{200b}", "\u{2060}", "\u{ad}", "\u{202e}", "\u{2800}", "\u{7}", " \u{feff}\n"] {
        for what in ["messages", "notes"] {
            let answer = ann.post(&of(what), json!({"client_id": "c1", "text": nothing})).await;
            answer.refused(422, "validation");
            assert!(answer.json()["error"]["fields"]["text"].is_string(), "{nothing:?}: {}", answer.text());
        }
        let reply = json!({"name": "Nothing", "body": nothing});
        ada.post("/api/v1/groups/2/replies", reply).await.refused(422, "validation");
        let refused = visitor.write("v1", nothing).await;
        assert_eq!(refused["t"], "error", "{nothing:?}: {refused}");
    }
    assert_eq!(ann.messages(&conversation).await.len(), 1, "nothing went out");
    ann.say(&conversation, "\u{200b}.").await;
}
