//! Trains the models of a spec.

use std::process::ExitCode;

fn main() -> ExitCode {
    pipelines::stage_program::main(|arguments: train::Arguments| train::run(&arguments))
}
