//! A small SVG builder.
//!
//! Every figure is drawn in CSS pixels on an opaque background. Text names fonts that have the same
//! widths on every system ([`crate::text_width`]); a long text states its width, so that another font
//! does not run into its neighbour.

mod images;
mod text_style;

use std::fmt::Write;

use crate::markdown::visible;
use crate::palette::{Color, INK, PAPER};
use crate::text_width::Weight;

pub use text_style::{Anchor, TextStyle};

/// A figure that is being drawn.
#[derive(Clone, Debug)]
pub struct Svg {
    width_px: f64,
    height_px: f64,
    title: String,
    focus_px: Option<f64>,
    body: String,
}

impl Svg {
    /// An empty figure; `title` is what screen readers say.
    pub fn new(width_px: f64, height_px: f64, title: &str) -> Self {
        Self {
            width_px,
            height_px,
            title: title.to_owned(),
            focus_px: None,
            body: String::new(),
        }
    }

    /// Says which place is to be in view where the figure is wider than the screen.
    pub fn focus(&mut self, x: f64) {
        self.focus_px = Some(x);
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

    /// Text with its base line at `y`.
    pub fn text(&mut self, x: f64, y: f64, text: &str, style: TextStyle) {
        if text.is_empty() {
            return;
        }
        let mut attributes = String::new();
        match style.anchor {
            Anchor::Start => {}
            Anchor::Middle => attributes.push_str(r#" text-anchor="middle""#),
            Anchor::End => attributes.push_str(r#" text-anchor="end""#),
        }
        if style.weight == Weight::Bold {
            attributes.push_str(r#" font-weight="700""#);
        }
        if style.color != INK {
            let _ = write!(attributes, r#" fill="{}""#, style.color.0);
        }
        if text.chars().count() >= FIXED_WIDTH_CHARACTERS {
            let width = number(style.width_px(text));
            let _ = write!(
                attributes,
                r#" textLength="{width}" lengthAdjust="spacingAndGlyphs""#
            );
        }
        let place = match style.upwards {
            false => format!(r#"x="{}" y="{}""#, number(x), number(y)),
            true => format!(
                r#"transform="translate({} {})rotate(-90)""#,
                number(x),
                number(y)
            ),
        };
        self.push(format_args!(
            r#"<text {place} font-size="{}"{attributes}>{}</text>"#,
            number(style.size_px),
            escape(text)
        ));
    }

    /// Numbers of one digit with the middle of each at its x, as one element; larger ones are left out.
    pub fn digits(&mut self, digits: &[(f64, usize)], y: f64, style: TextStyle) {
        let digits = || digits.iter().filter(|(_, digit)| *digit < 10);
        let places: Vec<String> = digits().map(|(x, _)| number(*x)).collect();
        let text: String = digits().map(|(_, digit)| digit.to_string()).collect();
        if text.is_empty() {
            return;
        }
        self.push(format_args!(
            r#"<text x="{}" y="{}" font-size="{}" text-anchor="middle" fill="{}">{text}</text>"#,
            places.join(" "),
            number(y),
            number(style.size_px),
            style.color.0,
        ));
    }

    /// Empty rectangles (x, y, width, height) with hairline frames, as one element.
    pub fn frames(&mut self, rects: &[(f64, f64, f64, f64)], stroke: Color) {
        let data = rects_path(rects);
        self.push(format_args!(
            r#"<path d="{data}" fill="none" stroke="{}"/>"#,
            stroke.0
        ));
    }

    /// Filled rectangles (x, y, width, height) of one colour, as one element.
    pub fn rects(&mut self, rects: &[(f64, f64, f64, f64)], fill: Color) {
        let data = rects_path(rects);
        if !data.is_empty() {
            self.push(format_args!(r#"<path d="{data}" fill="{}"/>"#, fill.0));
        }
    }

    /// The finished file.
    pub fn finish(&self) -> String {
        let focus = self.focus_px.map_or(String::new(), |x| {
            format!(" data-focus=\"{}\"", number(x / self.width_px))
        });
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{w}\" height=\"{h}\" viewBox=\"0 0 {w} {h}\" role=\"img\"{focus} font-family=\"{FONTS}\" fill=\"{ink}\">\n\
             <title>{title}</title>\n\
             <rect width=\"{w}\" height=\"{h}\" fill=\"{paper}\"/>\n\
             {body}</svg>\n",
            w = number(self.width_px),
            h = number(self.height_px),
            title = escape(&self.title),
            ink = INK.0,
            paper = PAPER.0,
            body = self.body,
        )
    }

    fn push(&mut self, element: std::fmt::Arguments<'_>) {
        let _ = writeln!(self.body, "{element}");
    }
}

fn rects_path(rects: &[(f64, f64, f64, f64)]) -> String {
    let mut data = String::new();
    for (x, y, width, height) in rects {
        let _ = write!(
            data,
            "M{} {}h{}v{}h-{}z",
            number(*x),
            number(*y),
            number(*width),
            number(*height),
            number(*width)
        );
    }
    data
}

/// Fonts with the widths of [`crate::text_width`], then whatever the reader has.
const FONTS: &str = "Arial,Helvetica,Liberation Sans,Arimo,sans-serif";
/// A text of at least this many characters states its width.
const FIXED_WIDTH_CHARACTERS: usize = 14;

/// At most two decimals, without trailing zeros.
fn number(value: f64) -> String {
    let rounded = (value * 100.0).round() / 100.0;
    if rounded == 0.0 {
        "0".to_owned()
    } else {
        rounded.to_string()
    }
}

fn opacity_attribute(name: &str, opacity: f64) -> String {
    if opacity >= 1.0 {
        String::new()
    } else {
        format!(r#" {name}="{}""#, number(opacity))
    }
}

/// Text with the characters that XML and HTML keep for themselves replaced, on one line and without
/// characters that XML does not allow.
pub fn escape(text: &str) -> String {
    visible(text)
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests;
