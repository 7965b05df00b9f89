//! A study to the rows of each table.

pub(crate) mod accuracies;
mod agreement;
mod calibration;
mod candidates;
mod changes;
mod class_changes;
mod classification_report;
mod comparisons;
mod confusion_matrix;
mod confusions;
mod failures;
mod hardest_images;
mod histories;
pub(crate) mod needed;
mod ranking;
mod runs;
mod summary;
mod training_times;
mod views;

use anyhow::Result;

use pipelines::tables::metrics::{ModelChange, UNDECIDED};

use crate::encoded_table::EncodedTable;
use crate::study::Study;
use crate::{frames, pairs, published, published_differences, sequential};

/// What evaluation makes of a study.
pub struct Tables {
    /// The tables as they are written.
    pub encoded: Vec<EncodedTable>,
    /// Of a study whose seeds are added until every change is decided, the models whose change is not
    /// decided yet.
    pub undecided: Option<Vec<String>>,
    /// The part of 1 − confidence that the looks of such a study may have spent so far.
    pub spent: Option<f64>,
}

/// All tables, in the order of [`pipelines::tables::metrics::ALL`]; the two of published figures only
/// when the spec names a publication, those of candidates when it has sweeps.
///
/// # Errors
/// None for a study whose runs have the same images.
pub fn all(study: &Study) -> Result<Tables> {
    let pairs = pairs::compare(study)?;
    let looks = sequential::looks(study, &pairs)?;
    let changes = changes::rows(study, &pairs, &looks)?;
    let (calibrations, reliability) = calibration::rows(study)?;
    let counts = frames::confusion_counts(study)?;
    let mut tables = vec![
        EncodedTable::new(&accuracies::rows(study)?)?,
        EncodedTable::new(&summary::rows(study)?)?,
        EncodedTable::new(&ranking::rows(study, &pairs)?)?,
        EncodedTable::new(&changes)?,
        EncodedTable::new(&class_changes::rows(study, &pairs)?)?,
        EncodedTable::new(&looks)?,
        EncodedTable::new(&comparisons::rows(study, &pairs)?)?,
        EncodedTable::new(&comparisons::by_seed(study)?)?,
    ];
    if let Some(published) = &study.spec.published {
        tables.push(EncodedTable::new(&published::rows(study, published)?)?);
        let differences = published_differences::rows(study, published, &pairs)?;
        tables.push(EncodedTable::new(&differences)?);
    }
    if !study.spec.sweeps.is_empty() {
        tables.push(EncodedTable::new(&candidates::rows(study))?);
        tables.push(EncodedTable::new(&candidates::values(study))?);
    }
    tables.extend([
        EncodedTable::new(&runs::rows(study))?,
        EncodedTable::new(&views::rows(study))?,
        EncodedTable::new(&classification_report::rows(study))?,
        EncodedTable::new(&confusion_matrix::rows(study, &counts)?)?,
        EncodedTable::new(&confusions::rows(study, &counts)?)?,
        EncodedTable::new(&calibrations)?,
        EncodedTable::new(&reliability)?,
        EncodedTable::new(&agreement::rows(study))?,
        EncodedTable::new(&hardest_images::rows(study))?,
        EncodedTable::new(&histories::rows(study))?,
        EncodedTable::new(&training_times::rows(study)?)?,
        EncodedTable::new(&failures::rows(study))?,
    ]);
    Ok(Tables {
        encoded: tables,
        spent: looks.last().map(|look| look.spent),
        undecided: study.until_decided.then(|| undecided(&changes)),
    })
}

/// Models whose change is not decided.
fn undecided(changes: &[ModelChange]) -> Vec<String> {
    let undecided = changes.iter().filter(|change| change.verdict == UNDECIDED);
    undecided.map(|change| change.model.clone()).collect()
}
