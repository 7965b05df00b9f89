//! The bytes of a Parquet file to arrow record batches.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail, ensure};
use arrow_array::{Array, RecordBatch, RecordBatchReader};
use arrow_schema::{DataType, Schema};
use arrow_select::concat::concat_batches;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader, RowGroups, RowSelection,
    RowSelector,
};
use parquet::arrow::{ProjectionMask, parquet_to_arrow_field_levels};
use parquet::file::FOOTER_SIZE;
use parquet::file::metadata::{FooterTail, ParquetMetaData};
use parquet::file::reader::Length;

use crate::files::output;
use crate::tables::catch_panic::catch_panic;
use crate::tables::checked_pages::CheckedRowGroups;
use crate::tables::image_column::ImagePages;
use crate::tables::parquet_limits;
use crate::tables::parquet_source::ParquetSource;

/// Reads `file` of `folder`, checks its hash against the manifest beside it, and decodes it.
///
/// # Errors
/// Names the file and what is wrong with it.
pub fn read(folder: &Path, file: &str) -> Result<(RecordBatch, Schema)> {
    let bytes = output::read(folder, file)?;
    decode(&folder.join(file), bytes)
}

/// Decodes the bytes of the file at `path` into one batch; the schema carries the file's metadata.
///
/// # Errors
/// Names the file and what is wrong with it.
pub fn decode(path: &Path, bytes: Vec<u8>) -> Result<(RecordBatch, Schema)> {
    let file = ParquetFile::open(path, bytes)?;
    Ok((file.batch(|_| true)?, file.schema().clone()))
}

/// A Parquet file whose footer was read and checked.
#[derive(Clone, Debug)]
pub struct ParquetFile {
    path: PathBuf,
    source: ParquetSource,
    metadata: ArrowReaderMetadata,
}

impl ParquetFile {
    /// Reads the footer of the bytes of the file at `path`.
    ///
    /// # Errors
    /// Names the file and what is wrong with it.
    pub fn open(path: &Path, bytes: Vec<u8>) -> Result<Self> {
        parquet_limits::check_size(path, bytes.len())?;
        Self::of_source(path, ParquetSource::Memory(bytes.into()))
    }

    /// Reads the footer of an open file of any size; `path` is for messages.
    ///
    /// # Errors
    /// Names the file and what is wrong with it.
    pub fn open_file(path: &Path, file: File) -> Result<Self> {
        let source =
            ParquetSource::file(file).with_context(|| format!("cannot read {}", path.display()))?;
        Self::of_source(path, source)
    }

    fn of_source(path: &Path, source: ParquetSource) -> Result<Self> {
        if let Some(footer_bytes) = footer_bytes(&source) {
            parquet_limits::check_footer(path, footer_bytes)?;
        }
        let load = || {
            Ok(ArrowReaderMetadata::load(
                &source,
                ArrowReaderOptions::new(),
            )?)
        };
        let metadata = catch_panic(load)
            .with_context(|| format!("{}: expected a Parquet file", path.display()))?;
        parquet_limits::check(path, metadata.metadata())?;
        Ok(Self {
            path: path.to_path_buf(),
            source,
            metadata,
        })
    }

    /// Path, for messages.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The arrow schema, with the file's metadata.
    pub fn schema(&self) -> &Schema {
        self.metadata.schema()
    }

    /// What the footer says.
    pub fn metadata(&self) -> &ParquetMetaData {
        self.metadata.metadata()
    }

    /// Number of rows, as the footer says.
    pub fn rows(&self) -> usize {
        usize::try_from(self.metadata().file_metadata().num_rows()).unwrap_or(0)
    }

    /// Rows of row group `group`, as the footer says.
    pub fn group_rows(&self, group: usize) -> usize {
        usize::try_from(self.metadata().row_group(group).num_rows()).unwrap_or(0)
    }

    /// Bytes of the file.
    pub fn size_bytes(&self) -> u64 {
        self.source.len()
    }

    /// All rows of the columns whose names are `wanted`, in memory.
    ///
    /// # Errors
    /// Names the file and what is wrong with it; more than [`parquet_limits`] allow.
    pub fn batch(&self, wanted: impl Fn(&str) -> bool) -> Result<RecordBatch> {
        parquet_limits::check_whole(&self.path, self.metadata(), self.schema())?;
        let mut decoded_bytes = 0;
        let mut reader = self.batches(wanted)?;
        let mut batches = Vec::new();
        while let Some(batch) = reader.next().transpose()? {
            decoded_bytes += batch.get_array_memory_size();
            parquet_limits::check_decoded(&self.path, decoded_bytes)?;
            batches.push(batch);
        }
        let batch =
            concat_batches(&reader.reader.schema(), &batches).with_context(|| reader.context())?;
        ensure!(
            batch.num_rows() == self.rows(),
            "{}: rows: expected {}, found {}",
            self.path.display(),
            self.rows(),
            batch.num_rows()
        );
        Ok(batch)
    }

    /// The columns whose names are `wanted`, in batches of as many rows as [`parquet_limits`] allow.
    ///
    /// # Errors
    /// Names the file and what is wrong with it.
    pub fn batches(&self, wanted: impl Fn(&str) -> bool) -> Result<Batches> {
        let rows = parquet_limits::batch_rows(self.metadata(), self.schema());
        let groups = (0..self.metadata().num_row_groups()).collect();
        self.read_groups(groups, None, rows, wanted)
    }

    /// The columns whose names are `wanted` of row group `group` from row `first` of it on, in
    /// batches of `rows` rows.
    ///
    /// # Errors
    /// Names the file and what is wrong with it.
    pub fn group_batches(
        &self,
        group: usize,
        first: usize,
        rows: usize,
        wanted: impl Fn(&str) -> bool,
    ) -> Result<Batches> {
        let rest = self.group_rows(group).saturating_sub(first);
        let selection = vec![RowSelector::skip(first), RowSelector::select(rest)];
        self.read_groups(vec![group], Some(selection.into()), rows, wanted)
    }

    fn read_groups(
        &self,
        groups: Vec<usize>,
        selection: Option<RowSelection>,
        batch_rows: usize,
        wanted: impl Fn(&str) -> bool,
    ) -> Result<Batches> {
        let parquet_schema = self.metadata.parquet_schema();
        let fields = self.schema().fields();
        let roots = fields.iter().enumerate();
        let roots = roots.filter(|(_, field)| wanted(field.name()));
        let mask = ProjectionMask::roots(parquet_schema, roots.map(|(index, _)| index));
        let groups = CheckedRowGroups {
            source: Arc::new(self.source.clone()),
            metadata: self.metadata.metadata().clone(),
            groups,
        };
        let reader = catch_panic(|| {
            let levels = parquet_to_arrow_field_levels(parquet_schema, mask, Some(fields))?;
            Ok(ParquetRecordBatchReader::try_new_with_row_groups(
                &levels,
                &groups,
                batch_rows.min(groups.num_rows()),
                selection,
            )?)
        });
        Ok(Batches {
            path: self.path.clone(),
            reader: reader.with_context(|| whole(&self.path))?,
        })
    }

    /// [`ImagePages::fill`] on pages of the column called `name`.
    ///
    /// # Errors
    /// Names the file and what is wrong with it.
    pub fn fill(
        &self,
        name: &str,
        pages: &mut ImagePages,
        pixels: &mut Vec<u8>,
        length: usize,
    ) -> Result<bool> {
        catch_panic(|| pages.fill(pixels, length))
            .with_context(|| format!("{}: column `{name}`", self.path.display()))
    }

    /// The pages of the column called `name` in row group `group`, `image_bytes` pixels for each
    /// row; `None` if they are to be read as any other.
    ///
    /// # Errors
    /// Names the file and what is wrong with it.
    pub fn image_pages(
        &self,
        name: &str,
        group: usize,
        image_bytes: usize,
    ) -> Result<Option<ImagePages>> {
        let parquet_schema = self.metadata.parquet_schema();
        let mut leaves = (0..parquet_schema.num_columns()).filter(|&leaf| {
            parquet_schema
                .column(leaf)
                .path()
                .parts()
                .first()
                .map(String::as_str)
                == Some(name)
        });
        let (Some(leaf), None) = (leaves.next(), leaves.next()) else {
            return Ok(None);
        };
        let source = Arc::new(self.source.clone());
        let chunk = self.metadata().row_group(group).column(leaf);
        catch_panic(|| ImagePages::open(source, chunk, self.group_rows(group), image_bytes))
            .with_context(|| format!("{}: column `{name}`", self.path.display()))
    }
}

/// Rows of a file, a batch at a time.
pub struct Batches {
    path: PathBuf,
    reader: ParquetRecordBatchReader,
}

impl Batches {
    fn context(&self) -> String {
        whole(&self.path)
    }
}

impl Iterator for Batches {
    type Item = Result<RecordBatch>;

    fn next(&mut self) -> Option<Result<RecordBatch>> {
        catch_panic(|| Ok(self.reader.next().transpose()?))
            .with_context(|| whole(&self.path))
            .transpose()
    }
}

fn whole(path: &Path) -> String {
    format!("{}: expected a whole Parquet file", path.display())
}

/// Bytes of the footer, as the end of the file says; `None` where the file does not end as one of
/// Parquet.
fn footer_bytes(source: &ParquetSource) -> Option<u64> {
    let start = source.len().checked_sub(FOOTER_SIZE as u64)?;
    let tail = source.bytes(start, FOOTER_SIZE).ok()?;
    let tail = FooterTail::try_from(tail.as_ref()).ok()?;
    Some(tail.metadata_length() as u64)
}

/// The column called `name` as the array type `A`, without nulls.
///
/// # Errors
/// Names the file, the column, the expected and the found type.
pub fn column<'a, A: 'static>(
    path: &Path,
    batch: &'a RecordBatch,
    name: &str,
    expected: &DataType,
) -> Result<&'a A> {
    let nulls = batch
        .column_by_name(name)
        .map_or(0, |array| array.null_count());
    if nulls > 0 {
        bail!(
            "{}: column `{name}`: expected no nulls, found {nulls}",
            path.display()
        );
    }
    nullable_column(path, batch, name, expected)
}

/// The column called `name` as the array type `A`, with or without nulls.
///
/// # Errors
/// Names the file, the column, the expected and the found type.
pub fn nullable_column<'a, A: 'static>(
    path: &Path,
    batch: &'a RecordBatch,
    name: &str,
    expected: &DataType,
) -> Result<&'a A> {
    let found = batch.column_by_name(name);
    found
        .and_then(|array| array.as_any().downcast_ref())
        .with_context(|| {
            let found = found.map_or("none".to_owned(), |array| array.data_type().to_string());
            format!(
                "{}: column `{name}`: expected {expected}, found {found}",
                path.display()
            )
        })
}
