//! The runs of a study as data frames, for tables that count or aggregate rows.
//!
//! The column `run` is the position of the run in [`Study::runs`]; `split` is the position in
//! [`Split::ALL`].

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use pipelines::tables::metrics::MAX_WHOLE_MATRIX_CLASSES;
use pipelines::tables::split::Split;
use polars::prelude::{Column, DataFrame, NamedFrom, Series, SortMultipleOptions};

use crate::study::Study;

/// The columns that name a cell of a confusion matrix.
const CELL: [&str; 4] = ["run", "split", "label", "predicted"];

/// The confusion matrices of all runs in long form: `run`, `split`, `label` and `predicted`, all
/// `UInt32`, and `count` (`UInt64`), in ascending order of the first four. Cells of 0 images are left
/// out with more than [`MAX_WHOLE_MATRIX_CLASSES`] classes.
///
/// # Errors
/// None for a valid study.
pub fn confusion_counts(study: &Study) -> Result<DataFrame> {
    let mut cells: [Vec<u32>; 4] = Default::default();
    let mut counts: Vec<u64> = Vec::new();
    let class_count = study.info.class_count();
    let whole = class_count <= MAX_WHOLE_MATRIX_CLASSES;
    for (run, (_, of)) in study.runs().enumerate() {
        for predictions in &of.splits {
            let split = predictions.split as usize;
            // Counted here and not by grouping a frame, which would hold a row for each image of each run.
            let mut of_cell: BTreeMap<usize, u64> = BTreeMap::new();
            if whole {
                of_cell.extend((0..class_count * class_count).map(|cell| (cell, 0)));
            }
            for (&label, &predicted) in predictions.labels.iter().zip(&predictions.predicted) {
                let cell = usize::from(label) * class_count + usize::from(predicted);
                *of_cell.entry(cell).or_default() += 1;
            }
            for (cell, count) in of_cell {
                let key = [run, split, cell / class_count, cell % class_count];
                for (column, value) in cells.iter_mut().zip(key) {
                    column.push(value as u32);
                }
                counts.push(count);
            }
        }
    }
    let mut columns: Vec<Column> = CELL
        .into_iter()
        .zip(cells)
        .map(|(name, values)| Series::new(name.into(), values).into())
        .collect();
    columns.push(Series::new("count".into(), counts).into());
    let frame = DataFrame::new_infer_height(columns)?;
    Ok(frame.sort(CELL, SortMultipleOptions::default())?)
}

/// Every timed epoch of every run: `run` (`UInt32`), `duration_s` and `images_per_s`.
///
/// # Errors
/// None for a valid study.
pub fn timings(study: &Study) -> Result<DataFrame> {
    let (mut runs, mut durations_s, mut images_per_s) = (Vec::new(), Vec::new(), Vec::new());
    for (index, (_, run)) in study.runs().enumerate() {
        for epoch in &run.timing.epochs {
            runs.push(index as u32);
            durations_s.push(epoch.duration_s);
            images_per_s.push(epoch.images_per_s);
        }
    }
    Ok(DataFrame::new_infer_height(vec![
        Series::new("run".into(), runs).into(),
        Series::new("duration_s".into(), durations_s).into(),
        Series::new("images_per_s".into(), images_per_s).into(),
    ])?)
}

/// The sum of each column of `values`, called `<name>_sum`, over the rows with equal `keys`. Groups
/// are in the order of their first rows.
///
/// # Errors
/// No such column.
#[expect(
    deprecated,
    reason = "lazy aggregations need all of polars' query engine"
)]
pub fn sums(frame: &DataFrame, keys: &[&str], values: &[&str]) -> Result<DataFrame> {
    let groups = frame.group_by_stable(keys.iter().copied())?;
    Ok(groups.select(values.iter().copied()).sum()?)
}

/// The median of each column of `values`, called `<name>_median`; groups as in [`sums`].
///
/// # Errors
/// No such column.
#[expect(
    deprecated,
    reason = "lazy aggregations need all of polars' query engine"
)]
pub fn medians(frame: &DataFrame, keys: &[&str], values: &[&str]) -> Result<DataFrame> {
    let groups = frame.group_by_stable(keys.iter().copied())?;
    Ok(groups.select(values.iter().copied()).median()?)
}

/// The values of a `UInt32` column without nulls.
///
/// # Errors
/// No such column, or another type.
pub fn indices(frame: &DataFrame, name: &str) -> Result<Vec<u32>> {
    let column = frame.column(name)?.u32();
    Ok(column?.into_no_null_iter().collect())
}

/// The values of a `UInt64` column without nulls.
///
/// # Errors
/// No such column, or another type.
pub fn integers(frame: &DataFrame, name: &str) -> Result<Vec<u64>> {
    let column = frame.column(name)?.u64();
    Ok(column?.into_no_null_iter().collect())
}

/// The values of a `Float64` column without nulls.
///
/// # Errors
/// No such column, or another type.
pub fn numbers(frame: &DataFrame, name: &str) -> Result<Vec<f64>> {
    let column = frame.column(name)?.f64();
    Ok(column?.into_no_null_iter().collect())
}

/// The split at `position` of [`Split::ALL`].
///
/// # Errors
/// A position beyond it.
pub fn split(position: u32) -> Result<Split> {
    let split = Split::ALL.get(position as usize);
    split
        .copied()
        .with_context(|| format!("no split has the position {position}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    // from sklearn.metrics import confusion_matrix  # 1.9.1
    // confusion_matrix([0,0,0,1,1,1,2,2,2,3], [0,1,0,1,1,2,2,2,0,0])
    #[test]
    fn counts_are_scikit_learns() {
        let mut study = fixture::study(&[("model-1", &[(0, &[])])]);
        study.info.class_names.truncate(4);
        let splits = &mut study.models[0].runs[0].splits;
        splits.truncate(1);
        splits[0].labels = vec![0, 0, 0, 1, 1, 1, 2, 2, 2, 3].into();
        splits[0].predicted = vec![0, 1, 0, 1, 1, 2, 2, 2, 0, 0];
        let found = confusion_counts(&study).unwrap();
        assert_eq!(
            integers(&found, "count").unwrap(),
            [2, 1, 0, 0, 0, 2, 1, 0, 1, 0, 2, 0, 1, 0, 0, 0]
        );
        let row_major: Vec<u32> = (0..16).map(|cell| cell % 4).collect();
        assert_eq!(indices(&found, "predicted").unwrap(), row_major);
        assert_eq!(
            indices(&found, "split").unwrap(),
            [Split::Validation as u32; 16]
        );
    }
}
