//! Colleagues who go, or who can be no customers: nothing stays with somebody who is not there, and nothing is hidden from everybody.

use crate::people::{Agent, id};
use crate::provider::{change, text};
use crate::world::{Kind, World, eventually};
use futures_util::future::join_all;
use serde_json::{Value, json};

both!(
    s0_04_what_comes_back_is_nobodys_who_is_gone,
    s0_04_what_is_given_at_the_last_moment_is_freed,
    s0_46_a_list_of_people_outside_the_group_hides_nothing,
    s0_46_the_team_is_changed_while_an_admin_of_it_is_away,
    s1_26_a_group_admin_decides_for_contacts_of_their_groups,
    d_02_a_colleagues_own_number_holds_nothing_up,
);

const NUMBER: &str = "+447700900121";

fn at(conversation: &str, what: &str) -> String {
    format!("/api/v1/conversations/{conversation}/{what}")
}

async fn written(world: &World, by: &Agent, number: &str) -> String {
    world.sms_phone(number).text("Hello").await.unwrap();
    id(&by.conversation_with(number).await)
}

async fn switch(world: &World, who: &Agent, how: &str) {
    let path = format!("/api/v1/users/{}/{how}", who.id);
    world.ada().await.post(&path, json!({})).await.expect(200);
}

/// Waits until a conversation is open and nobody's.
async fn free(by: &Agent, conversation: &str) {
    eventually("that nobody has it", || async {
        let row = by.conversation(conversation).await;
        (row["status"] == "open" && row["assignees"] == json!([])).then_some(())
    })
    .await;
    let unassigned = by.list("unassigned").await;
    assert!(unassigned.iter().any(|row| id(row) == conversation), "{unassigned:#?}");
}

/// To see it go red: leave out `let_go_of_the_absent`.
async fn s0_04_what_comes_back_is_nobodys_who_is_gone(kind: Kind) {
    let world = World::start(kind).await;
    let (ada, ann, bob) = (world.ada().await, world.ann().await, world.bob().await);
    let soon = json!({"settings": {"reopen_within_hours": 24}});
    ada.patch("/api/v1/business", soon).await.expect(200);
    let closed = written(&world, &ann, NUMBER).await;
    let deleted = written(&world, &ann, "+447700900122").await;
    for conversation in [&closed, &deleted] {
        bob.post(&at(conversation, "attend"), json!({})).await.expect(200);
    }
    bob.post(&at(&closed, "close"), json!({})).await.expect(200);
    ada.delete(&format!("/api/v1/conversations/{deleted}")).await.expect(200);
    switch(&world, &bob, "deactivate").await;
    world.sms_phone(NUMBER).text("One more thing").await.unwrap();
    free(&ann, &closed).await;
    ada.post(&at(&deleted, "restore"), json!({})).await.expect(200);
    free(&ann, &deleted).await;
    let entries = ann.timeline(&deleted).await;
    let freed = entries.iter().rfind(|entry| entry["t"] == "conversation.unassigned").unwrap();
    assert_eq!(freed["d"]["reason"], "deactivated");
}

/// To see it go red: leave out `let_go_of_the_absent` and `present` in `facts::candidate`.
async fn s0_04_what_is_given_at_the_last_moment_is_freed(kind: Kind) {
    let world = World::start(kind).await;
    let (ann, bob) = (world.ann().await, world.bob().await);
    let mut work = Vec::new();
    for n in 0..12 {
        work.push(written(&world, &ann, &format!("+4477009001{n:02}")).await);
    }
    for _ in 0..4 {
        let give = work.iter().map(|conversation| {
            let (ann, path, to) = (&ann, at(conversation, "assignees"), json!({"user_ids": [bob.id]}));
            async move {
                // Given, or refused because he is gone: both are right.
                let answer = ann.put(&path, to).await;
                assert!(matches!(answer.status, 200 | 422), "{}", answer.text());
            }
        });
        tokio::join!(join_all(give), switch(&world, &bob, "deactivate"));
        for conversation in &work {
            free(&ann, conversation).await;
        }
        switch(&world, &bob, "activate").await;
    }
}

/// To see it go red: let `viewers_of` or `reveal_orphans` look at the account only.
async fn s0_46_a_list_of_people_outside_the_group_hides_nothing(kind: Kind) {
    let world = World::start(kind).await;
    let (ada, ann, bob, cat) = (world.ada().await, world.ann().await, world.bob().await, world.cat().await);
    let listed = async |number: &str, who: &Agent| {
        let first = written(&world, &ann, number).await;
        let contact = id(&ann.conversation(&first).await["contact"]);
        ada.put(&format!("/api/v1/contacts/{contact}/access"), json!({"visible_to": [who.id]}))
            .await
            .expect(200);
        ada.post(&at(&first, "close"), json!({})).await.expect(200);
        world.sms_phone(number).text("Anybody?").await.unwrap();
        first
    };
    let begun = async |by: &Agent, after: &str| {
        eventually("the next conversation", || async {
            let rows = by.list("team").await;
            rows.into_iter().find(|row| row["previous_conversation_id"] == *after)
        })
        .await
    };
    // Cat is in another group: everybody of this one sees it.
    let first = listed(NUMBER, &cat).await;
    assert_eq!(begun(&ann, &first).await["visible_to"], Value::Null);
    // Bob is in it, and leaves.
    let first = listed("+447700900122", &bob).await;
    let his = begun(&bob, &first).await;
    assert_eq!(his["visible_to"], json!([bob.id]));
    let path = format!("/api/v1/conversations/{}", id(&his));
    ann.get(&path).await.refused(404, "not_found");
    let rest = json!({"members": [{"user_id": ann.id, "role": "agent"}], "confirm": true});
    ada.put("/api/v1/groups/2/team", rest).await.expect(200);
    eventually("that the group sees it", || async { (ann.get(&path).await.status == 200).then_some(()) })
        .await;
    bob.get(&path).await.refused(404, "not_found");
}

/// To see it go red: leave out `filter(|one| one.active)` in `set_team`, or `away` in `wanted`.
async fn s0_46_the_team_is_changed_while_an_admin_of_it_is_away(kind: Kind) {
    let world = World::start(kind).await;
    let (ada, ann, bob) = (world.ada().await, world.ann().await, world.bob().await);
    let member = |who: &Agent, role: &str| json!({"user_id": who.id, "role": role});
    let led = json!({"members": [member(&ann, "admin"), member(&bob, "admin")]});
    ada.put("/api/v1/groups/2/team", led).await.expect(200);
    switch(&world, &bob, "deactivate").await;
    let shown = ann.get("/api/v1/groups/2/team").await.expect(200);
    assert_eq!(shown["members"].as_array().unwrap().len(), 1, "{shown}");
    let same = json!({"members": [member(&ann, "admin")]});
    ann.put("/api/v1/groups/2/team", same).await.expect(200);
    switch(&world, &bob, "activate").await;
    let back = ann.get("/api/v1/groups/2/team").await.expect(200);
    let his = back["members"].as_array().unwrap().iter().find(|one| one["user"]["id"] == bob.id).cloned();
    assert_eq!(his.map(|one| one["role"].clone()), Some(json!("admin")), "{back}");
}

/// To see it go red: leave `permit` out of `set_access`.
async fn s1_26_a_group_admin_decides_for_contacts_of_their_groups(kind: Kind) {
    let world = World::start(kind).await;
    let (ada, ann, cat) = (world.ada().await, world.ann().await, world.cat().await);
    let leads = |who: &Agent| json!({"members": [{"user_id": who.id, "role": "admin"}], "confirm": true});
    ada.put("/api/v1/groups/3/team", leads(&cat)).await.expect(200);
    ada.put("/api/v1/groups/2/team", leads(&ann)).await.expect(200);
    let conversation = written(&world, &ann, NUMBER).await;
    let access = format!("/api/v1/contacts/{}/access", id(&ann.conversation(&conversation).await["contact"]));
    let only = |who: &Agent| json!({"visible_to": [who.id]});
    cat.put(&access, only(&cat)).await.refused(403, "forbidden");
    cat.get(&access).await.refused(403, "forbidden");
    ann.put(&access, only(&ann)).await.expect(200);
}

/// To see it go red: let `find_or_begin` give a new contact whatever marks came along.
async fn d_02_a_colleagues_own_number_holds_nothing_up(kind: Kind) {
    let mut world = World::start(kind).await;
    let ann = world.ann().await;
    ann.patch("/api/v1/me", json!({"mobile": "+447400250001"})).await.expect(200);
    let one = |from: &str, id: &str| text(from, id, "hello")["entry"][0]["changes"][0]["value"].clone();
    let (own, other) = (one("447400250001", "wamid.own"), one("447700900121", "wamid.other"));
    let both = |key: &str| json!([own[key][0], other[key][0]]);
    let batch = change(json!({"contacts": both("contacts"), "messages": both("messages")}));
    // As often as it comes.
    for _ in 0..2 {
        world.call_back(&batch).await;
    }
    ann.conversation_with("+447700900121").await;
    assert_eq!(world.database.run("SELECT COUNT(*) FROM contact"), 1, "a colleague is no contact");
    assert!(world.database.run("SELECT COUNT(*) FROM quarantine") > 0);
    world.sms_phone("+447400250001").text("By SMS, too").await.unwrap();
    // Nor when they are gone, and the server knows nothing by heart.
    switch(&world, &ann, "deactivate").await;
    world.restart().await;
    world.call_back(&text("447400250001", "wamid.late", "still me")).await;
    assert_eq!(world.database.run("SELECT COUNT(*) FROM contact"), 1);
}
