//! The journal: group commit, positions, isolation of the offender, conflicts.

use crate::on_both;
use crate::support::*;
use std::sync::{Arc, Mutex};
use switchboard_engine::conversation::Conversation;
use switchboard_engine::ids::{ConversationId, MessageId};
use switchboard_schema::{Append, Constraint, Position, Store, StoreError};

on_both! {
    a_first_message_is_stored_and_found_again => first_message;
    a_conversation_may_be_born_with_its_line => born_with_a_line;
    one_bad_append_fails_alone => one_bad_append;
    positions_are_dense_and_told_in_order => positions;
    a_stale_version_is_refused => stale_version;
    every_promise_has_its_own_conflict => conflicts;
    a_closed_store_refuses_and_keeps_everything => closing;
    two_stores_on_one_database_are_refused => in_use;
}

fn conflict(constraint: Constraint) -> Result<Position, StoreError> {
    Err(StoreError::Conflict { constraint })
}

async fn first_message(t: Fixture) {
    let mut state = unborn(1);
    let hello = receive(&state, 1, "Hello");
    assert_eq!(apply(&t.store, &mut state, hello).await, Ok(Position(2)));
    let again = receive(&state, 2, "Anybody there?");
    assert_eq!(apply(&t.store, &mut state, again).await, Ok(Position(3)));
    assert_eq!(t.store.load_conversation(ConversationId(1)).await, Ok(Some(state.clone())));
    assert_eq!(t.store.open_conversation_of(GROUP, state.contact.id).await, Ok(Some(state.id)));
    assert_eq!(t.store.max_position().await, Ok(3));
}

async fn born_with_a_line(t: Fixture) {
    let mut state = unborn(1);
    state.routes = vec![route(WHATSAPP, 1)];
    state.assignees = vec![switchboard_engine::conversation::Assignee {
        user_id: ANN,
        name: "Ann Lee".into(),
        owner: true,
    }];
    let hello = receive(&state, 1, "Hello");
    apply(&t.store, &mut state, hello).await.unwrap();
    assert_eq!(t.store.load_conversation(state.id).await, Ok(Some(state)));
}

async fn one_bad_append(t: Fixture) {
    let mut states: Vec<Conversation> = (1..=40).map(unborn).collect();
    for state in &mut states {
        let hello = receive(state, state.id.0, "Hello");
        apply(&t.store, state, hello).await.unwrap();
    }
    // Number 17 delivers a message the channel has delivered before.
    let appends = states.iter().map(|state| {
        let id = if state.id.0 == 17 { 3 } else { 100 + state.id.0 };
        let mut command = receive(state, 100 + state.id.0, "More");
        if let switchboard_engine::conversation::Command::Receive(receive) = &mut command {
            receive.provider_message_id = Some(format!("wamid.{id}"));
        }
        let (next, append) = decide(state, &command, NOW);
        (next, t.store.append(append))
    });
    let (next, answers): (Vec<_>, Vec<_>) = appends.unzip();
    let answers = futures_util::future::join_all(answers).await;
    for ((answer, next), before) in answers.iter().zip(&next).zip(&states) {
        let stored = t.store.load_conversation(next.id).await.unwrap().unwrap();
        if next.id.0 == 17 {
            assert_eq!(*answer, conflict(Constraint::ProviderMessage));
            assert_eq!(stored, *before);
        } else {
            assert!(answer.is_ok());
            assert_eq!(stored, *next);
        }
    }
    assert_eq!(t.store.max_position().await, Ok(80 + 39));
}

async fn positions(t: Fixture) {
    t.store.close().await;
    let told: Arc<Mutex<Vec<(i64, usize, ConversationId)>>> = Arc::default();
    let listener = Arc::clone(&told);
    let mut options = t.database.options(t.handle.clone());
    options.after_commit = Box::new(move |batch| {
        let mut told = listener.lock().unwrap();
        told.extend(batch.into_iter().map(|append| {
            (append.first_position, append.events, *append.payload.downcast::<ConversationId>().unwrap())
        }));
    });
    let store = Store::open(options).await.unwrap();
    let producers = (1..=16).map(|n| {
        let store = store.clone();
        tokio::spawn(async move {
            let mut state = unborn(n);
            for i in 0..30 {
                let command = receive(&state, n * 1000 + i, "Hello");
                apply(&store, &mut state, command).await.unwrap();
            }
        })
    });
    futures_util::future::join_all(producers).await;
    let told = told.lock().unwrap().clone();
    let mut expected = 1;
    for (first, events, _) in &told {
        assert_eq!(*first, expected);
        expected += *events as i64;
    }
    assert_eq!(expected - 1, 16 * 31);
    let log = store.events_after(0, 10_000).await.unwrap();
    assert_eq!(log.len(), 16 * 31);
    let mut logged = log.iter();
    for (_, events, conversation) in told {
        for _ in 0..events {
            assert_eq!(logged.next().unwrap().conversation_id, conversation);
        }
    }
    store.close().await;
}

async fn stale_version(t: Fixture) {
    let mut state = unborn(1);
    let hello = receive(&state, 1, "Hello");
    apply(&t.store, &mut state, hello).await.unwrap();
    let (_, first) = decide(&state, &receive(&state, 2, "A"), NOW);
    let (_, second) = decide(&state, &receive(&state, 3, "B"), NOW);
    let (_, born_again) = decide(&unborn(1), &receive(&unborn(1), 4, "C"), NOW);
    assert!(t.store.append(first).await.is_ok());
    assert_eq!(t.store.append(second).await, conflict(Constraint::StaleVersion));
    // A second birth meets the contact's mark before anything else.
    assert!(matches!(t.store.append(born_again).await, Err(StoreError::Conflict { .. })));
    assert_eq!(t.store.load_conversation(state.id).await.unwrap().unwrap().version, 2);
}

async fn conflicts(t: Fixture) {
    let mut state = unborn(1);
    let hello = receive(&state, 1, "Hello");
    apply(&t.store, &mut state, hello).await.unwrap();
    apply(&t.store, &mut state, reply(ANN, 2, "Hi")).await.unwrap();

    let mut same_mark = unborn(2);
    same_mark.contact.phone = state.contact.phone.clone();
    let command = receive(&same_mark, 10, "Hello");
    assert_eq!(apply(&t.store, &mut same_mark, command).await, conflict(Constraint::Identity));

    let mut same_number = unborn(3);
    same_number.number = 1;
    let command = receive(&same_number, 11, "Hello");
    assert_eq!(apply(&t.store, &mut same_number, command).await, conflict(Constraint::Number));

    let mut second_open = unborn(4);
    second_open.contact = state.contact.clone();
    let command = without_birth(receive(&second_open, 12, "Hello"));
    assert_eq!(apply(&t.store, &mut second_open, command).await, conflict(Constraint::OpenConversation));

    // The same client id, after a restart that forgot it.
    let mut forgetful = state.clone();
    forgetful.recent_outbound.clear();
    let (_, append) = decide(&forgetful, &with_client_id(reply(ANN, 13, "Hi"), "client-2"), NOW);
    assert_eq!(t.store.append(append).await, conflict(Constraint::ClientId));

    let taken =
        channel(switchboard_engine::ids::ChannelId(2000), switchboard_engine::channel::Provider::Twilio);
    let mut taken_address = taken.clone();
    taken_address.channel.address = format!("address-{SMS}");
    assert_eq!(
        t.store.create_channel(taken_address).await,
        Err(StoreError::Conflict { constraint: Constraint::ChannelAddress })
    );
    assert_eq!(
        t.store.create_business(first_business("eve@demo.test")).await,
        Err(StoreError::Conflict { constraint: Constraint::AlreadySetUp })
    );
    let eve = user(
        switchboard_engine::ids::UserId(500),
        "Eve",
        "ANN@demo.test",
        switchboard_engine::user::Role::Agent,
    );
    assert_eq!(
        t.store.create_user(BUSINESS, eve, NOW).await,
        Err(StoreError::Conflict { constraint: Constraint::Identity })
    );
    assert!(t.store.users_by_ids(vec![switchboard_engine::ids::UserId(500)]).await.unwrap().is_empty());
    let general = switchboard_schema::Group::new(switchboard_engine::ids::GroupId(11), "General");
    assert_eq!(
        t.store.create_group(BUSINESS, general, NOW).await,
        Err(StoreError::Conflict { constraint: Constraint::GroupName })
    );
    assert_eq!(t.store.max_position().await, Ok(4));
    assert!(t.store.message(MessageId(13)).await.unwrap().is_none());
}

fn without_birth(
    mut command: switchboard_engine::conversation::Command,
) -> switchboard_engine::conversation::Command {
    if let switchboard_engine::conversation::Command::Receive(receive) = &mut command {
        receive.beginning.birth = None;
    }
    command
}

fn with_client_id(
    mut command: switchboard_engine::conversation::Command,
    id: &str,
) -> switchboard_engine::conversation::Command {
    if let switchboard_engine::conversation::Command::Reply(reply) = &mut command {
        reply.client_id = id.into();
    }
    command
}

async fn closing(t: Fixture) {
    let mut states: Vec<Conversation> = (1..=100).map(unborn).collect();
    let appends: Vec<Append> = states
        .iter_mut()
        .map(|state| {
            let hello = receive(state, state.id.0, "Hello");
            let (next, append) = decide(state, &hello, NOW);
            *state = next;
            append
        })
        .collect();
    let pending: Vec<_> = appends
        .into_iter()
        .map(|append| {
            let store = t.store.clone();
            tokio::spawn(async move { store.append(append).await })
        })
        .collect();
    t.store.close().await;
    let mut acknowledged = 0;
    for (answer, state) in futures_util::future::join_all(pending).await.into_iter().zip(&states) {
        match answer.unwrap() {
            Ok(_) => acknowledged += 1,
            Err(error) => assert!(matches!(error, StoreError::Unavailable(_)), "{error} for {:?}", state.id),
        }
    }
    assert!(matches!(
        t.store.append(decide(&unborn(500), &receive(&unborn(500), 500, "Late"), NOW).1).await,
        Err(StoreError::Unavailable(_))
    ));
    let again = t.database.open(t.handle.clone()).await;
    assert_eq!(again.max_position().await, Ok(acknowledged * 2));
    assert_eq!(again.epoch(), t.store.epoch());
    again.close().await;
}

async fn in_use(t: Fixture) {
    let second = Store::open(t.database.options(t.handle.clone())).await;
    assert_eq!(second.err(), Some(StoreError::InUse));
    t.store.close().await;
    let third = t.database.open(t.handle.clone()).await;
    assert!(third.write_probe(NOW).await.is_ok());
    third.close().await;
}
