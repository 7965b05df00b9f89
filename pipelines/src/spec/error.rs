//! What can be wrong with a spec.

use std::path::{Path, PathBuf};

use super::line;

/// A spec that cannot be used: file, key, what was expected, what was found.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}: {key}: expected {expected}, found {found}", self.place())]
pub struct SpecError {
    /// The spec's file.
    pub path: PathBuf,
    /// The line of the file, counted from 1, where one can be named.
    pub line: Option<usize>,
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
            line: None,
            key: key.into(),
            expected: expected.into(),
            found: found.into(),
        }
    }

    /// The same with the line of its key, if it is about `text`, the file at `path`, and stands there.
    pub(super) fn located(self, path: &Path, text: &str) -> Self {
        let is_here = self.line.is_none() && self.path == path;
        let line = is_here.then(|| line::find(text, &self.key)).flatten();
        Self {
            line: self.line.or(line),
            ..self
        }
    }

    /// Such as `paper.toml:12`, which editors and terminals open.
    fn place(&self) -> String {
        match self.line {
            Some(line) => format!("{}:{line}", self.path.display()),
            None => self.path.display().to_string(),
        }
    }
}
