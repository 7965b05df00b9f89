//! Figures inside the page, in the page's colours.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::document::Figure;
use crate::palette::THEMED;
use crate::svg::escape;

/// `figure` as an element: a drawing in the page's colours, an image as a data URI.
pub fn embed(figure: &Figure, alt: &str) -> String {
    let alt = escape(alt);
    if !figure.path.ends_with(".svg") {
        let data = STANDARD.encode(&figure.bytes);
        let class = if figure.negative {
            " class=\"negative\""
        } else {
            ""
        };
        return format!("<img{class} src=\"data:image/png;base64,{data}\" alt=\"{alt}\">");
    }
    // The title would be a tooltip over the whole figure. An empty line would end the element for a
    // Markdown parser.
    let svg = String::from_utf8_lossy(&figure.bytes);
    let mut drawing: String = svg
        .lines()
        .filter(|line| !line.starts_with("<title>"))
        .collect();
    for (name, color) in THEMED {
        drawing = drawing.replace(&format!("\"{}\"", color.0), &format!("\"var(--{name})\""));
    }
    let drawing = drawing.replacen(
        "role=\"img\"",
        &format!("role=\"img\" aria-label=\"{alt}\""),
        1,
    );
    format!("<figure tabindex=\"0\">{drawing}</figure>")
}
