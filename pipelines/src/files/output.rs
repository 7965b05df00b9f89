//! A file that a step wrote, read back.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

use super::artifact::size_difference;
use super::manifest::Manifest;

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
            "{} is being made again by another run; wait for it to end and run this again",
            path.display()
        );
    }
    bail!("{} is damaged: {difference}; {remedy}", path.display())
}
