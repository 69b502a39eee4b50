//! What happens to a message after it was accepted: ticks in any order, retries, taking back, limits and outages.

use crate::people::{Agent, id};
use crate::provider::{failed, status};
use crate::world::{Kind, PATIENCE, SMS_NUMBER, WHATSAPP_ID, World};
use serde_json::json;
use std::time::Duration;

both!(
    s2_06_every_order_of_callbacks_before_the_answer,
    s2_10_a_failed_message_is_sent_again_by_hand,
    s2_10_what_may_have_arrived_needs_a_confirmation,
    s2_11_a_queued_message_is_taken_back,
    s2_11_after_an_outage_nothing_is_lost_and_nothing_bursts,
    s2_31_a_stop_while_it_waited_in_the_queue,
);

async fn written_by(world: &World, agent: &Agent, number: &str) -> String {
    world.sms_phone(number).text("Hello").await.unwrap();
    id(&agent.conversation_with(number).await)
}

fn switch_off(world: &World, down: bool) {
    world.simulator.faults().change(SMS_NUMBER, |s| s.down = down).unwrap();
}

/// To see it go red: let `Status::join` return its argument, or `is_overtaken` answer `false`.
async fn s2_06_every_order_of_callbacks_before_the_answer(kind: Kind) {
    let world = World::start(kind).await;
    let ann = world.ann().await;
    world.phone("+447700900123").text("Hello").await.unwrap();
    let conversation = id(&ann.conversation_with("+447700900123").await);
    // Accepted, but the answer never comes and the provider's own callbacks are off: only what this test posts is heard.
    world.simulator.faults().change(WHATSAPP_ID, |s| (s.hang_every, s.callbacks) = (1, false)).unwrap();
    let orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
    for (index, order) in orders.into_iter().enumerate() {
        let number = format!("+4477009001{index:02}");
        world.phone(&number).text("Hello").await.unwrap();
        let conversation = id(&ann.conversation_with(&number).await);
        let message = ann.say(&conversation, &format!("Order {index}")).await;
        assert!(world.simulator.wait_until(PATIENCE, |sim| sim.journal_len() == index + 1).await);
        let wamid = world.simulator.journal()[index].id.to_string();
        for step in order.into_iter().chain(order) {
            let news = ["sent", "delivered", "read"][step];
            world.call_back(&status(&wamid, Some(&message), news)).await;
        }
        let read = ann.status(&conversation, &message, "read").await;
        for step in ["sent_at", "delivered_at", "read_at"] {
            assert!(read[step].is_string(), "{step} of {order:?}: {read}");
        }
    }
    assert!(ann.messages(&conversation).await.len() == 1);
}

/// To see it go red: let `Waiting::queue` forget the `Change::Enqueue`.
async fn s2_10_a_failed_message_is_sent_again_by_hand(kind: Kind) {
    let world = World::start(kind).await;
    let ann = world.ann().await;
    world.phone("+447700900123").text("Hello").await.unwrap();
    let conversation = id(&ann.conversation_with("+447700900123").await);
    world.simulator.faults().change(WHATSAPP_ID, |s| s.callbacks = false).unwrap();
    let message = ann.say(&conversation, "Once more").await;
    ann.status(&conversation, &message, "sent").await;
    let mut path = format!("/api/v1/messages/{message}/retry");
    ann.post(&path, json!({})).await.refused(409, "not_failed");
    let first = world.simulator.journal()[0].id.to_string();
    world.call_back(&failed(&first, 131_026)).await;
    let lost = ann.status(&conversation, &message, "failed").await;
    assert_eq!(lost["failure"]["code"], "not_on_whatsapp");
    let again = ann.post(&path, json!({})).await.expect(200)["message"].clone();
    assert_eq!((&again["id"], &again["failure"]), (&json!(message), &json!(null)));
    let sent = ann.status(&conversation, &message, "sent").await;
    assert_eq!((&sent["attempt"], &sent["failure"]), (&json!(2), &json!(null)));
    let keys: Vec<String> =
        world.simulator.journal().iter().map(|sent| sent.attempt_key.clone().unwrap().to_string()).collect();
    assert_eq!(keys, [message.clone(), format!("{message}.2")]);
    // A late word about the first attempt: only that it arrived after all would count.
    world.call_back(&failed(&first, 131_026)).await;
    ann.status(&conversation, &message, "sent").await;
    let second = world.simulator.journal()[1].id.to_string();
    world.call_back(&status(&second, Some(&format!("{message}.2")), "delivered")).await;
    ann.status(&conversation, &message, "delivered").await;
    path = "/api/v1/messages/999/retry".to_owned();
    ann.post(&path, json!({})).await.refused(404, "not_found");
    let theirs = format!("/api/v1/messages/{message}/cancel");
    world.cat().await.post(&theirs, json!({})).await.refused(404, "not_found");
}

/// To see it go red: let `Retry` treat `Unknown` like `Failed`.
async fn s2_10_what_may_have_arrived_needs_a_confirmation(kind: Kind) {
    let mut world = World::start(kind).await;
    let ann = world.ann().await;
    let conversation = written_by(&world, &ann, "+447700900456").await;
    world.simulator.faults().change(SMS_NUMBER, |s| (s.hang_every, s.callbacks) = (1, false)).unwrap();
    let message = ann.say(&conversation, "Perhaps").await;
    assert!(world.simulator.wait_until(PATIENCE, |sim| sim.journal_len() == 1).await);
    world.restart().await;
    ann.status(&conversation, &message, "unknown").await;
    world.simulator.faults().change(SMS_NUMBER, |s| s.hang_every = 0).unwrap();
    let path = format!("/api/v1/messages/{message}/retry");
    ann.post(&path, json!({})).await.refused(409, "confirm_required");
    assert_eq!(world.simulator.journal_len(), 1, "never blindly");
    ann.post(&path, json!({"confirm": true})).await.expect(200);
    ann.status(&conversation, &message, "sent").await;
    assert_eq!(world.simulator.journal_len(), 2);
}

/// To see it go red: let `gate::cancel` say `taken_back` whatever `withdraw` answered.
async fn s2_11_a_queued_message_is_taken_back(kind: Kind) {
    let world = World::start(kind).await;
    let ann = world.ann().await;
    let conversation = written_by(&world, &ann, "+447700900456").await;
    switch_off(&world, true);
    let mut messages = Vec::new();
    for n in 0..3 {
        messages.push(ann.say(&conversation, &format!("Number {n}")).await);
    }
    let cancel = |id: &str| format!("/api/v1/messages/{id}/cancel");
    let back = ann.post(&cancel(&messages[2]), json!({})).await.expect(200)["message"].clone();
    assert_eq!((&back["id"], &back["status"]), (&json!(messages[2]), &json!("cancelled")));
    ann.post(&cancel(&messages[2]), json!({})).await.expect(200);
    switch_off(&world, false);
    ann.status(&conversation, &messages[1], "delivered").await;
    ann.post(&cancel(&messages[1]), json!({})).await.refused(409, "already_sent");
    ann.status(&conversation, &messages[2], "cancelled").await;
    let bodies: Vec<String> = world.simulator.journal().iter().map(|sent| sent.body.to_string()).collect();
    assert_eq!(bodies, ["Number 0", "Number 1"], "in their order");
    // The race with the connector: whoever wins, there is one outcome.
    for n in 0..20 {
        let before = world.simulator.journal_len();
        let message = ann.say(&conversation, &format!("Race {n}")).await;
        let answer = ann.post(&cancel(&message), json!({})).await;
        let end = ann
            .message_where(&conversation, "an end", |m| {
                m["id"] == message.as_str()
                    && ["cancelled", "delivered"].contains(&m["status"].as_str().unwrap())
            })
            .await;
        let sent = world.simulator.journal_len() - before;
        let cancelled = end["status"] == "cancelled";
        assert_eq!((answer.status == 200, sent), (cancelled, usize::from(!cancelled)), "{end}");
    }
}

/// To see it go red: take `pace.spend` out of the connector.
async fn s2_11_after_an_outage_nothing_is_lost_and_nothing_bursts(kind: Kind) {
    let world = World::start(kind).await;
    let ann = world.ann().await;
    let mut last = Vec::new();
    switch_off(&world, true);
    for phone in 0..8 {
        let conversation = written_by(&world, &ann, &format!("+4477009005{phone:02}")).await;
        for n in 0..3 {
            let message = ann.say(&conversation, &format!("{phone}: {n}")).await;
            last.push((conversation.clone(), message));
        }
    }
    switch_off(&world, false);
    for (conversation, message) in &last {
        ann.status(conversation, message, "delivered").await;
    }
    let journal = world.simulator.journal();
    assert_eq!(journal.len(), last.len(), "each once");
    let mut at: Vec<_> = journal.iter().map(|sent| sent.at).collect();
    at.sort_unstable();
    // Ten a second is usual for an SMS number outside the United States; a little for the way there.
    for (index, from) in at.iter().enumerate() {
        let within = at[index..]
            .iter()
            .take_while(|at| at.duration_since(*from).unwrap() < Duration::from_millis(900))
            .count();
        assert!(within <= 10, "{within} within a second");
    }
}

/// To see it go red: take `ask_again` out of `actors/src/connector/transmit.rs`.
async fn s2_31_a_stop_while_it_waited_in_the_queue(kind: Kind) {
    let world = World::start(kind).await;
    let ann = world.ann().await;
    let conversation = written_by(&world, &ann, "+447700900456").await;
    switch_off(&world, true);
    let message = ann.say(&conversation, "Too late").await;
    world.sms_phone("+447700900456").text("STOP").await.unwrap();
    ann.message_where(&conversation, "the stop", |m| m["text"] == "STOP").await;
    // Past the moment in which nothing is asked twice.
    world.server.clock.set_ahead(Duration::from_secs(10));
    switch_off(&world, false);
    let failed = ann.status(&conversation, &message, "failed").await;
    assert_eq!(failed["failure"]["code"], "opted_out");
    assert_eq!(world.simulator.journal_len(), 0);
}
