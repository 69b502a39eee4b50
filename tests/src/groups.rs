//! Who sees what: agents the conversations of their groups, admins all, and nobody learns that there is more.

use crate::people::id;
use crate::world::{Kind, World, eventually};
use serde_json::{Value, json};

both!(
    s0_39_agents_see_their_groups_only,
    who_loses_a_group_stops_hearing_of_it,
    visitors_never_see_what_is_the_teams_own,
    names_that_differ_in_case_are_one_even_at_once,
);

/// To see it go red: let `within` in `actors/src/conversation.rs` answer `true`, or `Scope::sees` for users.
async fn s0_39_agents_see_their_groups_only(kind: Kind) {
    let world = World::start(kind).await;
    let (ada, ann, cat) = (world.ada().await, world.ann().await, world.cat().await);
    let (mut of_ada, mut of_cat) = (ada.listen().await, cat.listen().await);
    world.phone("+447700900123").file("image/png", None, png(), Some("Look")).await.unwrap();
    let conversation = id(&ann.conversation_with("+447700900123").await);
    let media =
        ann.message_where(&conversation, "a file", |m| m["media"][0]["state"] == "ready").await["media"][0]
            .clone();
    let file = format!("/api/v1/media/{}", id(&media));
    assert_eq!(ada.get(&file).await.status, 200);
    let path = format!("/api/v1/conversations/{conversation}");
    for (method, path, body) in [
        ("GET", path.clone(), json!(null)),
        ("GET", format!("{path}/timeline"), json!(null)),
        ("GET", file.clone(), json!(null)),
        ("POST", format!("{path}/messages"), json!({"client_id": "c", "text": "Hi"})),
        ("POST", format!("{path}/attend"), json!({})),
        ("PUT", format!("{path}/assignees"), json!({"user_ids": [cat.id]})),
        ("DELETE", format!("{path}/assignees"), json!({})),
        ("POST", format!("{path}/close"), json!({})),
        ("POST", format!("{path}/reopen"), json!({})),
        ("POST", format!("{path}/read"), json!({"upto": 1})),
        ("GET", format!("{path}/transcript?format=txt"), json!(null)),
        ("GET", format!("{path}/draft"), json!(null)),
        ("POST", format!("{path}/notes"), json!({"client_id": "n", "text": "Hi"})),
        ("GET", format!("{file}/link"), json!(null)),
        ("POST", format!("{file}/retry"), json!({})),
        ("DELETE", path.clone(), json!({})),
        ("GET", "/api/v1/conversations?group_id=2".to_owned(), json!(null)),
        ("GET", "/api/v1/inbox/counts?group_id=2".to_owned(), json!(null)),
        ("GET", "/api/v1/groups/2/members".to_owned(), json!(null)),
    ] {
        let request = cat.request(method, &path);
        let request = if body.is_null() { request } else { request.json(&body) };
        let answer = crate::answer::Answer::of(request).await;
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (404, "not_found"),
            "{method} {path}: {}",
            answer.text()
        );
    }
    let all = cat.get("/api/v1/conversations?view=all").await.expect(200);
    assert_eq!(all["conversations"], json!([]));
    assert_eq!(cat.get("/api/v1/inbox/counts").await.expect(200)["counts"]["team"], 0);
    assert_eq!(cat.get("/api/v1/channels").await.expect(200)["channels"], json!([]));
    let hits = |found: Value| (found["conversations"].clone(), found["messages"].clone());
    let look = "/api/v1/search?q=look";
    eventually("the index", || async {
        let found = ann.get(look).await.expect(200);
        (found["messages"].as_array().is_some_and(|hits| !hits.is_empty())).then_some(())
    })
    .await;
    assert_eq!(hits(cat.get(look).await.expect(200)), (json!([]), json!([])));
    for command in ["attend", "close", "unassign", "reopen"] {
        let answer = of_cat
            .ask(json!({"t": format!("conversation.{command}"), "conversation_id": conversation}))
            .await;
        assert_eq!(answer["code"], "not_found", "{command}");
    }
    let answer = of_cat
        .ask(json!({"t": "message.send", "conversation_id": conversation, "client_id": "x", "text": "x"}))
        .await;
    assert_eq!(answer["code"], "not_found");
    // The admin's socket heard of it; Cat's, as old as that, did not.
    of_ada.until("the message", |frame| frame["t"] == "message.created").await;
    assert_eq!(of_cat.settle().await.iter().filter(|frame| frame["seq"].is_i64()).count(), 0);
    assert_eq!(ann.conversation(&conversation).await["assignees"], json!([]));
    ada.put(&format!("{path}/assignees"), json!({"user_ids": [cat.id]})).await.refused(422, "not_member");
    ada.put(&format!("{path}/assignees"), json!({"user_ids": ["999"]})).await.refused(422, "not_member");
    ann.post(
        "/api/v1/channels",
        json!({"kind": "webchat", "provider": "widget", "name": "Mine", "group_id": "2"}),
    )
    .await
    .refused(403, "forbidden");
}

async fn who_loses_a_group_stops_hearing_of_it(kind: Kind) {
    let mut world = World::start(kind).await;
    let bob = world.bob().await;
    world.phone("+447700900123").text("Hello").await.unwrap();
    let conversation = id(&bob.conversation_with("+447700900123").await);
    let cursor = bob.listen().await.cursor();
    world.server.stop().await;
    world.database.run("DELETE FROM group_member WHERE user_id = 12");
    world.restart().await;
    world.phone("+447700900123").text("Anyone?").await.unwrap();
    world.ann().await.message_where(&conversation, "the message", |m| m["text"] == "Anyone?").await;
    bob.get(&format!("/api/v1/conversations/{conversation}")).await.refused(404, "not_found");
    let mut back = bob.connect().await;
    back.ask(json!({"t": "resume", "cursor": cursor})).await;
    assert_eq!(back.entries(), Vec::new(), "what was missed is judged by today's groups");
}

async fn visitors_never_see_what_is_the_teams_own(kind: Kind) {
    let world = World::start(kind).await;
    let (ada, ann) = (world.ada().await, world.ann().await);
    let mut visitor = world.visitor(None).await;
    let conversation = visitor.say("Hello").await;
    ada.put(&format!("/api/v1/conversations/{conversation}/assignees"), json!({"user_ids": [ann.id]}))
        .await
        .expect(200);
    ann.say(&conversation, "Hi").await;
    ann.delete(&format!("/api/v1/conversations/{conversation}/assignees")).await.expect(200);
    ada.post(&format!("/api/v1/conversations/{conversation}/close"), json!({})).await.expect(200);
    visitor.socket.until("the end", |frame| frame["t"] == "conversation.closed").await;
    let seen: Vec<&str> = visitor
        .socket
        .frames
        .iter()
        .filter(|f| f["seq"].is_i64())
        .map(|f| f["t"].as_str().unwrap())
        .collect();
    assert!(
        seen.iter().all(|t| ["message.created", "message.status", "conversation.closed"].contains(t)),
        "{seen:?}"
    );
    let text = serde_json::to_string(&visitor.socket.frames).unwrap();
    for secret in ["Tester", "team.test", "assignees", "\"row\"", "Ada", &format!("\"{}\"", ann.id)] {
        assert!(!text.contains(secret), "{secret} is the team's own business: {text}");
    }
    assert!(text.contains("\"Ann\""), "a colleague's first name is shown");
}

/// A picture of one pixel.
pub(crate) fn png() -> Vec<u8> {
    vec![
        0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 0x0d, b'I', b'H', b'D', b'R', 0, 0, 0, 1, 0,
        0, 0, 1, 8, 6, 0, 0, 0, 0x1f, 0x15, 0xc4, 0x89, 0, 0, 0, 0x0d, b'I', b'D', b'A', b'T', 0x78, 0x9c,
        0x63, 0xf8, 0xcf, 0xc0, 0xf0, 0x1f, 0, 5, 0, 1, 0xff, 0x89, 0x99, 0x3d, 0x1d, 0, 0, 0, 0, b'I', b'E',
        b'N', b'D', 0xae, 0x42, 0x60, 0x82,
    ]
}

/// To see it go red: leave the lock `naming` out of `create_group`.
async fn names_that_differ_in_case_are_one_even_at_once(kind: Kind) {
    let world = World::start(kind).await;
    let ada = world.ada().await;
    for round in 0..5 {
        let names = ["returns", "Returns", "RETURNS", "rEturns"].map(|name| format!("{name} {round}"));
        let made = names.iter().map(|name| ada.post("/api/v1/groups", json!({"name": name})));
        let mut statuses: Vec<u16> =
            futures_util::future::join_all(made).await.iter().map(|answer| answer.status).collect();
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 409, 409, 409]);
    }
}
