//! All epochs of all runs.

use anyhow::Result;
use pipelines::tables::metrics::HISTORIES;
use polars::prelude::DataFrame;

use crate::study::Study;
use crate::table_builder::{TableBuilder, row};

pub fn table(study: &Study) -> Result<DataFrame> {
    let mut builder = TableBuilder::new(HISTORIES);
    for (model, run) in study.runs() {
        for (index, epoch) in run.history.iter().enumerate() {
            builder.push(row![
                model,
                run.seed,
                index + 1,
                epoch.train_loss,
                epoch.train_accuracy,
                epoch.validation_loss,
                epoch.validation_accuracy,
                epoch.learning_rate,
                epoch.train_inference_loss,
                epoch.train_inference_accuracy,
            ])?;
        }
    }
    builder.finish()
}
