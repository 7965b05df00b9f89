//! IDX files, wherever they can be had, to Parquet.
//!
//! In come the four IDX files of Fashion-MNIST, plain or gzipped, from the first
//! place that has them ([`source`]); out go `train.parquet` (training and validation rows),
//! `test.parquet` and `overview.parquet`. Bytes from outside pass [`gunzip::gunzip`] (bounded),
//! [`idx`] (magic, dimensions, length, labels) and a SHA-256 before anything else sees them;
//! [`data_set::DataSet`] is what comes out of that.
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
use pipelines::layout::{OVERVIEW_FILE, TEST_FILE, TRAIN_FILE};
use pipelines::manifest::Outcome;
use pipelines::plan::Step;
use pipelines::stage_program::StageArguments;
use pipelines::step_run::StepRun;

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
    let Some(mut step) = StepRun::begin(&arguments.stage, &spec, &Step::Ingest)? else {
        return Ok(());
    };
    let obtained = source::obtain(
        &spec.data,
        arguments.from.as_deref(),
        &arguments.stage.layout(),
    )?;
    if let Some(warning) = obtained.warning {
        step.warn(warning);
        step.add_bundled_subset()?;
    }
    let training_rows = spec.data.training_rows(obtained.data.train.len());
    let train = obtained.data.train.images(Some(training_rows));
    let test = obtained.data.test.images(None);
    let overview = overview::of(&[&train, &test]);
    let (train, test) = std::thread::scope(|scope| {
        let test = scope.spawn(|| test.encode());
        (train.encode(), test.join())
    });
    let test = test.ok().context("cannot encode the test images")?;
    step.write(TRAIN_FILE, &train?)?;
    step.write(TEST_FILE, &test?)?;
    step.write(OVERVIEW_FILE, &overview.encode()?)?;
    step.finish(Outcome::Complete)
}
