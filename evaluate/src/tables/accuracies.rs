//! Size, accuracies and overfitting of each run.

use anyhow::{Context, Result};
use pipelines::tables::metrics::RunAccuracies;
use pipelines::tables::split::Split;

use crate::run::{Run, SplitPredictions};
use crate::study::Study;

/// Accuracies of one run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Accuracies {
    /// Highest running train accuracy of an epoch.
    pub highest_train: f64,
    /// Highest validation accuracy after an epoch; `None` without validation rows.
    pub highest_validation: Option<f64>,
    /// First epoch with it, from 1.
    pub best_epoch: Option<usize>,
    /// Validation accuracy after the last epoch.
    pub validation: Option<f64>,
    /// Test accuracy after the last epoch.
    pub test: f64,
    /// Accuracy on un-augmented training rows in inference mode after the last epoch.
    pub train_inference: Option<f64>,
}

impl Accuracies {
    /// The accuracies of `run`.
    ///
    /// # Errors
    /// A run without test predictions.
    pub fn of(run: &Run) -> Result<Self> {
        let accuracy = |split: Split| run.split(split).map(SplitPredictions::accuracy);
        let mut best: Option<(f64, usize)> = None;
        for (index, epoch) in run.history.iter().enumerate() {
            if let Some(validation) = epoch.validation_accuracy
                && best.is_none_or(|(highest, _)| validation > highest)
            {
                best = Some((validation, index + 1));
            }
        }
        let train = run.history.iter().map(|epoch| epoch.train_accuracy);
        Ok(Self {
            highest_train: train.fold(f64::MIN, f64::max),
            highest_validation: best.map(|(highest, _)| highest),
            best_epoch: best.map(|(_, epoch)| epoch),
            validation: accuracy(Split::Validation),
            test: accuracy(Split::Test).context("expected test predictions, found none")?,
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
        Some(self.train_inference? - self.validation?)
    }
}

pub fn rows(study: &Study) -> Result<Vec<RunAccuracies>> {
    let mut rows = Vec::new();
    for trained in &study.models {
        let architecture = study.spec.architecture(&trained.model)?;
        for run in &trained.runs {
            let accuracies = Accuracies::of(run)?;
            rows.push(RunAccuracies {
                model: trained.model.name.clone(),
                seed: run.seed,
                parameters: architecture.parameters() as u64,
                macs: architecture.macs(),
                epochs: run.history.len() as u64,
                highest_train_accuracy: accuracies.highest_train,
                highest_validation_accuracy: accuracies.highest_validation,
                best_epoch: accuracies.best_epoch.map(|epoch| epoch as u64),
                validation_accuracy: accuracies.validation,
                test_accuracy: accuracies.test,
                misclassification_rate: 1.0 - accuracies.test,
                delta: accuracies.delta(),
                train_inference_accuracy: accuracies.train_inference,
                overfitting_gap: accuracies.overfitting_gap(),
            });
        }
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{self, images};

    #[test]
    fn ties_go_to_the_first_best_epoch_and_the_last_epoch_is_evaluated() {
        let wrong = images(0, 100);
        let mut study = fixture::study(&[("model-1", &[(4, &wrong)])]);
        let run = &mut study.models[0].runs[0];
        let last = run.history[0];
        let epoch = |train_accuracy, validation| pipelines::tables::history::EpochRecord {
            train_accuracy,
            validation_accuracy: Some(validation),
            train_inference_accuracy: None,
            ..last
        };
        run.history = vec![epoch(0.5, 0.7), epoch(0.9, 0.8), epoch(0.85, 0.8), last];
        let found = fixture::lines(&rows(&study).unwrap());
        assert_eq!(
            found,
            ["model-1,4,93322,2794240,4,0.9,0.8,2,0.75,0.75,0.25,0.15000000000000002,1.0,0.25"]
        );
    }
}
