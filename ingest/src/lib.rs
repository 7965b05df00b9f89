//! Obtains IDX files and converts them to Parquet.
//!
//! The input is the four IDX files of Fashion-MNIST, plain or gzipped, from the first
//! source that has them ([`source`]). The output is `train.parquet` (training and validation rows),
//! `test.parquet` and `overview.parquet`. Bytes from outside pass [`gunzip::gunzip`] (bounded),
//! [`idx`] (magic, dimensions, length, labels) and a SHA-256 before anything else sees them;
//! [`data_set::DataSet`] holds the checked images.
//!
//! ```
//! let train = ingest::bundled::train()?;
//! assert_eq!((train.len(), train.labels[0]), (2_000, 9));
//! # Ok::<(), anyhow::Error>(())
//! ```

pub mod bundled;
pub mod data_set;
pub mod gunzip;
pub mod idx;
pub mod idx_file;
pub mod invalid_file;
pub mod overview;
pub mod source;

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Parser;
use pipelines::files::layout::{OVERVIEW_FILE, TEST_FILE, TRAIN_FILE};
use pipelines::files::manifest::{Manifest, Outcome};
use pipelines::files::step::Step;
use pipelines::files::step_run::StepRun;
use pipelines::stage_program::StageArguments;

/// Command line of the `ingest` binary.
#[derive(Clone, Debug, Parser)]
#[command(version, about = "Turns the IDX files of Fashion-MNIST into Parquet")]
pub struct Arguments {
    /// What all stages share
    #[command(flatten)]
    pub stage: StageArguments,
    /// Folder that holds the four IDX files, plain or gzipped
    #[arg(long, value_name = "DIR")]
    pub from: Option<PathBuf>,
}

/// Obtains, checks and converts the data of the spec.
///
/// # Errors
/// No source has the data and the spec does not allow the bundled subset; a folder named on the
/// command line whose files are not the data; a file that cannot be written.
pub fn run(arguments: &Arguments) -> Result<()> {
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
    let obtained = source::obtain(&spec.data, arguments.from.as_deref(), &layout)?;
    if let Some(warning) = obtained.warning {
        step.add_bundled_subset();
        step.warn(warning);
    }
    let training_rows = spec.data.training_rows(obtained.data.train.len());
    let train = obtained.data.train.images(Some(training_rows));
    let test = obtained.data.test.images(None);
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(stage.thread_count())
        .build()
        .context("cannot start threads")?;
    step.write(TRAIN_FILE, &pool.install(|| train.encode())?)?;
    step.write(TEST_FILE, &pool.install(|| test.encode())?)?;
    let rows = overview::of(&bundled::info(), &[&train, &test]);
    step.write(OVERVIEW_FILE, &pipelines::tables::overview::encode(&rows)?)?;
    step.finish(Outcome::Complete)
}
