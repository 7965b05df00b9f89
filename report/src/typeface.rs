//! Glyph outlines of the bundled typeface, so that figures need no font where they are looked at.

use std::sync::LazyLock;

use ttf_parser::{Face, GlyphId, OutlineBuilder};

/// How heavy the strokes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Weight {
    /// For text.
    Regular,
    /// For titles and what stands out.
    SemiBold,
}

static REGULAR: LazyLock<Face<'static>> =
    LazyLock::new(|| parse(include_bytes!("../fonts/Inter-Regular.otf")));
static SEMI_BOLD: LazyLock<Face<'static>> =
    LazyLock::new(|| parse(include_bytes!("../fonts/Inter-SemiBold.otf")));

/// Width of `text` in font units; [`units_per_em`] of them are one font size.
pub fn width_units(text: &str, weight: Weight) -> u32 {
    text.chars().map(|c| advance_units(c, weight)).sum()
}

/// Width of `text` at `size_px`, in pixels.
pub fn width_px(text: &str, weight: Weight, size_px: f64) -> f64 {
    f64::from(width_units(text, weight)) * size_px / units_per_em(weight)
}

/// Font units of one font size.
pub fn units_per_em(weight: Weight) -> f64 {
    f64::from(face(weight).units_per_em())
}

/// Distance from `character` to the next one, in font units.
pub fn advance_units(character: char, weight: Weight) -> u32 {
    let face = face(weight);
    u32::from(face.glyph_hor_advance(glyph(face, character)).unwrap_or(0))
}

/// Outline of `character` as SVG path data in font units, y upwards; empty for a space. A
/// character that the typeface lacks becomes its box for missing ones.
pub fn outline(character: char, weight: Weight) -> String {
    let face = face(weight);
    let mut path = PathData::default();
    face.outline_glyph(glyph(face, character), &mut path);
    path.0
}

fn face(weight: Weight) -> &'static Face<'static> {
    match weight {
        Weight::Regular => &REGULAR,
        Weight::SemiBold => &SEMI_BOLD,
    }
}

fn glyph(face: &Face<'_>, character: char) -> GlyphId {
    face.glyph_index(character).unwrap_or(GlyphId(0))
}

fn parse(bytes: &'static [u8]) -> Face<'static> {
    Face::parse(bytes, 0).expect("the bundled typeface is sound")
}

#[derive(Default)]
struct PathData(String);

impl PathData {
    fn push(&mut self, command: char, values: &[f32]) {
        self.0.push(command);
        for (index, value) in values.iter().enumerate() {
            // Outlines have whole coordinates; a minus sign separates by itself.
            let value = value.round() as i32;
            if index > 0 && value >= 0 {
                self.0.push(' ');
            }
            self.0.push_str(&value.to_string());
        }
    }
}

impl OutlineBuilder for PathData {
    fn move_to(&mut self, x: f32, y: f32) {
        self.push('M', &[x, y]);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        self.push('L', &[x, y]);
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        self.push('Q', &[x1, y1, x, y]);
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        self.push('C', &[x1, y1, x2, y2, x, y]);
    }

    fn close(&mut self) {
        self.0.push('Z');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_equally_wide_so_that_columns_line_up() {
        for weight in [Weight::Regular, Weight::SemiBold] {
            let widths: Vec<_> = ('0'..='9').map(|c| advance_units(c, weight)).collect();
            assert!(widths.iter().all(|width| *width == widths[0]), "{widths:?}");
        }
    }

    #[test]
    fn every_sign_of_the_figures_has_an_outline() {
        for character in ('!'..='~').chain("·×−–—±→←↑↓≤≥≈Δσκ°…µ“”‘’•".chars())
        {
            for weight in [Weight::Regular, Weight::SemiBold] {
                assert!(
                    face(weight).glyph_index(character).is_some(),
                    "{character} is missing"
                );
                assert!(!outline(character, weight).is_empty(), "{character}");
            }
        }
    }
}
