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
    s0_41_counts_are_pushed_to_whoever_sees_them,
    s0_41_what_is_shown_is_the_fold_of_the_log,
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

/// Random acts of the team and its customers, through the front door.
async fn walk(world: &World, team: &[Agent], seed: u64) {
    let mut chance = SmallRng::seed_from_u64(seed);
    for step in 0..200 {
        let who = &team[chance.random_range(0..team.len())];
        let customer = chance.random_range(0..8);
        let rows = who.list("all").await;
        let row = if rows.is_empty() { None } else { Some(&rows[chance.random_range(0..rows.len())]) };
        let conversation = row.map(id);
        let other = &team[chance.random_range(0..team.len())];
        let act = chance.random_range(0..10);
        if let Some(row) = row.filter(|_| act == 6) {
            // From now on only some see what begins with this contact.
            let path = format!("/api/v1/contacts/{}/access", id(&row["contact"]));
            team[0].put(&path, json!({"visible_to": [other.id]})).await.expect(200);
        }
        let Some(conversation) = conversation.filter(|_| act < 6) else {
            let from = format!("4477009005{customer:02}");
            world.call_back(&text(&from, &format!("wamid.{step}"), "Hello")).await;
            continue;
        };
        let path = |what: &str| format!("/api/v1/conversations/{conversation}/{what}");
        let answer = match act {
            0 => who.post(&path("attend"), json!({})).await,
            1 => who.put(&path("assignees"), json!({"user_ids": [other.id, who.id]})).await,
            2 => who.delete(&path("assignees")).await,
            // Mostly by Ada, who may close anything, so that new ones begin.
            3 => {
                team[chance.random_range(0..4_usize).saturating_sub(1)].post(&path("close"), json!({})).await
            }
            4 => who.post(&path("reopen"), json!({})).await,
            _ => who.write(&conversation, &format!("c{step}"), "Hi").await,
        };
        assert!([200, 201, 202, 403, 404, 409].contains(&answer.status), "{}", answer.text());
    }
}

/// To see it go red: leave one list out of `engine::lists::places`, or the counts out of `Append::of`.
async fn s0_41_counts_are_right_after_a_random_walk(kind: Kind) {
    let mut world = World::start(kind).await;
    let team = [world.ada().await, world.ann().await, world.bob().await];
    walk(&world, &team, 41).await;
    assert_eq!(world.server.store.wrong_counts().await, Ok(0));
    let restricted = world.database.run("SELECT COUNT(*) FROM conversation WHERE restricted");
    assert!(restricted > 0, "the walk began conversations only some may see");
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

/// To see it go red: leave `noted.note` out of `Actors::start`, or send everybody's counts to a user after their own.
async fn s0_41_counts_are_pushed_to_whoever_sees_them(kind: Kind) {
    let world = World::start(kind).await;
    let (ann, bob, cat) = (world.ann().await, world.bob().await, world.cat().await);
    let (mut of_ann, mut of_bob, mut of_cat) = (ann.listen().await, bob.listen().await, cat.listen().await);
    world.phone("+447700900123").text("Hello").await.unwrap();
    let news = |frame: &Value| frame["t"] == "counts.updated";
    let told = of_bob.until("the group's counts", |f| news(f) && f["d"]["counts"]["team"] == 1).await;
    let expected = json!({"team": 1, "unassigned": 1, "pending": 1, "snoozed": 0, "closed": 0, "all": 1});
    assert_eq!(told["d"], json!({"group_id": "2", "counts": expected}));
    let conversation = id(&ann.conversation_with("+447700900123").await);
    ann.post(&format!("/api/v1/conversations/{conversation}/attend"), json!({})).await.expect(200);
    let told = of_ann.until("her own counts", |f| news(f) && f["d"]["counts"]["mine"] == 1).await;
    assert_eq!(told["d"]["counts"], counts(&ann, "?group_id=2").await);
    let told = of_bob.until("one is assigned", |f| news(f) && f["d"]["counts"]["unassigned"] == 0).await;
    assert_eq!(told["d"]["counts"]["mine"], Value::Null, "somebody else's list is no business of his");
    assert!(of_cat.settle().await.iter().all(|frame| !news(frame)), "another group hears nothing");
}

/// What the log alone says about a conversation.
#[derive(Debug, Default, PartialEq)]
struct Fold {
    open: bool,
    assignees: Vec<String>,
    inbound: i64,
    waiting_since: Option<String>,
    last_text: String,
}

impl Fold {
    fn of(log: &[Value]) -> Self {
        let mut fold = Self::default();
        // Since when they waited, or would have, had it been open: whoever was not answered still is not when it comes back.
        let mut unanswered = None;
        for entry in log {
            let d = &entry["d"];
            match entry["t"].as_str().unwrap() {
                "conversation.created" => fold.open = true,
                "conversation.reopened" => {
                    (fold.open, fold.waiting_since) = (true, unanswered.clone());
                }
                "message.created" if d["message"]["direction"] == "in" => {
                    fold.inbound += 1;
                    let at = d["message"]["at"].as_str().unwrap();
                    fold.waiting_since.get_or_insert_with(|| at.to_owned());
                    unanswered.get_or_insert_with(|| at.to_owned());
                    d["message"]["text"].as_str().unwrap().clone_into(&mut fold.last_text);
                }
                "message.created" if d["message"]["direction"] == "out" => {
                    // What failed or was taken back answered nobody.
                    if !matches!(d["message"]["status"].as_str(), Some("failed" | "cancelled")) {
                        (fold.waiting_since, unanswered) = (None, None);
                    }
                    d["message"]["text"].as_str().unwrap().clone_into(&mut fold.last_text);
                }
                "conversation.assigned" => fold.assignees = users(&d["to"]),
                "conversation.unassigned" => fold.assignees.clear(),
                "conversation.closed" => (fold.open, fold.waiting_since) = (false, None),
                _ => {}
            }
        }
        fold
    }

    fn of_row(row: &Value) -> Self {
        Self {
            open: row["status"] == "open",
            assignees: users(&row["assignees"]),
            inbound: row["inbound_count"].as_i64().unwrap(),
            waiting_since: row["waiting_since"].as_str().map(ToOwned::to_owned),
            last_text: row["last_message"]["preview"].as_str().unwrap().to_owned(),
        }
    }
}

fn users(assignees: &Value) -> Vec<String> {
    assignees.as_array().unwrap().iter().map(|one| one["user_id"].as_str().unwrap().to_owned()).collect()
}

/// To see it go red: forget `waiting_since` in `Head::of`, or write an event twice.
async fn s0_41_what_is_shown_is_the_fold_of_the_log(kind: Kind) {
    let world = World::start(kind).await;
    let team = [world.ada().await, world.ann().await, world.bob().await];
    walk(&world, &team, 7).await;
    let rows = team[0].list("all").await;
    assert!(rows.len() > 5, "the walk made conversations");
    for row in &rows {
        let log = team[0].timeline(&id(row)).await;
        assert_eq!(Fold::of(&log), Fold::of_row(row), "{row:#}\n{log:#?}");
    }
    for (what, sql) in [
        (
            "numbers without holes",
            "SELECT COUNT(*) FROM conversation c WHERE c.last_seq <> (SELECT COUNT(*) FROM event e WHERE e.conversation_id = c.id) \
             OR c.last_seq <> (SELECT MAX(e.seq) FROM event e WHERE e.conversation_id = c.id)",
        ),
        (
            "a message for every event that tells of one",
            "SELECT COUNT(*) FROM event e LEFT JOIN message m ON m.id = e.message_id \
             WHERE e.kind = 'message.created' AND (m.id IS NULL OR m.seq <> e.seq OR m.conversation_id <> e.conversation_id)",
        ),
        (
            "the count of what the customer wrote",
            "SELECT COUNT(*) FROM conversation c WHERE c.inbound_count <> \
             (SELECT COUNT(*) FROM message m WHERE m.conversation_id = c.id AND m.direction = 'in')",
        ),
        (
            "the owner among the assignees",
            "SELECT COUNT(*) FROM conversation c LEFT JOIN conversation_assignee a ON a.conversation_id = c.id AND a.is_owner \
             WHERE COALESCE(c.owner_user_id, 0) <> COALESCE(a.user_id, 0)",
        ),
        (
            "assignments that are open with their conversation",
            "SELECT COUNT(*) FROM conversation_assignee a JOIN conversation c ON c.id = a.conversation_id \
             WHERE a.is_open <> (c.status = 'open')",
        ),
    ] {
        assert_eq!(world.database.run(sql), 0, "{what}");
    }
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
