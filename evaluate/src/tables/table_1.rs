//! The paper's Table 1, run by run.

use anyhow::{Context, Result};
use pipelines::tables::images::Split;
use pipelines::tables::metrics::TABLE_1;
use polars::prelude::DataFrame;

use crate::run::{Run, SplitPredictions};
use crate::study::Study;
use crate::table_builder::{TableBuilder, row};

/// One run's Table 1 accuracies.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Accuracies {
    /// Highest running train accuracy of an epoch.
    pub highest_train: f64,
    /// Highest validation accuracy after an epoch.
    pub highest_validation: f64,
    /// First epoch with it, from 1.
    pub best_epoch: usize,
    /// Validation accuracy after the last epoch.
    pub validation: f64,
    /// Test accuracy after the last epoch.
    pub test: f64,
    /// Accuracy on un-augmented training rows in inference mode after the last epoch.
    pub train_inference: Option<f64>,
}

impl Accuracies {
    /// Of one run.
    ///
    /// # Errors
    /// A run without validation or test predictions.
    pub fn of(run: &Run) -> Result<Self> {
        let accuracy = |split: Split| {
            run.split(split)
                .map(SplitPredictions::accuracy)
                .with_context(|| format!("expected {} predictions, found none", split.name()))
        };
        let (mut highest_validation, mut best_epoch) = (f64::MIN, 0);
        for (index, epoch) in run.history.iter().enumerate() {
            if epoch.validation_accuracy > highest_validation {
                (highest_validation, best_epoch) = (epoch.validation_accuracy, index + 1);
            }
        }
        let train = run.history.iter().map(|epoch| epoch.train_accuracy);
        Ok(Self {
            highest_train: train.fold(f64::MIN, f64::max),
            highest_validation,
            best_epoch,
            validation: accuracy(Split::Validation)?,
            test: accuracy(Split::Test)?,
            train_inference: run
                .history
                .last()
                .and_then(|last| last.train_inference_accuracy),
        })
    }

    /// Highest train − test accuracy.
    pub fn delta(&self) -> f64 {
        self.highest_train - self.test
    }

    /// Train accuracy in inference mode − validation accuracy, both after the last epoch.
    pub fn overfitting_gap(&self) -> Option<f64> {
        self.train_inference.map(|train| train - self.validation)
    }
}

pub fn table(study: &Study) -> Result<DataFrame> {
    let mut builder = TableBuilder::new(TABLE_1);
    for trained in &study.models {
        let architecture = trained.model.architecture()?;
        for run in &trained.runs {
            let accuracies = Accuracies::of(run)?;
            builder.push(row![
                &trained.model.name,
                run.seed,
                architecture.parameters(),
                architecture.macs(),
                run.history.len(),
                accuracies.highest_train,
                accuracies.highest_validation,
                accuracies.best_epoch,
                accuracies.validation,
                accuracies.test,
                1.0 - accuracies.test,
                accuracies.delta(),
                accuracies.train_inference,
                accuracies.overfitting_gap(),
            ])?;
        }
    }
    builder.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{self, images};

    #[test]
    fn the_first_of_several_best_epochs_is_the_best_and_the_last_is_evaluated() {
        let wrong = images(0, 100);
        let mut study = fixture::study(&[("model-1", &[(4, &wrong)])]);
        let run = &mut study.models[0].runs[0];
        let last = run.history[0];
        let epoch = |train_accuracy, validation_accuracy| pipelines::tables::history::EpochRecord {
            train_accuracy,
            validation_accuracy,
            train_inference_accuracy: None,
            ..last
        };
        run.history = vec![epoch(0.5, 0.7), epoch(0.9, 0.8), epoch(0.85, 0.8), last];
        let found = fixture::rows(&mut table(&study).unwrap());
        assert_eq!(
            found,
            ["model-1,4,93322,2794240,4,0.9,0.8,2,0.75,0.75,0.25,0.15000000000000002,1.0,0.25"]
        );
    }
}
