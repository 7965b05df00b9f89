//! Tests, lints and documentation.

use std::ffi::OsString;

use anyhow::Result;

use crate::stage_binaries::cargo;

/// All tests, in the profile that a run uses, so that nothing is compiled twice. `words` go to
/// `cargo test`.
///
/// # Errors
/// A test that fails.
pub fn test(words: &[OsString]) -> Result<()> {
    // One failure is no reason not to hear of the others.
    let mut command: Vec<OsString> = ["test", "--release", "--workspace", "--no-fail-fast"]
        .map(Into::into)
        .to_vec();
    command.extend_from_slice(words);
    cargo(&command)
}

/// Everything that a change must pass, the quickest first.
///
/// # Errors
/// The first check that fails.
pub fn ci() -> Result<()> {
    cargo(&["fmt", "--all", "--check"])?;
    cargo(&[
        "clippy",
        "--release",
        "--workspace",
        "--all-targets",
        "--",
        "--deny",
        "warnings",
    ])?;
    cargo(&["doc", "--release", "--workspace", "--no-deps"])?;
    test(&[])
}
