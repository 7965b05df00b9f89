//! The tables that `evaluate` writes and `report` reads: file names, columns, types, units.
//!
//! `runs/<spec>/evaluate/` has each table twice, as `<name>.parquet` and `<name>.csv`. Rows follow the
//! spec's order of models, then seeds, then splits (train, validation, test), then the columns of the
//! table. Fractions are 0..=1 and differences of fractions −1..=1; only the report uses per cent.
//!
//! A table is declared once, as its row type: the fields are the columns. `evaluate` fills rows and
//! calls `encode`, `report` calls `read`. [`PUBLISHED`] and [`PUBLISHED_DIFFERENCES`] are written only for a
//! spec that names a publication, [`CANDIDATES`] and [`CANDIDATE_VALUES`] for one with sweeps.
//!
//! The same predictions give the same bytes of every table but [`TRAINING_TIMES`]. What the
//! statistics assume, and what they do not say, is in `docs/statistics.md`.

#[cfg(feature = "stage")]
mod file;
mod row;

mod descriptive;
mod inferential;
mod published;
mod sweeps;

#[cfg(feature = "stage")]
pub use file::{encode, read};
use row::tables;
pub use row::{Column, Row, Table};

pub use descriptive::*;
pub use inferential::*;
pub use published::*;
pub use sweeps::*;

/// All tables, in the order in which a reader would open them.
pub const ALL: [Table; 24] = [
    ACCURACIES,
    SUMMARY,
    RANKING,
    CHANGES,
    CLASS_CHANGES,
    LOOKS,
    COMPARISONS,
    SEED_COMPARISONS,
    PUBLISHED,
    PUBLISHED_DIFFERENCES,
    CANDIDATES,
    CANDIDATE_VALUES,
    RUNS,
    VIEWS,
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

/// Up to this number of classes [`CONFUSION_MATRIX`] has a row for every cell; with more, a cell
/// without a row has no images.
pub const MAX_WHOLE_MATRIX_CLASSES: usize = 50;
/// Of more models than this, only so many, the best on validation, are all compared with each other.
pub const MOST_COMPARED_WITH_ALL: usize = 20;
/// Largest number of rows that [`CONFUSIONS`] has for a model.
pub const MAX_CONFUSED_PAIRS: usize = 500;

/// Value of `class` in [`CLASSIFICATION_REPORT`]: the plain mean over classes.
pub const MACRO_AVERAGE: &str = "macro avg";
/// Value of `class` in [`CLASSIFICATION_REPORT`]: the mean over classes, weighted by support.
pub const WEIGHTED_AVERAGE: &str = "weighted avg";

/// Value of `metric` in [`CLASS_CHANGES`]: the share of the images of the class that are predicted as it.
pub const RECALL: &str = "recall";
/// Value of `metric` in [`CLASS_CHANGES`]: the share of the predictions of the class that are correct.
pub const PRECISION: &str = "precision";

/// Value of `scope`: each model is represented by one trained network. The interval covers the
/// sampling of images alone; another seed may give another result.
pub const ONE_RUN_EACH: &str = "one run each";
/// Value of `scope`: both models have at least two seeds, and the interval covers the spread over
/// seeds too.
pub const OVER_SEEDS: &str = "over seeds";

/// Value of `test`: McNemar's exact test of two networks on the same images.
pub const MCNEMAR: &str = "mcnemar exact";
/// Value of `test`: Banerjee's, each source of chance with the t quantile of its own degrees of freedom;
/// images and seeds are both samples.
pub const BANERJEE: &str = "t over images and seeds";

/// Value of `verdict`: over seeds and images, the change raises test accuracy.
pub const HELPS: &str = "helps";
/// Value of `verdict`: over seeds and images, the change lowers test accuracy.
pub const HURTS: &str = "hurts";
/// Value of `verdict`: this one network with the change is better; other seeds were not tried.
pub const HELPS_IN_THIS_RUN: &str = "helps in this run";
/// Value of `verdict`: this one network with the change is worse; other seeds were not tried.
pub const HURTS_IN_THIS_RUN: &str = "hurts in this run";
/// Value of `verdict`: the corrected p-value is not significant. This is no proof of no effect.
pub const NO_EVIDENCE: &str = "no evidence at this size";
/// Value of `verdict`: over seeds and images, the difference is smaller than the spec's
/// `equivalence_margin`.
pub const EQUIVALENT: &str = "equivalent within the margin";
/// Value of `verdict`: these two networks differ by less than the margin; other seeds were not tried.
pub const EQUIVALENT_IN_THIS_RUN: &str = "equivalent within the margin in this run";
/// Value of `verdict`: neither a difference nor equivalence within the margin is significant.
pub const UNDECIDED: &str = "undecided";

/// Value of `images_needed_status` and `seeds_needed_status`: the column before has the number.
pub const NUMBER: &str = "number";
/// The other source of chance hides the effect from any number.
pub const NO_NUMBER_WOULD_DO: &str = "no number would do";
/// There is no difference to find.
pub const NO_DIFFERENCE: &str = "no difference";
/// No model has two runs, so the spread over seeds is not known.
pub const NO_SPREAD_KNOWN: &str = "no spread known";

/// Values of `metric` in [`SUMMARY`] and [`PUBLISHED`], with their unit and whether higher is
/// better.
pub const METRICS: [Metric; 12] = [
    Metric::new("accuracy", "fraction", true),
    Metric::new("view_accuracy", "fraction", true),
    Metric::new("misclassification_rate", "fraction", false),
    Metric::new("log_loss", "nats", false),
    Metric::new("macro_f1", "fraction", true),
    Metric::new("balanced_accuracy", "fraction", true),
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
    use crate::files::layout::CHANGES_FILE;

    #[test]
    fn the_table_that_other_studies_read_has_the_name_that_the_layout_knows() {
        assert_eq!(CHANGES.parquet_file(), CHANGES_FILE);
    }

    #[test]
    fn names_of_tables_and_of_their_columns_are_unique() {
        let names: BTreeSet<_> = ALL.iter().map(|table| table.name).collect();
        assert_eq!(names.len(), ALL.len());
        for table in ALL {
            let columns: BTreeSet<_> = table.columns.iter().map(|column| column.name).collect();
            assert_eq!(columns.len(), table.columns.len(), "{}", table.name);
        }
    }
}
