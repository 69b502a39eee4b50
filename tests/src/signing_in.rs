//! Signing in and out, setting up once, and what strangers learn: nothing.

use crate::answer::Answer;
use crate::people::{Agent, sign_in};
use crate::world::{Kind, PASSWORD, World, blank};
use serde_json::{Value, json};

both!(
    a_session_lives_from_signing_in_to_signing_out,
    signing_out_ends_the_sockets_of_that_session_only,
    strangers_learn_nothing_from_a_refusal,
    d_12_guessing_passwords_is_slowed_down,
    d_08_failed_sign_ins_are_written_down,
    a_session_past_its_time_ends_its_open_sockets,
    set_up_happens_once_and_needs_the_token,
);

async fn a_session_lives_from_signing_in_to_signing_out(kind: Kind) {
    let world = World::start(kind).await;
    let ann = world.ann().await;
    let session = ann.get("/api/v1/session").await.expect(200);
    assert_eq!(session["user"]["email"], "ann@team.test");
    let groups = session["groups"].as_array().unwrap();
    let sales = json!(["2", "Sales", "agent"]);
    assert_eq!(
        groups.iter().map(|one| json!([one["id"], one["name"], one["role"]])).collect::<Vec<_>>(),
        [sales]
    );
    assert_eq!(session["business"]["name"], "Bean & Leaf");
    assert_eq!(ann.delete("/api/v1/session").await.status, 204);
    ann.get("/api/v1/session").await.refused(401, "not_signed_in");
    // Upper and lower case of an address are the same; the password's are not.
    sign_in(&world.server.url, "ANN@team.test", PASSWORD).await.expect(201);
    sign_in(&world.server.url, "ann@team.test", &PASSWORD.to_uppercase()).await.refused(401, "login_failed");
}

async fn signing_out_ends_the_sockets_of_that_session_only(kind: Kind) {
    let world = World::start(kind).await;
    let (laptop, phone) = (world.ann().await, world.ann().await);
    let (mut on_laptop, mut on_phone) = (laptop.listen().await, phone.listen().await);
    assert_eq!(laptop.delete("/api/v1/session").await.status, 204);
    assert_eq!(on_laptop.closed().await, Some(4001));
    assert_eq!(on_phone.ask(json!({"t": "ping"})).await["t"], "ack");
}

/// To see it go red: answer an unknown address with another detail than a wrong password.
async fn strangers_learn_nothing_from_a_refusal(kind: Kind) {
    let world = World::start(kind).await;
    let url = &world.server.url;
    let wrong = sign_in(url, "ann@team.test", "wrong-password").await;
    let unknown = sign_in(url, "nobody@team.test", "wrong-password").await;
    wrong.refused(401, "login_failed");
    assert_eq!((wrong.status, wrong.json()), (unknown.status, unknown.json()));
    world.database.run("UPDATE user_account SET status = 'deactivated' WHERE email = 'bob@team.test'");
    let gone = sign_in(url, "bob@team.test", PASSWORD).await;
    assert_eq!((wrong.status, wrong.json()), (gone.status, gone.json()));
    for email in ["", "ann", "ann@team.test' OR '1'='1", "%", &format!("{}@x.test", "a".repeat(300))] {
        assert_eq!(sign_in(url, email, PASSWORD).await.json(), wrong.json(), "{email}");
    }
}

async fn d_12_guessing_passwords_is_slowed_down(kind: Kind) {
    let world = World::start(kind).await;
    let url = &world.server.url;
    for _ in 0..5 {
        sign_in(url, "ann@team.test", "wrong-password").await.refused(401, "login_failed");
    }
    let limited = sign_in(url, "ann@team.test", PASSWORD).await;
    limited.refused(429, "rate_limited");
    let seconds: u64 = limited.header("retry-after").parse().unwrap();
    assert!((1..=120).contains(&seconds), "{seconds}");
    // A header anybody can write does not help, and colleagues are not locked out.
    let request = crate::world::HTTP.clone().post(format!("{url}/api/v1/session")).header("origin", url);
    let request = request
        .header("x-forwarded-for", "10.9.8.7")
        .json(&json!({"email": "ann@team.test", "password": PASSWORD}));
    Answer::of(request).await.refused(429, "rate_limited");
    sign_in(url, "bob@team.test", PASSWORD).await.expect(201);
}

/// To see it go red: leave out `not_let_in` in `web/src/api/session.rs`.
async fn d_08_failed_sign_ins_are_written_down(kind: Kind) {
    let world = World::start(kind).await;
    let (url, ada, ann) = (&world.server.url, world.ada().await, world.ann().await);
    sign_in(url, "Ann@team.test", "wrong-password-1").await.refused(401, "login_failed");
    sign_in(url, "nobody@team.test", "wrong-password-2").await.refused(401, "login_failed");
    // Somebody who mixes up the fields must not find their password in the log.
    sign_in(url, "my-very-secret-password", "ann@team.test").await.refused(401, "login_failed");
    let log = ada.get("/api/v1/audit?action=sign_in").await.expect(200);
    let lines = log["entries"].as_array().unwrap();
    assert_eq!(lines.len(), 3, "exactly one line each: {log}");
    assert!(lines.iter().all(|line| line["outcome"] == "denied" && line["ip"] == "127.0.0.1"), "{log}");
    assert!(lines.iter().all(|line| line["actor"]["kind"] == "nobody"), "{log}");
    assert_eq!(lines[2]["target"], json!({"kind": "user", "id": ann.id}));
    assert_eq!(lines[2]["detail"], json!({"email": "Ann@team.test", "wrong": "password"}));
    assert_eq!(
        (&lines[1]["target"], &lines[1]["detail"]["email"]),
        (&json!(null), &json!("nobody@team.test"))
    );
    assert_eq!(lines[0]["detail"]["email"], json!(null));
    let stored = world.dump();
    for secret in ["wrong-password", "my-very-secret-password"] {
        assert!(!stored.contains(secret), "{secret} is stored");
    }
}

/// To see it go red: leave out `end_sessions` in `serve::keep_house`.
async fn a_session_past_its_time_ends_its_open_sockets(kind: Kind) {
    let world = World::start(kind).await;
    let (ann, bob) = (world.ann().await, world.bob().await);
    let (mut of_ann, mut of_bob) = (ann.listen().await, bob.listen().await);
    world.database.run(&format!("UPDATE session SET expires_at = 1 WHERE user_id = {}", ann.id));
    assert_eq!(of_ann.closed().await, Some(4001));
    ann.get("/api/v1/session").await.refused(401, "not_signed_in");
    assert_eq!(of_bob.ask(json!({"t": "ping"})).await["t"], "ack", "others stay");
}

async fn set_up_happens_once_and_needs_the_token(kind: Kind) {
    let (server, _database, _folder) = blank(kind).await;
    let token = server.setup_token.clone().expect("a fresh installation shows a token");
    let http = &*crate::world::HTTP;
    let post = |body: Value| {
        let request = http.post(format!("{}/api/v1/setup", server.url)).header("origin", &server.url);
        Answer::of(request.json(&body))
    };
    let body = |token: &str, password: &str| {
        json!({"token": token, "business_name": "Bean & Leaf", "country": "GB", "time_zone": "Europe/London",
            "first_name": "Ada", "last_name": "Byron", "email": "ada@bean.test", "password": password})
    };
    let needed = || Answer::of(http.get(format!("{}/api/v1/setup", server.url)));
    assert_eq!(needed().await.expect(200)["needed"], true);
    let wrong = post(body("0123456789abcdef0123456789abcdef", PASSWORD)).await;
    assert!((400..500).contains(&wrong.status) && wrong.status != 409, "{}", wrong.text());
    post(body(&token, "short")).await.refused(422, "validation");
    for (field, nowhere) in
        [("country", "ZZ"), ("country", "UK"), ("time_zone", "localtime"), ("time_zone", "Factory")]
    {
        let mut body = body(&token, PASSWORD);
        body[field] = nowhere.into();
        let refused = post(body).await;
        refused.refused(422, "validation");
        assert!(refused.json()["error"]["fields"][field].is_string(), "{nowhere}: {}", refused.text());
    }
    // Two at once: one business.
    let both = futures_util::future::join(post(body(&token, PASSWORD)), post(body(&token, PASSWORD))).await;
    let mut statuses = [both.0.status, both.1.status];
    statuses.sort_unstable();
    assert_eq!(statuses[0], 201, "{} {}", both.0.text(), both.1.text());
    assert!(statuses[1] >= 400);
    assert_eq!(needed().await.expect(200)["needed"], false);
    let again = post(body(&token, PASSWORD)).await;
    assert!(again.status >= 400, "{}", again.text());
    let ada = Agent::sign_in(&server.url, "ada@bean.test").await;
    let session = ada.get("/api/v1/session").await.expect(200);
    assert_eq!((&session["user"]["role"], session["groups"].as_array().unwrap().len()), (&json!("admin"), 1));
    let channels = ada.get("/api/v1/channels").await.expect(200)["channels"].clone();
    assert_eq!(channels[0]["kind"], "webchat", "a new business can be reached at once: {channels}");
}
