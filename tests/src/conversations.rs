//! The life of a conversation: from a first message over attending, assigning and reading to its end, and after.

use crate::people::id;
use crate::provider::text;
use crate::world::{Kind, World};
use serde_json::{Value, json};

both!(
    fifty_attend_and_one_wins,
    a_conversation_is_assigned_unread_and_given_back,
    a_closed_conversation_ends_and_the_next_message_begins_another,
    reopening_next_to_an_open_conversation_is_refused,
    s2_03_the_same_client_id_is_the_same_message,
    s2_14_after_a_day_only_the_customer_can_open_whatsapp_again,
    lists_page_without_gaps_or_repeats,
    s4_06_looking_takes_nothing_and_tells_the_customer_nothing,
);

/// To see it go red: let `Attend::decide` take the conversation whoever owns it, or the actor answer before its commit.
async fn fifty_attend_and_one_wins(kind: Kind) {
    let world = World::start(kind).await;
    let team = [world.ada().await, world.ann().await, world.bob().await];
    let mut socket = team[1].listen().await;
    for round in 0..5 {
        let number = format!("44770090012{round}");
        world.call_back(&text(&number, &format!("wamid.{round}"), "Hello")).await;
        let conversation = id(&team[0].conversation_with(&format!("+{number}")).await);
        let path = format!("/api/v1/conversations/{conversation}/attend");
        let calls = (0..50).map(|n| team[n % 3].post(&path, json!({})));
        let answers = futures_util::future::join_all(calls).await;
        let owner = team[0].conversation(&conversation).await["assignees"].clone();
        assert_eq!(owner.as_array().unwrap().len(), 1);
        for (n, answer) in answers.iter().enumerate() {
            // Whoever won may say it again.
            if owner[0]["user_id"] == team[n % 3].id.as_str() {
                assert_eq!(answer.status, 200, "{}", answer.text());
            } else {
                answer.refused(409, "already_assigned");
                let name = owner[0]["name"].as_str().unwrap();
                assert!(
                    answer.json()["error"]["detail"].as_str().unwrap().contains(name),
                    "losers learn who it is"
                );
            }
        }
        socket
            .until("the assignment", |f| {
                f["t"] == "conversation.assigned" && f["conversation_id"] == conversation.as_str()
            })
            .await;
        let settled = socket.settle().await;
        let told = settled
            .iter()
            .filter(|f| f["t"] == "conversation.assigned" && f["conversation_id"] == conversation.as_str());
        assert_eq!(told.count(), 1, "one event, not fifty");
    }
}

async fn a_conversation_is_assigned_unread_and_given_back(kind: Kind) {
    let world = World::start(kind).await;
    let (ada, ann, bob) = (world.ada().await, world.ann().await, world.bob().await);
    let mut of_bob = bob.listen().await;
    world.phone("+447700900123").text("Hello").await.unwrap();
    let conversation = id(&ann.conversation_with("+447700900123").await);
    let path = format!("/api/v1/conversations/{conversation}");
    // Bob looks in and has read it.
    bob.post(&format!("{path}/read"), json!({"upto": 2})).await.expect(200);
    let done = ada.put(&format!("{path}/assignees"), json!({"user_ids": [bob.id, ann.id]})).await.expect(200);
    let owners: Vec<(&Value, &Value)> = done["conversation"]["assignees"]
        .as_array()
        .unwrap()
        .iter()
        .map(|a| (&a["user_id"], &a["owner"]))
        .collect();
    assert_eq!(owners, [(&json!(bob.id), &json!(true)), (&json!(ann.id), &json!(false))]);
    let read = bob.get(&path).await.expect(200)["read"].clone();
    assert_eq!(read["forced_unread"], true, "what becomes his is unread: {read}");
    let told = of_bob.until("the assignment", |frame| frame["t"] == "conversation.assigned").await;
    assert_eq!(
        (&told["d"]["by"]["name"], &told["row"]["assignees"][0]["user_id"]),
        (&json!("Ada Tester"), &json!(bob.id))
    );
    of_bob
        .until("his unread mark", |f| f["t"] == "conversation.read_state" && f["d"]["forced_unread"] == true)
        .await;
    let counts = |of: Value| (of["counts"]["mine"].clone(), of["counts"]["unassigned"].clone());
    let of = bob.get("/api/v1/inbox/counts?group_id=2").await.expect(200);
    assert_eq!(counts(of), (json!(1), json!(0)));
    assert_eq!(bob.list("mine").await.len(), 1);
    assert_eq!(bob.list("unassigned").await.len(), 0);
    ann.delete(&format!("{path}/assignees")).await.expect(200);
    assert_eq!(bob.list("mine").await.len(), 0);
    assert_eq!(bob.list("unassigned").await.len(), 1);
    let members = ann.get("/api/v1/groups/2/members").await.expect(200);
    let names: Vec<&str> =
        members["users"].as_array().unwrap().iter().map(|u| u["first_name"].as_str().unwrap()).collect();
    assert_eq!(names, ["Ada", "Ann", "Bob"]);
}

async fn a_closed_conversation_ends_and_the_next_message_begins_another(kind: Kind) {
    let world = World::start(kind).await;
    let (ann, bob) = (world.ann().await, world.bob().await);
    let phone = world.phone("+447700900123");
    phone.text("Hello").await.unwrap();
    let first = id(&ann.conversation_with("+447700900123").await);
    let path = format!("/api/v1/conversations/{first}");
    ann.post(&format!("{path}/attend"), json!({})).await.expect(200);
    bob.post(&format!("{path}/close"), json!({})).await.refused(403, "not_assignee");
    ann.post(&format!("{path}/close"), json!({})).await.expect(200);
    ann.write(&first, "c1", "Too late").await.refused(409, "conversation_closed");
    bob.post(&format!("{path}/attend"), json!({})).await.refused(409, "conversation_closed");
    assert_eq!((ann.list("team").await.len(), ann.list("closed").await.len()), (0, 1));
    // The provider brings the old message once more: nothing happens.
    let messages = world.database.run("SELECT COUNT(*) FROM message");
    let id_of_first = phone.thread()[0].id.to_string();
    world.call_back(&text("447700900123", &id_of_first, "Hello")).await;
    assert_eq!(world.database.run("SELECT COUNT(*) FROM message"), messages);
    assert_eq!(ann.list("team").await.len(), 0);
    phone.text("One more thing").await.unwrap();
    let second =
        crate::world::eventually("another conversation", || async { ann.list("team").await.pop() }).await;
    assert_ne!(id(&second), first);
    assert_eq!(second["contact"]["id"], ann.conversation(&first).await["contact"]["id"]);
    assert_eq!((&second["inbound_count"], &second["assignees"]), (&json!(1), &json!([])));
    assert_eq!(ann.messages(&first).await.len(), 1);
}

async fn reopening_next_to_an_open_conversation_is_refused(kind: Kind) {
    let world = World::start(kind).await;
    let (ada, bob) = (world.ada().await, world.bob().await);
    let phone = world.phone("+447700900123");
    phone.text("Hello").await.unwrap();
    let first = id(&bob.conversation_with("+447700900123").await);
    let act = |conversation: &str, what: &str| format!("/api/v1/conversations/{conversation}/{what}");
    ada.post(&act(&first, "close"), json!({})).await.expect(200);
    let reopened = bob.post(&act(&first, "reopen"), json!({})).await.expect(200)["conversation"].clone();
    assert_eq!((&reopened["status"], &reopened["assignees"][0]["user_id"]), (&json!("open"), &json!(bob.id)));
    bob.post(&act(&first, "close"), json!({})).await.expect(200);
    phone.text("Again").await.unwrap();
    let second =
        id(&crate::world::eventually("another conversation", || async { bob.list("team").await.pop() })
            .await);
    bob.post(&act(&first, "reopen"), json!({})).await.refused(409, "open_conversation_exists");
    assert_eq!(bob.conversation(&first).await["status"], "closed");
    // Two people, two closed conversations, one open at most.
    ada.post(&act(&second, "close"), json!({})).await.expect(200);
    let (a, b) = (act(&first, "reopen"), act(&second, "reopen"));
    let (one, two) = futures_util::future::join(ada.post(&a, json!({})), bob.post(&b, json!({}))).await;
    let mut statuses = [one.status, two.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409], "{} {}", one.text(), two.text());
}

/// To see it go red: leave out `Reply::known` and the unique key on conversation and client id.
async fn s2_03_the_same_client_id_is_the_same_message(kind: Kind) {
    let mut world = World::start(kind).await;
    let ann = world.ann().await;
    world.phone("+447700900123").text("Hello").await.unwrap();
    let conversation = id(&ann.conversation_with("+447700900123").await);
    let first = ann.write(&conversation, "same", "Hi").await.expect(201)["message"].clone();
    let calls = (0..10).map(|_| ann.write(&conversation, "same", "Hi"));
    for answer in futures_util::future::join_all(calls).await {
        assert_eq!(
            (answer.status, &answer.json()["message"]["id"]),
            (200, &first["id"]),
            "{}",
            answer.text()
        );
    }
    let mut socket = ann.listen().await;
    let send = |text: &str| json!({"t": "message.send", "conversation_id": conversation, "client_id": "same", "text": text});
    assert_eq!(socket.ask(send("Hi")).await["d"]["message_id"], first["id"]);
    assert_eq!(socket.ask(send("Bye")).await["code"], "client_id_reused");
    ann.write(&conversation, "same", "Bye").await.refused(409, "client_id_reused");
    // A file too: the retry finds it taken by the first try, which was its own.
    let media = id(&ann.upload("a.png", "image/png", crate::groups::png()).await.expect(201)["media"]);
    let path = format!("/api/v1/conversations/{conversation}/messages");
    let body = json!({"client_id": "file", "text": "Look", "media_ids": [media]});
    let with_file = ann.post(&path, body.clone()).await.expect(201)["message"].clone();
    assert_eq!(ann.post(&path, body.clone()).await.expect(200)["message"]["id"], with_file["id"]);
    // Nor does it depend on anybody's memory.
    world.restart().await;
    assert_eq!(ann.write(&conversation, "same", "Hi").await.expect(200)["message"]["id"], first["id"]);
    ann.write(&conversation, "same", "Bye").await.refused(409, "client_id_reused");
    assert_eq!(ann.post(&path, body).await.expect(200)["message"]["id"], with_file["id"]);
    assert_eq!(ann.messages(&conversation).await.len(), 3);
}

/// The clock that counts is the provider's time of the customer's message.
async fn s2_14_after_a_day_only_the_customer_can_open_whatsapp_again(kind: Kind) {
    let world = World::start(kind).await;
    let ann = world.ann().await;
    let old = |id: &str, hours: u64| {
        let mut body = text("447700900123", id, "Hello");
        let at = &mut body["entry"][0]["changes"][0]["value"]["messages"][0]["timestamp"];
        *at = (at.as_str().unwrap().parse::<u64>().unwrap() - hours * 3_600).to_string().into();
        body
    };
    world.call_back(&old("wamid.1", 25)).await;
    let row = ann.conversation_with("+447700900123").await;
    assert_eq!(row["window"]["state"], "closed");
    let conversation = id(&row);
    ann.write(&conversation, "c1", "Too late").await.refused(422, "window_closed");
    assert_eq!(world.simulator.journal_len(), 0);
    world.call_back(&old("wamid.2", 23)).await;
    // An older one that comes late shortens nothing.
    world.call_back(&old("wamid.3", 24)).await;
    assert_eq!(ann.conversation(&conversation).await["window"]["state"], "open");
    assert_eq!(ann.write(&conversation, "c2", "In time").await.status, 201);
}

async fn lists_page_without_gaps_or_repeats(kind: Kind) {
    let world = World::start(kind).await;
    let ann = world.ann().await;
    for n in 0..25 {
        world.call_back(&text(&format!("4477009001{n:02}"), &format!("wamid.{n}"), "Hello")).await;
    }
    let (mut seen, mut after): (Vec<String>, String) = (Vec::new(), String::new());
    let mut pages = 0;
    loop {
        let path = format!("/api/v1/conversations?view=team&group_id=2&limit=10{after}");
        let page = ann.get(&path).await.expect(200);
        seen.extend(page["conversations"].as_array().unwrap().iter().map(|row| id(&row["conversation"])));
        pages += 1;
        // Something new at the top while the reader is on the way down.
        world.call_back(&text(&format!("44770090020{pages}"), &format!("wamid.new{pages}"), "New")).await;
        let Some(next) = page["meta"]["next"].as_str() else { break };
        after = format!("&after={next}");
    }
    assert_eq!((pages, seen.len()), (3, 25));
    let mut unique = seen.clone();
    unique.sort();
    unique.dedup();
    assert_eq!(unique.len(), 25);
}

async fn s4_06_looking_takes_nothing_and_tells_the_customer_nothing(kind: Kind) {
    let world = World::start(kind).await;
    let (ada, ann, bob) = (world.ada().await, world.ann().await, world.bob().await);
    let phone = world.phone("+447700900123");
    phone.text("Hello").await.unwrap();
    let conversation = id(&ann.conversation_with("+447700900123").await);
    let (mut of_ada, mut of_bob) = (ada.listen().await, bob.listen().await);
    of_ada.send(json!({"t": "viewing", "conversation_id": conversation})).await;
    of_ada.ask(json!({"t": "read.mark", "conversation_id": conversation, "upto": 2})).await;
    let seen = of_bob.until("who is looking", |frame| frame["t"] == "presence.viewing").await;
    assert_eq!(seen["d"]["users"][0]["name"], "Ada Tester");
    of_ada.send(json!({"t": "typing", "conversation_id": conversation})).await;
    let typing = of_bob.until("who is typing", |frame| frame["t"] == "typing").await;
    assert_eq!(typing["d"]["who"]["name"], "Ada Tester");
    assert_eq!(ann.conversation(&conversation).await["assignees"], json!([]));
    // Whoever answers tells the customer that it was read; whoever looks in does not.
    assert!(phone.thread().iter().all(|message| message.tick < switchboard_simulator::Tick::Read));
    ann.post(&format!("/api/v1/conversations/{conversation}/attend"), json!({})).await.expect(200);
    ann.post(&format!("/api/v1/conversations/{conversation}/read"), json!({"upto": 2})).await.expect(200);
    let read =
        |_: &switchboard_simulator::Simulator| phone.thread()[0].tick == switchboard_simulator::Tick::Read;
    assert!(world.simulator.wait_until(crate::world::PATIENCE, read).await, "the customer sees blue ticks");
}
