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
        Self::collect(ImagesReader::open(folder, file)?)
    }

    /// The images in the bytes of the file at `path`.
    ///
    /// # Errors
    /// As [`Images::read`].
    pub fn decode(path: &Path, bytes: Vec<u8>) -> Result<Self> {
        Self::collect(ImagesReader::new(ParquetFile::open(path, bytes)?)?)
    }

    fn collect(reader: ImagesReader) -> Result<Self> {
        let file = reader.file();
        let path = file.path().to_path_buf();
        parquet_limits::check_whole(&path, file.metadata(), file.schema())?;
        let info = reader.info().clone();
        // The footer's row count is only trusted this far.
        let declared = reader.rows().saturating_mul(info.shape.len()) as u64;
        let capacity = declared.min(64 * file.size_bytes()) as usize;
        let own = [ID, SPLIT, LABEL, IMAGE];
        let fields = file.schema().fields().iter();
        let fields: Vec<_> = fields
            .filter(|field| !own.contains(&field.name().as_str()))
            .cloned()
            .collect();
        let mut pixels = Vec::with_capacity(capacity);
        let mut images = Self {
            info,
            ids: Vec::new(),
            splits: Vec::new(),
            labels: Vec::new(),
            pixels: ScalarBuffer::default(),
            extra: Vec::new(),
        };
        let mut extra = vec![Vec::new(); fields.len()];
        for batch in reader {
            let batch = batch?;
            images.ids.extend_from_slice(&batch.ids);
            images.splits.extend_from_slice(&batch.splits);
            images.labels.extend_from_slice(&batch.labels);
            pixels.extend_from_slice(&batch.pixels);
            for (pieces, (_, array)) in extra.iter_mut().zip(batch.extra) {
                pieces.push(array);
            }
        }
        images.pixels = pixels.into();
        for (field, pieces) in fields.into_iter().zip(extra) {
            let pieces: Vec<_> = pieces.iter().map(|piece| piece.as_ref()).collect();
            let array = if pieces.is_empty() {
                new_empty_array(field.data_type())
            } else {
                concat(&pieces).with_context(|| format!("{}", path.display()))?
            };
            images.extra.push((field, array));
        }
        Ok(images)
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
mod tests {
    use std::sync::Arc;

    use arrow_array::UInt32Array;

    use super::*;
    use crate::spec::dataset_info::ImageShape;
    use crate::tables::image_column::page_rows;
    use crate::tables::{parquet_file, parquet_writer};

    /// `rows` images of a shape and number of classes, with every grey level in them.
    fn images(rows: usize, [height, width, channels]: [usize; 3], classes: usize) -> Images {
        let shape = ImageShape::new(height, width, channels);
        Images {
            info: DatasetInfo {
                shape,
                class_names: (0..classes).map(|class| format!("class {class}")).collect(),
            },
            ids: (0..rows as u32).map(|row| row + 7).collect(),
            splits: (0..rows).map(|row| Split::ALL[row % 3]).collect(),
            labels: (0..rows).map(|row| (row % classes) as u16).collect(),
            pixels: (0..rows * shape.len())
                .map(|value| (value * 7) as u8)
                .collect(),
            extra: vec![(
                Arc::new(Field::new("copy", DataType::UInt32, false)),
                Arc::new(UInt32Array::from_iter_values(0..rows as u32)) as ArrayRef,
            )],
        }
    }

    /// Sides that are and are not multiples of 8, one pixel, and a page that holds one image only.
    const SHAPES: [[usize; 3]; 5] = [[28, 28, 1], [13, 9, 3], [1, 1, 1], [5, 7, 1], [411, 333, 3]];

    #[test]
    fn images_of_any_shape_survive_the_file() {
        let path = Path::new("train.parquet");
        for shape in SHAPES {
            let page = page_rows(shape.iter().product());
            for rows in [0, 1, 2, page, 2 * page + 3] {
                let images = images(rows.min(2_000), shape, 1_000);
                let bytes = images.encode().unwrap();
                assert!(Images::decode(path, bytes).unwrap() == images, "{shape:?}");
            }
        }
    }

    #[test]
    fn the_general_reader_and_writer_agree_with_the_quick_ones() {
        let path = Path::new("train.parquet");
        for shape in SHAPES {
            let rows = (page_rows(shape.iter().product()) + 1).min(2_000);
            let images = images(rows, shape, 2);
            let (batch, schema) = parquet_file::decode(path, images.encode().unwrap()).unwrap();
            let info = dataset_info(path, &schema).unwrap();
            assert_eq!(info, images.info);
            assert!(Images::from_batch(path, &info, &batch).unwrap() == images);
            let batch = batch.with_schema(Arc::new(schema)).unwrap();
            let properties = parquet_writer::properties().build();
            let general = parquet_writer::encode(&batch, properties).unwrap();
            assert!(
                Images::decode(path, general).unwrap() == images,
                "{shape:?}"
            );
        }
    }

    #[test]
    fn a_file_that_does_not_describe_its_images_is_refused() {
        let path = Path::new("train.parquet");
        let mut images = images(1, [2, 2, 1], 2);
        images.info.shape.channels = 5;
        images.pixels = vec![0; 20].into();
        let error = Images::decode(path, images.encode().unwrap()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "train.parquet: metadata: `dataset_info`: channels: expected 1 to 4, found 5"
        );
    }
}
