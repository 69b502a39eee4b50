//! The part of a text that shows why it was found.

use super::query::Query;
use super::words::{fold, runs};
use serde::Serialize;

/// A piece of a text, found or in between.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Piece<'a> {
    pub text: &'a str,
    pub hit: bool,
}

/// Characters shown before the first hit, and in all.
const BEFORE: usize = 40;
const LENGTH: usize = 160;

/// Pieces of `text` around its first hit; from its beginning when nothing in it was hit (a file's name was).
pub fn snippet<'a>(text: &'a str, query: &Query) -> Vec<Piece<'a>> {
    let mut hits =
        runs(text).filter(|run| text.get(run.clone()).is_some_and(|word| query.hits(&fold(word)))).peekable();
    let first = hits.peek().map_or(0, |run| run.start);
    let start = back(text, first, BEFORE);
    let end = forth(text, start, LENGTH);
    let mut pieces = Vec::new();
    let mut at = start;
    for hit in hits.take_while(|hit| hit.end <= end) {
        push(&mut pieces, text, at, hit.start, false);
        push(&mut pieces, text, hit.start, hit.end, true);
        at = hit.end;
    }
    push(&mut pieces, text, at, end, false);
    pieces
}

fn push<'a>(pieces: &mut Vec<Piece<'a>>, text: &'a str, from: usize, to: usize, hit: bool) {
    if let Some(part) = text.get(from..to).filter(|part| !part.is_empty()) {
        pieces.push(Piece { text: part, hit });
    }
}

/// The byte `count` characters before `at`, moved on to the beginning of a word.
fn back(text: &str, at: usize, count: usize) -> usize {
    let head = text.get(..at).unwrap_or_default();
    let Some((start, _)) = head.char_indices().rev().nth(count.saturating_sub(1)) else { return 0 };
    let cut = head.get(start..).unwrap_or_default();
    if start == 0 { 0 } else { cut.find(char::is_whitespace).map_or(start, |space| start + space + 1) }
}

/// The byte `count` characters after `at`.
fn forth(text: &str, at: usize, count: usize) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    rest.char_indices().nth(count).map_or(text.len(), |(offset, _)| at + offset)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, query: &str) -> String {
        let query = Query::parse(query).unwrap();
        let mark =
            |piece: &Piece<'_>| if piece.hit { format!("[{}]", piece.text) } else { piece.text.to_owned() };
        snippet(text, &query).iter().map(mark).collect()
    }

    #[test]
    fn hits_are_marked_as_they_were_written() {
        for (text, query, expected) in [
            ("Où est ma COMMANDE ?", "commande", "Où est ma [COMMANDE] ?"),
            ("Café-crème, s'il vous plaît", "creme cafe", "[Café]-[crème], s'il vous plaît"),
            ("order ordered", "my order", "[order] [ordered]"),
            ("order ordered", "order my", "[order] ordered"),
            ("no hit here", "zz", "no hit here"),
            ("", "zz", ""),
            ("東京タワー", "京タ", "東[京][タ]ワー"),
        ] {
            assert_eq!(shown(text, query), expected);
        }
    }

    #[test]
    fn a_long_text_is_shown_around_its_first_hit() {
        let text = format!("{} needle {}", "één ".repeat(500), "ünd ".repeat(500));
        let shown = shown(&text, "needle");
        assert!(shown.starts_with("één ") && shown.contains(" [needle] "), "{shown}");
        assert!(shown.chars().count() <= LENGTH + 2, "{shown}");
    }
}
