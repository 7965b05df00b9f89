//! Tables of few rows as lists of records: the columns are the fields of one row type.

use std::path::Path;

use anyhow::{Context, Result};
use arrow_array::RecordBatch;
use arrow_schema::FieldRef;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_arrow::schema::{SchemaLike, TracingOptions};

use super::{parquet_file, parquet_writer};

/// Encodes `rows` as a whole Parquet file with a column for each field of `T`.
///
/// # Errors
/// A row type that has no columns; none for the types of this crate.
pub fn encode<T: Serialize + DeserializeOwned>(rows: &[T]) -> Result<Vec<u8>> {
    parquet_writer::encode(&batch(rows)?, parquet_writer::properties().build())
}

/// `rows` as columns, one for each field of `T`.
///
/// # Errors
/// A row type that has no columns; none for the types of this crate.
pub fn batch<T: Serialize + DeserializeOwned>(rows: &[T]) -> Result<RecordBatch> {
    serde_arrow::to_record_batch(&fields::<T>()?, &rows).context("cannot encode a table of records")
}

/// Reads `file` of `folder`, checks its hash, and turns its rows into records.
///
/// # Errors
/// Names the file, the column, what was expected and what was found.
pub fn read<T: Serialize + DeserializeOwned>(folder: &Path, file: &str) -> Result<Vec<T>> {
    let (batch, _) = parquet_file::read(folder, file)?;
    decode(&folder.join(file), &batch)
}

/// The rows of the decoded file at `path` as records.
///
/// # Errors
/// Names the file, the column, what was expected and what was found.
pub fn decode<T: Serialize + DeserializeOwned>(path: &Path, batch: &RecordBatch) -> Result<Vec<T>> {
    for field in fields::<T>()? {
        let found = batch.column_by_name(field.name());
        let found = found.map_or("none".to_owned(), |array| array.data_type().to_string());
        anyhow::ensure!(
            found == field.data_type().to_string(),
            "{}: column `{}`: expected {}, found {found}",
            path.display(),
            field.name(),
            field.data_type()
        );
    }
    serde_arrow::from_record_batch(batch)
        .with_context(|| format!("{}: expected valid rows", path.display()))
}

/// One field for each of `T`, in its order.
fn fields<T: DeserializeOwned>() -> Result<Vec<FieldRef>> {
    let options = TracingOptions::default()
        .strings_as_large_utf8(false)
        .enums_without_data_as_strings(true);
    Vec::<FieldRef>::from_type::<T>(options).context("cannot make columns of a row type")
}
