//! The two fonts of transcripts: one for most scripts, one for Chinese, Japanese and Korean. See `web/fonts/README.md`.

use krilla::text::Font;
use rustybuzz::Face;
use std::sync::LazyLock;

static FILES: [&[u8]; 2] =
    [include_bytes!("../../fonts/DejaVuSans.ttf"), include_bytes!("../../fonts/DroidSansFallback.ttf")];

/// Which of the fonts.
pub(super) type FaceId = usize;

static FACES: LazyLock<Vec<Face<'static>>> =
    LazyLock::new(|| FILES.iter().filter_map(|file| Face::from_slice(file, 0)).collect());

static FONTS: LazyLock<Vec<Font>> = LazyLock::new(|| {
    let load = |file: &&'static [u8]| Font::new((*file).into(), 0);
    FILES.iter().filter_map(load).collect()
});

/// Font and width of the characters most texts are made of: asking the fonts for each is most of the work of a long transcript.
static COMMON: LazyLock<Vec<(FaceId, f32)>> = LazyLock::new(|| ('\0'..'\u{600}').map(look_up).collect());

fn common(c: char) -> (FaceId, f32) {
    COMMON.get(c as usize).copied().unwrap_or_else(|| look_up(c))
}

fn look_up(c: char) -> (FaceId, f32) {
    let id = FACES.iter().position(|face| face.glyph_index(c).is_some()).unwrap_or(0);
    let face = face(id);
    let units = face.glyph_index(c).and_then(|glyph| face.glyph_hor_advance(glyph));
    (id, units.map_or(0.6, |units| f32::from(units) / face.units_per_em() as f32))
}

/// The first font that can draw a character; the first of all, which draws a box, when none can.
pub(super) fn face_of(c: char) -> FaceId {
    common(c).0
}

/// How wide a character is, in units of the font's size.
pub(super) fn advance(c: char) -> f32 {
    common(c).1
}

pub(super) fn face(id: FaceId) -> &'static Face<'static> {
    #[expect(clippy::expect_used, reason = "the files are part of the program; a test loads both")]
    FACES.get(id).or_else(|| FACES.first()).expect("an embedded font")
}

pub(super) fn font(id: FaceId) -> Font {
    #[expect(clippy::expect_used, reason = "the files are part of the program; a test loads both")]
    FONTS.get(id).or_else(|| FONTS.first()).cloned().expect("an embedded font")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s2_36_every_script_has_a_font() {
        assert_eq!((FACES.len(), FONTS.len()), (2, 2));
        for (c, face) in
            [('a', 0), ('é', 0), ('Ж', 0), ('Ω', 0), ('م', 0), ('ש', 0), ('漢', 1), ('ひ', 1), ('한', 1)]
        {
            assert_eq!(face_of(c), face, "{c}");
            assert!(FACES[face].glyph_index(c).is_some(), "{c}");
        }
        assert!(FACES[face_of('😀')].glyph_index('😀').is_some(), "faces are drawn");
    }
}
