//! Class probabilities of a trained model, row by row.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use arrow_array::{Array, ArrayRef, FixedSizeListArray, Float32Array, RecordBatch, UInt16Array};
use arrow_schema::{DataType, Field, Schema};

use crate::files::output;
use crate::spec::dataset_info::{MAX_CLASSES, MIN_CLASSES};
use crate::tables::parquet_file::{self, column};
use crate::tables::parquet_writer;
use crate::tables::row_columns;
use crate::tables::split::Split;

/// Column: most probable class; the lowest label of several.
pub const PREDICTED: &str = "predicted";
/// Column: one probability for each class, in label order.
pub const PROBABILITIES: &str = "probabilities";

/// Predictions of one model, as columns of equal length.
///
/// Written by hand and not from a row type: the probabilities of all rows are one slice, and a
/// row type would copy each row into a vector of its own.
#[derive(Clone, Debug, PartialEq)]
pub struct Predictions {
    /// Number of classes, C.
    pub class_count: usize,
    /// Row in the source file.
    pub ids: Vec<u32>,
    /// Split of each row.
    pub splits: Vec<Split>,
    /// True class.
    pub labels: Vec<u16>,
    /// Probabilities, (N, C), each row adding up to 1.
    pub probabilities: Vec<f32>,
}

impl Predictions {
    /// Number of rows.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// The probabilities of row `row`, one for each class.
    pub fn row(&self, row: usize) -> &[f32] {
        &self.probabilities[row * self.class_count..][..self.class_count]
    }

    /// The most probable class of row `row`; the lowest label of several.
    pub fn predicted(&self, row: usize) -> u16 {
        let probabilities = self.row(row);
        let mut best = 0;
        for (class, &probability) in probabilities.iter().enumerate() {
            if probability > probabilities[best] {
                best = class;
            }
        }
        best as u16
    }

    /// The bytes of `predictions.parquet`.
    ///
    /// # Errors
    /// Columns of different lengths.
    pub fn encode(&self) -> Result<Vec<u8>> {
        let predicted: Vec<u16> = (0..self.len()).map(|row| self.predicted(row)).collect();
        let probability = Arc::new(Field::new_list_field(DataType::Float32, false));
        let probabilities = FixedSizeListArray::try_new(
            probability,
            list_length(self.class_count)?,
            Arc::new(Float32Array::from(self.probabilities.clone())),
            None,
        )
        .context("cannot encode predictions")?;
        let [id, split, label] = row_columns::encode(&self.ids, &self.splits, &self.labels);
        let columns: [(&str, ArrayRef); 5] = [
            id,
            split,
            label,
            (PREDICTED, Arc::new(UInt16Array::from(predicted))),
            (PROBABILITIES, Arc::new(probabilities)),
        ];
        let fields: Vec<_> = columns
            .iter()
            .map(|(name, array)| Field::new(*name, array.data_type().clone(), false))
            .collect();
        let batch = RecordBatch::try_new(
            Arc::new(Schema::new(fields)),
            columns.into_iter().map(|(_, array)| array).collect(),
        )
        .context("cannot encode predictions")?;
        parquet_writer::encode(&batch, parquet_writer::properties().build())
    }

    /// Reads and checks `file` of `folder`.
    ///
    /// # Errors
    /// Names the file, the column, what was expected and what was found.
    pub fn read(folder: &Path, file: &str) -> Result<Self> {
        Self::decode(&folder.join(file), output::read(folder, file)?)
    }

    /// The predictions in the bytes of the file at `path`.
    ///
    /// # Errors
    /// Names the file, the column, what was expected and what was found.
    pub fn decode(path: &Path, bytes: Vec<u8>) -> Result<Self> {
        let (batch, _) = parquet_file::decode(path, bytes)?;
        Self::from_batch(path, &batch)
    }

    fn from_batch(path: &Path, batch: &RecordBatch) -> Result<Self> {
        let list_type = DataType::new_list(DataType::Float32, false);
        let lists: &FixedSizeListArray = column(path, batch, PROBABILITIES, &list_type)?;
        let class_count = lists.value_length() as usize;
        let values = lists
            .values()
            .as_any()
            .downcast_ref::<Float32Array>()
            .filter(|values| {
                values.null_count() == 0 && (MIN_CLASSES..=MAX_CLASSES).contains(&class_count)
            });
        let Some(values) = values else {
            bail!(
                "{}: column `{PROBABILITIES}`: expected lists of {MIN_CLASSES} to {MAX_CLASSES} \
                 Float32 without nulls, found {}",
                path.display(),
                lists.data_type()
            );
        };
        let (ids, splits, labels) = row_columns::decode(path, batch, class_count)?;
        Ok(Self {
            class_count,
            ids,
            splits,
            labels,
            probabilities: values.values().to_vec(),
        })
    }
}

fn list_length(class_count: usize) -> Result<i32> {
    i32::try_from(class_count).context("cannot encode predictions of so many classes")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn predictions_survive_the_file() {
        let predictions = Predictions {
            class_count: 10,
            ids: vec![48_000, 3],
            splits: vec![Split::Validation, Split::Test],
            labels: vec![9, 0],
            probabilities: (0..20).map(|value| value as f32 / 20.0).collect(),
        };
        let path = Path::new("predictions.parquet");
        let (batch, _) = parquet_file::decode(path, predictions.encode().unwrap()).unwrap();
        assert_eq!(Predictions::from_batch(path, &batch).unwrap(), predictions);
    }

    #[test]
    fn the_lowest_of_several_most_probable_classes_is_predicted() {
        let mut probabilities = vec![0.0; 300];
        probabilities[4] = 0.5;
        probabilities[299] = 0.5;
        let predictions = Predictions {
            class_count: 300,
            ids: vec![0],
            splits: vec![Split::Test],
            labels: vec![299],
            probabilities,
        };
        assert_eq!(predictions.predicted(0), 4);
    }
}
