//! The places of a varied key's values on an axis.

use crate::number;
use crate::scale::{Scale, extent};
use crate::words::shorten;

/// Largest number of values that each have a tick of their own.
const MAX_TICKS: usize = 6;
/// Values of which the largest is at least so many times the smallest stand on a logarithmic axis.
const LOGARITHMIC_FROM: f64 = 8.0;
/// Longest label of a value that is no number.
const MAX_LABEL: usize = 12;

/// A value of a key: as text, and as a number if it is one.
pub type KeyValue = (String, Option<f64>);

/// Positions from 0 to 1.
#[derive(Clone, Debug, PartialEq)]
pub struct ParameterAxis {
    /// Of each value, in the order given.
    pub places: Vec<f64>,
    /// Positions of ticks with their labels.
    pub ticks: Vec<(f64, String)>,
}

impl ParameterAxis {
    /// The axis of `values`: numbers by size, anything else side by side in the order of the first of each.
    pub fn new(values: &[KeyValue]) -> Self {
        let numbers: Option<Vec<f64>> = values.iter().map(|(_, number)| *number).collect();
        match numbers {
            Some(numbers) if !numbers.is_empty() => Self::of_numbers(&numbers),
            _ => Self::of_words(values),
        }
    }

    fn of_numbers(numbers: &[f64]) -> Self {
        let (low, high) = extent(numbers.iter().copied(), 0.0).unwrap_or((0.0, 1.0));
        let scale = if low > 0.0 && high / low >= LOGARITHMIC_FROM {
            Scale::logarithmic((low, high), (0.0, 1.0))
        } else {
            Scale::linear((low, high), (0.0, 1.0))
        };
        let mut distinct = numbers.to_vec();
        distinct.sort_by(f64::total_cmp);
        distinct.dedup();
        let ticks = match distinct.len() <= MAX_TICKS {
            true => distinct,
            false => scale.ticks(4),
        };
        Self {
            places: numbers.iter().map(|&number| scale.px(number)).collect(),
            ticks: ticks
                .iter()
                .map(|&tick| (scale.px(tick), short(tick)))
                .collect(),
        }
    }

    fn of_words(values: &[KeyValue]) -> Self {
        let mut words: Vec<&str> = Vec::new();
        for (word, _) in values {
            if !words.contains(&word.as_str()) {
                words.push(word);
            }
        }
        let last = words.len().saturating_sub(1).max(1) as f64;
        let place =
            |word: &str| words.iter().position(|other| *other == word).unwrap_or(0) as f64 / last;
        Self {
            places: values.iter().map(|(word, _)| place(word)).collect(),
            ticks: words
                .iter()
                .map(|word| (place(word), shorten(word, MAX_LABEL)))
                .collect(),
        }
    }
}

/// A number in a few characters: 0.001, 1e-5, 64.
fn short(value: f64) -> String {
    let rounded: f64 = format!("{value:.3e}").parse().unwrap_or(value);
    match rounded.abs() {
        0.0 => "0".to_owned(),
        size if !(1e-4..1e6).contains(&size) => format!("{rounded:e}"),
        size if size >= 1_000.0 => number::decimal(rounded, 0),
        size => {
            let decimals = (3 - size.log10().floor() as i32).clamp(1, 7) as usize;
            let text = number::decimal(rounded, decimals);
            text.trim_end_matches('0').trim_end_matches('.').to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn axis(values: &[(&str, Option<f64>)]) -> ParameterAxis {
        let values: Vec<KeyValue> = values
            .iter()
            .map(|(word, n)| ((*word).to_owned(), *n))
            .collect();
        ParameterAxis::new(&values)
    }

    #[test]
    fn numbers_stand_by_size_and_orders_of_magnitude_evenly() {
        let found = axis(&[("", Some(1e-4)), ("", Some(1e-2)), ("", Some(1e-3))]);
        assert!((found.places[2] - 0.5).abs() < 1e-12, "{found:?}");
        let labels: Vec<&str> = found
            .ticks
            .iter()
            .map(|(_, label)| label.as_str())
            .collect();
        assert_eq!(labels, ["0.0001", "0.001", "0.01"]);
        let found = axis(&[("", Some(32.0)), ("", Some(64.0))]);
        assert_eq!(
            found.ticks,
            [(0.0, "32".to_owned()), (1.0, "64".to_owned())]
        );
    }

    #[test]
    fn words_stand_side_by_side() {
        let found = axis(&[("adam", None), ("sgd", None), ("adam", None)]);
        assert_eq!(found.places, [0.0, 1.0, 0.0]);
        assert_eq!(found.ticks.len(), 2);
    }

    #[test]
    fn labels_are_short() {
        assert_eq!(short(0.003_162_3), "0.003162");
        assert_eq!(short(1e-5), "1e-5");
        assert_eq!(short(100_000.0), "100000");
        assert_eq!(short(0.5), "0.5");
    }
}
