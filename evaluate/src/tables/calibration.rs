//! Calibration in single numbers and in bins.

use pipelines::tables::metrics;

use crate::run::SplitPredictions;
use crate::statistics::calibration::{Calibration, calibration};
use crate::study::Study;

/// Calibration of one run on one split, with the study's number of bins.
pub fn of(study: &Study, predictions: &SplitPredictions) -> Calibration {
    calibration(
        &predictions.labels,
        &predictions.predicted,
        &predictions.probabilities,
        predictions.class_count,
        study.spec.evaluation.calibration_bins,
    )
}

pub fn rows(study: &Study) -> Vec<metrics::RunCalibration> {
    let rows = study.split_predictions().map(|(model, run, predictions)| {
        let calibration = of(study, predictions);
        metrics::RunCalibration {
            model: model.to_owned(),
            seed: run.seed,
            split: predictions.split.name().to_owned(),
            n: predictions.images() as u64,
            expected_calibration_error: calibration.expected_error,
            maximum_calibration_error: calibration.maximum_error,
            mean_confidence: calibration.mean_confidence,
            accuracy: predictions.accuracy(),
            brier_score: calibration.brier_score,
        }
    });
    rows.collect()
}

/// The bins.
pub fn reliability(study: &Study) -> Vec<metrics::ReliabilityBin> {
    let mut rows = Vec::new();
    for (model, run, predictions) in study.split_predictions() {
        let bins = of(study, predictions).bins.into_iter().zip(1..);
        rows.extend(bins.map(|(bin, number)| metrics::ReliabilityBin {
            model: model.to_owned(),
            seed: run.seed,
            split: predictions.split.name().to_owned(),
            bin: number,
            low: bin.low,
            high: bin.high,
            n: bin.images,
            mean_confidence: bin.mean_confidence,
            accuracy: bin.accuracy,
        }));
    }
    rows
}
