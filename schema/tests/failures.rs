//! What breaks under the journal: connections, servers, disks. Nothing acknowledged is lost, and work goes on without a restart.

use crate::support::*;
use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use switchboard_engine::conversation::{Conversation, EventKind};
use switchboard_engine::ids::{ConversationId, MessageId};
use switchboard_schema::testing::TestDatabase;
use switchboard_schema::{Store, StoreError};

/// Conversations that keep receiving until told to stop; each notes what was acknowledged.
struct Load {
    stop: Arc<AtomicBool>,
    acknowledged: Arc<Mutex<HashSet<(ConversationId, MessageId)>>>,
    refused: Arc<Mutex<Vec<StoreError>>>,
    tasks: Vec<tokio::task::JoinHandle<()>>,
}

impl Load {
    fn start(store: &Store) -> Self {
        let mut load = Self {
            stop: Arc::default(),
            acknowledged: Arc::default(),
            refused: Arc::default(),
            tasks: Vec::new(),
        };
        load.tasks = (1..=32)
            .map(|n| {
                let (store, stop) = (store.clone(), Arc::clone(&load.stop));
                let (acknowledged, refused) = (Arc::clone(&load.acknowledged), Arc::clone(&load.refused));
                tokio::spawn(async move {
                    let mut state = unborn(n);
                    let mut id = n * 1_000_000;
                    while !stop.load(Ordering::Relaxed) {
                        id += 1;
                        let command = receive(&state, id, "Hello");
                        match apply(&store, &mut state, command).await {
                            Ok(_) => drop(acknowledged.lock().unwrap().insert(newest(&state))),
                            Err(error) => {
                                refused.lock().unwrap().push(error);
                                state = reload(&store, n).await;
                            }
                        }
                    }
                })
            })
            .collect();
        load
    }

    fn count(&self) -> usize {
        self.acknowledged.lock().unwrap().len()
    }

    /// Waits until `more` messages have been acknowledged from here on.
    async fn goes_on(&self, more: usize) {
        let (before, since) = (self.count(), Instant::now());
        while self.count() < before + more {
            assert!(
                since.elapsed() < Duration::from_secs(20),
                "stuck: {:?}",
                self.refused.lock().unwrap().last()
            );
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    async fn stop(self) -> (HashSet<(ConversationId, MessageId)>, Vec<StoreError>) {
        self.stop.store(true, Ordering::Relaxed);
        for task in self.tasks {
            task.await.unwrap();
        }
        (self.acknowledged.lock().unwrap().clone(), self.refused.lock().unwrap().clone())
    }
}

fn newest(state: &Conversation) -> (ConversationId, MessageId) {
    (state.id, state.last_message.as_ref().unwrap().message_id)
}

/// What an actor does after a failed commit: it does not know, so it looks.
async fn reload(store: &Store, n: i64) -> Conversation {
    loop {
        match store.load_conversation(ConversationId(n)).await {
            Ok(state) => return state.unwrap_or_else(|| unborn(n)),
            Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    }
}

/// Everything acknowledged is in the log, positions have no holes, and everything in the log was told to the publisher in order.
async fn check(store: &Store, acknowledged: &HashSet<(ConversationId, MessageId)>, told: &[i64]) {
    let log = store.events_after(0, 1_000_000).await.unwrap();
    let messages = log.iter().filter_map(|entry| match &entry.event.kind {
        EventKind::Message(message) => Some((entry.conversation_id, message.id)),
        _ => None,
    });
    let stored: HashSet<_> = messages.collect();
    let lost: Vec<_> = acknowledged.difference(&stored).collect();
    assert!(lost.is_empty(), "acknowledged and lost: {lost:?}");
    let positions: Vec<i64> = log.iter().map(|entry| entry.position).collect();
    assert_eq!(positions, (1..=log.len() as i64).collect::<Vec<_>>());
    let differ = told.iter().zip(&positions).position(|(told, stored)| told != stored);
    assert_eq!((told.len(), differ), (positions.len(), None), "told to the publisher in order");
}

fn listen(options: &mut switchboard_schema::Options) -> Arc<Mutex<Vec<i64>>> {
    let told: Arc<Mutex<Vec<i64>>> = Arc::default();
    let listener = Arc::clone(&told);
    options.after_commit = Box::new(move |batch| {
        let positions =
            batch.iter().flat_map(|append| (0..append.events as i64).map(|i| append.first_position + i));
        listener.lock().unwrap().extend(positions);
    });
    told
}

fn with_postgres(restart: bool) {
    let database = if restart { TestDatabase::own_postgres(false) } else { TestDatabase::postgres() };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let handle = runtime.handle().clone();
    runtime.block_on(async move {
        let mut options = database.options(handle);
        let told = listen(&mut options);
        let store = Store::open(options).await.unwrap();
        set_up(&store).await;
        let load = Load::start(&store);
        for _ in 0..5 {
            load.goes_on(300).await;
            if restart {
                tokio::task::block_in_place(|| database.cluster().restart());
            } else {
                database.run(
                    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
                     WHERE datname = current_database() AND application_name = 'switchboard-writer'",
                );
            }
        }
        load.goes_on(300).await;
        let (acknowledged, refused) = load.stop().await;
        assert!(refused.iter().all(|error| matches!(error, StoreError::Unavailable(_))), "{refused:?}");
        let second = Store::open(database.options(tokio::runtime::Handle::current())).await;
        assert_eq!(second.err(), Some(StoreError::InUse), "the lock was taken again");
        let told = told.lock().unwrap().clone();
        check(&store, &acknowledged, &told).await;
        store.close().await;
    });
}

#[test]
fn postgres_connections_may_be_killed() {
    with_postgres(false);
}

#[test]
fn postgres_may_restart() {
    with_postgres(true);
}

#[test]
fn sqlite_says_when_the_disk_is_full_and_goes_on_when_there_is_space() {
    let database = TestDatabase::sqlite();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let handle = runtime.handle().clone();
    runtime.block_on(async move {
        let mut options = database.options(handle);
        let told = listen(&mut options);
        let store = Store::open(options).await.unwrap();
        set_up(&store).await;
        let mut state = unborn(1);
        let mut acknowledged = HashSet::new();
        store.limit_pages(120).await.unwrap();
        let mut id = 0;
        let full = loop {
            id += 1;
            let command = receive(&state, id, &"A long story. ".repeat(200));
            match apply(&store, &mut state, command).await {
                Ok(_) => acknowledged.insert(newest(&state)),
                Err(error) => break error,
            };
        };
        assert_eq!(full, StoreError::StorageFull);
        assert_eq!(store.load_conversation(state.id).await, Ok(Some(state.clone())));
        let big = "x".repeat(1_000_000);
        let item = switchboard_schema::Quarantined {
            id: 1,
            source: "test".into(),
            conversation_id: None,
            payload: big,
            error: String::new(),
            tries: 1,
            at: NOW,
        };
        assert_eq!(store.quarantine(item).await, Err(StoreError::StorageFull));
        store.limit_pages(1_000_000).await.unwrap();
        let command = receive(&state, id + 1, "There is space again");
        apply(&store, &mut state, command).await.unwrap();
        acknowledged.insert(newest(&state));
        let told = told.lock().unwrap().clone();
        check(&store, &acknowledged, &told).await;
        store.close().await;
    });
}

#[test]
fn a_caller_who_goes_away_leaves_its_append_behind_whole() {
    for database in [sqlite(), postgres()] {
        run(database, async |t: Fixture| {
            let state = unborn(1);
            let (next, append) = decide(&state, &receive(&state, 1, "Hello"), NOW);
            let gone = t.store.append(append);
            tokio::select! {
                biased;
                _ = gone => {}
                () = std::future::ready(()) => {}
            }
            // Written in order: once this is stored, so is what was asked before.
            let (_, append) = decide(&unborn(2), &receive(&unborn(2), 2, "Hello"), NOW);
            t.store.append(append).await.unwrap();
            assert_eq!(t.store.load_conversation(ConversationId(1)).await, Ok(Some(next)));
        });
    }
}
