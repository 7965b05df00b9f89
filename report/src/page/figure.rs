//! Figures inside the page, in the page's colours.

use std::collections::HashMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::looks::Looks;
use crate::document::Figure;
use crate::palette::THEMED;
use crate::svg::escape;

/// What the drawings of a page share.
#[derive(Debug, Default)]
pub struct Shared {
    pub pictures: Pictures,
    pub looks: Looks,
}

/// Pictures inside drawings, each once however many drawings show it.
#[derive(Debug, Default)]
pub struct Pictures {
    /// The rest of the element, and what it is called.
    names: HashMap<String, String>,
}

impl Pictures {
    /// `drawing` with each picture that an earlier one has in the page as a reference to it. Only the place
    /// of a picture may differ, so `<image x="1" y="2" REST/>` is known by its REST.
    fn shared(&mut self, drawing: &str) -> String {
        let mut parts = drawing.split("<image x=\"");
        let mut shared = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let Some((place, rest)) = split_place(part) else {
                shared.push_str("<image x=\"");
                shared.push_str(part);
                continue;
            };
            let (element, after) = rest.split_at(rest.find("/>").unwrap_or(rest.len()));
            let (x, y) = place;
            let next = format!("picture-{}", self.names.len());
            let name = self.names.entry(element.to_owned()).or_insert(next);
            shared.push_str(&format!("<use href=\"#{name}\" x=\"{x}\" y=\"{y}\"{after}"));
        }
        shared
    }

    /// The pictures, out of sight; they stand before the drawings that refer to them.
    pub fn definitions(&self) -> String {
        let mut names: Vec<(&String, &String)> = self.names.iter().collect();
        names.sort_by_key(|(_, name)| (name.len(), *name));
        let images: String = names
            .iter()
            .map(|(element, name)| format!("<image id=\"{name}\"{element}/>"))
            .collect();
        match images.is_empty() {
            true => String::new(),
            false => format!(
                "<svg class=\"pictures\" width=\"0\" height=\"0\" aria-hidden=\"true\"><defs>{images}</defs></svg>\n"
            ),
        }
    }
}

/// The coordinates at the beginning of `1" y="2" width=...`, and the rest.
fn split_place(part: &str) -> Option<((&str, &str), &str)> {
    let (x, rest) = part.split_once("\" y=\"")?;
    let (y, rest) = rest.split_once('"')?;
    Some(((x, y), rest))
}

/// `figure` as an element: a drawing in the page's colours, an image as a data URI.
pub fn embed(figure: &Figure, alt: &str, shared: &mut Shared) -> String {
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
    let drawing = shared.pictures.shared(&shared.looks.shared(&drawing));
    format!("<figure tabindex=\"0\">{drawing}</figure>")
}
