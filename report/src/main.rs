//! The `report` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    pipelines::stage_program::stage_main(commit::commit!(), |arguments: report::Arguments| {
        report::run(&arguments)
    })
}
