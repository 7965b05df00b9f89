//! One shard of warped training images for each epoch.
//!
//! The input is the ingested training rows and the policies of a spec. The output, for each policy
//! that a selected model trains on, is one `copy-000.parquet` an epoch: the columns of the ingested file, one
//! column for each parameter that was drawn, and the number of the copy.
//!
//! For each image a [`draw::Draw`] is taken from a stream of random numbers that belongs to
//! (seed of the policy, copy, id of the image) alone. Then, on floats that are rounded after step 3:
//! 1. [`affine::Affine`]: rotation, shift, shear and zoom as one warp, as Keras's
//!    `ImageDataGenerator` composes them;
//! 2. the mirror image, which Keras's generator makes after the warp;
//! 3. [`contrast::adjust`] about the mean of each channel of the warped image, where
//!    Keras's generator would call its `preprocessing_function`;
//! 4. [`crop::crop`] of the image with a frame of zeros;
//! 5. [`erasing::erase`] of a rectangle.
//!
//! ```
//! use augment::{draw::Draw, transform::Transformer};
//!
//! let images = ingest::bundled::train()?;
//! let mut same = vec![0; images.info.shape.len()];
//! Transformer::new(images.info.shape).apply(&Draw::identity(), images.image(0), &mut same);
//! assert_eq!(same, images.image(0));
//! # Ok::<(), anyhow::Error>(())
//! ```

pub mod affine;
pub mod contrast;
pub mod crop;
pub mod draw;
pub mod erasing;
pub mod shard;
pub mod transform;

use std::sync::mpsc;

use anyhow::{Context, Result};
use clap::Parser;
use pipelines::files::layout::{TRAIN_FILE, shard_file};
use pipelines::files::manifest::{Manifest, Outcome};
use pipelines::files::plan::steps;
use pipelines::files::step::Step;
use pipelines::files::step_run::StepRun;
use pipelines::spec::{Policy, Spec};
use pipelines::stage_program::{StageArguments, bar, interrupted};
use pipelines::tables::images::Images;
use pipelines::tables::images_writer::ImagesWriter;
use rayon::ThreadPool;

use crate::shard::Originals;

/// Command line of the `augment` binary.
#[derive(Clone, Debug, Parser)]
#[command(
    version,
    about = "Makes one shard of warped training images for each epoch"
)]
pub struct Arguments {
    /// What all stages share
    #[command(flatten)]
    pub stage: StageArguments,
}

/// Makes the shards of every policy that the selected models train on.
///
/// # Errors
/// Ingested data that are not there or damaged; a file that cannot be written.
pub fn run(arguments: &Arguments) -> Result<()> {
    let arguments = &arguments.stage;
    let spec = arguments.load_spec()?;
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(arguments.thread_count())
        .build()
        .context("cannot start threads")?;
    for step in steps(&spec, &arguments.selection())? {
        if let Step::Augment { policy } = &step {
            run_policy(arguments, &spec, spec.policy(policy)?, &step, &pool)?;
        }
    }
    Ok(())
}

fn run_policy(
    arguments: &StageArguments,
    spec: &Spec,
    policy: &Policy,
    step: &Step,
    pool: &ThreadPool,
) -> Result<()> {
    let earlier = Manifest::read(&arguments.layout().step(spec, step))?;
    let Some(mut run) = StepRun::begin(arguments, spec, step)? else {
        return Ok(());
    };
    let count = arguments.selection().shard_count(spec, policy)?;
    let missing: Vec<u32> = (0..count)
        .filter(|&copy| !run.has(&shard_file(copy)))
        .collect();
    if let Some(earlier) = earlier
        && missing.len() < count as usize
    {
        tracing::info!(
            "{step}: {} of {count} shards exist already",
            count as usize - missing.len()
        );
        run.add_earlier_duration(earlier.duration_s);
    }
    let folder = arguments.layout().ingested(&spec.data.name);
    let originals = Originals::of(Images::read_mapped(&folder, TRAIN_FILE, run.folder())?);
    let images = originals.len() as u64;
    let progress = bar(&step.to_string(), missing.len() as u64 * images, "images");
    let groups = originals.groups();
    // One row group is made while the one before is hashed and flushed to disk.
    let (sender, receiver) = mpsc::sync_channel(0);
    std::thread::scope(|scope| {
        let receiver = receiver;
        scope.spawn(|| {
            let sender = sender;
            for &copy in &missing {
                for rows in &groups {
                    let encode = || shard::encode_group(policy, copy, &originals, rows);
                    if sender.send(pool.install(encode)).is_err() {
                        return;
                    }
                }
            }
        });
        let info = &originals.images().info;
        for &copy in &missing {
            let file = shard_file(copy);
            let output = run.create(&file)?;
            let mut writer = ImagesWriter::new(output, info, &shard::extra_fields(policy))?;
            for rows in &groups {
                let encoded = receiver.recv().context("no more rows are made")??;
                writer.write_encoded(encoded)?;
                progress.inc(rows.len() as u64);
            }
            run.commit(writer.finish()?)?;
            run.record()?;
            interrupted(|| format!("{step} goes on after {file}"))?;
        }
        anyhow::Ok(())
    })?;
    progress.finish_and_clear();
    run.finish(Outcome::Complete)
}
