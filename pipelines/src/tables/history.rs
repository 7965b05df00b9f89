//! What an epoch did, and how long it took.

use std::path::Path;

use anyhow::Result;
use serde::{Deserialize, Serialize};

use super::records;

/// One epoch of one run: a row of `history.parquet`. Losses are means over rows and accuracies
/// fractions, all in Keras's meaning but for the last two, which Keras does not have.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct EpochRecord {
    /// The epoch, counted from 1.
    pub epoch: u32,
    /// Mean training loss of the batches before each update, weighted by rows.
    pub train_loss: f64,
    /// Share of training rows that were right before each update, 0..=1.
    pub train_accuracy: f64,
    /// Mean loss over the validation rows after the epoch; `None` without validation rows.
    pub validation_loss: Option<f64>,
    /// Share of validation rows that are right after the epoch, 0..=1; `None` without validation
    /// rows.
    pub validation_accuracy: Option<f64>,
    /// Learning rate of the epoch's first step.
    pub learning_rate: f64,
    /// Mean loss over the training rows as they are (not augmented) in inference mode, after the
    /// run's last epoch: what `validation_loss` may fairly be compared with. `None` in the epochs
    /// before.
    pub train_inference_loss: Option<f64>,
    /// Share of those rows that are right, 0..=1.
    pub train_inference_accuracy: Option<f64>,
}

/// Time of one epoch, training and validation together: a row of `timings.parquet`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct EpochTiming {
    /// The epoch, counted from 1.
    pub epoch: u32,
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
    records::encode(epochs)
}

/// The bytes of `timings.parquet`; one row an epoch.
///
/// # Errors
/// None but those of the format.
pub fn encode_timings(epochs: &[EpochTiming]) -> Result<Vec<u8>> {
    records::encode(epochs)
}

/// Reads and checks `history.parquet` of `folder`.
///
/// # Errors
/// Names the file, the column, what was expected and what was found.
pub fn read_history(folder: &Path, file: &str) -> Result<Vec<EpochRecord>> {
    records::read(folder, file)
}

/// Reads and checks `timings.parquet` of `folder`.
///
/// # Errors
/// Names the file, the column, what was expected and what was found.
pub fn read_timings(folder: &Path, file: &str) -> Result<Vec<EpochTiming>> {
    records::read(folder, file)
}

#[cfg(test)]
mod tests {
    use super::super::parquet_file;
    use super::*;

    #[test]
    fn a_history_survives_the_file_with_its_nulls() {
        let first = EpochRecord {
            epoch: 1,
            train_loss: 0.5,
            train_accuracy: 0.1 + 0.2,
            validation_loss: Some(0.4),
            validation_accuracy: Some(0.9),
            learning_rate: 1e-3,
            train_inference_loss: None,
            train_inference_accuracy: None,
        };
        let last = EpochRecord {
            epoch: 2,
            train_inference_loss: Some(0.45),
            train_inference_accuracy: Some(0.85),
            ..first
        };
        let history = vec![first, last];
        let path = Path::new("history.parquet");
        let (batch, _) = parquet_file::decode(path, encode_history(&history).unwrap()).unwrap();
        assert_eq!(
            records::decode::<EpochRecord>(path, &batch).unwrap(),
            history
        );
        let error = records::decode::<EpochTiming>(path, &batch).unwrap_err();
        assert_eq!(
            error.to_string(),
            "history.parquet: column `duration_s`: expected Float64, found none"
        );
    }
}
