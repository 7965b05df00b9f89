//! The JSON Schema of a spec, made from the types that a spec is read into.
//!
//! Three keys of ours stand beside those of the standard: `x-keras` and `x-pytorch` are what the two
//! call a thing, and `x-instead` says of values that people try what to write in their place.

use std::sync::LazyLock;

use serde_json::Value;

use super::file::SpecFile;

/// What an editor needs to complete and check a spec.
static SCHEMA: LazyLock<Value> = LazyLock::new(|| {
    let mut schema = schemars::schema_for!(SpecFile);
    schema.insert("title".into(), "A spec of Atelier".into());
    schema.to_value()
});

/// The JSON Schema (draft 2020-12) of a spec as the text of a file.
pub fn schema_json() -> String {
    format!("{:#}\n", schema())
}

/// The JSON Schema of a spec.
pub(super) fn schema() -> &'static Value {
    &SCHEMA
}

/// The definition that `schema` refers to, or `schema` itself.
pub(super) fn resolve(schema: &'static Value) -> &'static Value {
    definition(schema).map_or(schema, |name| &self::schema()["$defs"][name])
}

/// Name of the definition that `schema` refers to.
pub(super) fn definition(schema: &'static Value) -> Option<&'static str> {
    schema["$ref"].as_str()?.strip_prefix("#/$defs/")
}

/// The schemas of which a value has to fit one, references resolved. "Nothing at all" is not among
/// them: TOML has no null.
pub(super) fn alternatives(schema: &'static Value) -> Vec<&'static Value> {
    let schema = resolve(schema);
    let listed = ["oneOf", "anyOf"]
        .iter()
        .find_map(|key| schema[*key].as_array());
    match listed {
        Some(listed) => listed.iter().flat_map(alternatives).collect(),
        None if schema["type"] == "null" => Vec::new(),
        None => vec![schema],
    }
}

/// Whether a value of `schema` can be of the JSON type `name`.
pub(super) fn has_type(schema: &Value, name: &str) -> bool {
    match &schema["type"] {
        Value::String(own) => own == name,
        Value::Array(own) => own.iter().any(|own| own == name),
        _ => false,
    }
}

/// Those of `alternatives` that a value of the JSON type `name` can fit.
pub(super) fn of_type(alternatives: &[&'static Value], name: &str) -> Vec<&'static Value> {
    let fits = |schema: &&'static Value| has_type(schema, name);
    alternatives.iter().copied().filter(fits).collect()
}

/// The key of a table that says which of `tables` it is, such as `type` of a layer: each of them has
/// one value for it.
pub(super) fn tag(tables: &[&'static Value]) -> Option<&'static str> {
    let properties = tables.first()?["properties"].as_object()?;
    let mut keys = properties.keys().map(String::as_str);
    keys.find(|key| {
        tables
            .iter()
            .all(|table| table["properties"][*key].get("const").is_some())
    })
}

/// What the values of a table have to fit whose keys can be any words.
pub(super) fn any_key(table: &'static Value) -> Option<&'static Value> {
    table
        .get("additionalProperties")
        .filter(|values| values.is_object())
}

/// The texts that a value of one of `strings` can be; `None` if it can be any.
pub(super) fn words(strings: &[&'static Value]) -> Option<Vec<&'static str>> {
    let mut words = Vec::new();
    for schema in strings {
        match (schema["const"].as_str(), schema["enum"].as_array()) {
            (Some(word), _) => words.push(word),
            (None, Some(listed)) => words.extend(listed.iter().filter_map(Value::as_str)),
            (None, None) => return None,
        }
    }
    Some(words)
}

/// What a value of `schema` is, in words: "a whole number of at least 1".
pub(super) fn describe(schema: &'static Value) -> String {
    let alternatives = alternatives(schema);
    let of_type = |name: &str| of_type(&alternatives, name);
    let mut kinds = Vec::new();
    let strings = of_type("string");
    if !strings.is_empty() {
        kinds.push(match words(&strings) {
            Some(words) => super::one_of(words.into_iter()),
            None => "text".to_owned(),
        });
    }
    if let Some(number) = of_type("integer").first() {
        kinds.push(format!("a whole number{}", range(number)));
    }
    if let Some(number) = of_type("number").first() {
        kinds.push(format!("a number{}", range(number)));
    }
    if !of_type("boolean").is_empty() {
        kinds.push("true or false".to_owned());
    }
    if of_type("array")
        .first()
        .is_some_and(|list| list["items"] == true)
    {
        kinds.push("a list of values".to_owned());
    } else if let Some(list) = of_type("array").first() {
        let items = describe(&list["items"]);
        kinds.push(match list["minItems"].as_u64() {
            Some(count) if count > 1 => format!("a list of {count} values, each {items}"),
            _ => format!("a list, each value {items}"),
        });
    }
    let tables = of_type("object");
    if !tables.is_empty() {
        kinds.push(match (tag(&tables), any_key(tables[0])) {
            (Some(tag), _) => format!("a table with `{tag}`"),
            (None, Some(values)) => format!("a table, each value {}", describe(values)),
            (None, None) => "a table".to_owned(),
        });
    }
    kinds.join(" or ")
}

/// " above 0 and at most 1"; nothing if all numbers are allowed.
pub(super) fn range(schema: &Value) -> String {
    let bound = |key: &str| schema.get(key).and_then(Value::as_f64);
    let lower = match (bound("minimum"), bound("exclusiveMinimum")) {
        (_, Some(bound)) => Some(format!("above {bound}")),
        (Some(bound), None) => Some(format!("of at least {bound}")),
        (None, None) => None,
    };
    let upper = match (bound("maximum"), bound("exclusiveMaximum")) {
        (_, Some(bound)) => Some(format!("below {bound}")),
        // The limit of the type, not of the key.
        (Some(bound), None) if bound < f64::from(u32::MAX) => Some(format!("at most {bound}")),
        _ => None,
    };
    match (bound("minimum"), bound("maximum"), lower, upper) {
        (Some(least), Some(most), Some(_), Some(_)) => format!(" from {least} to {most}"),
        (_, _, Some(lower), Some(upper)) => format!(" {lower} and {upper}"),
        (_, _, Some(bound), None) | (_, _, None, Some(bound)) => format!(" {bound}"),
        (_, _, None, None) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_documented() {
        fn visit(schema: &Value, place: &str, missing: &mut Vec<String>) {
            if let Some(properties) = schema["properties"].as_object() {
                for (key, property) in properties {
                    if property.get("description").is_none() && property.get("const").is_none() {
                        missing.push(format!("{place}: {key}"));
                    }
                }
            }
            match schema {
                Value::Object(entries) => entries
                    .iter()
                    .for_each(|(key, entry)| visit(entry, &format!("{place}/{key}"), missing)),
                Value::Array(entries) => entries
                    .iter()
                    .for_each(|entry| visit(entry, place, missing)),
                _ => {}
            }
        }
        let mut missing = Vec::new();
        visit(schema(), "", &mut missing);
        assert_eq!(missing, [""; 0]);
    }

    #[test]
    fn ranges_read_as_a_person_would_say_them() {
        let words = |schema: Value| range(&schema);
        assert_eq!(words(serde_json::json!({ "minimum": 1 })), " of at least 1");
        assert_eq!(
            words(serde_json::json!({ "minimum": 0, "maximum": 1 })),
            " from 0 to 1"
        );
        assert_eq!(
            words(serde_json::json!({ "exclusiveMinimum": 0, "exclusiveMaximum": 1 })),
            " above 0 and below 1"
        );
        assert_eq!(
            words(serde_json::json!({ "minimum": 0, "exclusiveMaximum": 1 })),
            " of at least 0 and below 1"
        );
        assert_eq!(words(serde_json::json!({})), "");
    }
}
