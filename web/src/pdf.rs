//! A transcript as PDF: A4 pages with the lines of [`switchboard_engine::transcript`], in any script, with page numbers.
//!
//! Laid out here, because what transcripts need of typesetting is small: words that wrap, text that runs right to left, a second font for what
//! the first lacks. The file itself (fonts, glyphs, compression) is krilla's work.

mod fonts;
mod layout;

use krilla::color::rgb;
use krilla::geom::Point;
use krilla::num::NormalizedF32;
use krilla::page::PageSettings;
use krilla::paint::{Fill, FillRule};
use krilla::surface::Surface;
use krilla::{Document, SerializeSettings};
use layout::Wrapped;
use switchboard_engine::transcript::Transcript;

const WIDTH: f32 = 595.0;
const HEIGHT: f32 = 842.0;
const MARGIN: f32 = 54.0;
const TEXT: f32 = 9.5;
const SMALL: f32 = 7.5;
const LEADING: f32 = 1.4;

/// One line of text in its place.
struct Placed {
    line: Wrapped,
    size: f32,
    grey: bool,
    /// Distance of its baseline from the top.
    y: f32,
}

/// The finished file.
pub fn render(transcript: &Transcript) -> Result<Vec<u8>, String> {
    let pages = paginate(transcript);
    let mut document = Document::new_with(SerializeSettings::default());
    let count = pages.len();
    for (page, lines) in (1..).zip(&pages) {
        let settings = PageSettings::from_wh(WIDTH, HEIGHT).ok_or("a page without a size")?;
        let mut open = document.start_page_with(settings);
        let mut surface = open.surface();
        for placed in lines {
            draw(&mut surface, placed);
        }
        for line in layout::wrap(&format!("{page} / {count}"), SMALL, WIDTH) {
            let y = HEIGHT - MARGIN / 2.0;
            draw(&mut surface, &Placed { line, size: SMALL, grey: true, y });
        }
        surface.finish();
        open.finish();
    }
    document.finish().map_err(|error| format!("{error:?}"))
}

fn paginate(transcript: &Transcript) -> Vec<Vec<Placed>> {
    let mut pages = Pages::default();
    for (label, value) in &transcript.head {
        pages.add(&format!("{label}: {value}"), TEXT, false);
    }
    pages.skip(TEXT);
    for line in &transcript.lines {
        pages.skip(SMALL * 0.6);
        match &line.who {
            Some(who) => {
                pages.keep_together(SMALL + TEXT);
                pages.add(&format!("{}  {who}", line.at), SMALL, true);
                pages.add(&line.text, TEXT, false);
            }
            None => pages.add(&format!("{}  {}", line.at, line.text), SMALL, true),
        }
    }
    pages.done
}

struct Pages {
    done: Vec<Vec<Placed>>,
    y: f32,
}

impl Default for Pages {
    fn default() -> Self {
        Self { done: vec![Vec::new()], y: MARGIN }
    }
}

impl Pages {
    fn add(&mut self, text: &str, size: f32, grey: bool) {
        for paragraph in text.lines() {
            for line in layout::wrap(paragraph, size, WIDTH - 2.0 * MARGIN) {
                self.keep_together(size);
                self.y += size * LEADING;
                let y = self.y;
                if let Some(page) = self.done.last_mut() {
                    page.push(Placed { line, size, grey, y });
                }
            }
        }
    }

    fn skip(&mut self, height: f32) {
        self.y += height;
    }

    /// Turns the page when `height` more would not fit.
    fn keep_together(&mut self, height: f32) {
        if self.y + height * LEADING > HEIGHT - MARGIN {
            self.done.push(Vec::new());
            self.y = MARGIN;
        }
    }
}

fn draw(surface: &mut Surface<'_>, placed: &Placed) {
    let shade = if placed.grey { 90 } else { 20 };
    surface.set_fill(Some(Fill {
        paint: rgb::Color::new(shade, shade, shade).into(),
        opacity: NormalizedF32::ONE,
        rule: FillRule::default(),
    }));
    let (runs, width) = layout::shape(&placed.line);
    let mut x = if placed.line.right_to_left { WIDTH - MARGIN - width * placed.size } else { MARGIN };
    for run in runs {
        let start = Point::from_xy(x, placed.y);
        surface.draw_glyphs(start, &run.glyphs, fonts::font(run.face), &run.text, placed.size, false);
        x += run.width * placed.size;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use switchboard_engine::time::Timestamp;
    use switchboard_engine::transcript::{Edition, Header};

    #[test]
    fn a_transcript_without_a_word_is_still_a_page() {
        let header = Header {
            business: "Bean & Leaf".to_owned(),
            contact: "José Núñez".to_owned(),
            contact_address: None,
            channels: vec!["WhatsApp".to_owned()],
            number: 1042,
            assignees: Some(Vec::new()),
            exported_by: Some("Ada".to_owned()),
            exported_at: Timestamp(0),
        };
        let transcript =
            Transcript::of(&header, &[], "Europe/London", Edition::Team { notes: false, system: false });
        let bytes = render(&transcript).unwrap();
        assert!(bytes.starts_with(b"%PDF-"), "{:?}", bytes.get(..8));
        assert_eq!(paginate(&transcript).len(), 1);
    }
}
