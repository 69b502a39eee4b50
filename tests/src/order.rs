//! One order of everything that happens to a conversation, the same for whoever looks.

use crate::people::{Agent, id};
use crate::provider::text;
use crate::world::{Kind, World};
use futures_util::future::join_all;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Instant;

both!(d_03_every_conversation_is_one_gap_free_log_that_time_agrees_with);

/// Something that was asked for and answered, and the word by which its entry is found.
struct Deed {
    conversation: usize,
    word: String,
    asked: Instant,
    answered: Instant,
}

struct Stage<'a> {
    world: &'a World,
    numbers: Vec<String>,
    conversations: Vec<String>,
}

/// One person at random work, one deed after the other.
async fn work(stage: &Stage<'_>, who: Option<&Agent>, name: String, seed: u64) -> Vec<Deed> {
    let mut dice = StdRng::seed_from_u64(seed);
    let mut deeds = Vec::new();
    for n in 0..30 {
        let conversation = dice.random_range(0..stage.conversations.len());
        let word = format!("{name}-{n}");
        let path = format!("/api/v1/conversations/{}", stage.conversations[conversation]);
        let asked = Instant::now();
        let kept = match (who, dice.random_range(0..10)) {
            (None, _) => {
                stage.world.call_back(&text(&stage.numbers[conversation], &word, &word)).await;
                true
            }
            (Some(agent), 0..5) => {
                let body = json!({"client_id": word, "text": word});
                agent.post(&format!("{path}/messages"), body).await.expect(201);
                true
            }
            (Some(agent), 5..7) => {
                let body = json!({"client_id": word, "text": word});
                agent.post(&format!("{path}/notes"), body).await.expect(201);
                true
            }
            // What may be refused, because somebody else was first, is only there to get in the way.
            (Some(agent), 7) => agent.post(&format!("{path}/attend"), json!({})).await.status == 999,
            (Some(agent), 8) => agent.delete(&format!("{path}/assignees")).await.status == 999,
            (Some(agent), _) => agent.post(&format!("{path}/read"), json!({"upto": n})).await.status == 999,
        };
        if kept {
            deeds.push(Deed { conversation, word, asked, answered: Instant::now() });
        }
    }
    deeds
}

/// Where each word stands in a log.
fn places(entries: &[Value]) -> BTreeMap<String, i64> {
    let numbers: Vec<i64> = entries.iter().map(|entry| entry["seq"].as_i64().unwrap()).collect();
    assert!(numbers.windows(2).all(|two| two[0] < two[1]), "out of order: {numbers:?}");
    let mut places = BTreeMap::new();
    for entry in entries.iter().filter(|entry| entry["t"] == "message.created") {
        let word = entry["d"]["message"]["text"].as_str().unwrap().to_owned();
        let before = places.insert(word.clone(), entry["seq"].as_i64().unwrap());
        assert_eq!(before, None, "{word} stands in the log twice");
    }
    places
}

/// To see it go red: let `Conversation` give out `seq` before `wait`ing for the commit, or use `do_send` where a decision is asked for.
async fn d_03_every_conversation_is_one_gap_free_log_that_time_agrees_with(kind: Kind) {
    let world = World::start(kind).await;
    world.generous_provider();
    let team = [world.ann().await, world.bob().await, world.ada().await];
    for seed in 1..=3 {
        let numbers: Vec<String> = (0..3).map(|n| format!("44770090{seed}00{n}")).collect();
        let mut conversations = Vec::new();
        for (n, number) in numbers.iter().enumerate() {
            world.call_back(&text(number, &format!("first-{seed}-{n}"), "First")).await;
            conversations.push(id(&team[0].conversation_with(&format!("+{number}")).await));
        }
        let stage = Stage { world: &world, numbers, conversations };
        let mut watchers = [team[0].listen().await, team[1].listen().await];
        let customers = (0..4).map(|n| (None, format!("customer{n}-{seed}")));
        let agents = team.iter().enumerate().map(|(n, agent)| (Some(agent), format!("agent{n}-{seed}")));
        let all = customers.chain(agents).enumerate();
        let all = all.map(|(n, (who, name))| work(&stage, who, name, seed * 100 + n as u64));
        let deeds: Vec<Deed> = join_all(all).await.into_iter().flatten().collect();
        assert!(deeds.len() > 150, "{}", deeds.len());
        for (at, conversation) in stage.conversations.iter().enumerate() {
            let entries = team[0].timeline(conversation).await;
            let places = places(&entries);
            let mut done: Vec<(&Deed, i64)> = Vec::new();
            for deed in deeds.iter().filter(|deed| deed.conversation == at) {
                let place = places.get(&deed.word);
                done.push((deed, *place.unwrap_or_else(|| panic!("seed {seed}: {} is lost", deed.word))));
            }
            // What was answered before something else was asked for stands before it: one order that real time agrees with.
            for (earlier, before) in &done {
                for (later, after) in done.iter().filter(|(later, _)| earlier.answered < later.asked) {
                    let words = (&earlier.word, &later.word);
                    assert!(before < after, "seed {seed}: {words:?} stand at {before} and {after}");
                }
            }
            let row = team[0].conversation(conversation).await;
            world.whole_log(&row);
            // Everybody who watched saw the same, in the same order, to the end.
            let mut streams = Vec::new();
            for watcher in &mut watchers {
                watcher.settle().await;
                let seen = watcher.entries().into_iter().filter(|(of, _, _)| of == conversation);
                streams.push(seen.map(|(_, seq, t)| (seq, t)).collect::<Vec<(i64, String)>>());
            }
            let both = streams[0].len().min(streams[1].len());
            assert_eq!(streams[0][..both], streams[1][..both], "seed {seed}: the same for both");
            let stream = &streams[0][..both];
            let numbers: Vec<i64> = stream.iter().map(|(seq, _)| *seq).collect();
            let whole: Vec<i64> = (numbers[0]..numbers[0] + both as i64).collect();
            assert_eq!(numbers, whole, "seed {seed}: frames without holes, in order");
            assert!(numbers.last() >= row["seq"].as_i64().as_ref(), "seed {seed}: not to the end");
            for entry in &entries {
                let (seq, t) = (entry["seq"].as_i64().unwrap(), entry["t"].as_str().unwrap());
                let frame = stream.iter().find(|(number, _)| *number == seq);
                assert!(frame.is_none_or(|(_, kind)| kind == t), "seed {seed}: {seq} is {t} and {frame:?}");
            }
        }
    }
}
