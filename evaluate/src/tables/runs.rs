//! Accuracy and loss by run and split.

use pipelines::tables::metrics::RunScores;

use crate::statistics::wilson;
use crate::study::Study;

pub fn rows(study: &Study) -> Vec<RunScores> {
    let confidence = study.spec.evaluation.confidence;
    let rows = study.split_predictions().map(|(model, run, predictions)| {
        let (correct, n) = (predictions.correct_count(), predictions.images() as u64);
        let interval = wilson::interval(correct, n, confidence);
        RunScores {
            model: model.to_owned(),
            seed: run.seed,
            split: predictions.split.name().to_owned(),
            n,
            correct,
            accuracy: predictions.accuracy(),
            misclassification_rate: 1.0 - predictions.accuracy(),
            log_loss: predictions.log_loss,
            wilson_low: interval.low,
            wilson_high: interval.high,
        }
    });
    rows.collect()
}
