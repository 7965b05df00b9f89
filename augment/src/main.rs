//! The `augment` binary.

use std::process::ExitCode;

fn main() -> ExitCode {
    pipelines::stage_program::stage_main(commit::commit!(), |arguments: augment::Arguments| {
        augment::run(&arguments)
    })
}
