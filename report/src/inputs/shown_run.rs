//! One run of each model, from which single images and weights are shown.

use anyhow::Result;
use pipelines::files::layout::{PREDICTIONS_FILE, WEIGHTS_FILE};
use pipelines::files::output;
use pipelines::files::step::Step;
use pipelines::files::step_state::{StepStates, TrainedRun};
use pipelines::spec::Spec;
use pipelines::tables::predictions::Predictions;
use pipelines::tables::split::Split;

use super::first_layer;
use crate::figures::filters::FirstLayer;

/// One trained network.
#[derive(Clone, Debug, PartialEq)]
pub struct ShownRun {
    /// Its model.
    pub model: String,
    /// Its seed.
    pub seed: u64,
    /// Its predictions of the test images, in the order of their ids.
    pub test: Predictions,
    /// Weights of its first layer, if that can be drawn.
    pub first_layer: Option<FirstLayer>,
}

impl ShownRun {
    /// Whether row `row` of the test images is predicted correctly.
    pub fn is_correct(&self, row: usize) -> bool {
        self.test.predicted(row) == self.test.labels[row]
    }

    /// Probability of the predicted class of row `row`.
    pub fn confidence(&self, row: usize) -> f64 {
        f64::from(self.test.row(row)[usize::from(self.test.predicted(row))])
    }
}

/// The first complete run of each of `models`.
pub fn read(
    states: &mut StepStates<'_>,
    spec: &Spec,
    models: &[String],
    seeds: &[u64],
) -> Result<Vec<ShownRun>> {
    let mut runs = Vec::new();
    for model in models {
        for &seed in seeds {
            let step = Step::Train {
                model: model.clone(),
                seed,
            };
            let state = states.of(&step)?;
            if !matches!(state.trained_run()?, TrainedRun::Complete(_)) {
                continue;
            }
            let predictions = Predictions::read(&state.folder, PREDICTIONS_FILE)?;
            let weights = output::read(&state.folder, WEIGHTS_FILE)?;
            runs.push(ShownRun {
                model: model.clone(),
                seed,
                test: test_rows(&predictions),
                first_layer: first_layer::read(
                    &state.folder.join(WEIGHTS_FILE),
                    &weights,
                    &spec.model(model)?.layers,
                    spec.data.info()?.shape,
                )?,
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
        class_count: predictions.class_count,
        ids: rows.iter().map(|row| predictions.ids[*row]).collect(),
        splits: rows.iter().map(|_| Split::Test).collect(),
        labels: rows.iter().map(|row| predictions.labels[*row]).collect(),
        probabilities: rows
            .iter()
            .flat_map(|row| predictions.row(*row))
            .copied()
            .collect(),
        view_probabilities: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn test_rows_stand_in_the_order_of_their_ids() {
        let predictions = Predictions {
            class_count: 3,
            ids: vec![1, 48_000, 0],
            splits: vec![Split::Test, Split::Validation, Split::Test],
            labels: vec![1, 2, 0],
            probabilities: (0..9).map(|value| value as f32).collect(),
            view_probabilities: None,
        };
        let test = test_rows(&predictions);
        assert_eq!((&test.ids, &test.labels), (&vec![0, 1], &vec![0, 1]));
        assert_eq!(test.row(0), [6.0, 7.0, 8.0]);
        assert_eq!(test.row(1), [0.0, 1.0, 2.0]);
    }
}
