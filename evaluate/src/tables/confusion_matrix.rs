//! Confusion matrices in long form.

use anyhow::Result;
use pipelines::tables::metrics::CONFUSION_MATRIX;
use polars::prelude::DataFrame;

use crate::statistics::confusion_matrix::ConfusionMatrix;
use crate::study::Study;
use crate::table_builder::{TableBuilder, row};

pub fn table(study: &Study) -> Result<DataFrame> {
    let mut builder = TableBuilder::new(CONFUSION_MATRIX);
    for (model, run, predictions) in study.split_predictions() {
        let matrix = ConfusionMatrix::of(&predictions.labels, &predictions.predicted);
        for (label, counts) in matrix.counts.into_iter().enumerate() {
            for (predicted, count) in counts.into_iter().enumerate() {
                builder.push(row![
                    model,
                    run.seed,
                    predictions.split.name(),
                    label,
                    predicted,
                    count,
                ])?;
            }
        }
    }
    builder.finish()
}
