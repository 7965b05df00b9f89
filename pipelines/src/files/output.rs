//! A file that a step wrote, read back.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use super::artifact::{Artifact, size_difference};
use super::manifest::Manifest;

/// Reads `file` of `folder` and checks it against the folder's manifest.
///
/// # Errors
/// A missing manifest, a file that the manifest does not name, and bytes that are not those that
/// were written; each says what to run to make the file again.
pub fn read(folder: &Path, file: &str) -> Result<Vec<u8>> {
    let recorded = Recorded::find(folder, file)?;
    let mut bytes = Vec::new();
    recorded.check(|opened| {
        bytes.reserve_exact(usize::try_from(recorded.artifact.size_bytes)?);
        opened.read_to_end(&mut bytes)?;
        Ok(Artifact::of(&bytes))
    })?;
    Ok(bytes)
}

/// Opens `file` of `folder` after checking it against the folder's manifest, without holding it in
/// memory. A step that makes the file again replaces it and does not change what was opened here.
///
/// # Errors
/// As [`read`].
pub fn open(folder: &Path, file: &str) -> Result<File> {
    Recorded::find(folder, file)?.check(|opened| Ok(Artifact::of_reader(opened)?))
}

/// A file and what the manifest beside it says of it.
struct Recorded<'a> {
    folder: &'a Path,
    path: PathBuf,
    manifest: Manifest,
    artifact: Artifact,
    remedy: String,
}

impl<'a> Recorded<'a> {
    fn find(folder: &'a Path, file: &str) -> Result<Self> {
        let path = folder.join(file);
        let manifest = Manifest::read(folder)?.with_context(|| {
            format!(
                "{}: expected a manifest beside it, found none; run the step that makes it",
                path.display()
            )
        })?;
        let remedy = format!("run `{} --force` to make it again", manifest.remedy);
        let artifact = manifest.outputs.get(file).cloned().with_context(|| {
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
        Ok(Self {
            folder,
            path,
            manifest,
            artifact,
            remedy,
        })
    }

    /// The opened file if what `read` finds in it is what was written.
    fn check(&self, read: impl FnOnce(&mut File) -> Result<Artifact>) -> Result<File> {
        let context = || format!("cannot read {}; {}", self.path.display(), self.remedy);
        let mut file = File::open(&self.path).with_context(context)?;
        // A foreign file may be of any size: it is not read to find that out.
        let size_bytes = file.metadata().with_context(context)?.len();
        let difference = if size_bytes == self.artifact.size_bytes {
            let found = read(&mut file).with_context(context)?;
            match self.artifact.difference(&found) {
                None => return Ok(file),
                Some(difference) => difference,
            }
        } else {
            size_difference(self.artifact.size_bytes, size_bytes)
        };
        if Manifest::read(self.folder)?.as_ref() != Some(&self.manifest) {
            bail!(
                "{} is being made again by another run; wait for it to end and run this again",
                self.path.display()
            );
        }
        bail!(
            "{} is damaged: {difference}; {}",
            self.path.display(),
            self.remedy
        )
    }
}
