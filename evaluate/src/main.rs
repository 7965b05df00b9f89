//! The `evaluate` binary.

use std::process::ExitCode;

fn main() -> ExitCode {
    pipelines::stage_program::main(|arguments: evaluate::Arguments| evaluate::run(&arguments))
}
