//! The `evaluate` binary.

use std::process::ExitCode;

fn main() -> ExitCode {
    pipelines::stage_program::stage_main(commit::commit!(), |arguments: evaluate::Arguments| {
        evaluate::run(&arguments)
    })
}
