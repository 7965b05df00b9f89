//! A spec for images that somebody has.

use std::ffi::OsString;
use std::path::Path;

use anyhow::{Result, bail, ensure};

use crate::{stage_binaries, stage_process};

/// Builds the stages and lets `ingest` look at `data` and write a spec to `spec`: what lies there only a
/// stage can tell.
///
/// # Errors
/// A file at `spec`, a build that fails, nothing that is a data set at `data`.
pub fn run(spec: &Path, data: &Path) -> Result<()> {
    ensure!(
        !spec.exists(),
        "{}: expected the name of a new file, found one that exists",
        spec.display()
    );
    stage_binaries::build()?;
    let program = stage_binaries::find("ingest")?;
    let words: [OsString; 4] = [
        "--look".into(),
        data.into(),
        "--spec-out".into(),
        spec.into(),
    ];
    let status = stage_process::run(&program, &words, None)?;
    if !status.success() {
        bail!("ingest failed: {status}");
    }
    Ok(())
}
