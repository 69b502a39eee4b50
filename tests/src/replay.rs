//! Providers repeat themselves, out of order and long after: what was stored once is stored.

use crate::people::{Agent, id};
use crate::provider::{change, text};
use crate::state::LOGS;
use crate::world::{Kind, World, eventually_or};
use futures_util::StreamExt;
use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use serde_json::{Value, json};
use std::collections::BTreeMap;

both!(d_01_ten_thousand_callbacks_replayed_twice_and_shuffled_change_nothing);

const CUSTOMERS: usize = 25;
const MESSAGES: usize = 250;
const OURS: usize = 50;
const STATUSES: [&str; 3] = ["sent", "delivered", "read"];

fn number(customer: usize) -> String {
    format!("4477009001{customer:02}")
}

/// News about a message of ours, dated like everything in the log.
fn news(provider_id: &str, customer: usize, status: &str) -> Value {
    json!({"id": provider_id, "status": status, "timestamp": "1767607300", "recipient_id": number(customer)})
}

/// The log: for every customer their messages, and for each of ours what the provider tells of it, one event after the other.
fn events(ours: &[(usize, String)]) -> Vec<Value> {
    let of_customers = (0..CUSTOMERS).flat_map(|customer| {
        (0..MESSAGES).map(move |n| {
            let words = format!("Message {n} of {customer}");
            let mut event = text(&number(customer), &format!("wamid.{customer}.{n}"), &words);
            let message = &mut event["entry"][0]["changes"][0]["value"]["messages"][0];
            message["timestamp"] = format!("{}", 1_767_607_200 + n).into();
            event
        })
    });
    // Some providers tell the same several times.
    let of_ours = ours.iter().flat_map(|(customer, provider_id)| {
        STATUSES
            .iter()
            .cycle()
            .take(75)
            .map(|status| change(json!({"statuses": [news(provider_id, *customer, status)]})))
    });
    let mut all: Vec<Value> = of_customers.chain(of_ours).collect();
    assert_eq!(all.len(), CUSTOMERS * MESSAGES + ours.len() * 75);
    all.truncate(10_000);
    all
}

/// Posts a log, ten events to a callback, eight callbacks at a time; every one must be taken, if need be when the provider sends it
/// again: on a busy machine the server may say that it is overloaded.
async fn post(world: &World, log: &[Value]) {
    let callbacks = log.chunks(10).map(|events| {
        let entries = events.iter().flat_map(|event| event["entry"].as_array().unwrap().clone());
        let body = json!({"object": "whatsapp_business_account", "entry": entries.collect::<Vec<_>>()});
        let body = body.to_string();
        async move {
            let taken = || async {
                let answer = world.callback(body.clone()).await;
                if answer.status == 503 { Err(answer.text()) } else { Ok(answer.expect(200)) }
            };
            eventually_or("the callback to be taken", taken).await
        }
    });
    let callbacks: Vec<_> = callbacks.collect();
    futures_util::stream::iter(callbacks).buffer_unordered(8).collect::<Vec<_>>().await;
}

/// Messages of ours to the first customers; with the provider's ids, once it has taken them.
async fn write(world: &World, ann: &Agent) -> Vec<(usize, String)> {
    world.generous_provider();
    for customer in 0..CUSTOMERS {
        world
            .call_back(&text(
                &number(customer),
                &format!("wamid.{customer}.0"),
                &format!("Message 0 of {customer}"),
            ))
            .await;
    }
    for n in 0..OURS {
        let conversation = ann.conversation_with(&format!("+{}", number(n % CUSTOMERS))).await;
        ann.say(&id(&conversation), &format!("Answer {n}")).await;
    }
    let taken = eventually_or("the provider to have them all", || async {
        let taken = world
            .database
            .run("SELECT COUNT(*) FROM message WHERE direction = 'out' AND status = 'delivered'");
        if taken == OURS as i64 { Ok(()) } else { Err(format!("{taken}")) }
    });
    taken.await;
    let journal = world.simulator.journal();
    let journal = journal.iter().map(|sent| {
        let customer = (0..CUSTOMERS).find(|customer| sent.to.ends_with(&number(*customer))).unwrap();
        (customer, sent.id.to_string())
    });
    journal.collect()
}

/// What does not depend on the order of arrival: who said what, and how far each of ours got.
async fn said(ann: &Agent) -> BTreeMap<String, Vec<(String, String)>> {
    let mut all = BTreeMap::new();
    for row in ann.list("all").await {
        let messages = ann.messages(&id(&row)).await.into_iter();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let mut lines: Vec<_> = messages.map(|m| (text(&m["text"]), text(&m["status"]))).collect();
        lines.sort();
        all.insert(text(&row["contact"]["phone"]), lines);
    }
    all
}

/// To see it go red: drop `accepted_before` in the conversation's `receive`, or let a receipt be stored that changes nothing.
async fn d_01_ten_thousand_callbacks_replayed_twice_and_shuffled_change_nothing(kind: Kind) {
    let world = World::start(kind).await;
    let ann = world.ann().await;
    let ours = write(&world, &ann).await;
    assert_eq!(ours.len(), OURS);
    let mut log = events(&ours);
    assert_eq!(log.len(), 10_000);
    post(&world, &log).await;
    let (hash, sums, lines) = (world.hash(&ann).await, world.sums(&LOGS), said(&ann).await);
    assert_eq!(lines.values().map(Vec::len).sum::<usize>(), CUSTOMERS * MESSAGES + OURS);
    let read = lines.values().flatten().filter(|(_, status)| status == "read").count();
    assert_eq!(read, OURS, "the provider told of each that it was read");
    let mut order = StdRng::seed_from_u64(1);
    for round in 1..=2 {
        log.shuffle(&mut order);
        post(&world, &log).await;
        assert_eq!(world.hash(&ann).await, hash, "replay {round}");
        assert_eq!(world.changed(&sums, &LOGS), vec![], "replay {round}");
    }
    // And a server that hears it shuffled from the beginning knows the same.
    let other = World::start(kind).await;
    let ann = other.ann().await;
    let ours = write(&other, &ann).await;
    let mut log = events(&ours);
    log.shuffle(&mut order);
    post(&other, &log).await;
    assert_eq!(said(&ann).await, lines);
}
