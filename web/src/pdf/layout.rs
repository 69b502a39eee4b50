//! From a paragraph to lines that fit, and from a line to glyphs in the order in which they stand on paper.

use super::fonts::{self, FaceId};
use krilla::text::{GlyphId, KrillaGlyph};
use rustybuzz::{Direction, UnicodeBuffer};
use std::ops::Range;
use unicode_bidi::BidiInfo;

/// A line of text, still in the order in which it is read.
pub(super) struct Wrapped {
    pub(super) text: String,
    pub(super) right_to_left: bool,
}

/// Glyphs of one font and one direction.
pub(super) struct Run {
    pub(super) face: FaceId,
    pub(super) text: String,
    pub(super) glyphs: Vec<KrillaGlyph>,
    /// In units of the font's size.
    pub(super) width: f32,
}

/// Breaks a paragraph into lines of at most `width`. An empty paragraph is one empty line.
pub(super) fn wrap(paragraph: &str, size: f32, width: f32) -> Vec<Wrapped> {
    let clean: String = paragraph.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let right_to_left = BidiInfo::new(&clean, None).paragraphs.first().is_some_and(|one| one.level.is_rtl());
    let line = |text: &str| Wrapped { text: text.trim_end().to_owned(), right_to_left };
    let mut lines = Vec::new();
    let (mut from, mut used) = (0, 0.0);
    for piece in pieces(&clean) {
        let wide = measure(clean.get(piece.clone()).unwrap_or_default()) * size;
        if used + wide > width && piece.start > from {
            lines.push(line(clean.get(from..piece.start).unwrap_or_default()));
            (from, used) = (piece.start, 0.0);
        }
        used += wide;
    }
    lines.push(line(clean.get(from..).unwrap_or_default()));
    lines
}

/// Longest stretch that is never broken, in characters: what is longer is no word.
const LONGEST: usize = 40;

/// Where a line may break: after spaces, around every character of scripts without spaces, and inside what is too long for any line.
fn pieces(text: &str) -> Vec<Range<usize>> {
    let mut pieces = Vec::new();
    let (mut from, mut count) = (0, 0);
    for (at, c) in text.char_indices() {
        let end = at + c.len_utf8();
        count += 1;
        if c == ' ' || count >= LONGEST || fonts::face_of(c) == 1 {
            pieces.push(from..end);
            (from, count) = (end, 0);
        }
    }
    if from < text.len() {
        pieces.push(from..text.len());
    }
    pieces
}

/// Near enough to decide where a line breaks, at a fraction of the cost of shaping: kerning only makes a word narrower.
fn measure(text: &str) -> f32 {
    text.chars().map(fonts::advance).sum()
}

/// Stretches of one font each.
fn by_face(text: &str) -> Vec<(FaceId, &str)> {
    let mut parts: Vec<(FaceId, Range<usize>)> = Vec::new();
    for (at, c) in text.char_indices() {
        let end = at + c.len_utf8();
        let face = fonts::face_of(c);
        match parts.last_mut() {
            // Spaces and marks stay with what they follow, so that words keep together.
            Some((last, range)) if *last == face || c.is_whitespace() => range.end = end,
            _ => parts.push((face, at..end)),
        }
    }
    parts.into_iter().filter_map(|(face, range)| Some((face, text.get(range)?))).collect()
}

/// The runs of a line from left to right, and their width together.
pub(super) fn shape(line: &Wrapped) -> (Vec<Run>, f32) {
    let bidi = BidiInfo::new(&line.text, None);
    let mut runs = Vec::new();
    for paragraph in &bidi.paragraphs {
        let (levels, order) = bidi.visual_runs(paragraph, paragraph.range.clone());
        for range in order {
            let backwards = levels.get(range.start).is_some_and(unicode_bidi::Level::is_rtl);
            let mut parts = by_face(line.text.get(range).unwrap_or_default());
            if backwards {
                parts.reverse();
            }
            runs.extend(parts.into_iter().map(|(face, part)| shape_run(face, part, backwards)));
        }
    }
    let width = runs.iter().map(|run| run.width).sum();
    (runs, width)
}

fn shape_run(id: FaceId, text: &str, backwards: bool) -> Run {
    let face = fonts::face(id);
    let mut buffer = UnicodeBuffer::new();
    buffer.push_str(text);
    buffer.guess_segment_properties();
    buffer.set_direction(if backwards { Direction::RightToLeft } else { Direction::LeftToRight });
    let shaped = rustybuzz::shape(face, &[], buffer);
    let em = face.units_per_em() as f32;
    let starts = cluster_starts(&shaped, text.len());
    let glyphs: Vec<KrillaGlyph> = shaped
        .glyph_infos()
        .iter()
        .zip(shaped.glyph_positions())
        .map(|(info, place)| {
            let unit = |value: i32| value as f32 / em;
            let (x, dx, dy) = (unit(place.x_advance), unit(place.x_offset), unit(place.y_offset));
            let range = cluster(&starts, info.cluster as usize);
            KrillaGlyph::new(GlyphId::new(info.glyph_id), x, dx, dy, 0.0, range, None)
        })
        .collect();
    let width = glyphs.iter().map(|glyph| glyph.x_advance).sum();
    Run { face: id, text: text.to_owned(), glyphs, width }
}

/// Byte positions at which clusters begin, and the end of the text.
fn cluster_starts(shaped: &rustybuzz::GlyphBuffer, end: usize) -> Vec<usize> {
    let mut starts: Vec<usize> = shaped.glyph_infos().iter().map(|info| info.cluster as usize).collect();
    starts.push(end);
    starts.sort_unstable();
    starts.dedup();
    starts
}

fn cluster(starts: &[usize], start: usize) -> Range<usize> {
    let next = starts.iter().find(|at| **at > start).copied();
    start..next.unwrap_or(start)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(paragraph: &str, width: f32) -> Vec<String> {
        wrap(paragraph, 10.0, width).into_iter().map(|line| line.text).collect()
    }

    #[test]
    fn words_wrap_and_nothing_is_lost() {
        let lines = texts("the quick brown fox jumps over the lazy dog", 90.0);
        assert!(lines.len() > 2);
        assert_eq!(lines.join(" "), "the quick brown fox jumps over the lazy dog");
        let long = "x".repeat(300);
        assert_eq!(texts(&long, 90.0).concat(), long);
        let han = "漢字漢字漢字漢字漢字漢字漢字漢字";
        assert!(texts(han, 60.0).len() > 2);
        assert_eq!(texts(han, 60.0).concat(), han);
        assert_eq!(texts("", 90.0), [""]);
    }

    #[test]
    fn s2_36_right_to_left_text_stands_from_right_to_left() {
        let [line] = &wrap("שלום abc", 10.0, 400.0)[..] else { panic!("one line") };
        assert!(line.right_to_left);
        let (runs, width) = shape(line);
        let order: Vec<&str> = runs.iter().map(|run| run.text.trim()).collect();
        assert_eq!(order, ["abc", "שלום"]);
        assert!(width > 0.0);
        let hebrew = &runs[1].glyphs;
        let starts: Vec<usize> = hebrew.iter().map(|glyph| glyph.text_range.start).collect();
        assert!(
            starts.windows(2).all(|pair| pair[0] > pair[1]),
            "the last letter stands leftmost: {starts:?}"
        );
    }
}
