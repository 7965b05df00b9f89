//! Class probabilities of a trained model, row by row.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, bail, ensure};
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

/// Column: most probable class over several views of an image; only of a model that asks for them.
pub const VIEW_PREDICTED: &str = "view_predicted";
/// Column: one probability for each class over several views of an image; only of a model that asks for
/// them.
pub const VIEW_PROBABILITIES: &str = "view_probabilities";

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
    /// The same of the mean of the logits over several views of each image, if the model asks for them.
    pub view_probabilities: Option<Vec<f32>>,
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
        most_probable(self.row(row))
    }

    /// As [`Predictions::predicted`], over several views, if the model asks for them.
    pub fn predicted_in_views(&self, row: usize) -> Option<u16> {
        let of_row = self.view_probabilities.as_ref()?;
        let of_row = &of_row[row * self.class_count..][..self.class_count];
        Some(most_probable(of_row))
    }

    /// The bytes of `predictions.parquet`.
    ///
    /// # Errors
    /// Columns of different lengths.
    pub fn encode(&self) -> Result<Vec<u8>> {
        let predicted: Vec<u16> = (0..self.len()).map(|row| self.predicted(row)).collect();
        let [id, split, label] = row_columns::encode(&self.ids, &self.splits, &self.labels);
        let mut columns: Vec<(&str, ArrayRef)> = vec![
            id,
            split,
            label,
            (PREDICTED, Arc::new(UInt16Array::from(predicted))),
            (PROBABILITIES, self.lists(&self.probabilities)?),
        ];
        if let Some(probabilities) = &self.view_probabilities {
            let predicted = (0..self.len()).map(|row| self.predicted_in_views(row));
            let predicted: UInt16Array = predicted.flatten().collect::<Vec<u16>>().into();
            columns.push((VIEW_PREDICTED, Arc::new(predicted)));
            columns.push((VIEW_PROBABILITIES, self.lists(probabilities)?));
        }
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

    /// The column of `probabilities`, (N, C).
    fn lists(&self, probabilities: &[f32]) -> Result<ArrayRef> {
        let probability = Arc::new(Field::new_list_field(DataType::Float32, false));
        let lists = FixedSizeListArray::try_new(
            probability,
            list_length(self.class_count)?,
            Arc::new(Float32Array::from(probabilities.to_vec())),
            None,
        )
        .context("cannot encode predictions")?;
        Ok(Arc::new(lists))
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
        let (class_count, probabilities) = probabilities_of(path, batch, PROBABILITIES)?;
        let (ids, splits, labels) = row_columns::decode(path, batch, class_count)?;
        let view_probabilities = match batch.column_by_name(VIEW_PROBABILITIES) {
            None => None,
            Some(_) => {
                let (found, probabilities) = probabilities_of(path, batch, VIEW_PROBABILITIES)?;
                ensure!(
                    found == class_count,
                    "{}: column `{VIEW_PROBABILITIES}`: expected lists of {class_count}, as in \
                     `{PROBABILITIES}`, found {found}",
                    path.display()
                );
                Some(probabilities)
            }
        };
        Ok(Self {
            class_count,
            ids,
            splits,
            labels,
            probabilities,
            view_probabilities,
        })
    }
}

/// The number of classes in the lists of the column `name`, and the values of all lists.
fn probabilities_of(path: &Path, batch: &RecordBatch, name: &str) -> Result<(usize, Vec<f32>)> {
    let list_type = DataType::new_list(DataType::Float32, false);
    let lists: &FixedSizeListArray = column(path, batch, name, &list_type)?;
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
            "{}: column `{name}`: expected lists of {MIN_CLASSES} to {MAX_CLASSES} Float32 without \
             nulls, found {}",
            path.display(),
            lists.data_type()
        );
    };
    Ok((class_count, values.values().to_vec()))
}

/// The class with the largest probability, the first of equals.
fn most_probable(probabilities: &[f32]) -> u16 {
    let mut best = 0;
    for (class, &probability) in probabilities.iter().enumerate() {
        if probability > probabilities[best] {
            best = class;
        }
    }
    best as u16
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
            view_probabilities: None,
        };
        let in_views = Predictions {
            view_probabilities: Some(vec![0.1; 20]),
            ..predictions.clone()
        };
        for predictions in [predictions, in_views] {
            let path = Path::new("predictions.parquet");
            let (batch, _) = parquet_file::decode(path, predictions.encode().unwrap()).unwrap();
            assert_eq!(Predictions::from_batch(path, &batch).unwrap(), predictions);
        }
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
            view_probabilities: None,
        };
        assert_eq!(predictions.predicted(0), 4);
    }
}
