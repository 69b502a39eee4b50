//! The search index: made a step behind the log, asked in words, made anew when it belongs to another log.

use crate::on_both;
use crate::support::*;
use switchboard_engine::ids::{ConversationId, GroupId};
use switchboard_engine::search::Query;
use switchboard_schema::{SearchScope, Store};

on_both! {
    messages_are_found_by_all_their_words => messages;
    contacts_and_conversations_are_found => contacts;
    hostile_questions_find_nothing_and_break_nothing => hostile;
    an_index_of_another_log_is_made_anew => other_log;
}

fn scope(groups: &[i64]) -> SearchScope {
    let groups: Vec<GroupId> = groups.iter().copied().map(GroupId).collect();
    SearchScope { viewer: ANN, everywhere: groups.len() > 1, groups }
}

async fn catch_up(store: &Store) {
    while store.index_step().await.unwrap() {}
}

async fn talk(store: &Store, n: i64, text: &str) -> ConversationId {
    let mut state = unborn(n);
    let hello = receive(&state, n * 100, text);
    apply(store, &mut state, hello).await.unwrap();
    apply(store, &mut state, reply(ANN, n * 100 + 1, "Thank you!")).await.unwrap();
    state.id
}

async fn found(store: &Store, groups: &[i64], text: &str) -> Vec<i64> {
    let hits = store.find_messages(scope(groups), Query::parse(text).unwrap(), 10).await.unwrap();
    hits.into_iter().map(|hit| hit.id.0).collect()
}

async fn messages(t: Fixture) {
    t.store.check_index().await.unwrap();
    talk(&t.store, 1, "Où est ma COMMANDE 4711?").await;
    talk(&t.store, 2, "La commande est là").await;
    assert_eq!(found(&t.store, &[10], "commande").await, Vec::<i64>::new(), "not indexed yet");
    catch_up(&t.store).await;
    for (text, expected) in [
        ("commande", vec![200, 100]),
        ("est comm", vec![200, 100]),
        ("commande 4711", vec![100]),
        ("COMMÁNDE ou", vec![100]),
        ("comm est", vec![]),
        ("thank", vec![201, 101]),
        ("thank commande", vec![]),
        ("47", vec![100]),
    ] {
        assert_eq!(found(&t.store, &[10], text).await, expected, "{text}");
        assert_eq!(found(&t.store, &[10, 9], text).await, expected, "{text}");
        assert_eq!(found(&t.store, &[9], text).await, Vec::<i64>::new(), "{text}");
    }
    let hits = t.store.find_messages(scope(&[10]), Query::parse("4711").unwrap(), 10).await.unwrap();
    assert_eq!((hits[0].conversation_id, hits[0].number, hits[0].seq), (ConversationId(1), 1, 2));
    assert_eq!(hits[0].text, "Où est ma COMMANDE 4711?");
    assert_eq!(t.store.index_step().await, Ok(false));
}

async fn contacts(t: Fixture) {
    let first = talk(&t.store, 1, "Hello").await;
    talk(&t.store, 2, "Hello").await;
    t.database.run("UPDATE contact SET display_name = 'José Núñez', phone = '+447400123456' WHERE id = 1");
    catch_up(&t.store).await;
    let ask = async |groups: &[i64], text: &str| {
        let query = Query::parse(text).unwrap();
        let people = t.store.find_contacts_like(BUSINESS, scope(groups), query.clone(), 10).await.unwrap();
        let talks = t.store.find_conversations(BUSINESS, scope(groups), query, 10).await.unwrap();
        let people = people.into_iter().map(|hit| (hit.contact.id.0, hit.open_conversation_id));
        (people.collect::<Vec<_>>(), talks.into_iter().map(|(row, _)| row.id.0).collect::<Vec<_>>())
    };
    for text in ["jose", "nune", "07400 123", "7400123", "+4474001234", "123456", "ñez"] {
        assert_eq!(ask(&[10], text).await, (vec![(1, Some(first))], vec![1]), "{text}");
        assert_eq!(ask(&[9], text).await, (vec![(1, None)], vec![]), "{text}");
    }
    assert_eq!(ask(&[10], "zz").await, (vec![], vec![]));
    assert_eq!(ask(&[10], "#2").await.1, [2]);
    t.database.run("UPDATE contact SET display_name = 'Mary' WHERE id = 1");
    catch_up(&t.store).await;
    assert_eq!(ask(&[10], "jose").await.0, []);
    assert_eq!(ask(&[10], "mary").await.0.len(), 1);
}

async fn hostile(t: Fixture) {
    talk(&t.store, 1, "Hello").await;
    catch_up(&t.store).await;
    for text in [
        "hello\" OR \"x",
        "hello*",
        "NOT hello",
        "hello NEAR(x)",
        "' || 1=1 --",
        "a:b:c",
        "x' & !'y",
        "\\\\'",
        "(((",
        "hello ^x",
        "§10",
        "hello \u{0} x",
        "words:hello",
        "{hello}",
        "*",
        "\"\"",
        "hello -thank",
        "%_%",
        "\u{202e}hello",
    ] {
        let Ok(query) = Query::parse(text) else { continue };
        let hits = t.store.find_messages(scope(&[10]), query.clone(), 10).await;
        let plain =
            query.words.iter().all(|word| "hello".starts_with(word.as_str()) && query.words.len() == 1);
        assert_eq!(hits.unwrap().len(), usize::from(plain && !query.is_empty()), "{text}");
        t.store.find_contacts_like(BUSINESS, scope(&[10]), query.clone(), 10).await.unwrap();
        t.store.find_conversations(BUSINESS, scope(&[10]), query, 10).await.unwrap();
    }
}

async fn other_log(t: Fixture) {
    talk(&t.store, 1, "Hello").await;
    catch_up(&t.store).await;
    t.store.check_index().await.unwrap();
    assert_eq!(found(&t.store, &[10], "hello").await, [100], "the same log: nothing is forgotten");
    t.database
        .run("UPDATE event SET conversation_id = 77 WHERE position = (SELECT MAX(position) FROM event)");
    t.store.check_index().await.unwrap();
    assert_eq!(found(&t.store, &[10], "hello").await, Vec::<i64>::new());
    catch_up(&t.store).await;
    assert_eq!(found(&t.store, &[10], "hello").await, [100]);
}
