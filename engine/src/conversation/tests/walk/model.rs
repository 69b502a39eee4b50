//! The naive model: what anybody would write on paper.

use super::super::*;
use super::outbox::Sent;
use crate::consent::ConsentState;
use std::collections::{BTreeSet, HashMap};

/// What anybody would write on paper.
#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts, as on paper")]
pub(super) struct Model {
    pub(super) open: bool,
    /// Nothing but broadcasts yet.
    pub(super) silent: bool,
    /// When, and whether it was open before.
    pub(super) deleted: Option<(Timestamp, bool)>,
    pub(super) closed_at: Option<Timestamp>,
    pub(super) snoozed_until: Option<Timestamp>,
    pub(super) notes: usize,
    pub(super) inbound_keys: BTreeSet<String>,
    pub(super) sent: Vec<Sent>,
    /// What was last said about being written to, by kind of line.
    pub(super) consents: HashMap<ChannelKind, ConsentState>,
    /// Everybody on the list of viewers is gone.
    pub(super) revealed: bool,
    /// The first owns.
    pub(super) assignees: Vec<UserId>,
    pub(super) readers: HashMap<UserId, ReadState>,
    /// When the customer last wrote on WhatsApp, and whether that was the line they used last.
    pub(super) window: Option<Timestamp>,
    pub(super) by_whatsapp: bool,
}

impl Model {
    fn may_close(&self, by: &Member) -> bool {
        by.role == Role::Admin || self.assignees.contains(&by.id)
    }

    fn acknowledge(&mut self, seen: &Acknowledge, log: &[Event]) {
        let gone = |id: MessageId| {
            let sent = self.sent.iter().find(|sent| sent.id == id);
            sent.is_some_and(|sent| !matches!(sent.status, Status::Queued | Status::Sending))
        };
        let meant = |m: &&crate::message::Message| {
            m.seq <= seen.upto && m.channel_id == seen.channel_id && gone(m.id)
        };
        let reached: Vec<MessageId> = messages(log).filter(meant).map(|m| m.id).collect();
        for id in reached {
            self.climb(id, seen.status);
        }
    }

    /// The code the rules must answer with, or none; and then what changes.
    pub(super) fn judge(&mut self, command: &Command, now: Timestamp, log: &[Event]) -> Option<&'static str> {
        match command {
            Command::Receive(receive) => return self.receive(receive, now),
            Command::Reply(reply) => return self.reply(reply, now),
            Command::Announce(announce) => return self.announce(announce, now),
            Command::Advance(advance) => {
                let (id, news) = (advance.message.id, advance.receipt.status);
                let never = news == Status::Read && self.of(id).kind == ChannelKind::Sms;
                self.climb(id, if never { Status::Delivered } else { news });
            }
            Command::Acknowledge(acknowledge) => self.acknowledge(acknowledge, log),
            Command::Read(read) => self.read(read.by.id, read.mark, log),
            Command::ReadFor(read) => {
                if read.by.role != Role::Admin {
                    return Some("forbidden");
                }
                if !read.confirm {
                    return Some("confirm_required");
                }
                self.read(read.reader.user.id, read.mark, log);
            }
            Command::Reopen(reopen) if !self.open && self.deleted.is_none() => {
                (self.open, self.closed_at) = (true, None);
                self.assignees = vec![reopen.by.id];
            }
            Command::Release(release) => self.assignees.retain(|user| *user != release.user),
            Command::Wake => self.snoozed_until = self.snoozed_until.filter(|until| *until > now),
            Command::Reopen(_) | Command::FileArrived(_) => {}
            Command::Reveal(_) => self.revealed = true,
            Command::Cancel(cancel) => return self.cancel(cancel),
            Command::Retry(retry) => return self.retry(retry, now),
            Command::Reconsider(reconsider) => self.reconsider(&reconsider.waiting, now),
            Command::SetConsent(set) => return self.set_consent(set),
            Command::Delete(_) | Command::Restore(_) => return self.delete_or_restore(command, now),
            Command::Note(_) if self.deleted.is_some() => return Some("conversation_closed"),
            Command::Note(_) => self.notes += 1,
            Command::Close(_) if !self.open && self.deleted.is_none() => {}
            _ if !self.open => return Some("conversation_closed"),
            Command::Close(close) => return self.close(close, now),
            Command::Attend(attend) => match self.assignees.first() {
                Some(owner) if *owner != attend.by.id => return Some("already_assigned"),
                Some(_) => {}
                None => self.hand_over(vec![attend.by.id]),
            },
            Command::Assign(assign) => return self.assign(assign),
            Command::AddAssignee(add) => {
                let user = add.candidate.user.id;
                if !add.candidate.eligible {
                    return Some("not_member");
                }
                if !self.assignees.contains(&user) {
                    if user != add.by.id {
                        self.readers.entry(user).or_default().forced_unread = true;
                    }
                    let more = self.assignees.iter().copied().chain([user]).collect();
                    self.hand_over(more);
                }
            }
            Command::RemoveAssignee(remove) => {
                let theirs = self.assignees.contains(&remove.user);
                if theirs && remove.user != remove.by.id && !self.may_close(&remove.by) {
                    return Some("not_assignee");
                }
                self.assignees.retain(|user| *user != remove.user);
            }
            Command::Snooze(_) | Command::Unsnooze(_) => return self.snooze(command, now),
            Command::Unassign(unassign) => {
                if !self.assignees.is_empty() && !self.may_close(&unassign.by) {
                    return Some("not_assignee");
                }
                self.assignees.clear();
            }
        }
        None
    }

    pub(super) fn hand_over(&mut self, to: Vec<UserId>) {
        (self.assignees, self.snoozed_until) = (to, None);
    }

    fn close(&mut self, close: &Close, now: Timestamp) -> Option<&'static str> {
        if !self.may_close(&close.by) {
            return Some("not_assignee");
        }
        match close.pending {
            None if !close.queued.is_empty() => return Some("confirm_required"),
            Some(Pending::Cancel) => close.queued.iter().for_each(|id| self.climb(*id, Status::Cancelled)),
            _ => {}
        }
        (self.open, self.closed_at, self.snoozed_until) = (false, Some(now), None);
        None
    }

    fn delete_or_restore(&mut self, command: &Command, now: Timestamp) -> Option<&'static str> {
        let (by, queued) = match command {
            Command::Delete(delete) => (&delete.by, Some(&delete.queued)),
            Command::Restore(restore) => (&restore.by, None),
            _ => unreachable!(),
        };
        if by.role != Role::Admin {
            return Some("forbidden");
        }
        match (self.deleted, queued) {
            (None, Some(queued)) => {
                for id in queued {
                    self.climb(*id, Status::Cancelled);
                }
                self.deleted = Some((now, self.open));
                (self.open, self.snoozed_until) = (false, None);
            }
            (Some((at, _)), None) if now.since(at) > RESTORABLE => return Some("restore_expired"),
            (Some((_, open)), None) => (self.open, self.deleted) = (open, None),
            _ => {}
        }
        None
    }

    fn snooze(&mut self, command: &Command, now: Timestamp) -> Option<&'static str> {
        let (by, until) = match command {
            Command::Snooze(snooze) => (&snooze.by, Some(snooze.until)),
            Command::Unsnooze(unsnooze) => (&unsnooze.by, None),
            _ => unreachable!(),
        };
        if !self.may_close(by) {
            return Some("not_assignee");
        }
        if until.is_some_and(|until| until <= now) {
            return Some("validation");
        }
        self.snoozed_until = until;
        None
    }

    fn receive(&mut self, receive: &Receive, now: Timestamp) -> Option<&'static str> {
        let key = receive.provider_message_id.clone().unwrap();
        if self.inbound_keys.contains(&key) {
            return None;
        }
        if self.deleted.is_none() && self.closed_at.is_some_and(|at| now.since(at) < receive.reopen_within) {
            (self.open, self.closed_at) = (true, None);
        }
        self.open |= std::mem::take(&mut self.silent);
        if !self.open {
            return Some("conversation_closed");
        }
        self.snoozed_until = None;
        self.inbound_keys.insert(key);
        self.by_whatsapp = receive.route.kind == ChannelKind::Whatsapp;
        if self.by_whatsapp {
            self.window = self.window.max(receive.at.map(|at| at.min(now)));
        }
        None
    }

    fn assign(&mut self, assign: &Assign) -> Option<&'static str> {
        if assign.to.is_empty() {
            return Some("validation");
        }
        if assign.to.iter().any(|candidate| !candidate.eligible) {
            return Some("not_member");
        }
        let mut to: Vec<UserId> = Vec::new();
        for candidate in &assign.to {
            if !to.contains(&candidate.user.id) {
                to.push(candidate.user.id);
            }
        }
        if to != self.assignees {
            for id in to.iter().filter(|id| **id != assign.by.id && !self.assignees.contains(id)) {
                self.readers.entry(*id).or_default().forced_unread = true;
            }
            self.hand_over(to);
        }
        None
    }

    fn read(&mut self, reader: UserId, mark: Mark, log: &[Event]) {
        let state = self.readers.entry(reader).or_default();
        match mark {
            Mark::Unread => state.forced_unread = true,
            Mark::Upto { seq, .. } => {
                state.forced_unread = false;
                state.last_read_seq = state.last_read_seq.max(seq.min(log.len() as i64));
                state.read_inbound_count = inbound_upto(log, state.last_read_seq);
            }
        }
    }
}

fn messages(log: &[Event]) -> impl Iterator<Item = &crate::message::Message> {
    log.iter().filter_map(|event| match &event.kind {
        EventKind::Message(message) => Some(&**message),
        _ => None,
    })
}

pub(super) fn inbound_upto(log: &[Event], seq: i64) -> i64 {
    messages(log).filter(|message| message.direction == Direction::In && message.seq <= seq).count() as i64
}
