//! Arrow record batches to the bytes of a Parquet file and back.

use std::path::Path;

use anyhow::{Context, Result, bail};
use arrow_array::RecordBatch;
use arrow_schema::{DataType, Schema};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::{WriterProperties, WriterPropertiesBuilder};

use crate::artifact;

/// Properties that all files of the project share: zstd, and no time or machine in the footer, so
/// that the same rows are the same bytes.
pub fn properties() -> WriterPropertiesBuilder {
    WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_created_by("atelier".to_owned())
}

/// Encodes one batch as a whole Parquet file.
///
/// # Errors
/// A batch that the format cannot hold.
pub fn encode(batch: &RecordBatch, properties: WriterProperties) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), Some(properties))
        .context("cannot encode a Parquet file")?;
    writer
        .write(batch)
        .context("cannot encode a Parquet file")?;
    writer.close().context("cannot encode a Parquet file")?;
    Ok(bytes)
}

/// Reads `file` of `folder`, checks its hash against the manifest beside it, and decodes it.
///
/// # Errors
/// Names the file and what is wrong with it.
pub fn read(folder: &Path, file: &str) -> Result<(RecordBatch, Schema)> {
    let bytes = artifact::read(folder, file)?;
    decode(&folder.join(file), bytes)
}

/// Decodes the bytes of the file at `path` into one batch; the schema carries the file's metadata.
///
/// # Errors
/// Names the file and what is wrong with it.
pub fn decode(path: &Path, bytes: Vec<u8>) -> Result<(RecordBatch, Schema)> {
    let context = || format!("{}: expected a Parquet file", path.display());
    let builder = ParquetRecordBatchReaderBuilder::try_new(bytes::Bytes::from(bytes))
        .with_context(context)?;
    let schema = builder.schema().clone();
    let rows = usize::try_from(builder.metadata().file_metadata().num_rows()).unwrap_or(0);
    let mut batches = builder
        .with_batch_size(rows.clamp(1, LARGEST_BATCH_ROWS))
        .build()
        .with_context(context)?;
    let first = match batches.next() {
        Some(batch) => batch.with_context(context)?,
        None => RecordBatch::new_empty(schema.clone()),
    };
    if batches.next().is_some() {
        bail!(
            "{}: expected at most {LARGEST_BATCH_ROWS} rows, found {rows}",
            path.display()
        );
    }
    Ok((first, schema.as_ref().clone()))
}

/// Largest table that is read at once; the largest of the project has 60,000 rows.
const LARGEST_BATCH_ROWS: usize = 4_000_000;

/// The column called `name` as the array type `A`.
///
/// # Errors
/// Names the file, the column, the expected and the found type.
pub fn column<'a, A: 'static>(
    path: &Path,
    batch: &'a RecordBatch,
    name: &str,
    expected: &DataType,
) -> Result<&'a A> {
    let found = batch.column_by_name(name).with_context(|| {
        format!(
            "{}: column `{name}`: expected {expected}, found none",
            path.display()
        )
    })?;
    if found.null_count() > 0 {
        bail!(
            "{}: column `{name}`: expected no nulls, found {}",
            path.display(),
            found.null_count()
        );
    }
    found.as_any().downcast_ref().with_context(|| {
        format!(
            "{}: column `{name}`: expected {expected}, found {}",
            path.display(),
            found.data_type()
        )
    })
}
