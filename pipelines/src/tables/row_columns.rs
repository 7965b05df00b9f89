//! The columns that every table of images begins with: which image, what it is for, its class.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Result, bail};
use arrow_array::{ArrayRef, RecordBatch, StringArray, UInt16Array, UInt32Array};
use arrow_schema::DataType;

use crate::tables::parquet_file::column;
use crate::tables::split::{SPLIT, Split};

/// Column: row in the source file.
pub const ID: &str = "id";
/// Column: true class.
pub const LABEL: &str = "label";

/// The three columns, with one entry a row.
pub type RowColumns = (Vec<u32>, Vec<Split>, Vec<u16>);

/// The columns `id`, `split` and `label` with their names.
pub fn encode(ids: &[u32], splits: &[Split], labels: &[u16]) -> [(&'static str, ArrayRef); 3] {
    let names = splits.iter().map(|split| split.name());
    [
        (ID, Arc::new(UInt32Array::from(ids.to_vec()))),
        (SPLIT, Arc::new(StringArray::from_iter_values(names))),
        (LABEL, Arc::new(UInt16Array::from(labels.to_vec()))),
    ]
}

/// Reads and checks the columns of the file at `path`, whose labels are below `class_count`.
///
/// # Errors
/// Names the file, the column, what was expected and what was found.
pub fn decode(path: &Path, batch: &RecordBatch, class_count: usize) -> Result<RowColumns> {
    let ids: &UInt32Array = column(path, batch, ID, &DataType::UInt32)?;
    let splits: &StringArray = column(path, batch, SPLIT, &DataType::Utf8)?;
    let labels: &UInt16Array = column(path, batch, LABEL, &DataType::UInt16)?;
    let is_class = |label: &u16| usize::from(*label) < class_count;
    if let Some(label) = labels.values().iter().find(|label| !is_class(label)) {
        bail!(
            "{}: column `{LABEL}`: expected 0 to {}, found {label}",
            path.display(),
            class_count - 1
        );
    }
    let splits = splits
        .iter()
        .flatten()
        .map(|name| Split::from_name(path, name))
        .collect::<Result<_>>()?;
    Ok((ids.values().to_vec(), splits, labels.values().to_vec()))
}
