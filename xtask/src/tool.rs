//! Programs beside the stages, which read what the stages made.

use std::ffi::OsString;
use std::process::Command;

use anyhow::{Context, Result};
use pipelines::stage_program::{Reported, interrupted};

use crate::{stage_binaries, stage_process};

/// Builds the program `name` and runs it with `words` on this terminal. It is a program of its own
/// because `xtask` can read neither Parquet nor weights.
///
/// # Errors
/// A build that fails, and whatever the program does not do.
pub fn run(name: &str, words: &[OsString]) -> Result<()> {
    stage_binaries::build_tool(name)?;
    let program = stage_binaries::find(name)?;
    stage_process::echo(&[&[program.as_os_str().to_owned()], words].concat());
    let status = Command::new(&program)
        .args(words)
        .status()
        .with_context(|| format!("cannot run {}", program.display()))?;
    if !status.success() {
        interrupted(String::new)?;
        return Err(Reported(format!("{name} failed: {status}")).into());
    }
    Ok(())
}

/// The words behind the command of this program, which the tool reads as this program has read them.
pub fn own_words() -> Vec<OsString> {
    std::env::args_os().skip(2).collect()
}
