//! Checks the text of a spec against its schema.
//!
//! serde would refuse the same texts. It would name neither the line nor the key of what stands
//! inside `layers`, since it reads a tagged table as a whole before it looks into it.

use std::path::Path;

use serde_json::Value;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::schema::{
    alternatives, any_key, definition, describe, of_type, resolve, schema, tag, words,
};
use super::{SpecError, one_of};

/// How similar a word has to be to a known one to be taken for it, 0 to 1.
const MIN_SIMILARITY: f64 = 0.75;

/// Checks every key and value of the `text` of the spec at `path`.
///
/// # Errors
/// The first key or value in the order of the text that no spec can have, by its line and place.
pub(super) fn check(path: &Path, text: &str) -> Result<(), SpecError> {
    let table = DeTable::parse(text).map_err(|error| {
        let line = error.span().map(|span| line_of(text, span.start));
        let error = SpecError::new(path, "file", "valid TOML", error.message());
        SpecError { line, ..error }
    })?;
    let grammar = Grammar { path, text };
    grammar.table(table.get_ref(), 0, &[schema()], &Place::default())
}

pub(super) fn line_of(text: &str, offset: usize) -> usize {
    text[..offset.min(text.len())].matches('\n').count() + 1
}

/// Where a value stands, in the words of error messages.
#[derive(Clone, Default)]
struct Place {
    /// Such as `model 'a'`, `layer 3 (conv2d)`.
    parts: Vec<String>,
    /// Whether the innermost part is one of several tables, such as a layer.
    in_list: bool,
}

impl Place {
    fn inside(&self, part: impl Into<String>, in_list: bool) -> Self {
        let mut parts = self.parts.clone();
        parts.push(part.into());
        Self { parts, in_list }
    }

    fn key(&self, key: &str) -> String {
        let mut parts = self.parts.clone();
        parts.extend((!key.is_empty()).then(|| key.to_owned()));
        if parts.is_empty() {
            parts.push("file".to_owned());
        }
        parts.join(": ")
    }
}

struct Grammar<'a> {
    path: &'a Path,
    text: &'a str,
}

impl Grammar<'_> {
    fn error(&self, offset: usize, key: String, expected: String, found: String) -> SpecError {
        SpecError {
            line: Some(line_of(self.text, offset)),
            ..SpecError::new(self.path, key, expected, found)
        }
    }

    /// A table that has to fit one of `schemas`.
    fn table(
        &self,
        table: &DeTable,
        offset: usize,
        schemas: &[&'static Value],
        place: &Place,
    ) -> Result<(), SpecError> {
        let tag = tag(schemas);
        let schema = match tag {
            None => schemas[0],
            Some(tag) => self.tagged(table, offset, schemas, tag, place)?,
        };
        let properties = schema["properties"].as_object();
        let keys = properties.into_iter().flatten();
        for (key, value) in table {
            let name = key.get_ref().as_ref();
            let property = keys.clone().find(|(known, _)| *known == name);
            let property = property.map(|(_, property)| property);
            let Some(property) = property.or(any_key(schema)) else {
                let known = keys.clone().map(|(known, _)| known.as_str());
                return Err(self.error(
                    key.span().start,
                    place.key(name),
                    one_of(known.clone()),
                    format!("an unknown key{}", suggestion(name, known)),
                ));
            };
            if Some(name) != tag {
                self.value(value, property, place, name)?;
            }
        }
        let required = schema["required"].as_array().into_iter().flatten();
        for key in required.filter_map(Value::as_str) {
            if !table.contains_key(key) {
                return Err(self.error(
                    offset,
                    place.key(key),
                    describe(&schema["properties"][key]),
                    "nothing".into(),
                ));
            }
        }
        Ok(())
    }

    /// The one of `schemas` that the value of the key `tag` names.
    fn tagged(
        &self,
        table: &DeTable,
        offset: usize,
        schemas: &[&'static Value],
        tag: &'static str,
        place: &Place,
    ) -> Result<&'static Value, SpecError> {
        let name_of = |schema: &&'static Value| schema["properties"][tag]["const"].as_str();
        let names = schemas.iter().filter_map(name_of);
        let value = table.get(tag);
        let found = value.and_then(|value| value.get_ref().as_str());
        let fits = |schema: &&&'static Value| found.is_some() && name_of(schema) == found;
        schemas.iter().find(fits).copied().ok_or_else(|| {
            let found = match (found, value) {
                (Some(word), _) => format!("`{word}`{}", suggestion(word, names.clone())),
                (None, Some(value)) => shown(value.get_ref()),
                (None, None) => "nothing".to_owned(),
            };
            let offset = value.map_or(offset, |value| value.span().start);
            self.error(offset, place.key(tag), one_of(names.clone()), found)
        })
    }

    fn value(
        &self,
        value: &Spanned<DeValue>,
        schema: &'static Value,
        place: &Place,
        key: &str,
    ) -> Result<(), SpecError> {
        if *schema == Value::Bool(true) {
            return Ok(());
        }
        let offset = value.span().start;
        let alternatives = alternatives(schema);
        let of_type = |name: &str| of_type(&alternatives, name);
        let arrays = of_type("array");
        let is_valid = match value.get_ref() {
            DeValue::String(text) => {
                let strings = of_type("string");
                let words = words(&strings);
                let fits = |words: Vec<&str>| words.contains(&text.as_ref());
                if !strings.is_empty() && !words.clone().is_none_or(fits) {
                    let instead = resolve(schema)["x-instead"][text.as_ref()].as_str();
                    let known = words.unwrap_or_default();
                    return Err(self.error(
                        offset,
                        place.key(key),
                        instead.map_or_else(|| describe(schema), str::to_owned),
                        match instead {
                            Some(_) => format!("`{text}`"),
                            None => format!("`{text}`{}", suggestion(text, known.into_iter())),
                        },
                    ));
                }
                !strings.is_empty()
            }
            DeValue::Integer(_) | DeValue::Float(_) => {
                let whole = matches!(value.get_ref(), DeValue::Integer(_));
                let mut numbers = of_type("number");
                numbers.extend(whole.then(|| of_type("integer")).into_iter().flatten());
                let number = number(value.get_ref());
                numbers.iter().any(|schema| contains(schema, number))
            }
            DeValue::Boolean(_) => !of_type("boolean").is_empty(),
            DeValue::Datetime(_) => false,
            DeValue::Array(items) => match arrays.first() {
                Some(list) => return self.list(items, list, offset, place, key),
                None => false,
            },
            DeValue::Table(table) => {
                let tables = of_type("object");
                if !tables.is_empty() {
                    return self.table(table, offset, &tables, &place.inside(key, false));
                }
                if arrays.iter().any(|list| !tables_in(list).is_empty()) {
                    let found = format!("`[{key}]`");
                    let expected = format!("`[[{key}]]`, as there can be several");
                    return Err(self.error(offset, place.key(key), expected, found));
                }
                false
            }
        };
        if is_valid {
            return Ok(());
        }
        let mut expected = describe(schema);
        if matches!(value.get_ref(), DeValue::Float(_)) && !number(value.get_ref()).is_finite() {
            expected = expected.replacen("a number", "a finite number", 1);
        }
        Err(self.error(offset, place.key(key), expected, shown(value.get_ref())))
    }

    fn list(
        &self,
        items: &[Spanned<DeValue>],
        schema: &'static Value,
        offset: usize,
        place: &Place,
        key: &str,
    ) -> Result<(), SpecError> {
        let bound = |name: &str| schema[name].as_u64().map(|bound| bound as usize);
        let least = bound("minItems").unwrap_or(0);
        let most = bound("maxItems").unwrap_or(usize::MAX);
        if !(least..=most).contains(&items.len()) {
            let found = format!("{} values", items.len());
            return Err(self.error(offset, place.key(key), describe(schema), found));
        }
        let noun = definition(&schema["items"]).map(str::to_lowercase);
        let tables = tables_in(schema);
        // The layers of a model are just that; those inside another layer are those of a branch.
        let outer = match (&noun, place.in_list && tag(&tables).is_some()) {
            (Some(_), true) => place.inside(key, false),
            _ => place.clone(),
        };
        for (index, item) in items.iter().enumerate() {
            let table = match item.get_ref() {
                DeValue::Table(table) if !tables.is_empty() => table,
                _ => {
                    self.value(item, &schema["items"], place, key)?;
                    continue;
                }
            };
            let text = |key: &str| table.get(key).and_then(|value| value.get_ref().as_str());
            let number = index + 1;
            let part = match (tag(&tables), &noun) {
                (Some(tag), Some(noun)) => match text(tag) {
                    Some(name) => format!("{noun} {number} ({name})"),
                    None => format!("{noun} {number}"),
                },
                _ => match text("name") {
                    Some(name) => format!("{key} `{name}`"),
                    None => format!("{key} {number}"),
                },
            };
            let inside = outer.inside(part, tag(&tables).is_some());
            self.table(table, item.span().start, &tables, &inside)?;
        }
        Ok(())
    }
}

/// The tables that can be values of a list.
fn tables_in(list: &'static Value) -> Vec<&'static Value> {
    of_type(&alternatives(&list["items"]), "object")
}

/// The known word that `word` resembles most, as the end of a message.
pub(super) fn suggestion<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> String {
    known
        .map(|known| (strsim::jaro_winkler(word, known), known))
        .filter(|(similarity, _)| *similarity >= MIN_SIMILARITY)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, known)| format!("; did you mean `{known}`?"))
        .unwrap_or_default()
}

/// The value of a TOML number; NaN if it does not fit 64 bits.
fn number(value: &DeValue) -> f64 {
    match value {
        DeValue::Integer(integer) => i64::from_str_radix(integer.as_str(), integer.radix())
            .map_or(f64::NAN, |value| value as f64),
        DeValue::Float(float) => float.as_str().parse().unwrap_or(f64::NAN),
        _ => f64::NAN,
    }
}

/// Whether `number` is finite and lies in the range of `schema`.
fn contains(schema: &Value, number: f64) -> bool {
    let bound = |key: &str| schema.get(key).and_then(Value::as_f64);
    number.is_finite()
        && bound("minimum").is_none_or(|bound| number >= bound)
        && bound("exclusiveMinimum").is_none_or(|bound| number > bound)
        && bound("maximum").is_none_or(|bound| number <= bound)
        && bound("exclusiveMaximum").is_none_or(|bound| number < bound)
}

/// A value as it stands in the text, tables and lists in short.
fn shown(value: &DeValue) -> String {
    match value {
        DeValue::String(text) => format!("{text:?}"),
        DeValue::Integer(integer) => integer.as_str().to_owned(),
        DeValue::Float(float) => float.as_str().to_owned(),
        DeValue::Boolean(value) => value.to_string(),
        DeValue::Datetime(value) => value.to_string(),
        DeValue::Array(_) => "a list".to_owned(),
        DeValue::Table(_) => "a table".to_owned(),
    }
}
