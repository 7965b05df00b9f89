//! Pairs of classes that a model confuses.

use std::cmp::Reverse;

use anyhow::Result;
use pipelines::tables::metrics::{ConfusedPair, MAX_CONFUSED_PAIRS};
use pipelines::tables::split::Split;
use polars::prelude::{Column, DataFrame, NamedFrom, Series};

use crate::frames::{indices, integers, sums};
use crate::study::Study;

/// The most confused pairs of each model, from `counts`, a frame of
/// [`crate::frames::confusion_counts`].
pub fn rows(study: &Study, counts: &DataFrame) -> Result<Vec<ConfusedPair>> {
    let pairs = errors_by_pair(study, counts)?;
    let (models, a, b) = (
        indices(&pairs, "model")?,
        indices(&pairs, "a")?,
        indices(&pairs, "b")?,
    );
    let (a_as_b, b_as_a) = (
        integers(&pairs, "a_as_b_sum")?,
        integers(&pairs, "b_as_a_sum")?,
    );
    let errors = |row: usize| a_as_b[row] + b_as_a[row];
    let mut rows = Vec::new();
    for (index, trained) in study.models.iter().enumerate() {
        let mut pairs: Vec<usize> = (0..models.len())
            .filter(|&row| models[row] as usize == index)
            .collect();
        pairs.sort_by_key(|&row| (Reverse(errors(row)), a[row], b[row]));
        let all_errors: u64 = pairs.iter().map(|&row| errors(row)).sum();
        let per_run = |count: u64| count as f64 / trained.runs.len() as f64;
        let ranked = pairs.into_iter().take(MAX_CONFUSED_PAIRS).zip(1..);
        rows.extend(ranked.map(|(row, rank)| ConfusedPair {
            model: trained.model.name.clone(),
            rank,
            label_a: a[row].into(),
            label_b: b[row].into(),
            class_a: study.info.class_name(a[row] as u16).to_owned(),
            class_b: study.info.class_name(b[row] as u16).to_owned(),
            a_as_b: per_run(a_as_b[row]),
            b_as_a: per_run(b_as_a[row]),
            errors: per_run(errors(row)),
            share_of_errors: errors(row) as f64 / all_errors as f64,
        }));
    }
    Ok(rows)
}

/// The errors of all runs of a model on the test split by pair of classes: `model` (position in
/// [`Study::models`]), `a` and `b` (the lower and the higher label), `a_as_b_sum` and `b_as_a_sum`.
fn errors_by_pair(study: &Study, counts: &DataFrame) -> Result<DataFrame> {
    let model_of_run: Vec<u32> = (0..)
        .zip(&study.models)
        .flat_map(|(index, trained)| trained.runs.iter().map(move |_| index))
        .collect();
    let (runs, splits) = (indices(counts, "run")?, indices(counts, "split")?);
    let (labels, predicted) = (indices(counts, "label")?, indices(counts, "predicted")?);
    let counts = integers(counts, "count")?;
    let errors: Vec<usize> = (0..counts.len())
        .filter(|&row| splits[row] == Split::Test as u32)
        .filter(|&row| labels[row] != predicted[row] && counts[row] > 0)
        .collect();
    let column = |name: &str, value: &dyn Fn(usize) -> u32| -> Column {
        let values: Vec<u32> = errors.iter().map(|&row| value(row)).collect();
        Series::new(name.into(), values).into()
    };
    let count = |name: &str, counted: &dyn Fn(usize) -> bool| -> Column {
        let values = errors
            .iter()
            .map(|&row| if counted(row) { counts[row] } else { 0 });
        Series::new(name.into(), values.collect::<Vec<u64>>()).into()
    };
    let frame = DataFrame::new_infer_height(vec![
        column("model", &|row| model_of_run[runs[row] as usize]),
        column("a", &|row| labels[row].min(predicted[row])),
        column("b", &|row| labels[row].max(predicted[row])),
        count("a_as_b", &|row| labels[row] < predicted[row]),
        count("b_as_a", &|row| labels[row] > predicted[row]),
    ])?;
    sums(&frame, &["model", "a", "b"], &["a_as_b", "b_as_a"])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{fixture, frames};

    fn confused(study: &Study) -> Vec<ConfusedPair> {
        rows(study, &frames::confusion_counts(study).unwrap()).unwrap()
    }

    #[test]
    fn pairs_are_ranked_by_errors_in_both_directions_over_all_runs() {
        // Classes 0, 2, 2 in one run and 9 in the other are predicted as the next class.
        let study = fixture::study(&[("model-1", &[(0, &[0, 2, 12]), (1, &[9])])]);
        assert_eq!(
            fixture::lines(&confused(&study)),
            [
                "model-1,1,2,3,Pullover,Dress,1.0,0.0,1.0,0.5",
                "model-1,2,0,1,T-shirt/top,Trouser,0.5,0.0,0.5,0.25",
                "model-1,3,0,9,T-shirt/top,Ankle boot,0.0,0.5,0.5,0.25",
            ]
        );
    }

    #[test]
    fn many_classes_have_a_bounded_number_of_pairs_and_shares_of_all_errors() {
        let mut study = fixture::study_of_classes(1_000, &[("model-1", &[(0, &[])])]);
        let test = &mut study.models[0].runs[0].splits[1];
        test.labels = (0..1_000).collect::<Vec<u16>>().into();
        test.predicted = (0..1_000).map(|label| (label + 1) % 1_000).collect();
        let found = confused(&study);
        assert_eq!(found.len(), MAX_CONFUSED_PAIRS);
        assert_eq!((found[0].label_a, found[0].label_b), (0, 1));
        assert_eq!(found[0].share_of_errors, 0.001);
    }
}
