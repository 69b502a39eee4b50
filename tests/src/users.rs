//! People of the team: adding, inviting, roles, and that an admin is always left.

use crate::answer::Answer;
use crate::people::{Agent, id, sign_in, stranger};
use crate::postbox::token;
use crate::world::{Kind, PASSWORD, World, promptly};
use futures_util::future::join_all;
use serde_json::{Value, json};
use std::time::Duration;

both!(
    s0_04_an_admin_adds_a_user_who_gets_one_mail,
    s0_04_a_taken_mark_is_refused_with_its_owner,
    s0_04_every_wrong_field_is_named,
    s0_04_work_of_the_deactivated_is_handed_over,
    s0_07_a_role_holds_at_once_on_open_sockets,
    s0_10_the_last_admin_stays,
    s0_10_two_admins_cannot_demote_each_other,
    s0_10_of_three_admins_one_is_left,
    s0_11_agents_have_no_users_page_but_a_profile,
    s0_17_new_users_join_the_first_group,
    h_29_whoever_is_invited_starts_as_an_agent,
    h_30_a_mail_for_an_assignment_is_everybody_s_own_choice,
    d_08_changes_of_users_are_written_down,
);

timed!(s0_04_whoever_is_deactivated_is_out_at_once);

pub(crate) const NEW_PASSWORD: &str = "a-password-of-my-own";

/// Somebody new.
pub(crate) fn eve() -> Value {
    json!({"first_name": "Eve", "last_name": "Newman", "email": "Eve@Team.test", "role": "agent"})
}

/// Adds somebody and lets them in.
async fn joined(world: &World, ada: &Agent, name: &str, role: &str) -> Agent {
    let email = format!("{name}@team.test");
    let body = json!({"first_name": name, "last_name": "Newman", "email": email, "role": role});
    ada.post("/api/v1/users", body).await.expect(201);
    let secret = token(&world.mail(&email, 1).await, "welcome");
    let body = json!({"token": secret, "password": PASSWORD});
    let accepted = stranger(&world.server.url, "/api/v1/invitations/accept", body).await;
    accepted.expect(201);
    Agent::of(&world.server.url, &accepted)
}

/// How the list of users shows somebody.
pub(crate) async fn row(ada: &Agent, email: &str) -> Value {
    let users = ada.get("/api/v1/users").await.expect(200)["users"].clone();
    users.as_array().unwrap().iter().find(|user| user["email"] == email).cloned().unwrap_or(Value::Null)
}

async fn s0_04_an_admin_adds_a_user_who_gets_one_mail(kind: Kind) {
    let world = World::start(kind).await;
    let ada = world.ada().await;
    let user = ada.post("/api/v1/users", eve()).await.expect(201)["user"].clone();
    assert_eq!((&user["email"], &user["status"]), (&json!("eve@team.test"), &json!("invited")));
    let mail = world.mail("eve@team.test", 1).await;
    assert!(mail.contains("Subject: Ada Tester invites you to Bean & Leaf"), "{mail}");
    assert!(mail.contains("Your user name is eve@team.test") && mail.contains("text/html"), "{mail}");
    // One credential: the same link in both parts.
    let url = &world.server.url;
    assert_eq!(mail.matches(&format!("{url}/welcome#")).count(), 2, "{mail}");
    world.all_mailed().await;
    assert_eq!(world.mails("eve@team.test").len(), 1);
    let waiting = row(&ada, "eve@team.test").await;
    assert_eq!(waiting["invitation"]["state"], "sent", "{waiting}");
    // Colleagues and an agent's view of the world.
    assert_eq!(row(&ada, "ann@team.test").await["status"], "active");
    let ann = world.ann().await;
    ann.post("/api/v1/users", eve()).await.refused(403, "forbidden");
}

/// To see it go red: leave the owner out of `queries::account::taken`.
async fn s0_04_a_taken_mark_is_refused_with_its_owner(kind: Kind) {
    let world = World::start(kind).await;
    let ada = world.ada().await;
    let phone = world.phone("+447700900123");
    phone.text("Hello").await.unwrap();
    ada.conversation_with("+447700900123").await;
    let add = async |changes: Value| {
        let mut body = eve();
        body.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        ada.post("/api/v1/users", body).await
    };
    let facts = |answer: &Answer| {
        answer.refused(409, "identifier_in_use");
        let error = answer.json()["error"].clone();
        (error["kind"].clone(), error["owner_kind"].clone(), error["archived"].clone())
    };
    let answer = add(json!({"email": " ANN@team.test "})).await;
    assert_eq!(facts(&answer), (json!("email"), json!("user"), json!(false)));
    // National form: the business is in Great Britain.
    let answer = add(json!({"mobile": "07700 900123"})).await;
    assert_eq!(facts(&answer), (json!("phone"), json!("contact"), json!(false)));
    world.database.run("UPDATE contact SET status = 'archived'");
    assert_eq!(facts(&add(json!({"mobile": "+447700900123"})).await).2, json!(true));
    // Nothing of the refused was stored, and nobody was written to.
    assert_eq!(world.database.run("SELECT count(*) FROM user_account"), 4);
    assert_eq!(world.database.run("SELECT count(*) FROM mail"), 0);
    let user = add(json!({"mobile": "+447700900999"})).await.expect(201)["user"].clone();
    let path = format!("/api/v1/users/{}", id(&user));
    let change = ada.patch(&path, json!({"mobile": "+447700900123"})).await;
    assert_eq!(facts(&change), (json!("phone"), json!("contact"), json!(true)));
    // One's own number may be said again, and given back.
    let kept = ada.patch(&path, json!({"mobile": "+44 7700 900999"})).await.expect(200);
    assert_eq!(kept["user"]["mobile"], "+447700900999");
    assert_eq!(ada.patch(&path, json!({"mobile": null})).await.expect(200)["user"]["mobile"], Value::Null);
    add(json!({"email": "gil@team.test", "mobile": "+447700900999"})).await.expect(201);
}

async fn s0_04_every_wrong_field_is_named(kind: Kind) {
    let world = World::start(kind).await;
    let ada = world.ada().await;
    let body = json!({"first_name": " ", "last_name": "New\r\nBcc: x@y.test", "email": "eve", "mobile": "abc", "role": "agent"});
    let answer = ada.post("/api/v1/users", body).await;
    answer.refused(422, "validation");
    let mut fields: Vec<String> =
        answer.json()["error"]["fields"].as_object().unwrap().keys().cloned().collect();
    fields.sort();
    assert_eq!(fields, ["email", "first_name", "last_name", "mobile"]);
    for (change, field) in [
        (json!({"role": "owner"}), ""),
        (json!({"groups": [{"group_id": "99", "role": "agent"}]}), "groups"),
        (json!({"email": "eve@team.test, ada@team.test"}), "email"),
        (json!({"email": "eve@te am.test"}), "email"),
    ] {
        let mut body = eve();
        body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let answer = ada.post("/api/v1/users", body).await;
        answer.refused(422, "validation");
        assert!(field.is_empty() || answer.json()["error"]["fields"][field].is_string(), "{}", answer.text());
    }
    assert_eq!(world.database.run("SELECT count(*) FROM user_account"), 4);
    ada.patch("/api/v1/users/99", json!({})).await.refused(404, "not_found");
    ada.post("/api/v1/users/nobody/invitation", json!({})).await.refused(404, "not_found");
}

/// Two conversations of a user's own, begun by two phones.
async fn attended(world: &World, agent: &Agent) -> Vec<String> {
    let mut work = Vec::new();
    for number in ["+447700900121", "+447700900122"] {
        world.phone(number).text("Hello").await.unwrap();
        let conversation = id(&agent.conversation_with(number).await);
        agent.post(&format!("/api/v1/conversations/{conversation}/attend"), json!({})).await.expect(200);
        work.push(conversation);
    }
    work
}

/// To see it go red: leave out `end_sessions` in `queries::account::deactivate`, or `free_work_of` in `deactivate_user`.
async fn s0_04_whoever_is_deactivated_is_out_at_once(kind: Kind) {
    let world = World::start(kind).await;
    let (ada, ann, bob) = (world.ada().await, world.ann().await, world.bob().await);
    let work = attended(&world, &bob).await;
    bob.say(&work[0], "It is me, Bob").await;
    stranger(&world.server.url, "/api/v1/password/forgot", json!({"email": "bob@team.test"}))
        .await
        .expect(202);
    let link = token(&world.mail("bob@team.test", 1).await, "reset");
    let mut socket = bob.listen().await;
    let path = format!("/api/v1/users/{}", bob.id);
    let begun = std::time::Instant::now();
    let answer = ada.post(&format!("{path}/deactivate"), json!({})).await.expect(200);
    assert_eq!((&answer["conversations"], &answer["user"]["status"]), (&json!(2), &json!("deactivated")));
    assert_eq!(socket.closed().await, Some(4001));
    let told = socket.told_to_close.unwrap();
    promptly("closing the socket", told - begun, Duration::from_secs(1));
    bob.get("/api/v1/session").await.refused(401, "not_signed_in");
    sign_in(&world.server.url, "bob@team.test", PASSWORD).await.refused(401, "login_failed");
    let reset = json!({"token": link, "password": NEW_PASSWORD});
    stranger(&world.server.url, "/api/v1/password/reset", reset).await.refused(410, "reset_expired");
    for conversation in &work {
        assert_eq!(ann.conversation(conversation).await["assignees"], json!([]));
        let entries = ann.timeline(conversation).await;
        let freed = entries.iter().rfind(|entry| entry["t"] == "conversation.unassigned").unwrap();
        assert_eq!(
            (&freed["d"]["reason"], &freed["d"]["by"]["name"]),
            (&json!("deactivated"), &json!("Ada Tester"))
        );
    }
    // The history keeps the name; nobody can give them anything.
    let said = ann.messages(&work[0]).await;
    assert!(said.iter().any(|message| message["sender"]["name"] == "Bob Tester"), "{said:#?}");
    let give = json!({"user_ids": [bob.id]});
    ada.put(&format!("/api/v1/conversations/{}/assignees", work[0]), give).await.refused(422, "not_member");
    ada.post(&format!("/api/v1/users/{}/deactivate", ada.id), json!({})).await.refused(409, "last_admin");
    ada.post("/api/v1/users/99/deactivate", json!({})).await.refused(404, "not_found");
    // Back again, with the password they had.
    assert_eq!(
        ada.post(&format!("{path}/activate"), json!({})).await.expect(200)["user"]["status"],
        "active"
    );
    sign_in(&world.server.url, "bob@team.test", PASSWORD).await.expect(201);
}

async fn s0_04_work_of_the_deactivated_is_handed_over(kind: Kind) {
    let world = World::start(kind).await;
    let (ada, ann, bob, cat) = (world.ada().await, world.ann().await, world.bob().await, world.cat().await);
    let work = attended(&world, &bob).await;
    // One that Ann answers, too.
    let shared = json!({"user_ids": [bob.id, ann.id]});
    ada.put(&format!("/api/v1/conversations/{}/assignees", work[1]), shared).await.expect(200);
    let path = format!("/api/v1/users/{}/deactivate", bob.id);
    for nobody in [json!(bob.id), json!("99"), json!("x")] {
        ada.post(&path, json!({"hand_over_to": nobody})).await.refused(422, "validation");
    }
    bob.get("/api/v1/session").await.expect(200);
    ada.post(&path, json!({"hand_over_to": ann.id})).await.expect(200);
    for conversation in &work {
        let assignees = ann.conversation(conversation).await["assignees"].clone();
        assert_eq!(assignees.as_array().unwrap().len(), 1);
        assert_eq!((&assignees[0]["user_id"], &assignees[0]["owner"]), (&json!(ann.id), &json!(true)));
    }
    // Somebody of another group cannot inherit: the work goes back to the team.
    let path = format!("/api/v1/users/{}/deactivate", ann.id);
    ada.post(&path, json!({"hand_over_to": cat.id})).await.expect(200);
    for conversation in &work {
        assert_eq!(ada.conversation(conversation).await["assignees"], json!([]));
    }
}

/// To see it go red: leave out `reload` in `change_user`.
async fn s0_07_a_role_holds_at_once_on_open_sockets(kind: Kind) {
    let world = World::start(kind).await;
    let ada = world.ada().await;
    let eve = joined(&world, &ada, "eve", "admin").await;
    let mut socket = eve.listen().await;
    eve.get("/api/v1/users").await.expect(200);
    let path = format!("/api/v1/users/{}", eve.id);
    assert_eq!(ada.patch(&path, json!({"role": "agent"})).await.expect(200)["user"]["role"], "agent");
    eve.get("/api/v1/users").await.refused(403, "forbidden");
    let updated = socket.until("user.updated", |frame| frame["t"] == "user.updated").await;
    assert_eq!(updated["d"]["user"]["role"], "agent");
    // Support's conversations are none of hers any more, on the same socket; what she answered there is the team's again.
    ada.patch(&path, json!({"role": "boss"})).await.refused(422, "validation");
    ada.patch(&path, json!({"role": "admin"})).await.expect(200);
    eve.get("/api/v1/users").await.expect(200);
}

/// To see it go red: leave out `other_admin` in `queries::account::change`.
async fn s0_10_the_last_admin_stays(kind: Kind) {
    let world = World::start(kind).await;
    let ada = world.ada().await;
    let path = format!("/api/v1/users/{}", ada.id);
    ada.patch(&path, json!({"role": "agent"})).await.refused(409, "last_admin");
    // Somebody who was only invited cannot let anybody in yet.
    let mut invited = eve();
    invited["role"] = json!("admin");
    ada.post("/api/v1/users", invited).await.expect(201);
    ada.patch(&path, json!({"role": "agent"})).await.refused(409, "last_admin");
    joined(&world, &ada, "gil", "admin").await;
    ada.patch(&path, json!({"role": "agent"})).await.expect(200);
    ada.get("/api/v1/users").await.refused(403, "forbidden");
}

/// A thousand interleavings of the same moment: one of them wins, the other is told why not. To see it go red on PostgreSQL: leave out
/// `take_turn`.
async fn s0_10_two_admins_cannot_demote_each_other(kind: Kind) {
    let world = World::start(kind).await;
    let ada = world.ada().await;
    let eve = joined(&world, &ada, "eve", "admin").await;
    let role = |by: &Agent, of: &Agent, role: &str| {
        let (by, path, body) = (by.clone(), format!("/api/v1/users/{}", of.id), json!({"role": role}));
        async move { by.patch(&path, body).await }
    };
    let begun = std::time::Instant::now();
    for round in 0..1_000 {
        // Now one, now the other is a little ahead.
        let ahead = async |turns: usize| {
            for _ in 0..turns {
                tokio::task::yield_now().await;
            }
        };
        let (first, second) = (rand::random_range(0..4), rand::random_range(0..4));
        let by_ada = async {
            ahead(first).await;
            role(&ada, &eve, "agent").await
        };
        let by_eve = async {
            ahead(second).await;
            role(&eve, &ada, "agent").await
        };
        let (by_ada, by_eve) = tokio::join!(by_ada, by_eve);
        let (winner, loser, lost) = match (by_ada.status, by_eve.status) {
            (200, _) => (&ada, &eve, &by_eve),
            (_, 200) => (&eve, &ada, &by_ada),
            _ => panic!("round {round}: nobody won: {} {}", by_ada.text(), by_eve.text()),
        };
        // Whoever was no admin any more when they were looked at is refused as such.
        let why = [(409, "last_admin"), (403, "forbidden")];
        assert!(why.contains(&(lost.status, &lost.code())), "round {round}: {}", lost.text());
        role(winner, loser, "admin").await.expect(200);
    }
    eprintln!("1,000 rounds on {kind:?} in {:?}", begun.elapsed());
    let left = "SELECT count(*) FROM user_account WHERE role = 'admin' AND status = 'active'";
    assert_eq!(world.database.run(left), 2);
}

/// Many interleavings: whatever several admins do to each other at the same moment, one is left. To see it go red on PostgreSQL: leave out
/// `take_turn`.
async fn s0_10_of_three_admins_one_is_left(kind: Kind) {
    let world = World::start(kind).await;
    let ada = world.ada().await;
    let eve = joined(&world, &ada, "eve", "admin").await;
    let gil = joined(&world, &ada, "gil", "admin").await;
    let admins = [&ada, &eve, &gil];
    for round in 0..60 {
        let demotions = (0..3).map(|by| {
            let target = admins[(by + 1 + round % 2) % 3];
            let path = format!("/api/v1/users/{}", target.id);
            async move { admins[by].patch(&path, json!({"role": "agent"})).await }
        });
        let answers = join_all(demotions).await;
        for answer in &answers {
            let known = [(200, ""), (409, "last_admin"), (403, "forbidden")];
            assert!(known.contains(&(answer.status, &answer.code())), "{}", answer.text());
        }
        let left = "SELECT count(*) FROM user_account WHERE role = 'admin' AND status = 'active'";
        assert!(world.database.run(left) >= 1, "round {round}");
        let mut still = None;
        for admin in admins {
            if admin.get("/api/v1/users").await.status == 200 {
                still = Some(admin);
            }
        }
        let boss = still.expect("somebody may still do this");
        for other in admins.iter().filter(|other| other.id != boss.id) {
            boss.patch(&format!("/api/v1/users/{}", other.id), json!({"role": "admin"})).await.expect(200);
        }
    }
}

async fn s0_11_agents_have_no_users_page_but_a_profile(kind: Kind) {
    let world = World::start(kind).await;
    let ann = world.ann().await;
    for answer in [
        ann.get("/api/v1/users").await,
        ann.post("/api/v1/users", eve()).await,
        ann.patch("/api/v1/users/12", json!({"role": "admin"})).await,
        ann.patch(&format!("/api/v1/users/{}", ann.id), json!({"role": "admin"})).await,
        ann.post("/api/v1/users/12/invitation", json!({})).await,
        ann.post("/api/v1/users/12/deactivate", json!({})).await,
        ann.post("/api/v1/users/12/activate", json!({})).await,
    ] {
        answer.refused(403, "forbidden");
        assert!(!answer.text().contains("@team.test"), "{}", answer.text());
    }
    let me = ann.get("/api/v1/me").await.expect(200);
    assert_eq!((&me["notify_enabled"], &me["second_factor"]), (&json!(true), &json!(false)));
    let changed = json!({"first_name": "Anna", "mobile": "07700 900321", "locale": "de-AT", "time_zone": "Europe/Vienna",
        "notify_enabled": false, "email_on_assignment": true});
    let me = ann.patch("/api/v1/me", changed).await.expect(200);
    assert_eq!((&me["user"]["first_name"], &me["mobile"]), (&json!("Anna"), &json!("+447700900321")));
    assert_eq!((&me["locale"], &me["time_zone"]), (&json!("de-AT"), &json!("Europe/Vienna")));
    assert_eq!((&me["notify_enabled"], &me["email_on_assignment"]), (&json!(false), &json!(true)));
    // What is not named stays; null takes away.
    let me = ann.patch("/api/v1/me", json!({"mobile": null, "locale": null})).await.expect(200);
    assert_eq!(
        (&me["mobile"], &me["locale"], &me["notify_enabled"]),
        (&Value::Null, &Value::Null, &json!(false))
    );
    assert_eq!(ann.get("/api/v1/session").await.expect(200)["user"]["first_name"], "Anna");
    for wrong in [
        json!({"role": "admin"}),
        json!({"email": "x@y.test"}),
        json!({"time_zone": "Europe/Atlantis"}),
        json!({"locale": "<script>"}),
        json!({"first_name": ""}),
    ] {
        ann.patch("/api/v1/me", wrong).await.refused(422, "validation");
    }
}

async fn s0_17_new_users_join_the_first_group(kind: Kind) {
    let world = World::start(kind).await;
    let ada = world.ada().await;
    let user = ada.post("/api/v1/users", eve()).await.expect(201)["user"].clone();
    assert_eq!(user["groups"], json!([{"group_id": "2", "role": "agent"}]));
    let mut elsewhere = eve();
    elsewhere["email"] = json!("gil@team.test");
    elsewhere["groups"] = json!([{"group_id": "3", "role": "admin"}]);
    let user = ada.post("/api/v1/users", elsewhere.clone()).await.expect(201)["user"].clone();
    assert_eq!(user["groups"], json!([{"group_id": "3", "role": "admin"}]));
    elsewhere["email"] = json!("hal@team.test");
    elsewhere["groups"] = json!([]);
    let user = ada.post("/api/v1/users", elsewhere).await.expect(201)["user"].clone();
    assert_eq!(user["groups"], json!([]), "an admin may wish for none");
}

/// Adding, another role, taking away: an admin's business alone, and felt at once.
async fn h_29_whoever_is_invited_starts_as_an_agent(kind: Kind) {
    let world = World::start(kind).await;
    let (ada, ann) = (world.ada().await, world.ann().await);
    let mut body = eve();
    body.as_object_mut().unwrap().remove("role");
    ann.post("/api/v1/users", body.clone()).await.refused(403, "forbidden");
    let user = ada.post("/api/v1/users", body).await.expect(201)["user"].clone();
    assert_eq!((&user["role"], &user["groups"][0]["role"]), (&json!("agent"), &json!("agent")));
    let secret = token(&world.mail("eve@team.test", 1).await, "welcome");
    let accepted = stranger(
        &world.server.url,
        "/api/v1/invitations/accept",
        json!({"token": secret, "password": PASSWORD}),
    )
    .await;
    let eve = Agent::of(&world.server.url, &accepted);
    eve.get("/api/v1/users").await.refused(403, "forbidden");
    let path = format!("/api/v1/users/{}", eve.id);
    for who in [&ann, &eve] {
        who.patch(&path, json!({"role": "admin"})).await.refused(403, "forbidden");
        who.post(&format!("{path}/deactivate"), json!({})).await.refused(403, "forbidden");
    }
    let mut socket = eve.listen().await;
    ada.patch(&path, json!({"role": "admin"})).await.expect(200);
    socket.until("her new role", |f| f["t"] == "user.updated" && f["d"]["user"]["role"] == "admin").await;
    eve.get("/api/v1/users").await.expect(200);
    ada.patch(&path, json!({"role": "agent"})).await.expect(200);
    eve.get("/api/v1/users").await.refused(403, "forbidden");
    ada.post(&format!("{path}/deactivate"), json!({})).await.expect(200);
    assert_eq!(eve.get("/api/v1/session").await.status, 401);
    assert_eq!(socket.closed().await, Some(4001));
    assert_eq!(row(&ada, "eve@team.test").await["status"], "deactivated", "what she wrote keeps its author");
}

/// To see it go red: leave out `mail_assigned` in the desk.
async fn h_30_a_mail_for_an_assignment_is_everybody_s_own_choice(kind: Kind) {
    let world = World::start(kind).await;
    let (ada, ann, bob) = (world.ada().await, world.ann().await, world.bob().await);
    world.phone("+447700900121").text("Secret words").await.unwrap();
    let conversation = id(&ann.conversation_with("+447700900121").await);
    let path = format!("/api/v1/conversations/{conversation}/assignees");
    let give = async |to: &[&Agent]| {
        let ids: Vec<&str> = to.iter().map(|agent| agent.id.as_str()).collect();
        ada.put(&path, json!({"user_ids": ids})).await.expect(200)
    };
    give(&[&ann]).await;
    ann.patch("/api/v1/me", json!({"email_on_assignment": true})).await.expect(200);
    give(&[&bob]).await;
    let number = give(&[&bob, &ann]).await["conversation"]["number"].clone();
    let mail = world.mail("ann@team.test", 1).await;
    assert!(mail.contains(&format!("Subject: Conversation #{number} is yours")), "{mail}");
    assert!(mail.contains(&format!("/inbox/mine/{conversation}")), "{mail}");
    assert!(!mail.contains("Secret words") && !mail.contains("7700900121"), "{mail}");
    // Not again for what was theirs already, and not for what they take themselves.
    give(&[&ann, &bob]).await;
    assert_eq!(ada.delete(&path).await.status, 200);
    ann.post(&format!("/api/v1/conversations/{conversation}/attend"), json!({})).await.expect(200);
    world.all_mailed().await;
    assert_eq!(world.mails("ann@team.test").len(), 1);
    assert!(world.mails("bob@team.test").is_empty());
}

async fn d_08_changes_of_users_are_written_down(kind: Kind) {
    let world = World::start(kind).await;
    let (ada, ann) = (world.ada().await, world.ann().await);
    let user = id(&ada.post("/api/v1/users", eve()).await.expect(201)["user"]);
    ada.patch(&format!("/api/v1/users/{user}"), json!({"role": "admin"})).await.expect(200);
    ada.post(&format!("/api/v1/users/{user}/deactivate"), json!({})).await.expect(200);
    ann.post("/api/v1/users", eve()).await.refused(403, "forbidden");
    let own = json!({"current_password": PASSWORD, "new_password": NEW_PASSWORD});
    assert_eq!(ann.post("/api/v1/me/password", own).await.status, 204);
    let audit = ada.get("/api/v1/audit?action=manage_users").await.expect(200);
    let lines = audit["entries"].as_array().unwrap();
    let about = |line: &&Value| line["target"]["id"] == user.as_str() && line["outcome"] == "done";
    assert_eq!(lines.iter().filter(about).count(), 3, "{audit}");
    assert!(lines.iter().any(|line| line["outcome"] == "denied" && line["actor"]["id"] == ann.id.as_str()));
    let audit = ada.get("/api/v1/audit?action=edit_own_profile").await.expect(200);
    assert!(audit["entries"][0]["detail"]["changed"] == "password", "{audit}");
    assert!(!audit.to_string().contains(NEW_PASSWORD));
}
