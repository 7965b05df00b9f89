//! The `augment` binary.

use std::process::ExitCode;

fn main() -> ExitCode {
    pipelines::stage_program::main(|arguments: augment::Arguments| augment::run(&arguments))
}
