//! Tables of encoded pictures in Hugging Face's layout.
//!
//! Columns: an `Image`, which is a struct of `bytes` (a whole PNG, JPEG or other file) and `path`, and a
//! `ClassLabel`, which is a whole number. The file's metadata name the features as JSON under
//! `huggingface`, the names of the classes among them; see
//! <https://huggingface.co/docs/datasets/about_dataset_features>. A file without these metadata is read
//! when its columns are called `image` and `label`.

use std::collections::VecDeque;
use std::fs::File;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use arrow_array::cast::AsArray;
use arrow_array::types::{
    Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_schema::{DataType, Schema};
use serde_json::Value;

use crate::spec::dataset_info::MAX_CLASSES;
use crate::tables::parquet_file::{Batches, ParquetFile};

/// Key of the file's metadata.
const HUGGINGFACE: &str = "huggingface";
/// Child of the image column: the bytes of the picture.
const BYTES: &str = "bytes";
/// Most rows of one file.
const MAX_ROWS: usize = 16 << 20;
/// Bytes of the pictures that are given at once, as far as whole batches allow.
const GROUP_BYTES: usize = 16 << 20;
/// Most pictures that are given at once.
const GROUP_ROWS: usize = 1024;

/// A file of encoded pictures whose footer was read and checked.
#[derive(Clone, Debug)]
pub struct EncodedImages {
    file: ParquetFile,
    image: String,
    label: String,
    class_names: Option<Vec<String>>,
}

impl EncodedImages {
    /// Opens the file at `path`.
    ///
    /// # Errors
    /// Names the file, the column, what was expected and what was found.
    pub fn open(path: &Path) -> Result<Self> {
        let opened = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
        Self::new(ParquetFile::open_file(path, opened)?)
    }

    /// Reads the pictures of `file`.
    ///
    /// # Errors
    /// As [`EncodedImages::open`].
    pub fn new(file: ParquetFile) -> Result<Self> {
        let features = features(&file)?;
        let of_kind = |kind: &str| {
            let features = features.as_ref().and_then(Value::as_object)?;
            let mut names = features
                .iter()
                .filter(|(_, feature)| feature["_type"] == kind)
                .map(|(name, _)| name.as_str());
            names.next().map(str::to_owned)
        };
        let image = of_kind("Image").unwrap_or_else(|| "image".to_owned());
        let label = of_kind("ClassLabel").unwrap_or_else(|| "label".to_owned());
        check_columns(&file, &image, &label)?;
        let class_names = features
            .as_ref()
            .and_then(|features| features[&label]["names"].as_array())
            .map(|names| {
                let names = names.iter().map(|name| name.as_str().map(str::to_owned));
                names.collect::<Option<Vec<_>>>()
            });
        let class_names = match class_names {
            None => None,
            Some(Some(names)) => Some(names),
            Some(None) => bail!(
                "{}: metadata: `{HUGGINGFACE}`: names of `{label}`: expected texts",
                file.path().display()
            ),
        };
        ensure!(
            file.rows() <= MAX_ROWS,
            "{}: rows: expected at most {MAX_ROWS}, found {}",
            file.path().display(),
            file.rows()
        );
        Ok(Self {
            file,
            image,
            label,
            class_names,
        })
    }

    /// Path, for messages.
    pub fn path(&self) -> &Path {
        self.file.path()
    }

    /// Number of rows, as the footer says.
    pub fn rows(&self) -> usize {
        self.file.rows()
    }

    /// Names of the classes, if the file has them.
    pub fn class_names(&self) -> Option<&[String]> {
        self.class_names.as_deref()
    }

    /// Class of each row.
    ///
    /// # Errors
    /// Names the file, the row, what was expected and what was found.
    pub fn labels(&self) -> Result<Vec<u16>> {
        let mut labels = Vec::new();
        for batch in self.file.batches(|name| name == self.label)? {
            let batch = batch?;
            let column = self.column(&batch, &self.label)?;
            for (row, label) in whole_numbers(&column).enumerate() {
                let valid = label
                    .and_then(|label| u16::try_from(label).ok())
                    .filter(|label| usize::from(*label) < MAX_CLASSES);
                let Some(label) = valid else {
                    bail!(
                        "{}: row {}: column `{}`: expected 0 to {}, found {}",
                        self.path().display(),
                        labels.len() + row,
                        self.label,
                        MAX_CLASSES - 1,
                        label.map_or("nothing".to_owned(), |label| label.to_string())
                    );
                };
                labels.push(label);
            }
        }
        Ok(labels)
    }

    /// The pictures, some at once, in the order of the file.
    ///
    /// # Errors
    /// Names the file and what is wrong with it.
    pub fn groups(&self) -> Result<EncodedGroups<'_>> {
        Ok(EncodedGroups {
            images: self,
            batches: self.file.batches(|name| name == self.image)?,
            next_row: 0,
        })
    }

    fn column(&self, batch: &RecordBatch, name: &str) -> Result<ArrayRef> {
        let column = batch.column_by_name(name);
        column.cloned().with_context(|| {
            format!(
                "{}: column `{name}`: expected it, found none",
                self.path().display()
            )
        })
    }
}

/// Some rows of a file.
pub struct EncodedGroup {
    /// Number of the first row in the file.
    pub first_row: usize,
    arrays: VecDeque<(usize, ArrayRef)>,
    rows: usize,
}

impl EncodedGroup {
    /// Number of rows.
    pub fn len(&self) -> usize {
        self.rows
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// The bytes of the picture in row `row` of the group; `None` if the file has none.
    pub fn bytes(&self, row: usize) -> Option<&[u8]> {
        let at = self.arrays.partition_point(|(first, _)| *first <= row);
        let (first, array) = self.arrays.get(at.checked_sub(1)?)?;
        let row = row - first;
        if let Some(array) = array.as_binary_opt::<i32>() {
            return (row < array.len() && array.is_valid(row)).then(|| array.value(row));
        }
        let array = array.as_binary_opt::<i64>()?;
        (row < array.len() && array.is_valid(row)).then(|| array.value(row))
    }
}

/// Groups of rows, one after another.
pub struct EncodedGroups<'a> {
    images: &'a EncodedImages,
    batches: Batches,
    next_row: usize,
}

impl EncodedGroups<'_> {
    fn next_group(&mut self) -> Result<Option<EncodedGroup>> {
        let mut group = EncodedGroup {
            first_row: self.next_row,
            arrays: VecDeque::new(),
            rows: 0,
        };
        let mut bytes = 0;
        while bytes < GROUP_BYTES && group.rows < GROUP_ROWS {
            let Some(batch) = self.batches.next().transpose()? else {
                break;
            };
            let column = self.images.column(&batch, &self.images.image)?;
            let array = column
                .as_struct_opt()
                .and_then(|images| images.column_by_name(BYTES))
                .cloned()
                .with_context(|| format!("{}: expected pictures", self.images.path().display()))?;
            bytes += array.get_array_memory_size();
            group.arrays.push_back((group.rows, array));
            group.rows += batch.num_rows();
        }
        self.next_row += group.rows;
        if group.is_empty() {
            ensure!(
                self.next_row == self.images.rows(),
                "{}: rows: expected {}, found {}",
                self.images.path().display(),
                self.images.rows(),
                self.next_row
            );
            return Ok(None);
        }
        Ok(Some(group))
    }
}

impl Iterator for EncodedGroups<'_> {
    type Item = Result<EncodedGroup>;

    /// The next group; none is empty.
    fn next(&mut self) -> Option<Self::Item> {
        self.next_group().transpose()
    }
}

/// Name and type of each feature, as the metadata have them.
fn features(file: &ParquetFile) -> Result<Option<Value>> {
    let Some(text) = file.schema().metadata().get(HUGGINGFACE) else {
        return Ok(None);
    };
    let metadata: Value = serde_json::from_str(text).with_context(|| {
        format!(
            "{}: metadata: `{HUGGINGFACE}`: expected JSON",
            file.path().display()
        )
    })?;
    Ok(Some(metadata["info"]["features"].clone()))
}

fn check_columns(file: &ParquetFile, image: &str, label: &str) -> Result<()> {
    let schema: &Schema = file.schema();
    let fail = |name: &str, expected: &str| {
        let found = schema.field_with_name(name).map_or_else(
            |_| {
                let names: Vec<_> = schema.fields().iter().map(|field| field.name()).collect();
                format!("the columns {names:?}")
            },
            |field| field.data_type().to_string(),
        );
        bail!(
            "{}: column `{name}`: expected {expected}, found {found}",
            file.path().display()
        )
    };
    let has_bytes = match schema.field_with_name(image).map(|field| field.data_type()) {
        Ok(DataType::Struct(fields)) => fields.iter().any(|field| {
            field.name() == BYTES
                && matches!(field.data_type(), DataType::Binary | DataType::LargeBinary)
        }),
        _ => false,
    };
    if !has_bytes {
        return fail(image, "a struct with the binary field `bytes`");
    }
    match schema.field_with_name(label).map(|field| field.data_type()) {
        Ok(label) if label.is_integer() => Ok(()),
        _ => fail(label, "whole numbers"),
    }
}

/// The values of a column of whole numbers; `None` for those that are null or beyond the range.
fn whole_numbers(column: &ArrayRef) -> Box<dyn Iterator<Item = Option<i64>> + '_> {
    macro_rules! values {
        ($type:ty) => {
            Box::new(
                column
                    .as_primitive::<$type>()
                    .iter()
                    .map(|value| value.and_then(|value| i64::try_from(value).ok())),
            )
        };
    }
    match column.data_type() {
        DataType::Int8 => values!(Int8Type),
        DataType::Int16 => values!(Int16Type),
        DataType::Int32 => values!(Int32Type),
        DataType::UInt8 => values!(UInt8Type),
        DataType::UInt16 => values!(UInt16Type),
        DataType::UInt32 => values!(UInt32Type),
        DataType::UInt64 => values!(UInt64Type),
        DataType::Int64 => values!(Int64Type),
        _ => Box::new((0..column.len()).map(|_| None)),
    }
}
