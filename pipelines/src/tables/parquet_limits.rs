//! What a Parquet file may ask for, checked on its metadata before anything of it is decoded.
//!
//! A few bytes of Parquet can stand for any number of values: row counts and sizes are only
//! declared, and equal values are counted instead of repeated. The limits are far above what the
//! project writes and below what would fill a machine.

use std::path::Path;

use anyhow::{Result, ensure};
use arrow_schema::{DataType, Schema};
use parquet::basic::Type;
use parquet::file::metadata::ParquetMetaData;

/// Largest file that is read into memory, in bytes.
const MAX_FILE_BYTES: u64 = 4 << 30;
/// Largest footer, in bytes.
const MAX_FOOTER_BYTES: u64 = 64 << 20;
/// Most rows of a table that is read as a whole.
const MAX_ROWS: u64 = 16 << 20;
/// Most columns, each leaf of a nested one counted.
const MAX_COLUMNS: u64 = 10_000;
/// Most values of a table that is read as a whole, all columns together; each pixel is one.
const MAX_VALUES: u64 = 1 << 30;
/// Most bytes of a table that is read as a whole, all columns together, decompressed.
const MAX_BYTES: u64 = 8 << 30;
/// Most values of a batch of rows.
const MAX_BATCH_VALUES: u64 = 4 << 20;
/// Most bytes of what is decoded at once.
const MAX_DECODED_BYTES: u64 = 1 << 30;
/// Most bytes that one batch of rows may take if each of its texts is as long as its column.
const MAX_BATCH_TEXT_BYTES: u64 = 128 << 20;
/// Most rows of one batch.
const MAX_BATCH_ROWS: u64 = 64 << 10;

/// Checks the size of the file at `path` before its footer is read.
///
/// # Errors
/// Names the file, the limit and the size.
pub fn check_size(path: &Path, size_bytes: usize) -> Result<()> {
    check_limit(path, "bytes", size_bytes as u64, MAX_FILE_BYTES)
}

/// Checks the size of the footer of the file at `path` before it is read.
///
/// # Errors
/// Names the file, the limit and the size.
pub fn check_footer(path: &Path, size_bytes: u64) -> Result<()> {
    check_limit(path, "bytes of the footer", size_bytes, MAX_FOOTER_BYTES)
}

/// Checks what the metadata of the file at `path` declare, whatever is read of it.
///
/// # Errors
/// Names the file, what was expected and what was found.
pub fn check(path: &Path, metadata: &ParquetMetaData) -> Result<()> {
    let file = metadata.file_metadata();
    let columns = file.schema_descr().num_columns();
    let rows = u64::try_from(file.num_rows()).unwrap_or(u64::MAX);
    let mut group_rows = 0_u64;
    for group in metadata.row_groups() {
        ensure!(
            group.num_columns() == columns,
            "{}: row group: expected {columns} columns, found {}",
            path.display(),
            group.num_columns()
        );
        group_rows = group_rows.saturating_add(u64::try_from(group.num_rows()).unwrap_or(u64::MAX));
    }
    ensure!(
        rows == group_rows,
        "{}: rows: expected {rows} in all row groups, found {group_rows}",
        path.display()
    );
    check_limit(path, "columns", columns as u64, MAX_COLUMNS)
}

/// Checks what the metadata of the file at `path` declare before all of its rows are read into
/// memory.
///
/// # Errors
/// Names the file, what was expected and what was found.
pub fn check_whole(path: &Path, metadata: &ParquetMetaData, schema: &Schema) -> Result<()> {
    let file = metadata.file_metadata();
    let rows = u64::try_from(file.num_rows()).unwrap_or(u64::MAX);
    let chunks = metadata
        .row_groups()
        .iter()
        .flat_map(|group| group.columns());
    let bytes = chunks.fold(0_u64, |bytes, chunk| {
        bytes.saturating_add(u64::try_from(chunk.uncompressed_size()).unwrap_or(u64::MAX))
    });
    check_limit(path, "rows", rows, MAX_ROWS)?;
    let values = rows.saturating_mul(values_of_a_row(metadata, schema));
    check_limit(path, "values", values, MAX_VALUES)?;
    check_limit(path, "decompressed bytes", bytes, MAX_BYTES)
}

/// Rows that may be decoded at once: a text stands once in a file and any number of times in memory,
/// so long columns of text are decoded a few rows at a time, and so are rows of many values.
pub fn batch_rows(metadata: &ParquetMetaData, schema: &Schema) -> usize {
    let chunks = metadata
        .row_groups()
        .iter()
        .flat_map(|group| group.columns());
    let text_bytes = chunks
        .filter(|chunk| {
            let physical = chunk.column_type();
            matches!(physical, Type::BYTE_ARRAY | Type::FIXED_LEN_BYTE_ARRAY)
        })
        .map(|chunk| u64::try_from(chunk.uncompressed_size()).unwrap_or(u64::MAX))
        .max();
    let text_rows = text_bytes.map_or(MAX_BATCH_ROWS, |bytes| MAX_BATCH_TEXT_BYTES / bytes.max(1));
    let rows = text_rows.min(MAX_BATCH_VALUES / values_of_a_row(metadata, schema).max(1));
    rows.clamp(1, MAX_BATCH_ROWS) as usize
}

/// Values, or bytes, that a row takes at least.
fn values_of_a_row(metadata: &ParquetMetaData, schema: &Schema) -> u64 {
    let columns = metadata.file_metadata().schema_descr().num_columns();
    let fields = schema.fields().iter();
    fields.fold(columns as u64, |values, field| {
        values.saturating_add(fixed_values(field.data_type()))
    })
}

/// Checks how much of the file at `path` is in memory.
///
/// # Errors
/// Names the file, the limit and the bytes so far.
pub fn check_decoded(path: &Path, decoded_bytes: usize) -> Result<()> {
    check_limit(
        path,
        "decoded bytes",
        decoded_bytes as u64,
        MAX_DECODED_BYTES,
    )
}

fn check_limit(path: &Path, field: &str, found: u64, limit: u64) -> Result<()> {
    ensure!(
        found <= limit,
        "{}: {field}: expected at most {limit}, found {found}",
        path.display()
    );
    Ok(())
}

/// Values, or bytes, that a row takes because its type says so, whatever the pages hold.
fn fixed_values(data_type: &DataType) -> u64 {
    match data_type {
        DataType::FixedSizeList(item, length) => {
            let length = u64::try_from(*length).unwrap_or(0);
            length.saturating_mul(fixed_values(item.data_type()).max(1))
        }
        DataType::FixedSizeBinary(length) => u64::try_from(*length).unwrap_or(0),
        DataType::Struct(fields) => fields.iter().fold(0, |values, field| {
            values.saturating_add(fixed_values(field.data_type()))
        }),
        DataType::List(item) | DataType::LargeList(item) => fixed_values(item.data_type()),
        _ => 0,
    }
}
