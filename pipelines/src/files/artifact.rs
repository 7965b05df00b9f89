//! A file whose bytes are known.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};

use crate::files::manifest::Manifest;
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

    /// The first difference between `bytes` and what was written once, as "expected …, found …".
    pub fn difference(&self, bytes: &[u8]) -> Option<String> {
        let size_bytes = bytes.len() as u64;
        if size_bytes != self.size_bytes {
            return Some(size_difference(self.size_bytes, size_bytes));
        }
        let sha256 = sha256::hex(bytes);
        (sha256 != self.sha256).then(|| format!("expected SHA-256 {}, found {sha256}", self.sha256))
    }
}

/// Reads `file` of `folder` and checks it against the folder's manifest.
///
/// # Errors
/// A missing manifest, a file that the manifest does not name, and bytes that are not those that
/// were written; each says what to run to make the file again.
pub fn read(folder: &Path, file: &str) -> Result<Vec<u8>> {
    let path = folder.join(file);
    let manifest = Manifest::read(folder)?.with_context(|| {
        format!(
            "{}: expected a manifest beside it, found none; run the step that makes it",
            path.display()
        )
    })?;
    let remedy = format!("run `{} --force` to make it again", manifest.remedy);
    let artifact = manifest.outputs.get(file).with_context(|| {
        format!(
            "{}: expected in the manifest beside it, found only {}; {remedy}",
            path.display(),
            manifest
                .outputs
                .keys()
                .cloned()
                .collect::<Vec<_>>()
                .join(", ")
        )
    })?;
    let context = || format!("cannot read {}; {remedy}", path.display());
    // A foreign file may be of any size: it is not read to find that out.
    let size_bytes = fs::metadata(&path).with_context(context)?.len();
    let difference = if size_bytes == artifact.size_bytes {
        let bytes = fs::read(&path).with_context(context)?;
        match artifact.difference(&bytes) {
            None => return Ok(bytes),
            Some(difference) => difference,
        }
    } else {
        size_difference(artifact.size_bytes, size_bytes)
    };
    if Manifest::read(folder)?.as_ref() != Some(&manifest) {
        bail!(
            "{} is just being made again by another run; wait for it and run this again",
            path.display()
        );
    }
    bail!("{} is damaged: {difference}; {remedy}", path.display())
}

fn size_difference(expected_bytes: u64, found_bytes: u64) -> String {
    format!("expected {expected_bytes} bytes, found {found_bytes}")
}
