//! How long the runs took.

use anyhow::Result;
use pipelines::tables::metrics::TRAINING_TIMES;
use polars::prelude::DataFrame;

use crate::statistics::spread;
use crate::study::Study;
use crate::table_builder::{TableBuilder, row};

pub fn table(study: &Study) -> Result<DataFrame> {
    let mut builder = TableBuilder::new(TRAINING_TIMES);
    for (model, run) in study.runs() {
        let epochs = &run.timing.epochs;
        let durations_s: Vec<f64> = epochs.iter().map(|epoch| epoch.duration_s).collect();
        let images_per_s: Vec<f64> = epochs.iter().map(|epoch| epoch.images_per_s).collect();
        builder.push(row![
            model,
            run.seed,
            epochs.len(),
            durations_s.iter().sum::<f64>(),
            spread::median(&durations_s),
            spread::median(&images_per_s),
            run.timing.step_duration_s,
            run.timing.threads,
            &run.timing.processor,
        ])?;
    }
    builder.finish()
}
