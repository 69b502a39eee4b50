//! Random walks: whole lives of a conversation, compared step by step with a naive model and with a fold of its own event log.
//!
//! The model knows nothing of heads and versions: a list of messages with statuses, a list of assignees, one pair of numbers per reader.

use super::*;
use proptest::prelude::*;
use std::collections::{BTreeMap, HashMap};

mod fold;
mod model;
mod outbox;

use crate::consent::ConsentState;
use crate::ids::TemplateId;
use crate::lists::{self, Place};
use crate::sending::Hold;
use crate::template::Filled;
use crate::template::fill::Parameters;
use fold::Fold;
use model::{Model, inbound_upto};

/// One step of a walk; small numbers name people, keys and messages, so that they meet often.
#[derive(Clone, Debug)]
enum Step {
    Receive { key: u8, sms: bool, minutes_late: u16 },
    Reply { client: u8, other_text: bool, by: u8 },
    Template { client: u8, marketing: bool, by: u8 },
    Announce { broadcast: u8, template: bool, sms: bool },
    Cancel { nth: u8, by: u8, taken_back: bool },
    Retry { nth: u8, by: u8, confirmed: bool },
    Reconsider { nth: u8 },
    Consent { by: Option<u8>, sms: bool, state: ConsentState, evidence: bool },
    File { nth: u8 },
    Reveal,
    Advance { nth: u8, status: Status, answered: bool },
    Acknowledge { upto: u8, read: bool },
    Attend { by: u8 },
    Assign { by: u8, to: Vec<u8>, stranger: bool },
    Unassign { by: u8 },
    Release { user: u8 },
    AddAssignee { by: u8, user: u8, stranger: bool },
    RemoveAssignee { by: u8, user: u8 },
    Close { by: u8, pending: Option<bool> },
    Delete { by: u8 },
    Restore { by: u8 },
    Snooze { by: u8, minutes: u16 },
    Unsnooze { by: u8 },
    Wake,
    Note { by: u8 },
    ReadFor { by: u8, user: u8, upto: Option<u8>, confirm: bool },
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
        2 => (0..12_u8, any::<bool>(), 0..4_u8)
            .prop_map(|(client, marketing, by)| Step::Template { client, marketing, by }),
        2 => (0..6_u8, any::<bool>(), any::<bool>())
            .prop_map(|(broadcast, template, sms)| Step::Announce { broadcast, template, sms }),
        1 => (any::<u8>(), 0..4_u8, any::<bool>())
            .prop_map(|(nth, by, taken_back)| Step::Cancel { nth, by, taken_back }),
        2 => (any::<u8>(), 0..4_u8, any::<bool>())
            .prop_map(|(nth, by, confirmed)| Step::Retry { nth, by, confirmed }),
        2 => any::<u8>().prop_map(|nth| Step::Reconsider { nth }),
        2 => (prop::option::of(0..3_u8), any::<bool>(), consent(), any::<bool>())
            .prop_map(|(by, sms, state, evidence)| Step::Consent { by, sms, state, evidence }),
        1 => any::<u8>().prop_map(|nth| Step::File { nth }),
        1 => Just(Step::Reveal),
        1 => (0..40_u8, any::<bool>()).prop_map(|(upto, read)| Step::Acknowledge { upto, read }),
        2 => (0..4_u8).prop_map(|by| Step::Attend { by }),
        2 => (0..4_u8, prop::collection::vec(0..4_u8, 0..3), prop::bool::weighted(0.1))
            .prop_map(|(by, to, stranger)| Step::Assign { by, to, stranger }),
        1 => (0..4_u8).prop_map(|by| Step::Unassign { by }),
        1 => (0..4_u8).prop_map(|user| Step::Release { user }),
        1 => (0..4_u8, 0..4_u8, prop::bool::weighted(0.1))
            .prop_map(|(by, user, stranger)| Step::AddAssignee { by, user, stranger }),
        1 => (0..4_u8, 0..4_u8).prop_map(|(by, user)| Step::RemoveAssignee { by, user }),
        1 => (0..4_u8, prop::option::of(any::<bool>())).prop_map(|(by, pending)| Step::Close { by, pending }),
        1 => (0..2_u8, any::<bool>())
            .prop_map(|(by, back)| if back { Step::Restore { by } } else { Step::Delete { by } }),
        1 => (0..4_u8, 0..2_000_u16).prop_map(|(by, minutes)| Step::Snooze { by, minutes }),
        1 => (0..4_u8).prop_map(|by| Step::Unsnooze { by }),
        1 => Just(Step::Wake),
        1 => (0..4_u8).prop_map(|by| Step::Note { by }),
        1 => (0..2_u8, 0..4_u8, prop::option::of(0..60_u8), any::<bool>())
            .prop_map(|(by, user, upto, confirm)| Step::ReadFor { by, user, upto, confirm }),
        1 => (0..4_u8).prop_map(|by| Step::Reopen { by }),
        2 => (0..4_u8, prop::option::of(0..60_u8)).prop_map(|(by, upto)| Step::Read { by, upto }),
        2 => (1..1_000_u16).prop_map(|minutes| Step::Wait { minutes }),
    ]
}

fn consent() -> impl Strategy<Value = ConsentState> {
    let (unknown, yes, no) = (ConsentState::Unknown, ConsentState::OptedIn, ConsentState::OptedOut);
    // Mostly yes: a stop ends most of what a walk can do.
    prop::sample::select(vec![yes, yes, yes, unknown, no])
}

/// Person 0 is the admin.
fn person(number: u8) -> Member {
    let role = if number == 0 { Role::Admin } else { Role::Agent };
    member(100 + i64::from(number), &format!("P{number}"), role)
}

fn is_note(event: &Event) -> bool {
    matches!(&event.kind, EventKind::Message(message) if message.direction == Direction::Internal)
}

/// A walk: the state, everything stored on the way, and the model beside it.
struct Walk {
    now: Timestamp,
    state: Conversation,
    log: Vec<Event>,
    readers: HashMap<UserId, ReadState>,
    statuses: BTreeMap<MessageId, Status>,
    /// What the rows say of messages that wait for business hours.
    holds: BTreeMap<MessageId, Hold>,
    /// The counts, moved and never counted.
    counts: BTreeMap<Place, i64>,
    next_id: i64,
    model: Model,
}

impl Walk {
    /// With the customer's word, or with broadcasts before it.
    fn begin(silently: bool) -> Self {
        let mut walk = Self {
            now: START,
            state: Conversation { visible_to: Some([person(0).id, person(1).id].into()), ..unborn() },
            log: Vec::new(),
            readers: HashMap::new(),
            statuses: BTreeMap::new(),
            holds: BTreeMap::new(),
            counts: BTreeMap::new(),
            next_id: 1_000,
            model: Model { open: !silently, silent: silently, ..Model::default() },
        };
        if silently {
            walk.take(&Step::Announce { broadcast: 9, template: false, sms: true });
            assert_eq!(walk.state.status, ConversationStatus::Silent);
            walk.take(&Step::Announce { broadcast: 8, template: false, sms: true });
            walk.take(&Step::Advance { nth: 0, status: Status::Delivered, answered: true });
        }
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
            Ok(mut outcome) => {
                assert_eq!(None, expected, "{command:?}");
                if outcome.unsettles() {
                    outcome.settle(&Fold::of(&self.log).said());
                }
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
                let received = Receive { reopen_within: Duration::from_hours(4), ..receive(kind, id, "in") };
                let (provider_message_id, at) = (Some(format!("p{key}")), Some(at));
                let beginning = self.beginning();
                Command::Receive(Box::new(Receive { provider_message_id, at, beginning, ..received }))
            }
            Step::Advance { nth, status, answered } => {
                let message = self.outbound(nth)?;
                let receipt = Receipt { status, at: self.now, failure: None };
                // A provider that names it has been given it.
                let named = answered && status != Status::Queued;
                let provider_message_id = named.then(|| format!("w{}", message.id));
                Command::Advance(Advance { message, receipt, provider_message_id })
            }
            Step::Acknowledge { upto, read } => {
                let status = if read { Status::Read } else { Status::Delivered };
                let channel_id = route(ChannelKind::Whatsapp).channel_id;
                Command::Acknowledge(Acknowledge { channel_id, ..seen(i64::from(upto), status) })
            }
            Step::Attend { by } => Command::Attend(Attend { by: person(by) }),
            Step::Assign { by, ref to, stranger } => {
                let to = to.iter().map(|number| self.candidate(*number, !stranger)).collect();
                Command::Assign(assign(person(by), to))
            }
            Step::AddAssignee { by, user, stranger } => Command::AddAssignee(AddAssignee {
                by: person(by),
                candidate: self.candidate(user, !stranger),
                policy: FREE,
            }),
            Step::RemoveAssignee { by, user } => {
                Command::RemoveAssignee(RemoveAssignee { by: person(by), user: person(user).id })
            }
            Step::Unassign { by } => Command::Unassign(Unassign { by: person(by) }),
            Step::Release { user } => Command::Release(Release {
                user: person(user).id,
                by: Actor::from(&person(0)),
                reason: UnassignReason::LeftGroup,
            }),
            Step::Close { by, pending } => {
                let pending = pending.map(|send| if send { Pending::Send } else { Pending::Cancel });
                Command::Close(Close { by: person(by), note: None, pending, queued: self.queued() })
            }
            Step::Reopen { by } => Command::Reopen(Reopen { by: person(by) }),
            Step::Delete { by } => {
                Command::Delete(Delete { by: person(by), allowed: true, queued: self.queued() })
            }
            Step::Restore { by } => Command::Restore(Restore { by: person(by), allowed: true }),
            Step::Snooze { by, minutes } => {
                let until = self.now.plus(Duration::from_mins(u64::from(minutes)));
                Command::Snooze(Snooze { by: person(by), until })
            }
            Step::Unsnooze { by } => Command::Unsnooze(Unsnooze { by: person(by) }),
            Step::Wake => Command::Wake,
            Step::Note { by } => Command::Note(Box::new(note(id, &person(by), "psst"))),
            Step::Read { by, upto } => {
                let by = person(by);
                let current = self.readers.get(&by.id).copied().unwrap_or_default();
                Command::Read(Read { by, mark: self.mark(upto), current })
            }
            Step::ReadFor { by, user, upto, confirm } => {
                let (reader, mark) = (self.candidate(user, true), self.mark(upto));
                Command::ReadFor(ReadFor { by: person(by), reader, mark, confirm })
            }
            Step::Wait { .. } => return None,
            _ => return self.sending(step, id),
        })
    }

    /// What has to do with messages that leave.
    fn sending(&self, step: &Step, id: i64) -> Option<Command> {
        Some(match *step {
            Step::Reply { client, other_text, by } => {
                let text = if other_text { "other" } else { "out" };
                let kind = if self.model.by_whatsapp { ChannelKind::Whatsapp } else { ChannelKind::Sms };
                let (client_id, around) = (format!("c{client}"), self.model.around(kind));
                Command::Reply(Box::new(Reply { client_id, around, ..reply(id, &person(by), text) }))
            }
            Step::Template { client, marketing, by } => {
                let (client_id, around) = (format!("c{client}"), self.model.around(ChannelKind::Whatsapp));
                let template = Some(Box::new(template(marketing)));
                let line = route(ChannelKind::Whatsapp);
                let known = self.state.route_of(line.channel_id).cloned();
                let usual =
                    Reply { template, route: known.or(Some(line)), ..reply(id, &person(by), "template") };
                Command::Reply(Box::new(Reply { client_id, around, ..usual }))
            }
            Step::Announce { broadcast, template, sms } => {
                let kind = if sms { ChannelKind::Sms } else { ChannelKind::Whatsapp };
                let known = self.state.route_of(route(kind).channel_id).cloned();
                let (route, around) = (known.unwrap_or(route(kind)), self.model.around(kind));
                let usual = announce(id, i64::from(broadcast), route);
                let template = template.then(|| Box::new(self::template(true)));
                Command::Announce(Box::new(Announce { template, around, ..usual }))
            }
            Step::Cancel { nth, by, taken_back } => {
                Command::Cancel(Cancel { by: person(by), message: self.outbound(nth)?, taken_back })
            }
            Step::Retry { nth, by, confirmed } => {
                let waiting = self.model.waiting(&self.outbound(nth)?);
                Command::Retry(Box::new(Retry { by: person(by), waiting, confirmed }))
            }
            Step::Reconsider { nth } => {
                let waiting = self.model.waiting(&self.outbound(nth)?);
                Command::Reconsider(Box::new(Reconsider { waiting }))
            }
            Step::Consent { by, sms, state, evidence } => {
                let kind = if sms { ChannelKind::Sms } else { ChannelKind::Whatsapp };
                let consent = outbox::consent(kind, state, evidence);
                Command::SetConsent(SetConsent { by: by.map(person), consent })
            }
            Step::File { nth } => {
                let media = file(id, MediaKind::Image, MediaState::Ready);
                Command::FileArrived(FileArrived { message_id: MessageId(i64::from(nth)), media })
            }
            Step::Reveal => Command::Reveal(Reveal),
            _ => return None,
        })
    }

    /// What the actor gathers for the first word after broadcasts.
    fn beginning(&self) -> Beginning {
        let visible_to = Some([person(0).id, person(1).id].into());
        let awakening = Awakening { number: 1_042, visible_to, previous: None };
        let silent = self.state.status == ConversationStatus::Silent;
        Beginning { birth: None, awakening: silent.then_some(awakening) }
    }

    fn outbound(&self, nth: u8) -> Option<Outbound> {
        let sent = &self.state.recent_outbound;
        sent.get(usize::from(nth) % sent.len().max(1)).cloned()
    }

    fn candidate(&self, number: u8, eligible: bool) -> Candidate {
        let user = person(number);
        let read = self.readers.get(&user.id).copied().unwrap_or_default();
        Candidate { user, eligible, read }
    }

    fn mark(&self, upto: Option<u8>) -> Mark {
        upto.map_or(Mark::Unread, |seq| {
            let seq = i64::from(seq);
            Mark::Upto { seq, inbound: inbound_upto(&self.log, seq) }
        })
    }

    /// What the database still holds back.
    fn queued(&self) -> Vec<MessageId> {
        let queued = self.statuses.iter().filter(|(_, status)| **status == Status::Queued);
        queued.map(|(id, _)| *id).collect()
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
                    self.holds.extend(message.hold.map(|hold| (message.id, hold)));
                }
                Change::UpdateMessage(update) => {
                    let before = self.statuses.insert(update.message_id, update.status).unwrap();
                    // But for another attempt, which begins below.
                    let again = matches!(before, Status::Failed | Status::Unknown);
                    let falls = before.join(update.status) != update.status;
                    assert!(!falls || (again && update.status == Status::Queued), "a status never falls");
                    self.holds.remove(&update.message_id);
                    self.holds.extend(update.hold.map(|hold| (update.message_id, hold)));
                }
                _ => {}
            }
        }
        for (place, by) in lists::moves(&self.state, &outcome.next) {
            *self.counts.entry(place).or_default() += by;
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
        assert_eq!(self.state.status == ConversationStatus::Deleted, model.deleted.is_some());
        assert_eq!(self.state.life.snoozed_until, model.snoozed_until);
        let notes = self.log.iter().filter(|event| is_note(event)).count();
        assert_eq!(notes, model.notes);
        let statuses: BTreeMap<MessageId, Status> = model.sent.iter().map(|s| (s.id, s.status)).collect();
        assert_eq!(self.statuses, statuses);
        let held: BTreeMap<MessageId, Timestamp> =
            model.sent.iter().filter_map(|sent| Some((sent.id, sent.held?))).collect();
        assert_eq!(
            self.holds.iter().map(|(id, hold)| (*id, hold.release_at)).collect::<BTreeMap<_, _>>(),
            held
        );
        assert_eq!(self.state.visible_to.is_none(), model.revealed);
        for (user, state) in &model.readers {
            assert_eq!(self.readers.get(user).copied().unwrap_or_default(), *state, "{user}");
        }
        assert_eq!(self.state.inbound_count as usize, model.inbound_keys.len());
        let fold = Fold::of(&self.log);
        fold.compare(&self.state);
        assert_eq!(fold.notes, model.notes);
        assert_eq!((&fold.statuses, &fold.holds), (&self.statuses, &self.holds));
        let said = model.consents.iter().map(|(kind, state)| (kind.as_str(), *state));
        assert_eq!(fold.consents, said.collect::<BTreeMap<_, _>>());
        let counted = self.counts.iter().filter(|(_, count)| **count != 0);
        let counted: BTreeMap<Place, i64> = counted.map(|(place, count)| (*place, *count)).collect();
        assert_eq!(counted, fold.places(self.state.visible_to.as_deref()));
    }
}

/// A registered template of the WhatsApp line.
fn template(marketing: bool) -> Filled {
    Filled {
        id: TemplateId(3),
        name: "news".to_owned(),
        language: "en_GB".to_owned(),
        category: if marketing { "MARKETING" } else { "UTILITY" }.to_owned(),
        header: None,
        footer: None,
        buttons: Vec::new(),
        parameters: Parameters::default(),
        text: "template".to_owned(),
        channel_id: Some(route(ChannelKind::Whatsapp).channel_id),
        header_media: None,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    /// To see it go red: forget `next.waiting_since = None` in `Reply::append`, or record an event twice.
    #[test]
    fn a_random_life_matches_the_model_and_its_own_log(steps in prop::collection::vec(step(), 1..80), silently: bool) {
        let mut walk = Walk::begin(silently);
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
        let mut walk = Walk::begin(false);
        let mut given: Vec<Command> = Vec::new();
        let written = |step: &&Step| matches!(step, Step::Receive { .. } | Step::Reply { .. } | Step::Template { .. });
        for step in steps.iter().filter(written) {
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
