//! Classifies pictures with a trained model.

mod classifier;
mod inversion;
mod prediction;
mod printer;

use std::fs;
use std::io;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result};
use ingest::unlabelled::{self, Input};
use pipelines::stage_program::{self, PredictArguments};
use tempfile::NamedTempFile;
use train::thread_pool::build_pool;
use train::trained_network::TrainedNetwork;

use classifier::Classifier;
use inversion::Inverter;
use printer::Printer;

/// What stands for standard input among the files.
const STANDARD_INPUT: &str = "-";

fn main() -> ExitCode {
    stage_program::main(|arguments: PredictArguments| run(&arguments))
}

fn run(arguments: &PredictArguments) -> Result<()> {
    let stage = arguments.stage();
    let spec = stage.load_ingested_spec()?.with_winners(&stage.layout())?;
    let seeds = stage.selection();
    let seed = *seeds.seeds(&spec).first().context("expected a seed")?;
    let trained = TrainedNetwork::load(&stage, &spec, &arguments.model, seed)?;
    let info = trained.header.dataset_info.clone();
    let inverter = Inverter::new(arguments.invert, &stage.layout().ingested(&spec.data.name))?;
    let classifier = Classifier::new(trained);
    let mut printer = Printer::new(arguments.format, &info)?;
    let mut standard_input = None;
    let mut inputs = Vec::new();
    for path in &arguments.files {
        let name = path.display().to_string();
        let path = match path == Path::new(STANDARD_INPUT) {
            true => standard_input.insert(read_standard_input()?).path(),
            false => path,
        };
        fs::metadata(path).with_context(|| format!("cannot read {name}"))?;
        let path = path.to_path_buf();
        inputs.push(Input { name, path });
    }
    let damaged = build_pool(stage.thread_count())?.install(|| {
        unlabelled::read(&inputs, info.shape, |mut group| {
            let inverted = inverter.apply(&mut group, info.shape);
            for prediction in classifier.classify(group, &inverted)? {
                printer.print(&prediction)?;
            }
            Ok(())
        })
    })?;
    printer.finish()?;
    match damaged.is_empty() {
        true => Ok(()),
        false => Err(damaged.into()),
    }
}

/// A file with what comes from standard input, which may be of any kind.
fn read_standard_input() -> Result<NamedTempFile> {
    let copy = || {
        let mut file = NamedTempFile::new()?;
        io::copy(&mut io::stdin().lock(), &mut file)?;
        Ok::<_, io::Error>(file)
    };
    copy().context("cannot read standard input")
}
