//! What a step's files depend on: while this stays the same, so do they.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::bundled_subset::BUNDLED_SUBSET;
use crate::stage::Stage;

/// Everything that decides the bytes of a step's files.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fingerprint {
    /// The stage.
    pub stage: Stage,
    /// [`Stage::version`] at the time.
    pub stage_version: u32,
    /// The part of the spec that matters to the step.
    pub spec: Value,
    /// SHA-256 of each input, by its path from the root.
    pub inputs: BTreeMap<String, String>,
}

impl Fingerprint {
    /// Adds the bundled subset to the inputs: it stood in for data that could not be had.
    pub fn add_bundled_subset(&mut self) {
        let files = BUNDLED_SUBSET.map(|(file, hash)| (file.to_owned(), hash.to_owned()));
        self.inputs.extend(files);
    }

    /// Whether the bundled subset is among the inputs.
    pub fn has_bundled_subset(&self) -> bool {
        BUNDLED_SUBSET
            .iter()
            .any(|(file, _)| self.inputs.contains_key(*file))
    }

    /// The first difference from `now`, in words; `None` when there is none.
    pub fn difference(&self, now: &Self) -> Option<String> {
        if self.stage_version != now.stage_version {
            return Some(format!(
                "{} is now version {} instead of {}",
                self.stage, now.stage_version, self.stage_version
            ));
        }
        if let Some(difference) = value_difference("", &self.spec, &now.spec) {
            return Some(format!("spec changed: {difference}"));
        }
        let changed = now
            .inputs
            .iter()
            .find(|(path, hash)| self.inputs.get(*path) != Some(hash))
            .map(|(path, _)| path)
            .or_else(|| {
                self.inputs
                    .keys()
                    .find(|path| !now.inputs.contains_key(*path))
            });
        changed.map(|path| format!("input changed: {path}"))
    }
}

/// "model.epochs: 10 → 15"
fn value_difference(path: &str, old: &Value, new: &Value) -> Option<String> {
    if old == new {
        return None;
    }
    let inside = |key: &str| {
        if path.is_empty() {
            key.to_owned()
        } else {
            format!("{path}.{key}")
        }
    };
    let null = Value::Null;
    match (old, new) {
        (Value::Object(a), Value::Object(b)) => a.keys().chain(b.keys()).find_map(|key| {
            value_difference(
                &inside(key),
                a.get(key).unwrap_or(&null),
                b.get(key).unwrap_or(&null),
            )
        }),
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => a
            .iter()
            .zip(b)
            .enumerate()
            .find_map(|(index, (a, b))| value_difference(&inside(&index.to_string()), a, b)),
        (Value::Array(a), Value::Array(b)) if a.iter().chain(b).any(Value::is_object) => {
            Some(format!("{path}: {} entries → {}", a.len(), b.len()))
        }
        (old, new) => Some(format!("{path}: {} → {}", short(old), short(new))),
    }
}

/// A value in a few words: what a table holds is not shown.
fn short(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::Object(entries) => {
            let tag = ["name", "type", "kind"]
                .iter()
                .find_map(|key| entries.get(*key)?.as_str());
            tag.map_or("a table".to_owned(), str::to_owned)
        }
        value => value.to_string(),
    }
}
