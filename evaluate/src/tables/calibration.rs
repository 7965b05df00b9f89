//! Calibration in single numbers and in bins.

use anyhow::Result;
use pipelines::tables::metrics::{CALIBRATION, RELIABILITY};
use polars::prelude::DataFrame;

use crate::run::SplitPredictions;
use crate::statistics::calibration::{Calibration, calibration};
use crate::study::Study;
use crate::table_builder::{TableBuilder, row};

/// Calibration of one run on one split, with the study's number of bins.
pub fn of(study: &Study, predictions: &SplitPredictions) -> Calibration {
    calibration(
        &predictions.labels,
        &predictions.predicted,
        &predictions.probabilities,
        study.spec.evaluation.calibration_bins,
    )
}

pub fn table(study: &Study) -> Result<DataFrame> {
    let mut builder = TableBuilder::new(CALIBRATION);
    for (model, run, predictions) in study.split_predictions() {
        let calibration = of(study, predictions);
        builder.push(row![
            model,
            run.seed,
            predictions.split.name(),
            predictions.images(),
            calibration.expected_error,
            calibration.maximum_error,
            calibration.mean_confidence,
            predictions.accuracy(),
            calibration.brier_score,
        ])?;
    }
    builder.finish()
}

/// The bins.
pub fn reliability(study: &Study) -> Result<DataFrame> {
    let mut builder = TableBuilder::new(RELIABILITY);
    for (model, run, predictions) in study.split_predictions() {
        for (index, bin) in of(study, predictions).bins.into_iter().enumerate() {
            builder.push(row![
                model,
                run.seed,
                predictions.split.name(),
                index + 1,
                bin.low,
                bin.high,
                bin.images,
                bin.mean_confidence,
                bin.accuracy,
            ])?;
        }
    }
    builder.finish()
}
