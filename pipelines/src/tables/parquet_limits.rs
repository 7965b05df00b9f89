//! What a Parquet file may ask for, checked before anything of it is decoded.
//!
//! A few bytes of Parquet can stand for any number of values: row counts are only said, runs of
//! equal values and levels are counted, pages are compressed and give their own size. Everything
//! that decides how much memory the decoder takes is therefore added up first, page headers
//! included. A file within the limits takes less than 2 GiB; the largest of the project has 47
//! million values and takes 100 MB.

use std::ops::Range;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use arrow_schema::{DataType, Schema};
use parquet::basic::Type;
use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData};

use crate::tables::page_header::PageHeader;

/// Most rows of a table.
const MOST_ROWS: u64 = 4 << 20;
/// Most values of all columns together; each pixel is one.
const MOST_VALUES: u64 = 64 << 20;
/// Most bytes of all pages together, decompressed, and of all texts.
const MOST_BYTES: u64 = 512 << 20;

/// Checks everything that the footer and the page headers of the file at `path` say.
///
/// # Errors
/// Names the file, the column, what was expected and what was found.
pub fn check(path: &Path, bytes: &[u8], metadata: &ParquetMetaData, schema: &Schema) -> Result<()> {
    let rows = metadata.file_metadata().num_rows();
    let columns = metadata.file_metadata().schema_descr().num_columns();
    let mut total = Total::default();
    let mut group_rows = 0u64;
    for group in metadata.row_groups() {
        group_rows = group_rows.saturating_add(u64::try_from(group.num_rows()).unwrap_or(u64::MAX));
        ensure!(
            group.num_columns() == columns,
            "{}: row group: expected {columns} columns, found {}",
            path.display(),
            group.num_columns()
        );
        for chunk in group.columns() {
            total
                .add_chunk(bytes, chunk)
                .with_context(|| format!("{}: column `{}`", path.display(), chunk.column_path()))?;
        }
    }
    let values_of_a_row = schema
        .fields()
        .iter()
        .fold(columns as u64, |values, field| {
            values.saturating_add(fixed_values(field.data_type()))
        });
    let limits = [
        ("rows", u64::try_from(rows).unwrap_or(u64::MAX), MOST_ROWS),
        (
            "values",
            group_rows.saturating_mul(values_of_a_row),
            MOST_VALUES,
        ),
        ("values in pages", total.values, MOST_VALUES),
        ("bytes in pages", total.page_bytes, MOST_BYTES),
        ("bytes in texts", total.text_bytes, MOST_BYTES),
    ];
    for (field, found, limit) in limits {
        ensure!(
            found <= limit,
            "{}: {field}: expected at most {limit}, found {found}",
            path.display()
        );
    }
    ensure!(
        u64::try_from(rows) == Ok(group_rows),
        "{}: rows: expected {rows} in all row groups, found {group_rows}",
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

/// What all pages so far ask for.
#[derive(Default)]
struct Total {
    values: u64,
    page_bytes: u64,
    text_bytes: u64,
}

impl Total {
    /// Adds the pages of one column chunk.
    fn add_chunk(&mut self, file: &[u8], chunk: &ColumnChunkMetaData) -> Result<()> {
        let range = byte_range(chunk).context("expected a place inside the file, found none")?;
        let mut rest = file
            .get(range.clone())
            .with_context(|| format!("expected at most {} bytes, found {range:?}", file.len()))?;
        let mut values = 0;
        let mut repeated_bytes = 0;
        while !rest.is_empty() {
            let (header, header_bytes) =
                PageHeader::parse(rest).context("expected a page header, found other bytes")?;
            rest = rest
                .get(header_bytes + header.compressed_bytes as usize..)
                .context("expected a page inside its column, found a longer one")?;
            values += u64::from(header.data_values);
            self.page_bytes += u64::from(header.uncompressed_bytes);
            if header.repeats_texts {
                repeated_bytes += u64::from(header.uncompressed_bytes);
            }
        }
        self.values += values;
        if matches!(
            chunk.column_type(),
            Type::BYTE_ARRAY | Type::FIXED_LEN_BYTE_ARRAY
        ) {
            // Each value may be as long as all of a page that can be repeated.
            let texts = repeated_bytes.saturating_mul(values);
            self.text_bytes = self.text_bytes.saturating_add(texts);
        }
        Ok(())
    }
}

/// As [`ColumnChunkMetaData::byte_range`], which panics where this is `None`.
fn byte_range(chunk: &ColumnChunkMetaData) -> Option<Range<usize>> {
    let start = chunk
        .dictionary_page_offset()
        .unwrap_or(chunk.data_page_offset());
    let start = usize::try_from(start).ok()?;
    let length = usize::try_from(chunk.compressed_size()).ok()?;
    Some(start..start.checked_add(length)?)
}
