//! `docs/spec.md`: every key of a spec, made from the schema.

use std::fmt::Write;

use serde_json::Value;

use super::schema::{alternatives, describe, has_type, resolve, schema, tag};

const OPENING: &str = "\
# What a spec can say

A spec is a TOML file: which images, which models, how they are trained and compared. It needs to
say only what differs from the spec that it `extends` and from the defaults below, which are
Keras's. `cargo xtask spec --show NAME` prints a spec with everything that it inherits, and
`pipelines/specs/` has specs to start from.

This page is made from the types that a spec is read into (`cargo xtask spec --reference`). The JSON
Schema of the same types, [`pipelines/specs/schema.json`](../pipelines/specs/schema.json), lets
editors complete and check a spec while it is written, for instance with taplo, when the file begins
with `#:schema path/to/schema.json`.

The last two columns say what Keras and PyTorch call the same thing; an empty cell means that they
have none.
";

/// The page.
pub fn reference() -> String {
    let mut page = OPENING.to_owned();
    let root = schema();
    section(&mut page, "The file", "", root);
    let mut shown = Vec::new();
    for (key, heading) in [
        ("data", "`[data]`"),
        ("evaluation", "`[evaluation]`"),
        ("policy", "`[[policy]]`"),
        ("model", "`[[model]]`"),
        ("sweep", "`[[sweep]]`"),
    ] {
        let property = &root["properties"][key];
        let list = alternatives(property)[0];
        let table = match has_type(list, "array") {
            true => resolve(&list["items"]),
            false => list,
        };
        section(&mut page, heading, text(property, "description"), table);
        shown.push(table);
    }
    let definitions = schema()["$defs"].as_object();
    for (name, definition) in definitions.into_iter().flatten() {
        let tables = alternatives(definition);
        if let Some(tag) = tag(&tables) {
            let description = text(definition, "description");
            _ = write!(page, "\n## {name}\n\n{}\n", sentence(description));
            for table in tables {
                variant(&mut page, table, tag);
            }
        }
    }
    for (name, definition) in definitions.into_iter().flatten() {
        let is_shown = shown.iter().any(|table| std::ptr::eq(*table, definition));
        if definition.get("properties").is_some() && !is_shown {
            section(&mut page, name, text(definition, "description"), definition);
        }
    }
    _ = write!(page, "\n## Words\n");
    for (name, definition) in definitions.into_iter().flatten() {
        let words = alternatives(definition);
        if words.iter().all(|word| word.get("const").is_some()) {
            let description = sentence(text(definition, "description"));
            _ = write!(
                page,
                "\n### {name}\n\n{description}\n\n| value | meaning |\n|---|---|\n"
            );
            for word in words {
                let meaning = cell(text(word, "description"));
                _ = writeln!(page, "| `{}` | {meaning} |", text(word, "const"));
            }
        }
    }
    page
}

fn text<'a>(schema: &'a Value, key: &str) -> &'a str {
    schema[key].as_str().unwrap_or_default()
}

/// A table of the spec with its keys.
fn section(page: &mut String, heading: &str, description: &str, table: &'static Value) {
    _ = write!(page, "\n## {heading}\n");
    if !description.is_empty() {
        _ = write!(page, "\n{}\n", sentence(description));
    }
    keys(page, table, None, false);
}

/// One of several tables that a key `tag` tells apart.
fn variant(page: &mut String, table: &'static Value, tag: &str) {
    let name = text(&table["properties"][tag], "const");
    _ = write!(
        page,
        "\n### `{name}`\n\n{}\n",
        sentence(text(table, "description"))
    );
    let [keras, pytorch] = [text(table, "x-keras"), text(table, "x-pytorch")];
    for (library, name) in [("Keras", keras), ("PyTorch", pytorch)] {
        if !name.is_empty() {
            _ = write!(page, "{library}: `{name}`. ");
        }
    }
    page.truncate(page.trim_end().len());
    page.push('\n');
    keys(page, table, Some(tag), true);
}

fn keys(page: &mut String, table: &'static Value, tag: Option<&str>, same_in_keras: bool) {
    let properties = table["properties"].as_object();
    let keys: Vec<_> = properties
        .into_iter()
        .flatten()
        .filter(|(key, _)| Some(key.as_str()) != tag)
        .collect();
    if keys.is_empty() {
        return;
    }
    page.push_str(
        "\n| key | value | default | meaning | Keras | PyTorch |\n|---|---|---|---|---|---|\n",
    );
    let required = table["required"].as_array();
    for (key, property) in keys {
        let is_required = required.is_some_and(|keys| keys.iter().any(|name| name == key));
        let default = match property.get("default") {
            Some(Value::Null) | None if is_required => "required".to_owned(),
            Some(Value::Null) | None => String::new(),
            Some(default) => format!("`{default}`"),
        };
        let own = if same_in_keras { key.as_str() } else { "" };
        let name = |library: &str| match property.get(library).and_then(Value::as_str) {
            Some("") => String::new(),
            Some(name) => format!("`{name}`"),
            None if own.is_empty() => String::new(),
            None => format!("`{own}`"),
        };
        _ = writeln!(
            page,
            "| `{key}` | {} | {default} | {} | {} | {} |",
            cell(&describe(property)),
            cell(text(property, "description")),
            name("x-keras"),
            name("x-pytorch"),
        );
    }
}

/// Documentation comments break their lines; a paragraph of Markdown need not.
fn sentence(text: &str) -> String {
    text.lines().map(str::trim).collect::<Vec<_>>().join(" ")
}

fn cell(text: &str) -> String {
    sentence(text).replace('|', "\\|")
}
