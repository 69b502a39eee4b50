//! The widget on a customer's page: a stranger becomes a guest with their first message, and keeps their conversation with a token.

use crate::people::id;
use crate::socket::Socket;
use crate::world::{Kind, World};
use serde_json::{Value, json};

both!(
    nothing_is_stored_before_the_first_message,
    s2_08_a_visitor_and_an_agent_talk_with_ticks,
    s0_18_a_reload_keeps_the_history_and_misses_nothing,
    tokens_open_one_visitor_of_one_widget,
    a_message_sent_twice_is_one,
    s0_18_pages_of_other_shops_are_turned_away,
    typing_is_seen_on_both_sides,
);

async fn nothing_is_stored_before_the_first_message(kind: Kind) {
    let world = World::start(kind).await;
    let ann = world.ann().await;
    let rows = || {
        ["contact", "conversation", "message", "event"]
            .map(|table| world.database.run(&format!("SELECT COUNT(*) FROM {table}")))
    };
    let mut visitors = Vec::new();
    for _ in 0..10 {
        visitors.push(world.visitor(None).await);
    }
    visitors[0].socket.send(json!({"t": "typing", "d": {}})).await;
    visitors[0].report("message.seen", 5).await;
    visitors[0].socket.settle().await;
    assert_eq!(rows(), [0, 0, 0, 0]);
    assert_eq!(visitors[0].hello["conversation_id"], Value::Null);
    let mut ids: Vec<&str> = visitors.iter().map(|visitor| visitor.id.as_str()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 10, "everybody is somebody else");
    visitors[0].say("Hello").await;
    assert_eq!(rows(), [1, 1, 1, 2]);
    let row = ann.list("unassigned").await.pop().unwrap();
    assert_eq!((&row["contact"]["kind"], &row["channel"]["kind"]), (&json!("guest"), &json!("webchat")));
    assert!(row["contact"]["name"].as_str().unwrap().starts_with("Visitor "));
    assert_eq!(row["window"]["state"], "none");
}

async fn s2_08_a_visitor_and_an_agent_talk_with_ticks(kind: Kind) {
    let world = World::start(kind).await;
    let ann = world.ann().await;
    let mut of_ann = ann.listen().await;
    let mut visitor = world.visitor(None).await;
    let conversation = visitor.say("Hello").await;
    of_ann.until("the visitor's message", |f| f["d"]["message"]["text"] == "Hello").await;
    let message = ann.say(&conversation, "Hi").await;
    let got = visitor.socket.until("the answer", |f| f["d"]["message"]["text"] == "Hi").await;
    let seq = got["seq"].as_i64().unwrap();
    assert_eq!(ann.status(&conversation, &message, "sent").await["id"], message.as_str());
    visitor.report("message.ack", seq).await;
    ann.status(&conversation, &message, "delivered").await;
    visitor.report("message.seen", seq).await;
    ann.status(&conversation, &message, "read").await;
    of_ann.until("two blue ticks", |f| f["t"] == "message.status" && f["d"]["status"] == "read").await;
    // Late and repeated reports change nothing.
    let before = ann.conversation(&conversation).await["seq"].clone();
    for _ in 0..5 {
        visitor.report("message.ack", seq).await;
    }
    visitor.socket.settle().await;
    assert_eq!(ann.conversation(&conversation).await["seq"], before);
    assert_eq!(ann.status(&conversation, &message, "read").await["status"], "read");
    let end = format!("/api/v1/conversations/{conversation}/close");
    ann.post(&end, json!({})).await.expect(200);
    visitor.socket.until("the end", |frame| frame["t"] == "conversation.closed").await;
    let next = visitor.say("One more thing").await;
    // Within half an hour it is the same visit: Ann has it back. What is older begins anew, see `q8_…` of the engine.
    assert_eq!(next, conversation);
    assert_eq!(ann.conversation(&conversation).await["status"], "open");
}

async fn s0_18_a_reload_keeps_the_history_and_misses_nothing(kind: Kind) {
    let mut world = World::start(kind).await;
    let ann = world.ann().await;
    let mut visitor = world.visitor(None).await;
    let conversation = visitor.say("Hello").await;
    ann.say(&conversation, "Hi").await;
    visitor.socket.until("the answer", |f| f["d"]["message"]["text"] == "Hi").await;
    let (token, cursor) = (visitor.token.clone(), visitor.socket.cursor());
    visitor.socket.cut();
    ann.say(&conversation, "Are you there?").await;
    // A reload knows nothing but its token.
    let fresh = world.visitor(Some(&token)).await;
    assert_eq!(fresh.history(), ["Hello", "Hi", "Are you there?"]);
    assert_eq!(
        (&fresh.hello["resumed"], &fresh.hello["conversation_id"]),
        (&json!(false), &json!(conversation))
    );
    // A lost connection knows how far it got.
    let back = world.visitor_since(Some(&token), Some(&cursor)).await;
    assert_eq!((&back.hello["resumed"], back.history()), (&json!(true), vec!["Are you there?".to_owned()]));
    world.restart().await;
    let after = world.visitor_since(Some(&token), Some(&cursor)).await;
    assert_eq!((&after.hello["resumed"], after.history()), (&json!(true), vec!["Are you there?".to_owned()]));
    let lost = world.visitor_since(Some(&token), Some("0000000000000000.7")).await;
    assert_eq!((&lost.hello["resumed"], lost.history().len()), (&json!(false), 3));
    // Two tabs of one visitor hear the same.
    let (mut one, mut two) = (world.visitor(Some(&token)).await, world.visitor(Some(&token)).await);
    one.say("From the first tab").await;
    two.socket.until("the other tab's message", |f| f["d"]["message"]["text"] == "From the first tab").await;
}

/// To see it go red: let `token::verify` answer `true`, or leave the widget's channel out of what is signed.
async fn tokens_open_one_visitor_of_one_widget(kind: Kind) {
    let world = World::start(kind).await;
    let ada = world.ada().await;
    let other = json!({"kind": "webchat", "provider": "widget", "name": "Other shop", "group_id": "2"});
    let other = ada.post("/api/v1/channels", other).await.expect(201)["channel"]["address"]
        .as_str()
        .unwrap()
        .to_owned();
    let mut ann_visitor = world.visitor(None).await;
    ann_visitor.say("My secret").await;
    let theirs = world.visitor(None).await;
    let token = ann_visitor.token.clone();
    let start =
        |key: &str, token: &str| json!({"t": "session.start", "d": {"widget_key": key, "token": token}});
    let mut flipped = token.clone();
    let last = flipped.pop().unwrap();
    flipped.push(if last == '0' { '1' } else { '0' });
    let mixed = token.replacen(&ann_visitor.id, &theirs.id, 1);
    assert_ne!(mixed, token, "the token names its visitor");
    for (what, key, token) in [
        ("another widget", other.as_str(), token.as_str()),
        ("a changed proof", &world.widget_key, &flipped),
        ("another visitor's proof", &world.widget_key, &mixed),
        ("garbage", &world.widget_key, "garbage"),
        ("the visitor's id alone", &world.widget_key, &ann_visitor.id),
        ("nothing", &world.widget_key, ""),
    ] {
        let mut socket = world.panel().await;
        socket.send(start(key, token)).await;
        let refused = socket.until(what, |frame| frame["t"] == "error").await;
        assert_eq!(refused["code"], "token_invalid", "{what}");
        assert_eq!(socket.closed().await, Some(1008), "{what}");
    }
    assert_eq!(theirs.history(), Vec::<String>::new());
    // Before the session there is nothing to ask for.
    let mut stranger = world.panel().await;
    stranger.send(json!({"t": "message.send", "d": {"client_id": "x", "text": "x"}})).await;
    assert_eq!(stranger.closed().await, Some(1008));
}

async fn a_message_sent_twice_is_one(kind: Kind) {
    let world = World::start(kind).await;
    let ann = world.ann().await;
    let mut visitor = world.visitor(None).await;
    let first = visitor.write("same", "Hello").await;
    let again = visitor.write("same", "Hello").await;
    assert_eq!(first["d"], again["d"]);
    let token = visitor.token.clone();
    let mut other_tab = world.visitor(Some(&token)).await;
    assert_eq!(other_tab.write("same", "Hello").await["d"]["message_id"], first["d"]["message_id"]);
    let reused = visitor.write("same", "Something else").await;
    assert_eq!((&reused["t"], &reused["code"]), (&json!("error"), &json!("client_id_reused")));
    let row = ann.list("all").await.pop().unwrap();
    assert_eq!(ann.messages(&id(&row)).await.len(), 1);
}

async fn s0_18_pages_of_other_shops_are_turned_away(kind: Kind) {
    let world = World::start(kind).await;
    let ada = world.ada().await;
    let strict = json!({"kind": "webchat", "provider": "widget", "name": "Strict", "group_id": "2",
        "settings": {"allowed_origins": ["https://shop.example", "https://*.shop.example"]}});
    let key = ada.post("/api/v1/channels", strict).await.expect(201)["channel"]["address"]
        .as_str()
        .unwrap()
        .to_owned();
    let start = |key: &str| json!({"t": "session.start", "d": {"widget_key": key, "token": null}});
    for (origin, welcome) in [
        (Some("https://shop.example"), true),
        (Some("https://www.shop.example"), true),
        (Some(world.server.url.as_str()), true),
        (Some("https://evil.example"), false),
        (Some("https://shop.example.evil.example"), false),
        (Some("http://shop.example"), false),
        (Some("null"), false),
        (None, false),
    ] {
        let mut socket = match Socket::open(&world.server.url, "/ws/visitor", origin, None).await {
            Ok(socket) => socket,
            Err(status) => {
                assert!(!welcome && status == 403, "{origin:?}: {status}");
                continue;
            }
        };
        let answer = socket.ask(start(&key)).await;
        assert_eq!(answer["t"] == "hello", welcome, "{origin:?}: {answer}");
        if !welcome {
            assert_eq!(
                (answer["code"].clone(), socket.closed().await),
                (json!("origin_not_allowed"), Some(1008))
            );
        }
    }
    let mut unknown = world.panel().await;
    assert_eq!(unknown.ask(start("no-such-widget")).await["code"], "origin_not_allowed");
}

async fn typing_is_seen_on_both_sides(kind: Kind) {
    let world = World::start(kind).await;
    let ann = world.ann().await;
    let mut visitor = world.visitor(None).await;
    let conversation = visitor.say("Hello").await;
    let mut of_ann = ann.listen().await;
    visitor.socket.send(json!({"t": "typing", "d": {}})).await;
    let seen = of_ann.until("the visitor typing", |frame| frame["t"] == "typing").await;
    assert_eq!(
        (&seen["conversation_id"], &seen["d"]["who"]["kind"]),
        (&json!(conversation), &json!("contact"))
    );
    of_ann.send(json!({"t": "typing", "conversation_id": conversation})).await;
    let seen = visitor.socket.until("Ann typing", |frame| frame["t"] == "typing").await;
    assert_eq!((&seen["d"]["who"]["kind"], &seen["d"]["who"]["name"]), (&json!("user"), &json!("Ann")));
    assert_eq!(seen["d"]["who"]["id"], Value::Null);
}
