//! The size and the hash of a file.

use std::path::Path;

use anyhow::Result;
use serde::{Deserialize, Serialize};

use crate::files::{atomic_file, sha256};

/// Size and hash of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Artifact {
    /// SHA-256 of the bytes.
    pub sha256: String,
    /// Number of bytes.
    pub size_bytes: u64,
}

impl Artifact {
    /// Of bytes in memory.
    pub fn of(bytes: &[u8]) -> Self {
        Self {
            sha256: sha256::hex(bytes),
            size_bytes: bytes.len() as u64,
        }
    }

    /// Writes `bytes` to `path`, whole or not at all.
    ///
    /// # Errors
    /// Names the file and the space that was needed.
    pub fn write(path: &Path, bytes: &[u8]) -> Result<Self> {
        atomic_file::write(path, bytes)?;
        Ok(Self::of(bytes))
    }

    /// The first difference between `bytes` and what was written, as "expected …, found …".
    pub fn difference(&self, bytes: &[u8]) -> Option<String> {
        let size_bytes = bytes.len() as u64;
        if size_bytes != self.size_bytes {
            return Some(size_difference(self.size_bytes, size_bytes));
        }
        let sha256 = sha256::hex(bytes);
        (sha256 != self.sha256).then(|| format!("expected SHA-256 {}, found {sha256}", self.sha256))
    }
}

/// "expected … bytes, found …"
pub(super) fn size_difference(expected_bytes: u64, found_bytes: u64) -> String {
    format!("expected {expected_bytes} bytes, found {found_bytes}")
}
