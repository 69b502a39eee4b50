//! From the clock to two blue ticks: what leaves, leaves once, whatever the provider does.

use crate::people::{Agent, id};
use crate::provider::status;
use crate::world::{Kind, PATIENCE, SMS_NUMBER, WHATSAPP_ID, World};
use serde_json::{Value, json};
use switchboard_simulator::Phone;

both!(
    s2_09_ticks_climb_from_the_clock_to_two_blue_ones,
    s2_08_an_sms_is_sent_and_delivered,
    what_the_provider_took_without_saying_so_is_unknown_and_never_sent_twice,
    an_answer_that_never_comes_leaves_an_honest_clock,
    a_provider_that_is_busy_gets_it_later_and_once,
    a_provider_that_is_down_gets_everything_in_order_when_it_is_back,
    a_refusal_is_shown_with_its_reason,
    a_receipt_that_overtakes_the_answer_is_kept,
);

async fn greeted(agent: &Agent, phone: &Phone) -> String {
    assert_eq!(phone.text("Hello").await, Ok(200));
    id(&agent.conversation_with(&phone.number()).await)
}

async fn s2_09_ticks_climb_from_the_clock_to_two_blue_ones(kind: Kind) {
    let world = World::start(kind).await;
    let ann = world.ann().await;
    let phone = world.phone("+447700900123");
    let conversation = greeted(&ann, &phone).await;
    let mut socket = ann.listen().await;
    let message = ann.say(&conversation, "Hi").await;
    ann.status(&conversation, &message, "delivered").await;
    assert_eq!(&*phone.inbox()[0].body, "Hi");
    assert_eq!(phone.read_all(), 1);
    let read = ann.status(&conversation, &message, "read").await;
    for step in ["sent_at", "delivered_at", "read_at"] {
        assert!(read[step].is_string(), "{step}: {read}");
    }
    socket.until("two blue ticks", |f| f["t"] == "message.status" && f["d"]["status"] == "read").await;
    let steps: Vec<&str> = socket
        .frames
        .iter()
        .filter(|f| f["t"] == "message.status")
        .map(|f| f["d"]["status"].as_str().unwrap())
        .collect();
    let order = ["sending", "sent", "delivered", "read"];
    let places: Vec<usize> = steps.iter().map(|step| order.iter().position(|o| o == step).unwrap()).collect();
    assert!(places.is_sorted(), "ticks only climb: {steps:?}");
    let created = socket
        .frames
        .iter()
        .find(|f| f["t"] == "message.created" && f["d"]["message"]["direction"] == "out")
        .unwrap();
    assert_eq!(created["d"]["message"]["status"], "queued", "first a clock");
    assert_eq!(ann.conversation(&conversation).await["last_message"]["status"], "read");
    assert_eq!(world.simulator.journal_len(), 1);
}

async fn s2_08_an_sms_is_sent_and_delivered(kind: Kind) {
    let world = World::start(kind).await;
    let ann = world.ann().await;
    let phone = world.sms_phone("+447700900456");
    let conversation = greeted(&ann, &phone).await;
    assert_eq!(ann.conversation(&conversation).await["window"]["state"], "none");
    let message = ann.say(&conversation, "Hi by SMS").await;
    ann.status(&conversation, &message, "delivered").await;
    assert_eq!(&*phone.inbox()[0].body, "Hi by SMS");
    assert_eq!(world.simulator.journal()[0].account.as_ref(), SMS_NUMBER);
}

/// To see it go red: let `attempt` in `actors/src/connector/transmit.rs` release the claim where the outcome is unknown.
async fn what_the_provider_took_without_saying_so_is_unknown_and_never_sent_twice(kind: Kind) {
    let mut world = World::start(kind).await;
    let ann = world.ann().await;
    let phone = world.phone("+447700900123");
    let conversation = greeted(&ann, &phone).await;
    world.simulator.faults().change(WHATSAPP_ID, |s| (s.hang_every, s.callbacks) = (1, false)).unwrap();
    let message = ann.say(&conversation, "Once").await;
    assert!(world.simulator.wait_until(PATIENCE, |sim| sim.journal_len() == 1).await);
    // The process ends with the question open: the claim was on disk before the request left.
    world.restart().await;
    ann.status(&conversation, &message, "unknown").await;
    world.simulator.faults().change(WHATSAPP_ID, |s| s.hang_every = 0).unwrap();
    // What comes after it is sent, and shows that the queue moves.
    let next = ann.say(&conversation, "Next").await;
    ann.status(&conversation, &next, "sent").await;
    let bodies: Vec<String> = world.simulator.journal().iter().map(|sent| sent.body.to_string()).collect();
    assert_eq!(bodies, ["Once", "Next"]);
    // The provider's own report settles it.
    let wamid = world.simulator.journal()[0].id.to_string();
    world.call_back(&status(&wamid, Some(&message), "delivered")).await;
    let settled = ann.status(&conversation, &message, "delivered").await;
    assert_eq!(settled["failure"], Value::Null);
    world.call_back(&status(&wamid, None, "read")).await;
    ann.status(&conversation, &message, "read").await;
}

/// The same without anybody restarting: the connector gives up waiting after 15 seconds, and asks no second time.
async fn an_answer_that_never_comes_leaves_an_honest_clock(kind: Kind) {
    let world = World::start(kind).await;
    let ann = world.ann().await;
    let phone = world.phone("+447700900123");
    let conversation = greeted(&ann, &phone).await;
    world.simulator.faults().change(WHATSAPP_ID, |s| (s.hang_every, s.callbacks) = (1, false)).unwrap();
    let message = ann.say(&conversation, "Once").await;
    ann.status(&conversation, &message, "unknown").await;
    world.simulator.faults().change(WHATSAPP_ID, |s| s.hang_every = 0).unwrap();
    let next = ann.say(&conversation, "Next").await;
    ann.status(&conversation, &next, "sent").await;
    let journal = world.simulator.journal();
    let bodies: Vec<&str> = journal.iter().map(|sent| &*sent.body).collect();
    assert_eq!(bodies, ["Once", "Next"], "never sent twice");
    // The late report names our message, and settles it.
    world.call_back(&status(&journal[0].id, Some(&message), "delivered")).await;
    ann.status(&conversation, &message, "delivered").await;
}

async fn a_provider_that_is_busy_gets_it_later_and_once(kind: Kind) {
    let world = World::start(kind).await;
    let ann = world.ann().await;
    let phone = world.phone("+447700900123");
    let conversation = greeted(&ann, &phone).await;
    world.simulator.faults().change(WHATSAPP_ID, |s| s.throttle_every = 1).unwrap();
    let message = ann.say(&conversation, "Patience").await;
    ann.message_where(&conversation, "a clock", |m| m["id"] == message.as_str() && m["status"] != "sent")
        .await;
    world.simulator.faults().change(WHATSAPP_ID, |s| s.throttle_every = 2).unwrap();
    let second = ann.say(&conversation, "Second").await;
    ann.status(&conversation, &message, "delivered").await;
    ann.status(&conversation, &second, "delivered").await;
    let bodies: Vec<String> = phone.inbox().iter().map(|sent| sent.body.to_string()).collect();
    assert_eq!(bodies, ["Patience", "Second"], "once each, in order");
}

async fn a_provider_that_is_down_gets_everything_in_order_when_it_is_back(kind: Kind) {
    let mut world = World::start(kind).await;
    let ann = world.ann().await;
    let phone = world.phone("+447700900123");
    let conversation = greeted(&ann, &phone).await;
    world.simulator.faults().change(WHATSAPP_ID, |s| s.down = true).unwrap();
    let texts: Vec<String> = (0..5).map(|n| format!("number {n}")).collect();
    let mut last = String::new();
    for text in &texts {
        last = ann.say(&conversation, text).await;
    }
    // The queue survives the process.
    world.restart().await;
    world.simulator.faults().change(WHATSAPP_ID, |s| s.down = false).unwrap();
    ann.status(&conversation, &last, "delivered").await;
    let bodies: Vec<String> = phone.inbox().iter().map(|sent| sent.body.to_string()).collect();
    assert_eq!(bodies, texts);
}

async fn a_refusal_is_shown_with_its_reason(kind: Kind) {
    let world = World::start(kind).await;
    let ann = world.ann().await;
    let phone = world.phone("+447700900123");
    let conversation = greeted(&ann, &phone).await;
    phone.set_reachable(false);
    let message = ann.say(&conversation, "Anyone?").await;
    let failed = ann.status(&conversation, &message, "failed").await;
    assert!(!failed["failure"]["code"].as_str().unwrap().is_empty(), "{failed}");
    assert!(failed["failure"]["detail"].as_str().unwrap().len() > 10, "a sentence for a person: {failed}");
    phone.set_reachable(true);
    let next = ann.say(&conversation, "Again").await;
    ann.status(&conversation, &next, "delivered").await;
    // SMS: STOP is the customer's word.
    let sms = world.sms_phone("+447700900456");
    let by_sms = greeted(&ann, &sms).await;
    sms.text("STOP").await.unwrap();
    ann.write(&by_sms, "c-stopped", "Please come back").await.refused(422, "opted_out");
}

/// To see it go red: drop `park_receipt` in `actors/src/hooks.rs`, or `apply_early_receipts`.
async fn a_receipt_that_overtakes_the_answer_is_kept(kind: Kind) {
    let world = World::start(kind).await;
    let ann = world.ann().await;
    let phone = world.phone("+447700900123");
    let conversation = greeted(&ann, &phone).await;
    world
        .simulator
        .faults()
        .change(WHATSAPP_ID, |s| (s.status_first, s.reorder, s.duplicates) = (true, true, 2))
        .unwrap();
    phone.set_auto_read(true);
    let mut last = String::new();
    for n in 0..5 {
        last = ann.say(&conversation, &format!("number {n}")).await;
    }
    let read = ann.status(&conversation, &last, "read").await;
    assert!(read["sent_at"].is_string() || read["read_at"].is_string());
    let all_read = || async {
        let messages = ann.messages(&conversation).await;
        let ours: Vec<&Value> = messages.iter().filter(|m| m["direction"] == "out").collect();
        (ours.len() == 5 && ours.iter().all(|m| m["status"] == "read")).then_some(())
    };
    crate::world::eventually("five times two blue ticks", all_read).await;
    // Also without our own id in it, as other providers send them: a receipt nobody knows yet waits for its message.
    world.call_back(&status("wamid.nobody", None, "read")).await;
    assert_eq!(ann.conversation(&conversation).await["status"], json!("open"));
}
