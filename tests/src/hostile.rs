//! Input from people who mean no good, or whose program is broken: refused by name, without a trace, and nobody else notices.

use crate::answer::Answer;
use crate::people::id;
use crate::socket::Socket;
use crate::world::{Kind, World};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

both!(
    bodies_that_make_no_sense_are_refused_by_name,
    what_does_not_fit_is_named_by_its_path,
    places_and_money_that_do_not_exist_are_refused,
    pages_of_other_sites_cannot_act_or_listen,
    cookies_that_are_not_ours_open_nothing,
    frames_that_make_no_sense_are_answered_and_the_socket_lives,
    frames_against_the_protocol_end_the_socket_with_a_code,
    every_answer_forbids_sniffing_and_framing,
);

async fn bodies_that_make_no_sense_are_refused_by_name(kind: Kind) {
    let world = World::start(kind).await;
    let ann = world.ann().await;
    world.phone("+447700900123").text("Hello").await.unwrap();
    let conversation = id(&ann.conversation_with("+447700900123").await);
    let path = format!("/api/v1/conversations/{conversation}/messages");
    let raw = |content_type: &'static str, body: Vec<u8>| {
        ann.request("POST", &path).header("content-type", content_type).body(body)
    };
    let cases = [
        ("application/json", b"{".to_vec(), 400, "malformed_json"),
        ("application/json", b"\xff\xfe".to_vec(), 400, "malformed_json"),
        ("application/json", vec![b'['; 100_000], 422, "validation"),
        ("application/json", b"[]".to_vec(), 422, "validation"),
        ("application/json", br#"{"text":"x"}"#.to_vec(), 422, "validation"),
        ("application/json", br#"{"client_id":"c","text":7}"#.to_vec(), 422, "validation"),
        ("application/json", br#"{"client_id":"c","text":"x","sender":"ada"}"#.to_vec(), 422, "validation"),
        ("application/json", br#"{"client_id":"c","text":"   "}"#.to_vec(), 422, "validation"),
        ("application/json", br#"{"client_id":"","text":"x"}"#.to_vec(), 422, "validation"),
        (
            "application/json",
            br#"{"client_id":"c","text":"x","media_ids":["999"]}"#.to_vec(),
            422,
            "validation",
        ),
        ("text/plain", br#"{"client_id":"c","text":"x"}"#.to_vec(), 415, "unsupported_media_type"),
        ("application/x-www-form-urlencoded", b"client_id=c&text=x".to_vec(), 415, "unsupported_media_type"),
        ("application/json", vec![b' '; (1 << 20) + 1], 413, "body_too_large"),
    ];
    for (content_type, body, status, code) in cases {
        let shown = String::from_utf8_lossy(&body[..body.len().min(60)]).into_owned();
        let answer = Answer::of(raw(content_type, body)).await;
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (status, code),
            "{content_type} {shown}: {}",
            answer.text()
        );
    }
    for (method, path, status) in [
        ("GET", "/api/v1/nothing", 404),
        ("GET", "/api/v1/conversations/none", 404),
        ("GET", "/api/v1/conversations/99999999999999999999999", 404),
        ("GET", "/api/v1/conversations?limit=0", 422),
        ("GET", "/api/v1/conversations?limit=201", 422),
        ("GET", "/api/v1/conversations?view=secret", 422),
        ("GET", "/api/v1/conversations?after=x", 422),
        ("GET", "/api/v1/media/1", 404),
        ("PATCH", "/api/v1/session", 405),
        ("TRACE", "/api/v1/session", 405),
    ] {
        let answer = Answer::of(ann.request(method, path).header("content-type", "application/json")).await;
        assert_eq!(answer.status, status, "{method} {path}: {}", answer.text());
    }
    assert_eq!(ann.messages(&conversation).await.len(), 1);
    assert_eq!(ann.write(&conversation, "c", "Still here").await.status, 201);
}

/// To see it go red: take `web::Json` instead of `json::Json` anywhere; for the last ones, `Option` of it.
async fn what_does_not_fit_is_named_by_its_path(kind: Kind) {
    let world = World::start(kind).await;
    let ada = world.ada().await;
    world.phone("+447700900123").text("Hello").await.unwrap();
    let conversation = id(&ada.conversation_with("+447700900123").await);
    let of = |rest: &str| format!("/api/v1/conversations/{conversation}/{rest}");
    let cases = [
        ("POST", of("messages"), r#"{"client_id":null}"#, "client_id", "must be a string, not null"),
        ("POST", of("messages"), "{}", "client_id", "is missing"),
        (
            "POST",
            of("messages"),
            r#"{"client_id":"c","media_ids":["1",2]}"#,
            "media_ids[1]",
            "must be a string",
        ),
        ("POST", of("messages"), r#"{"client_id":"c","to":"x"}"#, "to", "is not known here"),
        ("POST", of("messages"), "7", "body", "must be an object"),
        (
            "PATCH",
            "/api/v1/business".to_owned(),
            r#"{"settings":{"retention_days":1.5}}"#,
            "settings.retention_days",
            "must be a whole number",
        ),
        (
            "PUT",
            "/api/v1/business/hours".to_owned(),
            r#"{"hours":{"weekly":{"mon":[["09:00","17:00","18:00"]]}}}"#,
            "hours.weekly.mon[0]",
            "has more entries",
        ),
        (
            "POST",
            "/api/v1/tokens".to_owned(),
            r#"{"name":"t","scopes":[],"expires_at":"9999-12-31T00:00:00Z"}"#,
            "expires_at",
            "must lie before 9999-12-30",
        ),
        ("POST", of("close"), r#"{"pending":"zz"}"#, "pending", "must be "),
        (
            "POST",
            "/api/v1/messages/1/retry".to_owned(),
            r#"{"confirm":"x"}"#,
            "confirm",
            "must be true or false",
        ),
    ];
    for (method, path, body, field, problem) in cases {
        let request = ada.request(method, &path).header("content-type", "application/json").body(body);
        let answer = Answer::of(request).await;
        assert_eq!((answer.status, answer.code().as_str()), (422, "validation"), "{body}: {}", answer.text());
        let told = answer.json()["error"]["fields"][field].as_str().unwrap_or_default().to_owned();
        assert!(told.starts_with(problem), "{body}: {}", answer.text());
    }
    let nothing = ada.request("POST", &of("close")).header("content-type", "application/json");
    assert_eq!(Answer::of(nothing).await.status, 200, "what is optional may be left out");
}

/// To see it go red: let `is_country`, `is_currency` or `is_time_zone` take whatever looks like one.
async fn places_and_money_that_do_not_exist_are_refused(kind: Kind) {
    let world = World::start(kind).await;
    let ada = world.ada().await;
    for (field, value, status) in [
        ("country", "ZZ", 422),
        ("country", "fr", 200),
        ("currency", "ZZZ", 422),
        ("currency", "eur", 200),
        ("time_zone", "localtime", 422),
        ("time_zone", "posixrules", 422),
        ("time_zone", "Factory", 422),
        ("time_zone", "Europe/Paris", 200),
    ] {
        let answer = ada.patch("/api/v1/business", json!({field: value})).await;
        assert_eq!(answer.status, status, "{field} {value}: {}", answer.text());
        assert_eq!(answer.json()["error"]["fields"][field].is_string(), status == 422, "{}", answer.text());
    }
    let hours = json!({"hours": {"time_zone": "Factory", "weekly": {"mon": [["09:00", "17:00"]]}}});
    ada.put("/api/v1/business/hours", hours).await.refused(422, "validation");
    ada.patch("/api/v1/me", json!({"time_zone": "posixrules"})).await.refused(422, "validation");
    let business = ada.get("/api/v1/business").await.expect(200)["business"].clone();
    assert_eq!((&business["country"], &business["currency"]), (&json!("FR"), &json!("EUR")));
}

/// To see it go red: leave out `same_origin` in `web/src/edge.rs`, or the origin's test in `web/src/sockets/agent.rs`.
async fn pages_of_other_sites_cannot_act_or_listen(kind: Kind) {
    let world = World::start(kind).await;
    let ann = world.ann().await;
    world.phone("+447700900123").text("Hello").await.unwrap();
    let conversation = id(&ann.conversation_with("+447700900123").await);
    let http = &*crate::world::HTTP;
    let attend = || {
        let url = format!("{}/api/v1/conversations/{conversation}/attend", ann.url);
        http.post(url).header("cookie", &ann.cookie).json(&json!({}))
    };
    for (what, request) in [
        ("no origin", attend()),
        ("another site", attend().header("origin", "https://evil.example")),
        ("null", attend().header("origin", "null")),
        ("ours as a beginning", attend().header("origin", format!("{}.evil.example", ann.url))),
        (
            "cross-site by the browser's word",
            attend().header("origin", &ann.url).header("sec-fetch-site", "cross-site"),
        ),
    ] {
        let answer = Answer::of(request).await;
        assert_eq!((answer.status, answer.code().as_str()), (403, "origin_not_allowed"), "{what}");
    }
    assert_eq!(ann.conversation(&conversation).await["assignees"], json!([]));
    for origin in [None, Some("https://evil.example"), Some("null")] {
        let refused = Socket::open(&ann.url, "/ws/agent", origin, Some(&ann.cookie)).await;
        assert_eq!(refused.err(), Some(403), "{origin:?}");
    }
    assert!(Socket::open(&ann.url, "/ws/agent", Some(&ann.url), Some(&ann.cookie)).await.is_ok());
}

async fn cookies_that_are_not_ours_open_nothing(kind: Kind) {
    let world = World::start(kind).await;
    let ann = world.ann().await;
    let http = &*crate::world::HTTP;
    let name = ann.cookie.split('=').next().unwrap();
    let expired = ann.cookie.clone();
    world.database.run("UPDATE session SET expires_at = 1");
    let mut flipped = world.ann().await.cookie;
    let last = flipped.pop().unwrap();
    flipped.push(if last == 'A' { 'B' } else { 'A' });
    let long = format!("{name}={}", "x".repeat(5_000));
    for (what, cookie) in [
        ("none", String::new()),
        ("expired", expired),
        ("one character changed", flipped),
        ("garbage", format!("{name}=%00%ff;;=")),
        ("long", long),
        ("another name", "session=1".to_owned()),
    ] {
        for path in [
            "/api/v1/session",
            "/api/v1/conversations",
            "/api/v1/channels",
            "/api/v1/inbox/counts",
            "/api/v1/media/1",
        ] {
            // A look-up is believed for a second: an expired session may live that long.
            let request = || http.get(format!("{}{path}", ann.url)).header("cookie", &cookie);
            crate::world::eventually(&format!("401 for {path} with {what}"), || async {
                let answer = Answer::of(request()).await;
                (answer.status == 401 && answer.code() == "not_signed_in").then_some(())
            })
            .await;
        }
        let refused = Socket::open(&ann.url, "/ws/agent", Some(&ann.url), Some(&cookie)).await;
        assert_eq!(refused.err(), Some(401), "{what}");
    }
}

/// To see it go red: answer without the `req` of the frame.
async fn frames_that_make_no_sense_are_answered_and_the_socket_lives(kind: Kind) {
    let world = World::start(kind).await;
    let ann = world.ann().await;
    let mut socket = ann.listen().await;
    for text in [
        "",
        "{",
        "[]",
        "null",
        "\"x\"",
        r#"{"t":"fly"}"#,
        r#"{"t":"message.send","req":"a"}"#,
        r#"{"t":"typing","conversation_id":7}"#,
    ] {
        let seen = socket.frames.iter().filter(|frame| frame["t"] == "error").count();
        socket.send_raw(Message::text(text.to_owned())).await;
        socket.settle().await;
        let errors = socket.frames.iter().filter(|frame| frame["t"] == "error").count();
        assert_eq!(errors, seen + 1, "{text}");
        assert_eq!(
            socket.frames.iter().rev().find(|frame| frame["t"] == "error").unwrap()["code"],
            "validation",
            "{text}"
        );
    }
    // Whoever asked with `req` is answered under it, and told which value is wrong.
    for (frame, field) in [
        (json!({"t": "template.list"}), "t"),
        (json!({"t": "conversation.close", "conversation_id": "1", "pending": "zz"}), "pending"),
        (json!({"t": "conversation.close", "conversation_id": 1}), "conversation_id"),
        (
            json!({"t": "message.send", "conversation_id": "1", "client_id": "c", "media_ids": [7]}),
            "media_ids[0]",
        ),
    ] {
        let refused = socket.ask(frame.clone()).await;
        assert_eq!((&refused["t"], &refused["code"]), (&json!("error"), &json!("validation")), "{frame}");
        assert!(refused["fields"][field].is_string(), "{frame}: {refused}");
    }
    let mut visitor = world.visitor(None).await;
    let refused = visitor.socket.ask(json!({"t": "message.send", "d": {"client_id": 7}})).await;
    assert_eq!((&refused["t"], &refused["code"]), (&json!("error"), &json!("validation")), "{refused}");
    assert!(refused["fields"]["d.client_id"].is_string(), "{refused}");
    let nowhere = socket.ask(json!({"t": "conversation.attend", "conversation_id": "1"})).await;
    assert_eq!((&nowhere["t"], &nowhere["code"]), (&json!("error"), &json!("not_found")));
    assert_eq!(socket.ask(json!({"t": "ping"})).await["t"], "ack");
}

async fn frames_against_the_protocol_end_the_socket_with_a_code(kind: Kind) {
    let world = World::start(kind).await;
    let ann = world.ann().await;
    let cases = [(Message::text("x".repeat(70_000)), 1009), (Message::binary(vec![1, 2, 3]), 1008)];
    for (message, code) in cases {
        let mut socket = ann.listen().await;
        socket.send_raw(message).await;
        assert_eq!(socket.closed().await, Some(code));
    }
    let mut flood = ann.listen().await;
    for _ in 0..2_000 {
        flood.send(json!({"t": "ping"})).await;
    }
    assert_eq!(flood.closed().await, Some(4009));
    // A plain request where a socket is expected.
    let plain = Answer::of(ann.request("GET", "/ws/agent")).await;
    assert_eq!(plain.status, 400, "{}", plain.text());
    assert!(ann.listen().await.frames.len() > 1, "others can come in as before");
}

async fn every_answer_forbids_sniffing_and_framing(kind: Kind) {
    let world = World::start(kind).await;
    let ann = world.ann().await;
    for path in ["/api/v1/session", "/api/v1/nothing", "/health/live", "/health/ready", "/api/openapi.json"] {
        let answer = ann.get(path).await;
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert!(answer.header("content-security-policy").contains("frame-ancestors 'none'"), "{path}");
        assert_eq!(answer.header("server"), "", "{path}");
    }
    let cookie = crate::people::sign_in(&ann.url, "bob@team.test", crate::world::PASSWORD).await;
    let cookie = cookie.header("set-cookie").to_lowercase();
    for part in ["httponly", "samesite=lax", "path=/"] {
        assert!(cookie.contains(part), "{part}: {cookie}");
    }
    let channels = world.ada().await.get("/api/v1/channels").await;
    let text = channels.text();
    for secret in [crate::world::APP_SECRET, crate::world::TWILIO_TOKEN, "\"verify\"", "credentials"] {
        assert!(!text.contains(secret), "{secret} is nobody's business");
    }
    let stored =
        Value::from(world.database.run("SELECT COUNT(*) FROM channel WHERE credentials IS NOT NULL"));
    assert!(stored.as_i64().unwrap() >= 2);
}
