//! The tables that `evaluate` writes and `report` reads: file names, columns, types, units.
//!
//! Each table lies in `runs/<spec>/evaluate/` twice, as `<name>.parquet` and `<name>.csv`. Rows
//! stand in the spec's order of models, then by seed, then by split (train, validation, test), then
//! as the table's columns say. Fractions are 0..=1 and differences of fractions −1..=1; per cent
//! belongs to the report. `evaluate` refuses to write a table that differs from what stands here.
//!
//! Every table but [`TRAINING_TIMES`] has the same bytes on every run from the same predictions.
//! How the statistics are made, and what they do not say, is in `docs/statistics.md`.

mod column;
mod descriptive;
mod inferential;

pub use column::{Column, ColumnType};
pub use descriptive::{
    CALIBRATION, CLASSIFICATION_REPORT, CONFUSION_MATRIX, CONFUSIONS, FAILURES, HARDEST_IMAGES,
    HISTORIES, RELIABILITY, RUNS, TABLE_1, TRAINING_TIMES,
};
pub use inferential::{
    AGREEMENT, CHANGES, COMPARISONS, PUBLISHED, RANKING, SEED_COMPARISONS, SUMMARY,
};

/// One table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Table {
    /// File name without extension.
    pub name: &'static str,
    /// What a row is, in one sentence.
    pub about: &'static str,
    /// The columns, in the file's order.
    pub columns: &'static [Column],
}

impl Table {
    /// `<name>.parquet`
    pub fn parquet_file(&self) -> String {
        format!("{}.parquet", self.name)
    }

    /// `<name>.csv`
    pub fn csv_file(&self) -> String {
        format!("{}.csv", self.name)
    }
}

/// All tables, in the order in which a reader would open them.
pub const ALL: [Table; 18] = [
    TABLE_1,
    SUMMARY,
    RANKING,
    CHANGES,
    COMPARISONS,
    SEED_COMPARISONS,
    PUBLISHED,
    RUNS,
    CLASSIFICATION_REPORT,
    CONFUSION_MATRIX,
    CONFUSIONS,
    CALIBRATION,
    RELIABILITY,
    AGREEMENT,
    HARDEST_IMAGES,
    HISTORIES,
    TRAINING_TIMES,
    FAILURES,
];

/// Value of `class` in [`CLASSIFICATION_REPORT`]: the plain mean over classes.
pub const MACRO_AVERAGE: &str = "macro avg";
/// Value of `class` in [`CLASSIFICATION_REPORT`]: the mean over classes, weighted by support.
pub const WEIGHTED_AVERAGE: &str = "weighted avg";

/// Value of `scope`: each model stands for one trained network. The interval holds the sampling
/// error of the images alone; another seed may turn out otherwise.
pub const ONE_RUN_EACH: &str = "one run each";
/// Value of `scope`: both models have at least two seeds, and the interval holds the spread over
/// seeds too.
pub const OVER_SEEDS: &str = "over seeds";

/// Value of `test`: McNemar's exact test of two networks on the same images.
pub const MCNEMAR: &str = "mcnemar exact";
/// Value of `test`: Student's t with Satterthwaite's degrees of freedom, images and seeds both
/// being samples.
pub const SATTERTHWAITE: &str = "t over images and seeds";

/// Value of `verdict`: over seeds and images, the change raises test accuracy.
pub const HELPS: &str = "helps";
/// Value of `verdict`: over seeds and images, the change lowers test accuracy.
pub const HURTS: &str = "hurts";
/// Value of `verdict`: the one network with the change is better on such images; seeds not tried.
pub const HELPS_IN_THIS_RUN: &str = "helps in this run";
/// Value of `verdict`: the one network with the change is worse on such images; seeds not tried.
pub const HURTS_IN_THIS_RUN: &str = "hurts in this run";
/// Value of `verdict`: the corrected p-value does not reach significance. Not a proof of no effect.
pub const NO_EVIDENCE: &str = "no evidence at this size";

/// Values of `metric` in [`SUMMARY`] and [`PUBLISHED`], with their unit and whether higher is
/// better.
pub const METRICS: [Metric; 10] = [
    Metric::new("accuracy", "fraction", true),
    Metric::new("misclassification_rate", "fraction", false),
    Metric::new("log_loss", "nats", false),
    Metric::new("macro_f1", "fraction", true),
    Metric::new("expected_calibration_error", "fraction", false),
    Metric::new("brier_score", "squared probability", false),
    Metric::new("highest_train_accuracy", "fraction", true),
    Metric::new("highest_validation_accuracy", "fraction", true),
    Metric::new("delta", "fraction", false),
    Metric::new("overfitting_gap", "fraction", false),
];

/// What a number measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Metric {
    /// Its name in the `metric` column.
    pub name: &'static str,
    /// Its unit.
    pub unit: &'static str,
    /// Whether more of it is better.
    pub higher_is_better: bool,
}

impl Metric {
    const fn new(name: &'static str, unit: &'static str, higher_is_better: bool) -> Self {
        Self {
            name,
            unit,
            higher_is_better,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn tables_and_their_columns_have_names_of_their_own() {
        let names: BTreeSet<_> = ALL.iter().map(|table| table.name).collect();
        assert_eq!(names.len(), ALL.len());
        for table in ALL {
            let columns: BTreeSet<_> = table.columns.iter().map(|column| column.name).collect();
            assert_eq!(columns.len(), table.columns.len(), "{}", table.name);
        }
    }
}
