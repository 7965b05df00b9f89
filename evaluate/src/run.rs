//! One trained run, as far as evaluation goes.

use std::path::Path;

use anyhow::{Result, bail, ensure};
use pipelines::class::CLASS_COUNT;
use pipelines::files::layout::{HISTORY_FILE, PREDICTIONS_FILE, TIMINGS_FILE};
use pipelines::files::manifest::Manifest;
use pipelines::tables::history::{EpochRecord, EpochTiming, read_history, read_timings};
use pipelines::tables::images::Split;
use pipelines::tables::predictions::Predictions;

/// One model trained from one seed.
#[derive(Clone, Debug)]
pub struct Run {
    /// Seed that it was trained from.
    pub seed: u64,
    /// Epoch by epoch; at least one.
    pub history: Vec<EpochRecord>,
    /// How long it took.
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
    /// Threads that it was given.
    pub threads: usize,
    /// Name of the processor.
    pub processor: String,
}

/// What a run predicts on one split, by ascending row.
#[derive(Clone, Debug)]
pub struct SplitPredictions {
    /// The split.
    pub split: Split,
    /// Row in the source file.
    pub ids: Vec<u32>,
    /// True class, 0..10.
    pub labels: Vec<u8>,
    /// Most probable class, 0..10.
    pub predicted: Vec<u8>,
    /// Whether the two are the same.
    pub hits: Vec<bool>,
    /// (N, 10), each row adding up to 1.
    pub probabilities: Vec<f32>,
}

impl SplitPredictions {
    /// Number of images, at least 1.
    pub fn images(&self) -> usize {
        self.ids.len()
    }

    /// Number of images that are right.
    pub fn correct(&self) -> u64 {
        self.hits.iter().filter(|&&hit| hit).count() as u64
    }

    /// Share of images that are right.
    pub fn accuracy(&self) -> f64 {
        self.correct() as f64 / self.images() as f64
    }
}

impl Run {
    /// Reads the run in `folder`, whose manifest is `manifest`, and checks every value.
    ///
    /// # Errors
    /// Names the file, the row, what was expected and what was found.
    pub fn read(folder: &Path, seed: u64, manifest: &Manifest) -> Result<Self> {
        let history = read_history(folder, HISTORY_FILE)?;
        let path = folder.join(HISTORY_FILE);
        ensure!(
            !history.is_empty(),
            "{}: expected at least one epoch, found none",
            path.display()
        );
        let path = folder.join(PREDICTIONS_FILE);
        let predictions = Predictions::read(folder, PREDICTIONS_FILE)?;
        check(&path, &predictions)?;
        let splits: Vec<_> = Split::ALL
            .into_iter()
            .map(|split| of_split(&predictions, split))
            .filter(|split| split.images() > 0)
            .collect();
        for needed in [Split::Validation, Split::Test] {
            ensure!(
                splits.iter().any(|split| split.split == needed),
                "{}: column `split`: expected {} rows, found none",
                path.display(),
                needed.name()
            );
        }
        Ok(Self {
            seed,
            history,
            timing: Timing {
                epochs: read_timings(folder, TIMINGS_FILE)?,
                step_duration_s: manifest.duration_s,
                threads: manifest.made_by.threads,
                processor: manifest.made_by.processor.clone(),
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

/// How far a row of probabilities may be from adding up to 1: ten roundings to single precision.
const SUM_TOLERANCE: f32 = 1e-3;

fn check(path: &Path, predictions: &Predictions) -> Result<()> {
    for (row, &label) in predictions.labels.iter().enumerate() {
        ensure!(
            usize::from(label) < CLASS_COUNT,
            "{}: row {row}: column `label`: expected 0 to 9, found {label}",
            path.display()
        );
        let probabilities = &predictions.probabilities[row * CLASS_COUNT..][..CLASS_COUNT];
        let sum: f32 = probabilities.iter().sum();
        let sound = probabilities
            .iter()
            .all(|probability| (0.0..=1.0).contains(probability));
        if !sound || (sum - 1.0).abs() > SUM_TOLERANCE {
            bail!(
                "{}: row {row}: column `probabilities`: expected ten from 0 to 1 that add up to 1, \
                 found {probabilities:?}",
                path.display()
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
    let predicted: Vec<u8> = rows.iter().map(|&row| predictions.predicted(row)).collect();
    let labels: Vec<u8> = rows.iter().map(|&row| predictions.labels[row]).collect();
    SplitPredictions {
        split,
        ids: rows.iter().map(|&row| predictions.ids[row]).collect(),
        hits: labels.iter().zip(&predicted).map(|(a, b)| a == b).collect(),
        labels,
        predicted,
        probabilities: rows
            .iter()
            .flat_map(|&row| &predictions.probabilities[row * CLASS_COUNT..][..CLASS_COUNT])
            .copied()
            .collect(),
    }
}
