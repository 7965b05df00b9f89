//! One run of each model, from which single images and weights are shown.

use anyhow::Result;
use pipelines::class::CLASS_COUNT;
use pipelines::files::artifact;
use pipelines::files::layout::{Layout, PREDICTIONS_FILE, WEIGHTS_FILE};
use pipelines::files::trained_run::TrainedRun;
use pipelines::spec::Spec;
use pipelines::tables::images::Split;
use pipelines::tables::predictions::Predictions;

use super::first_layer;
use crate::figures::filters::FirstLayer;

/// One trained network.
#[derive(Clone, Debug, PartialEq)]
pub struct ShownRun {
    /// Its model.
    pub model: String,
    /// Its seed.
    pub seed: u64,
    /// What it makes of the test images, in the order of their ids.
    pub test: Predictions,
    /// Weights of its first layer, if that can be drawn.
    pub first_layer: Option<FirstLayer>,
}

impl ShownRun {
    /// The ten probabilities of row `row` of the test images.
    pub fn probabilities(&self, row: usize) -> &[f32] {
        probabilities(&self.test, row)
    }
}

/// The first whole run of each of `models`.
pub fn read(
    layout: &Layout,
    spec: &Spec,
    models: &[String],
    seeds: &[u64],
) -> Result<Vec<ShownRun>> {
    let mut runs = Vec::new();
    for model in models {
        for &seed in seeds {
            if !matches!(
                TrainedRun::find(layout, spec, model, seed)?,
                TrainedRun::Complete(_)
            ) {
                continue;
            }
            let folder = layout.trained(&spec.name, model, seed);
            let predictions = Predictions::read(&folder, PREDICTIONS_FILE)?;
            let weights = artifact::read(&folder, WEIGHTS_FILE)?;
            runs.push(ShownRun {
                model: model.clone(),
                seed,
                test: test_rows(&predictions),
                first_layer: first_layer::read(&folder.join(WEIGHTS_FILE), &weights)?,
            });
            break;
        }
    }
    Ok(runs)
}

/// The test rows of `predictions`, by id.
fn test_rows(predictions: &Predictions) -> Predictions {
    let mut rows: Vec<usize> = (0..predictions.len())
        .filter(|row| predictions.splits[*row] == Split::Test)
        .collect();
    rows.sort_by_key(|row| predictions.ids[*row]);
    Predictions {
        ids: rows.iter().map(|row| predictions.ids[*row]).collect(),
        splits: rows.iter().map(|_| Split::Test).collect(),
        labels: rows.iter().map(|row| predictions.labels[*row]).collect(),
        probabilities: rows
            .iter()
            .flat_map(|row| probabilities(predictions, *row))
            .copied()
            .collect(),
    }
}

/// The ten probabilities of row `row`.
fn probabilities(predictions: &Predictions, row: usize) -> &[f32] {
    &predictions.probabilities[row * CLASS_COUNT..][..CLASS_COUNT]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn test_rows_stand_in_the_order_of_their_ids() {
        let predictions = Predictions {
            ids: vec![1, 48_000, 0],
            splits: vec![Split::Test, Split::Validation, Split::Test],
            labels: vec![3, 4, 5],
            probabilities: (0..30).map(|value| value as f32).collect(),
        };
        let test = test_rows(&predictions);
        assert_eq!((test.ids, test.labels), (vec![0, 1], vec![5, 3]));
        assert_eq!(test.probabilities[0], 20.0);
        assert_eq!(test.probabilities[10], 0.0);
    }
}
