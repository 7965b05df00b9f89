//! Looks into a Parquet file.

use std::ffi::OsString;

use anyhow::{Result, bail};

use crate::{stage_binaries, stage_process};

/// Runs the `inspect` program of `pipelines`, which can read Parquet, with `words`.
///
/// # Errors
/// A build that fails, a file that is not what it should be.
pub fn run(words: &[OsString]) -> Result<()> {
    stage_binaries::build()?;
    let program = stage_binaries::find("inspect")?;
    let status = stage_process::run(&program, words, None)?;
    if !status.success() {
        bail!("cannot inspect: {status}");
    }
    Ok(())
}
