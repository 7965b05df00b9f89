//! A small SVG builder whose text is outlines.
//!
//! Every figure is drawn in CSS pixels on an opaque background. Glyphs are defined once a figure
//! and used by reference.

mod text_style;

use std::collections::BTreeSet;
use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::palette::{Color, PAPER};
use crate::typeface::{self, Weight};

pub use text_style::{Anchor, TextStyle};

/// A figure that is being drawn.
#[derive(Clone, Debug)]
pub struct Svg {
    width_px: f64,
    height_px: f64,
    title: String,
    body: String,
    glyphs: BTreeSet<(Weight, char)>,
}

impl Svg {
    /// An empty figure; `title` is what screen readers say.
    pub fn new(width_px: f64, height_px: f64, title: &str) -> Self {
        Self {
            width_px,
            height_px,
            title: title.to_owned(),
            body: String::new(),
            glyphs: BTreeSet::new(),
        }
    }

    /// A filled rectangle.
    pub fn rect(&mut self, x: f64, y: f64, width: f64, height: f64, fill: Color) {
        self.shade(x, y, width, height, fill, 1.0);
    }

    /// A filled rectangle that lets 1 - `opacity` of what lies behind through.
    pub fn shade(&mut self, x: f64, y: f64, width: f64, height: f64, fill: Color, opacity: f64) {
        let opacity = opacity_attribute("fill-opacity", opacity);
        self.push(format_args!(
            r#"<rect x="{}" y="{}" width="{}" height="{}" fill="{}"{opacity}/>"#,
            number(x),
            number(y),
            number(width),
            number(height),
            fill.0
        ));
    }

    /// An empty rectangle with a hairline frame.
    pub fn frame(&mut self, x: f64, y: f64, width: f64, height: f64, stroke: Color) {
        self.push(format_args!(
            r#"<rect x="{}" y="{}" width="{}" height="{}" fill="none" stroke="{}"/>"#,
            number(x),
            number(y),
            number(width),
            number(height),
            stroke.0
        ));
    }

    /// A straight line.
    pub fn line(&mut self, from: (f64, f64), to: (f64, f64), stroke: Color, width_px: f64) {
        self.push(format_args!(
            r#"<path d="M{} {}L{} {}" stroke="{}" stroke-width="{}"/>"#,
            number(from.0),
            number(from.1),
            number(to.0),
            number(to.1),
            stroke.0,
            number(width_px)
        ));
    }

    /// A line through `points`.
    pub fn polyline(&mut self, points: &[(f64, f64)], stroke: Color, width_px: f64, opacity: f64) {
        let mut data = String::new();
        for (index, (x, y)) in points.iter().enumerate() {
            let command = if index == 0 { 'M' } else { 'L' };
            let _ = write!(data, "{command}{} {}", number(*x), number(*y));
        }
        let opacity = opacity_attribute("stroke-opacity", opacity);
        self.push(format_args!(
            r#"<path d="{data}" fill="none" stroke="{}" stroke-width="{}" stroke-linejoin="round" stroke-linecap="round"{opacity}/>"#,
            stroke.0,
            number(width_px)
        ));
    }

    /// A filled shape of straight lines.
    pub fn polygon(&mut self, points: &[(f64, f64)], fill: Color, opacity: f64) {
        let mut data = String::new();
        for (index, (x, y)) in points.iter().enumerate() {
            let command = if index == 0 { 'M' } else { 'L' };
            let _ = write!(data, "{command}{} {}", number(*x), number(*y));
        }
        let opacity = opacity_attribute("fill-opacity", opacity);
        self.push(format_args!(
            r#"<path d="{data}Z" fill="{}"{opacity}/>"#,
            fill.0
        ));
    }

    /// A filled disc with a rim of background, so that neighbours stay apart.
    pub fn dot(&mut self, center: (f64, f64), radius_px: f64, fill: Color) {
        self.push(format_args!(
            r#"<circle cx="{}" cy="{}" r="{}" fill="{}" stroke="{}"/>"#,
            number(center.0),
            number(center.1),
            number(radius_px),
            fill.0,
            PAPER.0
        ));
    }

    /// A ring.
    pub fn ring(&mut self, center: (f64, f64), radius_px: f64, stroke: Color, width_px: f64) {
        self.push(format_args!(
            r#"<circle cx="{}" cy="{}" r="{}" fill="{}" stroke="{}" stroke-width="{}"/>"#,
            number(center.0),
            number(center.1),
            number(radius_px),
            PAPER.0,
            stroke.0,
            number(width_px)
        ));
    }

    /// A small triangle that points right, or left when `direction` is negative: what is drawn
    /// goes on beyond the panel.
    pub fn arrow_head(&mut self, (x, y): (f64, f64), direction: f64, fill: Color) {
        let back = x - 7.0 * direction.signum();
        self.polygon(&[(x, y), (back, y - 4.5), (back, y + 4.5)], fill, 1.0);
    }

    /// A filled square on its corner.
    pub fn diamond(&mut self, (x, y): (f64, f64), radius_px: f64, fill: Color) {
        self.polygon(
            &[
                (x, y - radius_px),
                (x + radius_px, y),
                (x, y + radius_px),
                (x - radius_px, y),
            ],
            fill,
            1.0,
        );
    }

    /// Text with its base line at `y`, as outlines.
    pub fn text(&mut self, x: f64, y: f64, text: &str, style: TextStyle) {
        let scale = style.size_px / typeface::units_per_em(style.weight);
        let shift = match style.anchor {
            Anchor::Start => 0.0,
            Anchor::Middle => -style.width_px(text) / 2.0,
            Anchor::End => -style.width_px(text),
        };
        let transform = if style.upwards {
            format!(
                "matrix(0 -{s} -{s} 0 {} {})",
                number(x),
                number(y - shift),
                s = precise(scale)
            )
        } else {
            format!(
                "matrix({s} 0 0 -{s} {} {})",
                number(x + shift),
                number(y),
                s = precise(scale)
            )
        };
        let _ = write!(
            self.body,
            r#"<g fill="{}" transform="{transform}">"#,
            style.color.0
        );
        let mut advance = 0;
        for character in text.chars() {
            if !character.is_whitespace() {
                self.glyphs.insert((style.weight, character));
                let id = glyph_id(style.weight, character);
                if advance == 0 {
                    let _ = write!(self.body, r##"<use href="#{id}"/>"##);
                } else {
                    let _ = write!(self.body, r##"<use href="#{id}" x="{advance}"/>"##);
                }
            }
            advance += typeface::advance_units(character, style.weight);
        }
        self.body.push_str("</g>\n");
    }

    /// A PNG image, its pixels kept sharp.
    pub fn image(&mut self, x: f64, y: f64, width: f64, height: f64, png: &[u8]) {
        let data = STANDARD.encode(png);
        self.push(format_args!(
            r#"<image x="{}" y="{}" width="{}" height="{}" image-rendering="optimizeSpeed" style="image-rendering:pixelated" href="data:image/png;base64,{data}"/>"#,
            number(x),
            number(y),
            number(width),
            number(height),
        ));
    }

    /// The finished file.
    pub fn finish(&self) -> String {
        let mut defs = String::new();
        for &(weight, character) in &self.glyphs {
            let _ = writeln!(
                defs,
                r#"<path id="{}" d="{}"/>"#,
                glyph_id(weight, character),
                typeface::outline(character, weight)
            );
        }
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{w}\" height=\"{h}\" viewBox=\"0 0 {w} {h}\" role=\"img\">\n\
             <title>{title}</title>\n\
             {DEFS_START}\n{defs}{DEFS_END}\n\
             <rect width=\"{w}\" height=\"{h}\" fill=\"{paper}\"/>\n\
             {body}</svg>\n",
            w = number(self.width_px),
            h = number(self.height_px),
            title = escape(&self.title),
            paper = PAPER.0,
            body = self.body,
        )
    }

    fn push(&mut self, element: std::fmt::Arguments<'_>) {
        let _ = writeln!(self.body, "{element}");
    }
}

/// Opens the glyph definitions of a finished figure; each stands on a line of its own.
pub const DEFS_START: &str = "<defs>";
/// Closes the glyph definitions of a finished figure.
pub const DEFS_END: &str = "</defs>";

/// Name of a glyph, the same in every figure, so that a page can share the definitions.
fn glyph_id(weight: Weight, character: char) -> String {
    let prefix = match weight {
        Weight::Regular => 'r',
        Weight::SemiBold => 's',
    };
    format!("{prefix}{:x}", u32::from(character))
}

/// At most two decimals, without trailing zeros.
fn number(value: f64) -> String {
    let rounded = (value * 100.0).round() / 100.0;
    if rounded == 0.0 {
        "0".to_owned()
    } else {
        rounded.to_string()
    }
}

fn precise(value: f64) -> f64 {
    (value * 1e6).round() / 1e6
}

fn opacity_attribute(name: &str, opacity: f64) -> String {
    if opacity >= 1.0 {
        String::new()
    } else {
        format!(r#" {name}="{}""#, number(opacity))
    }
}

/// Text with the characters that XML keeps for itself replaced.
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::palette::{BLUE, GRID};

    #[test]
    fn text_becomes_outlines_that_are_defined_once() {
        let mut svg = Svg::new(40.0, 20.0, "a < b");
        svg.rect(1.0, 2.0, 3.0, 4.005, BLUE);
        svg.line((0.0, 10.0), (40.0, 10.0), GRID, 1.0);
        svg.text(20.0, 15.0, "1 1", TextStyle::new(11.0).middle());
        expect![[r##"
            <svg xmlns="http://www.w3.org/2000/svg" width="40" height="20" viewBox="0 0 40 20" role="img">
            <title>a &lt; b</title>
            <defs>
            <path id="r31" d="M1188 2048L940 2048L428 1708L428 1456L928 1788L940 1788L940 0L1188 0Z"/>
            </defs>
            <rect width="40" height="20" fill="#ffffff"/>
            <rect x="1" y="2" width="3" height="4.01" fill="#1768ac"/>
            <path d="M0 10L40 10" stroke="#dfe3e8" stroke-width="1"/>
            <g fill="#1f2328" transform="matrix(0.003906 0 0 -0.003906 11.33 15)"><use href="#r31"/><use href="#r31" x="2616"/></g>
            </svg>
        "##]]
        .assert_eq(&svg.finish());
    }
}
