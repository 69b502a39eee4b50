//! Who may do what, asked of the real server: every route and frame has its line in the permission table, and the table is what happens.

use crate::answer::Answer;
use crate::people::{Agent, id};
use crate::tidy::{read, rust};
use crate::world::{Kind, World, eventually};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use switchboard_engine::permission::{self, Cell, EVENTS, Gate, Operation, Principal, ROUTES};

both!(
    s0_11_agents_are_refused_every_setting,
    s0_09_a_group_admin_rules_their_group_only,
    s0_46_leaving_a_group_ends_its_events_and_frees_its_work,
    s0_47_a_user_may_be_in_several_groups,
    s0_38_groups_begin_and_end,
    s0_41_sections_of_a_group,
    s1_26_only_the_named_see_new_conversations,
    s1_26_when_all_named_are_gone_the_group_sees_it,
    s1_26_not_even_an_id_tells_of_what_is_hidden,
    s2_33_whoever_was_away_hears_nothing_of_what_was_deleted,
    s0_07_a_new_role_reaches_open_sockets,
    s0_07_who_is_no_admin_any_more_leaves_what_they_do_not_see,
    d_08_what_was_done_and_tried_is_written_down,
    business_settings_are_checked_by_name,
);

/// To see it go red: take a line out of `engine/src/permission/routes.rs`.
#[test]
fn every_route_has_its_operation() {
    let document: Value = serde_json::from_str(&read("docs/openapi.json")).unwrap();
    let mut described = BTreeSet::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys().filter(|_| path.starts_with("/api/v1")) {
            described.insert((method.to_uppercase(), path.clone()));
        }
    }
    let listed: BTreeSet<(String, String)> =
        ROUTES.iter().map(|route| (route.method.to_owned(), route.path.to_owned())).collect();
    assert_eq!(described.difference(&listed).collect::<Vec<_>>(), Vec::<&(String, String)>::new());
    assert_eq!(listed.difference(&described).collect::<Vec<_>>(), Vec::<&(String, String)>::new());
}

/// Frames without a number are made in the actors; each is in the list of events.
#[test]
fn every_pushed_frame_has_its_audience() {
    let mut pushed = BTreeSet::new();
    for (name, text) in rust().into_iter().filter(|(name, _)| name.starts_with("actors/src/")) {
        for start in ["Ephemeral { t: \"", "tell_user(*user, \"", "tell_user(user, \""] {
            let found = text.split(start).skip(1).filter_map(|rest| rest.split('"').next());
            pushed.extend(found.map(|t| (t.to_owned(), name.clone())));
        }
    }
    assert!(pushed.len() > 3, "{pushed:?}");
    for (t, file) in pushed {
        assert!(EVENTS.iter().any(|(known, _)| *known == t), "{t} of {file} is missing in EVENTS");
    }
}

/// Calls a route with ids that exist nowhere and no body worth the name.
async fn knock(agent: &Agent, method: &str, path: &str) -> Answer {
    let path = path.replace("{id}", "999").replace("{user_id}", "999");
    let request = agent.request(method, &path);
    Answer::of(if method == "GET" { request } else { request.json(&json!({})) }).await
}

/// Generated from the table: whatever the matrix refuses a plain member of the business is refused before anything is looked at.
async fn s0_11_agents_are_refused_every_setting(kind: Kind) {
    let world = World::start(kind).await;
    let (ada, ann) = (world.ada().await, world.ann().await);
    let mut asked = 0;
    for route in ROUTES {
        let (Gate::Business(operation) | Gate::SomeGroup(operation)) = route.gate else { continue };
        if permission::permit(operation, Principal::Member).is_ok() {
            continue;
        }
        let answer = knock(&ann, route.method, route.path).await;
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (403, "forbidden"),
            "{} {}",
            route.method,
            route.path
        );
        let answer = knock(&ada, route.method, route.path).await;
        assert!(![401, 403].contains(&answer.status), "{} {}: {}", route.method, route.path, answer.text());
        asked += 1;
    }
    assert!(asked >= 8);
    let session = ann.get("/api/v1/session").await.expect(200);
    assert!(!session["permissions"].to_string().contains("open_settings"));
    assert!(
        ada.get("/api/v1/session").await.expect(200)["permissions"].to_string().contains("open_settings")
    );
}

/// Gia leads Support; Sales is none of her business.
async fn s0_09_a_group_admin_rules_their_group_only(kind: Kind) {
    let world = World::start(kind).await;
    let (ada, ann, gia) = (world.ada().await, world.ann().await, world.cat().await);
    let team = json!({"members": [{"user_id": gia.id, "role": "admin"}]});
    ada.put("/api/v1/groups/3/team", team.clone()).await.expect(200);
    let with_ann = json!({"members": [{"user_id": gia.id, "role": "admin"}, {"user_id": ann.id}]});
    let answer = gia.put("/api/v1/groups/3/team", with_ann).await.expect(200);
    assert_eq!(answer["members"].as_array().unwrap().len(), 2);
    // She can make nobody a group admin, take the role from nobody, and change no other team.
    let raised =
        json!({"members": [{"user_id": gia.id, "role": "admin"}, {"user_id": ann.id, "role": "admin"}]});
    gia.put("/api/v1/groups/3/team", raised).await.refused(403, "forbidden");
    gia.put("/api/v1/groups/3/team", json!({"members": [{"user_id": ann.id}]}))
        .await
        .refused(403, "forbidden");
    gia.put("/api/v1/groups/2/team", team).await.refused(403, "forbidden");
    gia.get("/api/v1/groups/2/team").await.refused(404, "not_found");
    gia.get("/api/v1/business").await.refused(403, "forbidden");
    gia.post("/api/v1/groups", json!({"name": "Mine"})).await.refused(403, "forbidden");
    let widget =
        |group: &str| json!({"kind": "webchat", "provider": "widget", "name": "W", "group_id": group});
    gia.post("/api/v1/channels", widget("3")).await.expect(201);
    gia.post("/api/v1/channels", widget("2")).await.refused(403, "forbidden");
    // She closes what is not hers, in her group.
    let key = id_of_widget(&gia).await;
    let mut visitor = world.visitor_of(&key).await;
    let conversation = visitor.say("Hello").await;
    gia.post(&format!("/api/v1/conversations/{conversation}/close"), json!({})).await.expect(200);
}

async fn id_of_widget(agent: &Agent) -> String {
    let channels = agent.get("/api/v1/channels").await.expect(200);
    let of_support = channels["channels"].as_array().unwrap().iter().find(|one| one["group_id"] == "3");
    of_support.unwrap()["address"].as_str().unwrap().to_owned()
}

/// To see it go red: leave out `reload` in `web/src/api/team.rs`.
async fn s0_46_leaving_a_group_ends_its_events_and_frees_its_work(kind: Kind) {
    let world = World::start(kind).await;
    let (ada, ann, bob) = (world.ada().await, world.ann().await, world.bob().await);
    let mut work = Vec::new();
    for number in ["+447700900121", "+447700900122"] {
        world.phone(number).text("Hello").await.unwrap();
        let conversation = id(&bob.conversation_with(number).await);
        bob.post(&format!("/api/v1/conversations/{conversation}/attend"), json!({})).await.expect(200);
        work.push(conversation);
    }
    let mut of_bob = bob.listen().await;
    let without =
        |confirm| json!({"members": [{"user_id": ada.id}, {"user_id": ann.id}], "confirm": confirm});
    let asked = ada.put("/api/v1/groups/2/team", without(false)).await;
    asked.refused(409, "confirm_required");
    assert_eq!(asked.json()["error"]["conversations"], 2);
    ada.put("/api/v1/groups/2/team", without(true)).await.expect(200);
    of_bob.until("the end", |frame| frame["t"] == "group.left" && frame["d"]["group_id"] == "2").await;
    let told = of_bob.frames.len();
    for conversation in &work {
        let row = ann.conversation(conversation).await;
        assert_eq!(row["assignees"], json!([]));
        let timeline = ann.get(&format!("/api/v1/conversations/{conversation}/timeline")).await.expect(200);
        let last = timeline["entries"].as_array().unwrap().last().unwrap().clone();
        assert_eq!(
            (&last["t"], &last["d"]["reason"]),
            (&json!("conversation.unassigned"), &json!("left_group"))
        );
        bob.get(&format!("/api/v1/conversations/{conversation}")).await.refused(404, "not_found");
    }
    world.phone("+447700900121").text("Still there?").await.unwrap();
    ann.message_where(&work[0], "the message", |m| m["text"] == "Still there?").await;
    of_bob.settle().await;
    let numbered = of_bob.frames.iter().skip(told).filter(|frame| frame["seq"].is_i64()).count();
    assert_eq!(numbered, 0, "after group.left no event of that group");
}

async fn s0_47_a_user_may_be_in_several_groups(kind: Kind) {
    let world = World::start(kind).await;
    let (ada, ann, cat) = (world.ada().await, world.ann().await, world.cat().await);
    let mut of_ann = ann.listen().await;
    let team = json!({"members": [{"user_id": ann.id}, {"user_id": cat.id}]});
    ada.put("/api/v1/groups/3/team", team).await.expect(200);
    of_ann.until("the news", |frame| frame["t"] == "group.joined" && frame["d"]["group_id"] == "3").await;
    let groups = ann.get("/api/v1/groups").await.expect(200);
    let names: Vec<&str> =
        groups["groups"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["Sales", "Support"]);
    // One open socket hears of both.
    let key = {
        let widget = json!({"kind": "webchat", "provider": "widget", "name": "W", "group_id": "3"});
        ada.post("/api/v1/channels", widget).await.expect(201)["channel"]["address"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    world.visitor_of(&key).await.say("To Support").await;
    world.phone("+447700900121").text("To Sales").await.unwrap();
    for text in ["To Support", "To Sales"] {
        of_ann.until(text, |frame| frame["d"]["message"]["text"] == text).await;
    }
}

async fn s0_38_groups_begin_and_end(kind: Kind) {
    let world = World::start(kind).await;
    let ada = world.ada().await;
    let made = ada.post("/api/v1/groups", json!({"name": " Returns "})).await.expect(201)["group"].clone();
    assert_eq!(
        (&made["name"], &made["role"], &made["is_first"]),
        (&json!("Returns"), &json!("agent"), &json!(false))
    );
    ada.post("/api/v1/groups", json!({"name": "returns"})).await.refused(409, "group_exists");
    ada.post("/api/v1/groups", json!({"name": " "})).await.refused(422, "validation");
    let path = format!("/api/v1/groups/{}", id(&made));
    let renamed = Answer::of(ada.request("PATCH", &path).json(&json!({"name": "Refunds"}))).await;
    assert_eq!(renamed.expect(200)["group"]["name"], "Refunds");
    let widget = json!({"kind": "webchat", "provider": "widget", "name": "W", "group_id": id(&made)});
    ada.post("/api/v1/channels", widget).await.expect(201);
    ada.post(&format!("{path}/archive"), json!({})).await.refused(409, "group_not_empty");
    ada.post("/api/v1/groups/2/archive", json!({})).await.refused(409, "first_group");
    let archived = ada.post("/api/v1/groups/3/archive", json!({})).await.expect(200);
    assert_eq!(archived["group"]["status"], "archived");
    let late = json!({"kind": "webchat", "provider": "widget", "name": "W", "group_id": "3"});
    ada.post("/api/v1/channels", late).await.refused(422, "validation");
    let restored = ada.post("/api/v1/groups/3/restore", json!({})).await.expect(200);
    assert_eq!(restored["group"]["status"], "active");
    ada.post("/api/v1/groups/999/archive", json!({})).await.refused(404, "not_found");
}

async fn s0_41_sections_of_a_group(kind: Kind) {
    let world = World::start(kind).await;
    let (ada, ann) = (world.ada().await, world.ann().await);
    world.phone("+447700900121").text("Hello").await.unwrap();
    ann.conversation_with("+447700900121").await;
    let names = |nav: &Value| {
        let sections = nav["sections"].as_array().unwrap();
        sections.iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let of_ann = ann.get("/api/v1/groups/2/nav").await.expect(200);
    assert_eq!(names(&of_ann), ["team", "mine", "unassigned", "closed", "admin.team"]);
    assert_eq!(of_ann["sections"][0]["count"], 1);
    let of_ada = ada.get("/api/v1/groups/2/nav").await.expect(200);
    let all = ["team", "mine", "unassigned", "closed", "admin.team", "admin.channels", "admin.templates"];
    assert_eq!(names(&of_ada), all);
    world.cat().await.get("/api/v1/groups/2/nav").await.refused(404, "not_found");
}

/// To see it go red: let `Viewer::sees` forget the list, or `visible_to!` in `schema/src/queries/inbox.rs` be true.
async fn s1_26_only_the_named_see_new_conversations(kind: Kind) {
    let mut world = World::start(kind).await;
    let (ada, ann, bob) = (world.ada().await, world.ann().await, world.bob().await);
    let phone = world.phone("+447700900121");
    phone.text("Before").await.unwrap();
    let before = ann.conversation_with("+447700900121").await;
    let access = format!("/api/v1/contacts/{}/access", id(&before["contact"]));
    bob.put(&access, json!({"visible_to": [ann.id]})).await.refused(403, "forbidden");
    ada.put(&access, json!({"visible_to": []})).await.refused(422, "validation");
    ada.put(&access, json!({"visible_to": ["999"]})).await.refused(422, "validation");
    ada.put(&access, json!({"visible_to": [ann.id]})).await.expect(200);
    // What is there already stays as it was; the next one is for Ann alone.
    assert_eq!(bob.get(&format!("/api/v1/conversations/{}", id(&before))).await.status, 200);
    ada.post(&format!("/api/v1/conversations/{}/close", id(&before)), json!({})).await.expect(200);
    let cursor = bob.listen().await.cursor();
    let (mut of_ann, mut of_bob) = (ann.listen().await, bob.listen().await);
    phone.text("For Ann only").await.unwrap();
    let frame = of_ann.until("her message", |frame| frame["d"]["message"]["text"] == "For Ann only").await;
    let conversation = frame["conversation_id"].as_str().unwrap().to_owned();
    assert_eq!(frame["row"]["visible_to"], json!([ann.id]));
    let path = format!("/api/v1/conversations/{conversation}");
    for outsider in [&bob, &ada] {
        outsider.get(&path).await.refused(404, "not_found");
        outsider.get(&format!("{path}/timeline")).await.refused(404, "not_found");
        outsider.write(&conversation, "c1", "Hi").await.refused(404, "not_found");
        assert!(outsider.list("team").await.iter().all(|row| row["id"] != conversation.as_str()));
        assert!(outsider.list("all").await.iter().all(|row| row["id"] != conversation.as_str()));
        assert_eq!(outsider.get("/api/v1/inbox/counts?group_id=2").await.expect(200)["counts"]["team"], 0);
        let found = outsider.get("/api/v1/search?q=%2B447700900121").await.expect(200);
        assert!(!found.to_string().contains(&format!("\"{conversation}\"")), "{found}");
    }
    ann.put(&format!("{path}/assignees"), json!({"user_ids": [bob.id]})).await.refused(422, "not_member");
    assert_eq!(ann.get("/api/v1/inbox/counts?group_id=2").await.expect(200)["counts"]["team"], 1);
    let heard = of_bob.settle().await.iter().any(|frame| frame.to_string().contains("For Ann only"));
    assert!(!heard, "not even a word on Bob's socket");
    // Nor when he comes back with a cursor from before, to memory or to the database.
    for restart in [false, true] {
        if restart {
            world.restart().await;
        }
        let mut back = bob.connect().await;
        back.ask(json!({"t": "resume", "cursor": cursor})).await;
        assert!(!back.frames.iter().any(|frame| frame.to_string().contains("For Ann only")));
    }
    assert_eq!(ann.conversation(&conversation).await["visible_to"], json!([ann.id]));
}

async fn s1_26_when_all_named_are_gone_the_group_sees_it(kind: Kind) {
    let mut world = World::start(kind).await;
    let (ada, ann, bob) = (world.ada().await, world.ann().await, world.bob().await);
    let phone = world.phone("+447700900121");
    phone.text("Before").await.unwrap();
    let first = ann.conversation_with("+447700900121").await;
    let access = format!("/api/v1/contacts/{}/access", id(&first["contact"]));
    ada.put(&access, json!({"visible_to": [ann.id]})).await.expect(200);
    ada.post(&format!("/api/v1/conversations/{}/close", id(&first)), json!({})).await.expect(200);
    world.server.stop().await;
    world.database.run("UPDATE user_account SET status = 'deactivated' WHERE id = 11");
    world.restart().await;
    phone.text("Anybody?").await.unwrap();
    let seen = || async { bob.list("team").await.pop() };
    let row = eventually("the conversation in Bob's list", seen).await;
    assert_eq!(row["visible_to"], Value::Null);
}

/// A conversation beside or before another may be hidden: neither its id nor that it is there may be told.
async fn s1_26_not_even_an_id_tells_of_what_is_hidden(kind: Kind) {
    let world = World::start(kind).await;
    let (ada, ann, bob) = (world.ada().await, world.ann().await, world.bob().await);
    let phone = world.phone("+447700900121");
    let close = async |agent: &Agent, conversation: &str| {
        agent.post(&format!("/api/v1/conversations/{conversation}/close"), json!({})).await.expect(200);
    };
    phone.text("Before").await.unwrap();
    let first = ann.conversation_with("+447700900121").await;
    let access = format!("/api/v1/contacts/{}/access", id(&first["contact"]));
    close(&ada, &id(&first)).await;
    let mut of_ann = ann.listen().await;
    ada.put(&access, json!({"visible_to": [ann.id]})).await.expect(200);
    phone.text("Hers").await.unwrap();
    let hers = of_ann.until("hers", |frame| frame["d"]["message"]["text"] == "Hers").await;
    let hidden = hers["conversation_id"].as_str().unwrap().to_owned();
    assert_eq!(hers["row"]["previous_conversation_id"], first["id"], "the first one is no secret");
    // Bob may not have it back while another one is open; which one is not his business, but Ann's.
    let again = format!("/api/v1/conversations/{}/reopen", id(&first));
    let refused = bob.post(&again, json!({})).await;
    refused.refused(409, "open_conversation_exists");
    assert!(!refused.text().contains(&hidden), "{}", refused.text());
    let refused = ann.post(&again, json!({})).await;
    assert_eq!(refused.json()["error"]["id"], hidden.as_str());
    // The next one is for everybody, and does not say what was before it.
    ann.post(&format!("/api/v1/conversations/{hidden}/attend"), json!({})).await.expect(200);
    close(&ann, &hidden).await;
    ada.put(&access, json!({"visible_to": null})).await.expect(200);
    phone.text("Everybody's").await.unwrap();
    let open = eventually("the third", || async {
        bob.list("team").await.into_iter().find(|row| row["last_message"]["preview"] == "Everybody's")
    })
    .await;
    assert_eq!(open["previous_conversation_id"], Value::Null);
}

/// To see it go red: let `Local::missed` forget `withdrawn`, or a deletion's row keep its last message.
async fn s2_33_whoever_was_away_hears_nothing_of_what_was_deleted(kind: Kind) {
    let world = World::start(kind).await;
    let (ada, ann, bob) = (world.ada().await, world.ann().await, world.bob().await);
    let cursor = bob.listen().await.cursor();
    world.phone("+447700900121").text("Forget this").await.unwrap();
    let conversation = id(&ann.conversation_with("+447700900121").await);
    let mut of_ann = ann.listen().await;
    of_ann.send(json!({"t": "viewing", "conversation_id": conversation})).await;
    of_ann.until("herself", |frame| frame["t"] == "presence.viewing").await;
    // One who is just coming back begins anew.
    let mut coming = bob.connect().await;
    let path = format!("/api/v1/conversations/{conversation}");
    ada.delete(&path).await.expect(200);
    assert_eq!(coming.closed().await, Some(1012));
    let mut back = bob.connect().await;
    let resumed = back.ask(json!({"t": "resume", "cursor": cursor})).await;
    assert_eq!(resumed["t"], "resumed", "{resumed}");
    assert_eq!(back.entries().len(), 1, "that it is deleted, and nothing else: {:#?}", back.frames);
    let all = Value::from(back.frames.clone()).to_string();
    assert!(all.contains("conversation.deleted") && !all.contains("Forget this"), "{all}");
    // The admins' own list still has the words.
    let deleted = ada.list("deleted").await;
    assert_eq!(deleted[0]["last_message"]["preview"], "Forget this");
}

/// To see it go red: leave out `free_work_elsewhere`.
async fn s0_07_who_is_no_admin_any_more_leaves_what_they_do_not_see(kind: Kind) {
    let world = World::start(kind).await;
    let (ada, ann, cat) = (world.ada().await, world.ann().await, world.cat().await);
    let role = |role: &str| ada.patch("/api/v1/users/13", json!({"role": role}));
    role("admin").await.expect(200);
    world.phone("+447700900121").text("Hello").await.unwrap();
    let conversation = id(&ann.conversation_with("+447700900121").await);
    let path = format!("/api/v1/conversations/{conversation}");
    cat.post(&format!("{path}/attend"), json!({})).await.expect(200);
    let mut of_cat = cat.listen().await;
    role("agent").await.expect(200);
    assert_eq!(ann.conversation(&conversation).await["assignees"], json!([]));
    of_cat.until("the news", |frame| frame["t"] == "user.updated").await;
    let heard = Value::from(of_cat.settle().await.to_vec()).to_string();
    assert!(!heard.contains(&conversation), "{heard}");
}

async fn s0_07_a_new_role_reaches_open_sockets(kind: Kind) {
    let world = World::start(kind).await;
    let (ada, bob) = (world.ada().await, world.bob().await);
    world.phone("+447700900121").text("Hello").await.unwrap();
    let conversation = id(&bob.conversation_with("+447700900121").await);
    let mut socket = bob.listen().await;
    let close = json!({"t": "conversation.close", "conversation_id": conversation});
    assert_eq!(socket.ask(close.clone()).await["code"], "not_assignee");
    let team = json!({"members": [{"user_id": ada.id}, {"user_id": bob.id, "role": "admin"}]});
    ada.put("/api/v1/groups/2/team", team).await.expect(200);
    assert_eq!(socket.ask(close).await["t"], "ack", "the same socket, the next command");
}

/// To see it go red: leave out `with_audits` in `actors/src/conversation.rs`, or `permits::check` in `web/src/app.rs`.
async fn d_08_what_was_done_and_tried_is_written_down(kind: Kind) {
    let world = World::start(kind).await;
    let (ada, ann, bob) = (world.ada().await, world.ann().await, world.bob().await);
    world.phone("+447700900121").text("Hello").await.unwrap();
    let conversation = id(&ann.conversation_with("+447700900121").await);
    let path = format!("/api/v1/conversations/{conversation}");
    ann.post(&format!("{path}/attend"), json!({})).await.expect(200);
    bob.post(&format!("{path}/close"), json!({})).await.refused(403, "not_assignee");
    let mut socket = bob.listen().await;
    socket.ask(json!({"t": "conversation.close", "conversation_id": conversation})).await;
    ann.post(&format!("{path}/close"), json!({})).await.expect(200);
    ann.get("/api/v1/audit").await.refused(403, "forbidden");
    ada.post("/api/v1/groups", json!({"name": "Returns"})).await.expect(201);
    let log = ada.get("/api/v1/audit?limit=200").await.expect(200);
    let lines: Vec<(String, String, String)> = log["entries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| {
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            (text(&line["actor"]["name"]), text(&line["action"]), text(&line["outcome"]))
        })
        .collect();
    let count = |who: &str, action: &str, outcome: &str| {
        let wanted = (format!("{who} Tester"), action.to_owned(), outcome.to_owned());
        lines.iter().filter(|line| **line == wanted).count()
    };
    assert_eq!(count("Ann", "conversation.assigned", "done"), 1, "{lines:?}");
    assert_eq!(count("Ann", "conversation.closed", "done"), 1);
    assert_eq!(count("Bob", "close", "denied"), 1);
    assert_eq!(count("Bob", "conversation.close", "denied"), 1);
    assert_eq!(count("Ann", "see_audit", "denied"), 1);
    assert_eq!(count("Ada", "manage_groups", "done"), 1);
    assert!(count("Ann", "signed_in", "done") >= 1);
    let only = ada.get("/api/v1/audit?action=close").await.expect(200);
    assert_eq!(only["entries"].as_array().unwrap().len(), 1);
    assert_eq!(only["entries"][0]["target"], json!({"kind": "conversation", "id": conversation}));
    let mut after = String::new();
    let mut pages = 0;
    let mut seen = 0;
    loop {
        let page = ada.get(&format!("/api/v1/audit?limit=3{after}")).await.expect(200);
        seen += page["entries"].as_array().unwrap().len();
        pages += 1;
        let Some(next) = page["meta"]["next"].as_str() else { break };
        after = format!("&after={next}");
    }
    assert!(pages > 1 && seen >= lines.len());
}

async fn business_settings_are_checked_by_name(kind: Kind) {
    let world = World::start(kind).await;
    let ada = world.ada().await;
    let patch = |body: Value| Answer::of(ada.request("PATCH", "/api/v1/business").json(&body));
    patch(json!({"settings": {"free_beer": true}})).await.refused(422, "validation");
    patch(json!({"country": "Britain", "time_zone": "Mars/Base", "name": ""}))
        .await
        .refused(422, "validation");
    let changed = patch(json!({"currency": "gbp", "settings": {"reopen_within_hours": 4}})).await.expect(200);
    assert_eq!(changed["business"]["currency"], "GBP");
    let read = ada.get("/api/v1/business").await.expect(200);
    assert_eq!(read["business"]["settings"]["reopen_within_hours"], 4);
    assert_eq!(read["business"]["settings"]["agents_can_assign"], true);
}

/// 46 rows, 8 columns: each cell is read, and none of them by default.
#[test]
fn the_matrix_has_368_cells() {
    let cells = Operation::ALL.iter().flat_map(|operation| Principal::ALL.map(|who| (*operation, who)));
    let count = cells.clone().count();
    assert_eq!(count, 368);
    let yes = cells.filter(|(operation, who)| permission::cell(*operation, *who) == Cell::Yes).count();
    assert!(yes > 100);
}
