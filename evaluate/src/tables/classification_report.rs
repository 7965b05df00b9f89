//! Precision, recall, F1 and support.

use anyhow::Result;
use pipelines::class::CLASS_NAMES;
use pipelines::tables::metrics::{CLASSIFICATION_REPORT, MACRO_AVERAGE, WEIGHTED_AVERAGE};
use polars::prelude::DataFrame;

use crate::statistics::classification_report::classification_report;
use crate::statistics::confusion_matrix::ConfusionMatrix;
use crate::study::Study;
use crate::table_builder::{TableBuilder, row};

pub fn table(study: &Study) -> Result<DataFrame> {
    let mut builder = TableBuilder::new(CLASSIFICATION_REPORT);
    for (model, run, predictions) in study.split_predictions() {
        let matrix = ConfusionMatrix::of(&predictions.labels, &predictions.predicted);
        let report = classification_report(&matrix);
        let classes = CLASS_NAMES
            .into_iter()
            .zip(report.classes)
            .enumerate()
            .map(|(label, (name, scores))| (name, Some(label), scores));
        let averages = [
            (MACRO_AVERAGE, None, report.macro_average),
            (WEIGHTED_AVERAGE, None, report.weighted_average),
        ];
        for (name, label, scores) in classes.chain(averages) {
            builder.push(row![
                model,
                run.seed,
                predictions.split.name(),
                name,
                label,
                scores.precision,
                scores.recall,
                scores.f1,
                scores.support,
            ])?;
        }
    }
    builder.finish()
}
