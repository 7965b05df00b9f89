//! Pairs of classes that a model takes for each other.

use std::cmp::Reverse;

use anyhow::Result;
use pipelines::class::{CLASS_COUNT, CLASS_NAMES};
use pipelines::tables::images::Split;
use pipelines::tables::metrics::CONFUSIONS;
use polars::prelude::DataFrame;

use crate::statistics::confusion_matrix::ConfusionMatrix;
use crate::study::{Study, TrainedModel};
use crate::table_builder::{TableBuilder, row};

pub fn table(study: &Study) -> Result<DataFrame> {
    let mut builder = TableBuilder::new(CONFUSIONS);
    for trained in &study.models {
        let counts = counts_of_all_runs(trained);
        let mut pairs: Vec<(usize, usize)> = (0..CLASS_COUNT)
            .flat_map(|a| (a + 1..CLASS_COUNT).map(move |b| (a, b)))
            .filter(|&(a, b)| counts[a][b] + counts[b][a] > 0)
            .collect();
        pairs.sort_by_key(|&(a, b)| (Reverse(counts[a][b] + counts[b][a]), a, b));
        let all_errors: u64 = pairs
            .iter()
            .map(|&(a, b)| counts[a][b] + counts[b][a])
            .sum();
        let a_run = |count: u64| count as f64 / trained.runs.len() as f64;
        for (index, (a, b)) in pairs.into_iter().enumerate() {
            let errors = counts[a][b] + counts[b][a];
            builder.push(row![
                &trained.model.name,
                index + 1,
                a,
                b,
                CLASS_NAMES[a],
                CLASS_NAMES[b],
                a_run(counts[a][b]),
                a_run(counts[b][a]),
                a_run(errors),
                errors as f64 / all_errors as f64,
            ])?;
        }
    }
    builder.finish()
}

/// The confusion matrices of all runs on the test split, added up.
fn counts_of_all_runs(trained: &TrainedModel) -> [[u64; CLASS_COUNT]; CLASS_COUNT] {
    let mut sums = [[0; CLASS_COUNT]; CLASS_COUNT];
    for predictions in trained.runs.iter().filter_map(|run| run.split(Split::Test)) {
        let matrix = ConfusionMatrix::of(&predictions.labels, &predictions.predicted);
        for (sum, count) in sums
            .iter_mut()
            .flatten()
            .zip(matrix.counts.iter().flatten())
        {
            *sum += count;
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    #[test]
    fn pairs_are_ranked_by_errors_in_both_directions_over_all_runs() {
        // Classes 0, 2, 2 in one run and 9 in the other are taken for the next class.
        let study = fixture::study(&[("model-1", &[(0, &[0, 2, 12]), (1, &[9])])]);
        let found = fixture::rows(&mut table(&study).unwrap());
        assert_eq!(
            found,
            [
                "model-1,1,2,3,Pullover,Dress,1.0,0.0,1.0,0.5",
                "model-1,2,0,1,T-shirt/top,Trouser,0.5,0.0,0.5,0.25",
                "model-1,3,0,9,T-shirt/top,Ankle boot,0.0,0.5,0.5,0.25",
            ]
        );
    }
}
