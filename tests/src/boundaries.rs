//! Where a role ends: what an admin may do without being a member, what an agent can never do, and what belongs to no group at all.

use crate::answer::Answer;
use crate::groups::png;
use crate::people::{Agent, id};
use crate::provider::{change, text};
use crate::visitor::Visitor;
use crate::world::{HTTP, Kind, VONAGE_NUMBER, World};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use switchboard_engine::permission::{self, AGENT_COMMANDS, Gate, Operation, Principal, ROUTES};

both!(
    s0_08_an_admin_does_everything_in_a_group_of_others,
    s0_08_a_group_of_others_stays_out_of_ones_own_inbox,
    s0_12_agents_delete_nothing,
    s0_13_agents_read_the_team_and_change_no_setting_of_a_group,
    s0_67_group_chats_of_whatsapp_are_counted_and_not_shown,
);

/// A group without Ada: Cat's, with Bob as a second member, a number and a widget; somebody has written to both.
struct Elsewhere {
    widget: String,
    /// By SMS.
    conversation: String,
    contact: String,
    /// A file in the other conversation.
    media: String,
    _visitor: Visitor,
}

async fn elsewhere(world: &World) -> Elsewhere {
    let ada = world.ada().await;
    let mut number = world.vonage();
    number["group_id"] = "3".into();
    world.connect(number).await;
    let widget = json!({"kind": "webchat", "provider": "widget", "name": "W", "group_id": "3"});
    let widget = ada.post("/api/v1/channels", widget).await.expect(201)["channel"].clone();
    let mut visitor = world.visitor_of(widget["address"].as_str().unwrap()).await;
    let part = reqwest::multipart::Part::bytes(png()).file_name("a.png").mime_str("image/png").unwrap();
    let form = reqwest::multipart::Form::new().part("file", part);
    let upload = HTTP.post(format!("{}/widget/v1/media", world.server.url)).bearer_auth(&visitor.token);
    let media = id(&Answer::of(upload.multipart(form)).await.expect(201)["media"]);
    let said = json!({"client_id": "v1", "text": "Look", "media_ids": [media]});
    let ack = visitor.socket.ask(json!({"t": "message.send", "d": said})).await;
    assert_eq!(ack["t"], "ack", "{ack}");
    world.simulator.phone(VONAGE_NUMBER, "+447700900123").text("Hello").await.unwrap();
    let row = ada.get("/api/v1/conversations?view=all&group_id=3&channel_kind=sms").await.expect(200);
    let row = row["conversations"][0]["conversation"].clone();
    let (conversation, contact) = (id(&row), id(&row["contact"]));
    Elsewhere { widget: id(&widget), conversation, contact, media, _visitor: visitor }
}

/// A row of the permission table and a call that stands for it.
type Deed = (Operation, &'static str, String, Value);

fn on_the_group(at: &Elsewhere, cat: &str, bob: &str) -> Vec<Deed> {
    use Operation as Op;
    let team = |first: Value| json!({"members": [first, {"user_id": bob}]});
    let deed = |operation, method, path: &str, body| (operation, method, path.to_owned(), body);
    vec![
        deed(Op::OpenSettings, "GET", "/api/v1/business", Value::Null),
        deed(Op::ManageUsers, "GET", "/api/v1/users", Value::Null),
        deed(Op::EditOwnProfile, "PATCH", "/api/v1/me", json!({"first_name": "Ada"})),
        deed(Op::ManageGroups, "PATCH", "/api/v1/groups/3", json!({"name": "Support"})),
        deed(Op::ViewTeam, "GET", "/api/v1/groups/3/team", Value::Null),
        deed(
            Op::GrantGroupAdmin,
            "PUT",
            "/api/v1/groups/3/team",
            team(json!({"user_id": cat, "role": "admin"})),
        ),
        deed(Op::ChangeTeam, "PUT", "/api/v1/groups/3/team", team(json!({"user_id": cat}))),
        deed(
            Op::ManageChannels,
            "PUT",
            &format!("/api/v1/channels/{}/widget", at.widget),
            json!({"title": "Help"}),
        ),
        deed(Op::SetUpGroup, "PUT", "/api/v1/groups/3/hours", json!({"hours": {"inherit": true}})),
        deed(Op::ManageTemplates, "GET", "/api/v1/groups/3/templates", Value::Null),
        deed(Op::SeeAudit, "GET", "/api/v1/audit", Value::Null),
        deed(Op::Search, "GET", "/api/v1/search?q=hello&group_id=3", Value::Null),
        deed(
            Op::SeeOthersInbox,
            "GET",
            &format!("/api/v1/conversations?view=user&user_id={cat}&group_id=3"),
            Value::Null,
        ),
        deed(Op::ViewContacts, "GET", &format!("/api/v1/contacts/{}/consent", at.contact), Value::Null),
        deed(
            Op::ChangeConsent,
            "PUT",
            &format!("/api/v1/contacts/{}/consent", at.contact),
            json!({"channel_kind": "sms", "state": "opted_in", "evidence": "Signed form"}),
        ),
        deed(
            Op::SetContactAccess,
            "PUT",
            &format!("/api/v1/contacts/{}/access", at.contact),
            json!({"visible_to": null}),
        ),
        deed(Op::SendBroadcast, "GET", "/api/v1/groups/3/broadcasts", Value::Null),
        deed(Op::DownloadMedia, "GET", &format!("/api/v1/media/{}", at.media), Value::Null),
    ]
}

fn on_the_conversation(at: &Elsewhere, cat: &str, bob: &str) -> Vec<Deed> {
    use Operation as Op;
    let path = format!("/api/v1/conversations/{}", at.conversation);
    let deed = |operation, method, what: &str, body| (operation, method, format!("{path}{what}"), body);
    vec![
        deed(Op::SeeConversation, "GET", "", Value::Null),
        deed(Op::PickTemplate, "GET", "/sendable-templates", Value::Null),
        deed(Op::MarkRead, "POST", "/read", json!({"upto": 1})),
        deed(Op::MarkReadForOther, "POST", "/read", json!({"upto": 1, "user_id": cat, "confirm": true})),
        deed(Op::WriteNote, "POST", "/notes", json!({"client_id": "n1", "text": "By Ada"})),
        deed(Op::SendMessage, "POST", "/messages", json!({"client_id": "c1", "text": "By Ada"})),
        deed(Op::Attend, "POST", "/attend", json!({})),
        deed(Op::Assign, "PUT", "/assignees", json!({"user_ids": [cat]})),
        deed(Op::AddAssignee, "POST", &format!("/assignees/{bob}"), json!({})),
        (
            Op::BulkAssign,
            "POST",
            "/api/v1/conversations/bulk".to_owned(),
            json!({"ids": [at.conversation], "action": "assign", "user_ids": [bob]}),
        ),
        deed(Op::ExportTranscript, "GET", "/transcript?format=txt", Value::Null),
        deed(Op::Close, "POST", "/close", json!({"pending": "send"})),
        deed(Op::Reopen, "POST", "/reopen", json!({})),
        deed(Op::DeleteConversation, "DELETE", "", json!({})),
        (Op::DeleteContact, "POST", format!("/api/v1/contacts/{}/erase", at.contact), json!({})),
    ]
}

/// Every row of the table that the API knows and an admin may do, done. To see it go red: let `Viewer::may` ask admins for membership.
async fn s0_08_an_admin_does_everything_in_a_group_of_others(kind: Kind) {
    let world = World::start(kind).await;
    let (ada, bob, cat) = (world.ada().await, world.bob().await, world.cat().await);
    let at = elsewhere(&world).await;
    let team = ada.get("/api/v1/groups/3/team").await.expect(200);
    assert!(!team["members"].to_string().contains(&format!("\"{}\"", ada.id)), "Ada is no member: {team}");
    let mut deeds = on_the_group(&at, &cat.id, &bob.id);
    deeds.extend(on_the_conversation(&at, &cat.id, &bob.id));
    let mut done = BTreeSet::from([Operation::UsePresence]);
    for (operation, method, path, body) in deeds {
        let request = ada.request(method, &path);
        let answer = Answer::of(if body.is_null() { request } else { request.json(&body) }).await;
        assert!((200..300).contains(&answer.status), "{operation:?} {method} {path}: {}", answer.text());
        assert!(!answer.text().contains("\"refused\""), "{operation:?}: {}", answer.text());
        done.insert(operation);
        if operation == Operation::SeeConversation {
            let mut of_cat = cat.listen().await;
            let mut of_ada = ada.listen().await;
            of_ada.send(json!({"t": "viewing", "conversation_id": at.conversation})).await;
            of_cat.until("Ada at it", |frame| frame["t"] == "presence.viewing").await;
        }
    }
    let routes = ROUTES.iter().filter_map(|route| route.gate.operation());
    let known = routes.chain(AGENT_COMMANDS.iter().filter_map(|(_, operation)| *operation));
    let allowed = known.filter(|operation| permission::permit(*operation, Principal::Admin).is_ok());
    let missing: BTreeSet<Operation> = allowed.filter(|operation| !done.contains(operation)).collect();
    assert!(missing.is_empty(), "nobody tried {missing:?}");
}

async fn s0_08_a_group_of_others_stays_out_of_ones_own_inbox(kind: Kind) {
    let world = World::start(kind).await;
    let (ada, cat) = (world.ada().await, world.cat().await);
    let at = elsewhere(&world).await;
    let assignees = format!("/api/v1/conversations/{}/assignees", at.conversation);
    ada.put(&assignees, json!({"user_ids": [cat.id]})).await.expect(200);
    let mine = async |who: &Agent| {
        let rows = who.get("/api/v1/conversations?view=mine").await.expect(200);
        let counts = who.get("/api/v1/inbox/counts").await.expect(200);
        (rows["conversations"].as_array().unwrap().len(), counts["counts"]["mine"].clone())
    };
    assert_eq!(mine(&cat).await, (1, json!(1)));
    assert_eq!(mine(&ada).await, (0, json!(0)));
    // Nor is a non-member somebody it can be given to.
    cat.put(&assignees, json!({"user_ids": [ada.id]})).await.refused(422, "not_member");
}

/// To see it go red: give agents a `Y` in the row of DeleteConversation.
async fn s0_12_agents_delete_nothing(kind: Kind) {
    let world = World::start(kind).await;
    let (ada, ann) = (world.ada().await, world.ann().await);
    world.phone("+447700900123").text("Hello").await.unwrap();
    let row = ann.conversation_with("+447700900123").await;
    let conversation = id(&row);
    ann.post(&format!("/api/v1/conversations/{conversation}/attend"), json!({})).await.expect(200);
    let tables = ["contact", "identity", "conversation", "message", "event"];
    let rows = || tables.map(|table| world.database.run(&format!("SELECT COUNT(*) FROM {table}")));
    let before = rows();
    // Hers or not: one, by REST and by socket, and getting one back.
    ann.delete(&format!("/api/v1/conversations/{conversation}")).await.refused(403, "forbidden");
    let mut socket = ann.listen().await;
    let ask = json!({"t": "conversation.delete", "conversation_id": conversation});
    assert_eq!(socket.ask(ask).await["code"], "forbidden");
    ann.get("/api/v1/conversations?view=deleted&group_id=2").await.refused(403, "forbidden");
    // Many at once, a contact, an invoice: there is no such call for anybody who is not an admin.
    let many = json!({"ids": [conversation], "action": "delete"});
    ann.post("/api/v1/conversations/bulk", many).await.refused(422, "validation");
    let contact = id(&row["contact"]);
    for path in [format!("/api/v1/contacts/{contact}"), "/api/v1/invoices/1".to_owned()] {
        let status = ann.delete(&path).await.status;
        assert!([403, 404, 405].contains(&status), "{path}: {status}");
    }
    for operation in [Operation::DeleteConversation, Operation::DeleteContact, Operation::DeleteInvoice] {
        for who in [Principal::Assignee, Principal::Member, Principal::NonMember] {
            assert!(permission::permit(operation, who).is_err(), "{operation:?} {who:?}");
        }
    }
    assert_eq!(rows(), before);
    assert_eq!(ann.conversation(&conversation).await["status"], "open");
    let denied = async |action: &str| {
        let log = ada.get(&format!("/api/v1/audit?action={action}")).await.expect(200);
        let lines = log["entries"].as_array().unwrap().iter();
        lines
            .filter(|line| line["outcome"] == "denied" && line["target"]["id"] == conversation.as_str())
            .count()
    };
    assert_eq!((denied("delete_conversation").await, denied("conversation.delete").await), (1, 1));
}

/// Generated from the table of routes: whatever sets up a group.
async fn s0_13_agents_read_the_team_and_change_no_setting_of_a_group(kind: Kind) {
    let world = World::start(kind).await;
    let (ada, ann) = (world.ada().await, world.ann().await);
    ann.get("/api/v1/groups/2/hours").await.expect(200);
    let team = ann.get("/api/v1/groups/2/team").await.expect(200);
    assert_eq!(team["members"].as_array().unwrap().len(), 3);
    let state = async || {
        let mut all = Vec::new();
        for path in ["groups/2/team", "groups/2/hours", "channels", "groups/2/replies", "groups"] {
            all.push(ada.get(&format!("/api/v1/{path}")).await.expect(200));
        }
        all
    };
    let before = state().await;
    let mut tried = 0;
    for route in ROUTES {
        let (Gate::Group(operation) | Gate::SomeGroup(operation) | Gate::Business(operation)) = route.gate
        else {
            continue;
        };
        if permission::permit(operation, Principal::Member).is_ok() || route.method == "GET" {
            continue;
        }
        let path = route.path.replace("channels/{id}", &format!("channels/{}", world.webchat));
        let path = path.replace("groups/{id}", "groups/2").replace("{id}", "1").replace("{user_id}", "11");
        let body = match route.path {
            "/api/v1/groups/{id}/team" => json!({"members": [{"user_id": ann.id, "role": "admin"}]}),
            "/api/v1/groups/{id}/hours" => json!({"hours": {"inherit": false, "weekly": {}}}),
            "/api/v1/channels/{id}/widget" => json!({"title": "Ann's"}),
            "/api/v1/groups/{id}/replies" => json!({"name": "Mine", "body": "Hello", "media_ids": []}),
            _ => json!({}),
        };
        let answer = Answer::of(ann.request(route.method, &path).json(&body)).await;
        assert_eq!((answer.status, answer.code().as_str()), (403, "forbidden"), "{} {path}", route.method);
        tried += 1;
    }
    assert!(tried >= 15, "{tried}");
    assert_eq!(state().await, before);
    // What she may not configure she is not shown either.
    let channels = ann.get("/api/v1/channels").await.expect(200);
    for channel in channels["channels"].as_array().unwrap() {
        assert_eq!((&channel["settings"], &channel["webhook_url"]), (&json!({}), &Value::Null), "{channel}");
    }
}

/// To see it go red: take the look at `group_id` out of `engine/src/channels/whatsapp/parse.rs`.
async fn s0_67_group_chats_of_whatsapp_are_counted_and_not_shown(kind: Kind) {
    /// The counter is the whole process's; the two runs of this test take turns.
    static TURN: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
    let world = World::start(kind).await;
    let ann = world.ann().await;
    let _turn = TURN.lock().await;
    let ignored = async || {
        let text = Answer::of(HTTP.get(format!("{}/metrics", world.server.url))).await.text();
        let line = "switchboard_inbound_ignored_total{reason=\"whatsapp_group\"} ";
        let found = text.lines().find_map(|found| found.strip_prefix(line)?.parse::<f64>().ok());
        found.unwrap_or_default() as i64
    };
    let before = ignored().await;
    let mut body = text("447700900123", "wamid.group", "Who brings cake?");
    body["entry"][0]["changes"][0]["value"]["messages"][0]["group_id"] =
        "HBgLMTY0NjcwNDM1OTUVAgARGBIx".into();
    world.call_back(&body).await;
    assert_eq!(ignored().await, before + 1);
    assert_eq!(ann.list("all").await, Vec::<Value>::new());
    let stored = ["contact", "conversation", "message"]
        .map(|table| world.database.run(&format!("SELECT COUNT(*) FROM {table}")));
    assert_eq!(stored, [0, 0, 0]);
    // News of a group are none of ours either, and whoever writes to us alone is heard.
    let news = json!({"statuses": [{"id": "wamid.x", "status": "delivered", "timestamp": "1767607200",
        "recipient_id": "447700900123", "recipient_type": "group"}]});
    world.call_back(&change(news)).await;
    assert_eq!(ignored().await, before + 2);
    world.call_back(&text("447700900123", "wamid.alone", "Hello")).await;
    assert_eq!(ann.list("all").await.len(), 1);
}
