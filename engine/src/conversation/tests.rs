//! Given / when / then tables of every command, and random walks against a naive model.
//!
//! A table is a state, a command and the story it must make: refusal, events, rows to write and work to hand on, one line each (see
//! [`story`]). [`check`] is the only way in; it also checks what must hold for every command: numbers without holes, a version that
//! grows exactly when the head changes, nothing at all from a refusal.

use super::*;
use crate::channels::Content;
use crate::contact::{ContactKind, Identity, IdentityKind};
use crate::ids::MediaId;
use crate::message::{Media, MediaKind, MediaState};
use crate::receipt::{Failure, Receipt};
use crate::user::{Member, Role};
use std::time::Duration;

mod announcing;
mod assigning;
mod closing;
mod delivering;
mod living;
mod reading;
mod receiving;
mod replying;
mod sending;
mod sharing;
mod walk;

/// Where every table's clock starts.
const START: Timestamp = Timestamp(1_767_607_200_000_000);

fn hours(count: u64) -> Timestamp {
    START.plus(Duration::from_hours(count))
}

fn seconds(count: u64) -> Timestamp {
    START.plus(Duration::from_secs(count))
}

fn member(id: i64, name: &str, role: Role) -> Member {
    Member { id: UserId(id), name: name.to_owned(), role, leads: Vec::new() }
}

fn ann() -> Member {
    member(11, "Ann", Role::Agent)
}

fn bob() -> Member {
    member(12, "Bob", Role::Agent)
}

fn ada() -> Member {
    member(10, "Ada", Role::Admin)
}

fn route(kind: ChannelKind) -> Route {
    let (channel_id, address) = match kind {
        ChannelKind::Webchat => (5, "3f2a"),
        ChannelKind::Whatsapp => (6, "447400123456"),
        ChannelKind::Sms => (7, "+447400123456"),
    };
    Route {
        channel_id: ChannelId(channel_id),
        kind,
        name: format!("{kind:?}"),
        address: address.to_owned(),
        last_inbound_at: None,
    }
}

/// What a visitor's browser says of the widget's messages.
fn seen(upto: i64, status: Status) -> Acknowledge {
    Acknowledge { channel_id: route(ChannelKind::Webchat).channel_id, upto, status, older: Vec::new() }
}

/// A conversation that waits for its first message.
fn unborn() -> Conversation {
    let phone = Identity::new(IdentityKind::Phone, "+447400123456").unwrap();
    let contact = Contact::unknown(crate::ids::ContactId(9), &[phone], None);
    Conversation::unborn(ConversationId(72), BusinessId(1), GroupId(3), 1042, contact, START)
}

/// A conversation with one message, "Hello", received at [`START`] on a line of this kind: events 1 and 2.
fn begun(kind: ChannelKind) -> Conversation {
    after(&unborn(), [received(kind, 1, "Hello")])
}

fn received(kind: ChannelKind, id: i64, text: &str) -> Command {
    Command::Receive(Box::new(receive(kind, id, text)))
}

fn receive(kind: ChannelKind, id: i64, text: &str) -> Receive {
    let webchat = kind == ChannelKind::Webchat;
    Receive {
        message_id: MessageId(id),
        route: route(kind),
        provider_message_id: (!webchat).then(|| format!("wamid.{id}")),
        client_id: webchat.then(|| format!("v{id}")),
        content: Content::text(text),
        media: Vec::new(),
        reply_to: None,
        at: None,
        profile_name: None,
        beginning: Beginning::default(),
        reopen_within: Duration::ZERO,
    }
}

fn replied(id: i64, by: &Member, text: &str) -> Command {
    Command::Reply(Box::new(reply(id, by, text)))
}

fn reply(id: i64, by: &Member, text: &str) -> Reply {
    Reply {
        message_id: MessageId(id),
        by: by.clone(),
        client_id: format!("c{id}"),
        text: text.to_owned(),
        attachments: Vec::new(),
        files: 0,
        attends: true,
        newer: 0,
        beginning: Beginning::default(),
        template: None,
        route: None,
        around: crate::sending::Circumstances { takes_files: true, ..Default::default() },
    }
}

/// A text of broadcast `broadcast`, on SMS by default.
fn announce(id: i64, broadcast: i64, route: Route) -> Announce {
    Announce {
        message_id: MessageId(id),
        broadcast: crate::ids::BroadcastId(broadcast),
        name: "Spring sale".to_owned(),
        text: "All teas 10 % off".to_owned(),
        template: None,
        route,
        around: crate::sending::Circumstances::default(),
        birth: None,
    }
}

fn note(id: i64, by: &Member, text: &str) -> Note {
    let client_id = format!("n{id}");
    Note { message_id: MessageId(id), by: by.clone(), client_id, text: text.to_owned(), mentions: Vec::new() }
}

/// Agents may do what they like with colleagues.
const FREE: Policy = Policy { agents_can_assign: true, agents_assign_admins: true };

fn assign(by: Member, to: Vec<Candidate>) -> Assign {
    Assign { by, to, policy: FREE, expected_version: None, bulk: false }
}

fn close(by: Member) -> Command {
    Command::Close(Close { by, note: None, pending: None, queued: Vec::new() })
}

fn file(id: i64, kind: MediaKind, state: MediaState) -> Media {
    let mime = match kind {
        MediaKind::Image => "image/png",
        MediaKind::Video => "video/mp4",
        MediaKind::Sticker => "image/webp",
        MediaKind::Audio | MediaKind::Document => "application/octet-stream",
    };
    let mime = mime.to_owned();
    Media { id: MediaId(id), kind, file_name: None, mime, size: Some(10), state, remote_reference: None }
}

/// The state after commands that must all succeed, each a second after the one before.
fn after(given: &Conversation, commands: impl IntoIterator<Item = Command>) -> Conversation {
    let steps = commands.into_iter().zip(0..);
    steps.fold(given.clone(), |state, (command, second)| {
        state.handle(&command, given.last_activity_at.plus(Duration::from_secs(second))).unwrap().next
    })
}

/// Gives the command at `now`, compares the story and returns the state from then on.
#[track_caller]
fn check(given: &Conversation, when: &Command, now: Timestamp, then: &[&str]) -> Conversation {
    let result = given.handle(when, now);
    assert_eq!(story(&result), then, "{when:#?}");
    let Ok(outcome) = result else { return given.clone() };
    lawful(given, &outcome);
    outcome.next
}

/// What holds for every outcome, whatever the command.
#[track_caller]
fn lawful(before: &Conversation, outcome: &Outcome) {
    let numbers: Vec<i64> = outcome.events.iter().map(|event| event.seq).collect();
    let expected: Vec<i64> = (before.last_seq + 1..=outcome.next.last_seq).collect();
    assert_eq!(numbers, expected, "events are numbered without holes");
    let changed = Conversation { version: before.version, ..outcome.next.clone() } != *before;
    assert_eq!(
        outcome.next.version - before.version,
        i64::from(changed),
        "the version grows iff the head changes"
    );
    assert_eq!(outcome.changes_head(before), changed);
    if outcome.is_empty() {
        assert!(!changed, "a head that changes is never an empty outcome");
    }
    assert!(outcome.next.assignees.iter().filter(|a| a.owner).count() <= 1, "at most one owner");
    assert_eq!(outcome.next.owner().is_some(), !outcome.next.assignees.is_empty(), "assigned means owned");
    assert!(outcome.next.recent_inbound.len() <= MEMORY && outcome.next.recent_outbound.len() <= MEMORY);
}

/// One line per thing that happened: `#2 in "Hello"` is an event, `+ …` and `= …` are rows, `> …` is work for others.
fn story(result: &Result<Outcome, Refusal>) -> Vec<String> {
    let outcome = match result {
        Err(Refusal::Invalid { field, .. }) => return vec![format!("refused validation {field}")],
        Err(refusal) => return vec![format!("refused {}", refusal.code())],
        Ok(outcome) => outcome,
    };
    let events = outcome.events.iter().map(|event| format!("#{} {}", event.seq, event_line(&event.kind)));
    let changes = outcome.changes.iter().map(change_line);
    let requests = outcome.requests.iter().map(request_line);
    events.chain(changes).chain(requests).collect()
}

fn event_line(kind: &EventKind) -> String {
    match kind {
        EventKind::Created { channel_id } => format!("created on {channel_id}"),
        EventKind::Message(message) => match message.status {
            None if message.direction == Direction::Internal => format!("note {:?}", message.text),
            None => format!("in {:?}", message.text),
            Some(status) => format!("out {:?} {}", message.text, status.as_str()),
        },
        EventKind::Status { message_id, status, failure, .. } => {
            format!("status {message_id} {}{}", status.as_str(), failure_mark(failure.as_ref()))
        }
        EventKind::Media { message_id, media } => format!("media {message_id} {}", media.state.as_str()),
        EventKind::Assigned { by, to, from, reason } => {
            format!("assigned {} by {} ({reason:?}), was {}", names(to), by.name, names(from))
        }
        EventKind::Unassigned { by, from, reason: UnassignReason::Unassign } => {
            format!("unassigned by {}, was {}", by.name, names(from))
        }
        EventKind::Unassigned { by, from, reason } => {
            format!("unassigned by {}, was {}: {reason:?}", by.name, names(from))
        }
        EventKind::Consent { channel_kind, state, .. } => {
            format!("consent {} {}", channel_kind.as_str(), state.as_str())
        }
        EventKind::Updated { fields } => format!("updated {}", fields.join(", ")),
        EventKind::Closed { by, note } => {
            format!("closed by {}{}", by.name, note.as_ref().map_or(String::new(), |n| format!(": {n:?}")))
        }
        EventKind::Reopened { by } => format!("reopened by {}", by_whom(by.as_ref())),
        EventKind::Deleted { by } => format!("deleted by {}", by.name),
        EventKind::Restored { by } => format!("restored by {}", by.name),
        EventKind::Snoozed { by, until } => {
            format!("snoozed by {} for {}s", by.name, until.since(START).as_secs())
        }
        EventKind::Woken { by, reason } => format!("woken by {} ({reason:?})", by_whom(by.as_ref())),
    }
}

fn by_whom(actor: Option<&Actor>) -> &str {
    actor.map_or("nobody", |actor| &actor.name)
}

fn change_line(change: &Change) -> String {
    match change {
        Change::CreateContact { contact, identities } => {
            format!("+ contact {} with {} marks", contact.name, identities.len())
        }
        Change::AddIdentities(identities) => format!("+ {} marks", identities.len()),
        Change::InsertMessage(message) => format!("+ message {}", message.id),
        Change::UpdateMessage(update) => {
            let id = update.provider_message_id.as_deref().map_or(String::new(), |id| format!(" as {id}"));
            let failure = failure_mark(update.failure.as_ref());
            format!("= message {} {}{failure}{id}", update.message_id, update.status.as_str())
        }
        Change::UpdateMedia { media, .. } => format!("= media {} {}", media.id, media.state.as_str()),
        Change::OpenWindow { channel_id, at, .. } => {
            format!("= window of {channel_id} from {}s", at.since(START).as_secs())
        }
        Change::SetAssignees(assignees) => format!("= assignees {}", names(assignees)),
        Change::SetVisibility => "= viewers".to_owned(),
        Change::SetRead { user_id, state } => {
            let forced = if state.forced_unread { " unread" } else { "" };
            format!("= read by {user_id} #{} ({} in){forced}", state.last_read_seq, state.read_inbound_count)
        }
        Change::Enqueue { message_id, channel_id, held_until, attempt } => {
            let hold = held_until.map(|at| format!(" until {at}")).unwrap_or_default();
            let attempt = if *attempt == 0 { String::new() } else { format!(" after {attempt}") };
            format!("+ queued {message_id} on {channel_id}{hold}{attempt}")
        }
        Change::SetConsent(said) => {
            format!(
                "+ consent {} {} {}",
                said.channel_kind.as_str(),
                said.topic.as_str(),
                said.state.as_str()
            )
        }
        Change::Reach { broadcast, message_id } => format!("broadcast {broadcast} reached by {message_id}"),
        Change::Dequeue { message_id } => format!("- queued {message_id}"),
    }
}

fn request_line(request: &Request) -> String {
    match request {
        Request::Transmit { message_id, channel_id } => format!("> transmit {message_id} on {channel_id}"),
        Request::FetchMedia { message_id, channel_id } => {
            format!("> fetch files of {message_id} on {channel_id}")
        }
        Request::MarkRead { channel_id, provider_message_id } => {
            format!("> mark {provider_message_id} read on {channel_id}")
        }
    }
}

fn failure_mark(failure: Option<&Failure>) -> String {
    failure.map_or(String::new(), |failure| format!("!{}", failure.code))
}

/// "Ann*, Bob": the star marks the owner.
fn names(assignees: &[Assignee]) -> String {
    let name = |a: &Assignee| format!("{}{}", a.name, if a.owner { "*" } else { "" });
    if assignees.is_empty() {
        "nobody".to_owned()
    } else {
        assignees.iter().map(name).collect::<Vec<_>>().join(", ")
    }
}
