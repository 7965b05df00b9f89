//! The `report` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    pipelines::stage_program::main(|arguments: report::Arguments| report::run(&arguments))
}
