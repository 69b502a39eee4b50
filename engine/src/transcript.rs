//! Transcripts: a conversation as text that people keep. The lines are made here; a text file and a PDF show the same ones.
//!
//! Files are named by a symbol, never linked; notes and what the team did among itself stay out unless they are asked for.

use crate::conversation::{AssignReason, Assignee, Event, EventKind, UnassignReason};
use crate::message::{Direction, Media, Message, MessageKind, Sender};
use crate::receipt::Status;
use crate::time::Timestamp;
use jiff::tz::TimeZone;
use std::collections::HashMap;
use std::fmt::Write;

/// What stands above the lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    pub business: String,
    pub contact: String,
    /// Number or address, if there is one.
    pub contact_address: Option<String>,
    /// Names of the channels.
    pub channels: Vec<String>,
    /// #1042
    pub number: i64,
    /// Names of who answers; empty for nobody. `None` leaves the line out: a customer is not told.
    pub assignees: Option<Vec<String>>,
    pub exported_by: Option<String>,
    pub exported_at: Timestamp,
}

/// For whom, and with how much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edition {
    Team {
        /// Private notes, marked as such.
        notes: bool,
        /// Who was assigned when, closing and the like.
        system: bool,
    },
    /// What the customer said and was told: first names of colleagues, nothing internal.
    Customer,
}

/// One entry of the body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Local date and time.
    pub at: String,
    /// `None` for what the system says.
    pub who: Option<String>,
    /// May hold line breaks of the person's own.
    pub text: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transcript {
    /// Label and value, in order.
    pub head: Vec<(&'static str, String)>,
    pub lines: Vec<Line>,
    number: i64,
    date: String,
}

impl Transcript {
    /// `events` in their order, with every message in its last known state (see [`latest`]). `zone` is an IANA name; an unknown one means UTC.
    pub fn of(header: &Header, events: &[Event], zone: &str, edition: Edition) -> Self {
        let zone_name = zone;
        let zone = TimeZone::get(zone).unwrap_or(TimeZone::UTC);
        let statuses = latest(events);
        let lines: Vec<Line> =
            events.iter().filter_map(|event| line(event, header, &zone, edition, &statuses)).collect();
        let period = match (events.first(), events.last()) {
            (Some(first), Some(last)) => format!("{} to {}", local(first.at, &zone), local(last.at, &zone)),
            _ => "nothing yet".to_owned(),
        };
        let contact = match &header.contact_address {
            Some(address) if *address != header.contact => format!("{} ({address})", header.contact),
            _ => header.contact.clone(),
        };
        let mut head = vec![
            ("Business", header.business.clone()),
            ("Contact", contact),
            ("Channels", header.channels.join(", ")),
            ("Conversation", format!("#{}", header.number)),
        ];
        if let Some(assignees) = &header.assignees {
            let names = if assignees.is_empty() { "nobody".to_owned() } else { assignees.join(", ") };
            head.push(("Assigned to", names));
        }
        head.push(("Period", period));
        head.push(("Times in", zone_name.to_owned()));
        let by = header.exported_by.as_ref().map_or(String::new(), |name| format!(" by {name}"));
        head.push(("Exported", format!("{}{by}", local(header.exported_at, &zone))));
        let date = local(header.exported_at, &zone).chars().take(10).collect();
        Self { head, lines, number: header.number, date }
    }

    /// As a text file: UTF-8, lines ended as Windows likes them, which everybody else takes too.
    pub fn text(&self) -> String {
        let mut text = String::with_capacity(64 * self.lines.len() + 512);
        for (label, value) in &self.head {
            let _ = write!(text, "{label}: {}\r\n", one_line(value));
        }
        text.push_str("\r\n");
        for line in &self.lines {
            let body = line.text.replace("\r\n", "\n").replace('\n', "\r\n    ");
            let _ = match &line.who {
                Some(who) => write!(text, "[{}] {}: {body}\r\n", line.at, one_line(who)),
                None => write!(text, "[{}] -- {body} --\r\n", line.at),
            };
        }
        text
    }

    /// `conversation-1042-2026-01-05.txt`
    pub fn file_name(&self, extension: &str) -> String {
        format!("conversation-{}-{}.{extension}", self.number, self.date)
    }
}

fn one_line(text: &str) -> String {
    text.replace(['\r', '\n'], " ")
}

fn local(at: Timestamp, zone: &TimeZone) -> String {
    jiff::Timestamp::from_microsecond(at.0)
        .map(|moment| moment.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S").to_string())
        .unwrap_or_default()
}

/// Where each outbound message ended, by what the log says of it; its own event only knows its beginning.
fn latest(events: &[Event]) -> HashMap<i64, (Status, Option<String>)> {
    let mut statuses = HashMap::new();
    for event in events {
        if let EventKind::Status { message_id, status, failure, .. } = &event.kind {
            let reason = failure.as_ref().map(|failure| failure.detail.clone());
            statuses.insert(message_id.0, (*status, reason));
        }
    }
    statuses
}

fn line(
    event: &Event,
    header: &Header,
    zone: &TimeZone,
    edition: Edition,
    statuses: &HashMap<i64, (Status, Option<String>)>,
) -> Option<Line> {
    let at = local(event.at, zone);
    if let EventKind::Message(message) = &event.kind {
        return said(message, header, edition, statuses, zone);
    }
    if !matches!(edition, Edition::Team { system: true, .. }) {
        return None;
    }
    Some(Line { at, who: None, text: done(&event.kind, zone)? })
}

fn said(
    message: &Message,
    header: &Header,
    edition: Edition,
    statuses: &HashMap<i64, (Status, Option<String>)>,
    zone: &TimeZone,
) -> Option<Line> {
    let note = message.direction == Direction::Internal;
    if note && !matches!(edition, Edition::Team { notes: true, .. }) {
        return None;
    }
    let mut text = message.text.clone();
    for media in &message.media {
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(&symbol(media));
    }
    if let Some(kind) = kind_symbol(message.kind) {
        let named = format!("[{kind}] {text}");
        named.trim_end().clone_into(&mut text);
    }
    let known = statuses.get(&message.id.0);
    let status = known.map(|(status, _)| *status).or(message.status);
    if status == Some(Status::Failed) && edition != Edition::Customer {
        let reason = known
            .and_then(|(_, reason)| reason.clone())
            .or_else(|| message.failure.as_ref().map(|failure| failure.detail.clone()));
        let _ = write!(text, "\n[not delivered: {}]", reason.unwrap_or_else(|| "no reason given".to_owned()));
    }
    let name = message.sender_name.clone().unwrap_or_default();
    let who = match (message.sender, edition) {
        (Sender::Contact(_), _) => header.contact.clone(),
        (Sender::Broadcast(_), Edition::Customer) => header.business.clone(),
        (Sender::Broadcast(_), _) => format!("Broadcast: {name}"),
        (_, Edition::Customer) => name.split_whitespace().next().unwrap_or(&header.business).to_owned(),
        (Sender::Ai, _) if name.is_empty() => "AI".to_owned(),
        (Sender::Bot, _) if name.is_empty() => format!("{} Bot", header.business),
        _ => name,
    };
    let who = if note { format!("{who} (private note)") } else { who };
    Some(Line { at: local(message.at, zone), who: Some(who), text })
}

fn kind_symbol(kind: MessageKind) -> Option<&'static str> {
    match kind {
        MessageKind::Location => Some("location"),
        MessageKind::Contacts => Some("contact card"),
        MessageKind::Unsupported => Some("unsupported message"),
        _ => None,
    }
}

/// `[image: name.jpg, 120 KB]`
fn symbol(media: &Media) -> String {
    let name = media.file_name.as_deref().map_or_else(|| "no name".to_owned(), one_line);
    match media.size {
        Some(size) => format!("[{}: {name}, {}]", media.kind.as_str(), human(size)),
        None => format!("[{}: {name}]", media.kind.as_str()),
    }
}

fn human(bytes: i64) -> String {
    match bytes {
        ..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{} KB", (bytes + 500) / 1_000),
        _ => format!("{}.{} MB", bytes / 1_000_000, bytes % 1_000_000 / 100_000),
    }
}

/// What happened, as a sentence.
fn done(kind: &EventKind, zone: &TimeZone) -> Option<String> {
    let names = |list: &[Assignee]| list.iter().map(|one| one.name.as_str()).collect::<Vec<_>>().join(", ");
    Some(match kind {
        EventKind::Assigned { by, reason: AssignReason::Attend, .. } => format!("{} attended", by.name),
        EventKind::Assigned { by, to, .. } => format!("{} assigned to {}", by.name, names(to)),
        EventKind::Unassigned { from, reason: UnassignReason::LeftGroup, .. } => {
            format!("{} unassigned: left the group", names(from))
        }
        EventKind::Unassigned { from, reason: UnassignReason::Deactivated, .. } => {
            format!("{} unassigned: deactivated", names(from))
        }
        EventKind::Unassigned { by, from, .. } => format!("{} unassigned {}", by.name, names(from)),
        EventKind::Closed { by, note: Some(note) } => format!("{} closed the conversation: {note}", by.name),
        EventKind::Closed { by, note: None } => format!("{} closed the conversation", by.name),
        EventKind::Reopened { by: Some(by) } => format!("{} reopened the conversation", by.name),
        EventKind::Reopened { by: None } => "the customer wrote again: the conversation goes on".to_owned(),
        EventKind::Snoozed { by, until } => {
            format!("{} snoozed the conversation until {}", by.name, local(*until, zone))
        }
        EventKind::Woken { .. } => "the conversation is back in the list".to_owned(),
        EventKind::Deleted { by } => format!("{} deleted the conversation", by.name),
        EventKind::Restored { by } => format!("{} restored the conversation", by.name),
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
