//! Calibration in single numbers and in bins.

use anyhow::Result;
use pipelines::random::Streams;
use pipelines::tables::metrics::{ReliabilityBin, RunCalibration};
use rayon::prelude::*;

use crate::run::{Run, SplitPredictions};
use crate::statistics::calibration::{Calibration, calibration};
use crate::statistics::consistency::{Consistency, consistency};
use crate::study::Study;

/// Calibration of one run on one split, with the study's number of bins.
pub fn of(study: &Study, predictions: &SplitPredictions) -> Calibration {
    calibration(
        &predictions.labels,
        &predictions.predicted,
        &predictions.confidences,
        predictions.brier_score,
        study.spec.evaluation.calibration_bins,
    )
}

/// The rows of both tables: single numbers, and bins.
///
/// # Errors
/// None for a valid study.
pub fn rows(study: &Study) -> Result<(Vec<RunCalibration>, Vec<ReliabilityBin>)> {
    let predictions: Vec<_> = study.split_predictions().collect();
    let rows = predictions
        .par_iter()
        .map(|(model, run, predictions)| of_run(study, model, run, predictions))
        .collect::<Result<Vec<_>>>()?;
    let (numbers, bins): (Vec<_>, Vec<_>) = rows.into_iter().unzip();
    Ok((numbers, bins.into_iter().flatten().collect()))
}

fn of_run(
    study: &Study,
    model: &str,
    run: &Run,
    predictions: &SplitPredictions,
) -> Result<(RunCalibration, Vec<ReliabilityBin>)> {
    let calibration = of(study, predictions);
    let consistency = expected(study, model, run, predictions, calibration.expected_error)?;
    let split = predictions.split.name();
    let bins = calibration.bins.into_iter().zip(consistency.bins).zip(1..);
    let bins = bins.map(|((bin, range), number)| ReliabilityBin {
        model: model.to_owned(),
        seed: run.seed,
        split: split.to_owned(),
        bin: number,
        low: bin.low,
        high: bin.high,
        n: bin.images,
        mean_confidence: bin.mean_confidence,
        accuracy: bin.accuracy,
        consistency_low: range.map(|range| range.low),
        consistency_high: range.map(|range| range.high),
    });
    let bins = bins.collect();
    let numbers = RunCalibration {
        model: model.to_owned(),
        seed: run.seed,
        split: split.to_owned(),
        n: predictions.images() as u64,
        expected_calibration_error: calibration.expected_error,
        consistency_mean: consistency.mean,
        consistency_high: consistency.high,
        consistency_p_value: consistency.p_value,
        maximum_calibration_error: calibration.maximum_error,
        mean_confidence: calibration.mean_confidence,
        accuracy: predictions.accuracy(),
        brier_score: calibration.brier_score,
    };
    Ok((numbers, bins))
}

/// What is expected of a calibrated network; each run draws from a stream of its own.
fn expected(
    study: &Study,
    model: &str,
    run: &Run,
    predictions: &SplitPredictions,
    observed: f64,
) -> Result<Consistency> {
    let evaluation = &study.spec.evaluation;
    let confidences = predictions.confidences.iter();
    let confidences: Vec<f64> = confidences
        .map(|&value| f64::from(value).min(1.0))
        .collect();
    let purpose = format!("consistency {} {model}", predictions.split.name());
    consistency(
        &confidences,
        evaluation.calibration_bins,
        observed,
        evaluation.confidence,
        &mut Streams::new(evaluation.bootstrap_seed, &purpose, 0).id(run.seed),
    )
}
