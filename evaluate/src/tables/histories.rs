//! All epochs of all runs.

use pipelines::tables::metrics::EpochScores;

use crate::study::Study;

pub fn rows(study: &Study) -> Vec<EpochScores> {
    let mut rows = Vec::new();
    for (model, run) in study.runs() {
        rows.extend(run.history.iter().map(|epoch| EpochScores {
            model: model.to_owned(),
            seed: run.seed,
            epoch: epoch.epoch.into(),
            train_loss: epoch.train_loss,
            train_accuracy: epoch.train_accuracy,
            validation_loss: epoch.validation_loss,
            validation_accuracy: epoch.validation_accuracy,
            learning_rate: epoch.learning_rate,
            train_inference_loss: epoch.train_inference_loss,
            train_inference_accuracy: epoch.train_inference_accuracy,
        }));
    }
    rows
}
