//! A spec with everything that it inherits, as TOML.

use std::fmt::Write;

use serde::Serialize;
use toml::Value;

use super::Spec;

impl Spec {
    /// The text of a spec that extends none and says the same: what other specs and models give,
    /// and every default, is written out. Comments and choices are left out, and so is what a
    /// publication printed.
    pub fn show(&self) -> String {
        let mut text = String::new();
        line(&mut text, "description", &self.description);
        line(&mut text, "seeds", &self.seeds);
        table(&mut text, "[data]", &self.data);
        table(&mut text, "[evaluation]", &self.evaluation);
        for policy in &self.policies {
            table(&mut text, "[[policy]]", policy);
        }
        let is_winner = |name: &str| self.sweep(name).is_some();
        for model in self.models.iter().filter(|model| !is_winner(&model.name)) {
            table(&mut text, "[[model]]", model);
        }
        for sweep in &self.sweeps {
            table(&mut text, "[[sweep]]", sweep);
        }
        text
    }
}

fn line(text: &mut String, key: &str, value: &impl Serialize) {
    if let Ok(value) = Value::try_from(value) {
        _ = writeln!(text, "{key} = {value}");
    }
}

/// `value` under `heading`, a key a line, and of a list of tables a table a line.
fn table(text: &mut String, heading: &str, value: &impl Serialize) {
    _ = writeln!(text, "\n{heading}");
    let Ok(Value::Table(entries)) = Value::try_from(value) else {
        return;
    };
    for (key, value) in entries {
        match value {
            Value::Array(items) if items.iter().any(Value::is_table) => {
                _ = writeln!(text, "{key} = [");
                for item in items {
                    _ = writeln!(text, "  {item},");
                }
                _ = writeln!(text, "]");
            }
            value => _ = writeln!(text, "{key} = {value}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spec_that_is_shown_reads_as_the_same_spec() {
        for name in ["paper", "quick", "smoke"] {
            let spec = Spec::load(name).unwrap();
            let shown = Spec::from_text(&spec.path, &spec.show()).unwrap();
            let without_words = |spec: &Spec| serde_json::to_value(spec).unwrap();
            assert_eq!(without_words(&shown), without_words(&spec), "{name}");
        }
    }

    #[test]
    fn newer_words_are_shown_as_they_are_read() {
        let text = include_str!("../../../xtask/tests/reliability/every_word.toml");
        let spec = Spec::from_text("every_word.toml", text).unwrap();
        let shown = Spec::from_text("every_word.toml", &spec.show()).unwrap();
        assert_eq!(
            serde_json::to_value(&shown).unwrap(),
            serde_json::to_value(&spec).unwrap()
        );
    }
}
