//! Whatever commands do to a conversation, what is loaded is what was committed.

use crate::support::*;
use proptest::prelude::*;
use switchboard_engine::channels::Content;
use switchboard_engine::conversation::{
    Acknowledge, AddAssignee, Advance, Assign, Attend, Candidate, Command, Conversation, Delete, FileArrived,
    Mark, Note, Outbound, Policy, Read, ReadState, Receive, RemoveAssignee, Reopen, Restore, Snooze,
    Unassign,
};
use switchboard_engine::ids::{ChannelId, MediaId, MessageId, UserId};
use switchboard_engine::message::{Media, MediaKind, MediaState};
use switchboard_engine::receipt::{Failure, Receipt, Status};
use switchboard_engine::time::Timestamp;
use switchboard_schema::Store;
use switchboard_schema::testing::TestDatabase;
use tokio::runtime::Runtime;

const FREE: Policy = Policy { agents_can_assign: true, agents_assign_admins: true };

/// A command before it knows the state it meets.
#[derive(Clone, Debug)]
enum Step {
    Receive { channel: ChannelId, other_line: bool, minutes_ago: i64, name: u8, file: bool },
    Visit,
    Reply(UserId),
    Advance { which: usize, status: Status, provider_id: bool },
    Acknowledge { upto: i64, status: Status },
    FileArrived { which: usize },
    Attend(UserId),
    Assign(UserId, Vec<UserId>),
    Unassign(UserId),
    Close(UserId),
    Reopen(UserId),
    Share(UserId, UserId),
    Leave(UserId),
    Snooze(UserId, u64),
    Wake,
    Delete,
    Restore,
    Note(UserId),
    Read(UserId, i64),
    Unread(UserId),
}

fn step() -> impl Strategy<Value = Step> {
    let user = prop::sample::select(vec![ADA, ANN, BOB]);
    let status = prop::sample::select(Status::ALL.to_vec());
    let received =
        (prop::sample::select(vec![WHATSAPP, SMS]), any::<bool>(), 0..3000_i64, 0..3_u8, any::<bool>());
    prop_oneof![
        6 => received.prop_map(|(channel, other_line, minutes_ago, name, file)| {
            Step::Receive { channel, other_line, minutes_ago, name, file }
        }),
        2 => Just(Step::Visit),
        6 => user.clone().prop_map(Step::Reply),
        5 => (any::<usize>(), status.clone(), any::<bool>())
            .prop_map(|(which, status, provider_id)| Step::Advance { which, status, provider_id }),
        1 => (0..40_i64, status).prop_map(|(upto, status)| Step::Acknowledge { upto, status }),
        1 => any::<usize>().prop_map(|which| Step::FileArrived { which }),
        2 => user.clone().prop_map(Step::Attend),
        2 => (user.clone(), prop::collection::vec(user.clone(), 1..3)).prop_map(|(by, to)| Step::Assign(by, to)),
        1 => user.clone().prop_map(Step::Unassign),
        2 => user.clone().prop_map(Step::Close),
        2 => user.clone().prop_map(Step::Reopen),
        1 => (user.clone(), user.clone()).prop_map(|(by, with)| Step::Share(by, with)),
        1 => user.clone().prop_map(Step::Leave),
        2 => (user.clone(), 1..40_u64).prop_map(|(by, seconds)| Step::Snooze(by, seconds)),
        1 => Just(Step::Wake),
        1 => prop::bool::weighted(0.3).prop_map(|gone| if gone { Step::Delete } else { Step::Restore }),
        1 => user.clone().prop_map(Step::Note),
        2 => (user.clone(), 0..60_i64).prop_map(|(by, upto)| Step::Read(by, upto)),
        1 => user.prop_map(Step::Unread),
    ]
}

/// Numbers for new rows, unique within a database.
struct Walk {
    next_id: i64,
    files: Vec<(MessageId, Media)>,
}

impl Walk {
    fn id(&mut self) -> i64 {
        self.next_id += 1;
        self.next_id
    }

    fn message(&mut self, state: &Conversation, step: &Step, now: Timestamp) -> Command {
        let id = self.id();
        let Command::Receive(mut receive) = receive(state, id, &"Hellö 👋 ".repeat(30)) else {
            unreachable!()
        };
        receive.profile_name = None;
        receive.at = Some(now);
        if let Step::Receive { channel, other_line, minutes_ago, name, file } = step {
            receive.route = route(*channel, state.contact.id.0);
            if *other_line {
                receive.route.address.push('9');
            }
            receive.at = Some(Timestamp(now.0 - minutes_ago * 60_000_000));
            receive.profile_name = (*name > 0).then(|| format!("Jo {name}"));
            if *file {
                self.attach(&mut receive);
            }
        } else {
            receive.route = route(WIDGET, state.contact.id.0);
            receive.client_id = receive.provider_message_id.take();
        }
        Command::Receive(receive)
    }

    fn attach(&mut self, receive: &mut Receive) {
        let file = Media {
            id: MediaId(self.id()),
            kind: MediaKind::Image,
            file_name: None,
            mime: "image/jpeg".into(),
            size: None,
            state: MediaState::Pending,
            remote_reference: Some("media-1".into()),
        };
        receive.content =
            Content { kind: switchboard_engine::message::MessageKind::Media, ..Content::text("") };
        receive.content.extra = Some(serde_json::json!({"caption": null, "n": 1.5}));
        self.files.push((receive.message_id, file.clone()));
        receive.media = vec![file];
    }

    /// What an actor would hand to the rules, or nothing when the step has nothing to act on.
    async fn command(
        &mut self,
        store: &Store,
        state: &Conversation,
        step: &Step,
        now: Timestamp,
    ) -> Option<Command> {
        Some(match step {
            Step::Receive { .. } | Step::Visit => self.message(state, step, now),
            Step::Reply(by) => reply(*by, self.id(), "On our way"),
            Step::Advance { which, status, provider_id } => {
                let sent: &Outbound =
                    state.recent_outbound.get(which % state.recent_outbound.len().max(1))?;
                let failure = Failure { code: "131026".into(), detail: "Not delivered".into() };
                Command::Advance(Advance {
                    message: sent.clone(),
                    receipt: Receipt {
                        status: *status,
                        at: now,
                        failure: (*status == Status::Failed).then_some(failure),
                    },
                    provider_message_id: provider_id.then(|| format!("out.{}", sent.id)),
                })
            }
            Step::Acknowledge { upto, status } => {
                let channel_id = state.recent_outbound.back()?.channel_id;
                Command::Acknowledge(Acknowledge {
                    channel_id,
                    upto: *upto,
                    status: *status,
                    older: Vec::new(),
                })
            }
            Step::FileArrived { which } => {
                let (message_id, media) = self.files.get(which % self.files.len().max(1))?.clone();
                let media = Media { state: MediaState::Ready, size: Some(7), ..media };
                Command::FileArrived(FileArrived { message_id, media })
            }
            Step::Attend(by) => Command::Attend(Attend { by: member(*by) }),
            Step::Assign(by, to) => {
                let mut candidates = Vec::new();
                for id in to {
                    let read = store.read_state(state.id, *id).await.unwrap();
                    candidates.push(Candidate { user: member(*id), eligible: true, read });
                }
                Command::Assign(Assign {
                    by: member(*by),
                    to: candidates,
                    policy: FREE,
                    expected_version: None,
                    bulk: false,
                })
            }
            Step::Unassign(by) => Command::Unassign(Unassign { by: member(*by) }),
            Step::Close(by) => close(*by),
            Step::Reopen(by) => Command::Reopen(Reopen { by: member(*by) }),
            other => self.later(store, state, other, now).await,
        })
    }

    /// What came to a conversation's life later than the rest.
    async fn later(&mut self, store: &Store, state: &Conversation, step: &Step, now: Timestamp) -> Command {
        match step {
            Step::Share(by, with) => {
                let read = store.read_state(state.id, *with).await.unwrap();
                let candidate = Candidate { user: member(*with), eligible: true, read };
                Command::AddAssignee(AddAssignee { by: member(*by), candidate, policy: FREE })
            }
            Step::Leave(user) => Command::RemoveAssignee(RemoveAssignee { by: member(*user), user: *user }),
            Step::Snooze(by, seconds) => {
                let until = now.plus(std::time::Duration::from_secs(*seconds));
                Command::Snooze(Snooze { by: member(*by), until })
            }
            Step::Wake => Command::Wake,
            Step::Delete => Command::Delete(Delete { by: member(ADA), allowed: true, queued: Vec::new() }),
            Step::Restore => Command::Restore(Restore { by: member(ADA), allowed: true }),
            Step::Note(by) => {
                self.next_id += 1;
                let mentions =
                    vec![Candidate { user: member(ANN), eligible: true, read: ReadState::default() }];
                Command::Note(Box::new(Note {
                    message_id: MessageId(self.next_id),
                    by: member(*by),
                    client_id: format!("note-{}", self.next_id),
                    text: "Among us".to_owned(),
                    mentions,
                }))
            }
            other => self.marked(store, state, other).await,
        }
    }

    async fn marked(&self, store: &Store, state: &Conversation, step: &Step) -> Command {
        match step {
            Step::Read(by, upto) => {
                let inbound = store.inbound_count_upto(state.id, *upto).await.unwrap();
                let current = store.read_state(state.id, *by).await.unwrap();
                Command::Read(Read { by: member(*by), mark: Mark::Upto { seq: *upto, inbound }, current })
            }
            Step::Unread(by) => {
                let current = store.read_state(state.id, *by).await.unwrap();
                Command::Read(Read { by: member(*by), mark: Mark::Unread, current })
            }
            other => unreachable!("{other:?}"),
        }
    }
}

/// How many of the steps changed something.
async fn walk(store: &Store, n: i64, steps: &[Step]) -> usize {
    let mut state = unborn(n);
    let mut committed = 0;
    let mut walk = Walk { next_id: n * 100_000, files: Vec::new() };
    for (i, step) in steps.iter().enumerate() {
        let now = Timestamp(NOW.0 + i as i64 * 1_000_000);
        let step = if state.is_unborn() { &Step::Visit } else { step };
        let Some(command) = walk.command(store, &state, step, now).await else { continue };
        let Ok(outcome) = state.handle(&command, now) else { continue };
        if outcome.is_empty() {
            continue;
        }
        let next = outcome.next.clone();
        let append = switchboard_schema::Append::of(
            &state,
            std::sync::Arc::new(outcome.next),
            outcome.changes,
            outcome.events,
            Box::new(()),
        );
        store.append(append).await.unwrap();
        state = next;
        committed += 1;
        let loaded = store.load_conversation(state.id).await.unwrap().unwrap();
        assert_eq!(loaded, state, "after {command:?}");
    }
    let mut listed = state.clone();
    listed.recent_inbound.clear();
    listed.recent_outbound.clear();
    assert_eq!(store.conversations(vec![state.id]).await, Ok(vec![listed]));
    committed
}

fn what_is_loaded_is_what_was_committed(database: TestDatabase) {
    let runtime = Runtime::new().unwrap();
    let store = runtime.block_on(async {
        let store = database.open(runtime.handle().clone()).await;
        set_up(&store).await;
        store
    });
    let conversations = std::cell::Cell::new(0);
    let committed = std::cell::Cell::new(0);
    let config = ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() };
    let mut runner = proptest::test_runner::TestRunner::new(config);
    let outcome = runner.run(&prop::collection::vec(step(), 1..90), |steps| {
        conversations.set(conversations.get() + 1);
        let moved = runtime.block_on(walk(&store, conversations.get(), &steps));
        committed.set(committed.get() + moved);
        Ok(())
    });
    outcome.unwrap();
    assert!(committed.get() > 300, "only {} commands did anything", committed.get());
    // The counts of the lists, moved with every one of these commands, are what counting says.
    assert_eq!(runtime.block_on(store.wrong_counts()), Ok(0));
    runtime.block_on(store.close());
}

#[test]
fn sqlite_loads_what_was_committed() {
    what_is_loaded_is_what_was_committed(sqlite());
}

#[test]
fn postgres_loads_what_was_committed() {
    what_is_loaded_is_what_was_committed(postgres());
}
