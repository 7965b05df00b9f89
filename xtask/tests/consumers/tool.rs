//! Programs beside the stages, on the spec `tiny` of a project.

use std::process::{Command, Stdio};

use crate::project::{ProgramOutput, Project, run};

/// `cargo xtask WORDS`, of which the first names the program.
pub fn command(project: &Project, words: &str) -> Command {
    let mut words = words.split_whitespace();
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command.args(words.next());
    command.arg("--spec").arg(project.path("tiny.toml"));
    command.arg("--root").arg(project.root()).args(words);
    command
}

/// Runs [`command`] to its end.
pub fn tool(project: &Project, words: &str) -> ProgramOutput {
    run(command(project, words).stdin(Stdio::null()))
}
