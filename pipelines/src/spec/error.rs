//! What can be wrong with a spec.

use std::path::{Path, PathBuf};

/// A spec that cannot be used: file, key, what was expected, what was found.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}: {key}: expected {expected}, found {found}", path.display())]
pub struct SpecError {
    /// The spec's file.
    pub path: PathBuf,
    /// The key inside the file, such as `model-7: layer 3: units`.
    pub key: String,
    /// What would have been accepted.
    pub expected: String,
    /// What stands there.
    pub found: String,
}

impl SpecError {
    /// An error about `key` in the file at `path`.
    pub fn new(
        path: &Path,
        key: impl Into<String>,
        expected: impl Into<String>,
        found: impl Into<String>,
    ) -> Self {
        Self {
            path: path.to_path_buf(),
            key: key.into(),
            expected: expected.into(),
            found: found.into(),
        }
    }
}
