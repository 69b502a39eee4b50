//! Invitations: one mail, one link, once; and nothing of it left behind.

use crate::people::{Agent, id, sign_in, stranger};
use crate::postbox::{MailServer, mails_in, token};
use crate::process::Process;
use crate::users::{NEW_PASSWORD, eve, row};
use crate::world::{Kind, PASSWORD, Server, World, eventually};
use futures_util::future::join_all;
use serde_json::{Value, json};

both!(
    s0_05_an_invitation_works_once,
    s0_05_an_invitation_ends_after_three_days_and_with_the_next_one,
    s0_05_a_mail_that_fails_is_shown_and_sent_again,
    s0_05_no_secret_is_left_behind,
);

/// To see it go red: leave out `used_at` in `queries::access::accept`.
async fn s0_05_an_invitation_works_once(kind: Kind) {
    let world = World::start(kind).await;
    let (url, ada) = (&world.server.url, world.ada().await);
    let user = ada.post("/api/v1/users", eve()).await.expect(201)["user"].clone();
    let secret = token(&world.mail("eve@team.test", 1).await, "welcome");
    // Nobody gets in before, whatever they try.
    sign_in(url, "eve@team.test", PASSWORD).await.refused(401, "login_failed");
    sign_in(url, "eve@team.test", "").await.refused(401, "login_failed");
    let look = || stranger(url, "/api/v1/invitations/look", json!({"token": secret}));
    let seen = look().await.expect(200);
    assert_eq!(seen, json!({"email": "eve@team.test", "first_name": "Eve", "business": "Bean & Leaf"}));
    let accept = |password: &str| {
        stranger(url, "/api/v1/invitations/accept", json!({"token": secret, "password": password}))
    };
    for weak in ["short", "123456789", "password123", "eve@team.test"] {
        accept(weak).await.refused(422, "validation");
    }
    let both = join_all([accept(NEW_PASSWORD), accept("another-password")]).await;
    let mut statuses: Vec<u16> = both.iter().map(|answer| answer.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 410], "one of two at the same moment");
    let won = both.iter().find(|answer| answer.status == 201).unwrap();
    let eve = Agent::of(url, won);
    assert_eq!(eve.id, id(&user));
    assert_eq!(eve.get("/api/v1/session").await.expect(200)["groups"][0]["id"], "2");
    accept(NEW_PASSWORD).await.refused(410, "invite_used");
    look().await.refused(410, "invite_used");
    stranger(url, "/api/v1/invitations/look", json!({"token": "x".repeat(43)}))
        .await
        .refused(404, "not_found");
    let active = row(&ada, "eve@team.test").await;
    assert_eq!((&active["status"], &active["invitation"]), (&json!("active"), &Value::Null));
    let again = format!("/api/v1/users/{}/invitation", eve.id);
    ada.post(&again, json!({})).await.refused(409, "not_invited");
}

async fn s0_05_an_invitation_ends_after_three_days_and_with_the_next_one(kind: Kind) {
    let world = World::start(kind).await;
    let (url, ada) = (&world.server.url, world.ada().await);
    let user = ada.post("/api/v1/users", eve()).await.expect(201)["user"].clone();
    let first = token(&world.mail("eve@team.test", 1).await, "welcome");
    // 73 hours later.
    let hours = 73_i64 * 3_600_000_000;
    let earlier = format!("UPDATE access_link SET expires_at = expires_at - {hours}");
    world.database.run(&earlier);
    let accept = |token: &str| {
        stranger(url, "/api/v1/invitations/accept", json!({"token": token, "password": NEW_PASSWORD}))
    };
    accept(&first).await.refused(410, "invite_expired");
    world.database.run(&format!("UPDATE access_link SET expires_at = expires_at + {hours}"));
    let again = format!("/api/v1/users/{}/invitation", id(&user));
    ada.post(&again, json!({})).await.expect(200);
    let second = token(&world.mail("eve@team.test", 2).await, "welcome");
    assert_ne!(first, second);
    accept(&first).await.refused(410, "invite_expired");
    accept(&second).await.expect(201);
}

/// To see it go red: treat every failure as one that passes, in `mailer::transport`.
async fn s0_05_a_mail_that_fails_is_shown_and_sent_again(kind: Kind) {
    let mut world = World::start(kind).await;
    let post = MailServer::start().await;
    world.server.stop().await;
    let mut config = world.config();
    config.mail.smtp_url = Some(post.url.clone());
    config.mail.from = Some("Bean & Leaf <inbox@bean.test>".to_owned());
    world.server = Server::start(config).await;
    let ada = world.ada().await;
    post.refuse(Some("550 no such user here"));
    let user = ada.post("/api/v1/users", eve()).await.expect(201)["user"].clone();
    let state = async |state: &str| {
        eventually(&format!("the invitation to be {state}"), || async {
            let invitation = row(&ada, "eve@team.test").await["invitation"].clone();
            (invitation["state"] == state).then_some(invitation)
        })
        .await
    };
    let failed = state("failed").await;
    assert!(failed["detail"].as_str().unwrap().contains("no such user here"), "{failed}");
    assert_eq!(
        world.database.run("SELECT count(*) FROM mail WHERE letter IS NOT NULL"),
        0,
        "no secret waits"
    );
    // What passes is tried again by itself.
    post.refuse(Some("451 come back later"));
    let again = format!("/api/v1/users/{}/invitation", id(&user));
    ada.post(&again, json!({})).await.expect(200);
    eventually("a first attempt", || async {
        let tried = "SELECT count(*) FROM mail WHERE state = 'queued' AND detail LIKE '%come back later%'";
        (world.database.run(tried) == 1).then_some(())
    })
    .await;
    assert_eq!(row(&ada, "eve@team.test").await["invitation"]["state"], "queued");
    post.refuse(None);
    world.database.run("UPDATE mail SET due_at = 0 WHERE state = 'queued'");
    state("sent").await;
    let mails = post.mails();
    assert_eq!(mails.len(), 1);
    assert!(mails[0].contains("inbox@bean.test"), "{}", mails[0]);
    let body = json!({"token": token(&mails[0], "welcome"), "password": NEW_PASSWORD});
    stranger(&world.server.url, "/api/v1/invitations/accept", body).await.expect(201);
}

/// Neither the database nor the log holds a token, a password or a code. To see it go red: store a letter unsealed, or log a body.
async fn s0_05_no_secret_is_left_behind(kind: Kind) {
    let mut world = World::start(kind).await;
    world.server.stop().await;
    let log = world.folder.path().join("server.log");
    let mut process = Process::start_logging(&world.database, world.folder.path(), Some(&log)).await;
    let url = process.url.clone();
    let ada = Agent::sign_in(&url, "ada@team.test").await;
    // One link that waits, one that was used, one for a new password.
    ada.post("/api/v1/users", eve()).await.expect(201);
    let body = json!({"first_name": "Gil", "last_name": "Newman", "email": "gil@team.test", "role": "agent"});
    ada.post("/api/v1/users", body).await.expect(201);
    stranger(&url, "/api/v1/password/forgot", json!({"email": "ann@team.test"})).await.expect(202);
    let secret = async |to: &str, page: &str| {
        let mail = eventually("a mail", || async { mails_in(world.folder.path(), to).pop() }).await;
        token(&mail, page)
    };
    let (waiting, used, reset) = (
        secret("eve@team.test", "welcome").await,
        secret("gil@team.test", "welcome").await,
        secret("ann@team.test", "reset").await,
    );
    let body = json!({"token": used, "password": NEW_PASSWORD});
    let gil = stranger(&url, "/api/v1/invitations/accept", body).await;
    let gil = Agent::of(&url, &gil);
    let app = gil.post("/api/v1/me/second_factor", json!({})).await.expect(200);
    let cookie = gil.cookie.split('=').nth(1).unwrap().to_owned();
    // A letter that cannot leave waits sealed.
    std::fs::remove_dir_all(world.folder.path().join("mail")).unwrap();
    std::fs::write(world.folder.path().join("mail"), "in the way").unwrap();
    stranger(&url, "/api/v1/password/forgot", json!({"email": "bob@team.test"})).await.expect(202);
    eventually("a letter that waits", || async {
        let tried = "SELECT count(*) FROM mail WHERE state = 'queued' AND attempt > 0";
        (world.database.run(tried) == 1).then_some(())
    })
    .await;
    process.terminate();
    process.ended().await;
    let logged = std::fs::read_to_string(&log).unwrap();
    assert!(logged.contains("/api/v1/invitations/accept"), "the log was written: {} bytes", logged.len());
    let stored = world.dump();
    assert!(stored.contains("eve@team.test"), "the dump was read");
    let app = app["secret"].as_str().unwrap().to_owned();
    for secret in [&waiting, &used, &reset, &app, &cookie, NEW_PASSWORD, PASSWORD, "/reset#", "/welcome#"] {
        assert!(!stored.contains(secret), "stored: {secret}");
        assert!(!logged.contains(secret), "logged: {secret}");
    }
}
