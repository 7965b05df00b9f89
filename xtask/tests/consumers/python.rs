//! Python with the libraries that read Atelier's files.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::project::run;

/// The interpreter that `xtask/tests/consumers/install` has set up; says that the test is skipped where
/// there is none.
pub fn python() -> Option<PathBuf> {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let python = repository.join("target/consumers/bin/python");
    if !python.is_file() {
        println!("skipped: no target/consumers; xtask/tests/consumers/install makes it");
        return None;
    }
    Some(python)
}

/// Runs one of the scripts beside this file with `arguments`, and gives what it prints.
#[track_caller]
pub fn check(python: &Path, script: &str, arguments: &[&Path]) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/consumers");
    let mut command = Command::new(python);
    command.arg(folder.join(script)).args(arguments);
    // No library asks the network for anything.
    command
        .env("HF_HUB_OFFLINE", "1")
        .env("HF_HUB_DISABLE_TELEMETRY", "1");
    let output = run(&mut command);
    assert_eq!(
        output.code,
        Some(0),
        "{script}:\n{}{}",
        output.stdout,
        output.stderr
    );
    output.stdout
}
