//! Who answers: one winner of many who attend, one owner of several who answer, and what each of them sees and hears of it.

use crate::people::{Agent, id};
use crate::provider::text;
use crate::socket::Socket;
use crate::world::{Kind, WHATSAPP_ID, World, eventually};
use futures_util::future::join_all;
use serde_json::{Value, json};
use switchboard_simulator::Switches;

both!(
    s4_07_fifty_attend_and_one_wins,
    s0_15_what_the_business_lets_agents_do,
    s0_15_the_later_of_two_assignments_is_told,
    s0_42_several_answer_and_each_reads_alone,
    s2_27_a_transfer_is_heard_in_order,
    s2_28_it_is_unread_for_whoever_gets_it,
    s4_02_answering_takes_what_nobody_has,
    s4_01_two_agents_and_a_customer_see_one_order,
    s2_26_whom_it_can_be_given_to,
);

const NUMBER: &str = "+447700900123";

/// A conversation on SMS that nobody has.
async fn free(world: &World, by: &Agent) -> String {
    world.sms_phone(NUMBER).text("Hello").await.unwrap();
    id(&by.conversation_with(NUMBER).await)
}

fn at(conversation: &str, what: &str) -> String {
    format!("/api/v1/conversations/{conversation}/{what}")
}

/// To see it go red: answer `Ok` in `Attend::decide` whoever owns it.
async fn s4_07_fifty_attend_and_one_wins(kind: Kind) {
    let world = World::start(kind).await;
    let (ada, ann, bob) = (world.ada().await, world.ann().await, world.bob().await);
    let conversation = free(&world, &ann).await;
    let (attend, assignees) = (at(&conversation, "attend"), at(&conversation, "assignees"));
    let rounds = if kind == Kind::Sqlite { 300 } else { 20 };
    let mut socket = ada.listen().await;
    for round in 0..rounds {
        // Fifty at first, then a handful again and again: every race has its own winner.
        let many = if round == 0 { 50 } else { 4 };
        let people = [&ada, &ann, &bob];
        let calls = (0..many).map(|n| {
            let agent = people[(n + round) % 3];
            let attend = &attend;
            async move { (agent.id.clone(), agent.post(attend, json!({})).await) }
        });
        let answers = join_all(calls).await;
        let winner = &answers.iter().find(|(_, answer)| answer.status == 200).expect("somebody wins").0;
        for (who, answer) in &answers {
            if who == winner {
                // The winner's own repeats change nothing.
                assert_eq!(answer.status, 200, "{}", answer.text());
            } else {
                answer.refused(409, "already_assigned");
                assert_eq!(answer.json()["error"]["assignee"]["user_id"], **winner);
            }
        }
        ada.delete(&assignees).await.expect(200);
        let given_back = |frame: &Value| frame["t"] == "conversation.unassigned";
        socket.until("that it is free again", given_back).await;
    }
    let assigned = socket.frames.iter().filter(|frame| frame["t"] == "conversation.assigned").count();
    assert_eq!(assigned, rounds, "one event per race");
}

async fn s0_15_what_the_business_lets_agents_do(kind: Kind) {
    let world = World::start(kind).await;
    let (ada, ann, bob, cat) = (world.ada().await, world.ann().await, world.bob().await, world.cat().await);
    let conversation = free(&world, &ann).await;
    let path = at(&conversation, "assignees");
    let to = |agent: &Agent| json!({"user_ids": [agent.id]});
    ann.put(&path, to(&bob)).await.expect(200);
    ann.put(&path, to(&cat)).await.refused(422, "not_member");
    ann.put(&path, to(&ada)).await.expect(200);
    let choose = |settings: Value| {
        let ada = ada.clone();
        async move { ada.patch("/api/v1/business", json!({"settings": settings})).await.expect(200) }
    };
    choose(json!({"agents_assign_admins": false})).await;
    ann.put(&path, to(&bob)).await.expect(200);
    ann.put(&path, to(&ada)).await.refused(403, "forbidden");
    choose(json!({"agents_can_assign": false})).await;
    bob.put(&path, to(&ann)).await.refused(403, "forbidden");
    bob.post(&format!("{path}/{}", ann.id), json!({})).await.refused(403, "forbidden");
    // Taking it oneself, and an admin's word, are not asked about.
    ann.put(&path, to(&ann)).await.expect(200);
    ada.put(&path, to(&bob)).await.expect(200);
}

async fn s0_15_the_later_of_two_assignments_is_told(kind: Kind) {
    let world = World::start(kind).await;
    let (ann, bob) = (world.ann().await, world.bob().await);
    let conversation = free(&world, &ann).await;
    let version = ann.conversation(&conversation).await["version"].clone();
    let give = |by: &Agent, to: &Agent| {
        let (by, body) = (by.clone(), json!({"user_ids": [to.id], "expected_version": version}));
        let path = at(&conversation, "assignees");
        async move { by.put(&path, body).await }
    };
    let (one, two) = futures_util::future::join(give(&ann, &bob), give(&bob, &ann)).await;
    let mut statuses = [one.status, two.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409]);
    let lost = if one.status == 409 { one } else { two };
    lost.refused(409, "stale_version");
}

async fn s0_42_several_answer_and_each_reads_alone(kind: Kind) {
    let world = World::start(kind).await;
    let (ann, bob) = (world.ann().await, world.bob().await);
    let conversation = free(&world, &ann).await;
    ann.post(&at(&conversation, "attend"), json!({})).await.expect(200);
    let bobs = format!("{}/{}", at(&conversation, "assignees"), bob.id);
    let row = ann.post(&bobs, json!({})).await.expect(200)["conversation"].clone();
    let owners: Vec<(String, bool)> = row["assignees"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["user_id"].as_str().unwrap().to_owned(), one["owner"] == true))
        .collect();
    assert_eq!(owners, [(ann.id.clone(), true), (bob.id.clone(), false)]);
    assert_eq!((ann.list("mine").await.len(), bob.list("mine").await.len()), (1, 1));
    ann.post(&at(&conversation, "read"), json!({"upto": 99})).await.expect(200);
    let path = format!("/api/v1/conversations/{conversation}");
    assert_eq!(ann.get(&path).await.expect(200)["read"]["read_inbound_count"], 1);
    let of_bob = bob.get(&path).await.expect(200)["read"].clone();
    assert_eq!((&of_bob["read_inbound_count"], &of_bob["forced_unread"]), (&json!(0), &json!(true)));
    // Ann leaves: only her inbox loses it, and Bob owns it.
    let (mut of_ann, mut tab) = (ann.listen().await, bob.listen().await);
    ann.delete(&format!("{}/{}", at(&conversation, "assignees"), ann.id)).await.expect(200);
    let event = of_ann.until("that she is out", |frame| frame["t"] == "conversation.unassigned").await;
    assert_eq!(
        (&event["d"]["reason"], &event["d"]["from"][0]["user_id"]),
        (&json!("removed"), &json!(ann.id))
    );
    of_ann.until("that her list is shorter", |frame| frame["t"] == "inbox.removed").await;
    assert!(tab.settle().await.iter().all(|frame| frame["t"] != "inbox.removed"));
    assert_eq!((ann.list("mine").await.len(), bob.list("mine").await.len()), (0, 1));
    assert_eq!(bob.conversation(&conversation).await["assignees"][0]["owner"], true);
}

/// The conversation's own frame first, then what it means for one's lists.
async fn s2_27_a_transfer_is_heard_in_order(kind: Kind) {
    let world = World::start(kind).await;
    let (ada, ann, bob) = (world.ada().await, world.ann().await, world.bob().await);
    let conversation = free(&world, &ann).await;
    ann.post(&at(&conversation, "attend"), json!({})).await.expect(200);
    let draft = at(&conversation, "draft");
    ann.put(&draft, json!({"text": "Dear customer"})).await.expect(200);
    let (mut of_ann, mut of_bob) = (ann.listen().await, bob.listen().await);
    let body = json!({"user_ids": [bob.id]});
    ada.put(&at(&conversation, "assignees"), body).await.expect(200);
    let heard = |frames: &[Value]| -> Vec<String> {
        let told = frames.iter().filter(|frame| frame["conversation_id"] == conversation.as_str());
        let told = told.map(|frame| frame["t"].as_str().unwrap().to_owned());
        told.filter(|t| t.starts_with("conversation.assigned") || t.starts_with("inbox.")).collect()
    };
    of_ann.until("that it left her", |frame| frame["t"] == "inbox.removed").await;
    of_bob.until("that it is his", |frame| frame["t"] == "inbox.added").await;
    assert_eq!(heard(of_ann.settle().await), ["conversation.assigned", "inbox.removed"]);
    assert_eq!(heard(of_bob.settle().await), ["conversation.assigned", "inbox.added"]);
    assert_eq!((ann.list("mine").await.len(), bob.list("mine").await.len()), (0, 1));
    // What she had begun to write is still hers, and nobody else's.
    assert_eq!(ann.get(&draft).await.expect(200)["draft"]["text"], "Dear customer");
    assert_eq!(bob.get(&draft).await.expect(200)["draft"], Value::Null);
    let by = ada.timeline(&conversation).await.pop().unwrap();
    assert_eq!(
        (&by["d"]["by"]["name"], &by["d"]["to"][0]["name"]),
        (&json!("Ada Tester"), &json!("Bob Tester"))
    );
}

async fn s2_28_it_is_unread_for_whoever_gets_it(kind: Kind) {
    let world = World::start(kind).await;
    let (ada, ann, bob) = (world.ada().await, world.ann().await, world.bob().await);
    let conversation = free(&world, &ann).await;
    let path = format!("/api/v1/conversations/{conversation}");
    let unread = |agent: &Agent| {
        let (agent, path) = (agent.clone(), path.clone());
        async move { agent.get(&path).await.expect(200)["read"]["forced_unread"].clone() }
    };
    for agent in [&ann, &bob] {
        agent.post(&at(&conversation, "read"), json!({"upto": 99})).await.expect(200);
    }
    ada.put(&at(&conversation, "assignees"), json!({"user_ids": [bob.id]})).await.expect(200);
    assert_eq!((unread(&bob).await, unread(&ann).await), (json!(true), json!(false)));
    // Whoever takes it oneself has seen it.
    ann.put(&at(&conversation, "assignees"), json!({"user_ids": [ann.id]})).await.expect(200);
    assert_eq!(unread(&ann).await, json!(false));
}

async fn s4_02_answering_takes_what_nobody_has(kind: Kind) {
    let world = World::start(kind).await;
    let (ada, ann, bob) = (world.ada().await, world.ann().await, world.bob().await);
    let conversation = free(&world, &ann).await;
    let quiet = json!({"settings": {"auto_attend_on_reply": false}});
    ada.patch("/api/v1/business", quiet).await.expect(200);
    bob.say(&conversation, "One moment").await;
    assert_eq!(ann.conversation(&conversation).await["assignees"], json!([]));
    ada.patch("/api/v1/business", json!({"settings": {"auto_attend_on_reply": true}})).await.expect(200);
    ann.say(&conversation, "Here I am").await;
    let entries = ann.timeline(&conversation).await;
    let line = entries.iter().find(|entry| entry["t"] == "conversation.assigned").unwrap();
    assert_eq!((&line["d"]["reason"], &line["d"]["by"]["name"]), (&json!("attend"), &json!("Ann Tester")));
}

/// D-03 too: whoever listens ends with the log the database has. To see it go red: publish from the conversation after its commit.
async fn s4_01_two_agents_and_a_customer_see_one_order(kind: Kind) {
    let world = World::start(kind).await;
    let (ann, bob) = (world.ann().await, world.bob().await);
    // No ticks: three thousand words are told apart without them.
    world.simulator.faults().set(WHATSAPP_ID, Switches::sink()).unwrap();
    world.call_back(&text("447700900123", "wamid.first", "Hello")).await;
    let conversation = id(&ann.conversation_with(NUMBER).await);
    let (mut of_ann, mut of_bob) = (ann.listen().await, bob.listen().await);
    let each = if kind == Kind::Sqlite { 333 } else { 60 };
    let write = |agent: &Agent| {
        let (agent, conversation) = (agent.clone(), conversation.clone());
        async move {
            for n in 0..each {
                agent.say(&conversation, &format!("{n}")).await;
            }
        }
    };
    let customer = async {
        for n in 0..each {
            world.call_back(&text("447700900123", &format!("wamid.{n}"), &format!("{n}"))).await;
        }
    };
    // A socket that is not read is cut; these are read while the others write.
    let all = async {
        futures_util::future::join3(write(&ann), write(&bob), customer).await;
        eventually("every tick", || async {
            let messages = ann.messages(&conversation).await;
            let left = |one: &Value| one["direction"] == "in" || one["status"] == "sent";
            (messages.len() == 3 * each + 1 && messages.iter().all(left)).then_some(())
        })
        .await;
        world.call_back(&text("447700900123", "wamid.last", "the end")).await;
    };
    futures_util::future::join3(all, read_to_the_end(&mut of_ann), read_to_the_end(&mut of_bob)).await;
    let newest = ann.conversation(&conversation).await["seq"].as_i64().unwrap();
    let stored: Vec<i64> =
        ann.timeline(&conversation).await.iter().map(|entry| entry["seq"].as_i64().unwrap()).collect();
    assert!(stored.windows(2).all(|pair| pair[0] < pair[1]));
    for socket in [&mut of_ann, &mut of_bob] {
        let heard: Vec<i64> = socket.entries().into_iter().map(|(_, seq, _)| seq).collect();
        assert!(heard.windows(2).all(|pair| pair[1] == pair[0] + 1), "no gap, no repeat, one order");
        assert_eq!(heard.last(), Some(&newest));
        assert!(stored.iter().skip(2).all(|seq| heard.binary_search(seq).is_ok()));
    }
}

async fn read_to_the_end(socket: &mut Socket) {
    let end = |frame: &Value| frame["d"]["message"]["text"] == "the end";
    while !socket.frames.last().is_some_and(end) {
        assert!(socket.next().await, "the socket stays");
    }
    socket.settle().await;
}

async fn s2_26_whom_it_can_be_given_to(kind: Kind) {
    let world = World::start(kind).await;
    let (ann, bob) = (world.ann().await, world.bob().await);
    let conversation = free(&world, &ann).await;
    ann.post(&at(&conversation, "attend"), json!({})).await.expect(200);
    let mut tab = ann.listen().await;
    let of_bob = bob.listen().await;
    let here =
        tab.until("that Bob is here", |f| f["t"] == "presence.user" && f["d"]["user_id"] == bob.id).await;
    assert_eq!(here["d"]["online"], true);
    let answer = ann.get("/api/v1/groups/2/members").await.expect(200);
    let people: Vec<(&str, bool, i64)> = answer["users"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            let open = one["open_conversations"].as_i64().unwrap();
            (one["first_name"].as_str().unwrap(), one["online"] == true, open)
        })
        .collect();
    assert_eq!(people, [("Ada", false, 0), ("Ann", true, 1), ("Bob", true, 0)]);
    of_bob.cut();
    let gone =
        |f: &Value| f["t"] == "presence.user" && f["d"]["user_id"] == bob.id && f["d"]["online"] == false;
    tab.until("that Bob is gone", gone).await;
}
