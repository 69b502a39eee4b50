//! The counts of the lists: kept with every change, never counted, and right.

use crate::people::{Agent, id};
use crate::provider::text;
use crate::world::{Kind, World};
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};

both!(
    s0_41_counts_follow_every_change,
    s0_41_counts_are_right_after_a_random_walk,
    s0_41_wrong_counts_are_mended_at_start,
);

async fn counts(who: &Agent, query: &str) -> Value {
    who.get(&format!("/api/v1/inbox/counts{query}")).await.expect(200)["counts"].clone()
}

async fn s0_41_counts_follow_every_change(kind: Kind) {
    let world = World::start(kind).await;
    let (ann, bob, cat) = (world.ann().await, world.bob().await, world.cat().await);
    let phone = world.phone("+447700900123");
    phone.text("Hello").await.unwrap();
    let conversation = id(&ann.conversation_with("+447700900123").await);
    let path = format!("/api/v1/conversations/{conversation}");
    let some = |of: &Value| {
        ["team", "mine", "unassigned", "pending", "closed", "all"].map(|list| of[list].as_i64().unwrap())
    };
    assert_eq!(some(&counts(&ann, "").await), [1, 0, 1, 1, 0, 1]);
    ann.post(&format!("{path}/attend"), json!({})).await.expect(200);
    assert_eq!(some(&counts(&ann, "").await), [1, 1, 0, 1, 0, 1]);
    ann.say(&conversation, "Hi").await;
    assert_eq!(some(&counts(&ann, "?group_id=2").await), [1, 1, 0, 0, 0, 1]);
    assert_eq!(some(&counts(&bob, "").await), [1, 0, 0, 0, 0, 1]);
    ann.post(&format!("{path}/close"), json!({})).await.expect(200);
    assert_eq!(some(&counts(&ann, "").await), [0, 0, 0, 0, 1, 1]);
    bob.post(&format!("{path}/reopen"), json!({})).await.expect(200);
    assert_eq!(some(&counts(&bob, "").await), [1, 1, 0, 0, 0, 1]);
    assert_eq!(some(&counts(&cat, "").await), [0; 6], "another group's counts are nobody else's business");
    cat.get("/api/v1/inbox/counts?group_id=2").await.refused(404, "not_found");
}

/// To see it go red: leave one list out of `engine::lists::places`, or the counts out of `Append::of`.
async fn s0_41_counts_are_right_after_a_random_walk(kind: Kind) {
    let mut world = World::start(kind).await;
    let mut chance = SmallRng::seed_from_u64(41);
    let team = [world.ada().await, world.ann().await, world.bob().await];
    for step in 0..150 {
        let who = &team[chance.random_range(0..team.len())];
        let customer = chance.random_range(0..12);
        let rows = who.list("all").await;
        let conversation =
            if rows.is_empty() { None } else { Some(id(&rows[chance.random_range(0..rows.len())])) };
        let act =
            |what: &str| format!("/api/v1/conversations/{}/{what}", conversation.clone().unwrap_or_default());
        let other = &team[chance.random_range(0..team.len())];
        let answer = match chance.random_range(0..8) {
            _ if conversation.is_none() => None,
            0 => Some(who.post(&act("attend"), json!({})).await),
            1 => Some(who.put(&act("assignees"), json!({"user_ids": [other.id, who.id]})).await),
            2 => Some(who.delete(&act("assignees")).await),
            3 => Some(who.post(&act("close"), json!({})).await),
            4 => Some(who.post(&act("reopen"), json!({})).await),
            5 => Some(who.write(&conversation.clone().unwrap_or_default(), &format!("c{step}"), "Hi").await),
            _ => None,
        };
        match answer {
            Some(answer) => assert!([200, 201, 202, 403, 409].contains(&answer.status), "{}", answer.text()),
            None => {
                let from = format!("4477009005{customer:02}");
                world.call_back(&text(&from, &format!("wamid.{step}"), "Hello")).await;
            }
        }
    }
    assert_eq!(world.server.store.wrong_counts().await, Ok(0));
    for who in &team {
        let kept = counts(who, "?group_id=2").await;
        for list in ["team", "mine", "unassigned", "closed", "all"] {
            assert_eq!(kept[list], who.list(list).await.len(), "{list}: {kept}");
        }
    }
    let kept = counts(&team[1], "").await;
    assert!(["team", "closed", "all"].iter().all(|list| kept[list].as_i64() > Some(0)), "{kept}");
    world.restart().await;
    assert_eq!(counts(&team[1], "").await, kept);
}

async fn s0_41_wrong_counts_are_mended_at_start(kind: Kind) {
    let mut world = World::start(kind).await;
    let ann = world.ann().await;
    world.phone("+447700900123").text("Hello").await.unwrap();
    ann.conversation_with("+447700900123").await;
    world.database.run("UPDATE inbox_count SET total = 7 WHERE list = 'team'");
    assert_eq!(world.server.store.wrong_counts().await, Ok(1));
    world.restart().await;
    crate::world::eventually("right counts", || async {
        (counts(&ann, "").await["team"] == 1).then_some(())
    })
    .await;
    assert_eq!(world.server.store.wrong_counts().await, Ok(0));
}
