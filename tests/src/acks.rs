//! An acknowledgement comes after the message is on disk, and soon; how soon on a machine of its own is for `loadtest` to say.

use crate::people::id;
use crate::provider::text;
use crate::world::{Kind, World, promptly};
use futures_util::future::join_all;
use std::time::{Duration, Instant};

both!(d_02_what_is_acknowledged_is_stored_and_what_takes_long_comes_later,);

timed!(d_02_five_hundred_callbacks_a_second_are_acknowledged_in_time);

/// To see it go red: start the server with `SABOTAGE=ack_early`, or fetch files before the answer in `Actors::accept`.
async fn d_02_what_is_acknowledged_is_stored_and_what_takes_long_comes_later(kind: Kind) {
    let world = World::start(kind).await;
    let ann = world.ann().await;
    for n in 0..50 {
        let wamid = format!("wamid.{n}");
        world.call_back(&text("447700900123", &wamid, "Hello")).await;
        let stored = format!("SELECT COUNT(*) FROM message WHERE provider_message_id = '{wamid}'");
        assert_eq!(world.database.run(&stored), 1, "{wamid} was acknowledged");
    }
    // A file that its provider takes its time to hand out holds nobody up.
    let slow = Duration::from_secs(3);
    world
        .simulator
        .faults()
        .change(crate::world::WHATSAPP_ID, |faults| faults.answer_delay_ms = 3_000)
        .unwrap();
    let started = Instant::now();
    world.phone("+447700900123").file("image/png", None, crate::groups::png(), Some("Look")).await.unwrap();
    assert!(started.elapsed() < slow, "the callback waited for its file: {:?}", started.elapsed());
    let conversation = id(&ann.conversation_with("+447700900123").await);
    ann.message_where(&conversation, "the file later", |m| m["media"][0]["state"] == "ready").await;
}

/// The load test does it with a release build, too.
async fn d_02_five_hundred_callbacks_a_second_are_acknowledged_in_time(kind: Kind) {
    const RATE: u32 = 500;
    let world = World::start(kind).await;
    let begun = tokio::time::Instant::now();
    let posts = (0..RATE * 2).map(|n| {
        let world = &world;
        async move {
            // Each at its moment, whether those before it were answered or not.
            let due = begun + Duration::from_secs(1) / RATE * n;
            tokio::time::sleep_until(due).await;
            let number = format!("4477009001{:02}", n % 40);
            world.call_back(&text(&number, &format!("wamid.{n}"), "Hello")).await;
            due.elapsed()
        }
    });
    let mut took = join_all(posts).await;
    took.sort();
    let p99 = took[took.len() * 99 / 100];
    promptly("the 99th percent of acknowledgements", p99, Duration::from_millis(250));
    assert_eq!(world.database.run("SELECT COUNT(*) FROM message"), i64::from(RATE) * 2);
}
