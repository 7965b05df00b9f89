//! The line of a spec that an error is about, from the words that say where it is.

use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use super::grammar::line_of;

/// The line in `text`, counted from 1, of what `key` names, such as ``model `a`: layer 2 (dense): units``, or of
/// the innermost part of it that stands there; `None` if nothing of it does.
pub(super) fn find(text: &str, key: &str) -> Option<usize> {
    let file = DeTable::parse(text).ok()?;
    let parts: Vec<&str> = key.split(": ").collect();
    let mut place = Place {
        table: Some(file.get_ref()),
        list: None,
        offset: None,
    };
    for number in 0..parts.len() {
        match place.inside(&parts[number..]) {
            Some(inner) => place = inner,
            None => break,
        }
    }
    place.offset.map(|offset| line_of(text, offset))
}

/// How far the words have led.
struct Place<'a> {
    table: Option<&'a DeTable<'a>>,
    list: Option<&'a DeArray<'a>>,
    /// `None` at the file as a whole.
    offset: Option<usize>,
}

impl<'a> Place<'a> {
    fn of(value: &'a Spanned<DeValue<'a>>, offset: usize) -> Self {
        Self {
            table: value.get_ref().as_table(),
            list: value.get_ref().as_array(),
            offset: Some(offset),
        }
    }

    /// Where the first of `parts` leads.
    fn inside(&self, parts: &[&str]) -> Option<Self> {
        let part = *parts.first()?;
        let item = if let Some((kind, name)) = named(part) {
            let (_, tables) = self.entry(kind)?;
            let mut tables = tables.get_ref().as_array()?.iter();
            tables.find(|table| name_of(table) == Some(name))?
        } else if let Some(number) = layer_number(part) {
            let layers = match self.list {
                Some(list) => list,
                None => self.entry("layers")?.1.get_ref().as_array()?,
            };
            layers.get(number.checked_sub(1)?)?
        } else {
            let (offset, value) = self.entry(part).or_else(|| self.varied(parts))?;
            // Of several tables, such as models, this does not say which is meant.
            let tables = value.get_ref().as_array();
            let several =
                tables.is_some_and(|items| items.iter().any(|item| item.get_ref().is_table()));
            let is_told = self.offset.is_some() || !several;
            return is_told.then(|| Self::of(value, offset));
        };
        Some(Self::of(item, item.span().start))
    }

    /// The value of `key` in the table, and where its line begins.
    fn entry(&self, key: &str) -> Option<(usize, &'a Spanned<DeValue<'a>>)> {
        let mut entries = self.table?.iter();
        let (key, value) = entries.find(|(name, _)| name.get_ref() == key)?;
        Some((key.span().start, value))
    }

    /// What a sweep varies: `optimizer`, `epsilon` is its parameter `optimizer.epsilon`.
    fn varied(&self, parts: &[&str]) -> Option<(usize, &'a Spanned<DeValue<'a>>)> {
        let (offset, parameters) = self.entry("parameters")?;
        Self::of(parameters, offset).entry(&parts.join("."))
    }
}

/// The kind and the name in ``model `a` ``.
fn named(part: &str) -> Option<(&str, &str)> {
    let (kind, name) = part.split_once(" `")?;
    Some((kind, name.strip_suffix('`')?))
}

fn name_of<'a>(table: &'a Spanned<DeValue<'_>>) -> Option<&'a str> {
    table.get_ref().as_table()?.get("name")?.get_ref().as_str()
}

/// The number in `layer 3 (dense)`.
fn layer_number(part: &str) -> Option<usize> {
    let (number, _) = part.strip_prefix("layer ")?.split_once(' ')?;
    number.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_innermost_part_that_stands_in_the_text_is_found() {
        let text = r#"extends = "smoke"
[[model]]
name = "a"
[[model]]
name = "b"
layers = [
  { type = "flatten" },
  { type = "residual",
    shortcut = [
      { type = "dense", units = 3 },
    ] },
]
[model.optimizer]
name = "adam"
[[sweep]]
name = "s"
[sweep.parameters]
"optimizer.epsilon" = [1, 2]
"#;
        let line = |key| find(text, key);
        assert_eq!(line("extends"), Some(1));
        assert_eq!(line("model `b`: epochs"), Some(4));
        assert_eq!(line("model `b`: layer 1 (flatten): input"), Some(7));
        assert_eq!(
            line("model `b`: layer 2 (residual): shortcut: layer 1 (dense): units"),
            Some(10)
        );
        assert_eq!(line("model `b`: optimizer: name"), Some(14));
        assert_eq!(line("sweep `s`: optimizer: epsilon"), Some(18));
        // An inherited model, several models, nothing at all.
        assert_eq!(line("model `c`: layer 1 (flatten): input"), None);
        assert_eq!(line("model: name"), None);
        assert_eq!(line("seeds"), None);
    }
}
