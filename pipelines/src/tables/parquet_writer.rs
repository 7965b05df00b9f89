//! Columns to the bytes of a Parquet file, one row group after another.

use std::io::Write;
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_schema::{DataType, FieldRef, Schema};
use parquet::arrow::arrow_writer::{ArrowRowGroupWriterFactory, compute_leaves};
use parquet::arrow::{ArrowSchemaConverter, add_encoded_arrow_schema_to_metadata};
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterPropertiesBuilder};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::{ColumnPath, SchemaDescriptor};

use crate::tables::image_column::{self, ImagePage};

/// Properties that all files of the project share: zstd, and no time or machine in the footer, so
/// that the same rows are the same bytes.
pub fn properties() -> WriterPropertiesBuilder {
    WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_offset_index_disabled(true)
        .set_created_by("atelier".to_owned())
}

/// Encodes one batch as a whole Parquet file.
///
/// # Errors
/// A batch that the format cannot hold.
pub fn encode(batch: &RecordBatch, properties: WriterProperties) -> Result<Vec<u8>> {
    let encode = || {
        let mut writer = ParquetWriter::new(Vec::new(), batch.schema(), properties)?;
        let columns = batch.columns().iter().cloned().map(Column::Array);
        writer.write_group(batch.num_rows(), columns.collect())?;
        writer.finish()
    };
    encode().context("cannot encode a Parquet file")
}

/// What a column of a row group is written from.
#[derive(Clone, Debug)]
pub enum Column<'a> {
    /// Values as arrow has them.
    Array(ArrayRef),
    /// Images of so many values each that are encoded already.
    Images(usize, &'a [ImagePage]),
}

impl Column<'_> {
    fn len(&self) -> usize {
        match self {
            Self::Array(array) => array.len(),
            Self::Images(_, pages) => pages.iter().map(ImagePage::rows).sum(),
        }
    }
}

/// Writes a Parquet file row group by row group.
pub struct ParquetWriter<W: Write + Send> {
    file: SerializedFileWriter<W>,
    schema: Arc<Schema>,
    parquet_schema: SchemaDescriptor,
    groups: usize,
}

impl<W: Write + Send> ParquetWriter<W> {
    /// A file of the columns of `schema`.
    ///
    /// # Errors
    /// Columns that the format cannot hold; those of `sink`.
    pub fn new(sink: W, schema: Arc<Schema>, mut properties: WriterProperties) -> Result<Self> {
        let parquet_schema = ArrowSchemaConverter::new().convert(&schema)?;
        add_encoded_arrow_schema_to_metadata(&schema, &mut properties);
        let root = parquet_schema.root_schema_ptr();
        Ok(Self {
            file: SerializedFileWriter::new(sink, root, Arc::new(properties))?,
            schema,
            parquet_schema,
            groups: 0,
        })
    }

    /// A file of the columns `fields` with `metadata` in its footer; measured numbers are stored
    /// byte by byte.
    ///
    /// # Errors
    /// As [`ParquetWriter::new`].
    pub fn of_fields(sink: W, fields: Vec<FieldRef>, metadata: &[(&str, String)]) -> Result<Self> {
        let metadata = metadata
            .iter()
            .map(|(key, value)| KeyValue::new((*key).to_owned(), value.clone()))
            .collect();
        let mut properties = properties().set_key_value_metadata(Some(metadata));
        for field in &fields {
            if *field.data_type() == DataType::Float32 {
                // Measured numbers seldom repeat; their exponents, side by side, do.
                let path = ColumnPath::from(field.name().as_str());
                properties = properties
                    .set_column_dictionary_enabled(path.clone(), false)
                    .set_column_encoding(path, Encoding::BYTE_STREAM_SPLIT);
            }
        }
        Self::new(sink, Arc::new(Schema::new(fields)), properties.build())
    }

    /// Writes the next `rows` rows as a row group, a column for each field of the schema.
    ///
    /// # Errors
    /// Columns of other lengths or types; those of the sink.
    pub fn write_group(&mut self, rows: usize, columns: Vec<Column>) -> Result<()> {
        ensure!(
            columns.len() == self.schema.fields().len(),
            "expected {} columns, found {}",
            self.schema.fields().len(),
            columns.len()
        );
        let mut writers = ArrowRowGroupWriterFactory::new(&self.file, self.schema.clone())
            .create_column_writers(self.groups)?
            .into_iter();
        let mut group = self.file.next_row_group()?;
        let mut leaf_number = 0;
        for (field, column) in self.schema.fields().iter().zip(columns) {
            ensure!(
                column.len() == rows,
                "column `{}`: expected {rows} rows, found {}",
                field.name(),
                column.len()
            );
            match column {
                Column::Images(image_bytes, pages) => {
                    writers.next();
                    let descriptor = self.parquet_schema.column(leaf_number);
                    let (bytes, close) =
                        image_column::column_chunk(descriptor, image_bytes, pages)?;
                    group.append_column(&bytes, close)?;
                    leaf_number += 1;
                }
                Column::Array(array) => {
                    for leaf in compute_leaves(field, &array)? {
                        let mut writer =
                            writers.next().context("more columns than the schema has")?;
                        writer.write(&leaf)?;
                        writer.close()?.append_to_row_group(&mut group)?;
                        leaf_number += 1;
                    }
                }
            }
        }
        group.close()?;
        self.groups += 1;
        Ok(())
    }

    /// Writes the footer and returns the sink.
    ///
    /// # Errors
    /// Those of the sink.
    pub fn finish(self) -> Result<W> {
        Ok(self.file.into_inner()?)
    }
}
