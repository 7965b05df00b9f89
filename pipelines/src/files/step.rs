//! One unit of work.

use std::fmt;

use crate::stage::Stage;

/// One unit of work: one process, one folder, one manifest.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// IDX files to Parquet.
    Ingest,
    /// All shards of one policy.
    Augment {
        /// The policy's name.
        policy: String,
    },
    /// One model from one seed.
    Train {
        /// The model's name.
        model: String,
        /// The seed.
        seed: u64,
    },
    /// All tables.
    Evaluate,
    /// The report.
    Report,
}

impl Step {
    /// The stage that does it.
    pub fn stage(&self) -> Stage {
        match self {
            Step::Ingest => Stage::Ingest,
            Step::Augment { .. } => Stage::Augment,
            Step::Train { .. } => Stage::Train,
            Step::Evaluate => Stage::Evaluate,
            Step::Report => Stage::Report,
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Step::Ingest | Step::Evaluate | Step::Report => write!(f, "{}", self.stage()),
            Step::Augment { policy } => write!(f, "augment {policy}"),
            Step::Train { model, seed } => write!(f, "train {model} seed {seed}"),
        }
    }
}
