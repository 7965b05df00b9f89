//! What is wrong with a file that came from outside.

use std::path::Path;

/// One fault of one file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {field}: expected {expected}, found {found}")]
pub struct InvalidFile {
    /// Path or address of the file.
    pub path: String,
    /// Part of the file, such as "magic number".
    pub field: &'static str,
    /// What should stand there.
    pub expected: String,
    /// What stands there.
    pub found: String,
}

impl InvalidFile {
    /// Of the file at `path`.
    pub fn new(
        path: &Path,
        field: &'static str,
        expected: impl ToString,
        found: impl ToString,
    ) -> Self {
        Self {
            path: path.display().to_string(),
            field,
            expected: expected.to_string(),
            found: found.to_string(),
        }
    }
}
