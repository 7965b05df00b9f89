//! Predictions and histories to tables of metrics.
//!
//! The input is `predictions.parquet`, `history.parquet` and `timings.parquet` of every selected run
//! that is trained ([`study::read`]). The output is the tables of [`pipelines::tables::metrics`], each as
//! Parquet and CSV. A [`study::Study`] holds the runs of each model. The functions in [`statistics`]
//! work on slices; [`frames`] counts and aggregates with polars; [`tables`] makes the rows of each
//! table from both. [`published`] compares with the publication that a spec names. No model is loaded.
//!
//! ```
//! use evaluate::statistics::{mcnemar, wilson};
//!
//! let interval = wilson::interval(9049, 10_000, 0.95);
//! assert!((interval.low, interval.high) > (0.898, 0.910));
//! assert!(mcnemar::p_value(300, 250)? < 0.05);
//! # Ok::<(), anyhow::Error>(())
//! ```

pub mod encoded_table;
pub mod family;
#[cfg(test)]
mod fixture;
pub mod frames;
pub mod overfitting;
pub mod pairs;
pub mod planning;
pub mod published;
mod published_differences;
pub mod run;
pub mod sequential;
pub mod statistics;
pub mod study;
pub mod tables;

use anyhow::Result;
use clap::Parser;
use pipelines::files::manifest::Outcome;
use pipelines::files::step::Step;
use pipelines::files::step_run::StepRun;
use pipelines::stage_program::{StageArguments, interrupted, print_line};

/// Command line of the `evaluate` binary.
#[derive(Clone, Debug, Parser)]
#[command(
    version,
    about = "Turns predictions and histories into tables of metrics"
)]
pub struct Arguments {
    /// What all stages share
    #[command(flatten)]
    pub stage: StageArguments,
    /// Say which effect the selected seeds can show, and evaluate nothing
    #[arg(long)]
    pub smallest_effect: bool,
}

/// Evaluates the selected runs that are trained. Runs that are missing or were made from another spec
/// are left out with a warning; failed runs have a table of their own.
///
/// # Errors
/// No trained run; a damaged or unknown file; runs that were not made on the same images.
pub fn run(arguments: &Arguments) -> Result<()> {
    let spec = arguments.stage.load_ingested_spec()?;
    if arguments.smallest_effect {
        let selection = arguments.stage.selection();
        let text = planning::smallest_effect(&arguments.stage.layout(), &spec, &selection)?;
        print_line(&text);
        return Ok(());
    }
    let Some(mut step) = StepRun::begin(&arguments.stage, &spec, &Step::Evaluate)? else {
        return Ok(());
    };
    let selection = arguments.stage.selection();
    let (study, left_out) = study::read(&arguments.stage.layout(), &spec, &selection)?;
    for warning in left_out {
        step.warn(warning);
    }
    let tables = tables::all(&study)?;
    for encoded in tables.encoded {
        interrupted(|| "evaluate starts over".to_owned())?;
        step.write(&encoded.table.parquet_file(), &encoded.parquet)?;
        step.write(&encoded.table.csv_file(), &encoded.csv)?;
    }
    if let Some(spent) = tables.spent {
        let level = 1.0 - spec.evaluation.confidence;
        tracing::info!("the looks so far have spent {spent:.5} of a level of {level:.2}");
    }
    if let Some(undecided) = tables.undecided {
        step.set_undecided(undecided);
    }
    step.finish(Outcome::Complete)
}
