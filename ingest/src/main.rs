//! The `ingest` binary.

use std::process::ExitCode;

fn main() -> ExitCode {
    pipelines::stage_program::stage_main(commit::commit!(), |arguments: ingest::Arguments| {
        ingest::run(&arguments)
    })
}
