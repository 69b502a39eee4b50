//! Passwords of one's own, lost passwords, second factors and the browsers one is signed in with.

use crate::answer::Answer;
use crate::people::{Agent, sign_in, stranger};
use crate::postbox::token;
use crate::world::{HTTP, Kind, PASSWORD, World};
use serde_json::{Value, json};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use switchboard_engine::second_factor::at_step;

both!(
    s0_06_a_temporary_password_leads_only_to_an_own_one,
    s0_06_a_temporary_password_is_good_once_and_for_three_days,
    s0_06_changing_a_password_ends_the_other_sessions,
    s0_06_short_and_wrong_passwords_are_refused,
    s0_06_forgot_password_tells_nobody_who_has_an_account,
    s0_06_a_reset_link_works_once_and_for_an_hour,
    a_second_factor_guards_the_sign_in,
    codes_of_a_second_factor_cannot_be_guessed,
    a_second_factor_goes_with_the_password_only,
    sessions_are_listed_and_ended,
);

const NEW_PASSWORD: &str = "a-password-of-my-own";

/// Adds Eve with a temporary password and answers it.
async fn temporary(world: &World) -> (Agent, String) {
    let ada = world.ada().await;
    ada.patch("/api/v1/business", json!({"settings": {"temporary_passwords": true}})).await.expect(200);
    let body = json!({"first_name": "Eve", "last_name": "Newman", "email": "eve@team.test", "role": "agent"});
    ada.post("/api/v1/users", body).await.expect(201);
    let mail = world.mail("eve@team.test", 1).await;
    (ada, password_in(&mail))
}

fn password_in(mail: &str) -> String {
    assert!(!mail.contains("/welcome#"), "exactly one credential: {mail}");
    let (_, rest) = mail.split_once("first sign-in is ").expect("a password");
    rest.chars().take_while(char::is_ascii_alphanumeric).collect()
}

/// To see it go red: have `SignedIn` let everybody through.
async fn s0_06_a_temporary_password_leads_only_to_an_own_one(kind: Kind) {
    let world = World::start(kind).await;
    let (_, password) = temporary(&world).await;
    let url = &world.server.url;
    let eve = Agent::of(url, &sign_in(url, "eve@team.test", &password).await);
    let session = eve.get("/api/v1/session").await.expect(200);
    assert_eq!(session["user"]["must_change_password"], true);
    for path in [
        "/conversations?view=all&group_id=2",
        "/channels",
        "/me",
        "/me/sessions",
        "/users",
        "/groups/2/members",
    ] {
        eve.get(&format!("/api/v1{path}")).await.refused(403, "password_change_required");
    }
    eve.patch("/api/v1/me", json!({"first_name": "X"})).await.refused(403, "password_change_required");
    let socket = crate::socket::Socket::open(url, "/ws/agent", Some(url), Some(&eve.cookie)).await;
    assert_eq!(socket.err(), Some(403));
    let same = json!({"current_password": password, "new_password": password});
    eve.post("/api/v1/me/password", same).await.refused(422, "validation");
    let own = json!({"current_password": password, "new_password": NEW_PASSWORD});
    assert_eq!(eve.post("/api/v1/me/password", own).await.status, 204);
    eve.get("/api/v1/conversations?view=all&group_id=2").await.expect(200);
    assert_eq!(eve.get("/api/v1/session").await.expect(200)["user"]["must_change_password"], false);
    eve.listen().await;
    sign_in(url, "eve@team.test", &password).await.refused(401, "login_failed");
    sign_in(url, "eve@team.test", NEW_PASSWORD).await.expect(201);
}

async fn s0_06_a_temporary_password_is_good_once_and_for_three_days(kind: Kind) {
    let world = World::start(kind).await;
    let (ada, password) = temporary(&world).await;
    let url = &world.server.url;
    let hours = 73_i64 * 3_600_000_000;
    world.database.run(&format!("UPDATE access_link SET expires_at = expires_at - {hours}"));
    sign_in(url, "eve@team.test", &password).await.refused(410, "invite_expired");
    world.database.run(&format!("UPDATE access_link SET expires_at = expires_at + {hours}"));
    sign_in(url, "eve@team.test", &password).await.expect(201);
    sign_in(url, "eve@team.test", &password).await.refused(410, "invite_used");
    sign_in(url, "eve@team.test", "wrong-password").await.refused(401, "login_failed");
    // Whoever went away before choosing one gets another.
    let eve = ada.get("/api/v1/users").await.expect(200)["users"].clone();
    let eve = eve.as_array().unwrap().iter().find(|user| user["email"] == "eve@team.test").unwrap().clone();
    let again = format!("/api/v1/users/{}/invitation", eve["id"].as_str().unwrap());
    ada.post(&again, json!({})).await.expect(200);
    let second = password_in(&world.mail("eve@team.test", 2).await);
    sign_in(url, "eve@team.test", &password).await.refused(401, "login_failed");
    sign_in(url, "eve@team.test", &second).await.expect(201);
}

/// To see it go red: keep every session in `change_password`.
async fn s0_06_changing_a_password_ends_the_other_sessions(kind: Kind) {
    let world = World::start(kind).await;
    let (here, there) = (world.ann().await, world.ann().await);
    let (mut near, mut far) = (here.listen().await, there.listen().await);
    let body = json!({"current_password": PASSWORD, "new_password": NEW_PASSWORD});
    assert_eq!(here.post("/api/v1/me/password", body).await.status, 204);
    there.get("/api/v1/session").await.refused(401, "not_signed_in");
    assert_eq!(far.closed().await, Some(4001));
    assert_eq!(near.ask(json!({"t": "ping"})).await["t"], "ack");
    here.get("/api/v1/session").await.expect(200);
    sign_in(&world.server.url, "ann@team.test", PASSWORD).await.refused(401, "login_failed");
}

async fn s0_06_short_and_wrong_passwords_are_refused(kind: Kind) {
    let world = World::start(kind).await;
    let ann = world.ann().await;
    let change = async |current: &str, new: &str| {
        ann.post("/api/v1/me/password", json!({"current_password": current, "new_password": new})).await
    };
    for (new, field) in
        [("nine-char", "new_password"), ("ann@team.test", "new_password"), (PASSWORD, "new_password")]
    {
        let answer = change(PASSWORD, new).await;
        answer.refused(422, "validation");
        assert!(answer.json()["error"]["fields"][field].is_string(), "{new}");
    }
    for _ in 0..5 {
        let answer = change("wrong-password", NEW_PASSWORD).await;
        answer.refused(422, "validation");
        assert!(answer.json()["error"]["fields"]["current_password"].is_string());
    }
    change(PASSWORD, NEW_PASSWORD).await.refused(429, "rate_limited");
}

/// To see it go red: answer unknown addresses with 404.
async fn s0_06_forgot_password_tells_nobody_who_has_an_account(kind: Kind) {
    let world = World::start(kind).await;
    let url = &world.server.url;
    world.database.run("UPDATE user_account SET status = 'deactivated' WHERE email = 'bob@team.test'");
    let forgot = |email: &str| stranger(url, "/api/v1/password/forgot", json!({"email": email}));
    let seen = |answer: &Answer| (answer.status, answer.bytes.clone());
    let known = forgot("Ann@team.test").await;
    known.expect(202);
    for other in ["nobody@team.test", "bob@team.test", "ann@team.test' OR '1'='1"] {
        assert_eq!(seen(&known), seen(&forgot(other).await), "{other}");
    }
    world.mail("ann@team.test", 1).await;
    world.all_mailed().await;
    assert_eq!(world.database.run("SELECT count(*) FROM mail"), 1);
    assert_eq!(world.database.run("SELECT count(*) FROM access_link"), 1);
    for other in ["nobody@team.test", "bob@team.test"] {
        assert!(world.mails(other).is_empty());
    }
    // Nobody's postbox is filled; strangers and members are refused alike.
    for email in ["ann@team.test", "nobody@team.test"] {
        forgot(email).await.expect(202);
        forgot(email).await.expect(202);
        forgot(email).await.refused(429, "rate_limited");
    }
}

async fn s0_06_a_reset_link_works_once_and_for_an_hour(kind: Kind) {
    let world = World::start(kind).await;
    let (url, ann) = (&world.server.url, world.ann().await);
    let mut socket = ann.listen().await;
    let forgot = || stranger(url, "/api/v1/password/forgot", json!({"email": "ann@team.test"}));
    let reset = |token: &str, password: &str| {
        stranger(url, "/api/v1/password/reset", json!({"token": token, "password": password}))
    };
    forgot().await.expect(202);
    let first = token(&world.mail("ann@team.test", 1).await, "reset");
    forgot().await.expect(202);
    let second = token(&world.mail("ann@team.test", 2).await, "reset");
    reset(&first, NEW_PASSWORD).await.refused(410, "reset_expired");
    reset(&second, "short").await.refused(422, "validation");
    // An invitation is no reset, and the other way round.
    let body = json!({"token": second, "password": NEW_PASSWORD});
    stranger(url, "/api/v1/invitations/accept", body).await.refused(404, "not_found");
    let hour = 3_601_000_000_i64;
    world.database.run(&format!("UPDATE access_link SET expires_at = expires_at - {hour}"));
    reset(&second, NEW_PASSWORD).await.refused(410, "reset_expired");
    world
        .database
        .run(&format!("UPDATE access_link SET expires_at = expires_at + {hour} WHERE purpose = 'reset'"));
    assert_eq!(reset(&second, NEW_PASSWORD).await.status, 204);
    reset(&second, NEW_PASSWORD).await.refused(410, "reset_used");
    assert_eq!(socket.closed().await, Some(4001));
    ann.get("/api/v1/session").await.refused(401, "not_signed_in");
    sign_in(url, "ann@team.test", PASSWORD).await.refused(401, "login_failed");
    sign_in(url, "ann@team.test", NEW_PASSWORD).await.expect(201);
}

/// The code an app shows now, or so many steps later.
fn code(secret: &str, later: i64) -> String {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    at_step(&base32(secret), i64::try_from(seconds).unwrap() / 30 + later)
}

/// What an app does with the secret somebody typed into it.
fn base32(text: &str) -> Vec<u8> {
    let value = |c: u8| "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".bytes().position(|letter| letter == c).unwrap();
    let bits: Vec<bool> =
        text.bytes().flat_map(|c| (0..5).rev().map(move |bit| value(c) >> bit & 1 == 1)).collect();
    bits.chunks_exact(8).map(|byte| byte.iter().fold(0, |all, bit| all << 1 | u8::from(*bit))).collect()
}

async fn with_code(url: &str, email: &str, code: &str) -> Answer {
    let request = HTTP.post(format!("{url}/api/v1/session")).header("origin", url);
    Answer::of(request.json(&json!({"email": email, "password": PASSWORD, "code": code}))).await
}

/// Sets Ann's app up; answers her secret and recovery codes.
async fn guarded(ann: &Agent) -> (String, Vec<String>) {
    let begun = ann.post("/api/v1/me/second_factor", json!({})).await.expect(200);
    let secret = begun["secret"].as_str().unwrap().to_owned();
    assert!(begun["uri"].as_str().unwrap().starts_with("otpauth://totp/Bean%20%26%20Leaf:ann%40team.test?"));
    // Only a code shows that the app has it.
    assert_eq!(ann.get("/api/v1/me").await.expect(200)["second_factor"], false);
    ann.post("/api/v1/me/second_factor/confirm", json!({"code": "000000"})).await.refused(422, "validation");
    let body = json!({"code": code(&secret, -1)});
    let codes =
        ann.post("/api/v1/me/second_factor/confirm", body).await.expect(200)["recovery_codes"].clone();
    let codes: Vec<String> =
        codes.as_array().unwrap().iter().map(|code| code.as_str().unwrap().to_owned()).collect();
    (secret, codes)
}

/// To see it go red: accept a code of a step that was used, in `engine::second_factor::accept` and `take_step`.
async fn a_second_factor_guards_the_sign_in(kind: Kind) {
    let world = World::start(kind).await;
    let (url, ann) = (&world.server.url, world.ann().await);
    let (secret, recovery) = guarded(&ann).await;
    assert_eq!(recovery.len(), 10);
    assert_eq!(ann.get("/api/v1/me").await.expect(200)["second_factor"], true);
    ann.post("/api/v1/me/second_factor", json!({})).await.refused(409, "second_factor_on");
    sign_in(url, "ann@team.test", PASSWORD).await.refused(401, "second_factor_required");
    // A wrong password says nothing of it.
    sign_in(url, "ann@team.test", "wrong-password").await.refused(401, "login_failed");
    with_code(url, "ann@team.test", "abcdef").await.refused(401, "login_failed");
    let (now, next) = (code(&secret, 0), code(&secret, 1));
    with_code(url, "ann@team.test", &now).await.expect(201);
    with_code(url, "ann@team.test", &now).await.refused(401, "login_failed");
    // Two at the same moment with the same code: one gets in.
    let both = futures_util::future::join(
        with_code(url, "ann@team.test", &next),
        with_code(url, "ann@team.test", &next),
    )
    .await;
    let mut statuses = [both.0.status, both.1.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 401]);
    let typed = recovery[3].to_lowercase().replace('-', " ");
    with_code(url, "ann@team.test", &typed).await.expect(201);
    with_code(url, "ann@team.test", &typed).await.refused(401, "login_failed");
    with_code(url, "ann@team.test", &recovery[4]).await.expect(201);
    assert_eq!(world.database.run("SELECT count(*) FROM recovery_code"), 8);
    // Another user's recovery code opens nothing.
    with_code(url, "bob@team.test", &recovery[5]).await.expect(201);
    assert_eq!(world.database.run("SELECT count(*) FROM recovery_code"), 8);
    let stored = world.dump();
    for secret in recovery.iter().chain([&secret]) {
        assert!(!stored.contains(secret.as_str()) && !stored.contains(&secret.replace('-', "")), "{secret}");
    }
}

async fn codes_of_a_second_factor_cannot_be_guessed(kind: Kind) {
    let world = World::start(kind).await;
    let (url, ann) = (&world.server.url, world.ann().await);
    let (secret, recovery) = guarded(&ann).await;
    for _ in 0..8 {
        // Asking without a code in between gives no fresh tries.
        sign_in(url, "ann@team.test", PASSWORD).await.refused(401, "second_factor_required");
        with_code(url, "ann@team.test", "000000").await.refused(401, "login_failed");
    }
    let limited = with_code(url, "ann@team.test", &code(&secret, 0)).await;
    limited.refused(429, "rate_limited");
    assert!(limited.header("retry-after").parse::<u64>().unwrap() <= Duration::from_mins(15).as_secs() + 1);
    with_code(url, "ann@team.test", &recovery[0]).await.refused(429, "rate_limited");
    sign_in(url, "bob@team.test", PASSWORD).await.expect(201);
}

async fn a_second_factor_goes_with_the_password_only(kind: Kind) {
    let world = World::start(kind).await;
    let (url, ann) = (&world.server.url, world.ann().await);
    guarded(&ann).await;
    let remove = async |password: &str| {
        let request = ann.request("DELETE", "/api/v1/me/second_factor").json(&json!({"password": password}));
        Answer::of(request).await
    };
    remove("wrong-password").await.refused(422, "validation");
    assert_eq!(remove(PASSWORD).await.status, 204);
    sign_in(url, "ann@team.test", PASSWORD).await.expect(201);
    assert_eq!(world.database.run("SELECT count(*) FROM recovery_code"), 0);
}

async fn sessions_are_listed_and_ended(kind: Kind) {
    let world = World::start(kind).await;
    let (here, there, elsewhere) = (world.ann().await, world.ann().await, world.ann().await);
    let list = async |agent: &Agent| {
        let sessions = agent.get("/api/v1/me/sessions").await.expect(200)["sessions"].clone();
        sessions.as_array().unwrap().clone()
    };
    let own = |sessions: &[Value]| {
        sessions.iter().find(|session| session["current"] == true).unwrap()["id"].as_str().unwrap().to_owned()
    };
    let all = list(&here).await;
    assert_eq!(all.len(), 3);
    assert!(
        all.iter().all(|session| session["created_at"].is_string() && session["last_used_at"].is_string())
    );
    let mut socket = there.listen().await;
    let path = format!("/api/v1/me/sessions/{}", own(&list(&there).await));
    // A colleague's sessions are none of mine.
    let bob = world.bob().await;
    bob.delete(&path).await.refused(404, "not_found");
    assert_eq!(here.delete(&path).await.status, 204);
    assert_eq!(socket.closed().await, Some(4001));
    there.get("/api/v1/session").await.refused(401, "not_signed_in");
    here.delete(&path).await.refused(404, "not_found");
    assert_eq!(here.delete("/api/v1/me/sessions").await.status, 204);
    elsewhere.get("/api/v1/session").await.refused(401, "not_signed_in");
    assert_eq!(list(&here).await.len(), 1);
    assert_eq!(list(&bob).await.len(), 1);
}
