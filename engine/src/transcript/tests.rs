//! A conversation with one of everything, and the file it becomes.

use super::*;
use crate::conversation::Actor;
use crate::ids::{ChannelId, ContactId, ConversationId, MediaId, MessageId, UserId};
use crate::message::{MediaKind, MediaState};
use crate::receipt::Failure;

const START: i64 = 1_767_607_200_000_000;

fn header() -> Header {
    Header {
        business: "Bean & Leaf".to_owned(),
        contact: "Jo Bloggs".to_owned(),
        contact_address: Some("+447400123456".to_owned()),
        channels: vec!["WhatsApp".to_owned(), "Website".to_owned()],
        number: 1042,
        assignees: Some(vec!["Ann Lee".to_owned()]),
        exported_by: Some("Ada Lee".to_owned()),
        exported_at: Timestamp(START + 3_600_000_000),
    }
}

fn at(seconds: i64) -> Timestamp {
    Timestamp(START + seconds * 1_000_000)
}

fn message(id: i64, direction: Direction, kind: MessageKind, text: &str) -> EventKind {
    EventKind::Message(Box::new(said(id, direction, kind, text)))
}

fn said(id: i64, direction: Direction, kind: MessageKind, text: &str) -> Message {
    let inbound = direction == Direction::In;
    Message {
        id: MessageId(id),
        conversation_id: ConversationId(1),
        seq: id,
        channel_id: ChannelId(1),
        direction,
        kind,
        sender: if inbound { Sender::Contact(ContactId(9)) } else { Sender::User(UserId(11)) },
        sender_name: (!inbound).then(|| "Ann Lee".to_owned()),
        text: text.to_owned(),
        media: Vec::new(),
        extra: None,
        client_id: None,
        provider_message_id: None,
        reply_to: None,
        status: (!inbound).then_some(Status::Queued),
        failure: None,
        hold: None,
        attempt: 0,
        at: at(id),
        sent_at: None,
        delivered_at: None,
        read_at: None,
    }
}

fn file(id: i64, kind: MediaKind, name: &str, size: i64) -> EventKind {
    let mut message = said(id, Direction::In, MessageKind::Media, "");
    message.media.push(Media {
        id: MediaId(1),
        kind,
        file_name: Some(name.to_owned()),
        mime: "x/y".to_owned(),
        size: Some(size),
        state: MediaState::Ready,
        remote_reference: Some("https://provider.example/secret".to_owned()),
    });
    EventKind::Message(Box::new(message))
}

/// Messages of every kind, what the team did, and a message that never arrived.
fn life() -> Vec<Event> {
    let ann = Actor { id: UserId(11), name: "Ann Lee".to_owned() };
    let assignee = Assignee { user_id: UserId(11), name: "Ann Lee".to_owned(), owner: true };
    let (to, from) = (vec![assignee.clone()], Vec::new());
    let failure = Failure { code: "131047".to_owned(), detail: "The 24-hour window is closed.".to_owned() };
    let (message_id, status) = (MessageId(12), Status::Failed);
    let all = [
        EventKind::Created { channel_id: ChannelId(1) },
        message(2, Direction::In, MessageKind::Text, "Hello\nis anybody there?"),
        EventKind::Assigned { by: ann.clone(), to, from, reason: AssignReason::Attend },
        message(4, Direction::Out, MessageKind::Text, "Hi Jo"),
        file(5, MediaKind::Image, "name.jpg", 120_000),
        file(6, MediaKind::Video, "clip.mp4", 2_300_000),
        file(7, MediaKind::Audio, "voice.ogg", 900),
        file(8, MediaKind::Document, "bill.pdf", 1_499),
        file(9, MediaKind::Sticker, "cat.webp", 30_000),
        message(10, Direction::In, MessageKind::Location, "51.5, -0.1"),
        message(11, Direction::In, MessageKind::Contacts, "Sam +4474"),
        message(12, Direction::Out, MessageKind::Text, "Too late"),
        EventKind::Status {
            message_id,
            status,
            at: at(13),
            failure: Some(failure),
            hold: None,
            attempt: None,
        },
        EventKind::Unassigned { by: ann, from: vec![assignee], reason: UnassignReason::LeftGroup },
    ];
    (1..).zip(all).map(|(seq, kind)| Event { seq, at: at(seq), kind }).collect()
}

fn body(edition: Edition) -> Vec<String> {
    let text = Transcript::of(&header(), &life(), "Europe/London", edition).text();
    text.split("\r\n\r\n").nth(1).unwrap().trim_end().split("\r\n").map(str::to_owned).collect()
}

/// The seven symbols are S2-38's; the whole is S2-34's.
#[test]
fn s2_34_a_transcript_holds_everything_in_order() {
    let wanted = [
        "[2026-01-05 10:00:02] Jo Bloggs: Hello",
        "    is anybody there?",
        "[2026-01-05 10:00:03] -- Ann Lee attended --",
        "[2026-01-05 10:00:04] Ann Lee: Hi Jo",
        "[2026-01-05 10:00:05] Jo Bloggs: [image: name.jpg, 120 KB]",
        "[2026-01-05 10:00:06] Jo Bloggs: [video: clip.mp4, 2.3 MB]",
        "[2026-01-05 10:00:07] Jo Bloggs: [audio: voice.ogg, 900 B]",
        "[2026-01-05 10:00:08] Jo Bloggs: [document: bill.pdf, 1 KB]",
        "[2026-01-05 10:00:09] Jo Bloggs: [sticker: cat.webp, 30 KB]",
        "[2026-01-05 10:00:10] Jo Bloggs: [location] 51.5, -0.1",
        "[2026-01-05 10:00:11] Jo Bloggs: [contact card] Sam +4474",
        "[2026-01-05 10:00:12] Ann Lee: Too late",
        "    [not delivered: The 24-hour window is closed.]",
        "[2026-01-05 10:00:14] -- Ann Lee unassigned: left the group --",
    ];
    assert_eq!(body(Edition::Team { notes: false, system: true }), wanted);
}

#[test]
fn s2_38_files_are_symbols_and_never_addresses() {
    let text = Transcript::of(&header(), &life(), "UTC", Edition::Team { notes: true, system: true }).text();
    assert!(!text.contains("http") && !text.contains("secret"), "{text}");
}

#[test]
fn the_head_says_what_it_is() {
    let transcript = Transcript::of(&header(), &life(), "Europe/London", Edition::Customer);
    let label = |name: &str| {
        transcript.head.iter().find(|(label, _)| *label == name).map(|(_, value)| value.as_str())
    };
    assert_eq!(label("Contact"), Some("Jo Bloggs (+447400123456)"));
    assert_eq!(label("Conversation"), Some("#1042"));
    assert_eq!(label("Period"), Some("2026-01-05 10:00:01 to 2026-01-05 10:00:14"));
    assert_eq!(label("Exported"), Some("2026-01-05 11:00:00 by Ada Lee"));
    assert_eq!(transcript.file_name("txt"), "conversation-1042-2026-01-05.txt");
}

#[test]
fn h_38_the_customers_own_version_has_nothing_internal() {
    let lines = body(Edition::Customer);
    assert!(lines.contains(&"[2026-01-05 10:00:04] Ann: Hi Jo".to_owned()), "{lines:?}");
    let inside = |line: &String| line.contains("Lee") || line.contains("--") || line.contains("delivered");
    assert!(!lines.iter().any(inside), "{lines:?}");
}
