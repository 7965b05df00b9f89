//! What evaluation knows of a trained run.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Result, bail, ensure};
use pipelines::files::layout::{HISTORY_FILE, PREDICTIONS_FILE, TIMINGS_FILE};
use pipelines::files::manifest::Manifest;
use pipelines::tables::history::{EpochRecord, EpochTiming, read_history, read_timings};
use pipelines::tables::predictions::Predictions;
use pipelines::tables::split::Split;

use crate::statistics::calibration::brier_score;
use crate::statistics::log_loss::log_loss;

/// One model trained from one seed.
#[derive(Clone, Debug)]
pub struct Run {
    /// Seed that the run was trained from.
    pub seed: u64,
    /// Epoch by epoch; at least one.
    pub history: Vec<EpochRecord>,
    /// How long training took.
    pub timing: Timing,
    /// Predictions after the last epoch, split by split; validation and test are always there.
    pub splits: Vec<SplitPredictions>,
}

/// How long a run took, and on what.
#[derive(Clone, Debug)]
pub struct Timing {
    /// Epoch by epoch.
    pub epochs: Vec<EpochTiming>,
    /// Seconds of the whole step.
    pub step_duration_s: f64,
    /// Threads that the step was given.
    pub threads: usize,
    /// Name of the processor.
    pub processor: String,
    /// Instructions that the kernels used; `None` when they were not recorded.
    pub instruction_set: Option<String>,
}

/// What a run predicts on one split, by ascending row.
#[derive(Clone, Debug)]
pub struct SplitPredictions {
    /// The split.
    pub split: Split,
    /// Row in the source file; shared by all runs on the same images.
    pub ids: Arc<[u32]>,
    /// True class, below `class_count`; shared likewise.
    pub labels: Arc<[u16]>,
    /// Most probable class, below `class_count`.
    pub predicted: Vec<u16>,
    /// Whether the two are the same.
    pub correct: Vec<bool>,
    /// Number of classes, C.
    pub class_count: usize,
    /// Probability of the predicted class, 0..=1.
    pub confidences: Vec<f32>,
    /// Probability of the true class, 0..=1.
    pub true_probabilities: Vec<f32>,
    /// See [`log_loss`].
    pub log_loss: f64,
    /// See [`brier_score`].
    pub brier_score: f64,
    /// The same over several views of each image, if the model asks for them.
    pub views: Option<Views>,
}

/// What a run predicts over several views of each image.
#[derive(Clone, Debug)]
pub struct Views {
    /// Whether the most probable class is the true one.
    pub correct: Vec<bool>,
    /// See [`log_loss`].
    pub log_loss: f64,
}

impl Views {
    /// Share of images that are predicted correctly.
    pub fn accuracy(&self) -> f64 {
        let correct = self.correct.iter().filter(|&&correct| correct).count();
        correct as f64 / self.correct.len() as f64
    }
}

impl SplitPredictions {
    /// What is known of the images with `ids`, (N), and `labels`, (N), from their `probabilities`, (N, C), and the
    /// most probable classes, (N). The probabilities themselves are not kept: of a thousand runs they would
    /// be gigabytes.
    pub fn new(
        split: Split,
        (ids, labels): (Vec<u32>, Vec<u16>),
        predicted: Vec<u16>,
        probabilities: &[f32],
        class_count: usize,
    ) -> Self {
        let of_class = |classes: &[u16]| {
            let rows = probabilities.chunks_exact(class_count).zip(classes);
            rows.map(|(row, &class)| row[usize::from(class)]).collect()
        };
        Self {
            split,
            correct: labels.iter().zip(&predicted).map(|(a, b)| a == b).collect(),
            confidences: of_class(&predicted),
            true_probabilities: of_class(&labels),
            log_loss: log_loss(&labels, probabilities, class_count),
            brier_score: brier_score(&labels, probabilities, class_count),
            ids: ids.into(),
            labels: labels.into(),
            predicted,
            class_count,
            views: None,
        }
    }

    /// Shares ids and labels with `other` if they are the same; returns whether they are.
    pub fn share(&mut self, other: &Self) -> bool {
        let same = self.ids == other.ids && self.labels == other.labels;
        if same {
            self.ids = other.ids.clone();
            self.labels = other.labels.clone();
        }
        same
    }

    /// Number of images, at least 1.
    pub fn images(&self) -> usize {
        self.ids.len()
    }

    /// Number of images that are predicted correctly.
    pub fn correct_count(&self) -> u64 {
        self.correct.iter().filter(|&&correct| correct).count() as u64
    }

    /// Share of images that are predicted correctly.
    pub fn accuracy(&self) -> f64 {
        self.correct_count() as f64 / self.images() as f64
    }
}

impl Run {
    /// Reads the run in `folder`, whose manifest is `manifest`, on a data set of `class_count` classes,
    /// and checks every value.
    ///
    /// # Errors
    /// Names the file, the row, what was expected and what was found.
    pub fn read(folder: &Path, seed: u64, manifest: &Manifest, class_count: usize) -> Result<Self> {
        let history = read_history(folder, HISTORY_FILE)?;
        let path = folder.join(HISTORY_FILE);
        ensure!(
            !history.is_empty(),
            "{}: expected at least one epoch, found none",
            path.display()
        );
        let path = folder.join(PREDICTIONS_FILE);
        let predictions = Predictions::read(folder, PREDICTIONS_FILE)?;
        check(&path, &predictions, class_count)?;
        let splits: Vec<_> = Split::ALL
            .into_iter()
            .map(|split| of_split(&predictions, split))
            .filter(|split| split.images() > 0)
            .collect();
        ensure!(
            splits.iter().any(|split| split.split == Split::Test),
            "{}: column `split`: expected test rows, found none",
            path.display()
        );
        Ok(Self {
            seed,
            history,
            timing: Timing {
                epochs: read_timings(folder, TIMINGS_FILE)?,
                step_duration_s: manifest.duration_s,
                threads: manifest.made_by.threads,
                processor: manifest.made_by.processor.clone(),
                instruction_set: manifest.made_by.instruction_set.clone(),
            },
            splits,
        })
    }

    /// Its predictions on `split`, if it has any.
    pub fn split(&self, split: Split) -> Option<&SplitPredictions> {
        self.splits
            .iter()
            .find(|predictions| predictions.split == split)
    }
}

/// How far the sum of a row of probabilities may be from 1: roundings to single precision.
const SUM_TOLERANCE: f32 = 1e-3;

fn check(path: &Path, predictions: &Predictions, class_count: usize) -> Result<()> {
    ensure!(
        predictions.class_count == class_count,
        "{}: column `probabilities`: expected {class_count} for each row, found {}",
        path.display(),
        predictions.class_count
    );
    let rows = predictions.probabilities.chunks_exact(class_count);
    check_rows(path, "probabilities", rows)?;
    let in_views = predictions.view_probabilities.as_deref();
    let rows = in_views.unwrap_or_default().chunks_exact(class_count);
    check_rows(path, "view_probabilities", rows)
}

fn check_rows<'a>(path: &Path, column: &str, rows: impl Iterator<Item = &'a [f32]>) -> Result<()> {
    for (row, probabilities) in rows.enumerate() {
        let sum: f32 = probabilities.iter().sum();
        let valid = probabilities
            .iter()
            .all(|probability| (0.0..=1.0).contains(probability));
        if !valid || (sum - 1.0).abs() > SUM_TOLERANCE {
            let class_count = probabilities.len();
            let first = &probabilities[..class_count.min(10)];
            bail!(
                "{}: row {row}: column `{column}`: expected {class_count} values from 0 to 1 \
                 that add up to 1, found {first:?}{} with the sum {sum}",
                path.display(),
                if class_count > 10 { " and more" } else { "" }
            );
        }
    }
    Ok(())
}

fn of_split(predictions: &Predictions, split: Split) -> SplitPredictions {
    let mut rows: Vec<usize> = (0..predictions.len())
        .filter(|&row| predictions.splits[row] == split)
        .collect();
    rows.sort_by_key(|&row| predictions.ids[row]);
    let of_rows = |all: &[f32]| -> Vec<f32> {
        let row = |&row: &usize| &all[row * predictions.class_count..][..predictions.class_count];
        rows.iter().flat_map(row).copied().collect()
    };
    let labels: Vec<u16> = rows.iter().map(|&row| predictions.labels[row]).collect();
    let views = predictions
        .view_probabilities
        .as_ref()
        .map(|in_views| Views {
            correct: rows
                .iter()
                .map(|&row| predictions.predicted_in_views(row) == Some(predictions.labels[row]))
                .collect(),
            log_loss: log_loss(&labels, &of_rows(in_views), predictions.class_count),
        });
    let single = SplitPredictions::new(
        split,
        (
            rows.iter().map(|&row| predictions.ids[row]).collect(),
            labels,
        ),
        rows.iter().map(|&row| predictions.predicted(row)).collect(),
        &of_rows(&predictions.probabilities),
        predictions.class_count,
    );
    SplitPredictions { views, ..single }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn predictions_of_another_number_of_classes_are_refused() {
        let predictions = Predictions {
            class_count: 3,
            ids: vec![0],
            splits: vec![Split::Test],
            labels: vec![2],
            probabilities: vec![0.5, 0.25, 0.25],
            view_probabilities: None,
        };
        let path = Path::new("predictions.parquet");
        assert!(check(path, &predictions, 3).is_ok());
        assert_eq!(
            check(path, &predictions, 10).unwrap_err().to_string(),
            "predictions.parquet: column `probabilities`: expected 10 for each row, found 3"
        );
    }

    #[test]
    fn probabilities_that_do_not_add_up_to_one_are_refused() {
        let predictions = Predictions {
            class_count: 2,
            ids: vec![0],
            splits: vec![Split::Test],
            labels: vec![1],
            probabilities: vec![0.5, 0.25],
            view_probabilities: None,
        };
        assert_eq!(
            check(Path::new("predictions.parquet"), &predictions, 2)
                .unwrap_err()
                .to_string(),
            "predictions.parquet: row 0: column `probabilities`: expected 2 values from 0 to 1 \
             that add up to 1, found [0.5, 0.25] with the sum 0.75"
        );
    }
}
