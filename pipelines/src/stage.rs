//! The five stages, in the order in which data flows.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One of the five stages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// IDX files to Parquet.
    Ingest,
    /// Ingested images to warped shards.
    Augment,
    /// Images to weights, history and predictions.
    Train,
    /// Predictions and histories to tables of metrics.
    Evaluate,
    /// Tables of metrics to a report.
    Report,
}

impl Stage {
    /// All stages, in the order in which they run.
    pub const ALL: [Stage; 5] = [
        Stage::Ingest,
        Stage::Augment,
        Stage::Train,
        Stage::Evaluate,
        Stage::Report,
    ];

    /// Name of the crate, of its binary and of its folder.
    pub fn name(self) -> &'static str {
        match self {
            Stage::Ingest => "ingest",
            Stage::Augment => "augment",
            Stage::Train => "train",
            Stage::Evaluate => "evaluate",
            Stage::Report => "report",
        }
    }

    /// Raised by hand whenever the same inputs would give other bytes: what an older version
    /// wrote is then made again.
    pub fn version(self) -> u32 {
        match self {
            Stage::Ingest => 4,
            Stage::Augment => 2,
            Stage::Train => 3,
            Stage::Evaluate => 6,
            Stage::Report => 13,
        }
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
