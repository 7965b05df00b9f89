//! Figures inside the page, in the page's colours.

use std::collections::BTreeSet;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::document::Figure;
use crate::palette::THEMED;
use crate::svg::{DEFS_END, DEFS_START, escape};

/// Turns figures into elements and collects the glyphs that they use.
#[derive(Debug, Default)]
pub struct Figures {
    glyphs: BTreeSet<String>,
}

impl Figures {
    /// `figure` as an element: a drawing in the page's colours, an image as a data URI.
    pub fn embed(&mut self, figure: &Figure, alt: &str) -> String {
        let alt = escape(alt);
        if !figure.path.ends_with(".svg") {
            let data = STANDARD.encode(&figure.bytes);
            return format!("<img src=\"data:image/png;base64,{data}\" alt=\"{alt}\">");
        }
        let svg = String::from_utf8_lossy(&figure.bytes);
        let mut drawing = self.without_glyphs(&svg);
        for (name, color) in THEMED {
            drawing = drawing.replace(&format!("\"{}\"", color.0), &format!("\"var(--{name})\""));
        }
        let drawing = drawing.replacen(
            "role=\"img\"",
            &format!("role=\"img\" aria-label=\"{alt}\""),
            1,
        );
        format!("<figure>{drawing}</figure>")
    }

    /// Definitions of all glyphs that the embedded figures use.
    pub fn shared_glyphs(&self) -> String {
        if self.glyphs.is_empty() {
            return String::new();
        }
        let mut text =
            "<svg width=\"0\" height=\"0\" style=\"position:absolute\" aria-hidden=\"true\"><defs>\n".to_owned();
        for glyph in &self.glyphs {
            text.push_str(glyph);
            text.push('\n');
        }
        text.push_str("</defs></svg>\n");
        text
    }

    /// Takes the glyph definitions and the title out; the page has the former once, and the latter
    /// would be a tooltip over the whole figure. Line breaks go too: an empty line would end the
    /// element for Markdown's taste.
    fn without_glyphs(&mut self, svg: &str) -> String {
        let mut text = String::with_capacity(svg.len());
        let mut in_glyphs = false;
        for line in svg.lines() {
            match line {
                DEFS_START => in_glyphs = true,
                DEFS_END => in_glyphs = false,
                _ if in_glyphs => {
                    self.glyphs.insert(line.to_owned());
                }
                _ if line.starts_with("<title>") => {}
                _ => text.push_str(line),
            }
        }
        text
    }
}
