//! The rules of sending: windows, business hours, consent and limits, the same on every way out.

use crate::people::{Agent, id};
use crate::provider::{change, failed, text};
use crate::templates::{body, usual};
use crate::world::{Kind, WHATSAPP_ID, World};
use serde_json::{Value, json};
use std::time::Duration;
use switchboard_engine::time::Timestamp;

both!(
    s2_16_closed_window_refuses_every_path,
    s2_12_held_messages_leave_when_it_opens,
    s2_12_at_the_release_everything_is_asked_again,
    s4_20_closing_asks_about_what_is_held,
    s2_31_stop_blocks_and_start_restores,
    s2_31_marketing_stopped_in_whatsapp_itself,
    s0_34_consent_by_hand_follows_the_table,
    s2_13_sms_takes_no_files_and_warns_of_many_parts,
    s4_04_window_changes_are_told_at_the_exact_moment,
    q_11_groups_have_hours_of_their_own,
    h_07_another_channel_of_the_same_person,
    h_07_a_template_goes_to_somebody_who_wrote_elsewhere,
);

const DAY: Duration = Duration::from_hours(24);
const JO: &str = "+447700900123";
const SAM: &str = "+447700900456";

/// Pushes the clocks of server and outside world to a moment.
fn push(world: &World, to: Timestamp) {
    world.server.clock.set_ahead(Duration::ZERO);
    let by = to.since(world.server.clock.now());
    world.server.clock.set_ahead(by);
}

/// Hours in UTC that are closed today and tomorrow; with the moment they open.
pub(crate) fn hours_from_the_day_after_tomorrow(world: &World) -> (Value, Timestamp) {
    let now = world.server.clock.now().0;
    let day = now.div_euclid(86_400_000_000) + 2;
    let names = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    // 1970 began on a Thursday.
    let name = names[usize::try_from((day + 3).rem_euclid(7)).unwrap()];
    let hours = json!({"hours": {"inherit": false, "time_zone": "UTC", "weekly": {name: [["09:00", "17:00"]]}, "holidays": []}});
    (hours, Timestamp(day * 86_400_000_000).plus(Duration::from_hours(9)))
}

pub(crate) async fn hold_outside_hours(world: &World, hours: Value) {
    let ada = world.ada().await;
    ada.put("/api/v1/business/hours", hours).await.expect(200);
    ada.patch("/api/v1/business", json!({"settings": {"hold_outside_hours": true}})).await.expect(200);
}

async fn written_by(world: &World, agent: &Agent, number: &str, words: &str) -> String {
    world.sms_phone(number).text(words).await.unwrap();
    id(&agent.conversation_with(number).await)
}

async fn code_over_socket(agent: &Agent, frame: Value) -> Value {
    let mut socket = agent.listen().await;
    socket.ask(frame).await
}

/// To see it go red: let `Circumstances::may_leave` skip the window, or leave `judge_again` out of `Waiting::judge`.
async fn s2_16_closed_window_refuses_every_path(kind: Kind) {
    let world = World::start(kind).await;
    let ann = world.ann().await;
    world.phone(JO).text("Hello").await.unwrap();
    let conversation = id(&ann.conversation_with(JO).await);
    // One message fails while the window is open, another is held until after it.
    world.simulator.faults().change(WHATSAPP_ID, |s| s.callbacks = false).unwrap();
    let lost = ann.say(&conversation, "Lost").await;
    ann.status(&conversation, &lost, "sent").await;
    let wamid = world.simulator.journal()[0].id.to_string();
    world.call_back(&failed(&wamid, 131_026)).await;
    ann.status(&conversation, &lost, "failed").await;
    let (hours, opens) = hours_from_the_day_after_tomorrow(&world);
    hold_outside_hours(&world, hours).await;
    let held = ann.write(&conversation, "held", "Later").await.expect(202)["message"].clone();
    assert_eq!((&held["status"], &held["hold_reason"]), (&json!("queued"), &json!("business_hours")));
    let before = world.simulator.journal_len();
    push(&world, opens.plus(Duration::from_secs(1)));
    let ann = world.ann().await;
    let late = ann.status(&conversation, held["id"].as_str().unwrap(), "failed").await;
    assert_eq!(late["failure"]["code"], "window_closed");
    // Every other way out.
    ann.write(&conversation, "c1", "By REST").await.refused(422, "window_closed");
    let by_socket =
        json!({"t": "message.send", "conversation_id": conversation, "client_id": "c2", "text": "By socket"});
    assert_eq!(code_over_socket(&ann, by_socket).await["code"], "window_closed");
    let media = ann.upload("a.txt", "text/plain", b"hello".to_vec()).await.expect(201)["media"]["id"].clone();
    let with_file = json!({"client_id": "c3", "media_ids": [media]});
    let path = format!("/api/v1/conversations/{conversation}/messages");
    ann.post(&path, with_file).await.refused(422, "window_closed");
    let named = json!({"client_id": "c4", "text": "On that channel", "channel_id": world.whatsapp});
    ann.post(&path, named).await.refused(422, "window_closed");
    let again = |id: &str| format!("/api/v1/messages/{id}/retry");
    ann.post(&again(&id(&late)), json!({})).await.refused(422, "window_closed");
    ann.post(&again(&lost), json!({})).await.refused(422, "window_closed");
    let by_socket = json!({"t": "message.retry", "message_id": lost});
    assert_eq!(code_over_socket(&ann, by_socket).await["code"], "window_closed");
    let composer =
        ann.get(&format!("/api/v1/conversations/{conversation}")).await.expect(200)["composer"].clone();
    assert_eq!((&composer["state"], &composer["code"]), (&json!("template_only"), &json!("window_closed")));
    assert_eq!(world.simulator.journal_len(), before, "nothing left");
}

/// To see it go red: let `Circumstances::hold` find none. The state of the row, its due time and the look before it leaves stand behind each
/// other: one of them alone can be missing.
async fn s2_12_held_messages_leave_when_it_opens(kind: Kind) {
    let mut world = World::start(kind).await;
    let ann = world.ann().await;
    let conversation = written_by(&world, &ann, SAM, "Hello").await;
    let (hours, opens) = hours_from_the_day_after_tomorrow(&world);
    hold_outside_hours(&world, hours).await;
    let composer =
        ann.get(&format!("/api/v1/conversations/{conversation}")).await.expect(200)["composer"].clone();
    assert_eq!(composer["holds_until"], json!(opens));
    let held = ann.write(&conversation, "c1", "Good morning").await.expect(202)["message"].clone();
    assert_eq!((&held["hold_reason"], &held["release_at"]), (&json!("business_hours"), &json!(opens)));
    // Webchat never waits, and a second say of the same is the same message.
    assert_eq!(ann.write(&conversation, "c1", "Good morning").await.expect(200)["message"]["id"], held["id"]);
    // It survives a restart.
    world.restart().await;
    push(&world, Timestamp(opens.0 - 2_000_000));
    let ann = world.ann().await;
    let still = ann.message_where(&conversation, "held", |m| m["id"] == held["id"]).await;
    assert_eq!((&still["status"], world.simulator.journal_len()), (&json!("queued"), 0));
    // The last two seconds pass by themselves.
    let sent =
        ann.message_where(&conversation, "sent", |m| m["id"] == held["id"] && m["sent_at"].is_string()).await;
    assert!(sent["sent_at"].as_str().unwrap() >= json!(opens).as_str().unwrap(), "{sent}");
    assert_eq!((&sent["hold_reason"], world.simulator.journal_len()), (&Value::Null, 1));
}

/// To see it go red: leave `held` out of `queries::life::queued`, or out of `WITHDRAWN`.
async fn s4_20_closing_asks_about_what_is_held(kind: Kind) {
    let world = World::start(kind).await;
    let ann = world.ann().await;
    let conversation = written_by(&world, &ann, SAM, "Hello").await;
    let (hours, opens) = hours_from_the_day_after_tomorrow(&world);
    hold_outside_hours(&world, hours).await;
    let held = ann.write(&conversation, "c1", "Good morning").await.expect(202)["message"].clone();
    let close = format!("/api/v1/conversations/{conversation}/close");
    let refused = ann.post(&close, json!({})).await;
    refused.refused(409, "confirm_required");
    assert_eq!(refused.json()["error"]["queued"], 1);
    ann.post(&close, json!({"pending": "cancel"})).await.expect(200);
    let taken = ann.message_where(&conversation, "taken back", |m| m["id"] == held["id"]).await;
    assert_eq!((&taken["status"], &taken["hold_reason"]), (&json!("cancelled"), &Value::Null));
    // Something else that is due at the same moment leaves; this does not.
    let other = written_by(&world, &ann, "+447400123999", "Hello too").await;
    let later = ann.write(&other, "c2", "Good morning to you").await.expect(202)["message"].clone();
    push(&world, opens);
    ann.message_where(&other, "sent", |m| m["id"] == later["id"] && m["sent_at"].is_string()).await;
    assert_eq!(world.simulator.journal_len(), 1);
}

async fn s2_12_at_the_release_everything_is_asked_again(kind: Kind) {
    let world = World::start(kind).await;
    let (ann, ada) = (world.ann().await, world.ada().await);
    let stopped = written_by(&world, &ann, JO, "Hello").await;
    let planned = written_by(&world, &ann, SAM, "Hello").await;
    let (hours, _) = hours_from_the_day_after_tomorrow(&world);
    hold_outside_hours(&world, hours).await;
    let one = id(&ann.write(&stopped, "c1", "To Jo").await.expect(202)["message"]);
    let other = id(&ann.write(&planned, "c2", "To Sam").await.expect(202)["message"]);
    let third = id(&ann.write(&planned, "c3", "Taken back").await.expect(202)["message"]);
    world.sms_phone(JO).text("STOP").await.unwrap();
    ann.message_where(&stopped, "the stop", |m| m["text"] == "STOP").await;
    let back = ann.post(&format!("/api/v1/messages/{third}/cancel"), json!({})).await.expect(200);
    assert_eq!(back["message"]["status"], "cancelled");
    // Other hours: open from now on. What is held is planned anew.
    let days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    let weekly: Value = days
        .map(|day| (day.to_owned(), json!([["00:00", "24:00"]])))
        .into_iter()
        .collect::<serde_json::Map<_, _>>()
        .into();
    ada.put("/api/v1/business/hours", json!({"hours": {"time_zone": "UTC", "weekly": weekly}}))
        .await
        .expect(200);
    let refused = ann.status(&stopped, &one, "failed").await;
    assert_eq!(refused["failure"]["code"], "opted_out");
    ann.status(&planned, &other, "delivered").await;
    ann.status(&planned, &third, "cancelled").await;
    let bodies: Vec<String> = world.simulator.journal().iter().map(|sent| sent.body.to_string()).collect();
    assert_eq!(bodies, ["To Sam"]);
}

/// To see it go red: take the call of `take_at_their_word` out of `Receive::decide`.
async fn s2_31_stop_blocks_and_start_restores(kind: Kind) {
    let world = World::start(kind).await;
    let ann = world.ann().await;
    let conversation = written_by(&world, &ann, SAM, "please stop by").await;
    let said = ann.say(&conversation, "We will").await;
    ann.status(&conversation, &said, "delivered").await;
    let mut socket = ann.listen().await;
    world.sms_phone(SAM).text(" Stop! ").await.unwrap();
    let frame = socket.until("the stop", |f| f["t"] == "consent.changed").await;
    assert_eq!((&frame["d"]["state"], &frame["d"]["source"]), (&json!("opted_out"), &json!("keyword")));
    ann.write(&conversation, "c1", "Are you sure?").await.refused(422, "opted_out");
    let row = ann.conversation(&conversation).await;
    let contact = id(&row["contact"]);
    let consents =
        ann.get(&format!("/api/v1/contacts/{contact}/consent")).await.expect(200)["consents"].clone();
    let sms = consents.as_array().unwrap().iter().find(|one| one["channel_kind"] == "sms").unwrap();
    assert_eq!(
        (&sms["state"], &sms["channel_id"], &sms["evidence"]),
        (&json!("opted_out"), &Value::Null, &json!("STOP"))
    );
    let whatsapp = consents.as_array().unwrap().iter().find(|one| one["channel_kind"] == "whatsapp").unwrap();
    assert_eq!(whatsapp["state"], "unknown", "a stop by SMS does not stop WhatsApp");
    assert!(ann.timeline(&conversation).await.iter().any(|entry| entry["t"] == "consent.changed"));
    // They still may write, and only they can start again by a word.
    world.sms_phone(SAM).text("START").await.unwrap();
    socket.until("the start", |f| f["t"] == "consent.changed" && f["d"]["state"] == "opted_in").await;
    let again = ann.say(&conversation, "Welcome back").await;
    ann.status(&conversation, &again, "delivered").await;
    assert_eq!(world.simulator.journal_len(), 2);
}

fn preference(value: &str, seconds: i64) -> Value {
    let choice = json!({"wa_id": "447700900123", "category": "marketing_messages", "value": value,
        "detail": "User requested it", "timestamp": seconds});
    let mut callback = change(json!({"user_preferences": [choice]}));
    callback["entry"][0]["changes"][0]["field"] = "user_preferences".into();
    callback
}

/// To see it go red: leave the repeat's check out of `Actors::prefer`, or read `stop` as opted in.
async fn s2_31_marketing_stopped_in_whatsapp_itself(kind: Kind) {
    let world = World::start(kind).await;
    let ann = world.ann().await;
    let mut offer = body("offer", "en_GB", "Everything is cheaper today!");
    offer["category"] = "MARKETING".into();
    world.provide(vec![offer, body("welcome", "en_GB", "Welcome to Bean & Leaf!")]).await;
    let now = world.server.clock.now().0 / 1_000_000;
    // Of somebody we never met: acknowledged, and nobody is made of it.
    world.call_back(&preference("stop", now - 60)).await;
    assert_eq!(world.database.run("SELECT COUNT(*) FROM contact"), 0);
    world.phone(JO).text("Hello").await.unwrap();
    let conversation = id(&ann.conversation_with(JO).await);
    let picked = ann.pick(&conversation, "").await["registered"].clone();
    let of = |name: &str| {
        let all = picked.as_array().unwrap();
        json!({"id": all.iter().find(|one| one["name"] == name).unwrap()["id"]})
    };
    for callback in
        [preference("stop", now - 50), preference("stop", now - 50), preference("resume", now - 55)]
    {
        world.call_back(&callback).await;
    }
    ann.send_template(&conversation, "c1", of("offer")).await.refused(422, "opted_out");
    ann.send_template(&conversation, "c2", of("welcome")).await.expect(201);
    ann.write(&conversation, "c3", "Anything else?").await.expect(201);
    let lines = ann.timeline(&conversation).await;
    assert_eq!(
        lines.iter().filter(|entry| entry["t"] == "consent.changed").count(),
        1,
        "repeats say nothing new"
    );
    world.call_back(&preference("resume", now - 40)).await;
    ann.send_template(&conversation, "c4", of("offer")).await.expect(201);
}

async fn s0_34_consent_by_hand_follows_the_table(kind: Kind) {
    let world = World::start(kind).await;
    let (ann, ada, cat) = (world.ann().await, world.ada().await, world.cat().await);
    let conversation = written_by(&world, &ann, SAM, "Hello").await;
    let contact = id(&ann.conversation(&conversation).await["contact"]);
    let path = format!("/api/v1/contacts/{contact}/consent");
    let said = |state: &str, evidence: Option<&str>| json!({"channel_kind": "sms", "state": state, "evidence": evidence});
    ann.put(&path, said("opted_in", Some("signed form"))).await.refused(403, "forbidden");
    cat.put(&path, said("opted_out", None)).await.refused(403, "forbidden");
    ann.put(&path, said("opted_out", None)).await.expect(200);
    ann.write(&conversation, "c1", "Hello?").await.refused(422, "opted_out");
    let composer =
        ann.get(&format!("/api/v1/conversations/{conversation}")).await.expect(200)["composer"].clone();
    assert_eq!(composer["state"], "opted_out");
    ada.put(&path, said("opted_in", None)).await.refused(422, "validation");
    ada.put(&path, json!({"channel_kind": "webchat", "state": "opted_out"})).await.refused(422, "validation");
    ada.put(&path, said("opted_in", Some("Signed form of 5 January"))).await.expect(200);
    assert_eq!(ann.write(&conversation, "c2", "Hello!").await.status, 201);
    ada.put("/api/v1/contacts/999/consent", said("opted_out", None)).await.refused(404, "not_found");
    let audit = ada.get("/api/v1/audit?action=change_consent").await.expect(200);
    assert!(audit["entries"].as_array().unwrap().len() >= 3, "{audit}");
}

async fn s2_13_sms_takes_no_files_and_warns_of_many_parts(kind: Kind) {
    let world = World::start(kind).await;
    let ann = world.ann().await;
    let conversation = written_by(&world, &ann, SAM, "Hello").await;
    let media = ann.upload("a.txt", "text/plain", b"hello".to_vec()).await.expect(201)["media"]["id"].clone();
    let path = format!("/api/v1/conversations/{conversation}/messages");
    let refused = ann.post(&path, json!({"client_id": "c1", "media_ids": [media]})).await;
    refused.refused(415, "media_type_unsupported");
    let three = ann.write(&conversation, "c2", &"a".repeat(459)).await.expect(201);
    assert_eq!(three["warnings"], json!([]));
    let four = ann.write(&conversation, "c3", &"a".repeat(460)).await.expect(201);
    assert_eq!(four["warnings"][0]["code"], "many_parts");
    let mut socket = ann.listen().await;
    let ack = socket
        .ask(json!({"t": "message.send", "conversation_id": conversation, "client_id": "c4", "text": "ж".repeat(202)}))
        .await;
    assert_eq!(ack["d"]["warnings"][0]["code"], "many_parts");
}

/// To see it go red: take the call of `end_windows` out of `actors/src/wheel.rs`.
async fn s4_04_window_changes_are_told_at_the_exact_moment(kind: Kind) {
    let world = World::start(kind).await;
    let ann = world.ann().await;
    world.call_back(&text("447700900123", "wamid.1", "Hello")).await;
    let row = ann.conversation_with(JO).await;
    let expires: Timestamp = serde_json::from_value(row["window"]["expires_at"].clone()).unwrap();
    push(&world, Timestamp(expires.0 - 3_000_000));
    let ann = world.ann().await;
    assert_eq!(ann.conversation(&id(&row)).await["window"]["state"], "open");
    let mut socket = ann.listen().await;
    let frame = socket.until("the end of the window", |f| f["t"] == "window.changed").await;
    assert!(world.server.clock.now() >= expires, "not a moment too early");
    assert_eq!((&frame["d"]["state"], &frame["d"]["channel_id"]), (&json!("closed"), &json!(world.whatsapp)));
    assert_eq!(ann.conversation(&id(&row)).await["window"]["state"], "closed");
    // Their next message opens it for another day.
    let mut body = text("447700900123", "wamid.2", "Still there?");
    let at = &mut body["entry"][0]["changes"][0]["value"]["messages"][0]["timestamp"];
    *at = (at.as_str().unwrap().parse::<u64>().unwrap() + DAY.as_secs()).to_string().into();
    world.call_back(&body).await;
    socket.until("the window to open", |f| f["t"] == "window.changed" && f["d"]["state"] == "open").await;
}

async fn q_11_groups_have_hours_of_their_own(kind: Kind) {
    let world = World::start(kind).await;
    let (ann, ada) = (world.ann().await, world.ada().await);
    let weekly = json!({"mon": [["09:00", "17:00"]]});
    ada.put("/api/v1/business/hours", json!({"hours": {"time_zone": "Europe/London", "weekly": weekly}}))
        .await
        .expect(200);
    let inherited = ann.get("/api/v1/groups/2/hours").await.expect(200)["hours"].clone();
    assert_eq!((&inherited["inherit"], &inherited["weekly"]), (&json!(true), &weekly));
    let own = json!({"hours": {"inherit": false, "time_zone": "Asia/Kathmandu", "weekly": {"sun": [["10:00", "12:00"]]}, "holidays": ["2026-12-25"]}});
    ann.put("/api/v1/groups/2/hours", own.clone()).await.refused(403, "forbidden");
    let saved = ada.put("/api/v1/groups/2/hours", own).await.expect(200)["hours"].clone();
    assert_eq!(
        (&saved["inherit"], &saved["time_zone"], &saved["holidays"][0]),
        (&json!(false), &json!("Asia/Kathmandu"), &json!("2026-12-25"))
    );
    let bad = |hours: Value| json!({"hours": hours});
    for (hours, field) in [
        (json!({"time_zone": "Mars", "weekly": {"mon": [["09:00", "17:00"]]}}), "time_zone"),
        (json!({"weekly": {"mon": [["17:00", "09:00"]]}}), "weekly"),
        (json!({"weekly": {"mon": [["09:00", "17:00"]]}, "holidays": ["25.12."]}), "holidays"),
    ] {
        let answer = ada.put("/api/v1/groups/2/hours", bad(hours)).await;
        assert_eq!(answer.status, 422, "{}", answer.text());
        assert!(answer.text().contains(field), "{}", answer.text());
    }
    let back = ada.put("/api/v1/groups/2/hours", json!({"hours": {"inherit": true}})).await.expect(200);
    assert_eq!((&back["hours"]["inherit"], &back["hours"]["weekly"]), (&json!(true), &weekly));
}

async fn h_07_another_channel_of_the_same_person(kind: Kind) {
    let world = World::start(kind).await;
    let ann = world.ann().await;
    world.phone(JO).text("Hello").await.unwrap();
    let conversation = id(&ann.conversation_with(JO).await);
    let composer =
        ann.get(&format!("/api/v1/conversations/{conversation}")).await.expect(200)["composer"].clone();
    let kinds: Vec<&str> =
        composer["channels"].as_array().unwrap().iter().map(|one| one["kind"].as_str().unwrap()).collect();
    assert_eq!((kinds, &composer["state"]), (vec!["whatsapp", "sms"], &json!("open")));
    let path = format!("/api/v1/conversations/{conversation}/messages");
    let sent = ann
        .post(&path, json!({"client_id": "c1", "text": "By SMS", "channel_id": world.sms}))
        .await
        .expect(201);
    assert_eq!(sent["warnings"][0]["code"], "consent_unknown");
    ann.status(&conversation, &id(&sent["message"]), "delivered").await;
    assert_eq!(&*world.sms_phone(JO).inbox()[0].body, "By SMS");
    // Answers still go where the customer wrote.
    let next = ann.say(&conversation, "By WhatsApp").await;
    ann.status(&conversation, &next, "delivered").await;
    assert_eq!(&*world.phone(JO).inbox()[0].body, "By WhatsApp");
    let elsewhere = json!({"client_id": "c2", "text": "?", "channel_id": world.webchat});
    ann.post(&path, elsewhere).await.refused(422, "validation");
}

/// To see it go red: look for the template's channel among the conversation's routes only.
async fn h_07_a_template_goes_to_somebody_who_wrote_elsewhere(kind: Kind) {
    let world = World::start(kind).await;
    let ann = world.ann().await;
    world.provide(usual()).await;
    let conversation = written_by(&world, &ann, JO, "Hello by SMS").await;
    let welcome = ann.pick(&conversation, "welcome").await["registered"][0]["id"].clone();
    let path = format!("/api/v1/conversations/{conversation}/messages");
    let astray = json!({"client_id": "c0", "channel_id": world.sms, "template": {"id": welcome}});
    let refused = ann.post(&path, astray).await;
    refused.refused(422, "validation");
    assert!(refused.json()["error"]["fields"]["channel_id"].is_string(), "{}", refused.text());
    let sent = ann.send_template(&conversation, "c1", json!({"id": welcome})).await.expect(201);
    ann.status(&conversation, &id(&sent["message"]), "delivered").await;
    assert_eq!(&*world.phone(JO).inbox()[0].body, "Welcome to Bean & Leaf!");
    let channels: Vec<Value> =
        ann.messages(&conversation).await.iter().map(|one| one["channel_id"].clone()).collect();
    assert_eq!(channels, [json!(world.sms), json!(world.whatsapp)], "one conversation, two channels");
}
