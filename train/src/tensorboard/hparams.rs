//! The settings of a model as TensorBoard's tab HParams lists them.

use std::collections::BTreeMap;

use pipelines::spec::Model;
use serde_json::{Value, json};

use super::event::{HParam, HParamKind};

/// Every setting of `model` that is one value: `epochs`, `optimizer.learning_rate`. Its layers are many,
/// and stand for themselves in its name.
pub fn settings(model: &Model, seed: u64) -> BTreeMap<String, HParam> {
    let mut settings = BTreeMap::new();
    let model = json!(model.training_part());
    add(&mut settings, "", &model);
    add(&mut settings, "seed", &json!(seed));
    settings
}

fn add(settings: &mut BTreeMap<String, HParam>, name: &str, value: &Value) {
    let kind = match value {
        Value::Object(entries) => {
            for (key, value) in entries {
                let name = match name {
                    "" => key.clone(),
                    _ => format!("{name}.{key}"),
                };
                add(settings, &name, value);
            }
            return;
        }
        Value::Number(number) => HParamKind::Number(number.as_f64().unwrap_or(f64::NAN)),
        Value::String(text) if !text.is_empty() => HParamKind::Text(text.clone()),
        Value::Bool(value) => HParamKind::Bool(*value),
        Value::String(_) | Value::Array(_) | Value::Null => return,
    };
    settings.insert(name.to_owned(), HParam { kind: Some(kind) });
}

#[cfg(test)]
mod tests {
    use pipelines::spec::Spec;

    use super::*;

    #[test]
    fn nested_settings_are_named_by_their_path() {
        let spec = Spec::load("paper").unwrap();
        let settings = settings(spec.model("model-6").unwrap(), 3);
        let names: Vec<&str> = settings.keys().map(String::as_str).collect();
        let expected = "augmentation batch_size bias_initializer epochs kernel_initializer loss name \
                        optimizer.beta_1 optimizer.beta_2 optimizer.epsilon optimizer.learning_rate \
                        optimizer.name schedule.decay schedule.hold_epochs schedule.name seed";
        assert_eq!(names.join(" "), expected);
        let kind = settings["optimizer.learning_rate"].kind.clone();
        assert_eq!(kind, Some(HParamKind::Number(0.001)));
    }
}
