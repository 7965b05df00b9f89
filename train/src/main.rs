//! Trains the models of a spec.

use std::process::ExitCode;

fn main() -> ExitCode {
    pipelines::stage_program::stage_main(commit::commit!(), |arguments: train::Arguments| {
        train::run(&arguments)
    })
}
