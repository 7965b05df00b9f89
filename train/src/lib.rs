//! Trains one model from one seed on dfdx.
//!
//! The input is the ingested Parquet files or the shards of an augmentation policy, and a model of
//! the spec. The output, for each model and seed, is `weights.safetensors`, `history.parquet`,
//! `timings.parquet` and `predictions.parquet`.
//!
//! The parts of a run:
//!
//! - [`dataset::Dataset`] holds the images and the rows of each split; [`batches`] shuffles the rows
//!   of an epoch and gathers a batch.
//! - [`normalization::Normalization`] makes numbers of pixels.
//! - [`network::Network`] is built from the spec's layer list. Its [`layers`] nest, and wrap the
//!   plain functions of [`kernels`]; [`autograd`] has the tape and is the only module that knows
//!   dfdx.
//! - [`trainer::Trainer`] takes a training step with a network and an [`optimizers::Optimizer`], and keeps
//!   the [`weight_average::WeightAverage`] of a model that wants one.
//! - [`fit::fit`] trains epoch after epoch with the learning rate of a [`schedules`] function;
//!   [`checkpoint`] saves the state after each epoch.
//! - [`predict`] makes the predictions, [`weights`] the file of weights, [`tensorboard`] the event file;
//!   [`trained_network`] reads what a training has left.
//!
//! The same spec, seed and kind of machine give the same bytes, for any number of threads and any
//! number of interruptions.
//!
//! # Memory
//! Training model 7 (994 thousand parameters, batches of 128) on the full data takes 81 MB. Beside them
//! are 55 MB of pixels, one byte each, that are mapped from a file and that the system may take back; an
//! augmented run maps two shards of 38 MB more. Training a small network on 4 GB of pixels took 45 MB: a
//! row takes 11 bytes (id, label, split, its place in the order of an epoch), and a validation or test
//! row a few numbers a class at the end. With Adam a parameter takes 16 bytes (weight, gradient, two
//! moments), with an average of the weights 4 more, and twice that for a moment while a checkpoint is
//! written. An image of the batch takes
//! 130 kB in model 7; that grows with filters times positions of the maps, since maps are kept for the
//! backward pass.
//!
//! # Example
//! ```
//! use pipelines::spec::Spec;
//! use train::batches::Batch;
//! use train::trainer::Trainer;
//!
//! let spec = Spec::load("paper")?;
//! let info = spec.data.info()?;
//! let mut trainer = Trainer::new(spec.model("model-8")?, &info, 0)?;
//! // Two black images, a T-shirt and a trouser.
//! let black = || Batch { pixels: vec![0.0; 2 * info.shape.len()], labels: vec![0, 1] };
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
pub mod normalization;
pub mod optimizers;
pub mod predict;
pub mod schedules;
mod shards;
pub mod tensorboard;
pub mod thread_pool;
pub mod trained_network;
pub mod trainer;
pub mod training;
mod views;
pub mod weight_average;
pub mod weights;

use std::collections::BTreeSet;

use anyhow::Result;
use clap::Parser;
use pipelines::files::manifest::{Manifest, Outcome};
use pipelines::files::plan;
use pipelines::files::step::Step;
use pipelines::files::step_run::StepRun;
use pipelines::stage_program::{Reported, StageArguments};

/// Trains the models of a spec, each from each seed
#[derive(Clone, Debug, Parser)]
#[command(name = "train", version)]
pub struct Arguments {
    /// What every stage takes.
    #[command(flatten)]
    pub stage: StageArguments,
    /// Put histograms of weights and gradients into TensorBoard's event file after each N-th epoch
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub histograms: Option<u32>,
}

/// Trains each selected model from each selected seed. A run whose loss is NaN or too large is
/// recorded as failed, and the others are still trained.
///
/// # Errors
/// Files that cannot be read or written, an interruption, and at the end the failed runs.
pub fn run(arguments: &Arguments) -> Result<()> {
    let histograms = arguments.histograms;
    let arguments = &arguments.stage;
    let spec = arguments.load_ingested_spec()?;
    let layout = arguments.layout();
    let selection = arguments.selection();
    let pool = thread_pool::build_pool(arguments.thread_count())?;
    let mut failures: Vec<String> = Vec::new();
    let phases = plan::training_phases(&spec, &selection)?;
    let mut forced = BTreeSet::new();
    for phase in phases {
        // What the phases before found decides which candidate a sweep ends in.
        let spec = spec.clone().with_winners(&layout)?;
        for step in phase {
            let Step::Train { model, seed } = &step else {
                continue;
            };
            // The winner alone was asked for.
            let is_candidate = spec.sweep_of(model).is_some();
            if is_candidate && !selection.models.is_empty() && !selection.models.contains(model) {
                continue;
            }
            let model = spec.model(model)?;
            // A candidate that halted begins again once and then goes on.
            let force = arguments.force && forced.insert(step.clone());
            let arguments = StageArguments {
                force,
                ..arguments.clone()
            };
            let outcome = match StepRun::begin(&arguments, &spec, &step)? {
                Some(run) => {
                    let options = training::Options {
                        afresh: force,
                        histograms,
                    };
                    pool.install(|| training::train(run, &layout, &spec, model, *seed, options))?
                }
                None => match Manifest::read(&layout.step(&spec, &step))? {
                    Some(manifest) => manifest.outcome,
                    None => Outcome::Complete,
                },
            };
            if let Outcome::Failed { reason } = outcome {
                let failure = format!("{step} failed: {reason}");
                if !failures.contains(&failure) {
                    failures.push(failure);
                }
            }
        }
    }
    if !failures.is_empty() {
        return Err(Reported(failures.join("; ")).into());
    }
    Ok(())
}
