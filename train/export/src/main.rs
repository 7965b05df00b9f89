//! Writes trained models as ONNX files, which onnxruntime and others run without Atelier.

mod model;
mod node;
mod onnx;

use std::process::ExitCode;

use anyhow::Result;
use pipelines::files::atomic_file;
use pipelines::stage_program::{self, ExportArguments, print_line};
use train::trained_network::TrainedNetwork;

fn main() -> ExitCode {
    stage_program::main(|arguments: ExportArguments| run(&arguments))
}

/// One file for each selected model and seed; none is written unless all are trained.
fn run(arguments: &ExportArguments) -> Result<()> {
    let spec = arguments.stage.load_ingested_spec()?;
    let spec = spec.with_winners(&arguments.stage.layout())?;
    let selection = arguments.stage.selection();
    let mut files = Vec::new();
    for name in selection.models(&spec)? {
        for &seed in selection.seeds(&spec) {
            let trained = TrainedNetwork::load(&arguments.stage, &spec, name, seed)?;
            let path = arguments.to.join(format!("{name}-seed-{seed}.onnx"));
            files.push((path, model::encode(&trained)?));
        }
    }
    for (path, bytes) in files {
        atomic_file::write(&path, &bytes)?;
        print_line(&format!("{}: {} bytes", path.display(), bytes.len()));
    }
    Ok(())
}
