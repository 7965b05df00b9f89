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
use pipelines::tables::metrics::{self, Table};
use polars::prelude::DataFrame;

use crate::pairs;
use crate::study::Study;

/// All tables, in the order of [`metrics::ALL`].
///
/// # Errors
/// None for a study whose runs have the same images.
pub fn all(study: &Study) -> Result<Vec<(Table, DataFrame)>> {
    let pairs = pairs::compare(study)?;
    Ok(vec![
        (metrics::TABLE_1, table_1::table(study)?),
        (metrics::SUMMARY, summary::table(study)?),
        (metrics::RANKING, ranking::table(study, &pairs)?),
        (metrics::CHANGES, changes::table(study, &pairs)?),
        (metrics::COMPARISONS, comparisons::table(study, &pairs)?),
        (metrics::SEED_COMPARISONS, comparisons::by_seed(study)?),
        (metrics::PUBLISHED, published::table(study)?),
        (metrics::RUNS, runs::table(study)?),
        (
            metrics::CLASSIFICATION_REPORT,
            classification_report::table(study)?,
        ),
        (metrics::CONFUSION_MATRIX, confusion_matrix::table(study)?),
        (metrics::CONFUSIONS, confusions::table(study)?),
        (metrics::CALIBRATION, calibration::table(study)?),
        (metrics::RELIABILITY, calibration::reliability(study)?),
        (metrics::AGREEMENT, agreement::table(study)?),
        (metrics::HARDEST_IMAGES, hardest_images::table(study)?),
        (metrics::HISTORIES, histories::table(study)?),
        (metrics::TRAINING_TIMES, training_times::table(study)?),
        (metrics::FAILURES, failures::table(study)?),
    ])
}
