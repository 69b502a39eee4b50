//! Conversations to keep: as text and as PDF, for those who may, without what is nobody else's business.

use crate::answer::Answer;
use crate::people::{Agent, id};
use crate::process::Process;
use crate::world::{HTTP, Kind, PATIENCE, World};
use serde_json::json;
use std::process::Command;
use std::time::Instant;

both!(
    s2_37_only_admins_and_assignees_export,
    s2_36_both_formats_hold_every_word,
    s2_36_ten_thousand_messages,
    h_38_a_visitor_keeps_their_own_version,
);

async fn s2_37_only_admins_and_assignees_export(kind: Kind) {
    let world = World::start(kind).await;
    let (ada, ann, bob) = (world.ada().await, world.ann().await, world.bob().await);
    world.phone("+447700900123").text("Hello").await.unwrap();
    let conversation = id(&ann.conversation_with("+447700900123").await);
    bob.post(&format!("/api/v1/conversations/{conversation}/attend"), json!({})).await.expect(200);
    let path = format!("/api/v1/conversations/{conversation}/transcript?format=txt");
    ann.get(&path).await.refused(403, "not_assignee");
    assert_eq!(bob.get(&path).await.status, 200);
    bob.get(&format!("{path}&notes=true")).await.refused(403, "forbidden");
    let answer = ada.get(&format!("{path}&notes=true&system=true")).await;
    assert_eq!(answer.status, 200);
    assert!(answer.text().contains("Bob Tester attended"), "{}", answer.text());
    assert!(answer.header("content-disposition").starts_with("attachment; filename=\"conversation-1001-"));
    world.cat().await.get(&path).await.refused(404, "not_found");
    ada.get(&path.replace("txt", "docx")).await.refused(422, "validation");
    // Two exports and two refusals, each a line of the audit log.
    let log = ada.get("/api/v1/audit?action=export_transcript").await.expect(200);
    let count = |outcome: &str| {
        let lines = log["entries"].as_array().unwrap().iter();
        lines.filter(|line| line["outcome"] == outcome).count()
    };
    assert_eq!((count("done"), count("denied")), (2, 2), "{log}");
}

/// What pdftotext reads of a file, with every white space as one blank.
pub(crate) fn words_of(pdf: &[u8]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("transcript.pdf");
    std::fs::write(&path, pdf).unwrap();
    let read = Command::new("pdftotext").arg(&path).arg("-").output();
    let read = read.expect("pdftotext of poppler-utils is installed");
    assert!(read.status.success(), "{}", String::from_utf8_lossy(&read.stderr));
    String::from_utf8(read.stdout).unwrap().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Texts that need other letters, another direction or another font.
const TEXTS: [&str; 8] = [
    "Plain words, and a price of 12.50",
    "Größe, señor, naïve, Łódź",
    "Привет, как дела?",
    "Καλημέρα κόσμε",
    "漢字とかな",
    "한국어 문장",
    "A long text that must wrap, because it says the same thing again and again, and again and again, and then once more for good measure",
    "Last one",
];

async fn s2_36_both_formats_hold_every_word(kind: Kind) {
    let world = World::start(kind).await;
    let ada = world.ada().await;
    let phone = world.phone("+447700900123");
    for text in TEXTS {
        phone.text(text).await.unwrap();
    }
    phone.text("שלום עולם").await.unwrap();
    phone.text("مرحبا").await.unwrap();
    let conversation = id(&ada.conversation_with("+447700900123").await);
    ada.message_where(&conversation, "the last", |m| m["text"] == "مرحبا").await;
    let path = format!("/api/v1/conversations/{conversation}/transcript?format=");
    let text = ada.get(&format!("{path}txt")).await.text();
    let pdf = ada.get(&format!("{path}pdf")).await;
    assert_eq!(pdf.header("content-type"), "application/pdf");
    let words = words_of(&pdf.bytes);
    let mut at = 0;
    for wanted in TEXTS {
        assert!(text.contains(wanted), "{wanted}");
        let found = words[at..].find(wanted);
        at += found.unwrap_or_else(|| panic!("{wanted} is not in its place: {words}"));
    }
    // Right to left, readers of PDF differ in the order they give; the letters are all there.
    for letters in ["שלום", "עולם"] {
        let backwards: String = letters.chars().rev().collect();
        assert!(words.contains(letters) || words.contains(&backwards), "{letters}: {words}");
        assert!(text.contains(letters));
    }
    assert!(words.ends_with("1/1") || words.ends_with("1 / 1"), "{words}");
    // Once more is the same, but for the time of the export.
    let lines = |text: &str| {
        text.lines().filter(|line| !line.starts_with("Exported")).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(lines(&ada.get(&format!("{path}txt")).await.text()), lines(&text));
}

/// A conversation with a customer who wrote ten thousand messages: the events 1 to 10,001. Straight into the database: as many webhooks would
/// be another test.
pub(crate) async fn long_talk(world: &mut World, number: &str) -> String {
    world.phone(number).text("The first").await.unwrap();
    let conversation = id(&world.ada().await.conversation_with(number).await);
    world.server.stop().await;
    let numbers = "WITH RECURSIVE n (i) AS (SELECT 3 UNION ALL SELECT i + 1 FROM n WHERE i < 10001)";
    world.database.run(&format!(
        "{numbers} INSERT INTO message (id, conversation_id, seq, channel_id, direction, kind, sender_kind, sender_id, body, at) \
         SELECT i, {conversation}, i, {}, 'in', 'text', 'contact', 1, 'Message number ' || i || ' of a long talk', 1767607200000000 FROM n",
        world.whatsapp
    ));
    // Where the log of the installation goes on, and the conversation's own.
    world.database.run(&format!(
        "{numbers} INSERT INTO event (position, conversation_id, seq, kind, at, message_id) \
         SELECT (SELECT MAX(position) FROM event) + i, {conversation}, i, 'message.created', 1767607200000000, i FROM n"
    ));
    world.database.run(&format!(
        "UPDATE conversation SET last_seq = 10001, last_inbound_seq = 10001, inbound_count = 10000 WHERE id = {conversation}"
    ));
    world.restart().await;
    conversation
}

/// In a process of its own, whose memory is nobody else's. The bounds are those of a debug build on a busy machine.
async fn s2_36_ten_thousand_messages(kind: Kind) {
    let mut world = World::start(kind).await;
    let conversation = long_talk(&mut world, "+447700900123").await;
    world.server.stop().await;
    let process = Process::start(&world.database, world.folder.path()).await;
    let ada = Agent::sign_in(&process.url, "ada@team.test").await;
    let before = process.peak_memory();
    let asked = Instant::now();
    let pdf = ada.get(&format!("/api/v1/conversations/{conversation}/transcript?format=pdf")).await;
    let (took, grown) = (asked.elapsed(), process.peak_memory().saturating_sub(before));
    let words = words_of(&pdf.bytes);
    for number in [3, 5_000, 10_001] {
        assert!(words.contains(&format!("Message number {number} of a long talk")), "{number}");
    }
    eprintln!(
        "10,000 messages as PDF: {took:?}, {} kB, {} MiB of memory",
        pdf.bytes.len() / 1_000,
        grown >> 20
    );
    assert!(took < PATIENCE, "{took:?}");
    assert!(grown < 256 << 20, "{} MiB", grown >> 20);
}

async fn h_38_a_visitor_keeps_their_own_version(kind: Kind) {
    let world = World::start(kind).await;
    let (ada, ann) = (world.ada().await, world.ann().await);
    let mut visitor = world.visitor(None).await;
    let conversation = visitor.say("Do you ship to Malta?").await;
    ann.say(&conversation, "We do").await;
    let get = || {
        let request = HTTP.get(format!("{}/widget/v1/transcript", world.server.url));
        Answer::of(request.bearer_auth(&visitor.token))
    };
    get().await.refused(404, "not_found");
    let on = json!({"settings": {"visitor_transcripts": true}});
    Answer::of(ada.request("PATCH", "/api/v1/business").json(&on)).await.expect(200);
    let text = get().await.text();
    assert!(text.contains("Do you ship to Malta?") && text.contains("] Ann: We do"), "{text}");
    assert!(!text.contains("Tester") && !text.contains("attended") && !text.contains("Assigned"), "{text}");
    let nobody = HTTP.get(format!("{}/widget/v1/transcript", world.server.url));
    assert_eq!(Answer::of(nobody.bearer_auth("wrong")).await.status, 401);
}
