//! What has to go goes from everywhere: tables, search index, logs of the database, files. What stays is true.

use crate::answer::Answer;
use crate::people::{Agent, id};
use crate::world::{Kind, World, eventually, eventually_or};
use serde_json::{Value, json};
use std::path::Path;
use std::time::Duration;

both!(
    d_14_an_erased_contact_is_found_nowhere,
    d_14_content_goes_after_so_many_days,
    d_14_what_was_deleted_goes_after_thirty_days,
    d_14_one_that_cannot_be_erased_holds_up_no_other,
);

const NUMBER: &str = "447700900121";
/// In every text and name of what is to go; one word, so that the index has it as it is.
const MARK: &str = "zugvogelkette";

/// Everything a server keeps, as text: the database with what lies beside it, and the data folder.
fn everything(world: &World) -> String {
    let mut all = world.dump();
    if let Some(path) = world.database.url().strip_prefix("sqlite://") {
        read(Path::new(path).parent().unwrap(), &mut all);
    }
    read(world.folder.path(), &mut all);
    all.to_lowercase()
}

fn read(folder: &Path, into: &mut String) {
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        if entry.path().is_dir() {
            read(&entry.path(), into);
        } else {
            into.push_str(&String::from_utf8_lossy(&std::fs::read(entry.path()).unwrap()));
            into.push_str(&entry.file_name().to_string_lossy());
        }
    }
}

#[track_caller]
fn gone(all: &str, words: &[&str]) {
    for word in words {
        if let Some(at) = all.find(word) {
            let around: String =
                all.get(at.saturating_sub(120)..).unwrap_or(&all[at..]).chars().take(300).collect();
            panic!("{word} is still there: {around:?}");
        }
    }
}

fn file() -> Vec<u8> {
    format!("{MARK} in a file. ").repeat(20).into_bytes()
}

/// A conversation full of what is to go: texts, a file, a note, a draft, an answer, a closing note.
async fn talk(world: &World, by: &Agent, number: &str) -> String {
    let phone = world.phone(number);
    phone.text(&format!("I am {MARK} at {number}")).await.unwrap();
    phone.file("text/plain", Some(&format!("{MARK}.txt")), file(), Some(MARK)).await.unwrap();
    let conversation = id(&by.conversation_with(number).await);
    by.message_where(&conversation, "the file", |m| m["media"][0]["state"] == "ready").await;
    let message = by.say(&conversation, &format!("Hello {MARK}")).await;
    by.status(&conversation, &message, "delivered").await;
    let path = format!("/api/v1/conversations/{conversation}");
    by.post(&format!("{path}/notes"), json!({"client_id": "n", "text": format!("{MARK} is nice")}))
        .await
        .expect(201);
    by.put(&format!("{path}/draft"), json!({"body": format!("Dear {MARK}")})).await;
    eventually("the words in the index", || async {
        let found = by.get(&format!("/api/v1/search?q={MARK}")).await.expect(200);
        found.to_string().contains(&conversation).then_some(())
    })
    .await;
    conversation
}

async fn close(by: &Agent, conversation: &str) {
    by.post(&format!("/api/v1/conversations/{conversation}/attend"), json!({})).await;
    let closed = json!({"note": format!("{MARK} was happy")});
    by.post(&format!("/api/v1/conversations/{conversation}/close"), closed).await.expect(200);
}

/// To see it go red: leave out one of the columns in `queries::erasure`, `condense`, or `secure_delete`.
async fn d_14_an_erased_contact_is_found_nowhere(kind: Kind) {
    let mut world = World::start(kind).await;
    let (ada, ann) = (world.ada().await, world.ann().await);
    let number = format!("+{NUMBER}");
    let first = talk(&world, &ann, &number).await;
    close(&ann, &first).await;
    let second = talk(&world, &ann, &number).await;
    let other = talk(&world, &ann, "+447700900122").await;
    let contact = id(&ann.conversation(&first).await["contact"]);
    let consent = json!({"channel_kind": "sms", "state": "opted_in", "evidence": format!("{MARK} signed")});
    ada.put(&format!("/api/v1/contacts/{contact}/consent"), consent).await.expect(200);
    let all = everything(&world);
    assert!(all.contains(NUMBER) && all.contains(MARK), "there is something to erase");

    let erase = format!("/api/v1/contacts/{contact}/erase");
    ann.post(&erase, json!({})).await.refused(403, "forbidden");
    ada.post("/api/v1/contacts/999/erase", json!({})).await.refused(404, "not_found");
    let erased = ada.post(&erase, json!({})).await.expect(200)["erased"].clone();
    assert_eq!((&erased["conversations"], &erased["files"]), (&json!(2), &json!(2)), "{erased}");

    // The other one is untouched; of this one the frame is left.
    let kept = ann.messages(&other).await;
    assert!(kept.iter().any(|m| m["text"].as_str().unwrap().contains(MARK)), "{kept:?}");
    let row = ann.conversation(&second).await;
    assert_eq!((&row["status"], &row["contact"]["name"]), (&json!("closed"), &json!("Erased contact")));
    assert_eq!((&row["contact"]["phone"], &row["last_message"]["preview"]), (&Value::Null, &json!("")));
    for message in ann.messages(&first).await {
        assert_eq!(message["text"], "", "{message}");
    }
    let found = ann.get(&format!("/api/v1/search?q={NUMBER}")).await.expect(200).to_string();
    assert!(!found.contains(&first) && !found.contains(&second), "{found}");
    let log = ada.get("/api/v1/audit?action=delete_contact").await.expect(200);
    assert_eq!(log["entries"][0]["target"], json!({"kind": "contact", "id": contact}));
    // A socket that comes back from before gets nothing of it either, from memory or from the database.
    let mut back = ann.connect().await;
    let epoch = ann.listen().await.cursor();
    let start = format!("{}.{:019}", epoch.split('.').next().unwrap(), 0);
    back.ask(json!({"t": "resume", "cursor": start})).await;
    assert!(!back.frames.iter().any(|frame| frame.to_string().contains(NUMBER)), "{:?}", back.frames);

    // Whoever writes again is somebody new.
    let again = world.phone("+447700900129");
    again.text("Another").await.unwrap();
    ann.conversation_with("+447700900129").await;
    ada.post(
        &format!("/api/v1/contacts/{}/erase", id(&ann.conversation(&other).await["contact"])),
        json!({}),
    )
    .await
    .expect(200);
    counts_are_true(&mut world, &[NUMBER, "447700900122", MARK]).await;
}

/// Stops the server, looks everywhere, and has the counts of the lists proved.
async fn counts_are_true(world: &mut World, words: &[&str]) {
    gone(&everything(world), words);
    world.server.stop().await;
    gone(&everything(world), words);
    world.restart().await;
    assert_eq!(world.server.store.wrong_counts().await, Ok(0));
}

/// The oldest of so many lines about content that went: written when nothing is left of it.
async fn told(by: &Agent, lines: usize) -> Value {
    eventually("a line in the audit log", || async {
        let log = by.get("/api/v1/audit?action=retention.erased").await.expect(200);
        log["entries"].get(lines - 1).cloned()
    })
    .await
}

async fn d_14_content_goes_after_so_many_days(kind: Kind) {
    let mut world = World::start(kind).await;
    let (ada, ann) = (world.ada().await, world.ann().await);
    let number = format!("+{NUMBER}");
    let old = talk(&world, &ann, &number).await;
    let fresh = talk(&world, &ann, "+447700900122").await;
    close(&ann, &old).await;
    let patch = |days: Value| {
        let body = json!({"settings": {"retention_days": days}});
        Answer::of(ada.request("PATCH", "/api/v1/business").json(&body))
    };
    patch(json!(-1)).await.refused(422, "validation");
    patch(json!(36_501)).await.refused(422, "validation");
    // Off by default: nothing goes.
    world.server.clock.set_ahead(Duration::from_hours(24 * 40));
    close(&ann, &fresh).await;
    assert!(ann.messages(&old).await.iter().any(|m| m["text"].as_str().unwrap().contains(MARK)));
    patch(json!(30)).await.expect(200);
    eventually_or("the old content to go", || async {
        let left = ann.messages(&old).await;
        if left.iter().all(|m| m["text"] == "") { Ok(()) } else { Err(format!("{left:?}")) }
    })
    .await;
    assert!(
        ann.messages(&fresh).await.iter().any(|m| m["text"].as_str().unwrap().contains(MARK)),
        "too young"
    );
    let row = ann.conversation(&old).await;
    assert_eq!(row["contact"]["phone"], number.as_str(), "the person stays");
    world.server.clock.set_ahead(Duration::from_hours(24 * 80));
    eventually("the younger content to go", || async {
        ann.messages(&fresh).await.iter().all(|m| m["text"] == "").then_some(())
    })
    .await;
    let told = told(&ada, 2).await;
    assert_eq!((&told["actor"]["kind"], &told["detail"]["conversations"]), (&json!("system"), &json!(1)));
    counts_are_true(&mut world, &[MARK]).await;
}

async fn d_14_what_was_deleted_goes_after_thirty_days(kind: Kind) {
    let mut world = World::start(kind).await;
    let (ada, ann) = (world.ada().await, world.ann().await);
    let conversation = talk(&world, &ann, &format!("+{NUMBER}")).await;
    let path = format!("/api/v1/conversations/{conversation}");
    assert_eq!(ada.delete(&path).await.status, 200);
    world.server.clock.set_ahead(Duration::from_hours(24 * 29));
    assert_eq!(ada.list("deleted").await.len(), 1);
    world.server.clock.set_ahead(Duration::from_hours(24 * 31));
    eventually("the deleted list to be empty", || async {
        ada.list("deleted").await.is_empty().then_some(())
    })
    .await;
    told(&ada, 1).await;
    assert!(!matches!(ada.post(&format!("{path}/restore"), json!({})).await.status, 200..=299));
    counts_are_true(&mut world, &[MARK]).await;
}

/// To see it go red: let `erase_what_is_due` stop at the first error.
async fn d_14_one_that_cannot_be_erased_holds_up_no_other(kind: Kind) {
    let world = World::start(kind).await;
    let (ada, ann) = (world.ada().await, world.ann().await);
    let stuck = talk(&world, &ann, &format!("+{NUMBER}")).await;
    let other = talk(&world, &ann, "+447700900122").await;
    // A folder where the file was: nobody removes that as a file.
    let messages = ann.messages(&stuck).await;
    let file = messages.iter().find_map(|m| m["media"][0]["id"].as_str()).unwrap();
    let path = world.folder.path().join("media").join(file);
    std::fs::remove_file(&path).unwrap();
    std::fs::create_dir(&path).unwrap();
    for conversation in [&stuck, &other] {
        assert_eq!(ada.delete(&format!("/api/v1/conversations/{conversation}")).await.status, 200);
    }
    world.server.clock.set_ahead(Duration::from_hours(24 * 31));
    eventually("the other one to go", || async { (ada.list("deleted").await.len() == 1).then_some(()) })
        .await;
    assert_eq!(id(&ada.list("deleted").await[0]), stuck);
    // It is not marked as erased either: its turn comes again.
    let left = format!("SELECT COUNT(*) FROM conversation WHERE erased_at IS NULL AND id = {stuck}");
    assert_eq!(world.database.run(&left), 1);
}
