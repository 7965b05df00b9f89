//! The programs of the stages: how they are built and where they are.

use std::env;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use pipelines::files::workspace;
use pipelines::stage_program::quoted;

use crate::stage_process;

/// Builds every stage at once, in the profile of the tests.
const BUILD: [&str; 12] = [
    "build",
    "--release",
    "--package",
    "ingest",
    "--package",
    "augment",
    "--package",
    "train",
    "--package",
    "evaluate",
    "--package",
    "report",
];

/// Builds what has changed of the stages; without sources on this machine the programs are taken as they
/// lie.
///
/// # Errors
/// A build that fails.
pub fn build() -> Result<()> {
    build_with(&BUILD)
}

/// Builds the program `name`, which is no stage, if it has changed. The stages are still chosen, so that
/// libraries have the features that they were compiled with for the stages, but they are not built.
///
/// # Errors
/// A build that fails.
pub fn build_tool(name: &str) -> Result<()> {
    build_with(&[&BUILD[..], &["--package", name, "--bin", name]].concat())
}

fn build_with(words: &[&str]) -> Result<()> {
    if workspace::find().is_none() {
        tracing::debug!("no sources are here, so nothing is built");
        return Ok(());
    }
    cargo(words)
}

/// Runs cargo in the repository, after printing the command so that it can be copied.
///
/// # Errors
/// No sources on this machine; a cargo that cannot be started or fails.
pub fn cargo(words: &[impl AsRef<OsStr>]) -> Result<()> {
    let workspace = workspace::find().context(
        "expected the sources of Atelier in this folder or above it, found none; this command needs them",
    )?;
    let words: Vec<_> = words.iter().map(OsString::from).collect();
    stage_process::echo(&[&["cargo".into()], &words[..]].concat());
    let status = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(&words)
        .current_dir(workspace)
        .status()
        .context("cannot run cargo")?;
    if !status.success() {
        bail!("`cargo {}` failed: {status}", quoted(&words));
    }
    Ok(())
}

/// The program called `name`: a path relative to the current folder if it lies below, an absolute
/// one otherwise.
///
/// # Errors
/// No program of that name beside this one.
pub fn find(name: &str) -> Result<PathBuf> {
    let own = env::current_exe().context("cannot find this program")?;
    let folder = own.parent().context("this program has no folder")?;
    let path = folder.join(format!("{name}{}", env::consts::EXE_SUFFIX));
    if !path.is_file() {
        bail!(
            "{}: expected a program, found none; run again without --no-build, or copy it there",
            path.display()
        );
    }
    let here = env::current_dir().context("cannot find the current folder")?;
    Ok(shortened(&path, &here))
}

/// `path` from the folder `here` if it lies below. A name alone would be looked for in `PATH`.
fn shortened(path: &Path, here: &Path) -> PathBuf {
    match path.strip_prefix(here) {
        Ok(short) if short.components().count() > 1 => short.to_path_buf(),
        Ok(short) => Path::new(".").join(short),
        Err(_) => path.to_path_buf(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_below_the_current_folder_is_named_in_short_and_not_looked_for_elsewhere() {
        let short = |path: &str| shortened(Path::new(path), Path::new("/a"));
        assert_eq!(short("/a/b/train"), Path::new("b/train"));
        assert_eq!(short("/a/train").as_os_str(), "./train");
        assert_eq!(short("/c/train"), Path::new("/c/train"));
    }
}
