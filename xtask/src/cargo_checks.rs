//! Tests, benchmarks, lints and documentation.

use std::ffi::OsString;

use anyhow::Result;

use crate::stage_binaries::cargo;

/// All tests, in the profile that a run uses, so that nothing is compiled twice. `words` go to
/// `cargo test`.
///
/// # Errors
/// A test that fails.
pub fn test(words: &[OsString]) -> Result<()> {
    // A failure does not hide those that follow it.
    let mut command: Vec<OsString> = ["test", "--release", "--workspace", "--no-fail-fast"]
        .map(Into::into)
        .to_vec();
    command.extend_from_slice(words);
    cargo(&command)
}

/// Names of the benchmarks of `train`.
pub const BENCHMARKS: [&str; 2] = ["kernels", "training_step"];

/// Runs the benchmark called `name`, or all, with `words` to choose what is measured.
///
/// # Errors
/// A build or a benchmark that fails.
pub fn bench(name: Option<&str>, words: &[String]) -> Result<()> {
    // The features of a library are those that all chosen packages ask for: of `train` alone they
    // would be others than `run-all` compiled.
    let mut command = vec!["bench", "--workspace"];
    for benchmark in BENCHMARKS {
        if name.is_none_or(|name| name == benchmark) {
            command.extend(["--bench", benchmark]);
        }
    }
    command.push("--");
    command.extend(words.iter().map(String::as_str));
    cargo(&command)
}

/// Everything that a change must pass, the quickest first. All of it uses the profile of
/// [`test()`]: lints and documentation share the metadata of the libraries with each other, and build
/// scripts and macros with the tests.
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
