//! `search_load`: people search a full database: words frequent and rare, words being typed, names, numbers.

use super::{Scene, stocked};
use crate::asks::Questions;
use crate::client::api::Api;
use crate::error::Result;
use crate::seed::{NAMES, Words};
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use std::fmt::Write;
use std::rc::Rc;
use std::time::Duration;

/// What a search may take.
const P99: Duration = Duration::from_millis(150);
/// Searches in a second.
const RATE: f64 = 25.0;

pub(super) async fn run(scene: &mut Scene<'_>) -> Result<()> {
    let mut stage = stocked::fill(scene).await?;
    let mut askers = vec![stage.admin.again()];
    for user in &scene.options.users {
        askers.push(Api::sign_in(&stage.server.site, user, &scene.options.password).await?);
    }
    let words = Rc::new(Words::default());
    let mut chance = SmallRng::seed_from_u64(scene.seed);
    let questions = || -> Questions {
        let words = words.clone();
        let mut chance = SmallRng::seed_from_u64(chance.random());
        let mut turn = 0;
        Box::new(move || {
            turn += 1;
            question(&words, &mut chance, turn)
        })
    };
    stocked::measure(scene, &askers, RATE, P99, questions).await?;
    stocked::fresh(scene, &mut stage).await
}

fn question(words: &Words, chance: &mut SmallRng, turn: usize) -> (&'static str, String) {
    let number = chance.random_range(0..100_000_000);
    let name = NAMES.get(chance.random_range(0..NAMES.len())).copied().unwrap_or_default();
    let word = words.word(chance).to_owned();
    let (kind, part, text) = match turn % 6 {
        0 => ("one word", "messages", word),
        1 => ("two words", "messages", format!("{word} {}", words.word(chance))),
        2 => ("beginning of a word", "messages", word.chars().take(3).collect()),
        3 => ("name", "all", format!("{name} {}", word.chars().take(2).collect::<String>())),
        4 => ("part of a number", "contacts", format!("07{}", number / 1_000)),
        _ => ("list filtered by name", "", name.to_owned()),
    };
    let text = if text.chars().count() < 2 { "the".to_owned() } else { text };
    let text = escaped(&text);
    if part.is_empty() {
        return (kind, format!("/api/v1/conversations?view=all&limit=50&q={text}"));
    }
    (kind, format!("/api/v1/search?in={part}&q={text}"))
}

/// As an address has it.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() {
            escaped.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(escaped, "%{byte:02X}");
        }
    }
    escaped
}
