//! What an epoch did, and how long it took.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result};
use arrow_array::{ArrayRef, Float64Array, RecordBatch, UInt32Array};
use arrow_schema::{DataType, Field, Schema};

use crate::tables::parquet_file::{self, column};

/// Column of both tables: epoch, counted from 1.
pub const EPOCH: &str = "epoch";
/// Columns of `history.parquet` after the epoch: losses are means over rows, accuracies fractions,
/// all in Keras's meaning but for the last two, which Keras does not have. Those are null but in
/// the row of the last epoch.
pub const HISTORY_COLUMNS: [&str; 7] = [
    "train_loss",
    "train_accuracy",
    "validation_loss",
    "validation_accuracy",
    "learning_rate",
    "train_inference_loss",
    "train_inference_accuracy",
];
/// Columns that may hold nulls.
const NULLABLE_COLUMNS: [&str; 2] = ["train_inference_loss", "train_inference_accuracy"];
/// Columns of `timings.parquet` after the epoch.
pub const TIMINGS_COLUMNS: [&str; 2] = ["duration_s", "images_per_s"];

/// One epoch of one run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EpochRecord {
    /// Mean training loss of the batches before each update, weighted by rows.
    pub train_loss: f64,
    /// Share of training rows that were right before each update, 0..=1.
    pub train_accuracy: f64,
    /// Mean loss over the validation rows after the epoch.
    pub validation_loss: f64,
    /// Share of validation rows that are right after the epoch, 0..=1.
    pub validation_accuracy: f64,
    /// Learning rate of the epoch.
    pub learning_rate: f64,
    /// Mean loss over the training rows as they are (not augmented) in inference mode, after the
    /// run's last epoch: what `validation_loss` may fairly be compared with. `None` in the epochs
    /// before.
    pub train_inference_loss: Option<f64>,
    /// Share of those rows that are right, 0..=1.
    pub train_inference_accuracy: Option<f64>,
}

/// Time of one epoch, training and validation together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EpochTiming {
    /// Seconds of the whole epoch.
    pub duration_s: f64,
    /// Training rows a second of the training part.
    pub images_per_s: f64,
}

/// The bytes of `history.parquet`; one row an epoch.
///
/// # Errors
/// None but those of the format.
pub fn encode_history(epochs: &[EpochRecord]) -> Result<Vec<u8>> {
    let fields: [fn(&EpochRecord) -> Option<f64>; 7] = [
        |epoch| Some(epoch.train_loss),
        |epoch| Some(epoch.train_accuracy),
        |epoch| Some(epoch.validation_loss),
        |epoch| Some(epoch.validation_accuracy),
        |epoch| Some(epoch.learning_rate),
        |epoch| epoch.train_inference_loss,
        |epoch| epoch.train_inference_accuracy,
    ];
    encode(epochs, &HISTORY_COLUMNS, &fields)
}

/// The bytes of `timings.parquet`; one row an epoch.
///
/// # Errors
/// None but those of the format.
pub fn encode_timings(epochs: &[EpochTiming]) -> Result<Vec<u8>> {
    let fields: [fn(&EpochTiming) -> Option<f64>; 2] = [
        |epoch| Some(epoch.duration_s),
        |epoch| Some(epoch.images_per_s),
    ];
    encode(epochs, &TIMINGS_COLUMNS, &fields)
}

/// Reads and checks `history.parquet` of `folder`.
///
/// # Errors
/// Names the file, the column, what was expected and what was found.
pub fn read_history(folder: &Path, file: &str) -> Result<Vec<EpochRecord>> {
    let (batch, _) = parquet_file::read(folder, file)?;
    decode_history(&folder.join(file), &batch)
}

fn decode_history(path: &Path, batch: &RecordBatch) -> Result<Vec<EpochRecord>> {
    let whole = |name| -> Result<Vec<f64>> {
        let values: &Float64Array = column(path, batch, name, &DataType::Float64)?;
        Ok(values.values().to_vec())
    };
    let nullable = |name| -> Result<Vec<Option<f64>>> {
        let values = batch
            .column_by_name(name)
            .and_then(|column| column.as_any().downcast_ref::<Float64Array>())
            .with_context(|| format!("{}: column `{name}`: expected Float64", path.display()))?;
        Ok(values.iter().collect())
    };
    let [
        train_loss,
        train_accuracy,
        validation_loss,
        validation_accuracy,
        learning_rate,
        train_inference_loss,
        train_inference_accuracy,
    ] = HISTORY_COLUMNS;
    let (train_loss, train_accuracy) = (whole(train_loss)?, whole(train_accuracy)?);
    let (validation_loss, validation_accuracy) =
        (whole(validation_loss)?, whole(validation_accuracy)?);
    let learning_rate = whole(learning_rate)?;
    let train_inference_loss = nullable(train_inference_loss)?;
    let train_inference_accuracy = nullable(train_inference_accuracy)?;
    Ok((0..batch.num_rows())
        .map(|row| EpochRecord {
            train_loss: train_loss[row],
            train_accuracy: train_accuracy[row],
            validation_loss: validation_loss[row],
            validation_accuracy: validation_accuracy[row],
            learning_rate: learning_rate[row],
            train_inference_loss: train_inference_loss[row],
            train_inference_accuracy: train_inference_accuracy[row],
        })
        .collect())
}

/// Reads and checks `timings.parquet` of `folder`.
///
/// # Errors
/// Names the file, the column, what was expected and what was found.
pub fn read_timings(folder: &Path, file: &str) -> Result<Vec<EpochTiming>> {
    let path = folder.join(file);
    let (batch, _) = parquet_file::read(folder, file)?;
    let [duration_s, images_per_s] =
        TIMINGS_COLUMNS.map(|name| column::<Float64Array>(&path, &batch, name, &DataType::Float64));
    let rows = duration_s?.values().iter().zip(images_per_s?.values());
    Ok(rows
        .map(|(&duration_s, &images_per_s)| EpochTiming {
            duration_s,
            images_per_s,
        })
        .collect())
}

fn encode<T>(rows: &[T], names: &[&str], fields: &[fn(&T) -> Option<f64>]) -> Result<Vec<u8>> {
    let mut schema = vec![Field::new(EPOCH, DataType::UInt32, false)];
    let mut columns: Vec<ArrayRef> = vec![Arc::new(UInt32Array::from_iter_values(
        1..=rows.len() as u32,
    ))];
    for (name, field) in names.iter().zip(fields) {
        let nullable = NULLABLE_COLUMNS.contains(name);
        schema.push(Field::new(*name, DataType::Float64, nullable));
        columns.push(Arc::new(Float64Array::from_iter(rows.iter().map(field))));
    }
    let batch = RecordBatch::try_new(Arc::new(Schema::new(schema)), columns)
        .context("cannot encode a table of epochs")?;
    parquet_file::encode(&batch, parquet_file::properties().build())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_history_survives_the_file_with_its_nulls() {
        let epoch = EpochRecord {
            train_loss: 0.5,
            train_accuracy: 0.1 + 0.2,
            validation_loss: 0.4,
            validation_accuracy: 0.9,
            learning_rate: 1e-3,
            train_inference_loss: None,
            train_inference_accuracy: None,
        };
        let last = EpochRecord {
            train_inference_loss: Some(0.45),
            train_inference_accuracy: Some(0.85),
            ..epoch
        };
        let history = vec![epoch, last];
        let path = Path::new("history.parquet");
        let (batch, _) = parquet_file::decode(path, encode_history(&history).unwrap()).unwrap();
        assert_eq!(decode_history(path, &batch).unwrap(), history);
    }
}
