//! Shows what is in a file.

use std::ffi::OsString;

use anyhow::{Result, bail};

use crate::{stage_binaries, stage_process};

/// Builds the program `inspect` and runs it with `words`. It is a program of its own because `xtask`
/// cannot read Parquet.
///
/// # Errors
/// A build that fails, an invalid file.
pub fn run(words: &[OsString]) -> Result<()> {
    stage_binaries::build_inspect()?;
    let program = stage_binaries::find("inspect")?;
    let status = stage_process::run(&program, words, None)?;
    if !status.success() {
        bail!("inspect failed: {status}");
    }
    Ok(())
}
