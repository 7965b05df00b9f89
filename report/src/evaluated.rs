//! The tables of `evaluate`, row by row.

mod cell;
mod rows;

use std::path::Path;

use anyhow::Result;
use pipelines::tables::metrics;

use rows::rows;

/// All tables that the report is made from.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tables {
    /// The paper's Table 1, run by run.
    pub table_1: Vec<Table1>,
    /// Metrics over seeds.
    pub summary: Vec<Summary>,
    /// Models, best on validation first.
    pub ranking: Vec<Ranking>,
    /// What each change did.
    pub changes: Vec<Change>,
    /// Every two models on the same images.
    pub comparisons: Vec<Comparison>,
    /// Ours against the paper's.
    pub published: Vec<PublishedRow>,
    /// Accuracy and loss by run and split.
    pub runs: Vec<Run>,
    /// Precision, recall, F1 and support.
    pub classification_report: Vec<ClassMetrics>,
    /// Confusion matrices in long form.
    pub confusion_matrix: Vec<ConfusionCell>,
    /// Pairs of classes that are taken for each other.
    pub confusions: Vec<ConfusionPair>,
    /// Calibration in single numbers.
    pub calibration: Vec<Calibration>,
    /// Reliability diagrams.
    pub reliability: Vec<ReliabilityBin>,
    /// How often models say the same.
    pub agreement: Vec<Agreement>,
    /// Images that most models get wrong.
    pub hardest_images: Vec<HardImage>,
    /// All epochs of all runs.
    pub histories: Vec<Epoch>,
    /// Durations.
    pub training_times: Vec<TrainingTime>,
    /// Runs that ended without a result.
    pub failures: Vec<Failure>,
}

impl Tables {
    /// Reads the tables of `folder` and checks them against its manifest.
    ///
    /// # Errors
    /// Names the file, the column, what was expected and what was found.
    pub fn read(folder: &Path) -> Result<Self> {
        Ok(Self {
            table_1: Table1::read(folder)?,
            summary: Summary::read(folder)?,
            ranking: Ranking::read(folder)?,
            changes: Change::read(folder)?,
            comparisons: Comparison::read(folder)?,
            published: PublishedRow::read(folder)?,
            runs: Run::read(folder)?,
            classification_report: ClassMetrics::read(folder)?,
            confusion_matrix: ConfusionCell::read(folder)?,
            confusions: ConfusionPair::read(folder)?,
            calibration: Calibration::read(folder)?,
            reliability: ReliabilityBin::read(folder)?,
            agreement: Agreement::read(folder)?,
            hardest_images: HardImage::read(folder)?,
            histories: Epoch::read(folder)?,
            training_times: TrainingTime::read(folder)?,
            failures: Failure::read(folder)?,
        })
    }

    /// The metric of a model over its runs.
    pub fn metric(&self, model: &str, split: Option<&str>, metric: &str) -> Option<&Summary> {
        self.summary
            .iter()
            .find(|row| row.model == model && row.split.as_deref() == split && row.metric == metric)
    }

    /// The model that is best on validation.
    pub fn champion(&self) -> Option<&Ranking> {
        self.ranking.iter().find(|row| row.champion)
    }

    /// The comparison of two models on one split, in the order of the table.
    pub fn comparison(&self, split: &str, one: &str, other: &str) -> Option<&Comparison> {
        self.comparisons.iter().find(|row| {
            row.split == split
                && ((row.model_a == one && row.model_b == other)
                    || (row.model_a == other && row.model_b == one))
        })
    }
}

rows! {
    /// One run: the columns of the paper's Table 1.
    Table1 of metrics::TABLE_1 {
        model: String, seed: u64, epochs: u64, highest_train_accuracy: f64,
        highest_validation_accuracy: f64, best_epoch: u64, validation_accuracy: f64,
        test_accuracy: f64, misclassification_rate: f64, delta: f64,
        train_inference_accuracy: Option<f64>, overfitting_gap: Option<f64>,
    }
    /// One metric of one model over its runs.
    Summary of metrics::SUMMARY {
        model: String, split: Option<String>, metric: String, higher_is_better: bool,
        runs: u64, mean: f64, std: Option<f64>, min: f64, max: f64,
        sampling_std_error: Option<f64>, seed_std_error: Option<f64>,
        low: Option<f64>, high: Option<f64>,
    }
    /// One model by its rank.
    Ranking of metrics::RANKING {
        model: String, runs: u64, validation_rank: u64, validation_accuracy: f64,
        test_rank: u64, test_accuracy: f64, champion: bool,
        difference_to_champion: Option<f64>, p_value_corrected: Option<f64>,
        distinguishable: Option<bool>, scope: Option<String>,
    }
    /// One model that extends another.
    Change of metrics::CHANGES {
        model: String, extends: String, changed: String, change_count: u64, scope: String,
        runs: u64, extended_runs: u64,
        validation_difference: f64, validation_low: f64, validation_high: f64,
        validation_p_value_corrected: f64,
        test_difference: f64, test_low: f64, test_high: f64,
        test_p_value: f64, test_p_value_corrected: f64, verdict: String,
        test_images_needed: Option<u64>, seeds_needed: Option<u64>, seed_std: Option<f64>,
        seed_std_from: Option<String>, tolerated_seed_std: Option<f64>,
    }
    /// Two models on the same images of one split.
    Comparison of metrics::COMPARISONS {
        split: String, model_a: String, model_b: String, scope: String, n: u64,
        accuracy_a: f64, accuracy_b: f64, difference: f64,
        only_a_correct: f64, only_b_correct: f64, low: f64, high: f64,
        test: String, p_value: f64, p_value_corrected: f64, significant: bool,
    }
    /// One published accuracy of one model beside ours.
    PublishedRow of metrics::PUBLISHED {
        model: String, source: String, metric: String, split: String, published: f64,
        runs: u64, ours: f64, difference: f64, low: Option<f64>, high: Option<f64>,
        inside: Option<bool>, prediction_low: Option<f64>, prediction_high: Option<f64>,
        inside_prediction: Option<bool>,
    }
    /// One run on one split.
    Run of metrics::RUNS {
        model: String, seed: u64, split: String, n: u64, correct: u64, accuracy: f64,
        log_loss: f64, wilson_low: f64, wilson_high: f64,
    }
    /// One class, or one average over classes, of one run on one split.
    ClassMetrics of metrics::CLASSIFICATION_REPORT {
        model: String, seed: u64, split: String, class: String, label: Option<u64>,
        precision: f64, recall: f64, f1: f64, support: u64,
    }
    /// One cell of a confusion matrix.
    ConfusionCell of metrics::CONFUSION_MATRIX {
        model: String, seed: u64, split: String, label: u64, predicted: u64, count: u64,
    }
    /// One pair of classes that a model takes for each other.
    ConfusionPair of metrics::CONFUSIONS {
        model: String, rank: u64, label_a: u64, label_b: u64, class_a: String, class_b: String,
        a_as_b: f64, b_as_a: f64, errors: f64, share_of_errors: f64,
    }
    /// How well the probabilities of one run mean what they say.
    Calibration of metrics::CALIBRATION {
        model: String, seed: u64, split: String, n: u64, expected_calibration_error: f64,
        maximum_calibration_error: f64, mean_confidence: f64, accuracy: f64, brier_score: f64,
    }
    /// One confidence bin of one run on one split.
    ReliabilityBin of metrics::RELIABILITY {
        model: String, seed: u64, split: String, bin: u64, low: f64, high: f64, n: u64,
        mean_confidence: Option<f64>, accuracy: Option<f64>,
    }
    /// Two models, or two seeds of one, on the test images.
    Agreement of metrics::AGREEMENT {
        model_a: String, model_b: String, run_pairs: u64, n: u64, agreement: f64, kappa: f64,
        both_correct: f64, both_wrong: f64, same_wrong_class: f64,
    }
    /// One of the test images that most models get wrong.
    HardImage of metrics::HARDEST_IMAGES {
        rank: u64, id: u64, label: u64, class: String, wrong_share: f64, wrong_runs: u64,
        runs: u64, predicted: u64, predicted_class: String, true_probability: f64,
    }
    /// One epoch of one run.
    Epoch of metrics::HISTORIES {
        model: String, seed: u64, epoch: u64, train_loss: f64, train_accuracy: f64,
        validation_loss: f64, validation_accuracy: f64, learning_rate: f64,
    }
    /// How long one run took, and on what.
    TrainingTime of metrics::TRAINING_TIMES {
        model: String, seed: u64, epochs: u64, duration_s: f64, median_epoch_s: f64,
        images_per_s: f64, step_duration_s: f64, threads: u64, processor: String,
    }
    /// One run that failed.
    Failure of metrics::FAILURES {
        model: String, seed: u64, reason: String,
    }
}
