//! Labelled images as a Parquet table.
//!
//! Columns: `id` (u32, row in the source file), `split` (text), `label` (u16), `image`
//! (`arrow.fixed_shape_tensor` of u8, (H, W) for one channel and (H, W, C) for more, row-major,
//! 0 = black) and whatever the writer adds. The file's metadata hold the [`DatasetInfo`] as JSON
//! under `dataset_info`. pyarrow's `to_numpy_ndarray` gives an (n, H, W) or (n, H, W, C) array,
//! polars an Array(UInt8), duckdb a UTINYINT[].

use std::collections::HashMap;
use std::path::Path;

use anyhow::{Context, Result, bail};
use arrow_array::{Array, ArrayRef, FixedSizeListArray, RecordBatch, UInt8Array, new_empty_array};
use arrow_buffer::ScalarBuffer;
use arrow_schema::{DataType, Field, FieldRef, Schema};
use arrow_select::concat::concat;

use crate::spec::dataset_info::DatasetInfo;
use crate::tables::images_reader::ImagesReader;
use crate::tables::images_writer::ImagesWriter;
use crate::tables::parquet_file::{ParquetFile, column};
use crate::tables::parquet_limits;
use crate::tables::pixel_file::PixelFile;
use crate::tables::row_columns::{self, ID, LABEL};
use crate::tables::split::{SPLIT, Split};

/// Column: pixels.
pub const IMAGE: &str = "image";
/// Key of the file's metadata: the [`DatasetInfo`] as JSON.
pub const DATASET_INFO: &str = "dataset_info";

/// Images with their labels, as columns of equal length.
#[derive(Clone, Debug, PartialEq)]
pub struct Images {
    /// Shape of every image and names of the classes.
    pub info: DatasetInfo,
    /// Row in the source file.
    pub ids: Vec<u32>,
    /// Split of each row.
    pub splits: Vec<Split>,
    /// Class of each row.
    pub labels: Vec<u16>,
    /// (N, H, W, C), row-major, 0 = black.
    pub pixels: ScalarBuffer<u8>,
    /// Columns that the writer adds, such as drawn parameters.
    pub extra: Vec<(FieldRef, ArrayRef)>,
}

impl Images {
    /// Number of rows.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// The pixels of row `row`, (H, W, C).
    pub fn image(&self, row: usize) -> &[u8] {
        let image_bytes = self.info.shape.len();
        &self.pixels[row * image_bytes..][..image_bytes]
    }

    /// `rows` rows from row `first` on; the pixels are shared and not copied.
    ///
    /// # Panics
    /// If there are fewer rows.
    pub fn slice(&self, first: usize, rows: usize) -> Self {
        let image_bytes = self.info.shape.len();
        let range = first..first + rows;
        Self {
            info: self.info.clone(),
            ids: self.ids[range.clone()].to_vec(),
            splits: self.splits[range.clone()].to_vec(),
            labels: self.labels[range].to_vec(),
            pixels: self.pixels.slice(first * image_bytes, rows * image_bytes),
            extra: self
                .extra
                .iter()
                .map(|(field, array)| (field.clone(), array.slice(first, rows)))
                .collect(),
        }
    }

    /// The bytes of a Parquet file; pages are made on rayon's current threads.
    ///
    /// # Errors
    /// Columns of different lengths.
    pub fn encode(&self) -> Result<Vec<u8>> {
        let fields: Vec<_> = self.extra.iter().map(|(field, _)| field.clone()).collect();
        let mut writer = ImagesWriter::new(Vec::new(), &self.info, &fields)?;
        writer.write(self)?;
        writer.finish()
    }

    /// Reads and checks all rows of `file` of `folder`.
    ///
    /// # Errors
    /// Names the file, the column, what was expected and what was found; more rows than
    /// [`parquet_limits`] allow in memory.
    pub fn read(folder: &Path, file: &str) -> Result<Self> {
        Self::collect_all(ImagesReader::open(folder, file)?)
    }

    /// Reads and checks all rows of `file` of `folder`, of any number, without the columns that the
    /// writer added. The pixels go to a [`PixelFile`] on the disk of the folder `scratch`.
    ///
    /// # Errors
    /// As [`Images::read`]; too little space on the disk.
    pub fn read_mapped(folder: &Path, file: &str, scratch: &Path) -> Result<Self> {
        let reader = ImagesReader::open(folder, file)?.without_extra();
        let pixels_bytes = reader.rows() as u64 * reader.info().shape.len() as u64;
        let mut pixels = PixelFile::create(scratch, pixels_bytes)?;
        let mut images = Self::empty(reader.info());
        for batch in reader {
            let batch = batch?;
            images.push_row_columns(&batch);
            pixels.write(&batch.pixels)?;
        }
        images.pixels = pixels.map()?;
        Ok(images)
    }

    /// Reads and checks the first rows of `file` of `folder`, at most `max_rows` of them.
    ///
    /// # Errors
    /// As [`Images::read`].
    pub fn read_first(folder: &Path, file: &str, max_rows: usize) -> Result<Self> {
        Self::collect(ImagesReader::open(folder, file)?, max_rows)
    }

    /// The images in the bytes of the file at `path`.
    ///
    /// # Errors
    /// As [`Images::read`].
    pub fn decode(path: &Path, bytes: Vec<u8>) -> Result<Self> {
        Self::collect_all(ImagesReader::new(ParquetFile::open(path, bytes)?)?)
    }

    fn collect_all(reader: ImagesReader) -> Result<Self> {
        let file = reader.file();
        parquet_limits::check_whole(file.path(), file.metadata(), file.schema())?;
        Self::collect(reader, usize::MAX)
    }

    /// At most `max_rows` rows.
    fn collect(reader: ImagesReader, max_rows: usize) -> Result<Self> {
        let file = reader.file();
        let mut images = Self::empty(reader.info());
        // The footer's row count is only trusted this far.
        let image_bytes = images.info.shape.len();
        let declared = reader.rows().min(max_rows).saturating_mul(image_bytes) as u64;
        let mut pixels = Vec::with_capacity(declared.min(64 * file.size_bytes()) as usize);
        let fields = extra_fields(file.schema());
        let mut extra = vec![Vec::new(); fields.len()];
        for batch in reader {
            let batch = batch?;
            let batch = batch.slice(0, batch.len().min(max_rows - images.len()));
            images.push_row_columns(&batch);
            pixels.extend_from_slice(&batch.pixels);
            for (pieces, (_, array)) in extra.iter_mut().zip(batch.extra) {
                pieces.push(array);
            }
            if images.len() == max_rows {
                break;
            }
        }
        images.pixels = pixels.into();
        images.extra = joined(fields, &extra)?;
        Ok(images)
    }

    /// No rows, and no further columns.
    fn empty(info: &DatasetInfo) -> Self {
        Self {
            info: info.clone(),
            ids: Vec::new(),
            splits: Vec::new(),
            labels: Vec::new(),
            pixels: ScalarBuffer::default(),
            extra: Vec::new(),
        }
    }

    fn push_row_columns(&mut self, batch: &Self) {
        self.ids.extend_from_slice(&batch.ids);
        self.splits.extend_from_slice(&batch.splits);
        self.labels.extend_from_slice(&batch.labels);
    }

    /// The images of a decoded file at `path` of the data set `info`.
    ///
    /// # Errors
    /// Names the file, the column, what was expected and what was found.
    pub fn from_batch(path: &Path, info: &DatasetInfo, batch: &RecordBatch) -> Result<Self> {
        let pixels = pixels_of(path, info, batch)?;
        Self::from_columns(path, info, batch, pixels)
    }

    /// The images of the columns of `batch` beside `pixels`, (N, H, W, C).
    ///
    /// # Errors
    /// Names the file, the column, what was expected and what was found.
    pub(super) fn from_columns(
        path: &Path,
        info: &DatasetInfo,
        batch: &RecordBatch,
        pixels: ScalarBuffer<u8>,
    ) -> Result<Self> {
        let (ids, splits, labels) = row_columns::decode(path, batch, info.class_count())?;
        let expected = batch.num_rows() * info.shape.len();
        if pixels.len() != expected {
            bail!(
                "{}: column `{IMAGE}`: expected {expected} pixels, found {}",
                path.display(),
                pixels.len()
            );
        }
        let own = [ID, SPLIT, LABEL, IMAGE];
        let extra = batch
            .schema()
            .fields()
            .iter()
            .zip(batch.columns())
            .filter(|(field, _)| !own.contains(&field.name().as_str()))
            .map(|(field, array)| (field.clone(), array.clone()))
            .collect();
        Ok(Self {
            info: info.clone(),
            ids,
            splits,
            labels,
            pixels,
            extra,
        })
    }
}

/// The columns that the writer added.
fn extra_fields(schema: &Schema) -> Vec<FieldRef> {
    let own = [ID, SPLIT, LABEL, IMAGE];
    let fields = schema.fields().iter();
    fields
        .filter(|field| !own.contains(&field.name().as_str()))
        .cloned()
        .collect()
}

/// Each field with its pieces, one after another.
fn joined(fields: Vec<FieldRef>, pieces: &[Vec<ArrayRef>]) -> Result<Vec<(FieldRef, ArrayRef)>> {
    let columns = fields.into_iter().zip(pieces);
    columns
        .map(|(field, pieces)| {
            let pieces: Vec<_> = pieces.iter().map(|piece| piece.as_ref()).collect();
            let array = match pieces.is_empty() {
                true => new_empty_array(field.data_type()),
                false => concat(&pieces)?,
            };
            Ok((field, array))
        })
        .collect()
}

/// The pixels of the column [`IMAGE`] of `batch`, (N, H, W, C).
///
/// # Errors
/// Names the file, the column, what was expected and what was found.
pub(super) fn pixels_of(
    path: &Path,
    info: &DatasetInfo,
    batch: &RecordBatch,
) -> Result<ScalarBuffer<u8>> {
    let length = tensor_length(info)?;
    let image_type = DataType::new_fixed_size_list(DataType::UInt8, length, true);
    let lists: &FixedSizeListArray = column(path, batch, IMAGE, &image_type)?;
    let pixels = lists
        .values()
        .as_any()
        .downcast_ref::<UInt8Array>()
        .filter(|pixels| lists.value_length() == length && pixels.null_count() == 0);
    let Some(pixels) = pixels else {
        bail!(
            "{}: column `{IMAGE}`: expected {image_type} without nulls, found {}",
            path.display(),
            lists.data_type()
        );
    };
    Ok(pixels.values().clone())
}

/// What the file at `path` with `schema` says of its data set.
///
/// # Errors
/// A file that says nothing, or something that is out of range.
pub fn dataset_info(path: &Path, schema: &Schema) -> Result<DatasetInfo> {
    let key = || format!("{}: metadata: `{DATASET_INFO}`", path.display());
    let text = schema
        .metadata()
        .get(DATASET_INFO)
        .with_context(|| format!("{}: expected the data set's shape and classes", key()))?;
    let info: DatasetInfo = serde_json::from_str(text).with_context(key)?;
    if let Some((field, expected, found)) = info.first_error() {
        bail!("{}: {field}: expected {expected}, found {found}", key());
    }
    Ok(info)
}

/// The pixels may be null because pyarrow's own fixed_shape_tensor has them so and takes no other;
/// none is.
pub(super) fn tensor_field(info: &DatasetInfo) -> Result<Field> {
    let storage = DataType::new_fixed_size_list(DataType::UInt8, tensor_length(info)?, true);
    let shape = serde_json::json!({ "shape": info.shape.tensor_shape() });
    let metadata = HashMap::from([
        (
            "ARROW:extension:name".to_owned(),
            "arrow.fixed_shape_tensor".to_owned(),
        ),
        ("ARROW:extension:metadata".to_owned(), shape.to_string()),
    ]);
    Ok(Field::new(IMAGE, storage, false).with_metadata(metadata))
}

fn tensor_length(info: &DatasetInfo) -> Result<i32> {
    i32::try_from(info.shape.len()).context("cannot encode images of this size")
}

#[cfg(test)]
mod tests;
