//! Labelled images as a Parquet table.
//!
//! Columns: `id` (u32, row in the source file), `split` (text), `label` (u8), `image`
//! (`arrow.fixed_shape_tensor` of 28x28 u8, row-major, 0 = black) and whatever the writer adds.
//! Class names and shape stand in the file's metadata. pyarrow's `to_numpy_ndarray` gives an
//! (n, 28, 28) array, polars an Array(UInt8), duckdb a UTINYINT[].

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use arrow_array::{
    Array, ArrayRef, FixedSizeListArray, RecordBatch, StringArray, UInt8Array, UInt32Array,
};
use arrow_buffer::ScalarBuffer;
use arrow_schema::{DataType, Field, FieldRef, Schema};

use crate::class::{CLASS_COUNT, CLASS_NAMES};
use crate::parquet_file::{self, column};

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

    /// The bytes of a Parquet file.
    ///
    /// # Errors
    /// Columns of different lengths.
    pub fn encode(&self) -> Result<Vec<u8>> {
        let pixel = Arc::new(Field::new_list_field(DataType::UInt8, false));
        let pixels = UInt8Array::new(self.pixels.clone(), None);
        let images = FixedSizeListArray::try_new(pixel, IMAGE_BYTES as i32, Arc::new(pixels), None)
            .context("cannot encode images")?;
        let mut columns: Vec<(FieldRef, ArrayRef)> = vec![
            plain(ID, Arc::new(UInt32Array::from(self.ids.clone()))),
            plain(
                SPLIT,
                Arc::new(StringArray::from_iter_values(
                    self.splits.iter().map(|split| split.name()),
                )),
            ),
            plain(LABEL, Arc::new(UInt8Array::from(self.labels.clone()))),
            (Arc::new(tensor_field(images.data_type())), Arc::new(images)),
        ];
        columns.extend(self.extra.iter().cloned());
        let metadata = HashMap::from([
            ("class_names".to_owned(), CLASS_NAMES.join(",")),
            (
                "image_shape".to_owned(),
                format!("{IMAGE_SIDE},{IMAGE_SIDE}"),
            ),
        ]);
        let (fields, arrays): (Vec<_>, Vec<_>) = columns.into_iter().unzip();
        let schema = Arc::new(Schema::new_with_metadata(fields, metadata));
        let batch = RecordBatch::try_new(schema, arrays).context("cannot encode images")?;
        parquet_file::encode(&batch, parquet_file::properties().build())
    }

    /// Reads and checks `file` of `folder`.
    ///
    /// # Errors
    /// Names the file, the column, what was expected and what was found.
    pub fn read(folder: &Path, file: &str) -> Result<Self> {
        let (batch, _) = parquet_file::read(folder, file)?;
        Self::from_batch(&folder.join(file), &batch)
    }

    /// The images of a decoded file at `path`.
    ///
    /// # Errors
    /// Names the file, the column, what was expected and what was found.
    pub fn from_batch(path: &Path, batch: &RecordBatch) -> Result<Self> {
        let ids: &UInt32Array = column(path, batch, ID, &DataType::UInt32)?;
        let splits: &StringArray = column(path, batch, SPLIT, &DataType::Utf8)?;
        let labels: &UInt8Array = column(path, batch, LABEL, &DataType::UInt8)?;
        let image_type = DataType::new_fixed_size_list(DataType::UInt8, IMAGE_BYTES as i32, false);
        let lists: &FixedSizeListArray = column(path, batch, IMAGE, &image_type)?;
        let pixels = lists
            .values()
            .as_any()
            .downcast_ref::<UInt8Array>()
            .filter(|_| lists.value_length() == IMAGE_BYTES as i32);
        let Some(pixels) = pixels else {
            bail!(
                "{}: column `{IMAGE}`: expected {image_type}, found {}",
                path.display(),
                lists.data_type()
            );
        };
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
            pixels: pixels.values().clone(),
            extra,
        })
    }
}

fn plain(name: &str, array: ArrayRef) -> (FieldRef, ArrayRef) {
    let field = Field::new(name, array.data_type().clone(), false);
    (Arc::new(field), array)
}

fn tensor_field(storage: &DataType) -> Field {
    Field::new(IMAGE, storage.clone(), false).with_metadata(HashMap::from([
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

    #[test]
    fn images_survive_the_file() {
        let images = Images {
            ids: vec![7, 9],
            splits: vec![Split::Train, Split::Validation],
            labels: vec![0, 9],
            pixels: (0..2 * IMAGE_BYTES).map(|value| value as u8).collect(),
            extra: vec![plain("copy", Arc::new(UInt32Array::from(vec![1, 1])))],
        };
        let path = Path::new("train.parquet");
        let (batch, schema) = parquet_file::decode(path, images.encode().unwrap()).unwrap();
        assert_eq!(Images::from_batch(path, &batch).unwrap(), images);
        assert_eq!(schema.metadata()["class_names"], CLASS_NAMES.join(","));
    }
}
