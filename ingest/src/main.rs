//! The `ingest` binary.

use std::process::ExitCode;

fn main() -> ExitCode {
    pipelines::stage_program::main(|arguments: ingest::Arguments| ingest::run(&arguments))
}
