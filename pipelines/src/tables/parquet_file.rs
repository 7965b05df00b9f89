//! Arrow record batches to the bytes of a Parquet file and back.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail, ensure};
use arrow_array::{Array, ArrayRef, RecordBatch, RecordBatchReader};
use arrow_schema::{DataType, FieldRef, Schema};
use arrow_select::concat::concat_batches;
use bytes::Bytes;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder,
};
use parquet::arrow::arrow_writer::{ArrowRowGroupWriterFactory, compute_leaves};
use parquet::arrow::{ArrowSchemaConverter, ProjectionMask, add_encoded_arrow_schema_to_metadata};
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterPropertiesBuilder};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::ColumnPath;

use crate::files::output;
use crate::tables::catch_panic::catch_panic;
use crate::tables::image_column::{self, ImagePage};
use crate::tables::parquet_limits;

/// Properties that all files of the project share: zstd, and no time or machine in the footer, so
/// that the same rows are the same bytes.
pub fn properties() -> WriterPropertiesBuilder {
    WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_offset_index_disabled(true)
        .set_created_by("atelier".to_owned())
}

/// What a column is written from.
#[derive(Clone, Debug)]
pub enum Column<'a> {
    /// Values as arrow has them.
    Array(ArrayRef),
    /// Images of so many values each that are encoded already.
    Images(usize, &'a [ImagePage]),
}

/// Encodes one batch as a whole Parquet file.
///
/// # Errors
/// A batch that the format cannot hold.
pub fn encode(batch: &RecordBatch, properties: WriterProperties) -> Result<Vec<u8>> {
    let columns = batch.columns().iter().cloned().map(Column::Array);
    write(&batch.schema(), columns.collect(), properties).context("cannot encode a Parquet file")
}

/// Encodes columns of `rows` entries each as a whole Parquet file with `metadata` in its footer.
///
/// # Errors
/// Columns that the format cannot hold, and columns of different lengths.
pub fn encode_columns(
    rows: usize,
    columns: Vec<(FieldRef, Column)>,
    metadata: &[(&str, String)],
) -> Result<Vec<u8>> {
    let metadata = metadata
        .iter()
        .map(|(key, value)| KeyValue::new((*key).to_owned(), value.clone()))
        .collect();
    let mut properties = properties().set_key_value_metadata(Some(metadata));
    for (field, _) in &columns {
        if *field.data_type() == DataType::Float32 {
            // Measured numbers seldom repeat; their exponents, side by side, do.
            let path = ColumnPath::from(field.name().as_str());
            properties = properties
                .set_column_dictionary_enabled(path.clone(), false)
                .set_column_encoding(path, Encoding::BYTE_STREAM_SPLIT);
        }
    }
    let (fields, columns): (Vec<_>, Vec<_>) = columns.into_iter().unzip();
    for (field, column) in fields.iter().zip(&columns) {
        let found = match column {
            Column::Array(array) => array.len(),
            Column::Images(_, pages) => pages.iter().map(ImagePage::rows).sum(),
        };
        ensure!(
            found == rows,
            "column `{}`: expected {rows} rows, found {found}",
            field.name()
        );
    }
    write(&Arc::new(Schema::new(fields)), columns, properties.build())
}

fn write(
    schema: &Arc<Schema>,
    columns: Vec<Column>,
    mut properties: WriterProperties,
) -> Result<Vec<u8>> {
    let parquet_schema = ArrowSchemaConverter::new().convert(schema)?;
    add_encoded_arrow_schema_to_metadata(schema, &mut properties);
    let mut bytes = Vec::new();
    let mut file = SerializedFileWriter::new(
        &mut bytes,
        parquet_schema.root_schema_ptr(),
        Arc::new(properties),
    )?;
    let mut writers = ArrowRowGroupWriterFactory::new(&file, schema.clone())
        .create_column_writers(0)?
        .into_iter();
    let mut group = file.next_row_group()?;
    let mut leaf_number = 0;
    for (field, column) in schema.fields().iter().zip(columns) {
        match column {
            Column::Images(image_bytes, pages) => {
                writers.next();
                let descriptor = parquet_schema.column(leaf_number);
                let (bytes, close) = image_column::column_chunk(descriptor, image_bytes, pages)?;
                group.append_column(&bytes, close)?;
                leaf_number += 1;
            }
            Column::Array(array) => {
                for leaf in compute_leaves(field, &array)? {
                    let mut writer = writers.next().context("more columns than the schema has")?;
                    writer.write(&leaf)?;
                    writer.close()?.append_to_row_group(&mut group)?;
                    leaf_number += 1;
                }
            }
        }
    }
    group.close()?;
    file.close()?;
    Ok(bytes)
}

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

/// A Parquet file in memory whose footer was read and checked.
#[derive(Clone, Debug)]
pub struct ParquetFile {
    path: PathBuf,
    bytes: Bytes,
    metadata: ArrowReaderMetadata,
}

impl ParquetFile {
    /// Reads the footer of the bytes of the file at `path` and checks that the file asks for no more
    /// than [`parquet_limits`] allow.
    ///
    /// # Errors
    /// Names the file and what is wrong with it.
    pub fn open(path: &Path, bytes: Vec<u8>) -> Result<Self> {
        parquet_limits::check_size(path, bytes.len())?;
        let bytes = Bytes::from(bytes);
        let load = || {
            Ok(ArrowReaderMetadata::load(
                &bytes,
                ArrowReaderOptions::new(),
            )?)
        };
        let metadata = catch_panic(load)
            .with_context(|| format!("{}: expected a Parquet file", path.display()))?;
        parquet_limits::check(path, metadata.metadata(), metadata.schema())?;
        Ok(Self {
            path: path.to_path_buf(),
            bytes,
            metadata,
        })
    }

    /// The arrow schema, with the file's metadata.
    pub fn schema(&self) -> &Schema {
        self.metadata.schema()
    }

    /// Number of rows, as the footer says.
    pub fn rows(&self) -> usize {
        usize::try_from(self.metadata.metadata().file_metadata().num_rows()).unwrap_or(0)
    }

    /// The columns whose names are `wanted`.
    ///
    /// # Errors
    /// Names the file and what is wrong with it.
    pub fn batch(&self, wanted: impl Fn(&str) -> bool) -> Result<RecordBatch> {
        let context = || format!("{}: expected a whole Parquet file", self.path.display());
        let parquet_schema = self.metadata.parquet_schema();
        let fields = self.schema().fields().iter().enumerate();
        let roots = fields.filter(|(_, field)| wanted(field.name()));
        let mask = ProjectionMask::roots(parquet_schema, roots.map(|(index, _)| index));
        let mut decoded_bytes = 0;
        let mut reader = catch_panic(|| {
            let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(
                self.bytes.clone(),
                self.metadata.clone(),
            );
            let batch_rows = parquet_limits::batch_rows(self.metadata.metadata());
            let builder = builder.with_projection(mask).with_batch_size(batch_rows);
            Ok(builder.build()?)
        })
        .with_context(context)?;
        let mut batches = Vec::new();
        while let Some(batch) =
            catch_panic(|| Ok(reader.next().transpose()?)).with_context(context)?
        {
            decoded_bytes += batch.get_array_memory_size();
            parquet_limits::check_decoded(&self.path, decoded_bytes)?;
            batches.push(batch);
        }
        let batch = concat_batches(&reader.schema(), &batches).with_context(context)?;
        ensure!(
            batch.num_rows() == self.rows(),
            "{}: rows: expected {}, found {}",
            self.path.display(),
            self.rows(),
            batch.num_rows()
        );
        Ok(batch)
    }

    /// The pixels of the column called `name`, `image_bytes` for each row, if this project wrote it;
    /// `None` if the column is to be read as any other.
    ///
    /// # Errors
    /// Names the file and what is wrong with it.
    pub fn pixels(&self, name: &str, image_bytes: usize) -> Result<Option<Vec<u8>>> {
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
        catch_panic(|| {
            image_column::pixels(&self.bytes, self.metadata.metadata(), leaf, image_bytes)
        })
        .with_context(|| format!("{}: column `{name}`", self.path.display()))
    }
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
