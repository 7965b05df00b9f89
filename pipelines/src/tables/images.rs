//! Labelled images as a Parquet table.
//!
//! Columns: `id` (u32, row in the source file), `split` (text), `label` (u8), `image`
//! (`arrow.fixed_shape_tensor` of 28x28 u8, row-major, 0 = black) and whatever the writer adds.
//! Class names and shape stand in the file's metadata. pyarrow's `to_numpy_ndarray` gives an
//! (n, 28, 28) array, polars an Array(UInt8), duckdb a UTINYINT[].

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, anyhow, bail};
use arrow_array::{
    Array, ArrayRef, FixedSizeListArray, RecordBatch, StringArray, UInt8Array, UInt32Array,
};
use arrow_buffer::ScalarBuffer;
use arrow_schema::{DataType, Field, FieldRef};
use rayon::prelude::*;

use crate::class::{CLASS_COUNT, CLASS_NAMES};
use crate::files::artifact;
use crate::tables::image_column::{ImagePage, PAGE_ROWS, PageEncoder};
use crate::tables::parquet_file::{self, Column, ParquetFile, column};

/// Height and width of an image, in pixels.
pub const IMAGE_SIDE: usize = 28;
/// Bytes of an image.
pub const IMAGE_BYTES: usize = IMAGE_SIDE * IMAGE_SIDE;

/// Column: row in the source file.
pub const ID: &str = "id";
/// Column: `train`, `validation` or `test`.
pub const SPLIT: &str = "split";
/// Column: class.
pub const LABEL: &str = "label";
/// Column: pixels.
pub const IMAGE: &str = "image";

/// What a row is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Split {
    /// Trained on.
    Train,
    /// Choices are made on these.
    Validation,
    /// Predicted once, after training.
    Test,
}

impl Split {
    /// All splits, in the order of the tables.
    pub const ALL: [Split; 3] = [Split::Train, Split::Validation, Split::Test];

    /// The word in the column.
    pub fn name(self) -> &'static str {
        match self {
            Split::Train => "train",
            Split::Validation => "validation",
            Split::Test => "test",
        }
    }

    /// The split of a word in the column of the file at `path`.
    ///
    /// # Errors
    /// Another word.
    pub fn from_name(path: &Path, name: &str) -> Result<Self> {
        Split::ALL
            .into_iter()
            .find(|split| split.name() == name)
            .with_context(|| {
                format!(
                    "{}: column `{SPLIT}`: expected train, validation or test, found `{name}`",
                    path.display()
                )
            })
    }
}

/// Images with their labels, as columns of equal length.
#[derive(Clone, Debug, PartialEq)]
pub struct Images {
    /// Row in the source file.
    pub ids: Vec<u32>,
    /// Split of each row.
    pub splits: Vec<Split>,
    /// Class of each row, 0..10.
    pub labels: Vec<u8>,
    /// (N, 28, 28), row-major, 0 = black.
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

    /// The 784 pixels of row `row`.
    pub fn image(&self, row: usize) -> &[u8] {
        &self.pixels[row * IMAGE_BYTES..][..IMAGE_BYTES]
    }

    /// The bytes of a Parquet file; pages are made on rayon's current threads.
    ///
    /// # Errors
    /// Columns of different lengths.
    pub fn encode(&self) -> Result<Vec<u8>> {
        let pages = self
            .pixels
            .as_ref()
            .par_chunks(PAGE_ROWS * IMAGE_BYTES)
            .map_init(PageEncoder::new, |encoder, pixels| {
                let encoder = encoder.as_mut().map_err(|error| anyhow!("{error:#}"))?;
                encoder.encode(pixels.len() / IMAGE_BYTES, |page| {
                    page.copy_from_slice(pixels);
                })
            })
            .collect::<Result<Vec<_>>>()?;
        encode(&self.ids, &self.splits, &self.labels, &pages, &self.extra)
    }

    /// Reads and checks `file` of `folder`.
    ///
    /// # Errors
    /// Names the file, the column, what was expected and what was found.
    pub fn read(folder: &Path, file: &str) -> Result<Self> {
        Self::decode(&folder.join(file), artifact::read(folder, file)?)
    }

    /// The images in the bytes of the file at `path`.
    ///
    /// # Errors
    /// Names the file, the column, what was expected and what was found.
    pub fn decode(path: &Path, bytes: Vec<u8>) -> Result<Self> {
        let file = ParquetFile::open(path, bytes)?;
        let Some(pixels) = file.pixels(IMAGE)? else {
            return Self::from_batch(path, &file.batch(|_| true)?);
        };
        let batch = file.batch(|name| name != IMAGE)?;
        Self::from_columns(path, &batch, pixels.into())
    }

    /// The images of a decoded file at `path`.
    ///
    /// # Errors
    /// Names the file, the column, what was expected and what was found.
    pub fn from_batch(path: &Path, batch: &RecordBatch) -> Result<Self> {
        let image_type = DataType::new_fixed_size_list(DataType::UInt8, IMAGE_BYTES as i32, true);
        let lists: &FixedSizeListArray = column(path, batch, IMAGE, &image_type)?;
        let pixels = lists
            .values()
            .as_any()
            .downcast_ref::<UInt8Array>()
            .filter(|pixels| {
                lists.value_length() == IMAGE_BYTES as i32 && pixels.null_count() == 0
            });
        let Some(pixels) = pixels else {
            bail!(
                "{}: column `{IMAGE}`: expected {image_type} without nulls, found {}",
                path.display(),
                lists.data_type()
            );
        };
        Self::from_columns(path, batch, pixels.values().clone())
    }

    fn from_columns(path: &Path, batch: &RecordBatch, pixels: ScalarBuffer<u8>) -> Result<Self> {
        let ids: &UInt32Array = column(path, batch, ID, &DataType::UInt32)?;
        let splits: &StringArray = column(path, batch, SPLIT, &DataType::Utf8)?;
        let labels: &UInt8Array = column(path, batch, LABEL, &DataType::UInt8)?;
        if pixels.len() != batch.num_rows() * IMAGE_BYTES {
            bail!(
                "{}: column `{IMAGE}`: expected {} pixels, found {}",
                path.display(),
                batch.num_rows() * IMAGE_BYTES,
                pixels.len()
            );
        }
        if let Some(label) = labels
            .values()
            .iter()
            .find(|label| usize::from(**label) >= CLASS_COUNT)
        {
            bail!(
                "{}: column `{LABEL}`: expected 0 to {}, found {label}",
                path.display(),
                CLASS_COUNT - 1
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
            ids: ids.values().to_vec(),
            splits: splits
                .iter()
                .flatten()
                .map(|name| Split::from_name(path, name))
                .collect::<Result<_>>()?,
            labels: labels.values().to_vec(),
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
    ids: &[u32],
    splits: &[Split],
    labels: &[u8],
    pages: &[ImagePage],
    extra: &[(FieldRef, ArrayRef)],
) -> Result<Vec<u8>> {
    let names = splits.iter().map(|split| split.name());
    let mut columns: Vec<(FieldRef, Column)> = vec![
        plain(ID, Arc::new(UInt32Array::from(ids.to_vec()))),
        plain(SPLIT, Arc::new(StringArray::from_iter_values(names))),
        plain(LABEL, Arc::new(UInt8Array::from(labels.to_vec()))),
        (Arc::new(tensor_field()), Column::Images(pages)),
    ];
    columns.extend(
        extra
            .iter()
            .map(|(field, array)| (field.clone(), Column::Array(array.clone()))),
    );
    let metadata = [
        ("class_names", CLASS_NAMES.join(",")),
        ("image_shape", format!("{IMAGE_SIDE},{IMAGE_SIDE}")),
    ];
    parquet_file::encode_columns(ids.len(), columns, &metadata).context("cannot encode images")
}

fn plain(name: &str, array: ArrayRef) -> (FieldRef, Column<'static>) {
    let field = Field::new(name, array.data_type().clone(), false);
    (Arc::new(field), Column::Array(array))
}

/// The pixels may be null because pyarrow's own fixed_shape_tensor has them so and takes no other;
/// none is.
fn tensor_field() -> Field {
    let storage = DataType::new_fixed_size_list(DataType::UInt8, IMAGE_BYTES as i32, true);
    Field::new(IMAGE, storage, false).with_metadata(HashMap::from([
        (
            "ARROW:extension:name".to_owned(),
            "arrow.fixed_shape_tensor".to_owned(),
        ),
        (
            "ARROW:extension:metadata".to_owned(),
            format!("{{\"shape\":[{IMAGE_SIDE},{IMAGE_SIDE}]}}"),
        ),
    ]))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `rows` images with every grey level in them.
    fn images(rows: usize) -> Images {
        Images {
            ids: (0..rows as u32).map(|row| row + 7).collect(),
            splits: (0..rows).map(|row| Split::ALL[row % 3]).collect(),
            labels: (0..rows).map(|row| (row % 10) as u8).collect(),
            pixels: (0..rows * IMAGE_BYTES)
                .map(|value| (value * 7) as u8)
                .collect(),
            extra: vec![(
                Arc::new(Field::new("copy", DataType::UInt32, false)),
                Arc::new(UInt32Array::from_iter_values(0..rows as u32)) as ArrayRef,
            )],
        }
    }

    #[test]
    fn images_survive_the_file() {
        let path = Path::new("train.parquet");
        for rows in [0, 1, 2, PAGE_ROWS, 2 * PAGE_ROWS + 3] {
            let images = images(rows);
            assert_eq!(
                Images::decode(path, images.encode().unwrap()).unwrap(),
                images
            );
        }
    }

    #[test]
    fn the_general_reader_and_writer_agree_with_the_quick_ones() {
        let path = Path::new("train.parquet");
        let images = images(PAGE_ROWS + 1);
        let (batch, schema) = parquet_file::decode(path, images.encode().unwrap()).unwrap();
        assert_eq!(schema.metadata()["class_names"], CLASS_NAMES.join(","));
        assert_eq!(Images::from_batch(path, &batch).unwrap(), images);
        let properties = parquet_file::properties().build();
        let general = parquet_file::encode(&batch, properties).unwrap();
        assert_eq!(Images::decode(path, general).unwrap(), images);
    }
}
