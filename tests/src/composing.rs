//! The thread and the reply box, seen from the server: paging back, sending once, limits.

use crate::people::id;
use crate::socket::Socket;
use crate::transcripts::long_talk;
use crate::world::{Kind, SMS_NUMBER, WHATSAPP_ID, World, promptly};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

both!(
    s2_01_every_bubble_says_when_who_where_and_how_far,
    s2_03_a_send_that_was_cut_off_leaves_once,
    s2_03_nothing_empty_and_nothing_too_long_leaves,
    s2_04_emoji_and_several_files_arrive_as_they_were,
);

timed!(s2_01_a_long_thread_is_read_back_page_by_page);

const NUMBER: &str = "+447700900123";

/// To see it go red: let `timeline` use `<=` for `before`, or ignore its limit.
async fn s2_01_a_long_thread_is_read_back_page_by_page(kind: Kind) {
    let mut world = World::start(kind).await;
    let conversation = long_talk(&mut world, NUMBER).await;
    let ann = world.ann().await;
    let timeline = format!("/api/v1/conversations/{conversation}/timeline");
    let mut first_paint = Duration::MAX;
    for _ in 0..5 {
        let asked = Instant::now();
        ann.get(&timeline).await.expect(200);
        first_paint = first_paint.min(asked.elapsed());
    }
    promptly("the last 50", first_paint, Duration::from_millis(300));
    let (mut seen, mut before, mut pages): (Vec<i64>, Option<i64>, usize) = (Vec::new(), None, 0);
    loop {
        let query = before.map_or_else(|| "?limit=50".to_owned(), |seq| format!("?limit=50&before={seq}"));
        let page = ann.get(&format!("{timeline}{query}")).await.expect(200);
        let mut numbers: Vec<i64> =
            page["entries"].as_array().unwrap().iter().map(|entry| entry["seq"].as_i64().unwrap()).collect();
        assert!(numbers.is_sorted(), "oldest first within a page");
        before = numbers.first().copied();
        pages += 1;
        // Somebody writes while the reader is on the way up: nothing shifts.
        if pages % 50 == 0 {
            assert_eq!(world.phone(NUMBER).text("Still here").await, Ok(200));
        }
        let more = page["meta"]["more"] == true;
        assert!(numbers.len() == 50 || !more && numbers.len() < 50, "{}", numbers.len());
        numbers.extend(seen);
        seen = numbers;
        if !more {
            break;
        }
    }
    assert_eq!(seen, (1..=10_001).collect::<Vec<i64>>(), "every entry once, none left out");
    assert_eq!(pages, 201);
}

async fn s2_01_every_bubble_says_when_who_where_and_how_far(kind: Kind) {
    let world = World::start(kind).await;
    let ann = world.ann().await;
    assert_eq!(world.phone(NUMBER).text("Hello").await, Ok(200));
    let conversation = id(&ann.conversation_with(NUMBER).await);
    let answer = ann.say(&conversation, "Hi").await;
    ann.status(&conversation, &answer, "delivered").await;
    let by_sms = json!({"client_id": "s1", "text": "By SMS", "channel_id": world.sms});
    let path = format!("/api/v1/conversations/{conversation}/messages");
    let other = id(&ann.post(&path, by_sms).await.expect(201)["message"]);
    ann.status(&conversation, &other, "delivered").await;
    let thread = ann.messages(&conversation).await;
    let told: Vec<[&Value; 5]> = thread
        .iter()
        .map(|m| {
            [&m["direction"], &m["sender"]["kind"], &m["sender"]["name"], &m["channel_id"], &m["status"]]
        })
        .collect();
    let (whatsapp, sms) = (json!(world.whatsapp), json!(world.sms));
    let (incoming, outgoing, contact, user) = (json!("in"), json!("out"), json!("contact"), json!("user"));
    let (jo, us, done) = (json!(NUMBER), json!("Ann Tester"), json!("delivered"));
    assert_eq!(
        told,
        [
            [&incoming, &contact, &jo, &whatsapp, &Value::Null],
            [&outgoing, &user, &us, &whatsapp, &done],
            [&outgoing, &user, &us, &sms, &done],
        ]
    );
    let times: Vec<&str> = thread.iter().map(|m| m["at"].as_str().unwrap()).collect();
    assert!(times.iter().all(|at| at.ends_with('Z')), "{times:?}: an instant, shown in the viewer's zone");
}

/// The socket dies with the answer on its way, or with the question: the browser cannot know, and asks again under the same id.
async fn s2_03_a_send_that_was_cut_off_leaves_once(kind: Kind) {
    let world = World::start(kind).await;
    let ann = world.ann().await;
    assert_eq!(world.phone(NUMBER).text("Hello").await, Ok(200));
    let conversation = id(&ann.conversation_with(NUMBER).await);
    let send = |n: usize| {
        json!({"t": "message.send", "req": "x", "conversation_id": conversation, "client_id": format!("k{n}"),
            "text": format!("number {n}")})
    };
    for n in 0..8 {
        let mut socket: Socket = ann.listen().await;
        socket.send(send(n)).await;
        socket.cut();
        let mut back = ann.listen().await;
        let ack = back.ask(send(n)).await;
        assert_eq!(ack["t"], "ack", "{ack}");
        let again = back.ask(send(n)).await;
        assert_eq!(again["d"]["message_id"], ack["d"]["message_id"]);
    }
    let last = ann.messages(&conversation).await.pop().unwrap();
    ann.status(&conversation, &id(&last), "delivered").await;
    let wanted: Vec<String> = (0..8).map(|n| format!("number {n}")).collect();
    let got = |texts: Vec<String>| assert_eq!(texts, wanted, "once each, in order");
    got(world.simulator.journal().iter().map(|sent| sent.body.to_string()).collect());
    let ours = ann.messages(&conversation).await.into_iter().filter(|m| m["direction"] == "out");
    got(ours.map(|m| m["text"].as_str().unwrap().to_owned()).collect());
}

async fn s2_03_nothing_empty_and_nothing_too_long_leaves(kind: Kind) {
    let world = World::start(kind).await;
    let ann = world.ann().await;
    assert_eq!(world.phone(NUMBER).text("Hello").await, Ok(200));
    assert_eq!(world.sms_phone("+447700900456").text("Hello").await, Ok(200));
    let mut visitor = world.visitor(None).await;
    let chat = visitor.say("Hello").await;
    let whatsapp = id(&ann.conversation_with(NUMBER).await);
    let sms = id(&ann.conversation_with("+447700900456").await);
    for (n, (conversation, most)) in [(&whatsapp, 4_096), (&sms, 1_600), (&chat, 8_000)].iter().enumerate() {
        for (what, text) in
            [("empty", String::new()), ("blank", " \n\t".to_owned()), ("long", "x".repeat(most + 1))]
        {
            let answer = ann.write(conversation, &format!("{what}{n}"), &text).await;
            answer.refused(422, "validation");
            assert!(!answer.json()["error"]["detail"].as_str().unwrap().is_empty());
        }
        let message =
            id(&ann.write(conversation, &format!("ok{n}"), &"x".repeat(*most)).await.expect(201)["message"]);
        ann.message_where(conversation, "it left", |m| {
            m["id"] == message.as_str() && m["sent_at"].is_string()
        })
        .await;
    }
    let lengths = |account: &str| -> Vec<usize> {
        let journal = world.simulator.journal();
        journal.iter().filter(|sent| *sent.account == *account).map(|sent| sent.body.len()).collect()
    };
    assert_eq!((lengths(WHATSAPP_ID), lengths(SMS_NUMBER)), (vec![4_096], vec![1_600]));
}

async fn s2_04_emoji_and_several_files_arrive_as_they_were(kind: Kind) {
    let world = World::start(kind).await;
    let ann = world.ann().await;
    let mut visitor = world.visitor(None).await;
    let chat = visitor.say("Hello").await;
    assert_eq!(world.phone(NUMBER).text("Hello").await, Ok(200));
    let whatsapp = id(&ann.conversation_with(NUMBER).await);
    // A family, a flag, a skin tone: several code points that are one picture.
    let emoji = "👨‍👩‍👧 🇬🇧 👍🏽 ☕️";
    let message = ann.say(&whatsapp, emoji).await;
    ann.status(&whatsapp, &message, "delivered").await;
    assert_eq!(&*world.phone(NUMBER).inbox()[0].body, emoji);
    let mut files = Vec::new();
    for name in ["one.png", "two.png"] {
        let media = ann.upload(name, "image/png", crate::groups::png()).await.expect(201)["media"].clone();
        files.push(id(&media));
    }
    let body = json!({"client_id": "f1", "text": emoji, "media_ids": files});
    ann.post(&format!("/api/v1/conversations/{chat}/messages"), body).await.expect(201);
    let seen =
        visitor.socket.until("the files", |f| f["d"]["message"]["media"][1]["id"] == files[1].as_str()).await;
    let message = &seen["d"]["message"];
    assert_eq!((&message["text"], &message["media"][0]["file_name"]), (&json!(emoji), &json!("one.png")));
}
