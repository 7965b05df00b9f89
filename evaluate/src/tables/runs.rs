//! Accuracy and loss by run and split.

use anyhow::Result;
use pipelines::tables::metrics::RUNS;
use polars::prelude::DataFrame;

use crate::statistics::log_loss::log_loss;
use crate::statistics::wilson;
use crate::study::Study;
use crate::table_builder::{TableBuilder, row};

pub fn table(study: &Study) -> Result<DataFrame> {
    let mut builder = TableBuilder::new(RUNS);
    for (model, run, predictions) in study.split_predictions() {
        let (correct, images) = (predictions.correct(), predictions.images());
        let confidence = study.spec.evaluation.confidence;
        let interval = wilson::interval(correct, images as u64, confidence);
        builder.push(row![
            model,
            run.seed,
            predictions.split.name(),
            images,
            correct,
            predictions.accuracy(),
            1.0 - predictions.accuracy(),
            log_loss(&predictions.labels, &predictions.probabilities),
            interval.low,
            interval.high,
        ])?;
    }
    builder.finish()
}
