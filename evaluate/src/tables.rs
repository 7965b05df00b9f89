//! A study to one data frame a table.

mod agreement;
mod calibration;
mod changes;
mod classification_report;
mod comparisons;
mod confusion_matrix;
mod confusions;
mod failures;
mod hardest_images;
mod histories;
mod published;
mod ranking;
mod runs;
mod summary;
mod table_1;
mod training_times;

use anyhow::Result;
use pipelines::tables::{self, Table};
use polars::prelude::DataFrame;

use crate::pairs;
use crate::study::Study;

/// All tables, in the order of [`tables::ALL`].
///
/// # Errors
/// None for a study whose runs have the same images.
pub fn all(study: &Study) -> Result<Vec<(Table, DataFrame)>> {
    let pairs = pairs::compare(study)?;
    Ok(vec![
        (tables::TABLE_1, table_1::table(study)?),
        (tables::SUMMARY, summary::table(study)?),
        (tables::RANKING, ranking::table(study, &pairs)?),
        (tables::CHANGES, changes::table(study, &pairs)?),
        (tables::COMPARISONS, comparisons::table(study, &pairs)?),
        (tables::SEED_COMPARISONS, comparisons::by_seed(study)?),
        (tables::PUBLISHED, published::table(study)?),
        (tables::RUNS, runs::table(study)?),
        (
            tables::CLASSIFICATION_REPORT,
            classification_report::table(study)?,
        ),
        (tables::CONFUSION_MATRIX, confusion_matrix::table(study)?),
        (tables::CONFUSIONS, confusions::table(study)?),
        (tables::CALIBRATION, calibration::table(study)?),
        (tables::RELIABILITY, calibration::reliability(study)?),
        (tables::AGREEMENT, agreement::table(study)?),
        (tables::HARDEST_IMAGES, hardest_images::table(study)?),
        (tables::HISTORIES, histories::table(study)?),
        (tables::TRAINING_TIMES, training_times::table(study)?),
        (tables::FAILURES, failures::table(study)?),
    ])
}
