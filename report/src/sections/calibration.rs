//! Whether probabilities mean what they say.

use crate::document::Document;
use crate::evaluated::RunCalibration;
use crate::figures::reliability::{self, Bin, Model};
use crate::inputs::Inputs;
use crate::number::{decimal, grouped, p_value, percent, percent_interval, percent_to, points};
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
                    images: row.n,
                    mean: row.mean_confidence.zip(row.accuracy),
                    consistent: row.consistency_low.zip(row.consistency_high),
                });
            Some(Model {
                name: run.model.clone(),
                expected_calibration_error: single.expected_calibration_error,
                bins: bins.collect(),
            })
        })
        .collect();
    let confidence = percent_to(inputs.spec.evaluation.confidence, 0);
    document.paragraph(format!(
        "A model that says “90 %” should be right in 90 % of such cases: on the diagonal. The expected \
         calibration error (ECE, per cent) is the mean distance from it over images, in {} equally wide \
         bins of confidence. It is never 0: the floor is its mean for networks that are as sure and \
         perfectly calibrated, whose accuracy lies on the grey bars with {confidence} % (consistency \
         resampling). Test images, one run of each model.",
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
    document.details("Images in each bin", |document| {
        document.table(&bins(&models));
    });
}

/// How many images each bin has: a bin of a few images may lie anywhere.
fn bins(models: &[Model]) -> Table {
    let names = models.iter().map(|model| model.name.clone());
    let header: Vec<String> = std::iter::once("confidence".to_owned())
        .chain(names)
        .collect();
    let mut table = Table::new(header);
    let count = models.first().map_or(0, |model| model.bins.len());
    for index in 0..count {
        let of_bin = |model: &Model| model.bins.get(index).map_or(0, |bin| bin.images);
        let range = models.first().and_then(|model| model.bins.get(index));
        let range = range.map_or(String::new(), |bin| percent_interval(bin.low, bin.high));
        let images = models.iter().map(|model| grouped(of_bin(model)));
        table.row(std::iter::once(range).chain(images));
    }
    table
}

fn table<'a>(rows: impl Iterator<Item = &'a RunCalibration>) -> Table {
    let mut table = Table::new([
        "model",
        "seed",
        "ECE",
        "floor by noise",
        "p of being calibrated",
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
            percent(row.consistency_mean),
            p_value(row.consistency_p_value),
            percent(row.maximum_calibration_error),
            percent(row.mean_confidence),
            percent(row.accuracy),
            points(row.mean_confidence - row.accuracy),
            decimal(row.brier_score, 4),
        ]);
    }
    table
}
