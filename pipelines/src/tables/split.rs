//! What a row is for.

use std::path::Path;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

/// Column: `train`, `validation` or `test`.
pub const SPLIT: &str = "split";

/// What a row is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Split {
    /// Trained on.
    Train,
    /// Choices are made on these.
    Validation,
    /// Predicted once, after training.
    Test,
}

impl Split {
    /// All splits, in the order of the tables.
    pub const ALL: [Split; 3] = [Split::Train, Split::Validation, Split::Test];

    /// The word in the column.
    pub fn name(self) -> &'static str {
        match self {
            Split::Train => "train",
            Split::Validation => "validation",
            Split::Test => "test",
        }
    }

    /// The split of a word in the column of the file at `path`.
    ///
    /// # Errors
    /// Another word.
    pub fn from_name(path: &Path, name: &str) -> Result<Self> {
        Split::ALL
            .into_iter()
            .find(|split| split.name() == name)
            .with_context(|| {
                format!(
                    "{}: column `{SPLIT}`: expected train, validation or test, found `{name}`",
                    path.display()
                )
            })
    }
}
