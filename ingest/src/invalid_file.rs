//! The error of an invalid file from outside.

use std::path::Path;

/// The first thing that is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {field}: expected {expected}, found {found}")]
pub struct InvalidFile {
    /// Path or address of the file.
    pub path: String,
    /// Part of the file, such as "magic number".
    pub field: &'static str,
    /// What the field should hold.
    pub expected: String,
    /// What it holds.
    pub found: String,
}

impl InvalidFile {
    /// The error of the file at `path`.
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
