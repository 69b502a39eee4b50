//! Random walks: whole lives of a conversation, compared step by step with a naive model and with a fold of its own event log.
//!
//! The model knows nothing of heads and versions: a list of messages with statuses, a list of assignees, one pair of numbers per reader.

use super::*;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// One step of a walk; small numbers name people, keys and messages, so that they meet often.
#[derive(Clone, Debug)]
enum Step {
    Receive { key: u8, sms: bool, minutes_late: u16 },
    Reply { client: u8, other_text: bool, by: u8 },
    Advance { nth: u8, status: Status, answered: bool },
    Acknowledge { upto: u8, read: bool },
    Attend { by: u8 },
    Assign { by: u8, to: Vec<u8>, stranger: bool },
    Unassign { by: u8 },
    Release { user: u8 },
    Close { by: u8 },
    Reopen { by: u8 },
    Read { by: u8, upto: Option<u8> },
    Wait { minutes: u16 },
}

fn step() -> impl Strategy<Value = Step> {
    let status = prop::sample::select(Status::ALL.to_vec());
    prop_oneof![
        4 => (0..12_u8, any::<bool>(), 0..90_u16)
            .prop_map(|(key, sms, minutes_late)| Step::Receive { key, sms, minutes_late }),
        4 => (0..12_u8, prop::bool::weighted(0.2), 0..4_u8)
            .prop_map(|(client, other_text, by)| Step::Reply { client, other_text, by }),
        6 => (any::<u8>(), status, any::<bool>())
            .prop_map(|(nth, status, answered)| Step::Advance { nth, status, answered }),
        1 => (0..40_u8, any::<bool>()).prop_map(|(upto, read)| Step::Acknowledge { upto, read }),
        2 => (0..4_u8).prop_map(|by| Step::Attend { by }),
        2 => (0..4_u8, prop::collection::vec(0..4_u8, 0..3), prop::bool::weighted(0.1))
            .prop_map(|(by, to, stranger)| Step::Assign { by, to, stranger }),
        1 => (0..4_u8).prop_map(|by| Step::Unassign { by }),
        1 => (0..4_u8).prop_map(|user| Step::Release { user }),
        1 => (0..4_u8).prop_map(|by| Step::Close { by }),
        1 => (0..4_u8).prop_map(|by| Step::Reopen { by }),
        2 => (0..4_u8, prop::option::of(0..60_u8)).prop_map(|(by, upto)| Step::Read { by, upto }),
        2 => (1..1_000_u16).prop_map(|minutes| Step::Wait { minutes }),
    ]
}

/// Person 0 is the admin.
fn person(number: u8) -> Member {
    let role = if number == 0 { Role::Admin } else { Role::Agent };
    member(100 + i64::from(number), &format!("P{number}"), role)
}

/// What anybody would write on paper.
#[derive(Default)]
struct Model {
    open: bool,
    inbound_keys: BTreeSet<String>,
    /// Ids, client ids and texts of what was sent, with the status each has.
    sent: Vec<(MessageId, String, String, Status)>,
    /// The first owns.
    assignees: Vec<UserId>,
    readers: HashMap<UserId, ReadState>,
    /// When the customer last wrote on WhatsApp, and whether that was the line they used last.
    window: Option<Timestamp>,
    by_whatsapp: bool,
}

impl Model {
    fn may_close(&self, by: &Member) -> bool {
        by.role == Role::Admin || self.assignees.contains(&by.id)
    }

    /// The code the rules must answer with, or none; and then what changes.
    fn judge(&mut self, command: &Command, now: Timestamp, log: &[Event]) -> Option<&'static str> {
        match command {
            Command::Receive(receive) => return self.receive(receive, now),
            Command::Reply(reply) => return self.reply(reply, now),
            Command::Advance(advance) => self.climb(advance.message.id, advance.receipt.status),
            Command::Acknowledge(acknowledge) => {
                let reached: Vec<MessageId> =
                    messages(log).filter(|m| m.seq <= acknowledge.upto).map(|m| m.id).collect();
                for id in reached {
                    self.climb(id, acknowledge.status);
                }
            }
            Command::Read(read) => self.read(read, log),
            Command::Close(close) if self.open => {
                if !self.may_close(&close.by) {
                    return Some("not_assignee");
                }
                self.open = false;
            }
            Command::Reopen(reopen) if !self.open => {
                self.open = true;
                self.assignees = vec![reopen.by.id];
            }
            Command::Release(release) => self.assignees.retain(|user| *user != release.user),
            Command::FileArrived(_) | Command::Close(_) | Command::Reopen(_) | Command::Reveal(_) => {}
            // No part of the walk: they have tables of their own.
            Command::Cancel(_) | Command::Retry(_) | Command::Reconsider(_) | Command::SetConsent(_) => {}
            Command::Attend(_) | Command::Assign(_) | Command::Unassign(_) if !self.open => {
                return Some("conversation_closed");
            }
            Command::Attend(attend) => match self.assignees.first() {
                Some(owner) if *owner != attend.by.id => return Some("already_assigned"),
                Some(_) => {}
                None => self.assignees = vec![attend.by.id],
            },
            Command::Assign(assign) => return self.assign(assign),
            Command::Unassign(unassign) => {
                if !self.assignees.is_empty() && !self.may_close(&unassign.by) {
                    return Some("not_assignee");
                }
                self.assignees.clear();
            }
        }
        None
    }

    fn receive(&mut self, receive: &Receive, now: Timestamp) -> Option<&'static str> {
        let key = receive.provider_message_id.clone().unwrap();
        if self.inbound_keys.contains(&key) {
            return None;
        }
        if !self.open {
            return Some("conversation_closed");
        }
        self.inbound_keys.insert(key);
        self.by_whatsapp = receive.route.kind == ChannelKind::Whatsapp;
        if self.by_whatsapp {
            self.window = self.window.max(receive.at.map(|at| at.min(now)));
        }
        None
    }

    fn reply(&mut self, reply: &Reply, now: Timestamp) -> Option<&'static str> {
        if let Some((_, _, text, _)) =
            self.sent.iter().find(|(_, client_id, ..)| *client_id == reply.client_id)
        {
            return (*text != reply.text).then_some("client_id_reused");
        }
        if !self.open {
            return Some("conversation_closed");
        }
        if self.by_whatsapp && self.window.is_none_or(|last| now >= last.plus(Duration::from_hours(24))) {
            return Some("window_closed");
        }
        if self.assignees.is_empty() {
            self.assignees = vec![reply.by.id];
        }
        self.sent.push((reply.message_id, reply.client_id.clone(), reply.text.clone(), Status::Queued));
        None
    }

    fn climb(&mut self, id: MessageId, news: Status) {
        for (_, _, _, status) in self.sent.iter_mut().filter(|(known, ..)| *known == id) {
            *status = status.join(news);
        }
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
            self.assignees = to;
        }
        None
    }

    fn read(&mut self, read: &Read, log: &[Event]) {
        let state = self.readers.entry(read.by.id).or_default();
        match read.mark {
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

fn inbound_upto(log: &[Event], seq: i64) -> i64 {
    messages(log).filter(|message| message.direction == Direction::In && message.seq <= seq).count() as i64
}

/// A walk: the state, everything stored on the way, and the model beside it.
struct Walk {
    now: Timestamp,
    state: Conversation,
    log: Vec<Event>,
    readers: HashMap<UserId, ReadState>,
    statuses: BTreeMap<MessageId, Status>,
    next_id: i64,
    model: Model,
}

impl Walk {
    fn begin() -> Self {
        let mut walk = Self {
            now: START,
            state: unborn(),
            log: Vec::new(),
            readers: HashMap::new(),
            statuses: BTreeMap::new(),
            next_id: 1_000,
            model: Model { open: true, ..Model::default() },
        };
        walk.take(&Step::Receive { key: 0, sms: false, minutes_late: 0 });
        walk
    }

    fn take(&mut self, step: &Step) {
        self.now = self.now.plus(Duration::from_millis(1));
        if let Step::Wait { minutes } = step {
            self.now = self.now.plus(Duration::from_mins(u64::from(*minutes)));
            return;
        }
        let Some(command) = self.command(step) else { return };
        let expected = self.model.judge(&command, self.now, &self.log);
        match self.state.handle(&command, self.now) {
            Err(refusal) => assert_eq!(Some(refusal.code()), expected, "{command:?}"),
            Ok(outcome) => {
                assert_eq!(None, expected, "{command:?}");
                lawful(&self.state, &outcome);
                self.store(outcome);
            }
        }
        self.compare();
    }

    fn command(&mut self, step: &Step) -> Option<Command> {
        self.next_id += 1;
        let id = self.next_id;
        Some(match *step {
            Step::Receive { key, sms, minutes_late } => {
                let kind = if sms { ChannelKind::Sms } else { ChannelKind::Whatsapp };
                let at = self.now.minus(Duration::from_mins(u64::from(minutes_late)));
                let received = receive(kind, id, "in");
                let provider_message_id = Some(format!("p{key}"));
                Command::Receive(Box::new(Receive { provider_message_id, at: Some(at), ..received }))
            }
            Step::Reply { client, other_text, by } => {
                let text = if other_text { "other" } else { "out" };
                let client_id = format!("c{client}");
                Command::Reply(Box::new(Reply { client_id, ..reply(id, &person(by), text) }))
            }
            Step::Advance { nth, status, answered } => {
                let sent: Vec<&Outbound> = self.state.recent_outbound.iter().collect();
                let message = (*sent.get(usize::from(nth) % sent.len().max(1))?).clone();
                let receipt = Receipt { status, at: self.now, failure: None };
                let provider_message_id = answered.then(|| format!("w{}", message.id));
                Command::Advance(Advance { message, receipt, provider_message_id })
            }
            Step::Acknowledge { upto, read } => {
                let status = if read { Status::Read } else { Status::Delivered };
                Command::Acknowledge(Acknowledge { upto: i64::from(upto), status })
            }
            Step::Attend { by } => Command::Attend(Attend { by: person(by) }),
            Step::Assign { by, ref to, stranger } => {
                let candidate = |number: &u8| {
                    let user = person(*number);
                    let read = self.readers.get(&user.id).copied().unwrap_or_default();
                    Candidate { user, eligible: !stranger, read }
                };
                Command::Assign(Assign { by: person(by), to: to.iter().map(candidate).collect() })
            }
            Step::Unassign { by } => Command::Unassign(Unassign { by: person(by) }),
            Step::Release { user } => Command::Release(Release {
                user: person(user).id,
                by: Actor::from(&person(0)),
                reason: UnassignReason::LeftGroup,
            }),
            Step::Close { by } => Command::Close(Close { by: person(by) }),
            Step::Reopen { by } => Command::Reopen(Reopen { by: person(by) }),
            Step::Read { by, upto } => {
                let by = person(by);
                let current = self.readers.get(&by.id).copied().unwrap_or_default();
                let mark = upto.map_or(Mark::Unread, |seq| {
                    let seq = i64::from(seq);
                    Mark::Upto { seq, inbound: inbound_upto(&self.log, seq) }
                });
                Command::Read(Read { by, mark, current })
            }
            Step::Wait { .. } => return None,
        })
    }

    /// What the database would do with the outcome.
    fn store(&mut self, outcome: Outcome) {
        for change in outcome.changes {
            match change {
                Change::SetRead { user_id, state } => {
                    let before = self.readers.insert(user_id, state).unwrap_or_default();
                    assert!(state.last_read_seq >= before.last_read_seq, "reading never goes back");
                }
                Change::InsertMessage(message) => {
                    if let Some(status) = message.status {
                        self.statuses.insert(message.id, status);
                    }
                }
                Change::UpdateMessage(update) => {
                    let before = self.statuses.insert(update.message_id, update.status).unwrap();
                    assert_eq!(before.join(update.status), update.status, "a status never falls");
                }
                _ => {}
            }
        }
        self.log.extend(outcome.events);
        self.state = outcome.next;
    }

    fn compare(&self) {
        let model = &self.model;
        let assignees: Vec<UserId> = self.state.assignees.iter().map(|a| a.user_id).collect();
        assert_eq!(assignees, model.assignees);
        assert_eq!(self.state.owner().map(|owner| owner.user_id), model.assignees.first().copied());
        assert_eq!(self.state.status == ConversationStatus::Open, model.open);
        let statuses: BTreeMap<MessageId, Status> =
            model.sent.iter().map(|(id, _, _, s)| (*id, *s)).collect();
        assert_eq!(self.statuses, statuses);
        for (user, state) in &model.readers {
            assert_eq!(self.readers.get(user).copied().unwrap_or_default(), *state, "{user}");
        }
        assert_eq!(self.state.inbound_count as usize, model.inbound_keys.len());
        Fold::of(&self.log).compare(&self.state);
    }
}

/// The head as anyone can work it out from the log alone.
struct Fold {
    inbound: i64,
    last: Option<(MessageId, Option<Status>)>,
    waiting_since: Option<Timestamp>,
    assignees: Vec<Assignee>,
    open: bool,
}

impl Fold {
    fn of(log: &[Event]) -> Self {
        let mut fold =
            Self { inbound: 0, last: None, waiting_since: None, assignees: Vec::new(), open: true };
        for event in log {
            match &event.kind {
                EventKind::Message(message) => {
                    fold.last = Some((message.id, message.status));
                    if message.direction == Direction::In {
                        fold.inbound += 1;
                        fold.waiting_since = fold.waiting_since.or(Some(message.at));
                    } else {
                        fold.waiting_since = None;
                    }
                }
                EventKind::Status { message_id, status, .. } => {
                    if let Some(last) = fold.last.as_mut().filter(|(id, _)| id == message_id) {
                        last.1 = Some(*status);
                    }
                }
                EventKind::Assigned { to, from, .. } => {
                    assert_eq!(*from, fold.assignees, "an event names who it was before");
                    fold.assignees.clone_from(to);
                }
                EventKind::Unassigned { from, .. } => {
                    let known =
                        |gone: &Assignee| fold.assignees.iter().any(|one| one.user_id == gone.user_id);
                    assert!(from.iter().all(known), "an event names who it was before");
                    fold.assignees.retain(|one| from.iter().all(|gone| gone.user_id != one.user_id));
                    // Whoever stays and stood next in line owns it then.
                    if let Some(first) =
                        fold.assignees.first_mut().filter(|_| from.iter().any(|one| one.owner))
                    {
                        first.owner = true;
                    }
                }
                EventKind::Closed { .. } => (fold.open, fold.waiting_since) = (false, None),
                EventKind::Reopened { .. } => fold.open = true,
                EventKind::Created { .. }
                | EventKind::Consent { .. }
                | EventKind::Media { .. }
                | EventKind::Updated { .. } => {}
            }
        }
        fold
    }

    fn compare(&self, state: &Conversation) {
        assert_eq!(self.inbound, state.inbound_count);
        assert_eq!(self.last, state.last_message.as_ref().map(|last| (last.message_id, last.status)));
        assert_eq!(self.waiting_since, state.waiting_since);
        assert_eq!(self.assignees, state.assignees);
        assert_eq!(self.open, state.status == ConversationStatus::Open);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    /// To see it go red: forget `next.waiting_since = None` in `Reply::append`, or record an event twice.
    #[test]
    fn a_random_life_matches_the_model_and_its_own_log(steps in prop::collection::vec(step(), 1..80)) {
        let mut walk = Walk::begin();
        for step in &steps {
            walk.take(step);
        }
        let numbers: Vec<i64> = walk.log.iter().map(|event| event.seq).collect();
        prop_assert_eq!(numbers, (1..=walk.state.last_seq).collect::<Vec<_>>());
    }

    /// The same deliveries, repeated and in another order, end in the same counts and ticks.
    #[test]
    fn repeats_change_nothing_wherever_they_come(
        steps in prop::collection::vec(step(), 1..40),
        repeats in prop::collection::vec(any::<prop::sample::Index>(), 1..20),
    ) {
        let mut walk = Walk::begin();
        let mut given: Vec<Command> = Vec::new();
        for step in &steps {
            if let Some(command @ (Command::Receive(_) | Command::Reply(_))) = walk.command(step)
                && walk.state.handle(&command, walk.now).is_ok_and(|outcome| !outcome.is_empty())
            {
                let outcome = walk.state.handle(&command, walk.now).unwrap();
                walk.store(outcome);
                given.push(command);
            }
        }
        for at in repeats {
            if given.is_empty() { break }
            let outcome = walk.state.handle(at.get(&given), walk.now).unwrap();
            prop_assert!(outcome.is_empty());
            prop_assert_eq!(&outcome.next, &walk.state);
        }
    }
}
