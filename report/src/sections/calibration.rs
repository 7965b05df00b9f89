//! Whether probabilities mean what they say.

use crate::document::Document;
use crate::evaluated::RunCalibration;
use crate::figures::reliability::{self, Bin, Model};
use crate::inputs::Inputs;
use crate::number::{decimal, percent, points};
use crate::sections::NO_RUN;
use crate::table::Table;

/// Writes the section.
pub fn write(document: &mut Document, inputs: &Inputs) {
    document.heading(2, "Calibration");
    let tables = &inputs.tables;
    let models: Vec<Model> = inputs
        .runs
        .iter()
        .filter_map(|run| {
            let of_run = |model: &str, seed, split: &str| {
                model == run.model && seed == run.seed && split == "test"
            };
            let mut calibration = tables.calibration.iter();
            let single = calibration.find(|row| of_run(&row.model, row.seed, &row.split))?;
            let bins = tables
                .reliability
                .iter()
                .filter(|row| of_run(&row.model, row.seed, &row.split))
                .map(|row| Bin {
                    low: row.low,
                    high: row.high,
                    share: row.n as f64 / single.n.max(1) as f64,
                    mean: row.mean_confidence.zip(row.accuracy),
                });
            Some(Model {
                name: run.model.clone(),
                expected_calibration_error: single.expected_calibration_error,
                bins: bins.collect(),
            })
        })
        .collect();
    document.paragraph(format!(
        "A model that says “90 %” should be right in 90 % of such cases: on the diagonal. The expected \
         calibration error (ECE, per cent) is the mean distance from it over images, in {} equally wide \
         bins of confidence. Test images, one run of each model.",
        inputs.spec.evaluation.calibration_bins
    ));
    if models.is_empty() {
        document.paragraph(NO_RUN);
        return;
    }
    let spoken: Vec<_> = models
        .iter()
        .map(|model| {
            format!(
                "{} {}",
                model.name,
                percent(model.expected_calibration_error)
            )
        })
        .collect();
    let alt = format!(
        "Reliability diagrams; expected calibration error in per cent: {}",
        spoken.join("; ")
    );
    document.chart("reliability", &alt, &reliability::draw(&models));
    let rows = tables.calibration.iter().filter(|row| row.split == "test");
    document.details("Every run", |document| document.table(&table(rows)));
}

fn table<'a>(rows: impl Iterator<Item = &'a RunCalibration>) -> Table {
    let mut table = Table::new([
        "model",
        "seed",
        "ECE",
        "largest gap of a bin",
        "mean confidence",
        "accuracy",
        "confidence − accuracy",
        "Brier score",
    ]);
    for row in rows {
        table.row([
            row.model.clone(),
            row.seed.to_string(),
            percent(row.expected_calibration_error),
            percent(row.maximum_calibration_error),
            percent(row.mean_confidence),
            percent(row.accuracy),
            points(row.mean_confidence - row.accuracy),
            decimal(row.brier_score, 4),
        ]);
    }
    table
}
