//! The values that a sweep gives a key: a list, or a range to draw from.

use rand::RngExt;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde_json::{Number, Value, json};

use crate::random::Streams;

/// A range to draw from; exactly one of the keys. Drawn numbers are rounded to four digits.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Range {
    /// Lower and upper bound, between which all numbers are equally likely.
    uniform: Option<[f64; 2]>,
    /// Lower and upper bound, above 0, between which all orders of magnitude are equally likely.
    log_uniform: Option<[f64; 2]>,
    /// Smallest and largest of the whole numbers, which are equally likely.
    integer: Option<[i64; 2]>,
}

/// What a key of a sweep can be.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Parameter {
    /// These values, at least one.
    List(Vec<Value>),
    /// Numbers between two bounds.
    Uniform(f64, f64),
    /// Numbers between two bounds, their logarithms drawn.
    LogUniform(f64, f64),
    /// Whole numbers from the first to the last.
    Integer(i64, i64),
}

impl Parameter {
    /// The parameter that `value` is.
    ///
    /// # Errors
    /// What was expected, and what stands there.
    pub fn of(value: &Value) -> Result<Self, (String, String)> {
        let fail = |expected: &str| Err((expected.to_owned(), value.to_string()));
        if let Value::Array(values) = value {
            for (index, item) in values.iter().enumerate() {
                if values[..index].contains(item) {
                    return Err(("each value once".to_owned(), format!("{item} twice")));
                }
            }
            return match values.is_empty() {
                true => fail("at least one value"),
                false => Ok(Self::List(values.clone())),
            };
        }
        let expected = "a list of values, or a table with one of `uniform`, `log_uniform`, `integer`; \
                        the dots of a key stand inside its quotation marks";
        let Ok(range) = serde_json::from_value::<Range>(value.clone()) else {
            return fail(expected);
        };
        match range {
            Range {
                uniform: Some([low, high]),
                log_uniform: None,
                integer: None,
            } => match low < high {
                true => Ok(Self::Uniform(low, high)),
                false => fail("two numbers [lower, upper] with lower < upper"),
            },
            Range {
                uniform: None,
                log_uniform: Some([low, high]),
                integer: None,
            } => match 0.0 < low && low < high {
                true => Ok(Self::LogUniform(low, high)),
                false => fail("two numbers [lower, upper] with 0 < lower < upper"),
            },
            Range {
                uniform: None,
                log_uniform: None,
                integer: Some([low, high]),
            } => match low < high {
                true => Ok(Self::Integer(low, high)),
                false => fail("two whole numbers [smallest, largest] with smallest < largest"),
            },
            _ => fail(expected),
        }
    }

    /// The value of the draw with this `number`. The stream of `key` is its own, so that other keys and other
    /// numbers of samples change nothing.
    pub fn draw(&self, seed: u64, sweep: &str, key: &str, number: u64) -> Value {
        let purpose = format!("sweep {sweep} {key}");
        let mut generator = Streams::new(seed, &purpose, 0).id(number);
        let fraction: f64 = generator.random();
        match *self {
            Self::List(ref values) => values[generator.random_range(0..values.len())].clone(),
            Self::Uniform(low, high) => rounded(low + fraction * (high - low)),
            Self::LogUniform(low, high) => rounded(low * (high / low).powf(fraction)),
            Self::Integer(low, high) => json!(generator.random_range(low..=high)),
        }
    }
}

/// To four significant digits: what is printed is what is trained.
fn rounded(value: f64) -> Value {
    let rounded = format!("{value:.3e}").parse().unwrap_or(value);
    Number::from_f64(rounded).map_or(Value::Null, Value::Number)
}

/// The schema of the parameters of a sweep.
pub(super) fn parameters_schema(generator: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "object",
        "additionalProperties": {
            "anyOf": [{ "type": "array", "items": true }, generator.subschema_for::<Range>()],
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(value: &Value) -> Vec<f64> {
        let parameter = Parameter::of(value).unwrap();
        let numbers = (0..1_000).map(|number| parameter.draw(0, "s", "k", number));
        numbers.map(|value| value.as_f64().unwrap()).collect()
    }

    #[test]
    fn draws_fill_their_range_evenly() {
        let share = |values: &[f64], below: f64| {
            values.iter().filter(|value| **value < below).count() as f64 / values.len() as f64
        };
        let uniform = drawn(&json!({ "uniform": [1.0, 3.0] }));
        assert!(uniform.iter().all(|value| (1.0..=3.0).contains(value)));
        assert!((share(&uniform, 2.0) - 0.5).abs() < 0.05);
        let log = drawn(&json!({ "log_uniform": [1e-4, 1e-2] }));
        assert!(log.iter().all(|value| (1e-4..=1e-2).contains(value)));
        assert!((share(&log, 1e-3) - 0.5).abs() < 0.05);
        let integers = drawn(&json!({ "integer": [1, 4] }));
        assert!(
            integers
                .iter()
                .all(|value| value.fract() == 0.0 && (1.0..=4.0).contains(value))
        );
        assert!((share(&integers, 2.0) - 0.25).abs() < 0.05);
    }

    #[test]
    fn what_is_no_parameter_is_refused() {
        for (value, expected) in [
            (json!([]), "at least one value"),
            (json!([1, 2, 1]), "each value once"),
            (json!(3), "a list of values"),
            (json!({ "log_uniform": [0, 1] }), "0 < lower < upper"),
            (json!({ "uniform": [2, 1] }), "lower < upper"),
            (json!({ "integer": [2, 2] }), "smallest < largest"),
            (
                json!({ "uniform": [1, 2], "integer": [1, 2] }),
                "with one of",
            ),
            (
                json!({ "learning_rate": [1, 2] }),
                "inside its quotation marks",
            ),
        ] {
            let (said, _) = Parameter::of(&value).unwrap_err();
            assert!(said.contains(expected), "{value}: {said}");
        }
    }

    #[test]
    fn draws_stay_the_same_from_release_to_release() {
        let parameter = Parameter::LogUniform(1e-4, 1e-2);
        assert_eq!(parameter.draw(0, "s", "k", 3), json!(0.001058));
    }
}
