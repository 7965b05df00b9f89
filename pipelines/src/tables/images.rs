//! Labelled images as a Parquet table.
//!
//! Columns: `id` (u32, row in the source file), `split` (text), `label` (u16), `image`
//! (`arrow.fixed_shape_tensor` of u8, (H, W) for one channel and (H, W, C) for more, row-major,
//! 0 = black) and whatever the writer adds. The file's metadata hold the [`DatasetInfo`] as JSON
//! under `dataset_info`. pyarrow's `to_numpy_ndarray` gives an (n, H, W) or (n, H, W, C) array,
//! polars an Array(UInt8), duckdb a UTINYINT[].

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, anyhow, bail};
use arrow_array::{Array, ArrayRef, FixedSizeListArray, RecordBatch, UInt8Array};
use arrow_buffer::ScalarBuffer;
use arrow_schema::{DataType, Field, FieldRef, Schema};
use rayon::prelude::*;

use crate::files::output;
use crate::spec::dataset_info::DatasetInfo;
use crate::tables::image_column::{ImagePage, PageEncoder, page_rows};
use crate::tables::parquet_file::{self, Column, ParquetFile, column};
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

    /// The bytes of a Parquet file; pages are made on rayon's current threads.
    ///
    /// # Errors
    /// Columns of different lengths.
    pub fn encode(&self) -> Result<Vec<u8>> {
        let image_bytes = self.info.shape.len();
        let new_encoder = || PageEncoder::new(image_bytes);
        let pages = self
            .pixels
            .as_ref()
            .par_chunks(page_rows(image_bytes) * image_bytes)
            .map_init(new_encoder, |encoder, pixels| {
                let encoder = encoder.as_mut().map_err(|error| anyhow!("{error:#}"))?;
                encoder.encode(pixels.len() / image_bytes, |page| {
                    page.copy_from_slice(pixels);
                })
            })
            .collect::<Result<Vec<_>>>()?;
        encode(
            &self.info,
            &self.ids,
            &self.splits,
            &self.labels,
            &pages,
            &self.extra,
        )
    }

    /// Reads and checks `file` of `folder`.
    ///
    /// # Errors
    /// Names the file, the column, what was expected and what was found.
    pub fn read(folder: &Path, file: &str) -> Result<Self> {
        Self::decode(&folder.join(file), output::read(folder, file)?)
    }

    /// The images in the bytes of the file at `path`.
    ///
    /// # Errors
    /// Names the file, the column, what was expected and what was found.
    pub fn decode(path: &Path, bytes: Vec<u8>) -> Result<Self> {
        let file = ParquetFile::open(path, bytes)?;
        let info = dataset_info(path, file.schema())?;
        let Some(pixels) = file.pixels(IMAGE, info.shape.len())? else {
            return Self::from_batch(path, &info, &file.batch(|_| true)?);
        };
        let batch = file.batch(|name| name != IMAGE)?;
        Self::from_columns(path, &info, &batch, pixels.into())
    }

    /// The images of a decoded file at `path` of the data set `info`.
    ///
    /// # Errors
    /// Names the file, the column, what was expected and what was found.
    pub fn from_batch(path: &Path, info: &DatasetInfo, batch: &RecordBatch) -> Result<Self> {
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
        Self::from_columns(path, info, batch, pixels.values().clone())
    }

    fn from_columns(
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

/// The bytes of a Parquet file whose pixels are encoded already. All columns have one entry a row.
///
/// # Errors
/// Columns of different lengths.
pub fn encode(
    info: &DatasetInfo,
    ids: &[u32],
    splits: &[Split],
    labels: &[u16],
    pages: &[ImagePage],
    extra: &[(FieldRef, ArrayRef)],
) -> Result<Vec<u8>> {
    let context = "cannot encode images";
    let rows = row_columns::encode(ids, splits, labels);
    let mut columns: Vec<_> = rows.map(|(name, array)| plain(name, array)).into();
    let images = Column::Images(info.shape.len(), pages);
    columns.push((Arc::new(tensor_field(info)?), images));
    columns.extend(
        extra
            .iter()
            .map(|(field, array)| (field.clone(), Column::Array(array.clone()))),
    );
    let metadata = [(DATASET_INFO, serde_json::to_string(info).context(context)?)];
    parquet_file::encode_columns(ids.len(), columns, &metadata).context(context)
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

fn plain(name: &str, array: ArrayRef) -> (FieldRef, Column<'static>) {
    let field = Field::new(name, array.data_type().clone(), false);
    (Arc::new(field), Column::Array(array))
}

/// The pixels may be null because pyarrow's own fixed_shape_tensor has them so and takes no other;
/// none is.
fn tensor_field(info: &DatasetInfo) -> Result<Field> {
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
    use arrow_array::UInt32Array;

    use super::*;
    use crate::spec::dataset_info::ImageShape;

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
            let properties = parquet_file::properties().build();
            let general = parquet_file::encode(&batch, properties).unwrap();
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
