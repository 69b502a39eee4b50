//! Ticks, one by one: what each stands for on each channel, and that none is guessed.

use crate::people::{Agent, id};
use crate::provider::status;
use crate::world::{Kind, SMS_NUMBER, TWILIO_TOKEN, WHATSAPP_ID, World};
use serde_json::{Value, json};
use switchboard_simulator::twilio_signature;

both!(
    s2_07_one_tick_is_the_providers_word_that_it_has_it,
    s2_08_two_ticks_need_a_report_of_the_device,
    s2_08_a_visitor_who_comes_back_makes_two_ticks,
    s2_09_blue_ticks_follow_what_the_customer_lets_us_know,
    s2_09_a_text_message_is_never_read,
);

const NUMBER: &str = "+447700900123";

async fn greeted(world: &World, by: &Agent) -> String {
    assert_eq!(world.phone(NUMBER).text("Hello").await, Ok(200));
    id(&by.conversation_with(NUMBER).await)
}

async fn message(by: &Agent, conversation: &str, message: &str) -> Value {
    by.message_where(conversation, "the message", |m| m["id"] == message).await
}

async fn s2_07_one_tick_is_the_providers_word_that_it_has_it(kind: Kind) {
    let world = World::start(kind).await;
    let ann = world.ann().await;
    let conversation = greeted(&world, &ann).await;
    // The provider says yes and nothing more.
    world.simulator.faults().change(WHATSAPP_ID, |s| s.callbacks = false).unwrap();
    let mut socket = ann.listen().await;
    let ours = ann.say(&conversation, "Hi").await;
    let sent = ann.status(&conversation, &ours, "sent").await;
    assert!(sent["sent_at"].is_string() && sent["delivered_at"].is_null(), "{sent}");
    let ticks = |f: &Value| f["t"] == "message.status" && f["d"]["status"] == "sent";
    assert_eq!(socket.until("one tick", ticks).await["d"]["message_id"], json!(ours));
    // The provider's own news of the same changes nothing.
    let wamid = world.simulator.journal()[0].id.to_string();
    world.call_back(&status(&wamid, None, "sent")).await;
    assert_eq!(message(&ann, &conversation, &ours).await["status"], "sent");
    // On the website it is ours to say: stored, and handed to whoever listens.
    let mut visitor = world.visitor(None).await;
    let chat = visitor.say("Hello").await;
    let ours = ann.say(&chat, "Hi").await;
    let sent = ann.status(&chat, &ours, "sent").await;
    assert!(sent["delivered_at"].is_null(), "{sent}");
}

async fn s2_08_two_ticks_need_a_report_of_the_device(kind: Kind) {
    let world = World::start(kind).await;
    let ann = world.ann().await;
    let conversation = greeted(&world, &ann).await;
    let sms = world.sms_phone("+447700900456");
    assert_eq!(sms.text("Hello").await, Ok(200));
    let by_sms = id(&ann.conversation_with("+447700900456").await);
    // Carriers that never report: one tick, however much comes after it.
    for account in [WHATSAPP_ID, SMS_NUMBER] {
        world.simulator.faults().change(account, |s| s.no_receipts = true).unwrap();
    }
    let silent =
        [(&conversation, ann.say(&conversation, "Hi").await), (&by_sms, ann.say(&by_sms, "Hi").await)];
    for (of, ours) in &silent {
        ann.status(of, ours, "sent").await;
    }
    for account in [WHATSAPP_ID, SMS_NUMBER] {
        world.simulator.faults().change(account, |s| s.no_receipts = false).unwrap();
    }
    for of in [&conversation, &by_sms] {
        let next = ann.say(of, "Are you there?").await;
        let arrived = ann.status(of, &next, "delivered").await;
        assert!(arrived["delivered_at"].is_string(), "{arrived}");
    }
    for (of, ours) in &silent {
        assert_eq!(message(&ann, of, ours).await["status"], "sent", "no guess");
    }
}

async fn s2_08_a_visitor_who_comes_back_makes_two_ticks(kind: Kind) {
    let world = World::start(kind).await;
    let ann = world.ann().await;
    let mut visitor = world.visitor(None).await;
    let chat = visitor.say("Hello").await;
    let (token, cursor) = (visitor.token.clone(), visitor.socket.cursor());
    visitor.socket.cut();
    let ours = ann.say(&chat, "Are you still there?").await;
    ann.status(&chat, &ours, "sent").await;
    let mut back = world.visitor_since(Some(&token), Some(&cursor)).await;
    assert_eq!(back.history(), ["Are you still there?"]);
    assert_eq!(message(&ann, &chat, &ours).await["status"], "sent", "being there is not having got it");
    let seq = back.hello["entries"].as_array().unwrap().last().unwrap()["seq"].as_i64().unwrap();
    back.report("message.ack", seq).await;
    let arrived = ann.status(&chat, &ours, "delivered").await;
    assert!(arrived["read_at"].is_null(), "the panel is closed: {arrived}");
    back.report("message.seen", seq).await;
    ann.status(&chat, &ours, "read").await;
}

async fn s2_09_blue_ticks_follow_what_the_customer_lets_us_know(kind: Kind) {
    let world = World::start(kind).await;
    let ann = world.ann().await;
    let phone = world.phone(NUMBER);
    let conversation = greeted(&world, &ann).await;
    // With receipts switched off nothing more than two grey ticks ever comes.
    let first = ann.say(&conversation, "First").await;
    let arrived = ann.status(&conversation, &first, "delivered").await;
    assert!(arrived["read_at"].is_null());
    // Read without having been told of the delivery: it was delivered, too.
    world.simulator.faults().change(WHATSAPP_ID, |s| s.callbacks = false).unwrap();
    let second = ann.say(&conversation, "Second").await;
    ann.status(&conversation, &second, "sent").await;
    let wamid = world.simulator.journal()[1].id.to_string();
    world.call_back(&status(&wamid, None, "read")).await;
    let read = ann.status(&conversation, &second, "read").await;
    assert!(read["read_at"].is_string(), "{read}");
    // Late news of the delivery does not take the blue away, and still says when that was.
    world.call_back(&status(&wamid, None, "delivered")).await;
    let late = message(&ann, &conversation, &second).await;
    assert!(late["status"] == "read" && late["delivered_at"].is_string(), "{late}");
    assert_eq!(message(&ann, &conversation, &first).await["status"], "delivered");
    world.simulator.faults().change(WHATSAPP_ID, |s| s.callbacks = true).unwrap();
    assert!(phone.read_all() > 0);
    ann.status(&conversation, &first, "read").await;
}

async fn s2_09_a_text_message_is_never_read(kind: Kind) {
    let world = World::start(kind).await;
    let (ada, ann) = (world.ada().await, world.ann().await);
    let sms = world.sms_phone(NUMBER);
    assert_eq!(sms.text("Hello").await, Ok(200));
    let conversation = id(&ann.conversation_with(NUMBER).await);
    let ours = ann.say(&conversation, "Hi").await;
    ann.status(&conversation, &ours, "delivered").await;
    sms.read_all();
    // Even if somebody at the carrier says so.
    let channels = ada.get("/api/v1/channels").await.expect(200);
    let channel = channels["channels"].as_array().unwrap().iter().find(|one| one["id"] == world.sms.as_str());
    let url = channel.unwrap()["webhook_url"].as_str().unwrap().to_owned();
    let sid = world.simulator.journal()[0].id.to_string();
    let fields =
        [("MessageSid", sid.as_str()), ("MessageStatus", "read"), ("To", NUMBER), ("From", SMS_NUMBER)];
    let fields: Vec<(String, String)> =
        fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let signature = twilio_signature(TWILIO_TOKEN, &url, &fields);
    let call = crate::world::HTTP.post(&url).header("x-twilio-signature", signature).form(&fields);
    let answer = crate::answer::Answer::of(call).await;
    assert!((200..300).contains(&answer.status), "{}", answer.text());
    let after = message(&ann, &conversation, &ours).await;
    assert_eq!((&after["status"], &after["read_at"]), (&json!("delivered"), &Value::Null));
}
