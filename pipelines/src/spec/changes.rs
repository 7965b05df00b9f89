//! The differences between a model and the model that it is judged against.

use std::fmt;

use serde::Serialize;

use super::{Layer, Model, Spec};

/// One difference between a model and the one that it is judged against.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The key, such as `epochs` or `conv2d 3: filters`.
    pub key: String,
    /// The value in the other model; `None` when the model adds it.
    pub from: Option<String>,
    /// The value in the model; `None` when the model drops it.
    pub to: Option<String>,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.from, &self.to) {
            (Some(from), Some(to)) => write!(f, "{} {from} → {to}", self.key),
            (None, Some(to)) => write!(f, "+ {} {to}", self.key),
            (Some(from), None) => write!(f, "− {} {from}", self.key),
            (None, None) => f.write_str(&self.key),
        }
    }
}

impl Spec {
    /// What is different in `model` from its [base](Model::base), layers first; empty when it has
    /// none.
    pub fn changes(&self, model: &Model) -> Vec<Change> {
        let Some(base) = model.base().and_then(|name| self.model(name).ok()) else {
            return Vec::new();
        };
        // Each key is named, so that a new one cannot be forgotten.
        let Model {
            name: _,
            title: _,
            extends: _,
            compared_with: _,
            choice: _,
            layers,
            kernel_initializer,
            bias_initializer,
            loss,
            label_smoothing,
            class_weight,
            optimizer,
            exclude_from_weight_decay,
            global_clipnorm,
            ema_momentum,
            schedule,
            epochs,
            batch_size,
            augmentation,
            test_time_views,
            theme: _,
            proposal: _,
        } = model;
        let mut changes = layer_changes(&base.layers, layers);
        let fields = [
            ("loss", json(&base.loss), json(loss)),
            (
                "label_smoothing",
                json(&base.label_smoothing),
                json(label_smoothing),
            ),
            ("class_weight", json(&base.class_weight), json(class_weight)),
            ("optimizer", json(&base.optimizer), json(optimizer)),
            (
                "exclude_from_weight_decay",
                json(&base.exclude_from_weight_decay),
                json(exclude_from_weight_decay),
            ),
            (
                "global_clipnorm",
                json(&base.global_clipnorm),
                json(global_clipnorm),
            ),
            ("ema_momentum", json(&base.ema_momentum), json(ema_momentum)),
            ("schedule", json(&base.schedule), json(schedule)),
            (
                "kernel_initializer",
                json(&base.kernel_initializer),
                json(kernel_initializer),
            ),
            (
                "bias_initializer",
                json(&base.bias_initializer),
                json(bias_initializer),
            ),
            ("epochs", json(&base.epochs), json(epochs)),
            ("batch_size", json(&base.batch_size), json(batch_size)),
            ("augmentation", json(&base.augmentation), json(augmentation)),
            (
                "test_time_views",
                json(&base.test_time_views),
                json(test_time_views),
            ),
        ];
        for (key, from, to) in fields {
            push_changes(&mut changes, key, &from, &to);
        }
        changes
    }
}

/// The changes of all layers but the last: it makes the logits, and layers are added before it.
fn layer_changes(base: &[Layer], model: &[Layer]) -> Vec<Change> {
    let hidden = |layers: &'_ [Layer]| layers.len().saturating_sub(1);
    list_changes("", &base[..hidden(base)], &model[..hidden(model)])
}

/// Layers of one kind are compared in order: the third convolution with the third. What the longer
/// list has beyond that was added or dropped. Keys begin with `prefix`.
fn list_changes(prefix: &str, base: &[Layer], model: &[Layer]) -> Vec<Change> {
    let mut kinds: Vec<&Layer> = Vec::new();
    for layer in model.iter().chain(base) {
        if !kinds.iter().any(|kind| same_kind(kind, layer)) {
            kinds.push(layer);
        }
    }
    let mut changes = Vec::new();
    for kind in kinds {
        let of_kind = |layers: &'_ [Layer]| -> Vec<Layer> {
            let same = layers.iter().filter(|layer| same_kind(kind, layer));
            same.cloned().collect()
        };
        let (old, new) = (of_kind(base), of_kind(model));
        for index in 0..old.len().max(new.len()) {
            let key = format!("{prefix}{} {}", kind.name(), index + 1);
            match (old.get(index), new.get(index)) {
                (Some(from), Some(to)) if !to.branches().is_empty() => {
                    push_changes(
                        &mut changes,
                        &key,
                        &without_branches(from),
                        &without_branches(to),
                    );
                    for ((name, from), (_, to)) in from.branches().into_iter().zip(to.branches()) {
                        let prefix = match name {
                            "layers" => format!("{key}: "),
                            name => format!("{key}: {name}: "),
                        };
                        changes.extend(list_changes(&prefix, from, to));
                    }
                }
                (Some(from), Some(to)) => push_changes(&mut changes, &key, &json(from), &json(to)),
                (from, to) => changes.push(Change {
                    key,
                    from: from.map(arguments),
                    to: to.map(arguments),
                }),
            }
        }
    }
    changes
}

/// What a container says beside the layers inside.
fn without_branches(layer: &Layer) -> serde_json::Value {
    let mut value = json(layer);
    if let serde_json::Value::Object(fields) = &mut value {
        for (name, _) in layer.branches() {
            fields.shift_remove(name);
        }
    }
    value
}

fn same_kind(a: &Layer, b: &Layer) -> bool {
    std::mem::discriminant(a) == std::mem::discriminant(b)
}

/// `filters=64, kernel_size=3, …`
fn arguments(layer: &Layer) -> String {
    let serde_json::Value::Object(fields) = json(layer) else {
        return String::new();
    };
    fields
        .iter()
        .filter(|(key, _)| *key != "type")
        .map(|(key, value)| format!("{key}={}", plain(value)))
        .collect::<Vec<_>>()
        .join(", ")
}

/// Tables of one kind differ key by key, anything else as a whole.
fn push_changes(
    changes: &mut Vec<Change>,
    key: &str,
    from: &serde_json::Value,
    to: &serde_json::Value,
) {
    use serde_json::Value::Object;
    if from == to {
        return;
    }
    match (from, to) {
        (Object(old), Object(new)) if old.get("name") == new.get("name") => {
            // A field that has its default may stand in one of them only.
            let dropped = old.iter().filter(|(field, _)| !new.contains_key(*field));
            for field in new.iter().chain(dropped).map(|(field, _)| field) {
                let (from, to) = (old.get(field), new.get(field));
                if from != to {
                    changes.push(Change {
                        key: format!("{key}: {field}"),
                        from: from.map(plain),
                        to: to.map(plain),
                    });
                }
            }
        }
        _ => changes.push(Change {
            key: key.to_owned(),
            from: Some(plain(from)),
            to: Some(plain(to)),
        }),
    }
}

fn json(value: &impl Serialize) -> serde_json::Value {
    serde_json::to_value(value).unwrap_or_default()
}

/// Text without quotes, tables by their name or type and their arguments.
fn plain(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::String(text) => text.clone(),
        serde_json::Value::Object(fields) => {
            let mut words = Vec::new();
            for (key, value) in fields {
                words.push(if key == "name" || key == "type" {
                    plain(value)
                } else {
                    format!("{key}={}", plain(value))
                });
            }
            words.join(" ")
        }
        serde_json::Value::Array(values) => {
            let values: Vec<String> = values.iter().map(plain).collect();
            format!("[{}]", values.join(", "))
        }
        other => other.to_string(),
    }
}
