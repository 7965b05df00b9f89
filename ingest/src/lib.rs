//! Reads the images of a data set, wherever they come from, and writes them as Parquet.
//!
//! A [`source`] is Fashion-MNIST ([`fashion_mnist`]), IDX files of any shape ([`idx_set`]), a folder of
//! pictures ([`image_folder`]) or Parquet files ([`parquet_set`]). It gives labels and, group by group,
//! pixels; [`ingested`] splits the rows and writes `train.parquet` (training rows, then validation
//! rows), `test.parquet`, `overview.parquet`, `duplicates.parquet`, `dataset_info.json` and a [`dataset_card`]. Bytes from
//! outside are bounded before they are decoded: [`gunzip::gunzip`], [`idx`], [`picture`].
//!
//! ```
//! let train = ingest::bundled::train()?;
//! assert_eq!((train.len(), train.labels[0]), (2_000, 9));
//! # Ok::<(), anyhow::Error>(())
//! ```

pub mod bundled;
pub mod class_folders;
pub mod damaged_images;
pub mod data_set;
pub mod dataset_card;
pub mod duplicates;
pub mod fashion_mnist;
pub mod findings;
pub mod group_decoder;
pub mod gunzip;
pub mod idx;
pub mod idx_file;
pub mod idx_set;
pub mod image_folder;
pub mod ingested;
pub mod invalid_file;
pub mod look;
pub mod new_spec;
pub mod overview;
pub mod parquet_set;
pub mod picture;
pub mod picture_counts;
pub mod seen_shapes;
pub mod shards;
pub mod source;
pub mod unlabelled;

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Parser;
use pipelines::files::manifest::{Manifest, Outcome};
use pipelines::files::step::Step;
use pipelines::files::step_run::StepRun;
use pipelines::stage_program::StageArguments;

/// Command line of the `ingest` binary.
#[derive(Clone, Debug, Parser)]
#[command(
    version,
    about = "Turns images into Parquet: Fashion-MNIST, IDX files, folders of pictures, Parquet"
)]
pub struct Arguments {
    /// What all stages share
    #[command(flatten)]
    pub stage: StageArguments,
    /// Folder that holds the four IDX files of Fashion-MNIST, plain or gzipped
    #[arg(long, value_name = "DIR")]
    pub from: Option<PathBuf>,
    /// Only look at the images in this folder, say what they are, and write a spec for them
    #[arg(long, value_name = "PATH", requires = "spec_out")]
    pub look: Option<PathBuf>,
    /// The spec to write
    #[arg(long, value_name = "FILE", requires = "look")]
    pub spec_out: Option<PathBuf>,
}

/// Obtains, checks and converts the data of the spec.
///
/// # Errors
/// No source has the data and the spec does not allow the bundled subset; a folder named on the
/// command line whose files are not the data; a file that cannot be written.
pub fn run(arguments: &Arguments) -> Result<()> {
    if let (Some(path), Some(spec)) = (&arguments.look, &arguments.spec_out) {
        return look::run(path, spec);
    }
    let spec = arguments.stage.load_spec()?;
    let layout = arguments.stage.layout();
    let mut stage = arguments.stage.clone();
    // The full data may be available now, so files made from the bundled subset in its place are not
    // fresh.
    let folder = layout.step(&spec, &Step::Ingest);
    stage.force |= arguments.from.is_some()
        && Manifest::read(&folder)?.is_some_and(|old| old.made_from.has_bundled_subset());
    let Some(mut step) = StepRun::begin(&stage, &spec, &Step::Ingest)? else {
        return Ok(());
    };
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(stage.thread_count())
        .build()
        .context("cannot start threads")?;
    pool.install(|| {
        let source = source::open(&spec, arguments.from.as_deref(), &layout)?;
        ingested::write(&mut step, &spec, source)
    })?;
    step.finish(Outcome::Complete)
}
