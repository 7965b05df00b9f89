//! What drawings look like, as classes of the page's style sheet: a few hundred looks are shared by ten
//! thousand elements.

use std::collections::HashMap;

/// Presentation attributes of SVG that are also properties of CSS, and the unit of their numbers there.
const PROPERTIES: [(&str, &str); 10] = [
    ("font-size", "px"),
    ("font-weight", ""),
    ("text-anchor", ""),
    ("fill", ""),
    ("fill-opacity", ""),
    ("stroke", ""),
    ("stroke-width", "px"),
    ("stroke-linejoin", ""),
    ("stroke-linecap", ""),
    ("stroke-opacity", ""),
];
/// Elements that [`crate::svg`] draws with such attributes and without a class of their own.
const ELEMENTS: [&str; 4] = ["text", "path", "rect", "circle"];

/// The looks that the drawings of a page have, each once.
#[derive(Debug, Default)]
pub struct Looks {
    /// Declarations of CSS and the number of their class.
    numbers: HashMap<String, usize>,
}

impl Looks {
    /// `drawing`, whose attributes hold no `>`, with a class in place of presentation attributes.
    pub fn shared(&mut self, drawing: &str) -> String {
        let mut shared = String::with_capacity(drawing.len());
        let mut rest = drawing;
        while let Some(start) = rest.find('<') {
            let (before, tag) = rest.split_at(start);
            let (tag, after) = tag.split_at(tag.find('>').map_or(tag.len(), |end| end + 1));
            shared.push_str(before);
            shared.push_str(&self.classed(tag));
            rest = after;
        }
        shared.push_str(rest);
        shared
    }

    /// `tag` from `<` to `>`.
    fn classed(&mut self, tag: &str) -> String {
        let (name, attributes) = tag[1..].split_once(' ').unwrap_or_default();
        if !ELEMENTS.contains(&name) {
            return tag.to_owned();
        }
        let (mut declarations, mut kept) = (Vec::new(), String::new());
        let mut rest = attributes;
        while let Some((attribute, after)) = split_attribute(rest) {
            let (name, value, text) = attribute;
            match PROPERTIES.iter().find(|(property, _)| *property == name) {
                Some((_, unit)) => declarations.push(format!("{name}:{value}{unit}")),
                None => {
                    kept.push(' ');
                    kept.push_str(text);
                }
            }
            rest = after.trim_start();
        }
        if declarations.is_empty() {
            return tag.to_owned();
        }
        let next = self.numbers.len();
        let number = *self.numbers.entry(declarations.join(";")).or_insert(next);
        format!("<{name} class=\"k{number}\"{kept}{rest}")
    }

    /// The rules of the classes.
    pub fn rules(&self) -> String {
        let mut looks: Vec<(&String, &usize)> = self.numbers.iter().collect();
        looks.sort_by_key(|(_, number)| **number);
        looks
            .iter()
            .map(|(declarations, number)| format!(".k{number}{{{declarations}}}\n"))
            .collect()
    }
}

/// The first attribute of `text`, as name, value and whole text, and what comes after it.
fn split_attribute(text: &str) -> Option<((&str, &str, &str), &str)> {
    let (name, rest) = text.split_once("=\"")?;
    let (value, _) = rest.split_once('"')?;
    let (attribute, after) = text.split_at(name.len() + value.len() + 3);
    Some(((name, value, attribute), after))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::palette::{BLUE, RED};
    use crate::svg::{Svg, TextStyle};

    #[test]
    fn drawings_share_a_class_for_each_look_and_keep_everything_else() {
        let mut looks = Looks::default();
        let mut svg = Svg::new(20.0, 10.0, "two words");
        svg.text(1.0, 2.0, "a > b", TextStyle::new(9.5).color(RED));
        svg.text(3.0, 4.0, "c", TextStyle::new(9.5).color(RED));
        svg.shade(5.0, 6.0, 7.0, 8.0, BLUE, 0.5);
        let drawing = svg.finish();
        let shared = looks.shared(&drawing);
        assert_eq!(
            shared.lines().skip(3).collect::<Vec<_>>(),
            [
                "<text class=\"k1\" x=\"1\" y=\"2\">a &gt; b</text>",
                "<text class=\"k1\" x=\"3\" y=\"4\">c</text>",
                "<rect class=\"k2\" x=\"5\" y=\"6\" width=\"7\" height=\"8\"/>",
                "</svg>",
            ]
        );
        let (red, blue) = (RED.0, BLUE.0);
        assert!(looks.rules().ends_with(&format!(
            ".k1{{font-size:9.5px;fill:{red}}}\n.k2{{fill:{blue};fill-opacity:0.5}}\n"
        )));
        // The frame of the figure is no part of it.
        assert_eq!(shared.lines().next(), drawing.lines().next());
    }
}
