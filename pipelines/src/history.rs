//! What an epoch did, and how long it took.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result};
use arrow_array::{ArrayRef, Float64Array, RecordBatch, UInt32Array};
use arrow_schema::{DataType, Field, Schema};

use crate::parquet_file::{self, column};

/// Column of both tables: epoch, counted from 1.
pub const EPOCH: &str = "epoch";
/// Columns of `history.parquet` after the epoch: losses are means over rows, accuracies fractions,
/// all in Keras's meaning.
pub const HISTORY_COLUMNS: [&str; 5] = [
    "train_loss",
    "train_accuracy",
    "validation_loss",
    "validation_accuracy",
    "learning_rate",
];
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
    let fields: [fn(&EpochRecord) -> f64; 5] = [
        |epoch| epoch.train_loss,
        |epoch| epoch.train_accuracy,
        |epoch| epoch.validation_loss,
        |epoch| epoch.validation_accuracy,
        |epoch| epoch.learning_rate,
    ];
    encode(epochs, &HISTORY_COLUMNS, &fields)
}

/// The bytes of `timings.parquet`; one row an epoch.
///
/// # Errors
/// None but those of the format.
pub fn encode_timings(epochs: &[EpochTiming]) -> Result<Vec<u8>> {
    let fields: [fn(&EpochTiming) -> f64; 2] =
        [|epoch| epoch.duration_s, |epoch| epoch.images_per_s];
    encode(epochs, &TIMINGS_COLUMNS, &fields)
}

/// Reads and checks `history.parquet` of `folder`.
///
/// # Errors
/// Names the file, the column, what was expected and what was found.
pub fn read_history(folder: &Path, file: &str) -> Result<Vec<EpochRecord>> {
    let columns = read(folder, file, &HISTORY_COLUMNS)?;
    Ok((0..columns[0].len())
        .map(|row| EpochRecord {
            train_loss: columns[0][row],
            train_accuracy: columns[1][row],
            validation_loss: columns[2][row],
            validation_accuracy: columns[3][row],
            learning_rate: columns[4][row],
        })
        .collect())
}

/// Reads and checks `timings.parquet` of `folder`.
///
/// # Errors
/// Names the file, the column, what was expected and what was found.
pub fn read_timings(folder: &Path, file: &str) -> Result<Vec<EpochTiming>> {
    let columns = read(folder, file, &TIMINGS_COLUMNS)?;
    Ok((0..columns[0].len())
        .map(|row| EpochTiming {
            duration_s: columns[0][row],
            images_per_s: columns[1][row],
        })
        .collect())
}

fn encode<T>(rows: &[T], names: &[&str], fields: &[fn(&T) -> f64]) -> Result<Vec<u8>> {
    let mut schema = vec![Field::new(EPOCH, DataType::UInt32, false)];
    let mut columns: Vec<ArrayRef> = vec![Arc::new(UInt32Array::from_iter_values(
        1..=rows.len() as u32,
    ))];
    for (name, field) in names.iter().zip(fields) {
        schema.push(Field::new(*name, DataType::Float64, false));
        columns.push(Arc::new(Float64Array::from_iter_values(
            rows.iter().map(field),
        )));
    }
    let batch = RecordBatch::try_new(Arc::new(Schema::new(schema)), columns)
        .context("cannot encode a table of epochs")?;
    parquet_file::encode(&batch, parquet_file::properties().build())
}

fn read(folder: &Path, file: &str, names: &[&str]) -> Result<Vec<Vec<f64>>> {
    let path = folder.join(file);
    let (batch, _) = parquet_file::read(folder, file)?;
    names
        .iter()
        .map(|name| {
            let values: &Float64Array = column(&path, &batch, name, &DataType::Float64)?;
            Ok(values.values().to_vec())
        })
        .collect()
}
