//! Trains one model from one seed on dfdx.
//!
//! In come the ingested Parquet files or the shards of an augmentation policy, and a model of the
//! spec. Out go, for each model and seed, `weights.safetensors`, `history.parquet`,
//! `timings.parquet` and `predictions.parquet`.
//!
//! A run goes through these parts: [`dataset::Dataset`] holds the images and knows which rows are
//! trained on; [`batches`] puts them in the epoch's order and gathers a batch;
//! [`trainer::Trainer`] takes a training step with a [`network::Network`] of [`layers`] (dfdx tape
//! operations over the plain functions of [`kernels`]) and an [`optimizers::Optimizer`];
//! [`fit::fit`] leads it through the epochs under a [`schedules`] learning rate; [`checkpoint`]
//! keeps the state after each epoch; [`predict`] makes the predictions and [`weights`] the file of
//! weights.
//!
//! The same spec, seed and kind of machine give the same bytes, for any number of threads and any
//! number of interruptions.
//!
//! # Memory
//! Training model 7 (994 thousand parameters, batches of 128) on the full data takes 131 MB at its
//! peak. 55 MB are the images, one byte a pixel; an augmented run holds two shards of 38 MB more.
//! With Adam a parameter takes 16 bytes (weight, gradient, two moments) and twice that for a
//! moment while a checkpoint is written. An image of the batch takes 130 kB in model 7; that grows
//! with filters times positions of the maps, since maps are kept for the backward pass.
//!
//! # Example
//! ```
//! use pipelines::spec::Spec;
//! use train::batches::Batch;
//! use train::trainer::Trainer;
//!
//! let spec = Spec::load("paper")?;
//! let mut trainer = Trainer::new(spec.model("model-8")?, 0)?;
//! // Two black images, a T-shirt and a trouser.
//! let black = || Batch { x: vec![0.0; 2 * 28 * 28], labels: vec![0, 1] };
//! let before = trainer.step(black())?.loss;
//! assert!(trainer.step(black())?.loss < before);
//! # Ok::<(), anyhow::Error>(())
//! ```

pub mod autograd;
pub mod batches;
pub mod checkpoint;
pub mod dataset;
pub mod failure;
pub mod fit;
pub mod initializers;
pub mod kernels;
pub mod layers;
pub mod network;
pub mod optimizers;
pub mod predict;
pub mod schedules;
mod shards;
pub mod thread_pool;
pub mod trainer;
pub mod training;
pub mod weights;

use anyhow::{Result, bail};
use clap::Parser;
use pipelines::files::manifest::{Manifest, Outcome};
use pipelines::files::step::Step;
use pipelines::files::step_run::StepRun;
use pipelines::stage_program::StageArguments;

/// Trains the models of a spec, each from each seed
#[derive(Clone, Debug, Parser)]
#[command(name = "train", version)]
pub struct Arguments {
    /// What every stage takes.
    #[command(flatten)]
    pub stage: StageArguments,
}

/// Trains each selected model from each selected seed. A run whose numbers go wrong is recorded
/// as failed, and the others go on.
///
/// # Errors
/// Files that cannot be read or written, an interruption, and at the end failed runs.
pub fn run(arguments: &Arguments) -> Result<()> {
    let arguments = &arguments.stage;
    let spec = arguments.load_spec()?;
    let layout = arguments.layout();
    let selection = arguments.selection();
    let pool = thread_pool::build_pool(arguments.thread_count())?;
    let mut failures = Vec::new();
    for &seed in selection.seeds(&spec) {
        for name in selection.models(&spec)? {
            let model = spec.model(name)?;
            let step = Step::Train {
                model: name.to_owned(),
                seed,
            };
            let outcome = match StepRun::begin(arguments, &spec, &step)? {
                Some(run) => pool.install(|| {
                    training::train(run, &layout, &spec, model, seed, arguments.force)
                })?,
                None => match Manifest::read(&layout.step(&spec, &step))? {
                    Some(manifest) => manifest.outcome,
                    None => Outcome::Complete,
                },
            };
            if let Outcome::Failed { reason } = outcome {
                failures.push(format!("{step} failed: {reason}"));
            }
        }
    }
    if !failures.is_empty() {
        bail!("{}", failures.join("; "));
    }
    Ok(())
}
